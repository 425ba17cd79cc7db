import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt

from pipeline.face.confounds import without_mouth
from pipeline.face.head_gestures import (
    HeadGesture,
    HeadGestureSettings,
    find_head_gestures,
    why_no_gestures,
)
from pipeline.face.movement import stretches
from tests.face.moving import noisy, overlaps, sample, sample_face, shift, still, swing

LIMITS = HeadGestureSettings()
AXES = {"nod": "pitch", "head_shake": "yaw"}


def gestures(table: pd.DataFrame, **options) -> list[HeadGesture]:
    return find_head_gestures(table, LIMITS, **options)


def one_of(
    kind: str, *, size: float = 8, hz: float = 2, cycles: float = 3, rate: float = 25, start: float = 4
):
    table = still(10, rate, jitter=0.3)
    return table, start, swing(table, AXES[kind], start, cycles=cycles, hz=hz, size=size)


@pytest.mark.parametrize("kind", AXES)
@pytest.mark.parametrize("rate", [10, 15, 30])
@pytest.mark.parametrize("hz", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("size", [5.5, 8.0, 14.0])
def test_known_movement_is_found_and_measured(kind, rate, hz, size):
    table, start, end = one_of(kind, size=size, hz=hz, rate=rate)
    for seed in range(3):
        (found,) = gestures(noisy(table, drift=1.0, seed=seed))
        assert found.kind == kind
        assert overlaps(start, end, found)
        assert 2 * found.amplitude == pytest.approx(size, rel=0.3)
        assert found.rate == pytest.approx(hz, rel=0.25)
        assert 0.6 <= found.confidence <= 1


def test_edges_and_cycles_are_those_of_the_movement():
    table, start, end = one_of("nod", cycles=2, rate=30)
    (found,) = gestures(table)
    assert found.start == pytest.approx(start, abs=0.08)
    assert found.end == pytest.approx(end, abs=0.08)
    assert found.cycles == 2
    assert found.amplitude == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize("kind", AXES)
def test_small_movement_is_not_a_gesture(kind):
    table, *_ = one_of(kind, size=1.5)
    assert not gestures(noisy(table))


@pytest.mark.parametrize("kind", AXES)
@pytest.mark.parametrize("hz", [1.0, 2.0, 3.0])
def test_a_swing_out_of_long_stillness_counts(kind, hz):
    """To one side, to the other, back: of the three swings the outer two begin and end in seconds of rest."""
    table = still(24, 15)
    along = table["time"].between(12, 12 + 1.5 / hz) * (table["time"] - 12)
    table[AXES[kind]] += 3 * np.sin(2 * np.pi * hz * along)
    (found,) = gestures(noisy(table, 0.1))
    assert found.kind == kind and overlaps(12, 12 + 1.5 / hz, found)
    assert found.start > 11.5 and found.end < 12.5 + 1.5 / hz


def test_turning_aside_and_back_with_rests_between_beats_no_time():
    table = still(20)
    for start in (4.0, 6.0, 8.0):
        shift(table, "yaw", start, start + 1.0, 12, 0.3)
    assert not gestures(noisy(table, 0.2))


def test_somebody_restless_needs_larger_movement_but_large_movement_always_counts():
    calm, fidgets = still(60), still(60)
    wander = np.random.default_rng(3).normal(size=(2, len(fidgets) + 9))
    for axis, noise in zip(("pitch", "yaw"), wander, strict=True):
        smooth = np.convolve(noise, np.ones(10) / 10, "valid")
        fidgets[axis] += 0.8 * smooth / smooth.std()
    small, large = 3.2, 10.0
    end = swing(calm, "pitch", 10, cycles=3, hz=2, size=small)
    swing(fidgets, "pitch", 10, cycles=3, hz=2, size=small)
    swing(fidgets, "pitch", 30, cycles=3, hz=2, size=large)
    assert any(overlaps(10, end, g) for g in gestures(calm))
    found = gestures(fidgets)
    assert not any(overlaps(10, end, g) for g in found)
    assert any(overlaps(30, 31.5, g) for g in found)


def test_small_movement_while_speaking_may_be_the_lips():
    table, start, end = one_of("nod", size=2.8)
    table = noisy(table, 0.1)
    assert gestures(table)
    assert not gestures(table, speaking=[(start, end)])
    assert gestures(noisy(one_of("nod", size=6)[0], 0.1), speaking=[(start, end)])


def test_two_gestures_with_a_rest_between_are_two():
    table = still(12)
    swing(table, "pitch", 2, cycles=2, hz=2, size=8)
    swing(table, "pitch", 5, cycles=2, hz=2, size=8)
    assert len(gestures(noisy(table))) == 2


def test_a_faltering_shake_is_one():
    table = still(12)
    swing(table, "yaw", 2, cycles=2, hz=1.2, size=10)
    swing(table, "yaw", 4.0, cycles=2, hz=1.2, size=10)
    assert len(gestures(noisy(table))) == 1


@pytest.mark.parametrize("size", [10, 20, 30])
@pytest.mark.parametrize("ramp", [0.2, 0.3, 0.6, 1.0])
def test_single_looks_down_or_aside_are_no_gestures(size, ramp):
    table = still(14)
    shift(table, "pitch", 3, 6, size, ramp)
    shift(table, "yaw", 8, 8 + 2 * ramp, -size, ramp)  # there and back at once
    assert not gestures(noisy(table))


def test_turning_the_head_while_nodding_does_not_hide_the_nod():
    table, start, end = one_of("nod", size=9)
    table["pitch"] += 4 * table["time"]
    (found,) = gestures(noisy(table))
    assert found.kind == "nod" and overlaps(start, end, found)


def test_movement_about_all_axes_is_no_gesture():
    table, *_ = one_of("nod", size=8)
    swing(table, "yaw", 4, cycles=3, hz=2, size=8)
    swing(table, "roll", 4, cycles=3, hz=2, size=6)
    assert not gestures(noisy(table))


def test_a_body_that_rocks_is_no_nod():
    table, *_ = one_of("nod", size=6, hz=1)
    picture = (640, 360)
    assert gestures(table, picture=picture)
    swing(table, "y", 4, cycles=3, hz=1, size=0.7 * 120 / 360)  # 0.7 heights of the face
    assert not gestures(table, picture=picture)
    assert gestures(table)  # nobody can tell without the picture's size


def test_leaning_to_and_fro_is_no_nod():
    table, *_ = one_of("nod", size=6, hz=1)
    swing(table, "size", 4, cycles=3, hz=1, size=25)
    assert not gestures(table)


def test_a_nod_carries_the_face_along_and_stays_a_nod():
    table, *_ = one_of("nod", size=8)
    swing(table, "y", 4, cycles=3, hz=2, size=8 * 0.02 * 120 / 360)
    (found,) = gestures(noisy(table), picture=(640, 360))
    assert found.body < 0.3


def test_mouth_and_smile_make_no_nods():
    """Smiles that come and go shift the pitch by 3 degrees each way; the fit takes that out."""
    table = still(60)
    for start in np.arange(2, 56, 4.0):
        shift(table, "smile", start, start + 1.2, 0.9, 0.3)
        for word in range(4):
            shift(table, "mouth_open", start + 2 + 0.4 * word, start + 2.35 + 0.4 * word, 0.8, 0.1)
    table["pitch"] += 3 * table["smile"] - 5 * table["mouth_open"]
    table = noisy(table)
    pieces = stretches(table["time"].to_numpy(), table[["pitch", "smile", "mouth_open"]].to_numpy().T, 30)
    (pitch,) = without_mouth(pieces, pitch=0, mouth=(1, 2))
    assert np.std(pitch) < 0.9 < np.std(table["pitch"])
    assert not gestures(table)


def test_the_mouth_may_move_while_somebody_nods():
    table, start, end = one_of("nod", size=9)
    shift(table, "mouth_open", 4.2, 4.6, 0.4)
    shift(table, "mouth_open", 5.0, 5.4, 0.4)
    (found,) = gestures(noisy(table))
    assert overlaps(start, end, found)


def test_what_else_goes_on_is_marked():
    table, start, end = one_of("nod")
    table = noisy(table)
    (quiet,) = gestures(table)
    (talking,) = gestures(table, speaking=[(0, 20)])
    (laughing,) = gestures(table, laughing=[(start, end)])
    assert not quiet.during_speech and talking.during_speech
    assert talking.speech == pytest.approx(1)
    assert laughing.laughter > 0.8
    assert laughing.confidence < talking.confidence < quiet.confidence


def test_five_pictures_a_second_are_refused_with_a_reason():
    table = still(20, 5)
    swing(table, "pitch", 4, cycles=3, hz=2, size=10)
    assert gestures(table) == []
    assert "5.0 times a second" in why_no_gestures(table, LIMITS)
    assert why_no_gestures(still(20, 10, jitter=0.5), LIMITS) == ""
    assert why_no_gestures(still(20).iloc[:1], LIMITS)
    assert gestures(still(20).iloc[:0]) == []


def test_gaps_make_no_gestures_and_hide_none_elsewhere():
    table = still(20)
    swing(table, "pitch", 12, cycles=3, hz=2, size=8)
    table["pitch"] += np.where(table["time"] > 6, 15, 0)  # a new posture after the gap
    table = noisy(table)
    table = table[(table["time"] < 5) | (table["time"] > 7)]
    (found,) = gestures(table)
    assert overlaps(12, 13.5, found)


def test_pictures_of_no_quality_are_left_out():
    table, *_ = one_of("nod")
    table["quality"] = np.where(table["time"].between(3, 7), 0.05, 1.0)
    assert not gestures(table)


def test_fewer_cycles_find_single_nods():
    table = still(10)
    end = swing(table, "pitch", 4, cycles=1, hz=2, size=8)
    table = noisy(table, 0.3)
    assert not gestures(table)
    (found,) = find_head_gestures(table, HeadGestureSettings(cycles=1.0))
    assert found.cycles == 1 and overlaps(4, end, found)


@pytest.mark.parametrize("rate", [10, 15, 30])
def test_noise_alone_makes_nothing(rate):
    for seed in range(4):
        assert not gestures(noisy(still(120, rate, jitter=0.4, seed=seed), 0.5, drift=1.5, seed=seed))
    assert not gestures(noisy(still(120, rate), 2.5, seed=9))


def test_nothing_comes_of_stillness_or_nothing():
    assert not gestures(still(30))
    blank = still(30)
    blank["pitch"] = np.nan
    assert not gestures(blank)


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 5000), st.integers(0, 50))
def test_shifting_time_shifts_the_events(offset, seed):
    table, *_ = one_of("nod")
    table = noisy(table, seed=seed)
    here = gestures(table)
    later = table.assign(time=table["time"] + offset)
    there = gestures(later)
    assert [g.kind for g in here] == [g.kind for g in there]
    assert [g.start + offset for g in here] == pytest.approx([g.start for g in there], abs=0.04)
    assert [g.amplitude for g in here] == pytest.approx([g.amplitude for g in there], rel=0.02)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(5.5, 15), st.floats(1, 3))
