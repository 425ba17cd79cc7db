"""Small films of recordings: what they show and when, what they no longer tell, whom nobody recognises."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pipeline import models
from pipeline.errors import MediaError, StorageError
from pipeline.media.decode import TrackSpec, decode_audio
from pipeline.media.film import blurred, write_film
from pipeline.media.pictures import frames
from pipeline.media.sound import Sound
from tests.conftest import SAMPLE
from tests.media.media_files import BURSTS, bursts, heard, write_recording

FACE = 0.41
"""Height of the sample meeting's faces from brow to chin, in heights of the picture."""


@pytest.fixture(scope="module")
def films(short_meeting: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The beginning of the sample meeting, sharp and blurred."""
    folder = tmp_path_factory.mktemp("films")
    found = {"sharp": folder / "sharp.mp4", "blurred": folder / "blurred.mp4"}
    write_film(short_meeting, found["sharp"], rate=15)
    write_film(short_meeting, found["blurred"], rate=15, blur=FACE)
    return found


class TestFilm:
    def test_what_every_browser_plays(self, films: dict[str, Path]):
        with av.open(str(films["sharp"])) as film:
            pictures, sound = film.streams.video[0].codec_context, film.streams.audio[0].codec_context
            assert (pictures.name, pictures.pix_fmt) == ("h264", "yuv420p")
            assert (sound.name, sound.layout.name) == ("aac", "mono")
            assert (pictures.width, pictures.height) == (1280, 360)
            assert film.duration / 1e6 == pytest.approx(20, abs=0.2)
        content = films["sharp"].read_bytes()
        assert content.find(b"moov") < content.find(b"mdat"), "its index is in front"

    def test_nothing_that_the_recording_says_of_itself(self, tmp_path: Path):
        source = tmp_path / "telling.mp4"
        tags = {"title": "Anna Virtanen", "comment": "room 12", "location": "+60.17+024.94/"}
        plain = write_recording(tmp_path / "plain.mp4", picture_times=[0.0, 0.5])
        options = {"movflags": "use_metadata_tags"}
        with av.open(str(plain)) as inside, av.open(str(source), "w", options=options) as told:
            told.metadata.update(tags)
            stream = told.add_stream_from_template(inside.streams.video[0])
            for packet in inside.demux(inside.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    told.mux(packet)
        write_film(source, tmp_path / "film.mp4")
        content, before = (tmp_path / "film.mp4").read_bytes(), source.read_bytes()
        for tag in tags.values():
            assert tag.encode() in before and tag.encode() not in content
        assert b"telling" not in content and b"Lavf" not in content

    def test_moments_stay_where_they_are(self, tmp_path: Path):
        """The pictures begin late and come unevenly; the sound begins later still."""
        times = [0.0, 0.1, 0.7, 1.0, 1.05, 2.4]
        source = write_recording(
            tmp_path / "odd.mkv", [("aac", 48_000, bursts(48_000))], starts=[1.0], picture_times=times
        )
        write_film(source, tmp_path / "film.mp4")
        shown = [time for time, _ in frames(tmp_path / "film.mp4", rate=100)]  # 20 a second were asked for
        assert shown == pytest.approx(times, abs=0.002)
        decode_audio(tmp_path / "film.mp4", {TrackSpec(): tmp_path / "film.wav"})
        sound = Sound.open(tmp_path / "film.wav").samples
        assert [heard(sound, 0, 1.0 + time) for time in BURSTS] == pytest.approx(
            [1.0 + time for time in BURSTS], abs=0.01
        )

    def test_one_of_the_two_where_only_one_is_wanted(self, short_meeting: Path, tmp_path: Path):
        write_film(short_meeting, tmp_path / "sound.m4a", pictures=False)
        write_film(short_meeting, tmp_path / "pictures.mp4", sound=False, height=90)
        with av.open(str(tmp_path / "sound.m4a")) as sound, av.open(str(tmp_path / "pictures.mp4")) as mute:
            assert [stream.type for stream in sound.streams] == ["audio"]
            assert [stream.type for stream in mute.streams] == ["video"]
            assert mute.streams.video[0].codec_context.height == 90

    def test_what_is_wanted_and_not_there(self, tmp_path: Path):
        source = write_recording(tmp_path / "sound.wav", [("pcm_s16le", 16_000, bursts(16_000))])
        with pytest.raises(MediaError, match=r"sound\.wav holds no pictures that can be decoded"):
            write_film(source, tmp_path / "film.mp4", sound=False)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["sound.wav"]

    def test_a_folder_that_cannot_be_written(self, short_meeting: Path, tmp_path: Path):
        (tmp_path / "file").write_text("no folder")
        with pytest.raises(StorageError, match="cannot be written"):
            write_film(short_meeting, tmp_path / "file" / "film.mp4")


class TestBlur:
    def test_the_detector_finds_nobody_at_any_scale(self, films: dict[str, Path]):
        from pipeline.face.centerface import CenterFace

        path = models.path("centerface", "centerface.onnx")
        finders = [CenterFace(path, side=side) for side in (640, 320, 128)]
        sharp = [picture for _, picture in frames(films["sharp"], rate=0.25)][:5]
        soft = [picture for _, picture in frames(films["blurred"], rate=0.25)][:5]
        assert [len(finders[0].find(picture)) for picture in sharp] == [2] * 5
        assert [len(finder.find(picture)) for finder in finders for picture in soft] == [0] * 15

    def test_nothing_fine_is_left(self, films: dict[str, Path]):
        """Less than a hundredth of the sharp film's energy in what is finer than a quarter of a face."""

        def fine(path: Path) -> float:
            found = []
            for _, picture in frames(path, rate=0.25):
                grey = cv2.cvtColor(cv2.resize(picture, (1280, 360)), cv2.COLOR_RGB2GRAY).astype(float)
                across = (
                    np.abs(np.fft.rfft(np.hanning(1280) * (grey - grey.mean(1, keepdims=True)), axis=1)) ** 2
                )
                found.append(float(across[:, round(1280 / (360 * FACE / 4)) :].mean()))
            return float(np.mean(found))

        assert fine(films["blurred"]) < 0.01 * fine(films["sharp"])

    def test_a_nod_is_seen_as_movement(self, films: dict[str, Path]):
        truth = json.loads((SAMPLE.parent / "truth.json").read_text(encoding="utf-8"))
        shown = [(time, picture.astype(float)) for time, picture in frames(films["blurred"], rate=15)]
        times = np.array([time for time, _ in shown[1:]])
        pictures = np.stack([picture for _, picture in shown]).mean(axis=3)
        middle = pictures.shape[2] // 2
        for who, side in (("S", slice(None, middle)), ("C", slice(middle, None))):
            moved = np.abs(np.diff(pictures[:, :, side], axis=0)).mean(axis=(1, 2))
            nod = next(one for one in truth["nods"] if one["person"] == who and one["end"] < 20)
            inside = (times >= nod["start"]) & (times <= nod["end"])
            assert np.median(moved[inside]) > 2 * np.median(moved[~inside])

    @pytest.mark.parametrize("face", [0.02, 0.15, 0.5, 1.0, 3.0])
    def test_as_many_cells_as_a_face_leaves(self, face: float):
        noise = np.random.default_rng(1).integers(0, 256, (180, 320, 3)).astype(np.uint8)
        soft = blurred(noise, face)
        assert soft.shape == noise.shape
        assert soft.std() < noise.std() / 2
