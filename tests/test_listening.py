"""How things were said in the sample meeting, end to end, and limits that are moved afterwards."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from pipeline.timeline.table import read, tier, write
from pipeline.voice.labels import TIERS
from pipeline.voice.signals import SIGNALS
from tests.conftest import rapport, who_is_who


@pytest.fixture(scope="module")
def table(analysed):
    return read(analysed / "timeline.parquet")


@pytest.fixture
def copy(analysed, tmp_path):
    return shutil.copytree(analysed, tmp_path / "meeting", ignore=shutil.ignore_patterns(".stages"))


def limits(path, text: str):
    path.write_text(f"voice: {{labels: {{{text}}}}}")
    return path


def test_signals_cover_all_talk_of_everybody(analysed, table, truth):
    signals = pd.read_parquet(analysed / "signals" / "voice.parquet")
    assert list(signals.columns) == ["participant", *SIGNALS]
    for participant, person in who_is_who(table, truth).items():
        own = signals[signals["participant"] == participant]
        talk = truth["speech"][person]
        there = sum(own["time"].between(start, end).sum() for start, end in talk)
        assert there * 0.01 > 0.95 * sum(end - start for start, end in talk)
        voiced = own["f0"].dropna()
        assert 5 < 0.01 * len(voiced) < 40
        # both are modelled voices: one low, one high; neither strays an octave
        spread = 12 * np.log2(voiced.quantile(0.95) / voiced.quantile(0.05))
        assert spread < 24


def test_events_of_voices_are_in_the_talk_of_who_made_them(table):
    turns = tier(table, "turn")
    for name in TIERS:
        for row in tier(table, name).itertuples():
            own = turns[turns["participant"] == row.participant]
            assert ((own["start"] < row.end + 0.7) & (own["end"] > row.start - 0.7)).any()
            assert np.isfinite(row.value) and 0 <= row.confidence <= 1


def test_every_turn_unit_has_at_most_one_final_intonation_and_most_have_one(table):
    final = tier(table, "intonation")
    assert set(final["label"]) <= {"falling", "level", "rising"}
    assert len(final) >= 0.8 * len(tier(table, "turn"))
    for _, own in final.groupby("participant"):
        assert (own["start"].to_numpy()[1:] >= own["end"].to_numpy()[:-1] - 0.01).all()


def test_talk_through_a_smile_rests_on_the_smile(table):
    rows = tier(table, "smile_voice")
    smiles = tier(table, "smile").set_index("id")
    assert len(rows) >= 5
    for row in rows.itertuples():
        smile = smiles.loc[row.evidence.split()[0]]
        assert smile["participant"] == row.participant
        assert smile["start"] - 0.3 <= row.start < row.end <= smile["end"] + 0.3


def test_limits_are_moved_without_a_new_run(copy, tmp_path):
    before = read(copy / "timeline.parquet")
    done = rapport("relabel", copy, "--config", limits(tmp_path / "more.yaml", "stress: 0.5"))
    assert done.returncode == 0, done.stderr
    after = read(copy / "timeline.parquet")
    strong = set(zip(tier(before, "stress")["start"], tier(before, "stress")["participant"], strict=True))
    weak = set(zip(tier(after, "stress")["start"], tier(after, "stress")["participant"], strict=True))
    assert strong < weak
    assert (tier(after, "stress")["value"] >= 0.5).all()
    others = [frame[frame["tier"] != "stress"].reset_index(drop=True) for frame in (before, after)]
    pd.testing.assert_frame_equal(*others)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["voice"]["labels"]["stress"] == 0.5

    assert rapport("relabel", copy).returncode == 0
    pd.testing.assert_frame_equal(read(copy / "timeline.parquet"), before)


def test_what_a_human_said_of_a_voice_outlives_other_limits(copy, tmp_path):
    table = read(copy / "timeline.parquet")
    stress = table["tier"] == "stress"
    chosen = table.index[stress][0]
    table.loc[chosen, ["status", "text", "evidence"]] = [
        "edited",
        "surely",
        tier(table, "word")["id"].iloc[0],
    ]
    write(table, copy)
    done = rapport("relabel", copy, "--config", limits(tmp_path / "none.yaml", "stress: 99"))
    assert done.returncode == 0, done.stderr
    (kept,) = tier(read(copy / "timeline.parquet"), "stress").to_dict("records")
    assert kept["text"] == "surely" and kept["evidence"] == table.loc[chosen, "evidence"]


def test_what_was_not_analysed_cannot_be_relabelled(tmp_path, copy):
    nothing = rapport("relabel", tmp_path / "nothing")
    assert nothing.returncode == 5 and "no analysed meeting" in nothing.stderr
    (copy / "signals" / "voice_measures.parquet").unlink()
    unmeasured = rapport("relabel", copy)
    assert unmeasured.returncode == 5 and "Nothing was measured" in unmeasured.stderr
    (copy / "signals" / "voice_measures.parquet").write_bytes(b"broken")
    broken = rapport("relabel", copy)
    assert broken.returncode == 5 and "analyse the meeting again" in broken.stderr