def test_shakes_are_nods_about_the_other_axis(seed, size, hz):
    table, *_ = one_of("nod", size=size, hz=hz)
    table = noisy(table, seed=seed)
    turned = table.assign(pitch=table["yaw"], yaw=table["pitch"])
    names = {"nod": "head_shake", "head_shake": "nod"}
    nods, shakes = gestures(table), gestures(turned)
    assert [names[g.kind] for g in nods] == [g.kind for g in shakes]
    # Only the pitch is freed from the mouth, which moves nothing but noise here.
    assert [g.amplitude for g in nods] == pytest.approx([g.amplitude for g in shakes], rel=0.05)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_up_and_down_are_alike(seed):
    table, *_ = one_of("nod")
    table = noisy(table, seed=seed)
    assert len(gestures(table)) == len(gestures(table.assign(pitch=-table["pitch"]))) == 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(8, 30), st.floats(0.5, 3))
def test_events_lie_inside_the_signals_time(seed, rate, tremble):
    rng = np.random.default_rng(seed)
    table = still(12, rate, jitter=0.5, seed=seed)
    table["pitch"] = tremble * rng.normal(0, 2, len(table)).cumsum() / 3
    table["yaw"] = 6 * np.sin(2 * np.pi * 1.7 * table["time"])
    table = table[rng.random(len(table)) > 0.1]
    for found in gestures(table):
        assert table["time"].min() <= found.start < found.end <= table["time"].max() + 1e-6
        assert 0 <= found.confidence <= 1 and found.cycles >= 1.5


