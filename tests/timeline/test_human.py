import itertools

import pandas as pd
import pytest

from pipeline.review.edits import apply
from pipeline.timeline.human import keep_human_rows
from pipeline.timeline.table import tier, timeline
from pipeline.timeline.transcript import plain_transcript
from pipeline.timeline.turns import TurnSettings, turn_rows


def analysed(*said: tuple[str, float, float, str]) -> pd.DataFrame:
    """The timeline of some words (participant, start, end, text), as the pipeline makes it."""
    words = [
        {"participant": who, "start": a, "end": b, "text": text, "confidence": 0.5, "source": "test"}
        for who, a, b, text in said
    ]
    people = dict.fromkeys(who for who, *_ in said)
    heard = {name: [(a, b) for who, a, b, _ in said if who == name] for name in people}
    return timeline(turn_rows(heard, words, TurnSettings()))


def corrected(table: pd.DataFrame, name: str, **fields: object) -> pd.DataFrame:
    """The table after a person has changed one row."""
    fields = {"status": "edited", "coder": "MK", **fields}
    for column, value in fields.items():
        table.loc[table["id"] == name, column] = value
    return table


SAID = [("A", 1.0, 1.4, "helo"), ("A", 1.5, 2.0, "there"), ("B", 2.5, 3.0, "hi")]


def test_without_human_rows_the_new_timeline_stands():
    new = analysed(*SAID[:2])
    pd.testing.assert_frame_equal(keep_human_rows(analysed(*SAID), new), new)


@pytest.mark.parametrize("status", ["confirmed", "edited", "rejected", "added"])
def test_a_human_row_stays_as_it_is_and_the_machines_gives_way(status):
    before = corrected(analysed(*SAID), "word-0001", text="hello", status=status)
    kept = keep_human_rows(before, analysed(("A", 1.05, 1.45, "yellow"), *SAID[1:]))
    human = before[before["id"] == "word-0001"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept[kept["id"] == "word-0001"].reset_index(drop=True), human)
    assert "yellow" not in set(kept.loc[kept["tier"] == "word", "text"])
    assert set(tier(kept, "word")["text"]) >= {"there", "hi"}


def test_keeping_twice_changes_nothing():
    before, after = corrected(analysed(*SAID), "word-0002", text="their"), analysed(*SAID)
    once = keep_human_rows(before, after)
    pd.testing.assert_frame_equal(keep_human_rows(once, after), once)


def test_other_participants_and_tiers_are_untouched():
    before = corrected(analysed(*SAID), "turn-0001", text="hello there")
    after = analysed(*SAID, ("B", 1.1, 1.3, "mm"))
    kept = keep_human_rows(before, after)
    assert set(tier(kept, "word")["text"]) == {"helo", "there", "hi", "mm"}
    assert set(tier(kept, "turn", "A")["text"]) == {"hello there"}


@pytest.mark.parametrize("names", [{"A": "SP", "B": "CU"}, {"A": "B", "B": "A"}, {"B": "CU"}])
def test_corrections_follow_a_voice_that_is_given_a_name(names):
    before = corrected(analysed(*SAID), "word-0001", text="hello")
    before = corrected(before, "word-0003", text="high")
    after = analysed(*((names.get(who, who), *rest) for who, *rest in SAID))
    kept = keep_human_rows(before, after)
    words = tier(kept, "word")
    assert dict(zip(words["text"], words["participant"], strict=True)) == {
        text: names.get(who, who) for text, who in (("hello", "A"), ("there", "A"), ("high", "B"))
    }


def test_corrections_follow_a_voice_whose_turns_are_all_touched():
    """By the words where somebody corrected the text of every turn."""
    for status in ("confirmed", "edited"):
        before = analysed(*SAID)
        before.loc[before["tier"] == "turn", "status"] = status
        kept = keep_human_rows(
            before, analysed(*(({"A": "SP", "B": "CU"}[who], *rest) for who, *rest in SAID))
        )
        assert set(kept["participant"]) - {""} == {"SP", "CU"}
        assert len(tier(kept, "turn")) == 2


