"""What a phase is suggested by, and that deeper evidence never lowers it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.example import PHASES
from pipeline.errors import SettingsError
from pipeline.relationship.phases import IN_ORDER, LOOK_FOR, Limits, Passage, load_limits, suggest
from tests.relationship.made import passage

PEOPLE = ("Sam", "Anna")
DEPTHS = ("superficial", "more_intimate", "most_intimate")
OURS = load_limits()

passages = st.builds(
    passage,
    st.sampled_from(DEPTHS),
    st.sampled_from(PEOPLE),
    sure=st.floats(0, 1),
    at=st.floats(0, 3600).map(lambda time: round(time, 2)),
)
limits = st.builds(
    Limits,
    talk_s=st.floats(0, 120),
    passages=st.integers(1, 4),
    confidence=st.floats(0, 1),
    several=st.integers(1, 5),
)


def rank(phase: str) -> int:
    return IN_ORDER.index(phase) if phase else -1


@given(found=st.lists(passages, min_size=1, max_size=12), data=st.data(), talk=st.floats(0, 200), own=limits)
def test_deeper_evidence_never_lowers_the_phase(found, data, talk, own):
    before = suggest(found, talk, PEOPLE, own)
    place = data.draw(st.integers(0, len(found) - 1))
    deeper = data.draw(st.sampled_from(DEPTHS[found[place].level - 1 :]))
    found[place] = replace(found[place], depth=deeper)
    assert rank(suggest(found, talk, PEOPLE, own).phase) >= rank(before.phase)


@given(found=st.lists(passages, max_size=12), one=passages, talk=st.floats(0, 200), own=limits)
def test_nor_does_more_evidence_or_more_talk(found, one, talk, own):
    before = rank(suggest(found, talk, PEOPLE, own).phase)
    assert rank(suggest([*found, one], talk, PEOPLE, own).phase) >= before
    assert rank(suggest(found, talk + 50, PEOPLE, own).phase) >= before


@given(found=st.lists(passages, max_size=12), own=limits)
def test_a_phase_rests_on_sure_passages_of_its_depth_and_deeper(found, own):
    suggestion = suggest(found, 1000, PEOPLE, own)
    sure = [one for one in found if one.confidence >= own.confidence]
    if not suggestion.phase:
        assert len(sure) < own.passages and suggestion.passages == () and suggestion.support == ""
        return
    level = rank(suggestion.phase) + 1
    assert list(suggestion.passages) == [one for one in sure if one.level >= level]
    assert len(suggestion.passages) >= own.passages > sum(one.level > level for one in sure)


@pytest.mark.parametrize(
    ("depth", "phase"),
    [("superficial", "trial"), ("more_intimate", "enmeshment"), ("most_intimate", "renegotiation")],
)
def test_depths_go_with_phases_as_in_the_papers_table_3(depth, phase):
    assert suggest([passage("superficial"), passage(depth)], 100, PEOPLE, OURS).phase == phase


def test_phases_are_those_of_the_paper_in_its_order():
    assert IN_ORDER == PHASES and set(LOOK_FOR) == set(PHASES)


@pytest.mark.parametrize(
    ("who", "support"),
    [
        (["Sam"], "weak"),
        (["Sam", "Anna"], "moderate"),
        (["Anna", "Anna", "Anna"], "moderate"),
        (["Sam", "Sam", "Anna"], "strong"),
    ],
)
def test_support_grows_with_passages_and_with_both_telling(who, support):
    found: list[Passage] = [passage(who=one, at=i) for i, one in enumerate(who)]
    suggestion = suggest([*found, passage("superficial", "Anna")], 100, PEOPLE, OURS)
    assert suggestion.support == support
    assert ("both tell" in suggestion.why) == (len(set(who)) == 2)


def test_nothing_is_suggested_of_too_little_of_nothing_and_of_nothing_sure():
    deep = passage("most_intimate")
    assert suggest([deep], 29, PEOPLE, OURS).why.startswith("not enough was said: 29 s")
    assert "evidence of no phase" in suggest([], 100, PEOPLE, OURS).why
    unsure = suggest([replace(deep, confidence=0.2)], 100, PEOPLE, OURS)
    assert unsure.phase == "" and "not surely" in unsure.why


@given(found=st.lists(passages, max_size=8), own=limits)
def test_a_passage_of_no_known_topic_is_evidence_of_nothing(found, own):
    nameless = [replace(one, topics=("unnamed",)) for one in found]
    assert suggest(nameless, 1000, PEOPLE, own).phase == ""
    with_them = suggest([*found, *nameless], 1000, PEOPLE, own)
    without = suggest(found, 1000, PEOPLE, own)
    assert (with_them.phase, with_them.passages) == (without.phase, without.passages)


def test_a_file_of_limits_is_read_whole_or_refused(tmp_path):
    path = tmp_path / "limits.yaml"
    path.write_text("talk_s: 5\npassages: 2\nconfidence: 0.5\nseveral: 4\n")
    assert load_limits(path) == Limits(talk_s=5, passages=2, confidence=0.5, several=4)
    for wrong in ("talk_s: 5\n", "- 1\n", "talk_s: 5\npassages: 0\nconfidence: 0.5\nseveral: 4\n"):
        path.write_text(wrong)
        with pytest.raises(SettingsError, match="file of limits"):
            load_limits(path)
