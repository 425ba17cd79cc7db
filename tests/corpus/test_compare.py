"""Descriptions and comparisons of corpora of which the truth is known."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.corpus.build import build
from pipeline.corpus.compare import compare
from pipeline.corpus.describe import describe
from pipeline.corpus.tables import load
from pipeline.errors import SettingsError
from tests.corpus.made import change, meeting, run

TALKING = "speech_s"
EXTRA = [5.0, 9.0, 3.0, 7.0, 8.0, 11.0, 20.0, 14.0, 18.0, 6.0, 25.0, 16.0]
"""Seconds that the salesperson talks more, in six lost and six won meetings."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Twelve dyads; the seventh has a second meeting, in which much less is said."""
    folder = tmp_path_factory.mktemp("compared")
    for i, extra in enumerate(EXTRA):
        about = {"outcome": "won" if i >= 6 else "lost", "rating": float(i)}
        about["metadata"] = {"site": "A" if i % 2 else "B", "age": 30 + i}
        meeting(folder / "outputs", f"m{i:02d}", extra=extra, names=(f"S{i}", f"C{i}"), **about)
    again = {"outcome": "won", "rating": 2.0, "metadata": {"site": "B", "age": 36}}
    meeting(folder / "outputs", "m06-again", extra=1.0, names=("S6", "C6"), **again)
    build(folder / "outputs", folder / "corpus")
    return folder / "corpus"


def by_hand(corpus):
    """What the salesperson talks in each dyad, from the tables, by pandas alone."""
    measures, meetings = load(corpus, "measures"), load(corpus, "meetings")
    rows = measures[(measures["measure"] == TALKING) & (measures["role"] == "salesperson")]
    rows = rows.merge(meetings, on="meeting")
    return rows.groupby("dyad").agg(
        value=("value", "mean"), outcome=("outcome", "first"), rating=("rating", "mean")
    )


def one(found, variable=TALKING, role="salesperson"):
    rows = found.results
    return rows[(rows["variable"] == variable) & (rows["role"] == role)].iloc[0]


def test_a_dyad_is_one_observation(corpus):
    found = compare(corpus, "outcome")
    row = one(found)
    assert (found.meetings, found.dyads) == (13, 12)
    assert (row["a"], row["b"], row["n_a"], row["n_b"]) == ("lost", "won", 6, 6)
    assert any("2 meetings count as 1 dyad," in note and "metadata: dyad:" in note for note in found.notes)
    own = by_hand(corpus)["value"]
    assert own["C6+S6"] == pytest.approx((20 + 1) / 2 + own["C0+S0"] - 5)


def test_effect_interval_and_test_of_two_groups(corpus):
    dyads = by_hand(corpus)
    lost, won = (dyads["value"][dyads["outcome"] == name] for name in ("lost", "won"))
    row = one(compare(corpus, "outcome", [TALKING]))
    truth = np.sign(lost.to_numpy()[:, None] - won.to_numpy()).mean()
    assert row["effect"] == pytest.approx(truth)
    assert -1 <= row["low"] <= row["effect"] <= row["high"] < 0
    assert row["p"] == pytest.approx(stats.mannwhitneyu(lost, won).pvalue)
    assert row["median_a"] == pytest.approx(lost.median())
    row = one(compare(corpus, "outcome", [TALKING], "hedges"))
    spread = math.sqrt((lost.var() + won.var()) / 2)
    assert row["effect"] == pytest.approx((lost.mean() - won.mean()) / spread * (1 - 3 / 39))
    assert row["p"] == pytest.approx(stats.ttest_ind(lost, won, equal_var=False).pvalue)


def test_a_rating_is_correlated_by_dyads(corpus):
    dyads = by_hand(corpus)
    found = compare(corpus, "rating", [TALKING])
    row, judge = one(found), stats.spearmanr(dyads["value"], dyads["rating"])
    assert found.effect == "spearman" and row["n_a"] == 12
    assert (row["effect"], row["p"]) == pytest.approx((judge.statistic, judge.pvalue))
    assert row["low"] < row["effect"] < row["high"]
    assert compare(corpus, "age", [TALKING]).effect == "spearman"  # numbers of metadata, too
    assert compare(corpus, "site", [TALKING]).effect == "cliff"


def test_how_many_were_tested_is_said_and_q_is_over_all_of_them(corpus):
    found = compare(corpus, "outcome")
    tested = found.results["p"].dropna()
    assert found.tests == len(tested) > 5
    assert found.results["q"].dropna().tolist() == pytest.approx(
        stats.false_discovery_control(tested).tolist()
    )
    assert any(note.startswith(f"Tested: {found.tests} comparisons.") for note in found.notes)
    only = one(compare(corpus, "outcome", [TALKING]))
    assert one(found)["q"] >= one(found)["p"] == only["p"]