def test_corrections_follow_where_a_voice_is_no_longer_heard():
    """Three voices were heard, then two: the names of those that are left move up."""
    said = [("P1", 30.0, 30.2, "um"), ("P2", 1.0, 4.0, "helo"), ("P3", 5.0, 9.0, "hi")]
    before = corrected(corrected(analysed(*said), "word-0001", text="hello"), "word-0002", text="high")
    kept = keep_human_rows(before, analysed(("P1", 1.0, 4.0, "helo"), ("P2", 5.0, 9.0, "hi")))
    words = tier(kept, "word")
    assert dict(zip(words["text"], words["participant"], strict=True)) == {"hello": "P1", "high": "P2"}


def test_a_correction_keeps_its_speaker_where_the_voices_are_others():
    before = corrected(analysed(*SAID), "word-0003", text="high")
    kept = keep_human_rows(before, analysed(("C", 7.0, 8.0, "quite"), ("D", 9.0, 9.5, "else")))
    assert list(tier(kept, "word", "B")["text"]) == ["high"]


def test_human_rows_outlive_a_run_that_finds_nothing():
    before = corrected(analysed(*SAID), "word-0001")
    assert list(keep_human_rows(before, timeline([]))["id"]) == ["word-0001"]


def test_a_corrected_word_stays_in_its_turn_when_numbers_shift():
    before = corrected(analysed(*SAID), "word-0001", text="hello")
    kept = keep_human_rows(before, analysed(("A", 0.5, 0.9, "um"), *SAID))
    assert "um hello there" in plain_transcript(kept, {})


def test_evidence_of_a_human_row_never_turns_to_other_rows():
    before = corrected(analysed(*SAID), "turn-0001", text="hello there")
    kept = keep_human_rows(before, analysed(("A", 0.5, 0.9, "um"), *SAID))
    texts = dict(zip(kept["id"], kept["text"], strict=True))
    turn = kept[kept["status"] == "edited"].iloc[0]
    assert [texts[name] for name in turn["evidence"].split()] == ["helo", "there"]


def test_evidence_of_a_human_row_that_is_no_longer_found_is_dropped():
    before = corrected(analysed(*SAID), "turn-0001", text="hello there")
    kept = keep_human_rows(before, analysed(("A", 0.5, 0.9, "um"), SAID[1], SAID[2]))
    texts = dict(zip(kept["id"], kept["text"], strict=True))
    (evidence,) = kept.loc[kept["status"] == "edited", "evidence"]
    assert [texts[name] for name in evidence.split()] == ["there"]


def test_a_turn_rests_on_the_parts_that_replace_its_word():
    parts = [
        {**word_row(f"part-{i}", 1.0 + i / 3, 1.0 + (i + 1) / 3), "text": text, "status": "added"}
        for i, text in enumerate(["what", "do", "you"])
    ]
    kept = keep_human_rows(timeline(parts), analysed(("A", 1.0, 2.0, "whaddaya"), ("A", 2.1, 2.5, "want")))
    assert "what do you want" in plain_transcript(kept, {})


def word_row(name: str, start: float, end: float) -> dict:
    return {"id": name, "tier": "word", "participant": "A", "start": start, "end": end}


