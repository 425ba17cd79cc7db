"""What was not measured is in no score, of each participant by themselves; what people coded is."""

from __future__ import annotations

import math

import pytest

from pipeline.intervals import coverage
from pipeline.rapport.exposure import Exposure
from pipeline.scoring import score_meeting
from pipeline.timeline.table import timeline
from tests.rapport.made import analysed, event, human, made

ROLES = {"S": "salesperson", "C": "customer"}
TALK = [
    ("C", 0.0, 6.0, "We changed the system last year and it took my team a very long time to learn it."),
    ("S", 6.2, 9.0, "What was it that took them so long?"),
    ("C", 9.2, 15.0, "They had to learn all the screens again and nobody had the time for it."),
    ("S", 15.2, 18.0, "So you mean the time was the problem, not the system."),
    ("C", 18.2, 20.0, "Yes, exactly."),
]
SWEDISH = [("C", 0.0, 6.0, "Vi bytte system i fjol och det tog lång tid."), ("S", 6.2, 9.0, "Vad tog tid?")]
SEEN = [
    event("face_visible", "S", 0.0, 20.0, value=1.0),
    event("nod", "S", 3.0, 3.8, label="repeated"),
    event("smile", "S", 16.0, 18.0),
]


def added(table, *rows):
    """The timeline with rows of people."""
    return timeline([*table.to_dict("records"), *rows])


def scored(folder, *args, **kwargs):
    return score_meeting(analysed(folder / "meeting", *args, **kwargs), None)


def of(report, *who):
    return next(score for score in report.scores if score.who == who)


def test_who_is_never_seen_is_not_measured_while_who_is_seen_is(tmp_path):
    report = scored(tmp_path, made(TALK, SEEN), ROLES)
    seen, unseen = of(report, "S"), of(report, "C")
    assert unseen.steps["maintaining"].measured < seen.steps["maintaining"].measured
    assert "face" in report.measured["S"] and "face" not in report.measured["C"]
    assert any("No face was read of C" in warning for warning in report.warnings)
    both = of(report, "C", "S").steps["maintaining"].measured
    assert unseen.steps["maintaining"].measured < both < seen.steps["maintaining"].measured


def test_smiling_back_is_not_measured_of_whom_nobody_else_is_seen(tmp_path):
    book_share = of(scored(tmp_path, made(TALK, SEEN), ROLES), "S").steps["breaking_the_ice"].measured
    both = [*SEEN, event("face_visible", "C", 0.0, 20.0, value=1.0)]
    assert book_share < of(scored(tmp_path, made(TALK, both), ROLES), "S").steps["breaking_the_ice"].measured


def test_two_are_rated_by_the_time_of_the_one_who_is_seen():
    """A smile a minute is a smile a minute, though the other has no camera."""
    from pipeline.rapport.codebook import load_codebook
    from pipeline.rapport.score import read_actions, score

    book = load_codebook()
    smiles = [
        {"id": f"action-{i}", "tier": "action", "participant": "S", "start": 60.0 * i, "end": 60.0 * i + 1}
        | {"label": "smile", "confidence": 1.0, "details": {"initiative": "responsive", "to": "C"}}
        for i in range(10)
    ]
    talk = {"S": [(0.0, 300.0)], "C": [(300.0, 600.0)]}
    exposure = Exposure(0.0, 600.0, talk, {"S": {"words", "face"}, "C": {"words"}})
    found = score(read_actions(timeline(smiles)), exposure, book, ("C", "S"))
    (smile,) = found.steps["breaking_the_ice"].parts
    assert smile.rate == pytest.approx(1.0)


def test_what_a_face_does_is_rated_by_the_time_in_which_it_is_in_view():
    from pipeline.rapport.codebook import load_codebook

    smile, gaze = (load_codebook().codes[name] for name in ("smile", "eye_contact"))
    everything = {who: {"words", "face"} for who in "SC"}
    talk = {"S": [(0.0, 300.0)], "C": [(300.0, 600.0)]}
    late = Exposure(0.0, 600.0, talk, everything, {"S": coverage([(480.0, 600.0)])})
    assert late.amount("S", smile) == pytest.approx(2.0)
    assert late.amount("S", gaze) == pytest.approx(120.0)
    assert late.amount("C", smile) == pytest.approx(10.0)
    assert not late.within(0.0, 300.0).knows("S", smile)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_what_people_coded_counts_in_any_language_and_without_a_camera(tmp_path, language):
    lines = TALK if language == "en" else SWEDISH
    rows = [human("posture_mirroring", "S", 2.0, 4.0), human("second_story", "S", 6.2, 9.0)]
    report = scored(tmp_path, added(made(lines), *rows), ROLES, language)
    parts = {name: [p.code for p in step.parts] for name, step in of(report, "S").steps.items()}
    assert "posture_mirroring" in parts["maintaining"]
    assert "second_story" in parts["emotional_connection"]
    assert of(report, "S").total > 0
    if language == "sv":  # of the customer nothing is known
        assert math.isnan(of(report, "C").steps["maintaining"].score)


def test_one_posture_that_people_coded_raises_the_score_of_the_person_and_of_the_two(tmp_path):
    without = scored(tmp_path, made(TALK, SEEN), ROLES)
    table = added(made(TALK, SEEN), human("posture_mirroring", "S", 2.0, 4.0))
    report = scored(tmp_path, table, ROLES)
    for who in (("S",), ("C", "S")):
        before, after = (of(one, *who).steps["maintaining"].score for one in (without, report))
        assert after > before


def test_listening_is_not_measured_where_words_are_not(tmp_path):
    name = "listening_responses_per_minute_of_others_talk"
    assert scored(tmp_path, made(SWEDISH, SEEN), ROLES, "sv").measures["S"][name] is None
    assert scored(tmp_path, made(TALK, SEEN), ROLES).measures["S"][name] == pytest.approx(60 / 13.8, rel=0.05)


def test_the_opening_begins_with_the_first_talk(tmp_path):
    late = [(who, start + 900, end + 900, text) for who, start, end, text in TALK]
    report, shifted = (
        scored(tmp_path, made(lines, [event("gap", "", 2000.0, 2001.0)]), ROLES) for lines in (TALK, late)
    )
    assert of(report, "S").opening > 0
    assert of(shifted, "S").opening == pytest.approx(of(report, "S").opening, rel=0.02)
    assert shifted.trends["S",][0][0] == 900.0


def test_an_early_pitch_is_early_after_the_first_talk(tmp_path):
    lines = [
        ("S", 900.0, 903.0, "I suggest that we sign the contract for the new system today."),
        ("C", 903.5, 905.0, "The contract is long."),
    ]
    report = scored(tmp_path, made(lines), ROLES)
    assert "early_pitch" in set(report.actions["label"])


def test_a_laugh_is_missed_only_by_whom_a_smile_could_be_seen(tmp_path):
    laugh = event("laughter", "C", 4.0, 5.0)
    other = [event("smile", "C", 1.0, 2.0)]
    seen = [*other, event("face_visible", "S", 0.0, 20.0, value=1.0)]
    offers = [
        [row["offer"] for row in scored(tmp_path, made(TALK, [laugh, *faces]), ROLES).missed]
        for faces in (seen, other)
    ]
    assert "laughter" in offers[0]
    assert "laughter" not in offers[1]
