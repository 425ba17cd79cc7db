"""Real partners against partners shuffled across meetings, where it is known who answers whom."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from pipeline.corpus.build import build
from pipeline.corpus.surrogate import ANSWERED, Pair, Side, against_strangers, alike, answered
from pipeline.rapport.codebook import load_codebook
from tests.corpus.made import meeting, run


def side(onsets=(), seconds=1000.0, rate=3.0):
    return Side(np.array(sorted(onsets), float), seconds, rate)


def smilers(rng, number, *, reciprocal):
    """Pairs of people who smile 40 times in 1,000 s, the second one in answer or at any time."""
    for i in range(number):
        a = rng.uniform(0, 990, 40)
        b = a + rng.uniform(0.5, 3.0, 40) if reciprocal else rng.uniform(0, 990, 40)
        yield Pair(f"d{i}", "en", side(a), side(b))


def test_smiles_answered_are_counted_both_ways_within_both_meetings():
    a, b = side([10.0, 50.0, 95.0]), side([13.0, 60.0, 96.0], seconds=90.0)
    assert answered(a, b) == 1 / 4  # 10 is answered at 13; 50, 13 and 60 are not; after 90 nothing counts
    assert answered(side([10.0]), side([10.0])) == 0  # at the same time is no answer
    assert math.isnan(answered(side(), side()))


def test_it_is_the_codebooks_time_in_which_a_smile_is_answered():
    assert load_codebook().codes["smile_reciprocity"].limit("within") == ANSWERED


def test_partners_who_answer_stand_out_and_partners_who_smile_a_lot_do_not():
    found = against_strangers(
        "smiles", list(smilers(np.random.default_rng(2), 12, reciprocal=True)), answered
    )
    assert found.real > 0.5 > found.high >= found.shuffled and found.p < 0.01
    found = against_strangers(
        "smiles", list(smilers(np.random.default_rng(3), 12, reciprocal=False)), answered
    )
    assert found.low < found.real < found.high and found.p > 0.05


def test_chance_is_called_synchrony_about_as_often_as_it_says():
    rng = np.random.default_rng(8)
    called = sum(
        against_strangers("s", list(smilers(rng, 8, reciprocal=False)), answered).p < 0.05 for _ in range(50)
    )
    assert called <= 8


def test_matched_rates_stand_out():
    rng = np.random.default_rng(1)
    rates = rng.uniform(2, 5, 15)
    pairs = [Pair(f"d{i}", "en", side(rate=rate), side(rate=rate * 1.02)) for i, rate in enumerate(rates)]
    found = against_strangers("rate", pairs, alike)
    assert found.real == pytest.approx(-math.log(1.02)) and found.p < 0.01
    assert found == against_strangers("rate", pairs, alike)  # the same at every run


def test_matched_rates_stand_out_where_all_customers_are_slower():
    rng = np.random.default_rng(3)
    rates = rng.uniform(2, 5, 20)
    slower = [Pair(f"d{i}", "en", side(rate=r), side(rate=0.7 * r)) for i, r in enumerate(rates)]
    assert against_strangers("rate", slower, alike).p < 0.05


def test_nobody_is_put_together_with_a_partner_of_the_same_dyad():
    own = [Pair("d0", "en", side(rate=1.0), side(rate=1.0)) for _ in range(20)]
    others = [Pair(f"d{i}", "en", side(rate=100.0), side(rate=100.0)) for i in range(1, 6)]
    found = against_strangers("rate", own + others, lambda a, b: float(a.rate == b.rate == 1.0))
    assert found.shuffled == 0 and found.real == pytest.approx(1 / 6)  # a dyad counts once


def test_a_corpus_with_smiles(tmp_path):
    for i in range(6):
        smiles = [("S", 5.0 + 23 * i), ("C", 6.5 + 23 * i)]
        meeting(tmp_path / "o", f"m{i}", smiles=smiles)
    build(tmp_path / "o", tmp_path / "c")
    smile, rate = json.loads(run("synchrony", "--json", "--corpus", tmp_path / "c").stdout)
    assert (smile["dyads"], smile["real"], smile["shuffled"]) == (6, 0.5, 0.0)
    assert rate["dyads"] == 6 and rate["real"] < 0
    assert "6 dyads" in run("synchrony", "--corpus", tmp_path / "c").stdout


def test_few_dyads_have_no_baseline(tmp_path):
    meeting(tmp_path / "o", "one", smiles=[("S", 5.0), ("C", 6.5)])
    build(tmp_path / "o", tmp_path / "c")
    assert "1 dyad: too few" in run("synchrony", "--corpus", tmp_path / "c").stdout
