"""Bad input gets one sentence that says what to do and the right exit code, and loses nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import wave

import numpy as np
import pytest

from pipeline import models
from tests.conftest import SAMPLE, rapport, write_wave


def one_sentence(done, *words):
    """The single line on standard error, which must hold the words and no traceback."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in lines[0]
    assert lines[0].rstrip().endswith(".")
    for word in words:
        assert word in lines[0], lines[0]
    return lines[0]


def bad_files(folder, sample_sound):
    """Files that cannot be analysed, with a word of the sentence expected for each."""
    import av

    silence = write_wave(folder / "silence.wav", np.zeros(160_000, np.float32))
    hiss = np.random.default_rng(0).normal(0, 0.01, 160_000).astype(np.float32)
    second = write_wave(folder / "second.wav", np.zeros(16_000, np.float32))
    text = folder / "text.mp4"
    text.write_text("This is not a film.\n" * 100)
    truncated = folder / "truncated.mp4"
    truncated.write_bytes(SAMPLE.read_bytes()[:2000])
    empty = folder / "empty.wav"
    empty.touch()
    directory = folder / "directory.mp4"
    directory.mkdir()
    mute = folder / "mute.mp4"
    with av.open(str(mute), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(20):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return {
        silence: "speech",
        write_wave(folder / "hiss.wav", hiss): "speech",
        second: "speech",
        text: "text.mp4",
        truncated: "truncated.mp4",
        empty: "empty.wav",
        directory: "directory.mp4",
        mute: "no sound",
        folder / "missing.mp4": "missing.mp4",
    }


def test_each_bad_file_gets_its_sentence_and_the_others_still_finish(tmp_path, sample_sound):
    bad = bad_files(tmp_path, sample_sound)
    good = write_wave(tmp_path / "good.wav", sample_sound[: 12 * 16_000])
    paths = list(bad)
    done = rapport("analyse", *paths[:4], good, *paths[4:], "--out", tmp_path / "out", "--quiet")
    lines = done.stderr.splitlines()
    assert len(lines) == len(bad), done.stderr
    for line, (path, word) in zip(lines, bad.items(), strict=True):
        assert line.startswith(f"{path.stem}: ") and word in line and line.endswith("."), line
    assert done.returncode == 3
    assert (tmp_path / "out" / "good" / "timeline.parquet").is_file()


def test_no_recording_named(tmp_path):
    done = rapport("analyse", "--out", tmp_path)
    assert done.returncode == 5
    one_sentence(done, "recording")


def test_an_unknown_setting(tmp_path):
    (tmp_path / "c.yaml").write_text("turns: {laps: 3}")
    done = rapport("analyse", SAMPLE, "--config", tmp_path / "c.yaml", "--out", tmp_path)
    assert done.returncode == 5
    one_sentence(done, "turns.laps")


def test_an_unknown_engine(tmp_path):
    (tmp_path / "c.yaml").write_text("speech: {transcriber: {engine: magic}}")
    done = rapport("analyse", SAMPLE, "--config", tmp_path / "c.yaml", "--out", tmp_path, "--quiet")
    assert done.returncode == 5
    one_sentence(done, "magic", "faster-whisper")


def test_an_output_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = rapport("analyse", SAMPLE, "--out", tmp_path / "file", "--quiet")
    assert done.returncode == 7
    one_sentence(done, "--out")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not let tests mount a small disk")
    try:
        done = rapport("analyse", SAMPLE, "--out", small, "--quiet")
        assert done.returncode == 7
        one_sentence(done, "full")
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_model_file_with_a_flipped_byte(tmp_path, monkeypatch):
    copy = tmp_path / "models"
    shutil.copytree(models.cache_dir(), copy)
    network = copy / "segmentation-3.0" / "segmentation-3.0.onnx"
    content = bytearray(network.read_bytes())
    content[len(content) // 2] ^= 1
    network.write_bytes(content)
    monkeypatch.setenv("RAPPORT_MODELS", str(copy))
    done = rapport("analyse", SAMPLE, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 4
    one_sentence(done, "segmentation-3.0", "rapport models fetch")


def test_no_model_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("RAPPORT_MODELS", str(tmp_path / "none"))
    done = rapport("analyse", SAMPLE, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 4
    one_sentence(done, "rapport models fetch")


def test_another_language_than_the_model_knows(tmp_path, recordings):
    twice = tmp_path / "twice.wav"  # 20 s alone hold hardly the words that are needed to tell
    with wave.open(str(recordings / "speech" / "diarizationExample2.wav")) as once:
        how, frames = once.getparams(), once.readframes(once.getnframes())
    with wave.open(str(twice), "wb") as file:
        file.setparams(how)
        file.writeframes(frames * 2)
    done = rapport("analyse", twice, "--out", tmp_path, "--quiet")
    assert done.returncode == 6
    one_sentence(done, "multilingual")


def test_a_language_given_that_the_model_does_not_know(tmp_path):
    meeting = tmp_path / "meeting.yaml"
    meeting.write_text(f"files: [{SAMPLE}]\nlanguage: fi\n")
    done = rapport("analyse", "--meeting", meeting, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 6
    one_sentence(done, "'fi'")


def test_what_was_computed_survives_a_later_fault(tmp_path, sample_sound):
    good = write_wave(tmp_path / "good.wav", sample_sound[: 12 * 16_000])
    assert rapport("analyse", good, "--out", tmp_path, "--quiet").returncode == 0
    before = (tmp_path / "good" / "timeline.csv").read_bytes()
    (tmp_path / "c.yaml").write_text("speech: {diariser: {engine: pyannote, options: {pipeline: /nowhere}}}")
    assert rapport("analyse", good, "--out", tmp_path, "--quiet", "--config", tmp_path / "c.yaml").returncode
    assert (tmp_path / "good" / "timeline.csv").read_bytes() == before
