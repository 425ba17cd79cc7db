"""What `rapport relationship` shows of a dyad, and what it says where something is missing."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest
from PIL import Image

from pipeline.relationship.culture import Culture, culture_of, paper_found
from pipeline.relationship.dyads import Dyad, dyad, folders_of
from pipeline.timeline.table import read, write
from tests.corpus.made import change
from tests.rapport.made import analysed, made
from tests.relationship.made import DIVORCE, FAMILY, ROLES, WEATHER, meeting, refused, run, told

CULTURE = {"dyad": "Sam-Anna", "culture_S": "LC", "culture_C": "HC", "cultural_intelligence": "high"}


@pytest.fixture(scope="module")
def analysed_once(tmp_path_factory):
    """Three meetings in which more is told each time; the names are in another order than the dates."""
    folder = tmp_path_factory.mktemp("dyads") / "out"
    meeting(folder, "c", [("S", WEATHER)], start="2026-01-10T09:00:00+02:00", metadata=CULTURE)
    meeting(folder, "b", [("S", FAMILY), ("C", FAMILY)], start="2026-02-10T09:00:00Z")
    meeting(folder, "a", [("S", DIVORCE), ("C", DIVORCE), ("C", FAMILY)], start="2026-07-10T09:00:00+03:00")
    meeting(folder, "other", names=("Sam", "Bert"), metadata={"dyad": "Sam-Bert"})
    return folder


@pytest.fixture
def out(analysed_once, tmp_path):
    """A copy of them that a test may change."""
    return shutil.copytree(analysed_once, tmp_path / "out")


def two(out) -> Dyad:
    return dyad("Sam-Anna", folders_of("Sam-Anna", out))


def notes(*arguments: object) -> str:
    return "\n".join(told(*arguments)["notes"])


def test_meetings_in_order_of_date_with_what_each_tells_and_suggests(out):
    found = told("Sam-Anna", "--out", out)
    assert [one["meeting"] for one in found["meetings"]] == ["c", "b", "a"]
    phases = [one["suggestion"]["phase"] for one in found["meetings"]]
    assert phases == ["trial", "enmeshment", "renegotiation"]
    assert [one["suggestion"]["support"] for one in found["meetings"]] == ["weak", "moderate", "moderate"]
    first, last = found["meetings"][0], found["meetings"][2]
    assert first["people"]["Anna"]["deepest"] is None and first["people"]["Anna"]["disclosure_s"] == 0
    assert last["people"]["Anna"]["passages_by_depth"] == {
        "superficial": 0, "more_intimate": 1, "most_intimate": 1,
    }  # fmt: skip
    assert "family" in last["people"]["Anna"]["topics"]
    table = read(out / "a" / "timeline.parquet").set_index("id")
    for one in last["passages"]:
        assert one["text"] in table.at[one["row"], "text"]
        assert table.at[one["row"], "start"] <= one["start"] < one["end"] <= table.at[one["row"], "end"]
    course = {(one["who"], one["measure"]): one for one in found["courses"]}
    assert course["Anna", "depth"]["values"] == [0, 2, 3]
    assert course["Anna", "depth"]["how"] == "more each time"
    assert "not tested" in "\n".join(found["notes"])


def test_rapport_measures_are_those_of_rapport_score(out):
    from pipeline.scoring import score_meeting

    said = score_meeting(out / "b", None).data()
    scores = {"+".join(sorted(one["who"])): one for one in said["scores"]}
    (b,) = [one for one in told("Sam-Anna", "--out", out)["meetings"] if one["meeting"] == "b"]
    assert b["people"]["Sam"]["score"] == scores["S"]["total"]
    assert b["people"]["Sam"]["interval"] == scores["S"]["interval"]
    assert b["score_of_both"] == scores["C+S"]["total"]
    assert b["people"]["Anna"]["talk_s"] == pytest.approx(said["measures"]["C"]["speech_s"], abs=0.001)


def test_the_terminal_shows_quotes_with_times_and_rows(out):
    shown = " ".join(run("Sam-Anna", "--out", out).stdout.split())
    assert "a researcher decides" in shown and "Sam (salesperson) and Anna (customer)" in shown
    assert f"0:50.0 Sam: “{WEATHER.removesuffix('.')}”" in shown and "turn-0005" in shown
    assert "Anna, depth: nothing told → more intimate → most intimate: more each time" in shown
    assert "trial?" in shown and "high cultural diversity" in shown


def test_table_and_figure_are_written(out, tmp_path):
    csv, png = tmp_path / "t.csv", tmp_path / "f.png"
    done = run("Sam-Anna", "--out", out, "--csv", csv, "--figure", png)
    assert done.exception is None and str(csv) in done.stdout and str(png) in done.stdout
    table = pd.read_csv(csv)
    assert table[["meeting", "who"]].to_numpy().tolist() == [[m, w] for m in "cba" for w in ("Sam", "Anna")]
    assert table["phase_suggested"].tolist()[::2] == ["trial", "enmeshment", "renegotiation"]
    assert set(table["cultural_diversity"]) == {"high"} and table["phase_decided"].isna().all()
    with Image.open(png) as picture:
        assert picture.width > 900 and len(picture.convert("L").getcolors()) > 10


def test_the_figure_marks_what_is_suggested_hollow_and_what_is_decided_filled(out):
    from pipeline.relationship.course import relationship
    from pipeline.relationship.figure import figure
    from pipeline.relationship.phases import load_limits

    run("Sam-Anna", "--out", out, "--confirm", "trial", "--meeting", "b", "--coder", "AK")
    found = relationship("Sam-Anna", [out / name for name in "cba"], load_limits())
    lines = {line.get_label(): line for line in figure(found).axes[0].get_lines()}
    suggested, decided = lines["phase suggested"], lines["phase decided"]
    assert suggested.get_fillstyle() == "none" and decided.get_fillstyle() == "full"
    assert list(zip(*suggested.get_data(), strict=True)) == [(0, 1), (1, 2), (2, 3)]
    assert list(zip(*decided.get_data(), strict=True)) == [(1, 1)]


class TestWhichMeetings:
    def test_an_unknown_dyad_is_answered_with_those_that_there_are(self, out):
        said = refused("Sam-Ana", "--out", out)
        assert "no dyad Sam-Ana" in said and "Sam-Anna (3)" in said and "Sam-Bert (1)" in said
        assert "run rapport analyse" in refused("Sam-Anna", "--out", out / "nothing")

    def test_meetings_may_be_given_by_name_or_folder(self, out):
        found = told("b", out / "c", out / "c", "--out", out)
        assert [one["meeting"] for one in found["meetings"]] == ["c", "b"] and found["dyad"] == "Sam-Anna"
        assert "no analysed meeting in" in refused("b", "nothing", "--out", out)

    def test_one_meeting_is_shown_without_a_course(self, out):
        found = told("Sam-Bert", "--out", out)
        assert [course["how"] for course in found["courses"]] == [None] * len(found["courses"])
        assert "Only one meeting" in "\n".join(found["notes"])

    def test_meetings_of_different_people_are_refused(self, out):
        said = refused("b", "other", "--out", out)
        assert "different people" in said and "Sam and Anna" in said and "Sam and Bert" in said

    def test_without_dates_meetings_are_in_order_of_name_as_people_count(self, tmp_path):
        for name in ("meeting-10", "meeting-2", "meeting-1"):
            meeting(tmp_path / "out", name, start="2026-01-01T10:00:00" if name == "meeting-1" else None)
        found = two(tmp_path / "out")
        assert [one.name for one in found.meetings] == ["meeting-1", "meeting-2", "meeting-10"]
        assert any(note.startswith("No date is known of meeting-10, meeting-2") for note in found.notes)

    def test_clocks_with_and_without_zone_can_be_ordered(self, tmp_path):
        for name, start in (("x", "2026-01-02T10:00:00"), ("y", "2026-01-01T10:00:00Z")):
            meeting(tmp_path / "out", name, start=start)
        assert [one.name for one in two(tmp_path / "out").meetings] == ["y", "x"]

    def test_people_keep_their_names_where_their_codes_differ(self, out):
        folder = meeting(out, "later", [("S", FAMILY)], start="2026-09-01T09:00:00Z")
        table = read(folder / "timeline.parquet")
        write(table.assign(participant=table["participant"].replace({"S": "SP", "C": "CU"})), folder)
        who = (("SP", "salesperson", "Sam"), ("CU", "customer", "Anna"))
        people = [{"id": one, "role": role, "pseudonym": name} for one, role, name in who]
        change(folder, participants=people)
        assert told("Sam-Anna", "--out", out)["meetings"][-1]["people"]["Sam"]["deepest"] == "more_intimate"

    def test_voices_that_nobody_named_are_refused(self, out):
        folder = meeting(out, "unnamed", start="2026-09-01T09:00:00Z")
        table = read(folder / "timeline.parquet")
        write(table.assign(participant=table["participant"].replace({"S": "P1", "C": "P2"})), folder)
        said = refused("Sam-Anna", "--out", out)
        assert "In unnamed it is not known which voice is whose" in said and "P1, P2" in said
        change(folder, participants=[])
        assert "not known who takes part in unnamed" in refused("Sam-Anna", "--out", out)

    def test_a_third_person_is_left_out_and_that_is_said(self, out):
        third = {"id": "X", "role": "other", "pseudonym": "Peter"}
        manifest = json.loads((out / "b" / "manifest.json").read_text())
        change(out / "b", participants=[*manifest["meeting"]["participants"], third])
        assert "b has others, too, who are left out here: Peter." in two(out).notes
        for name in "ac":
            change(out / name, participants=[*manifest["meeting"]["participants"], third])
        assert two(out).people == ("Sam", "Anna")
        for name in "abc":
            people = json.loads((out / name / "manifest.json").read_text())["meeting"]["participants"]
            change(out / name, participants=[{**who, "role": "other"} for who in people])
        assert "a dyad is two; say in meeting.yaml" in refused("Sam-Anna", "--out", out)

    def test_somebody_who_is_not_heard_in_one_meeting_is_not_measured_there(self, out):
        table = read(out / "b" / "timeline.parquet")
        mute = table[(table["tier"] == "turn") & (table["participant"] == "S")]
        write(mute.assign(evidence=""), out / "b")
        found = told("Sam-Anna", "--out", out)
        assert found["meetings"][1]["people"]["Anna"]["score"] is None
        assert "b: Anna is neither heard nor seen in it" in "\n".join(found["notes"])
        assert run("Sam-Anna", "--out", out, "--figure", out / "f.png").exception is None

    def test_a_manifest_that_cannot_be_read_is_no_ones(self, out):
        (out / "broken").mkdir()
        (out / "broken" / "manifest.json").write_text('{"meeting": 3}')
        assert len(two(out).meetings) == 3


class TestWhatIsMissing:
    def test_a_language_without_a_lexicon_suggests_nothing_and_says_so(self, tmp_path):
        meeting(tmp_path / "out", "one", [("S", FAMILY)], language="xx")
        found = told("Sam-Anna", "--out", tmp_path / "out")
        (one,) = found["meetings"]
        assert one["suggestion"]["phase"] is None and "not measured" in one["suggestion"]["why"]
        assert one["people"]["Sam"]["disclosure_s"] is None and one["people"]["Sam"]["topics"] is None
        assert any("one: " in note and "'xx'" in note for note in found["notes"])
        shown = run("Sam-Anna", "--out", tmp_path / "out", "--csv", tmp_path / "t.csv").stdout
        assert "no phase" in shown and not pd.read_csv(tmp_path / "t.csv")["disclosure_measured"].any()

    def test_a_meeting_that_was_not_coded_is_coded_for_the_view_only(self, out):
        path = out / "b" / "manifest.json"
        manifest = json.loads(path.read_text())
        del manifest["codebook"]
        path.write_text(json.dumps(manifest))
        table = read(out / "b" / "timeline.parquet")
        write(table[table["tier"] != "action"], out / "b")
        before = (out / "b" / "timeline.parquet").read_bytes()
        found = told("Sam-Anna", "--out", out)
        assert found["meetings"][1]["people"]["Sam"]["actions_per_minute"] > 0
        assert "b: it has not been coded" in "\n".join(found["notes"])
        assert (out / "b" / "timeline.parquet").read_bytes() == before

    def test_less_depth_than_before_is_no_way_back_by_itself(self, out):
        shutil.move(out / "c", out / "z")
        change(out / "z", start="2026-12-01T09:00:00Z")
        said = notes("Sam-Anna", "--out", out)
        assert "Less deep things are told in z than in a: phases are cyclical" in said

    def test_hardly_anything_said_suggests_nothing(self, tmp_path):
        folder = tmp_path / "out" / "short"
        analysed(folder, made([("S", 0.0, 4.0, DIVORCE), ("C", 5.0, 7.0, "Oh, I am sorry.")]), ROLES)
        change(folder, metadata={"dyad": "d"})
        (one,) = told("d", "--out", tmp_path / "out")["meetings"]
        assert one["suggestion"]["phase"] is None and one["suggestion"]["why"].startswith(
            "not enough was said"
        )
        limits = tmp_path / "own.yaml"
        limits.write_text("talk_s: 1\npassages: 1\nconfidence: 0.25\nseveral: 3\n")
        (one,) = told("d", "--out", tmp_path / "out", "--limits", limits)["meetings"]
        assert one["suggestion"]["phase"] == "renegotiation"

    @pytest.mark.parametrize(
        ("option", "name", "says"),
        [
            ("--figure", "f.doc", "end its name in .png or .svg or .pdf"),
            ("--csv", "t.xlsx", "end its name in .csv"),
            ("--csv", "nowhere/t.csv", "There is no folder"),
            ("--limits", "none.yaml", "no file of limits"),
        ],
    )
    def test_a_file_that_cannot_be_used_is_refused_before_anything_is_stored(self, out, option, name, says):
        decision = ("--confirm", "trial", "--meeting", "b", "--coder", "AK")
        assert says in refused("Sam-Anna", "--out", out, option, out / name, *decision)
        assert told("Sam-Anna", "--out", out)["meetings"][1]["decision"] is None


class TestCulture:
    def of(self, out, **said) -> tuple[Culture, str, str]:
        """What is told where one meeting says something: culture, notes, what the paper found."""
        for name in "abc":
            change(out / name, metadata={"dyad": "Sam-Anna"})
        change(out / "b", metadata={"dyad": "Sam-Anna", **said})
        return self.told(out)

    def told(self, out):
        found = two(out)
        culture = culture_of(found)
        return culture, "\n".join(culture.notes), " ".join(paper_found(found, culture))

    def test_what_one_meeting_says_holds_for_all_and_the_paper_is_context(self, out):
        culture, _, paper = self.told(out)
        assert culture.contexts == {"Sam": "LC", "Anna": "HC"}
        assert culture.diversity == "high" and culture.intelligence == "high"
        assert (
            "Of 9 relationships of high cultural diversity 4 stayed in trial, 2 reached enmeshment, 3"
            in paper
        )
        assert "Of the 3 whose salesperson's cultural intelligence was high, 3 reached renegotiation" in paper

    def test_it_never_decides_a_phase(self, out):
        with_culture = told("Sam-Anna", "--out", out)["meetings"]
        self.of(out, culture_S="HC", culture_C="HC", cultural_intelligence="low")
        other = told("Sam-Anna", "--out", out)
        assert other["culture"]["diversity"] == "low"
        assert [m["suggestion"] for m in other["meetings"]] == [m["suggestion"] for m in with_culture]

    def test_two_of_one_kind_are_of_low_diversity(self, out):
        culture, _, paper = self.of(out, culture_S="hc", culture_C="HC")
        assert culture.diversity == "low" and "low-context culture, unlike here" in paper

    def test_no_word_for_culture_is_said_with_what_to_write(self, out):
        culture, notes, paper = self.of(out)
        assert (culture.diversity, paper) == ("", "")
        assert "No culture is known of Sam and Anna" in notes and "`metadata: culture_S: LC`" in notes

    @pytest.mark.parametrize(
        ("said", "note"),
        [
            ({"culture_S": "Finnish"}, "Sam's culture is 'Finnish', which is none of LC, HC"),
            ({"culture_Sam": "LC"}, "culture_Sam is of nobody; the participants are C, S"),
            ({"cultural_intelligence": "super"}, "is 'super', which is none of low, medium, high"),
            ({"cultural_intelligence_components": "emotional"}, "emotional is no component"),
            ({"cultural_intelligence_components": "cognitive"}, "are those of no level"),
            (
                {"cultural_intelligence": "high", "cultural_intelligence_components": "motivational"},
                "are not those of high",
            ),
        ],
    )
    def test_what_cannot_be_meant_is_said(self, out, said, note):
        assert note in self.of(out, **said)[1]

    def test_meetings_that_disagree_are_said(self, out):
        change(out / "a", metadata={"dyad": "Sam-Anna", "culture_S": "HC"})
        culture, notes, _ = self.told(out)
        assert "disagree on Sam's culture (LC in c, HC in a)" in notes and culture.diversity == ""

    @pytest.mark.parametrize(
        ("parts", "level"),
        [
            ("motivational, metacognitive", "low"),
            ("Behavioral, motivational, metacognitive", "medium"),
            ("cognitive motivational metacognitive behavioural", "high"),
        ],
    )
    def test_components_tell_the_level_as_in_the_papers_table_a1(self, out, parts, level):
        assert self.of(out, cultural_intelligence_components=parts)[0].intelligence == level
