import numpy as np
import pandas as pd
import pytest

from pipeline.people.link import LinkSettings, link_voices, mouth_motion

SETTINGS = LinkSettings()
RATE = 15.0


def mouth(
    speaking: list[tuple[float, float]], seconds: float, seed: int, *, rest: float = 0.3
) -> pd.DataFrame:
    """A mouth that opens 4 times a second while its owner speaks, and always moves a little (`rest`)."""
    rng = np.random.default_rng(seed)
    time = np.arange(0, seconds, 1 / RATE)
    talks = np.zeros(len(time))
    for start, end in speaking:
        talks[(time >= start) & (time < end)] = 1
    phase = 2 * np.pi * np.cumsum(rng.uniform(2.5, 5.5, len(time))) / RATE
    gap = 0.1 * talks * (1 + np.sin(phase)) + 0.1 * rest * rng.standard_normal(len(time)).clip(-2, 2)
    return pd.DataFrame({"camera": 0, "track": seed, "time": time, "lip_gap": gap.clip(0)})


def turns(seed: int, seconds: float, people: int) -> list[list[tuple[float, float]]]:
    rng, at, spans, who = np.random.default_rng(seed), 0.5, [[] for _ in range(people)], 0
    while at < seconds - 6:
        end = at + rng.uniform(1, 5)
        spans[who].append((at, end))
        at, who = end + rng.uniform(-0.3, 0.8), (who + rng.integers(1, people)) % people
    return spans


def linked(voices, faces, **options) -> dict[str, int]:
    return {link.voice: link.face for link in link_voices(voices, faces, SETTINGS, **options)}


@pytest.mark.parametrize("people", [2, 3, 6])
@pytest.mark.parametrize("seed", range(3))
def test_each_voice_finds_its_face(people, seed):
    talk = turns(seed, 60.0 * people, people)
    faces = {i: mouth(spans, 60.0 * people, 10 * seed + i) for i, spans in enumerate(talk)}
    voices = {f"P{i}": spans for i, spans in enumerate(talk)}
    assert linked(voices, faces) == {f"P{i}": i for i in range(people)}


def test_a_restless_mouth_does_not_take_anothers_voice():
    talk = turns(1, 90.0, 2)
    faces = {0: mouth(talk[0], 90.0, 1), 1: mouth(talk[1], 90.0, 2, rest=2.0)}
    found = linked({"A": talk[0], "B": talk[1]}, faces)
    assert found["A"] == 0
    assert found.get("B", 1) == 1


def test_a_voice_without_a_face_and_a_face_without_a_voice():
    first, second, third = turns(3, 120.0, 3)
    faces = {4: mouth(second, 120.0, 1), 7: mouth([], 120.0, 2)}
    assert linked({"A": first, "B": second, "C": third}, faces) == {"B": 4}


def test_one_voice_and_one_face():
    spans = turns(4, 60.0, 2)[0]
    assert linked({"A": spans}, {0: mouth(spans, 60.0, 5)}) == {"A": 0}
    assert linked({"A": spans}, {0: mouth(turns(4, 60.0, 2)[1], 60.0, 5)}) == {}  # it moves with another's


def test_the_only_voice_and_the_only_face_left_are_one_person_though_little_was_seen():
    spans = [(0.5, 7.0)]
    (link,) = link_voices({"A": spans}, {0: mouth(spans, 8.0, 1)}, SETTINGS)
    assert link.face == 0 and link.confidence == 0.5
    talk = turns(8, 90.0, 2)
    quiet = [(40.0, 41.0)]
    faces = {0: mouth(talk[0], 90.0, 1), 1: mouth(quiet, 90.0, 2)}
    assert linked({"A": talk[0], "B": quiet}, faces) == {"A": 0, "B": 1}


def test_what_a_person_says_is_kept_and_the_rest_follows():
    talk = turns(5, 60.0, 2)
    faces = {i: mouth(spans, 60.0, i) for i, spans in enumerate(talk)}
    voices = {"A": talk[0], "B": talk[1]}
    wrong = {link.voice: link for link in link_voices(voices, faces, SETTINGS, known={"A": 1})}
    assert wrong["A"].face == 1 and wrong["A"].confidence == 1.0
    assert "B" not in wrong  # what is left does not fit
    assert linked(voices, faces, known={"A": 9}) == {"A": 0, "B": 1}  # there is no such face


def test_a_face_that_is_given_to_somebody_unheard_is_not_given_to_a_voice():
    talk = turns(5, 60.0, 2)
    faces = {i: mouth(spans, 60.0, i) for i, spans in enumerate(talk)}
    voices = {"P1": talk[0], "P2": talk[1]}
    assert linked(voices, faces, known={"SP": 0, "CU": 1}) == {}
    assert linked(voices, faces, known={"CU": 1}) == {"P1": 0}


def test_nothing_is_said_of_what_was_hardly_seen():
    talk = turns(6, 60.0, 2)
    seen = {i: rows[rows["time"] < 4] for i, rows in enumerate(mouth(s, 60.0, i) for i, s in enumerate(talk))}
    assert linked({"A": talk[0], "B": talk[1]}, seen) == {}
    assert linked({"A": talk[0], "B": talk[1]}, {1: seen[1]}) == {}
    assert linked({}, seen) == {}
    assert linked({"A": talk[0]}, {}) == {}


def test_motion_is_not_measured_across_gaps():
    rows = pd.DataFrame(
        {"camera": 0, "track": 0, "time": [0.0, 0.1, 5.0, 5.1], "lip_gap": [0, 0.1, 0.9, 0.9]}
    )
    times, speeds = mouth_motion(rows)
    assert times == pytest.approx([0.05, 5.05])
    assert speeds == pytest.approx([1.0, 0.0])
