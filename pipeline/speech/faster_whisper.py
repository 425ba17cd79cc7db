"""The default transcriber: Whisper in CTranslate2 by way of faster-whisper, on the processor or a GPU."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import models
from pipeline.errors import LanguageError, ModelError
from pipeline.fetching import hash_file
from pipeline.speech.engines import Passage, Samples, Word, join_pieces
from pipeline.whisper_states import KeptStates, states_of

LOOPING = 2.4
"""Compression ratio above which Whisper's authors take a text for a loop (Radford et al. 2022)."""

REQUIRED = ("config.json", "model.bin", "tokenizer.json")
"""Files of a model, beside its vocabulary. Without the tokenizer, faster-whisper would ask a hub for one."""

VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
"""Names that CTranslate2 gives to the vocabulary, in the order in which it looks for them."""

MULTILINGUAL = 51_865
"""Entries of the smallest multilingual vocabulary; that of the English models has one less."""


class FasterWhisper:
    """Whisper by faster-whisper. The network is loaded when first needed.

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

    Raises
    ------
    ModelError
        Where `model` is neither in the registry nor a folder, or a file is missing from the folder.
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
        self._name, self._device, self._compute_type = model, device, compute_type
        self._beam_size, self.parallel = beam_size, threads
        self._loading = Lock()
        self.encoder = model if model in models.registry() else None
        digest = models.digest(model) if model in models.registry() else _digest(self._folder)
        release = version("faster-whisper")
        self.version = f"faster-whisper-{release}-{digest}-{device}-{compute_type}-beam{beam_size}"

    @cached_property
    def languages(self) -> tuple[str, ...] | None:
        """ISO 639-1 codes that the model knows; None: all of Whisper's, detected."""
        if self._name in models.registry() and self._name.endswith(".en"):
            return ("en",)
        return None if _count_entries(_vocabulary(self._folder)) >= MULTILINGUAL else ("en",)

    def transcribe(self, samples: Samples, *, language: str | None, prompt: str | None) -> Passage:
        """Transcribe mono samples (n,) at 16 kHz, at most 30 s.

        Decoding is greedy in temperature, so that a run can be repeated. Where the text loops, it is
        decoded once more with repeated five-word sequences forbidden, and the less repetitive text is kept.

        Raises
        ------
        LanguageError
            Where a multilingual model does not know `language`; an English one takes everything for English.
        ModelError
            Where the model cannot be loaded.
        """
        network = self._load()
        if self.languages is not None:
            language = "en"
        elif language is not None and not _knows(network, language):
            raise LanguageError(
                f"The speech model '{self._name}' does not know the language '{language}'; give an ISO 639-1 "
                "code such as 'en', or none to have the language detected."
            )
        self._states.forget()
        passage = self._decode(samples, language, prompt)
        states = self._states.take(len(samples))
        if passage.compression_ratio <= LOOPING:
            return replace(passage, states=states)
        again = self._decode(samples, language, prompt, no_repeat_ngram_size=5)
        best = min(passage, again, key=lambda candidate: candidate.compression_ratio)
        return replace(best, states=states)

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """States of the encoder for mono samples (n,) at 16 kHz, at most 30 s, one per 20 ms."""
        return states_of(self._load(), samples)

    def _decode(self, samples: Samples, language: str | None, prompt: str | None, **options: Any) -> Passage:
        segments, info = self._model.transcribe(
            samples,
            language=language,
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

    def _load(self) -> Any:
        """The network, loaded once however many threads ask for it."""
        with self._loading:
            return self._model

    @cached_property
    def _model(self) -> Any:
        from faster_whisper import WhisperModel

        folder = self._folder
        try:
            network = WhisperModel(
                str(folder),
                device=self._device,
                compute_type=self._compute_type,
                cpu_threads=1,
                num_workers=self.parallel,
            )
        except Exception as error:  # of no narrower kind where the tokenizer is damaged
            raise ModelError(f"The Whisper model in {folder} cannot be loaded: {error}.") from error
        self._states = KeptStates(network)
        return network

    @cached_property
    def _folder(self) -> Path:
        """Where the model's files are, all of them."""
        known = self._name in models.registry()
        folder = models.path(self._name) if known else Path(self._name).expanduser().absolute()
        if not folder.is_dir():
            raise ModelError(
                f"There is no speech model '{self._name}'; give the name of a Whisper model that "
                "`rapport models list` shows, or the path of a folder with a CTranslate2 model."
            )
        for name in REQUIRED:
            if not (folder / name).is_file():
                raise ModelError(
                    f"The Whisper model in {folder} has no {name}; copy it there from where the model is "
                    "published."
                )
        _vocabulary(folder)
        return folder


def _knows(network: Any, language: str) -> bool:
    """Whether a network can be told to expect a language."""
    token = network.hf_tokenizer.token_to_id(f"<|{language}|>")  # not every model has every code's
    return language in network.supported_languages and token is not None


def _vocabulary(folder: Path) -> Path:
    """The model's vocabulary."""
    for name in VOCABULARIES:
        if (folder / name).is_file():
            return folder / name
    raise ModelError(
        f"The Whisper model in {folder} has no {' or '.join(VOCABULARIES)}; copy it there from where the "
        "model is published."
    )


def _count_entries(vocabulary: Path) -> int:
    """How many tokens a vocabulary has."""
    try:
        content = vocabulary.read_bytes()
        return len(json.loads(content) if vocabulary.suffix == ".json" else content.splitlines())
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"The vocabulary {vocabulary} cannot be read: {error}.") from error


def _digest(folder: Path) -> str:
    """Short hash that changes whenever the files of a model do."""
    files = [folder / name for name in REQUIRED] + [_vocabulary(folder)]
    extra = folder / "preprocessor_config.json"  # larger models say in it how they want the sound
    parts = []
    for file in [*files, extra] if extra.is_file() else files:
        try:
            status = file.stat()
            parts.append(f"{file.name} {_hash_once(file, status.st_size, status.st_mtime_ns)}")
        except OSError as error:
            raise ModelError(f"The model file {file} cannot be read: {error.strerror}.") from error
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@lru_cache(maxsize=64)
def _hash_once(file: Path, _size: int, _mtime_ns: int) -> str:
    """Hash a file once per process and version of it; a large model takes seconds."""
    return hash_file(file)
