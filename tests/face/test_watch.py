"""One pass over a recording follows everybody, tells what could not be read, and never falls over."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.face.engines import MEASURED, Box, Found, Image, Reading
from pipeline.face.identity import Embedder, find_people
from pipeline.face.mediapipe_reader import MediapipeReader
from pipeline.face.part import portrait_likeness, portrait_worth
from pipeline.face.seen import Seen
from pipeline.face.signals import KEYS, SIGNALS
from pipeline.face.watch import watch
from tests.face.films import beside, paste, people, room, small, write_film


def x_of(seen: Seen, tracks: tuple[tuple[int, int], ...], start: float, end: float) -> float:
    """Where a person is in a stretch of time."""
    rows = seen.signals[seen.signals["track"].isin([track for _, track in tracks])]
    return float(rows["x"][rows["time"].between(start, end)].median())


def test_both_people_of_the_sample_meeting_are_one_track_each(sample_seen: Seen) -> None:
    signals = sample_seen.signals
    assert list(signals.columns) == [*KEYS, *SIGNALS]
    assert set(signals["camera"]) == {3}
    assert len(sample_seen.tracks) == 2
    places = sorted(signals.groupby("track")["x"].median())
    assert 0.2 < places[0] < 0.3 and 0.7 < places[1] < 0.8
    assert signals.groupby("track")["x"].std().max() < 0.02
    for track in sample_seen.tracks:
        assert track.frames == len(sample_seen.looks) == 1195
        assert 100 < track.size < 160
        assert track.thumbnail.dtype == np.uint8 and max(track.thumbnail.shape[:2]) <= 160
    assert sample_seen.problems == ()
    assert (sample_seen.looks["read"] == 2).all()
    assert 25 < sample_seen.looks["looked"].sum() < 35  # every three seconds: nobody is ever lost
    people_found = find_people([sample_seen])
    assert [person.participant for person in people_found] == [True, True]


def test_what_was_seen_is_the_same_after_saving_and_loading(sample_seen: Seen, tmp_path: Path) -> None:
    sample_seen.save(tmp_path / "seen")
    loaded = Seen.load(tmp_path / "seen")
    assert loaded.signals.equals(sample_seen.signals)
    assert loaded.looks.equals(sample_seen.looks)
    assert loaded.problems == sample_seen.problems
    for one, other in zip(loaded.tracks, sample_seen.tracks, strict=True):
        assert (one.camera, one.track, one.first, one.last) == (
            other.camera,
            other.track,
            other.first,
            other.last,
        )
        assert np.array_equal(one.thumbnail, other.thumbnail)
        assert np.array_equal(one.identity, other.identity)


def test_the_result_does_not_depend_on_the_number_of_threads(reader: MediapipeReader, tmp_path: Path) -> None:
    film = write_film(tmp_path / "call.mp4", [beside(small(a), small(b)) for a, b in people(1, 4)])
    one, three = (watch(film, reader, threads=threads) for threads in (1, 3))
    assert one.signals.equals(three.signals)
    assert one.looks.equals(three.looks)


def test_persons_follow_faces_when_a_cut_swaps_the_tiles(
    reader: MediapipeReader, identifier: Embedder, tmp_path: Path
) -> None:
    call = [(small(a), small(b)) for a, b in people(1, 7)]
    swapped = [beside(a, b) if k < 30 else beside(b, a) for k, (a, b) in enumerate(call)]
    seen = watch(write_film(tmp_path / "cut.mp4", swapped), reader, identifier=identifier)
    persons = find_people([seen])
    assert len(persons) == 2
    places = [(x_of(seen, p.tracks, 0, 2.9), x_of(seen, p.tracks, 3.1, 6)) for p in persons]
    assert sorted((round(a), round(b)) for a, b in places) == [(0, 1), (1, 0)]


def test_somebody_who_leaves_and_returns_elsewhere_is_one_person(
    reader: MediapipeReader, identifier: Embedder, tmp_path: Path
) -> None:
    empty = room(640, 180)
    call = [small(a) for a, _ in people(1, 10)]
    pictures = [paste(empty, a, 0, 0) if k < 30 else paste(empty, a, 320, 0) for k, a in enumerate(call)]
    pictures[30:60] = [empty] * 30
    seen = watch(write_film(tmp_path / "return.mp4", pictures), reader, identifier=identifier)
    (person,) = find_people([seen])
    assert person.participant
    assert person.seconds == pytest.approx(6.0, abs=0.6)
    away = seen.looks[seen.looks["time"].between(3.1, 5.9)]
    assert (away["read"] == 0).all() and away["looked"].any()


def test_nine_people_in_a_grid_are_nine_tracks(reader: MediapipeReader, tmp_path: Path) -> None:
    def grid(one: Image, two: Image) -> Image:
        tiles = [small(one, 213, 120), small(two, 213, 120)]
        return np.vstack([np.hstack([tiles[(row + column) % 2] for column in range(3)]) for row in range(3)])

    pictures = [grid(a, b)[:, :638] for a, b in people(1, 3)]
    seen = watch(write_film(tmp_path / "grid.mp4", pictures), reader)
    assert len(seen.tracks) == 9
    middle = seen.signals.groupby("track")[["x", "y"]].median()
    cells = {(int(x * 3), int(y * 3)) for x, y in middle.to_numpy()}
    assert len(cells) == 9
    assert min(track.frames for track in seen.tracks) >= 19


def test_faces_stay_with_their_tiles_while_the_tiles_glide(reader: MediapipeReader, tmp_path: Path) -> None:
    pictures = [
        paste(paste(room(960, 360), small(a), 10 * k, 0), small(b), 640 - 10 * k, 180)
        for k, (a, b) in enumerate(people(1, 5))
    ]
    seen = watch(write_film(tmp_path / "glide.mp4", pictures), reader)
    assert len(seen.tracks) == 2
    ends = seen.signals.groupby("track")["x"].agg(["first", "last"]).to_numpy()
    assert sorted(np.sign(ends[:, 1] - ends[:, 0])) == [-1, 1]


def test_a_photograph_on_the_wall_is_no_participant(
    reader: MediapipeReader, identifier: Embedder, tmp_path: Path
) -> None:
    call = people(1, 9)
    photo = small(call[0][1])
    random = np.random.default_rng(0)
    pictures = []
    for a, _ in call:
        noise = random.normal(0, 3, (180, 640, 3))
        shake = random.integers(-1, 2)  # the camera is not quite still
        picture = np.roll(beside(small(a), photo), shake, axis=1)
        pictures.append(np.clip(picture + noise, 0, 255).astype(np.uint8))
    seen = watch(write_film(tmp_path / "photo.mp4", pictures), reader, identifier=identifier)
    persons = find_people([seen])
    assert len(persons) == 2
    takes_part = {round(x_of(seen, p.tracks, 0, 9)): p for p in persons}
    assert takes_part[0].participant
    assert not takes_part[1].participant and "still picture" in takes_part[1].reason
    assert any("still picture" in problem for problem in seen.problems)


def test_two_who_change_places_in_front_of_the_camera_stay_who_they_are(
    reader: MediapipeReader, identifier: Embedder, tmp_path: Path
) -> None:
    """Sam walks in front of Anna from left to right while she goes the other way."""
    wall = room(640, 180)

    def head(image: Image, left: int, right: int) -> Image:
        return small(image)[10:150, left:right]

    pictures = []
    for k, (a, b) in enumerate(people(1, 9)):
        step = int(np.clip(k - 20, 0, 40)) * 10
        behind = paste(wall, head(b, 110, 215), 460 - step, 20)
        pictures.append(paste(behind, head(a, 110, 215), 60 + step, 20))
    seen = watch(write_film(tmp_path / "cross.mp4", pictures), reader, identifier=identifier)
    persons = [p for p in find_people([seen]) if p.seconds > 2]
    assert len(persons) == 2
    places = [(x_of(seen, p.tracks, 0, 1.9), x_of(seen, p.tracks, 6.5, 8)) for p in persons]
    assert sorted((round(a), round(b)) for a, b in places) == [(0, 1), (1, 0)]


def test_a_black_video_is_reported_and_holds_nobody(reader: MediapipeReader, tmp_path: Path) -> None:
    seen = watch(write_film(tmp_path / "black.mp4", [np.zeros((180, 320, 3), np.uint8)] * 20), reader)
    assert seen.signals.empty and seen.tracks == () and len(seen.looks) == 20
    assert any("black" in problem for problem in seen.problems)
    assert any("No face" in problem for problem in seen.problems)
    seen.save(tmp_path / "seen")
    assert Seen.load(tmp_path / "seen").signals.empty
    assert find_people([seen]) == ()


def test_a_single_picture_is_read(reader: MediapipeReader, tmp_path: Path) -> None:
    seen = watch(write_film(tmp_path / "one.mp4", [people(1.0, 1.05)[0][0]]), reader)
    assert len(seen.signals) == 1
    assert len(find_people([seen])) == 1


def test_five_pictures_a_second_are_read_and_reported(reader: MediapipeReader, tmp_path: Path) -> None:
    film = write_film(tmp_path / "slow.mp4", [small(a) for a, _ in people(1, 5, rate=5)], rate=5)
    seen = watch(film, reader)
    assert [track.frames for track in seen.tracks] == [20]
    assert any("5 pictures a second" in problem for problem in seen.problems)


@pytest.mark.parametrize("degrees", [90, 180])
def test_a_rotated_video_is_read_upright(reader: MediapipeReader, tmp_path: Path, degrees: int) -> None:
    turned = [np.rot90(a, -degrees // 90) for a, _ in people(1, 2)]
    seen = watch(write_film(tmp_path / "turned.mp4", turned, rotation=degrees), reader)
    assert len(seen.tracks) == 1
    assert abs(seen.signals["roll"].median()) < 10
    assert 0.4 < seen.signals["x"].median() < 0.6


def test_a_sudden_change_of_light_keeps_the_track_and_is_reported(
    reader: MediapipeReader, tmp_path: Path
) -> None:
    pictures = [
        a if k < 15 else np.clip(a * 0.45, 0, 255).astype(np.uint8) for k, (a, _) in enumerate(people(1, 4))
    ]
    seen = watch(write_film(tmp_path / "light.mp4", pictures), reader)
    assert [track.frames for track in seen.tracks] == [30]
    assert any("light changes suddenly at 1.5 s" in problem for problem in seen.problems)


def test_tiny_faces_are_reported(reader: MediapipeReader, tmp_path: Path) -> None:
    pictures = [
        paste(room(640, 360), cv2.resize(a, None, fx=0.14, fy=0.14, interpolation=cv2.INTER_AREA), 280, 150)
        for a, _ in people(1, 4)
    ]
    seen = watch(write_film(tmp_path / "tiny.mp4", pictures), reader)
    assert any("pixels high" in p or "too small" in p or "not read" in p for p in seen.problems)
    assert seen.signals.empty or seen.signals["quality"].max() < 0.3


class Profile:
    """An engine to whom every face is turned away."""

    version = "profile"

    def find(self, image: Image) -> list[Found]:
        return [Found(Box(10, 10, 110, 110), 0.8)]

    def lens(self) -> Profile:
        return self

    def begin(self) -> None:
        pass

    def read(self, image: Image, box: Box, time: float) -> Reading | None:
        values = (80.0, 0.0, 70.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, *(0.0,) * 4, 0.3)
        return Reading(box, np.zeros((5, 2), np.float32), values) if time < 3 else None

    def close(self) -> None:
        pass


def test_an_engine_of_ones_own_can_be_used_and_profiles_are_reported(tmp_path: Path) -> None:
    film = write_film(tmp_path / "wall.mp4", [room(320, 180)] * 40)
    seen = watch(film, Profile())
    assert len(seen.tracks) == 1 and seen.tracks[0].frames == 30
    assert any("in profile" in problem for problem in seen.problems)
    assert seen.signals["quality"].max() == pytest.approx(0.3 * 0.8)


class Rooms:
    """An engine that sees one face, a second one from `comes` on, and cannot read between `lost` and 20 s."""

    version = "rooms"

    def __init__(self, comes: float = np.inf, lost: float = np.inf) -> None:
        self.comes, self.lost = comes, lost
        self.found: list[float] = []

    def find(self, image: Image) -> list[Found]:
        time = float(image[0, 0, 0]) / 10  # as the film says
        self.found.append(time)
        boxes = [Box(10, 10, 60, 60), Box(150, 10, 200, 60)][: 1 + (time >= self.comes)]
        return [Found(box, 0.8) for box in boxes]

    def lens(self) -> Rooms:
        return self

    def begin(self) -> None:
        pass

    def read(self, image: Image, box: Box, time: float) -> Reading | None:
        seen = {"size": 80.0, "quality": 1.0}
        values = tuple(seen.get(name, 0.0) for name in MEASURED)
        return None if self.lost <= time < 20 else Reading(box, np.zeros((5, 2), np.float32), values)

    def close(self) -> None:
        pass


def told_by_brightness(path: Path, seconds: int) -> Path:
    return write_film(path, [np.full((180, 320, 3), k, np.uint8) for k in range(10 * seconds)], rate=10)


def test_looks_are_spared_only_while_everybody_is_followed_safely(tmp_path: Path) -> None:
    film = told_by_brightness(tmp_path / "film.mp4", 15)
    steady, losing = Rooms(), Rooms(lost=7)
    seen = watch(film, steady)
    assert seen.tracks[0].frames == 150
    assert len(steady.found) == seen.looks["looked"].sum() == pytest.approx(6, abs=1)  # of ten
    looks = watch(film, losing).looks
    after = looks["time"][looks["looked"] & (looks["time"] > 7)]
    assert after.iloc[0] < 7 + 1.6 and np.diff(after).max() < 1.6  # nothing is spared where a face is lost


@pytest.mark.parametrize("comes", [4.6, 6.1, 7.6])
def test_somebody_new_is_seen_soon_though_looks_are_spared(tmp_path: Path, comes: float) -> None:
    seen = watch(told_by_brightness(tmp_path / "film.mp4", 15), Rooms(comes=comes))
    assert len(seen.tracks) == 2
    assert comes <= seen.tracks[1].first < comes + 3.2


def test_the_portrait_is_taken_with_the_mouth_closed():
    def reading(**values: float) -> Reading:
        usual = {"size": 200.0, "quality": 1.0, "blink": 0.0, "lip_gap": 0.0, "mouth_open": 0.0}
        chosen = usual | values
        box, anchors = Box(0, 0, 10, 10), np.zeros((5, 2), np.float32)
        return Reading(box, anchors, tuple(chosen.get(name, 0.0) for name in MEASURED))

    rest, word, blink = reading(quality=0.9), reading(lip_gap=0.12), reading(blink=0.9)
    assert portrait_likeness(rest) > portrait_likeness(word) > 0
    assert portrait_likeness(rest) > portrait_likeness(blink)
    assert portrait_worth(word) > portrait_worth(rest)  # an identity is told as well while somebody speaks