@pytest.mark.parametrize(
    ("human", "machine", "gives_way"),
    [
        ([(0, 1)], (0, 1), True),
        ([(10, 11)], (0, 60), False),  # a short one inside a long one
        ([(0, 60)], (10, 11), True),  # a long one around a short one
        ([(0, 1)], (0.4, 1.4), True),
        ([(0, 1)], (0.6, 1.6), False),
        ([(0, 1)], (0, 2), True),  # one half is replaced
        ([(0, 0.9)], (0, 2), False),
        ([(0, 1), (1, 2), (2, 3)], (0, 3), True),  # cut into three
        ([(0, 10), (20, 30)], (9, 21), False),  # neighbours that reach into it
        ([(1, 1)], (1, 1), True),  # rows without length
        ([(1, 1)], (0, 2), False),
        ([(0, 2)], (1, 1), True),
        ([(0, 2)], (2, 2), False),
    ],
)
def test_a_machine_row_gives_way_to_what_stands_for_half_of_its_time(human, machine, gives_way):
    people = [{**word_row(f"h{i}", *span), "status": "added"} for i, span in enumerate(human)]
    kept = keep_human_rows(timeline(people), timeline([word_row("m", *machine)]))
    assert set(kept["id"]) == {row["id"] for row in people} | (set() if gives_way else {"m"})


@pytest.mark.timeout(120)  # what is not linear takes longer
def test_a_long_meeting_with_many_corrections():
    words = [word_row(f"w{i}", i * 0.3, i * 0.3 + 0.25) for i in range(28_000)]
    turns = [
        {**word_row(f"t{i}", i * 4.2, i * 4.2 + 4), "tier": "turn", "evidence": " ".join(names)}
        for i in range(2_000)
        for names in [[f"w{k}" for k in range(14 * i, 14 * i + 14)]]
    ]
    table = timeline(words + turns)
    before = table.copy()
    before.loc[before.index[::60], "status"] = "edited"
    kept = keep_human_rows(before, table)
    pd.testing.assert_frame_equal(kept, before)


def test_ids_stay_unique_over_many_runs_and_corrections():
    table = corrected(analysed(*SAID), "word-0001")
    for moment in (10.0, 20.0, 30.0):
        table = keep_human_rows(table, analysed(("A", moment, moment + 0.4, "new")))
        new = table[(table["tier"] == "word") & (table["start"] == moment)]["id"].item()
        table = corrected(table, new)
    assert table["id"].is_unique
    assert set(table.loc[table["status"] == "edited", "start"]) == {1.0, 10.0, 20.0, 30.0}


def watched(*faces: tuple[str, float], talk: dict[str, str] | None = None) -> pd.DataFrame:
    """A timeline of faces that are all in view all the time, each with its own moments (name, shift).

    `talk` says under which name a voice is heard: those of `SAID` by their names there.
    """
    rows = []
    for name, shift in faces:
        for t, start, end in [
            ("face_visible", 0.0, 60.0),
            ("gaze", 0.0, 20.0 + shift),
            ("gaze", 20.0 + shift, 60.0),
            *(("nod", moment + shift, moment + shift + 1) for moment in (5.0, 25.0, 45.0)),
        ]:
            sure = 0.5 + shift / 100
            rows.append({"tier": t, "participant": name, "start": start, "end": end, "confidence": sure})
    for one, other in itertools.combinations(sorted(name for name, _ in faces), 2):
        rows.append({"tier": "mutual_gaze", "text": f"{one} {other}", "start": 30.0, "end": 40.0})
    ids = itertools.count()
    seen = timeline({**row, "id": f"seen-{next(ids):03}"} for row in rows)
    heard = analysed(*((talk[who], *rest) for who, *rest in SAID)) if talk else seen.iloc[:0]
    return pd.concat([heard, seen], ignore_index=True)


def first(table: pd.DataFrame, name: str, participant: str) -> str:
    """Id of a participant's first row of a tier."""
    return str(tier(table, name, participant)["id"].iloc[0])


VOICES = {"A": "P1", "B": "P2"}


def test_corrections_follow_a_face_without_a_voice():
    before = watched(("P1", 0), ("P2", 2), ("P3", 4), talk=VOICES)
    before = corrected(before, first(before, "nod", "P3"), label="single")
    after = watched(("P1", 0), ("P2", 2), ("CU", 4.05), talk=VOICES)
    kept = keep_human_rows(before, after)
    assert set(kept["participant"]) - {""} == {"P1", "P2", "CU"}
    assert list(tier(kept, "nod", "CU")["label"]) == ["single", "", ""]


