"""Pictures in which faces can hardly be read: no crash, nothing made up, one sentence that says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest

from pipeline.engines import Engines
from pipeline.media.pictures import frames
from pipeline.meeting import meeting_of
from pipeline.progress import Quiet, Speeds
from pipeline.publish import Result
from pipeline.run import analyse
from pipeline.settings import load_settings
from pipeline.timeline.table import tier
from tests.conftest import SAMPLE

RATE = 16_000
Change = Callable[[np.ndarray, float], np.ndarray]
EVENTS = ("nod", "head_shake", "smile")


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """20 seconds of the sample meeting, 15 pictures a second, half as large."""
    return [image for _, image in frames(SAMPLE, rate=15, end=20, width=960)]


@pytest.fixture(scope="module")
def engines() -> Engines:
    return Engines(load_settings(None))


@pytest.fixture
def watch(pictures, sample_sound, engines, tmp_path) -> Callable[..., Result]:
    def made_and_analysed(change: Change, *, rate: int = 15, until: float = 20.0) -> Result:
        path = tmp_path / "film.mp4"
        write_film(
            path, [change(image, i / 15) for i, image in enumerate(pictures)], sample_sound, rate, until
        )
        reporter = Quiet()
        reporter.meeting("film", 1, 1)
        speeds = Speeds(tmp_path / "speeds.json")
        run = {"engines": engines, "reporter": reporter, "speeds": speeds}
        return analyse(meeting_of(path), load_settings(None), tmp_path / "film", **run)

    return made_and_analysed


def write_film(path: Path, images: list[np.ndarray], sound: np.ndarray, rate: int, until: float) -> None:
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = 960, 270, "yuv420p"
        audio = output.add_stream("aac", rate=RATE)
        for number in range(int(until * rate)):
            frame = av.VideoFrame.from_ndarray(images[number * 15 // rate], format="rgb24")
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(sound[None, : 20 * RATE].astype(np.float32), "fltp", "mono")
        frame.rate = RATE
        output.mux(audio.encode(frame))
        output.mux(audio.encode(None))


def events(result: Result, *names: str) -> int:
    return sum(len(tier(result.table, name)) for name in names or EVENTS)


def empty(image: np.ndarray, time: float) -> np.ndarray:
    """A room without anybody."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    return np.dstack([90 + x % 160 // 2, 90 + y % 90, 120 + x // 60]).astype(np.uint8)


def half_empty(image: np.ndarray, time: float) -> np.ndarray:
    """Nobody in the right tile."""
    return np.concatenate([image[:, :480], empty(image, time)[:, 480:]], axis=1)


def distant(image: np.ndarray, time: float) -> np.ndarray:
    """The whole call on a screen far away: faces of 12 pixels."""
    small = image[::9, ::9]
    room = empty(image, time)
    room[100 : 100 + small.shape[0], 400 : 400 + small.shape[1]] = small
    return room


@pytest.mark.parametrize(
    ("change", "complaint"),
    [(lambda image, time: image * 0, "black"), (empty, "No face was found"), (distant, "No face|too small")],
)
def test_where_no_face_can_be_read_nothing_is_seen_and_one_sentence_says_why(watch, change, complaint):
    result = watch(change)
    assert events(result, *EVENTS, "gaze", "mutual_gaze") == 0
    about_faces = [warning for warning in result.warnings if "film.mp4" in warning]
    assert about_faces
    assert any(any(word in w for word in complaint.split("|")) for w in about_faces)
    assert len(tier(result.table, "word")) > 20  # what was heard is there all the same


def test_a_still_picture_is_no_participant(watch, pictures):
    result = watch(lambda image, time: pictures[0])
    assert events(result, *EVENTS, "gaze") == 0
    assert {face.participant for face in result.faces} == {""}
    assert all("still picture" in face.reason for face in result.faces)


def test_one_face_for_two_voices_is_the_right_ones(watch):
    result = watch(half_empty)
    (face,) = result.faces
    first = tier(result.table, "turn").iloc[0]["participant"]
    assert face.participant == first  # Sam, on the left, speaks first
    assert set(tier(result.table, "gaze")["participant"]) == {first}
    assert len(set(tier(result.table, "turn")["participant"])) == 2
    assert events(result, "mutual_gaze") == 0


def test_somebody_who_leaves_is_seen_until_then(watch, truth):
    result = watch(lambda image, time: image if time < 10 else half_empty(image, time))
    left = tier(result.table, "turn").iloc[0]["participant"]
    visible = tier(result.table, "face_visible")
    gone = visible[visible["participant"] != left]
    assert gone["end"].max() == pytest.approx(10, abs=0.4)
    assert visible[visible["participant"] == left]["end"].max() > 19
    assert not (
        tier(result.table, "nod")["end"].gt(10.5) & (tier(result.table, "nod")["participant"] != left)
    ).any()


def test_a_sudden_change_of_light_is_no_gesture(watch, truth):
    result = watch(lambda image, time: image if time < 5 else (image * 0.45).astype(np.uint8))
    gestures = [*tier(result.table, "nod").itertuples(), *tier(result.table, "head_shake").itertuples()]
    true = truth["nods"] + truth["shakes"]
    assert all(any(g.start < e["end"] and g.end > e["start"] for e in true) for g in gestures)
    assert any("light changes suddenly at 5.0 s" in warning for warning in result.warnings)


def test_five_pictures_a_second_are_too_few_for_nods(watch):
    result = watch(lambda image, time: image, rate=5)
    assert events(result, "nod", "head_shake") == 0
    assert any("5 pictures a second" in warning for warning in result.warnings)
    assert events(result, "smile") > 0


def test_a_mirrored_video_shows_the_same(watch, truth):
    result = watch(lambda image, time: image[:, ::-1])
    true = [nod for nod in truth["nods"] if nod["end"] < 19]
    nods = tier(result.table, "nod")
    assert len(nods) == len(true)
    assert all(((nods["start"] < e["end"]) & (nods["end"] > e["start"])).any() for e in true)
    first = tier(result.table, "turn").iloc[0]["participant"]
    signals = pd.read_parquet(result.folder / "signals" / "face.parquet")
    assert (signals[signals["participant"] == first]["x"] > 0.5).all()  # Sam, who is now on the right


def test_a_video_that_ends_before_the_talk_is_seen_until_then(watch):
    result = watch(lambda image, time: image, until=8)
    assert any("8 s" in warning and "before the talk does" in warning for warning in result.warnings)
    seen = result.table[result.table["tier"].isin([*EVENTS, "gaze", "face_visible"])]
    assert seen["end"].max() < 8.2
    assert tier(result.table, "word")["end"].max() > 15
