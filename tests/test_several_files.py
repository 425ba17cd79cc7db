"""One meeting in several files, or with a channel for each participant."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline import command
from pipeline.timeline.table import read, tier
from tests.conftest import SAMPLE, write_wave

RATE = 16_000
PLAIN = "voice: {listen: false}\nface: {rate: 1}\nrapport: {code: false}\n"
"""Words and few pictures, where the test is about neither voices nor faces."""


def analyse(tmp_path, *files, meeting=None, settings=""):
    """As ``rapport analyse`` does, in this process; results are in `tmp_path`."""
    config = tmp_path / "configuration.yaml"
    config.write_text(settings)
    options = command.Options(tmp_path, config, speakers=None, faces=False, quiet=True, json_lines=False)
    assert command.analyse_all(files, meeting, options) == 0


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture(scope="module")
def voices(sample_sound, truth):
    """Each person's own sound of 18 s, as far as the mix has it: silent while only the other speaks."""
    sample_sound, people = sample_sound[: 18 * RATE], sorted(truth["speech"])
    own = {}
    for person in people:
        mask = np.zeros(len(sample_sound), np.float32)
        other = np.zeros(len(sample_sound), bool)
        for start, end in truth["speech"][person]:
            mask[int((start - 0.05) * RATE) : int((end + 0.05) * RATE)] = 1
        for rest in people:
            if rest != person:
                for start, end in truth["speech"][rest]:
                    other[int((start - 0.05) * RATE) : int((end + 0.05) * RATE)] = True
        own[person] = np.where(other & (mask == 1), 0.5 * sample_sound, mask * sample_sound)
    noise = np.random.default_rng(0).normal(0, 5e-4, len(sample_sound)).astype(np.float32)
    return {person: samples + noise for person, samples in own.items()}


def spoken_by(table, person):
    return " ".join(tier(table, "word", person)["text"]).lower()


def test_a_file_for_each_participant_with_an_offset_and_cross_talk(tmp_path, voices):
    (first, one), (second, two) = sorted(voices.items())
    write_wave(tmp_path / "one.wav", one + 0.03 * two)
    write_wave(tmp_path / "two.wav", (two + 0.03 * one)[2 * RATE :])  # began 2 s later
    (tmp_path / "meeting.yaml").write_text(
        "name: two-files\nfiles: [one.wav, {path: two.wav, offset: 2.0}]\nparticipants:\n"
        f"  - {{id: {first}, role: customer, pseudonym: Anna, file: one.wav}}\n"
        f"  - {{id: {second}, role: salesperson, pseudonym: Sam, file: two.wav}}\n"
    )
    analyse(tmp_path, meeting=tmp_path / "meeting.yaml", settings=PLAIN)
    table = read(tmp_path / "two-files" / "timeline.parquet")
    assert set(table["participant"]) - {""} == {first, second}
    assert "portugal" in spoken_by(table, "C") and "holiday" not in spoken_by(table, "C")
    assert "holiday" in spoken_by(table, "S")
    transcript = (tmp_path / "two-files" / "transcript.txt").read_text()
    assert "Anna:" in transcript and "Sam:" in transcript


def test_a_stereo_call_is_recognised_as_a_channel_for_each_speaker(tmp_path, voices):
    stereo = np.stack([voices["S"], voices["C"]], axis=1)
    path = write_wave(tmp_path / "call.wav", stereo)
    analyse(tmp_path, path)
    assert any("channel" in warning for warning in manifest_of(tmp_path / "call")["warnings"])
    table = read(tmp_path / "call" / "timeline.parquet")
    assert "holiday" in spoken_by(table, "P1") and "holiday" not in spoken_by(table, "P2")


def test_a_camera_and_a_recorder_are_set_in_time_by_their_sound(tmp_path, sample_sound):
    noise = np.random.default_rng(1).normal(0, 2e-3, len(sample_sound)).astype(np.float32)
    heard, fast = (0.3 * sample_sound + noise)[int(3.21 * RATE) :], 1 + 3e-4
    count = int(len(heard) / fast)  # the recorder's clock is slow: it counts fewer samples
    heard = np.interp(np.arange(count) * fast, np.arange(len(heard)), heard)
    recorder = write_wave(tmp_path / "recorder.wav", heard)
    (tmp_path / "meeting.yaml").write_text(f"name: both\nfiles: [{SAMPLE}, {recorder.name}]\n")
    analyse(tmp_path, meeting=tmp_path / "meeting.yaml", settings=PLAIN)
    manifest = manifest_of(tmp_path / "both")
    assert manifest["files"][0]["offset"] == 0
    assert manifest["files"][1]["offset"] == pytest.approx(3.21, abs=0.005)
    assert manifest["files"][1]["clock_rate"] == pytest.approx(fast, abs=1e-5)
    assert any("clocks differ by 1.1 s an hour" in warning for warning in manifest["warnings"])


def test_two_recordings_of_the_same_name_do_not_overwrite_each_other(tmp_path, sample_sound):
    for folder, start in (("monday", 0), ("friday", 20)):
        (tmp_path / folder).mkdir()
        write_wave(tmp_path / folder / "call.wav", sample_sound[start * RATE : (start + 5) * RATE])
    paths = tmp_path / "monday" / "call.wav", tmp_path / "friday" / "call.wav"
    analyse(tmp_path, *paths, settings=PLAIN)
    folders = sorted(tmp_path.glob("call*/timeline.parquet"))
    assert len(folders) == 2
    assert len({path.read_bytes() for path in folders}) == 2
