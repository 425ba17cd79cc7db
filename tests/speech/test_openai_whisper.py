"""The real openai-whisper package, with the weights of tiny.en."""

from __future__ import annotations

import hashlib
import re
import shutil
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from pipeline.engines import load_engine
from pipeline.errors import LanguageError, ModelError, SettingsError
from pipeline.speech import openai_whisper
from pipeline.speech.engines import Passage
from pipeline.speech.openai_whisper import OpenAIWhisper

from .weights_for_tests import recording, whisper_checkpoint

SAID = (
    "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
)


def text(passage: Passage) -> str:
    return re.sub(r"[^a-z ]", "", " ".join(word.text for word in passage.words).lower())


def test_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(openai_whisper, "version", missing)
    with pytest.raises(SettingsError, match=r"pip install 'rapport-pipeline\[whisper\]'"):
        OpenAIWhisper()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("whisper", reason="openai-whisper is not installed")
    return whisper_checkpoint(tmp_path_factory.mktemp("whisper") / "tiny.en.pt")


@pytest.fixture(scope="module")
def engine(checkpoint: Path) -> OpenAIWhisper:
    return load_engine(
        "transcribers", "openai-whisper", {"model": str(checkpoint), "device": "cpu"}, threads=2
    )


@pytest.fixture(scope="module")
def passage(engine: OpenAIWhisper) -> Passage:
    return engine.transcribe(recording("jfk.flac").between(0, 11), language=None, prompt=None)


@pytest.mark.torch
class TestRecording:
    def test_words_are_those_that_are_said(self, passage: Passage) -> None:
        assert text(passage) == SAID

    def test_words_carry_times_and_probabilities(self, passage: Passage) -> None:
        for word, following in zip(passage.words, passage.words[1:], strict=False):
            assert 0 <= word.start <= word.end <= following.start <= 11
        assert all(0 < word.confidence <= 1 for word in passage.words)
        assert np.mean([word.confidence for word in passage.words]) > 0.7

    def test_passage_describes_its_decoding(self, passage: Passage) -> None:
        assert (passage.language, passage.language_confidence) == ("en", 1.0)
        assert -1 < passage.mean_log_probability < 0
        assert 1 < passage.compression_ratio < 2.4

    def test_agrees_with_the_default_engine_on_the_same_weights(self, passage: Passage) -> None:
        default = load_engine("transcribers", "faster-whisper", {"compute_type": "float32"}, threads=2)
        other = default.transcribe(recording("jfk.flac").between(0, 11), language="en", prompt=None)
        assert text(other) == text(passage)
        starts = [[word.start for word in words] for words in (passage.words, other.words)]
        assert np.median(np.abs(np.subtract(*starts))) < 0.05
        assert passage.mean_log_probability == pytest.approx(other.mean_log_probability, abs=0.02)

    def test_same_sound_gives_the_same_words(self, engine: OpenAIWhisper, passage: Passage) -> None:
        again = engine.transcribe(recording("jfk.flac").between(0, 11), language="en", prompt=None)
        assert [w.text for w in again.words] == [w.text for w in passage.words]
        assert [w.start for w in again.words] == pytest.approx([w.start for w in passage.words])
        assert again.mean_log_probability == pytest.approx(passage.mean_log_probability, abs=1e-4)

    def test_prompt_guides_but_is_not_said(self, engine: OpenAIWhisper) -> None:
        prompt = "Umm, so, uh, my fellow Amerikans, hmm."
        samples = recording("jfk.flac").between(0, 4)
        guided = engine.transcribe(samples, language="en", prompt=prompt)
        assert "so my fellow amerikans" in text(guided)
        assert "umm" not in text(guided)