def test_a_face_that_is_given_to_a_voice_takes_its_name():
    """Before, voice and face were two participants."""
    before = watched(("P1", 0), ("P3", 4), talk=VOICES)
    before = corrected(before, first(before, "nod", "P3"), label="single")
    before = corrected(before, "word-0003", text="high")
    after = watched(("SP", 0), ("CU", 4), talk={"A": "SP", "B": "CU"})
    kept = keep_human_rows(before, after)
    assert set(kept["participant"]) - {""} == {"SP", "CU"}
    assert list(tier(kept, "nod", "CU")["label"]) == ["single", "", ""]
    assert list(tier(kept, "word", "CU")["text"]) == ["high"]


def test_two_faces_that_are_one_persons_take_one_name():
    before = watched(("P1", 0), ("P3", 4), talk=VOICES)
    before = corrected(before, first(before, "nod", "P1"), label="single")
    before = corrected(before, first(before, "nod", "P3"), label="repeated")
    after = watched(("P1", 0), ("P3", 4), talk=VOICES).replace({"participant": {"P3": "P1"}})
    kept = keep_human_rows(before, after)
    assert list(tier(kept, "nod", "P1")["label"]) == ["single", "repeated", "", "", "", ""]


def test_where_a_wrong_link_is_mended_what_was_seen_follows_the_face_and_what_was_heard_the_voice():
    before = watched(("P1", 0), ("P2", 4), talk=VOICES)
    before = corrected(before, first(before, "nod", "P1"), label="single")
    before = corrected(before, "word-0001", text="hello")
    kept = keep_human_rows(before, watched(("P2", 0), ("P1", 4), talk=VOICES))
    assert list(tier(kept, "nod", "P2")["label"]) == ["single", "", ""]
    assert len(tier(kept, "nod", "P1")) == 3
    assert set(tier(kept, "word", "P1")["text"]) == {"hello", "there"}


def test_faces_that_cannot_be_told_apart_go_with_their_voices():
    """All they have in common with the next timeline is that they are in view."""
    names = {"P1": "SP", "P2": "CU"}
    before = watched(("P1", 0), ("P2", 0), talk=VOICES)
    before = corrected(before, first(before, "nod", "P2"), label="single")
    after = watched(("SP", 0), ("CU", 0), talk={who: names[name] for who, name in VOICES.items()})
    kept = keep_human_rows(before, after)
    assert list(tier(kept, "nod", "CU")["label"]) == ["single", "", ""]
    assert set(tier(kept, "nod", "SP")["label"]) == {""}


def test_a_face_that_is_not_found_again_keeps_its_name():
    before = watched(("P1", 0), ("P3", 4), talk=VOICES)
    before = corrected(before, first(before, "nod", "P3"), label="single")
    kept = keep_human_rows(before, watched(("P1", 0), talk=VOICES))
    assert list(tier(kept, "nod", "P3")["label"]) == ["single"]
    assert set(tier(kept, "nod", "P1")["label"]) == {""}


def test_mutual_gaze_names_people_as_they_are_called_now():
    before = watched(("P1", 0), ("P2", 4), talk=VOICES)
    before.loc[before["tier"] == "mutual_gaze", "status"] = "confirmed"
    after = watched(("SP", 0), ("CU", 4), talk={"A": "SP", "B": "CU"})
    (mutual,) = tier(keep_human_rows(before, after), "mutual_gaze").itertuples()
    assert (mutual.text, mutual.status) == ("CU SP", "confirmed")


