import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.face.smiles import Smile, SmileSettings, find_smiles, resting_smile
from tests.face.moving import noisy, overlaps, sample, sample_face, shift, still

LIMITS = SmileSettings()


def smiles(table: pd.DataFrame, **options) -> list[Smile]:
    return find_smiles(table, LIMITS, **options)


def face(seconds: float = 30, rate: float = 15, rest: float = 0.08) -> pd.DataFrame:
    return still(seconds, rate, jitter=0.3).assign(smile=rest)


@pytest.mark.parametrize("rate", [5, 10, 15, 30])
@pytest.mark.parametrize("height", [0.4, 0.6, 0.85])
@pytest.mark.parametrize("rest", [0.0, 0.1, 0.25])
def test_a_smile_is_found_with_its_edges_and_height(rate, height, rest):
    table = noisy(shift(face(rate=rate, rest=rest), "smile", 10, 13, height * (1 - rest), 0.4))
    (found,) = smiles(table)
    assert found.start == pytest.approx(10, abs=0.3)
    assert found.end == pytest.approx(13, abs=0.3)
    assert found.start < found.apex < 12
    assert found.intensity == pytest.approx(height, abs=0.12)
    assert 0.6 < found.confidence <= 1


def test_a_face_that_rests_with_the_corners_up_does_not_smile():
    assert not smiles(noisy(face(rest=0.3)))
    (found,) = smiles(noisy(shift(face(rest=0.3), "smile", 10, 13, 0.5)))
    assert found.start == pytest.approx(10, abs=0.3)


def test_rest_is_found_though_somebody_smiles_most_of_the_time():
    table = face(100, rest=0.1)
    for start in range(2, 98, 10):
        shift(table, "smile", start, start + 7, 0.7)
    assert resting_smile(noisy(table)["smile"].to_numpy(), LIMITS) == pytest.approx(0.1, abs=0.03)
    assert len(smiles(noisy(table))) == 10
    assert resting_smile(np.array([np.nan]), LIMITS) == 0


def test_a_smile_that_never_ends_is_still_a_smile():
    (found,) = smiles(noisy(face(rest=0.9)))
    assert found.end - found.start > 28


def test_smiling_at_once_after_another_is_one_smile_and_later_two():
    table = shift(shift(face(), "smile", 5, 8, 0.7), "smile", 7.9, 11, 0.5)
    assert len(smiles(noisy(table))) == 1
    table = shift(shift(face(), "smile", 5, 8, 0.7), "smile", 10, 12, 0.5)
    assert len(smiles(noisy(table))) == 2


def test_twitches_are_no_smiles():
    assert not smiles(noisy(shift(face(), "smile", 10, 10.35, 0.8, 0.05)))


def talking(seed: int) -> pd.DataFrame:
    """Syllables, some of them with spread lips."""
    rng = np.random.default_rng(seed)
    table, at = face(40, 25), 1.0
    while at < 38:
        length = rng.uniform(0.12, 0.3)
        shift(table, "mouth_open", at, at + length, rng.uniform(0.2, 0.6), 0.05)
        if rng.random() < 0.3:
            spread = shift(face(40, 25), "smile", at, at + length + 0.08, rng.uniform(0.15, 0.45), 0.06)
            table["smile"] = np.maximum(table["smile"], spread["smile"])
        at += length + rng.uniform(0.0, 0.1)
    return noisy(table, seed=seed)


def test_the_shapes_of_speech_are_no_smiles():
    """Six minutes of talk in which a third of the syllables spread the lips, some of them in a row."""
    assert sum(len(smiles(talking(seed), speaking=[(0.5, 39)])) for seed in range(9)) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_a_smile_while_speaking_is_one(seed):
    table = talking(seed)
    shift(table, "smile", 15, 19, 0.6, 0.4)
    table["smile"] = table["smile"].clip(upper=1)
    (found,) = [s for s in smiles(table, speaking=[(0.5, 39)]) if overlaps(14, 20, s)]
    assert found.start == pytest.approx(15, abs=0.6) and found.end == pytest.approx(19, abs=0.6)
    assert found.during_speech


CRYING = {"brow_down": 0.4, "brow_grief": 0.4, "lip_down": 0.3, "lip_stretch": 0.4}


