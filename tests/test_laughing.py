"""Laughter of the sample meeting, end to end, and whose it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.hearing import Heard
from pipeline.laughing import join_smiling, mark_laughter
from pipeline.timeline.table import read, tier


@pytest.fixture(scope="module")
def table(analysed):
    return read(analysed / "timeline.parquet")


def test_the_laughter_and_its_answer_are_found_and_joined(table, truth):
    true = [(laugh["start"], laugh["end"]) for laugh in truth["laughs"]]
    start, end = min(a for a, _ in true), max(b for _, b in true)
    rows = tier(table, "laughter")
    assert sorted(rows["participant"]) == ["P1", "P2"]
    for row in rows.itertuples():
        assert row.start == pytest.approx(start, abs=0.5) and row.end == pytest.approx(end, abs=0.5)
    (joined,) = tier(table, "reciprocal_laughter").to_dict("records")
    assert {joined["participant"], joined["text"]} == {"P1", "P2"}
    assert set(joined["evidence"].split()) == set(rows["id"])


def test_nothing_else_is_said_of_the_voice_while_somebody_laughs(analysed, table):
    laugh = tier(table, "laughter").iloc[0]
    signals = pd.read_parquet(analysed / "signals" / "voice.parquet")
    inside = signals["time"].between(laugh["start"] + 0.02, laugh["end"] - 0.02)
    assert signals.loc[inside, ["f0", "hnr", "pulse_rate"]].isna().all(axis=None)
    for name in ("stress", "pitch_step", "creak", "breath_in", "breath_out"):
        rows = tier(table, name)
        assert not ((rows["start"] < laugh["end"] - 0.1) & (rows["end"] > laugh["start"] + 0.1)).any()


def word(text: str, start: float, end: float, confidence: float = 0.9, who: str = "A") -> dict:
    return {
        "participant": who,
        "start": start,
        "end": end,
        "text": text,
        "confidence": confidence,
        "label": "",
    }


def test_words_that_were_written_for_laughter_are_marked_and_real_ones_are_not():
    words = [
        word("Ha,", 1.0, 1.3),
        word("haha!", 1.4, 1.8),
        word("really", 1.9, 2.4),  # said through the laugh
        word("hoo-hoo", 2.4, 2.8, 0.3),
        word("shsh", 2.8, 3.0, 0.2),
        word("ha", 8.0, 8.3),  # nobody laughs there
        word("haha", 1.0, 1.5, who="B"),
    ]
    labels = [w["label"] for w in mark_laughter(words, {"A": [(1.0, 3.0)]})]
    assert labels == ["laughter", "laughter", "", "laughter", "laughter", "", ""]


def heard(**probability: float) -> Heard:
    times = np.arange(0, 10, 0.1)
    return Heard(probability={who: (times, np.full(100, p)) for who, p in probability.items()})


def laugh(who: str) -> dict:
    return {"tier": "laughter", "id": "l", "participant": who, "start": 2.0, "end": 4.0, "confidence": 0.8}


def smile(who: str, start: float, end: float) -> dict:
    return {"tier": "smile", "id": f"smile-{who}", "participant": who, "start": start, "end": end}


def test_who_smiles_and_is_faintly_heard_laughs_along():
    rows = join_smiling([laugh("A")], [smile("A", 1, 5), smile("B", 1, 5)], heard(A=0.9, B=0.2))
    assert [row["participant"] for row in rows] == ["A", "B"]
    assert rows[1]["evidence"] == "smile-B" and rows[1]["confidence"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("smiles", "faint"),
    [([], 0.2), ([smile("B", 3.5, 5)], 0.2), ([smile("B", 1, 5)], 0.01), ([smile("C", 1, 5)], 0.2)],
)
def test_a_smile_without_a_voice_and_a_voice_without_a_smile_are_no_laughter(smiles, faint):
    assert [r["participant"] for r in join_smiling([laugh("A")], smiles, heard(A=0.9, B=faint))] == ["A"]