def test_mutual_gaze_of_two_stands_for_that_of_no_other_two():
    before = watched(("A", 0), ("B", 2), ("C", 4))
    pair = before.loc[before["text"] == "A B", "id"].item()
    kept = keep_human_rows(corrected(before, pair, status="rejected"), watched(("A", 0), ("B", 2), ("C", 4)))
    assert list(kept.loc[kept["tier"] == "mutual_gaze", "text"]) == ["A B", "A C", "B C"]
    assert list(tier(kept, "mutual_gaze")["text"]) == ["A C", "B C"]


class TestGivenToAnother:
    """A turn that a person gave to somebody else, as the page does it, then another analysis."""

    TALK = (
        ("B", 0.0, 0.5, "well"), ("A", 1.0, 1.4, "so"), ("A", 1.5, 2.0, "how"), ("A", 2.1, 2.5, "was"),
        ("B", 2.2, 2.5, "mm"), ("A", 2.6, 3.0, "your"), ("A", 3.1, 3.6, "holiday"), ("A", 5.0, 5.4, "right"),
        ("B", 6.0, 6.5, "fine"),
    )  # fmt: skip
    MEANT = ("participant", "start", "end", "text")

    def kept(self, *edits: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The timeline that a person made of the analysis, and what another analysis leaves of it."""
        before = analysed(*self.TALK)
        table = apply(before, edits, "MK", {"A", "B"}, TurnSettings()).table
        return table, keep_human_rows(table, analysed(*self.TALK))

    def turn(self, text: str) -> str:
        turns = tier(analysed(*self.TALK), "turn")
        return str(turns.loc[turns["text"].str.contains(text), "id"].iloc[0])

    def same(self, one: pd.DataFrame, other: pd.DataFrame) -> None:
        for name in ("word", "turn", "gap", "overlap"):
            rows = [list(tier(table, name)[[*self.MEANT]].itertuples(index=False)) for table in (one, other)]
            assert sorted(rows[0]) == sorted(rows[1])

    def test_at_a_moment_when_the_new_speaker_speaks_too(self):
        given = {"do": "change", "id": self.turn("how"), "set": {"participant": "B"}}
        made, after = self.kept(given)
        assert list(tier(made, "turn", "B")["text"]) == [
            "well",
            "so how was your holiday right",
            "mm",
            "fine",
        ]
        self.same(made, after)

    def test_words_at_the_moment_of_the_new_speakers_own(self):
        talk = [
            ("A", 1.0, 1.4, "so"),
            ("A", 1.5, 2.0, "how"),
            ("B", 1.5, 2.0, "yes"),
            ("B", 3.0, 3.4, "well"),
        ]
        before = analysed(*talk)
        name = before.loc[(before["text"] == "how") & (before["tier"] == "turn"), "id"].iloc[0]
        given = {"do": "change", "id": name, "set": {"participant": "B"}}
        table = apply(before, [given], "MK", {"A", "B"}, TurnSettings()).table
        self.same(table, keep_human_rows(table, analysed(*talk)))

    @pytest.mark.parametrize("edges", [{"start": 0.7}, {"end": 4.2}, {"start": 1.3, "end": 4.2}])
    def test_with_its_ends_moved(self, edges: dict):
        given = {"do": "change", "id": self.turn("how"), "set": {"participant": "B", **edges}}
        self.same(*self.kept(given))

    @pytest.mark.parametrize("at", [1.45, 2.55, 3.05])
    def test_only_the_end_of_it(self, at: float):
        name, people = self.turn("how"), {"A", "B"}
        before = analysed(*self.TALK)
        cut = apply(before, [{"do": "split", "id": name, "at": at}], "MK", people, TurnSettings()).table
        turns = tier(cut, "turn")
        second = turns.loc[turns["text"].str.endswith("right"), "id"].iloc[0]
        given = {"do": "change", "id": second, "set": {"participant": "B"}}
        table = apply(cut, [given], "MK", people, TurnSettings()).table
        assert len(tier(table, "turn", "B")) == 4
        self.same(table, keep_human_rows(table, analysed(*self.TALK)))
