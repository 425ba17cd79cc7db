"""The codebook: rapport actions with definition, limits and worth, read from a file that a lab may edit."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from pipeline.errors import SettingsError
from pipeline.settings import configs_folder, first_fault, read_yaml

Need = Literal["words", "face", "others_face", "voice", "person"]

TIERS = frozenset(
    {
        *("word", "turn", "pause", "gap", "latch", "overlap", "nod", "head_shake", "smile", "gaze"),
        *("mutual_gaze", "face_visible", "intonation", "pitch_step", "stress", "stretch", "cut_off", "pace"),
        *("loudness", "creak", "breath_in", "breath_out", "laughter", "reciprocal_laughter", "smile_voice"),
    }
)
"""Tiers during whose rows a lab's own code may be sought (`docs/timeline.md` explains them)."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Strict):
    """A step of the model that can be seen in the meeting, and its share of the total."""

    title: str
    weight: float = Field(gt=0)


class Opening(_Strict):
    """The opening minutes, which count by themselves, too."""

    minutes: float = Field(default=5, gt=0)
    weight: float = Field(default=0.2, ge=0, le=1)


class Find(_Strict):
    """How a code of a lab's own is found."""

    words: tuple[str, ...]
    after: str = ""
    within: float = Field(default=10, gt=0)
    during: str = ""

    @model_validator(mode="after")
    def _patterns_are_valid(self) -> Find:
        for pattern in self.words:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"'{pattern}' is not a regular expression: {error}") from error
        return self

    @model_validator(mode="after")
    def _tier_exists(self) -> Find:
        if self.during and self.during not in TIERS:
            raise ValueError(
                f"there is no tier '{self.during}'; `during` must be one of: {', '.join(sorted(TIERS))}"
            )
        return self


class Code(_Strict):
    """One action of the codebook; the file explains every field."""

    definition: str
    say: str | dict[str, str] = "{who}: {code}"
    steps: tuple[str, ...]
    weight: float = Field(ge=0, allow_inf_nan=False)
    reference: float = Field(gt=0, allow_inf_nan=False)
    per: Literal["minute", "meeting", "others_talk"] = "minute"
    counter: bool = False
    needs: tuple[Need, ...] = ("words",)
    limits: dict[str, FiniteFloat] = Field(default_factory=dict)
    find: Find | None = None
    formerly: tuple[str, ...] = ()
    """Names that the code had before; what people coded under them counts as this code."""

    @model_validator(mode="after")
    def _can_be_said(self) -> Code:
        for template in [self.say] if isinstance(self.say, str) else self.say.values():
            try:
                template.format_map(defaultdict(str))
            except (ValueError, IndexError, AttributeError) as error:
                raise ValueError(f"the sentence '{template}' cannot be filled in: {error}") from error
        if not self.say:
            raise ValueError("`say` is empty; leave it out or give a sentence")
        return self

    def limit(self, name: str) -> float:
        """A limit by name.

        Raises
        ------
        SettingsError
            Where the codebook leaves it out.
        """
        if name not in self.limits:
            raise SettingsError(f"The codebook has no limit '{name}' for '{self.definition}'; add it.")
        return self.limits[name]


class Codebook(_Strict):
    """All codes, the steps that they serve, and how a score is made of them."""

    name: str
    version: int | str
    steps: dict[str, Step]
    checklist: dict[str, str] = Field(default_factory=dict)
    initiated_credit: float = Field(default=0.5, ge=0, le=1)
    path: Path | None = Field(default=None, exclude=True)
    """Where it was read from; not part of what it says."""
    opening: Opening = Opening()
    codes: dict[str, Code]

    @model_validator(mode="after")
    def _names_exist(self) -> Codebook:
        for name, code in self.codes.items():
            for step in code.steps:
                if step not in self.steps:
                    known = ", ".join(self.steps)
                    raise ValueError(f"{name} serves the step '{step}', which is none of: {known}")
            if code.find and code.find.after and code.find.after not in self.codes:
                raise ValueError(f"{name} is found after '{code.find.after}', which is no code")
            for old in code.formerly:
                if old in self.codes:
                    raise ValueError(f"{name} was formerly '{old}', which is a code of its own")
                if self.renamed[old] != name:
                    raise ValueError(f"both {self.renamed[old]} and {name} were formerly '{old}'")
            if code.find or code.needs == ("person",):
                continue
            if name not in FOUND:
                raise ValueError(f"nothing is known of how to find '{name}'; say it under `find`")
            if set(code.limits) != set(FOUND[name]):
                wanted = ", ".join(FOUND[name]) or "none"
                raise ValueError(f"the limits of {name} must be: {wanted}; not: {', '.join(code.limits)}")
        return self

    @cached_property
    def digest(self) -> str:
        """Short hash of everything that the codebook says."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    @cached_property
    def renamed(self) -> dict[str, str]:
        """The name that a code has now, by every name that one had before."""
        return {old: name for name, code in self.codes.items() for old in code.formerly}

    @property
    def source(self) -> str:
        """What made a row that was coded with it."""
        return f"codebook {self.name} {self.version} {self.digest}"


FOUND: dict[str, tuple[str, ...]] = {
    "small_talk": ("episode", "probability"),
    "formulation": ("probability", "unconfirmed", "within"),
    "alignment": ("shared", "within"),
    "affiliation": ("probability", "within"),
    "second_story": ("answer_clauses", "answer_words", "shared", "story_clauses", "story_words", "within"),
    "agreement_sequence": ("probability", "within"),
    "compliment": ("probability",),
    "problem_preempted": (),
    "turning_the_tide": (),
    "minimal_response": ("probability", "together"),
    "eye_contact": ("seconds", "share"),
    "smile": (),
    "smile_reciprocity": ("within",),
    "laughter": (),
    "reciprocal_laughter": (),
    "humour": ("probability", "within"),
    "informality": ("within",),
    "open_question": ("probability", "shared"),
    "nod": ("within",),
    "head_shake": (),
    "posture_mirroring": (),
    "monologue": ("seconds",),
    "early_pitch": ("minutes", "probability"),
    "topic_shift": ("within", "words"),
    "plain_agreement": ("probability", "within", "words"),
    "missed_opportunity": ("within",),
}
"""Codes that the product knows how to find (posture mirroring it leaves to people), and their limits."""


def load_codebook(path: Path | None = None) -> Codebook:
    """Read a codebook; None means the one that comes with the product.

    Raises
    ------
    SettingsError
        Where the file is missing or holds something unknown or contradictory.
    """
    given, path = path, path or configs_folder() / "codebook.yaml"
    content = read_yaml(path, "codebook")
    if not isinstance(content, dict):
        raise SettingsError(f"The codebook {path} must hold names and values; see configs/codebook.yaml.")
    try:
        return Codebook.model_validate({**content, "path": given and given.resolve()})
    except ValidationError as error:
        raise SettingsError(f"In the codebook {path}, {first_fault(error)}.") from error