@pytest.mark.torch
class TestModel:
    def test_no_sound_has_no_words(self, engine: OpenAIWhisper) -> None:
        passage = engine.transcribe(np.zeros(0, np.float32), language=None, prompt=None)
        assert passage == Passage((), "en", 1.0, 0.0, 0.0)

    def test_version_follows_the_weights(self, engine: OpenAIWhisper, tmp_path: Path) -> None:
        (tmp_path / "tiny.en.pt").write_bytes(b"other weights")
        assert OpenAIWhisper(model=str(tmp_path / "tiny.en.pt")).version != engine.version
        assert OpenAIWhisper(model="small").version != OpenAIWhisper(model="medium").version

    def test_version_follows_the_decoding(self, checkpoint: Path) -> None:
        versions = {
            OpenAIWhisper(model="small").version,
            OpenAIWhisper(model="small", beam_size=1).version,
            OpenAIWhisper(model="small", device="cpu").version,
            OpenAIWhisper(model="small", device="cuda").version,
        }
        assert len(versions) == 4
        assert OpenAIWhisper(model="small", threads=1).version in versions

    def test_english_model_refuses_other_languages(self, engine: OpenAIWhisper) -> None:
        assert engine.languages == ("en",)
        assert OpenAIWhisper(model="small.en").languages == ("en",)
        assert OpenAIWhisper(model="small").languages is None
        with pytest.raises(LanguageError, match="'fi'"):
            engine.transcribe(np.zeros(16_000, np.float32), language="fi", prompt=None)

    def test_multilingual_model_detects_the_language_or_is_told(
        self, checkpoint: Path, tmp_path: Path
    ) -> None:
        engine = OpenAIWhisper(
            model=str(_untrained_multilingual(tmp_path / "model.pt")), device="cpu", beam_size=1
        )
        assert engine.languages is None
        noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
        detected = engine.transcribe(noise, language=None, prompt=None)
        assert len(detected.language) in (2, 3)
        assert 0 < detected.language_confidence < 1
        told = engine.transcribe(noise, language="fi", prompt=None)
        assert (told.language, told.language_confidence) == ("fi", 1.0)
        with pytest.raises(LanguageError, match="'tlh'"):
            engine.transcribe(noise, language="tlh", prompt=None)

    def test_named_size_is_taken_from_the_folder(
        self, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import whisper

        shutil.copy(checkpoint, tmp_path / "tiny.en.pt")
        sha256 = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
        monkeypatch.setitem(whisper._MODELS, "tiny.en", f"https://example.org/{sha256}/tiny.en.pt")
        engine = OpenAIWhisper(model="tiny.en", device="cpu", folder=str(tmp_path), threads=2)
        passage = engine.transcribe(recording("jfk.flac").between(0, 11), language="en", prompt=None)
        assert text(passage) == SAID

    def test_unknown_size(self, checkpoint: Path) -> None:
        with pytest.raises(SettingsError, match=r"one of: tiny\.en, tiny"):
            _use(OpenAIWhisper(model="gigantic"))

    def test_missing_file(self, checkpoint: Path, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="cannot be read"):
            OpenAIWhisper(model=str(tmp_path / "nowhere.pt"))

    def test_damaged_file(self, checkpoint: Path, tmp_path: Path) -> None:
        (tmp_path / "damaged.pt").write_bytes(checkpoint.read_bytes()[:100_000])
        with pytest.raises(ModelError, match="cannot be loaded"):
            _use(OpenAIWhisper(model=str(tmp_path / "damaged.pt")))

    def test_no_network(self, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def unreachable(url: str) -> None:
            raise URLError("no network")

        monkeypatch.setattr("urllib.request.urlopen", unreachable)
        with pytest.raises(ModelError, match="connect once"):
            _use(OpenAIWhisper(model="tiny.en", folder=str(tmp_path)))


def _use(engine: OpenAIWhisper) -> None:
    engine.transcribe(np.zeros(16_000, np.float32), language="en", prompt=None)


def _untrained_multilingual(file: Path) -> Path:
    import torch
    from whisper.model import ModelDimensions, Whisper

    dimensions = {
        "n_mels": 80,
        "n_audio_ctx": 1500,
        "n_audio_state": 64,
        "n_audio_head": 1,
        "n_audio_layer": 1,
        "n_vocab": 51_865,
        "n_text_ctx": 448,
        "n_text_state": 64,
        "n_text_head": 1,
        "n_text_layer": 2,
    }
    torch.manual_seed(0)
    network = Whisper(ModelDimensions(**dimensions))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, 0, 0.02)
    torch.save({"dims": dimensions, "model_state_dict": network.state_dict()}, file)
    return file