@pytest.mark.parametrize("rate", [10, 15, 25])
def test_the_sample_meetings_nods_and_shakes(rate):
    truth = sample()
    missed, wrong = [], []
    for who in truth["people"]:
        true = {kind: [e for e in truth[key] if e["person"] == who] for kind, key in KINDS.items()}
        found = gestures(sample_face(truth, who, rate))
        for kind, events in true.items():
            mine = [g for g in found if g.kind == kind]
            missed += [e for e in events if not any(overlaps(e["start"], e["end"], g) for g in mine)]
            wrong += [g for g in mine if not any(overlaps(e["start"], e["end"], g) for e in events)]
    assert not missed and not wrong


KINDS = {"nod": "nods", "head_shake": "shakes"}


def talking_head(seed: int, degrees: float, seconds: float = 60) -> pd.DataFrame:
    """A head that turns with the words all the time: noise of 0.3 to 3 Hz, mostly sideways."""
    rng = np.random.default_rng(seed)
    table = still(seconds, 15, jitter=0.3, seed=seed)
    band = butter(1, [0.3, 3.0], "band", fs=15, output="sos")
    for axis, share in (("yaw", 1.0), ("pitch", 0.6), ("roll", 0.5)):
        moved = sosfiltfilt(band, rng.normal(0, 1, len(table)))
        table[axis] += degrees * share * moved / moved.std()
    return noisy(table, 0.3, seed=seed)


