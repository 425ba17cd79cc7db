"""What the corpora's labels are taken to mean, how the coder learns, how it does on people's talk."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pandas as pd
import pytest

from pipeline.rapport.talk import CODES, code_talk, thresholds
from tests.conftest import RECORDINGS, ROOT

sys.path.append(str(ROOT / "training"))
talk_corpora = importlib.import_module("talk_corpora")
talk_learner = importlib.import_module("talk_learner")

LABELS = RECORDINGS / "dialogue_labels"
needs_labels = pytest.mark.skipif(not LABELS.is_dir(), reason=f"coded conversations are not in {LABELS}")


def meaning(corpus: str, *labels: str) -> dict[str, float]:
    """What one unit's labels say of each code."""
    row = talk_corpora.targets(corpus, [labels], CODES)[0]
    return dict(zip(CODES, row.tolist(), strict=True))


def test_a_code_that_a_corpus_does_not_annotate_is_unknown_and_not_absent():
    listening = meaning("mrda", "b")
    assert listening["minimal_response"] == 1 and listening["agreement"] == 0
    assert np.isnan(listening["self_disclosure"]) and np.isnan(listening["compliment"])
    assert listening["small_talk"] == 0, "to say mm-hm is no small talk, whatever the corpus annotates"
    small = meaning("casino", "small-talk", "showing-empathy")
    assert small["small_talk"] == small["empathy"] == 1
    assert np.isnan(small["proposal"])


def test_what_may_be_two_codes_is_unknown_for_the_second():
    yes = meaning("mrda", "s", "bk")
    assert yes["minimal_response"] == 1 and np.isnan(yes["agreement"])
    check = meaning("mrda", "qy", "bu", "d", "rt")
    assert check["formulation"] == check["polar_question"] == 1
    assert all(np.isnan(value) for value in meaning("mrda", "z").values())


def test_only_corpora_with_a_free_licence_are_shipped():
    assert set(talk_corpora.SHIPPED) == {"ami", "mrda", "casino"}


def conversations(count: int) -> list:
    """Made conversations: "do you" asks, and what another says next is an answer then, whatever it is."""
    rng = np.random.default_rng(0)
    talks = []
    for k in range(count):
        rows, truth = [], []
        for _ in range(12):
            asked = rng.random() < 0.5
            text = f"do you {rng.choice(['like', 'see', 'hear'])} it" if asked else "we saw the house there"
            rows += [("a", np.nan, np.nan, text), ("b", np.nan, np.nan, "well it was the same")]
            truth += [[1.0, np.nan], [0.0, float(asked)]]
        units = pd.DataFrame(rows, columns=["participant", "start", "end", "text"])
        talk = talk_corpora.Talk(str(k), units, [()] * len(units))
        talks.append(talk_learner.prepare("made", talk, np.array(truth, np.float32)))
    return talks


def test_the_learner_learns_words_and_sequence_and_judges_by_what_it_has_not_seen():
    talks = conversations(20)
    learnt, unseen = talk_learner.learn(talks, penalty=1.0)
    truth = np.concatenate([talk.targets for talk in talks])
    for logits in (np.concatenate(unseen), np.concatenate(learnt.logits(talks))):
        counts = [talk_learner.counted(logits[:, k], truth[:, k], 0.0) for k in (0, 1)]
        assert min(map(talk_learner.f1, counts)) > 0.95


def test_no_conversation_is_in_two_folds_and_every_corpus_in_all():
    talks = conversations(10)
    folds = talk_learner.folds_of(talks)
    assert len(folds) == 10 and set(folds) == set(range(5))


def test_the_best_threshold_separates():
    chances, truth = np.array([0.9, 0.7, 0.4, 0.2, 0.1]), np.array([1, 1, 1, 0, 0])
    limit = talk_learner.best_threshold(chances, truth)
    assert 0.2 < limit < 0.4
    unknown = np.array([1, np.nan, np.nan, 0, np.nan])
    assert talk_learner.counted(chances, unknown, limit).tolist() == [1, 0, 0]


@needs_labels
@pytest.mark.shared
@pytest.mark.parametrize(
    ("corpus", "code", "least"),
    [
        ("swda", "minimal_response", 0.75),
        ("swda", "open_question", 0.70),
        ("annomi", "open_question", 0.65),
        ("esconv", "self_disclosure", 0.40),
    ],
)
def test_people_of_corpora_that_were_not_learnt_from_would_mostly_agree(corpus, code, least):
    counts = np.zeros(3, int)
    for talk in talk_corpora.READERS[corpus](RECORDINGS)[:60]:
        truth = talk_corpora.targets(corpus, talk.labels, [code])[:, 0]
        counts += talk_learner.counted(code_talk(talk.units)[code].to_numpy(), truth, thresholds()[code])
    assert talk_learner.f1(counts) > least


@needs_labels
@pytest.mark.shared
def test_every_corpus_is_read_whole_and_in_order():
    for corpus, read in talk_corpora.READERS.items():
        for talk in read(RECORDINGS)[:5]:
            assert len(talk.units) == len(talk.labels) > 0, corpus
            assert talk.units["start"].dropna().is_monotonic_increasing, f"{corpus} {talk.name}"
            assert talk.units["text"].str.contains(r"\w").all()
