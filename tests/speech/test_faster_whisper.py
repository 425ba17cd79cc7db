"""The default transcriber with the model that the product brings along."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faster_whisper
import numpy as np
import pytest

from pipeline import models
from pipeline.errors import LanguageError, ModelError
from pipeline.speech.faster_whisper import FasterWhisper

SECOND = np.zeros(16_000, np.float32)


@pytest.fixture(scope="module")
def engine() -> FasterWhisper:
    return FasterWhisper()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the embedded model."""
    return shutil.copytree(models.path("whisper-tiny.en"), tmp_path / "copy")


class TestWithoutTheNetwork:
    def test_version_and_languages_do_not_load_it(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(faster_whisper, "WhisperModel", None)
        for model in ("whisper-tiny.en", str(folder)):
            engine = FasterWhisper(model=model)
            assert "faster-whisper" in engine.version
            assert engine.languages == ("en",)
            assert "_model" not in vars(engine)

    def test_registered_model_may_be_missing_until_it_is_needed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RAPPORT_MODELS", str(tmp_path))
        engine = FasterWhisper()
        assert engine.version == FasterWhisper().version
        with pytest.raises(ModelError, match="rapport models fetch"):
            engine.transcribe(SECOND, language=None, prompt=None)

    def test_version_follows_the_decoding(self) -> None:
        versions = {FasterWhisper(**o).version for o in ({}, {"beam_size": 1}, {"compute_type": "float32"})}
        assert len(versions) == 3
        assert FasterWhisper(threads=1).version in versions

    @pytest.mark.parametrize("name", ["model.bin", "vocabulary.txt", "tokenizer.json", "config.json"])
    def test_version_follows_every_file(self, folder: Path, name: str) -> None:
        before = FasterWhisper(model=str(folder)).version
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content)
        assert FasterWhisper(model=str(folder)).version != before

    @pytest.mark.parametrize("name", ["model.bin", "vocabulary.txt", "tokenizer.json", "config.json"])
    def test_every_file_must_be_there(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        with pytest.raises(ModelError, match=rf"has no .*{name}"):
            FasterWhisper(model=str(folder))

    @pytest.mark.parametrize("name", ["tiny.en", "nowhere/at/all"])
    def test_unknown_name(self, name: str) -> None:
        with pytest.raises(ModelError, match=f"no speech model '{name}'; give the name"):
            FasterWhisper(model=name)

    def test_registry_goes_before_folders(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "whisper-tiny.en").mkdir()
        monkeypatch.chdir(tmp_path)
        assert models.digest("whisper-tiny.en") in FasterWhisper().version
        assert FasterWhisper(model="copy").version == FasterWhisper(model=str(folder)).version

    def test_multilingual_vocabulary(self, folder: Path) -> None:
        tokens = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1]
        (folder / "vocabulary.json").write_text(json.dumps([*tokens, ""]))
        assert FasterWhisper(model=str(folder)).languages is None


class TestWithTheNetwork:
    def test_words_have_rising_times(self, engine: FasterWhisper, sample_sound: np.ndarray) -> None:
        passage = engine.transcribe(sample_sound[:160_000], language=None, prompt=None)
        assert len(passage.words) > 5
        assert (passage.language, passage.language_confidence) == ("en", 1.0)
        edges = [edge for word in passage.words for edge in (word.start, word.end)]
        assert edges == sorted(edges)
        assert 0 <= edges[0] < edges[-1] <= 10.1
        assert all(0 < word.confidence <= 1 for word in passage.words)

    def test_copy_hears_the_same(self, engine: FasterWhisper, folder: Path, sample_sound: np.ndarray) -> None:
        copy = FasterWhisper(model=str(folder))
        heard = [e.transcribe(sample_sound[:160_000], language="en", prompt=None) for e in (engine, copy)]
        assert heard[0] == heard[1]

    def test_threads_share_one_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = []
        load = faster_whisper.WhisperModel
        monkeypatch.setattr(
            faster_whisper, "WhisperModel", lambda *args, **options: made.append(1) or load(*args, **options)
        )
        engine = FasterWhisper(threads=4)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: engine.transcribe(SECOND, language=None, prompt=None), range(4)))
        assert len(made) == 1

    @pytest.mark.parametrize("language", ["xx", "English", ""])
    def test_multilingual_model_refuses_an_unknown_language(self, language: str) -> None:
        engine = FasterWhisper()
        engine.languages = None
        with pytest.raises(LanguageError, match=f"'{language}'"):
            engine.transcribe(SECOND, language=language, prompt=None)

    @pytest.mark.parametrize("name", ["model.bin", "tokenizer.json"])
    def test_damaged_file(self, folder: Path, name: str) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:5000])
        with pytest.raises(ModelError, match="cannot be loaded"):
            FasterWhisper(model=str(folder)).transcribe(SECOND, language=None, prompt=None)
