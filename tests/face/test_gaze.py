import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.face.gaze import STATES, GazeEpisode, GazeSettings, find_gaze, mutual_gaze
from tests.face.moving import noisy, sample, sample_face, shift, still

LIMITS = GazeSettings()


def gaze(table: pd.DataFrame, **options) -> list[GazeEpisode]:
    return find_gaze(table, LIMITS, **options)


def caller(seconds: float = 40, rate: float = 15, *, yaw: float = 4, pitch: float = -7) -> pd.DataFrame:
    """Somebody in a call, whose camera is not where the screen is."""
    return still(seconds, rate, jitter=0.3).assign(yaw=yaw, pitch=pitch)


def states(episodes: list[GazeEpisode]) -> list[str]:
    return [episode.state for episode in episodes]


@pytest.mark.parametrize("rate", [8, 15, 30])
@pytest.mark.parametrize(
    ("columns", "state", "direction"),
    [
        ({"yaw": 8, "eye_yaw": 14}, "away", "right"),
        ({"eye_yaw": -16}, "away", "left"),
        ({"pitch": 14, "eye_pitch": 8}, "down", "down"),
        ({"pitch": -12, "eye_pitch": -10}, "away", "up"),
        ({"yaw": 20, "pitch": -20}, "away", "up right"),
    ],
)
def test_looks_away_are_found_with_their_direction(rate, columns, state, direction):
    table = caller(rate=rate)
    for column, size in columns.items():
        shift(table, column, 15, 17, size, 0.1)
    before, aside, after = gaze(noisy(table))
    assert before.state == after.state == "towards_partner"
    assert (aside.state, aside.direction) == (state, direction)
    assert aside.start == pytest.approx(15, abs=0.2) and aside.end == pytest.approx(17, abs=0.2)
    assert all(0.3 < episode.confidence <= 1 for episode in (before, aside, after))


def test_the_reference_is_where_a_listener_looks_most():
    """Somebody who reads from a second screen while speaking, longer than listening to the partner."""
    table = caller(100)
    shift(table, "yaw", 40, 101, 30, 0.1)
    episodes = gaze(noisy(table), listening=[(0, 40)], speaking=[(40, 100)])
    assert states(episodes) == ["towards_partner", "away"]


