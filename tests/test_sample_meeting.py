"""The sample meeting end to end: what comes out is what is true of it."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from pipeline.timeline.table import read, tier
from tests.conftest import who_is_who


@pytest.fixture(scope="module")
def table(analysed):
    return read(analysed / "timeline.parquet")


@pytest.fixture(scope="module")
def who(table, truth):
    found = who_is_who(table, truth)
    assert sorted(found.values()) == sorted(truth["speech"]), "two people, one voice each"
    return found


def plain(text):
    return re.sub(r"[^a-z']", "", text.lower())


def test_the_words_are_those_that_were_said(table, truth):
    jiwer = pytest.importorskip("jiwer")
    said = " ".join(plain(word["word"]) for word in sorted(truth["words"], key=lambda w: w["start"]))
    heard = " ".join(plain(text) for text in tier(table, "word")["text"])
    assert jiwer.wer(said, heard) < 0.2


def test_words_go_to_the_person_who_said_them(table, truth, who):
    """Words said while the other is silent; in overlap the recogniser hears one voice only."""
    overlaps = [(overlap["start"], overlap["end"]) for overlap in truth["overlaps"]]
    right = wrong = 0
    for word in tier(table, "word").itertuples():
        near = [
            true
            for true in truth["words"]
            if plain(true["word"]) == plain(word.text) and abs(true["start"] - word.start) < 0.4
        ]
        if near and not any(a < word.end and b > word.start for a, b in overlaps):
            ours = min(near, key=lambda true: abs(true["start"] - word.start))["speaker"]
            right, wrong = right + (who[word.participant] == ours), wrong + (who[word.participant] != ours)
    assert right > 150
    assert wrong <= 0.03 * right


def test_silences_are_as_long_as_they_are(table, truth):
    reported = table[table["tier"].isin(["pause", "gap", "latch"])]
    errors = []
    for true in truth["pauses"]:
        if true["seconds"] < 0.2:
            continue
        shared = reported["end"].clip(upper=true["end"]) - reported["start"].clip(lower=true["start"])
        assert shared.max() > 0, f"no silence at {true['start']:.2f} s"
        best = reported.loc[shared.idxmax()]
        errors.append(abs(best["end"] - best["start"] - true["seconds"]))
    assert len(errors) > 20
    assert np.median(errors) <= 0.03
    assert np.percentile(errors, 90) <= 0.1


def test_the_overlapped_question_is_an_overlap_of_the_right_people(table, truth, who):
    longest = max((o for o in truth["overlaps"] if o["kind"] == "talk"), key=lambda o: o["seconds"])
    shared = [
        min(o.end, longest["end"]) - max(o.start, longest["start"])
        for o in tier(table, "overlap").itertuples()
    ]
    assert max(shared) > 0.5 * longest["seconds"]


def test_every_row_names_its_source_and_rests_on_rows_that_exist(table):
    assert (table["source"] != "").all()
    assert (table["status"] == "auto").all()
    turns = tier(table, "turn")
    words = set(tier(table, "word")["id"])
    assert set(" ".join(turns["evidence"]).split()) == words


def test_the_folder_holds_what_is_promised(analysed, table):
    again = pd.read_csv(analysed / "timeline.csv", keep_default_na=False)
    assert list(again["id"]) == list(table["id"])
    assert (analysed / "signals" / "speech.parquet").is_file()
    transcript = (analysed / "transcript.txt").read_text(encoding="utf-8")
    assert "holiday" in transcript and "P1:" in transcript and "P2:" in transcript
    manifest = json.loads((analysed / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"][0]["sha256"] and manifest["models"] and manifest["settings"]["turns"]
    assert [stage["stage"] for stage in manifest["stages"]][:2] == ["decode", "find speech"]


def test_speech_probabilities_are_kept_as_a_signal(analysed, table):
    signal = pd.read_parquet(analysed / "signals" / "speech.parquet")
    assert signal["time"].is_monotonic_increasing
    people = sorted(set(table["participant"]) - {""})
    assert [f"speech_{person}" for person in people] == list(signal.columns[1:])
    assert signal.iloc[:, 1:].stack().between(0, 1).all()