def with_others(height: float, **others: float) -> pd.DataFrame:
    """Corners drawn up for three seconds, and other actions along with them."""
    table = shift(face(), "smile", 10, 13, height)
    for name, size in others.items():
        shift(table, name, 10, 13, size)
    return noisy(table)


@pytest.mark.parametrize("height", [0.4, 0.6, 0.7])
def test_corners_drawn_up_in_crying_are_no_smile(height):
    crying = with_others(height, **CRYING)
    assert not smiles(crying)
    assert len(find_smiles(crying, SmileSettings(against=9.0))) == 1  # by the corners alone it would be one
    assert len(smiles(with_others(height))) == 1


@pytest.mark.parametrize("others", [{"lip_stretch": 0.7}, {"lip_stretch": 0.5, "brow_down": 0.4}])
def test_teeth_bared_sideways_are_no_smile(others):
    assert not smiles(with_others(0.5, **others))


@pytest.mark.parametrize("action", list(CRYING))
def test_a_trace_of_another_action_only_makes_a_smile_less_certain(action):
    (pure,), (mixed,) = smiles(with_others(0.7)), smiles(with_others(0.7, **{action: 0.35}))
    assert mixed.contrary == pytest.approx(0.35, abs=0.07) and pure.contrary < 0.1
    assert mixed.confidence < 0.85 * pure.confidence
    assert mixed.intensity == pytest.approx(pure.intensity, abs=0.02)


def test_brows_that_rest_low_do_not_speak_against_a_smile():
    (found,) = smiles(noisy(shift(face().assign(brow_down=0.6), "smile", 10, 13, 0.4)))
    assert found.contrary < 0.25


def test_crying_does_not_hide_a_smile_before_it():
    table = shift(with_others(0.6, **CRYING), "smile", 3, 6, 0.6)
    assert [round(smile.start) for smile in smiles(table)] == [3]


def test_a_lost_face_ends_a_smile():
    table = noisy(shift(face(), "smile", 8, 16, 0.7))
    found = smiles(table[(table["time"] < 10) | (table["time"] > 13)])
    assert [(round(s.start), round(s.end)) for s in found] == [(8, 10), (13, 16)]
    table["quality"] = np.where(table["time"].between(10, 13), 0.1, 1)
    assert len(smiles(table)) == 2


def test_nothing_comes_of_nothing():
    assert not smiles(face())
    assert not smiles(face().iloc[:0])
    assert not smiles(face().assign(smile=np.nan))
    assert not smiles(face().iloc[:1])
    assert not smiles(noisy(face(300)))


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 5000), st.floats(0.4, 0.9), st.floats(0.8, 8))
def test_shifting_time_shifts_the_smiles(offset, height, length):
    table = noisy(shift(face(), "smile", 8, 8 + length, height))
    here, there = smiles(table), smiles(table.assign(time=table["time"] + offset))
    assert len(here) == len(there) == 1
    assert there[0].start == pytest.approx(here[0].start + offset, abs=0.04)
    assert there[0].apex == pytest.approx(here[0].apex + offset, abs=0.1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_smiles_lie_inside_the_signals_time_and_apart(seed):
    rng = np.random.default_rng(seed)
    table = still(20, 12, jitter=0.5, seed=seed)
    table["smile"] = np.abs(np.sin(np.cumsum(rng.normal(0, 0.2, len(table)))))
    table = table[rng.random(len(table)) > 0.1]
    found = smiles(table, speaking=[(5, 12)])
    for smile in found:
        assert table["time"].min() <= smile.start <= smile.apex <= smile.end <= table["time"].max() + 1e-6
        assert smile.end - smile.start >= LIMITS.shortest
        assert 0 < smile.intensity <= 1 and 0 <= smile.confidence <= 1
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


@pytest.mark.parametrize("rate", [10, 25])
def test_the_sample_meetings_smiles(rate):
    truth = sample()
    for who in truth["people"]:
        true = [(s["start"], s["end"]) for s in truth["smiles"] if s["person"] == who]
        found = smiles(sample_face(truth, who, rate), speaking=truth["speech"][who])
        assert all(any(overlaps(*span, smile) for smile in found) for span in true)
        assert all(any(overlaps(*span, smile) for span in true) for smile in found)