def test_few_dyads_have_an_effect_but_no_test(tmp_path):
    for i in range(9):  # five and four: one group too small
        meeting(tmp_path / "o", f"m{i}", extra=2.0 + i, outcome="won" if i < 5 else "lost", rating=float(i))
    build(tmp_path / "o", tmp_path / "c")
    for by in ("outcome", "rating"):
        found = compare(tmp_path / "c", by, [TALKING])
        row = one(found)
        assert abs(row["effect"]) == 1 and pd.isna([row["low"], row["p"], row["q"]]).all()
        assert found.tests == 0 and any("No interval and no test" in note for note in found.notes)
    printed = run("compare", "--by", "outcome", "--measure", TALKING, "--corpus", tmp_path / "c").stdout
    line = next(line.split() for line in printed.splitlines() if "salesperson" in line)
    assert line == [TALKING, "salesperson", "lost", "won", "4", "5", *line[6:8], "1", "-", "-", "-"]


def test_meetings_without_the_column_and_dyads_in_both_groups_are_left_out(tmp_path):
    for i in range(4):
        meeting(tmp_path / "o", f"m{i}", extra=2.0 + i, outcome=["won", "lost", "won", None][i])
    change(tmp_path / "o" / "m0", metadata={"dyad": 7})
    change(tmp_path / "o" / "m1", metadata={"dyad": 7})
    meeting(tmp_path / "o", "m4", extra=4.0, outcome="lost")
    build(tmp_path / "o", tmp_path / "c")
    found = compare(tmp_path / "c", "outcome", [TALKING])
    assert (found.dyads, found.meetings) == (2, 2)
    assert any("more than one group: 1 dyad." in note for note in found.notes)
    assert not any("count as" in note for note in found.notes)  # it was said which dyad they are


def test_nothing_to_compare_is_said(corpus, tmp_path):
    with pytest.raises(SettingsError, match=r"No meeting has colour; .*outcome.*age, site"):
        compare(corpus, "colour")
    with pytest.raises(SettingsError, match="fewer than two"):
        compare(corpus, "next_step")
    with pytest.raises(SettingsError, match=r"no measure speech; there are: .*speech_s"):
        compare(corpus, "outcome", ["speech"])


def test_two_numbers_are_codes_of_groups_and_more_are_correlated(tmp_path):
    for i in range(12):
        about = {"arm": i % 2 + 1, "age": 20 + i}
        meeting(tmp_path / "o", f"m{i}", metadata={"dyad": f"d{i}", **about}, extra=2.0 + i)
    build(tmp_path / "o", tmp_path / "c")
    found = compare(tmp_path / "c", "arm", [TALKING], effect="hedges")
    assert found.effect == "hedges" and set(found.results["a"]) == {"1"}
    assert compare(tmp_path / "c", "age", [TALKING]).effect == "spearman"
    with pytest.raises(SettingsError, match="age is a number"):
        compare(tmp_path / "c", "age", [TALKING], effect="hedges")


def test_dyads_that_are_all_in_both_groups_leave_nothing_to_compare(tmp_path):
    for i in range(4):
        meeting(tmp_path / "o", f"m{i}", metadata={"dyad": f"d{i // 2}"}, outcome=("won", "lost")[i % 2])
    build(tmp_path / "o", tmp_path / "c")
    with pytest.raises(SettingsError, match="without those 2 dyads"):
        compare(tmp_path / "c", "outcome")


def test_a_description_is_what_pandas_says(corpus, tmp_path):
    found = describe(corpus)
    assert (found.meetings, found.dyads, found.people, found.languages) == (13, 12, 24, {"en": 13})
    assert found.hours == pytest.approx(13 * 200 / 3600)
    measures = load(corpus, "measures")
    rows = measures[(measures["measure"] == TALKING) & (measures["role"] == "salesperson")]["value"]
    judge, kept = rows.describe(), found.values.set_index(["variable", "role"])
    row = kept.loc[(TALKING, "salesperson")]
    assert row.tolist() == pytest.approx([13, 0, *judge[["mean", "std", "50%", "25%", "75%"]]])
    silent = kept.loc[("mutual_gaze_share_of_meeting", "customer")]
    assert (silent["n"], silent["missing"]) == (0, 13)
    assert ("score_total", "customer+salesperson") in kept.index
    data = json.loads(run("describe", "--json", "--corpus", corpus).stdout)
    assert data["meetings"] == 13 and len(data["values"]) == len(found.values)
    run("describe", "--csv", tmp_path / "d.csv", "--corpus", corpus)
    assert len(pd.read_csv(tmp_path / "d.csv")) == len(found.values)


def test_what_was_not_made_alike_is_said(tmp_path):
    for i in range(3):
        meeting(tmp_path / "o", f"m{i}", outcome="won" if i else "lost")
    path = tmp_path / "o" / "m1" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["settings"]["voice"]["listen"] = False
    manifest["product"]["version"] = "0.0.9"
    path.write_text(json.dumps(manifest))
    build(tmp_path / "o", tmp_path / "c")
    said = describe(tmp_path / "c").differ
    assert len(said) == 2
    assert "2 versions: 0.1.0 (2), 0.0.9 (1)" in said[0] and "2 configurations" in said[1]
    assert set(said) <= set(compare(tmp_path / "c", "outcome").notes)
    assert f"! {said[0]}" in run("describe", "--corpus", tmp_path / "c").stdout
