"""Agreement of whole codings: what holds of any two, and what each figure rests on."""

from __future__ import annotations

import csv
import io
import json
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.agreement.compare import Choices, compare
from pipeline.agreement.disagreements import COLUMNS, as_csv
from pipeline.agreement.events import Criterion
from pipeline.agreement.report import as_data
from pipeline.agreement.sides import Side
from pipeline.errors import SettingsError
from tests.agreement.made import coding, events

FIGURES = ("kappa_events", "kappa_time", "alpha_labels", "alpha_units")


@st.composite
def codings(draw):
    """A coding of three tiers: two of events, one of words."""
    rows = [("smile", e.participant, e.start, e.end) for e in draw(events())]
    rows += [("nod", e.participant, e.start, e.end, e.label) for e in draw(events())]
    rows += [("word", "S", e.start, e.end, "", e.label) for e in draw(events())]
    return coding(*rows) if rows else coding(("smile", "S", 0.0, 1.0))


def tier_of(found, name):
    return next(tier for tier in found.tiers if tier.tier == name)


@settings(deadline=None, max_examples=25)
@given(codings())
def test_a_coding_agrees_with_itself_perfectly(one):
    found = compare(one, one)
    assert not found.disagreements
    for tier in found.tiers:
        assert tier.matched == tier.a == tier.b
        assert (tier.precision, tier.recall, tier.f1.value) == (1, 1, 1)
        assert tier.overlap == pytest.approx(1) and tier.onset == tier.offset == 0
        assert tier.jaccard in (None, pytest.approx(1)) and tier.same_label in (None, 1)
        assert all(getattr(tier, name).value in (None, pytest.approx(1)) for name in FIGURES)
    if found.words:
        assert found.words.agreement.value == 1 and found.words.error_rate_a == 0


@settings(deadline=None, max_examples=25)
@given(codings(), codings())
def test_exchanging_the_coders_exchanges_precision_and_recall(one, other):
    there, back = compare(one, other), compare(other, one)
    assert len(there.disagreements) == len(back.disagreements)
    for tier in there.tiers:
        same = tier_of(back, tier.tier)
        assert (tier.precision, tier.recall) == (same.recall, same.precision)
        assert tier.f1.value == same.f1.value
        assert tier.seconds_a == pytest.approx(same.seconds_b)
        assert tier.jaccard == pytest.approx(same.jaccard)
        for name in FIGURES:
            value, turned = getattr(tier, name).value, getattr(same, name).value
            assert value == (turned if turned is None else pytest.approx(turned, abs=1e-9))
    if there.words and back.words:
        assert there.words.same == back.words.same
        assert (there.words.error_rate_a, there.words.only_a) == (back.words.error_rate_b, back.words.only_b)


@settings(deadline=None, max_examples=25)
@given(codings(), codings())
def test_everything_is_valid_json_and_csv(one, other):
    found = compare(one, other)
    data = json.loads(json.dumps(as_data(found), allow_nan=False))
    rows = list(csv.reader(io.StringIO(as_csv(found.disagreements))))
    assert rows[0] == list(COLUMNS)
    assert len(rows) - 1 == len(data["disagreements"]) == len(found.disagreements)


def nods(count=20, shift=0.0, label="repeated", who="S"):
    return [("nod", who, 2 + 5 * i + shift, 3 + 5 * i + shift, label) for i in range(count)]


def test_events_shifted_beyond_the_tolerance_do_not_agree():
    choices = Choices(criterion=Criterion(tolerance=0.5))
    near = compare(coding(*nods()), coding(*nods(shift=0.5)), choices)
    far = compare(coding(*nods()), coding(*nods(shift=0.6)), choices)
    assert near.tiers[0].f1.value == 1 and near.tiers[0].onset == pytest.approx(0.5)
    assert far.tiers[0].f1.value == 0 and far.tiers[0].overlap is None
    assert {one.kind for one in far.disagreements} == {"only in A", "only in B"}


def test_the_counts_behind_a_small_table_by_hand():
    a = coding(*nods(16), *nods(4, label="single", shift=80))
    rows = [*nods(14), *nods(2, label="single", shift=70), *nods(2, label="single", shift=80)]
    tier = compare(a, coding(*rows)).tiers[0]
    # 18 pairs: 14 and 2 alike, 2 "repeated" that B calls "single"; 2 "single" are A's alone.
    assert (tier.a, tier.b, tier.matched) == (20, 18, 18)
    assert (tier.precision, tier.recall) == (1, 0.9)
    assert tier.f1.value == pytest.approx(36 / 38) and tier.f1.events == 20
    assert tier.same_label == pytest.approx(16 / 18)
    # Doubled: 28 and 4 alike, 4 unlike, 2 of A alone; rows 32 and 6, columns 28 and 8, 38 events in all.
    expected = 36 / 38 * (32 * 28 + 6 * 8) / (38 * 36)
    assert tier.kappa_events.value == pytest.approx((32 / 38 - expected) / (1 - expected))
    # 36 values: coincidences 28, 4, and 4 unlike (2 each way); 30 and 6 of each label.
    assert tier.alpha_labels.value == pytest.approx(1 - 35 * 4 / (36**2 - 30**2 - 6**2))
    assert [(one.label, one.a, one.b, one.both) for one in tier.labels] == [
        ("repeated", 16, 14, 14),
        ("single", 4, 4, 2),
    ]
    assert (tier.seconds_a, tier.seconds_b, tier.seconds_both) == pytest.approx((20, 18, 18))
    agreed = (120 - 20 + 16) / 120
    by_chance = (100 * 102 + 16 * 14 + 4 * 4) / 120**2
    assert tier.kappa_time.value == pytest.approx((agreed - by_chance) / (1 - by_chance))