def test_the_reference_follows_a_changed_seat():
    """By 8 degrees; with 3 more, somebody would look away who still looks at the screen."""
    table = caller(900, 8)
    table["yaw"] += np.interp(table["time"], [200, 600], [0, 8])
    table["eye_yaw"] += np.where((table["time"] // 5) % 2, -3, 3)
    episodes = gaze(noisy(table))
    looking = sum(e.end - e.start for e in episodes if e.state == "towards_partner")
    assert looking > 0.97 * 900


@pytest.mark.parametrize("rate", [10, 25])
def test_blinks_are_bridged(rate):
    table = caller(rate=rate)
    for start in np.arange(2, 38, 3.1):
        shift(table, "blink", start, start + 0.25, 0.8, 0.08)
        shift(table, "eye_pitch", start, start + 0.25, 25, 0.08)
    assert states(gaze(noisy(table))) == ["towards_partner"]


def test_eyes_shut_for_long_are_unknown_and_bowed_heads_look_down():
    table = caller()
    shift(table, "blink", 10, 13, 0.8)
    shift(table, "eye_pitch", 10, 13, 20)
    shift(table, "blink", 20, 23, 0.8)
    shift(table, "pitch", 20, 23, 22)
    assert states(gaze(noisy(table))) == [
        "towards_partner",
        "unknown",
        "towards_partner",
        "down",
        "towards_partner",
    ]


def test_lowered_lids_go_with_looking_down():
    table = caller()
    shift(table, "blink", 10, 13, 0.45)
    shift(table, "eye_pitch", 10, 13, 20)
    assert states(gaze(noisy(table))) == ["towards_partner", "down", "towards_partner"]


def test_eyes_that_are_not_seen_do_not_look_down():
    table = caller()
    shift(table, "blink", 20, 23, 0.8)
    shift(table, "pitch", 20, 23, 22)
    table["quality"] = np.where(table["time"].between(19.5, 23.5), 0.1, 1)
    assert states(gaze(noisy(table))) == ["towards_partner", "unknown", "towards_partner"]


def test_what_cannot_be_seen_is_unknown():
    table = caller(60)
    shift(table, "yaw", 10, 13, 70)
    table["quality"] = np.where(table["time"].between(20, 23), 0.1, 1)
    table = noisy(table)
    table = table[~table["time"].between(30, 33)]
    episodes = gaze(table)
    unknown = [e for e in episodes if e.state == "unknown"]
    assert [(round(e.start), round(e.end)) for e in unknown] == [(10, 13), (20, 23), (30, 33)]
    assert all(np.isnan(e.confidence) for e in unknown)
    assert {e.state for e in episodes} <= {"towards_partner", "unknown", "away"}


def test_nods_are_no_looks_down():
    table = caller(rate=25)
    table["pitch"] += 6 * np.sin(2 * np.pi * 2 * table["time"].clip(10, 12))
    assert states(gaze(noisy(table))) == ["towards_partner"]


def seated(side: int) -> pd.DataFrame:
    """Somebody in a room who looks at a partner on one side, longer at the notes, sometimes at the camera."""
    table = still(120, 15, jitter=0.3).assign(yaw=35.0 * side, pitch=2.0)
    for start in range(10, 110, 20):
        shift(table, "pitch", start, start + 11, 30, 0.1)
        shift(table, "yaw", start, start + 11, -15 * side, 0.1)
    shift(table, "yaw", 24, 27, -35 * side, 0.1)
    return noisy(table)


@pytest.mark.parametrize(("side", "name"), [(1, "right"), (-1, "left")])
def test_in_a_room_the_partner_is_on_a_known_side(side, name):
    episodes = gaze(seated(side), sides=[name])
    assert {e.state for e in episodes} == {"towards_partner", "down", "camera"}
    assert {e.direction for e in episodes if e.state == "towards_partner"} == {name}
    (lens,) = [e for e in episodes if e.state == "camera"]
    assert lens.start == pytest.approx(24, abs=0.3) and lens.end == pytest.approx(27, abs=0.3)


def test_partners_on_both_sides():
    table = still(60, 15).assign(yaw=30.0)
    table.loc[table["time"].between(20, 40), "yaw"] = -30.0
    episodes = gaze(noisy(table), sides=["left", "right"])
    assert [(e.state, e.direction) for e in episodes] == [
        ("towards_partner", "right"),
        ("towards_partner", "left"),
        ("towards_partner", "right"),
    ] or states(episodes) == ["towards_partner"]


def test_a_partner_never_looked_at_makes_a_weak_reference():
    sure = gaze(noisy(caller(yaw=30)), sides=["right"])
    unsure = gaze(noisy(caller(yaw=30)), sides=["left"])
    assert unsure[0].confidence < 0.6 * sure[0].confidence


def test_seconds_of_a_face_are_trusted_little():
    assert gaze(noisy(caller(4)))[0].confidence < 0.3 < gaze(noisy(caller(60)))[0].confidence


def test_nothing_comes_of_nothing():
    assert gaze(caller().iloc[:0]) == []
    assert gaze(caller().iloc[:1]) == []
    assert gaze(caller().assign(yaw=np.nan)) == []
    dark = gaze(caller().assign(quality=0.0))
    assert states(dark) == ["unknown"]


def random_face(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = still(25, 12, jitter=0.5, seed=seed)
    for column, size in (("yaw", 3), ("pitch", 3), ("eye_yaw", 2), ("eye_pitch", 2)):
        table[column] = size * rng.normal(0, 1, len(table)).cumsum() / 3
    table["blink"] = rng.random(len(table)) ** 3
    return table[rng.random(len(table)) > 0.15]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_episodes_follow_each_other_without_a_hole(seed):
    table = random_face(seed)
    episodes = gaze(table, speaking=[(3, 9)], listening=[(10, 20)])
    assert episodes[0].start == pytest.approx(table["time"].min())
    assert episodes[-1].end == pytest.approx(table["time"].max(), abs=0.05)
    assert all(a.end == b.start and a.state != b.state for a, b in itertools.pairwise(episodes))
    assert all(e.end - e.start >= LIMITS.shortest - 0.04 and e.state in STATES for e in episodes)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_left_and_right_are_alike(seed):
    table = noisy(shift(shift(caller(), "eye_yaw", 10, 12, 20), "yaw", 20, 22, -20), seed=seed)
    mirrored = table.assign(yaw=-table["yaw"], eye_yaw=-table["eye_yaw"])
    swap = {"left": "right", "right": "left", "": ""}
    seen, other = gaze(table), gaze(mirrored)
    assert [(e.state, swap[e.direction]) for e in seen] == [(e.state, e.direction) for e in other]
    assert [e.start for e in seen] == pytest.approx([e.start for e in other], abs=0.1)


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 5000), st.floats(-15, 15), st.floats(-15, 15))
def test_neither_time_nor_the_cameras_place_matters(offset, yaw, pitch):
    table = noisy(shift(caller(), "eye_yaw", 10, 12, 20))
    moved = table.assign(time=table["time"] + offset, yaw=table["yaw"] + yaw, pitch=table["pitch"] + pitch)
    here, there = gaze(table), gaze(moved)
    assert states(here) == states(there)
    assert [e.start + offset for e in here] == pytest.approx([e.start for e in there], abs=0.15)


EPISODES = st.lists(st.tuples(st.sampled_from(STATES), st.floats(0.05, 4)), min_size=1, max_size=12)


def sequence(parts: list[tuple[str, float]]) -> list[GazeEpisode]:
    ends = np.cumsum([length for _, length in parts]).tolist()
    starts = [0.0, *ends[:-1]]
    return [GazeEpisode(s, a, b, 0.5) for (s, _), a, b in zip(parts, starts, ends, strict=True)]


@settings(max_examples=100, deadline=None)
@given(EPISODES, EPISODES)
def test_mutual_gaze_is_mutual(one, other):
    a, b = sequence(one), sequence(other)
    both = mutual_gaze(a, b)
    assert both == mutual_gaze(b, a)
    for shared in both:
        assert shared.end - shared.start >= 0.2 - 1e-6
        assert shared.confidence == 0.25
        for episodes in (a, b):
            assert any(
                e.state == "towards_partner" and e.start <= shared.start and shared.end <= e.end
                for e in episodes
            )


def test_mutual_gaze_by_hand():
    a = sequence([("towards_partner", 2), ("away", 1), ("towards_partner", 3)])
    b = sequence([("down", 1), ("towards_partner", 2.1), ("away", 1), ("towards_partner", 5)])
    assert [(m.start, round(m.end, 3)) for m in mutual_gaze(a, b)] == [(1, 2), (4.1, 6)]


@pytest.mark.parametrize("rate", [10, 15, 25])
def test_the_sample_meetings_gaze(rate):
    truth = sample()
    for who, other in (("S", "C"), ("C", "S")):
        true = [g for g in truth["gaze"] if g["person"] == who]
        episodes = gaze(
            sample_face(truth, who, rate), speaking=truth["speech"][who], listening=truth["speech"][other]
        )
        aside = [e for e in episodes if e.state != "towards_partner"]
        assert [e.state for e in aside] == ["away"] * len(true)
        for look, episode in zip(true, aside, strict=True):
            assert episode.start == pytest.approx(look["start"], abs=0.2)
            assert episode.end == pytest.approx(look["end"], abs=0.2)
            assert ("right" if look["gaze_x"] > 0 else "left") in episode.direction
