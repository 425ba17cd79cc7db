"""Words by OpenAI's own Whisper, any size and language (extra ``whisper``, needs torch)."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipeline.errors import LanguageError, ModelError, SettingsError
from pipeline.fetching import hash_file
from pipeline.media.sound import RATE
from pipeline.speech.engines import Passage, Samples, Word, join_pieces


class OpenAIWhisper:
    """Transcribes with the package ``openai-whisper``.

    Decoding is set for verbatim text and for the same words each time: temperature 0, nothing
    carried over from earlier passages but the prompt. The network is loaded when first needed.

    Parameters
    ----------
    model : str
        Size (``tiny``, ``base``, ``small``, ``medium``, ``large-v3``, ``turbo``; ``.en`` behind it
        for English only) or path of a checkpoint file (``.pt``). A copy of an official file should
        keep its name, by which the attention heads are known that give the best word times.
    device : str, optional
        torch device; by default the graphics card where there is one, else the processor.
    beam_size : int
        Hypotheses kept while decoding.
    folder : str, optional
        Where the named sizes are kept; by default the package's own cache. A file that is not
        there is downloaded once and checked against its sha256 by the package.
    threads : int, optional
        Processor cores to use; by default as torch decides.

    Raises
    ------
    SettingsError
        Where the extra is not installed, or no model has that name.
    ModelError
        Where the model file is missing and cannot be downloaded, or cannot be read.

    References
    ----------
    Radford et al. (2023), Robust Speech Recognition via Large-Scale Weak Supervision.
    """

    def __init__(
        self,
        *,
        model: str = "small",
        device: str | None = None,
        beam_size: int = 5,
        folder: str | None = None,
        threads: int | None = None,
    ) -> None:
        try:
            release = version("openai-whisper")
        except PackageNotFoundError as error:
            raise SettingsError(
                "OpenAI Whisper is not installed; run: pip install 'rapport-pipeline[whisper]'."
            ) from error
        self._file = Path(model).expanduser() if model.endswith(".pt") else None
        self._name, self._folder = model, folder
        self._device, self._beam_size, self._threads = device, beam_size, threads
        weights = _digest(self._file) if self._file else model
        self.version = f"openai-whisper {release}, {weights}, beam {beam_size}"
        if device:
            self.version += f", {device}"

    parallel = 1
    """The network is not made for several threads; torch uses the cores itself."""

    @cached_property
    def languages(self) -> tuple[str, ...] | None:
        """ISO 639-1 codes that the model knows; None: all of Whisper's, detected."""
        if self._file is None:
            return ("en",) if self._name.endswith(".en") else None
        return None if self._network.is_multilingual else ("en",)

    def transcribe(self, samples: Samples, *, language: str | None, prompt: str | None) -> Passage:
        """Transcribe mono samples (n,) at 16 kHz, at most 30 s.

        Raises
        ------
        LanguageError
            Where the model does not know `language`.
        """
        import whisper
        from whisper.tokenizer import LANGUAGES

        if language is not None and language not in (self.languages or LANGUAGES):
            raise LanguageError(f"Whisper '{self._name}' does not know the language '{language}'.")
        chosen, confidence = (language, 1.0) if language else self._language_of(samples)
        result = whisper.transcribe(
            self._network,
            samples,
            language=chosen,
            initial_prompt=prompt,
            condition_on_previous_text=False,
            temperature=0.0,
            beam_size=self._beam_size,
            word_timestamps=True,
            fp16=self._network.device.type == "cuda",
        )
        duration = len(samples) / RATE
        segments = result["segments"]
        tokens = sum(len(segment["tokens"]) for segment in segments)
        return Passage(
            words=join_pieces(_piece(word, duration) for segment in segments for word in segment["words"]),
            language=chosen,
            language_confidence=confidence,
            mean_log_probability=(
                sum(segment["avg_logprob"] * len(segment["tokens"]) for segment in segments) / max(tokens, 1)
            ),
            compression_ratio=max((segment["compression_ratio"] for segment in segments), default=0.0),
        )

    def _language_of(self, samples: Samples) -> tuple[str, float]:
        """Most probable language and its probability."""
        import whisper

        if self.languages is not None:
            return self.languages[0], 1.0
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), self._network.dims.n_mels)
        _, probabilities = self._network.detect_language(mel.to(self._network.device))
        language = max(probabilities, key=probabilities.__getitem__)
        return language, float(probabilities[language])

    @cached_property
    def _network(self) -> Any:
        import torch
        import whisper

        if self._file is None and self._name not in whisper.available_models():
            known = ", ".join(whisper.available_models())
            raise SettingsError(
                f"There is no Whisper model '{self._name}'; give the path of a .pt file or one of: {known}."
            )
        if self._threads is not None:
            torch.set_num_threads(self._threads)
        try:
            network = whisper.load_model(str(self._file or self._name), self._device, self._folder)
            heads = whisper._ALIGNMENT_HEADS.get(self._file.stem) if self._file else None
            if heads:  # load_model knows them by name only
                network.set_alignment_heads(heads)
            return network
        except OSError as error:
            raise ModelError(
                f"Whisper '{self._name}' is not on this machine and cannot be downloaded ({error}); "
                "connect once, or give the path of its .pt file."
            ) from error
        except (RuntimeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"The Whisper model '{self._name}' cannot be loaded: {error}.") from error


def _piece(word: dict[str, Any], duration: float) -> Word:
    start, end = (min(float(word[edge]), duration) for edge in ("start", "end"))
    return Word(str(word["word"]), start, end, float(word["probability"]))


def _digest(file: Path) -> str:
    """First characters of the sha256 of a file."""
    try:
        return hash_file(file)[:12]
    except OSError as error:
        raise ModelError(f"The Whisper model {file} cannot be read: {error.strerror}.") from error
