"""The default transcriber: Whisper in CTranslate2 by way of faster-whisper, on the processor or a GPU."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pipeline import models
from pipeline.errors import ModelError
from pipeline.speech.engines import Passage, Samples, Word, join_pieces

LOOPING = 2.4
"""Compression ratio above which Whisper's authors take a text for a loop (Radford et al. 2022)."""


class FasterWhisper:
    """Whisper by faster-whisper.

    Parameters
    ----------
    model : str
        Name in the registry of models, or the path of a folder with a CTranslate2 model.
    device : str
        ``cpu``, ``cuda`` or ``auto``.
    compute_type : str
        Number format of CTranslate2, such as ``int8`` or ``float16``.
    beam_size : int
        Hypotheses kept while decoding.
    threads : int
        Processor cores to use. Each works on a passage of its own, which is twice as fast as two cores
        on one passage.
    """

    def __init__(
        self,
        *,
        model: str = "whisper-tiny.en",
        device: str = "cpu",
        compute_type: str = "int8",
        beam_size: int = 5,
        threads: int = 2,
    ) -> None:
        from faster_whisper import WhisperModel, __version__

        folder = Path(model).expanduser()
        if folder.is_dir():
            digest = hashlib.sha256((folder / "config.json").read_bytes()).hexdigest()[:12]
            digest += f"-{(folder / 'model.bin').stat().st_size}"
        else:
            folder, digest = models.path(model), models.digest(model)
        try:
            self._model = WhisperModel(
                str(folder), device=device, compute_type=compute_type, cpu_threads=1, num_workers=threads
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"The Whisper model in {folder} cannot be loaded: {error}.") from error
        self._beam_size, self.parallel = beam_size, threads
        self.version = f"faster-whisper-{__version__}-{digest}-{compute_type}-beam{beam_size}"
        self.languages = None if self._model.model.is_multilingual else ("en",)

    def transcribe(self, samples: Samples, *, language: str | None, prompt: str | None) -> Passage:
        """Transcribe mono samples (n,) at 16 kHz, at most 30 s.

        Decoding is greedy in temperature, so that a run can be repeated. Where the text loops, it is
        decoded once more with repeated five-word sequences forbidden, and the less repetitive text is kept.
        """
        passage = self._decode(samples, language, prompt)
        if passage.compression_ratio <= LOOPING:
            return passage
        again = self._decode(samples, language, prompt, no_repeat_ngram_size=5)
        return min(passage, again, key=lambda candidate: candidate.compression_ratio)

    def _decode(self, samples: Samples, language: str | None, prompt: str | None, **options: Any) -> Passage:
        segments, info = self._model.transcribe(
            samples,
            language=language if self.languages is None else "en",
            beam_size=self._beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            initial_prompt=prompt,
            word_timestamps=True,
            vad_filter=False,
            **options,
        )
        found = list(segments)
        pieces = (
            Word(word.word, float(word.start), float(word.end), float(word.probability))
            for segment in found
            for word in segment.words or ()
        )
        tokens = sum(len(segment.tokens) for segment in found)
        log_probability = sum(segment.avg_logprob * len(segment.tokens) for segment in found)
        return Passage(
            words=join_pieces(pieces),
            language=info.language,
            language_confidence=float(info.language_probability),
            mean_log_probability=log_probability / tokens if tokens else 0.0,
            compression_ratio=max((segment.compression_ratio for segment in found), default=0.0),
        )