def shakes(table: pd.DataFrame, **options) -> list[HeadGesture]:
    return [gesture for gesture in gestures(table, **options) if gesture.kind == "head_shake"]


def test_a_head_that_turns_with_the_words_does_not_shake():
    """Ten minutes of somebody lively. In silence the same would be shakes: what else moves a head there?"""
    heads = [talking_head(seed, 3.0) for seed in range(10)]
    assert sum(len(shakes(head, speaking=[(0, 60)])) for head in heads) <= 1
    assert sum(len(shakes(head)) for head in heads) >= 10


def test_a_shake_that_stands_out_of_the_talk_is_found_and_so_is_one_that_fills_a_short_clip():
    found = 0
    for seed in range(10):
        table = talking_head(seed, 0.7)
        end = swing(table, "yaw", 20, cycles=2.5, hz=2, size=8)
        found += any(overlaps(20, end, gesture) for gesture in shakes(table, speaking=[(0, 60)]))
    assert found >= 9
    table = still(2, 15)
    swing(table, "yaw", 0.2, cycles=3, hz=2, size=8)
    assert len(shakes(noisy(table, 0.2), speaking=[(0, 2)])) == 1


def test_how_lively_somebody_speaks_says_nothing_of_silence():
    table = talking_head(0, 3.0)
    table.loc[table["time"] > 30, ["pitch", "yaw", "roll"]] = 0.0
    end = swing(table, "yaw", 40, cycles=2.5, hz=2, size=8)
    assert any(overlaps(40, end, gesture) for gesture in shakes(table, speaking=[(0, 30)]))