def test_few_events_have_no_coefficients_and_say_so():
    found = compare(coding(*nods(3)), coding(*nods(3, shift=0.1)))
    tier = found.tiers[0]
    assert tier.f1.value == 1 and tier.f1.low is None
    assert tier.kappa_time.value is None and tier.kappa_time.why == "3 events: too few"


def test_one_category_has_no_kappa_and_says_so():
    tier = compare(coding(*nods()), coding(*nods(shift=0.1))).tiers[0]
    assert tier.kappa_events.value is None and tier.kappa_events.why == "one category"
    assert tier.alpha_labels.value is None
    unlabelled = compare(coding(*nods(label="")), coding(*nods(label=""))).tiers[0]
    assert unlabelled.kappa_events.why == "no labels" and unlabelled.kappa_time.value == pytest.approx(1)


def test_intervals_are_the_same_every_time_and_hold_the_figure():
    rng = np.random.default_rng(2)
    rows = [row for row in nods() if rng.random() < 0.7]
    one, again = (compare(coding(*nods()), coding(*rows)).tiers[0].f1 for _ in range(2))
    assert one == again
    assert one.low < one.value < one.high


def test_kinds_of_disagreement():
    a = coding(
        ("nod", "S", 1, 2, "single"),
        ("nod", "S", 11, 14, "single"),
        ("nod", "S", 21, 22, "single"),
        ("nod", "S", 31, 32, "single"),
        ("word", "S", 41, 41.5, "", "yes"),
        ("word", "S", 42, 42.5, "", "no"),
    )
    b = coding(
        ("nod", "S", 1, 2, "repeated"),
        ("nod", "S", 11, 14.6, "single"),
        ("nod", "C", 21, 22, "single"),
        ("nod", "S", 34, 35, "single"),
        ("word", "C", 41, 41.5, "", "Yes!"),
        ("word", "S", 42, 42.5, "", "now"),
    )
    found = [(one.start, one.kind) for one in compare(a, b).disagreements]
    assert found == [
        (1, "other label"),
        (11, "boundaries"),
        (21, "other person"),
        (31, "only in A"),
        (34, "only in B"),
        (41, "other person"),
        (42, "other word"),
    ]
    assert (11, "boundaries") not in [
        (one.start, one.kind) for one in compare(a, b, Choices(boundary=1.0)).disagreements
    ]


def test_only_the_stretch_that_both_coded_is_compared():
    a, b = coding(*nods()), coding(*nods(10))
    whole, part = compare(a, b), compare(a, b, Choices(end=50.0))
    assert whole.tiers[0].recall == 0.5 and part.tiers[0].recall == 1
    # What reaches beyond the stretch is cut there for both, so that its edges do not differ.
    long, short = coding(("smile", "S", 10, 40)), coding(("smile", "S", 10, 21))
    assert compare(long, short).tiers[0].matched == 0
    cut = compare(long, short, Choices(start=12.0, end=20.0))
    assert cut.tiers[0].overlap == 1 and cut.tiers[0].seconds_a == 8 and not cut.disagreements
    with pytest.raises(SettingsError, match=r"the meeting ends at 120\.0 s"):
        compare(a, b, Choices(start=500.0))


def test_an_unfinished_coding_is_told():
    long = coding(*nods(), ("nod", "S", 900, 901, "single"), duration=None)
    notes = compare(long, coding(*nods(), duration=None)).notes
    assert notes == ["B ends at 1:38.0, 803 s early; compare what both coded with --to."]


def test_a_tier_that_one_alone_has_is_counted_and_told():
    found = compare(coding(*nods(), ("smile", "S", 1, 2)), coding(*nods()))
    assert tier_of(found, "smile").precision is None and tier_of(found, "smile").recall == 0
    assert found.notes == ["Only A has smile (1): if B did not code it, choose the others with --tier."]


def test_a_tier_that_neither_has_is_an_error():
    with pytest.raises(SettingsError, match="Neither has the tier wink; there are nod"):
        compare(coding(*nods()), coding(*nods()), Choices(tiers=["nod", "wink"]))


def test_texts_are_no_categories():
    rows = [("nod", "S", i, i + 0.5, f"text {i}") for i in range(100)]
    tier = compare(coding(*rows), coding(*rows)).tiers[0]
    assert tier.kappa_events.why == "100 labels: not categories" and tier.f1.value == 1


def test_two_hours_take_less_than_five_seconds():
    rng = np.random.default_rng(1)

    def side(name):
        starts = np.sort(rng.uniform(0, 7190, 20_000))
        tiers = [f"tier{i % 16}" for i in range(len(starts))]
        labels = [f"label{i}" for i in rng.integers(0, 20, len(starts))]
        people = ["SC"[i] for i in rng.integers(0, 2, len(starts))]
        events = pd.DataFrame({"tier": tiers, "participant": people, "start": starts, "label": labels})
        spoken = np.arange(25_000) * 7190 / 25_000
        words = pd.DataFrame({"start": spoken + rng.normal(0, 0.02, len(spoken)).clip(-0.1, 0.1) + 0.1})
        words = words.assign(tier="word", participant=["SC"[i // 20 % 2] for i in range(len(words))])
        words["text"] = [f"w{i % 997 if rng.random() < 0.9 else 0}" for i in range(len(words))]
        table = pd.concat([events, words]).fillna("")
        return Side(name, table.assign(end=table["start"] + 0.4), 7200.0, {})

    sides = side("A"), side("B")
    began = time.thread_time()  # other work on the machine is not ours
    found = compare(*sides)
    assert time.thread_time() - began < 5
    assert found.words.same > 20_000 and len(found.tiers) == 16
