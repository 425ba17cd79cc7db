"""What words alone tell of a turn unit: response, assessment, formulation, question, story, and so on."""

from pipeline.rapport.talk.coder import CODES, code_talk, thresholds

__all__ = ["CODES", "code_talk", "thresholds"]
