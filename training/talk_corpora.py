"""Conversations that people coded, as one table each, and what their labels mean in the codes of `talk`.

Every reader gives a list of `Talk`: units (`participant, start, end, text`; times in s, NaN where unknown)
and the labels of each as its corpus wrote them. `targets` turns labels into codes by `MEANINGS`: 1, 0, or NaN
where the corpus does not say.

AMI, MRDA and CaSiNo (CC BY 4.0) may be learnt from for the shipped weights; the
others are for measuring only.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rapport.talk import lexicon

COLUMNS = ["participant", "start", "end", "text"]
TASK = "-small_talk -empathy"
QUESTION = "question"
AUX = (QUESTION, "floor")
"""Not codes, but learnt alike, since they tell of the neighbours: any question; holding the floor."""

MEANINGS: dict[str, tuple[str, dict[str, str]]] = {
    # codes that the corpus annotates (so that they are 0 where no label says 1), then what each label says:
    # +code it is one, ?code it may be one, -code it is none though the corpus does not annotate the code
    "mrda": (
        "minimal_response assessment agreement disagreement formulation open_question closed_question "
        "polar_question humour proposal question floor",
        {
            "b": f"+minimal_response {TASK}",
            "bk": "+minimal_response ?agreement",
            "bh": "+minimal_response ?polar_question ?question",
            "aa": "+agreement ?minimal_response",
            "aa answer": "?agreement ?minimal_response",
            "aap": "+agreement",
            "am": "?agreement",
            "na": "?agreement",
            "ar": "+disagreement",
            "arp": "+disagreement",
            "nd": "+disagreement",
            "ng": "?disagreement",
            "ba": "+assessment ?agreement ?minimal_response",
            "by": "+empathy ?assessment",
            "fe": "?assessment ?minimal_response",
            "bu": "+formulation +question",
            "bs": "+formulation",
            "m": "?formulation",
            "r": "?formulation",
            "2": "?formulation",
            "qo": "+open_question +question",
            "qw": "+open_question +question",
            "qr": "+closed_question +question",
            "qrr": "+closed_question +question",
            "qy": "+polar_question +question",
            "g": "?polar_question +question",
            "d": "+question",
            "qh": "?open_question ?closed_question ?polar_question +question",
            "br": "?open_question ?formulation ?question",
            "j": "+humour",
            "cs": f"+proposal {TASK}",
            "cc": f"?proposal {TASK}",
            "co": f"?proposal {TASK}",
            "fh": f"+floor {TASK}",
            "fg": f"+floor {TASK}",
            "h": f"+floor {TASK}",
            "%--": "?formulation ?assessment",
            "%": "??",
            "z": "??",
            "x": "??",
            "": "??",
        },
    ),
    "ami": (
        "minimal_response assessment agreement open_question closed_question polar_question proposal "
        "question floor",
        {
            "bck": f"+minimal_response {TASK}",
            "und": "?minimal_response ?agreement ?open_question ?polar_question ?question",
            "und brief": "+minimal_response ?agreement ?assessment ?open_question ?polar_question ?question",
            "ass": "?assessment ?agreement ?question",
            "ass brief": "+assessment ?agreement ?question",
            "ass yes": "+agreement ?minimal_response",
            "inf": "",
            "stl": f"+floor {TASK}",
            "fra": f"?proposal ?assessment ?floor {TASK}",
            "sug": f"+proposal ?question {TASK}",
            "off": f"+proposal ?question {TASK}",
            "el.inf": "+question ?open_question ?closed_question ?polar_question",
            "el.ass": f"+question ?open_question ?closed_question ?polar_question {TASK}",
            "el.sug": f"+question ?proposal ?open_question ?closed_question ?polar_question {TASK}",
            "el.und": f"+question ?polar_question {TASK}",
            "be.pos": "?assessment ?agreement ?minimal_response",
            "be.neg": "?assessment",
            "oth": "??",
            "None": "??",
            "da": "??",
        },
    ),
    "casino": (
        "small_talk empathy",
        {"small-talk": "+small_talk", "showing-empathy": "+empathy", "unlabelled": "??"},
    ),
    "swda": (
        "minimal_response assessment agreement disagreement formulation open_question closed_question "
        "polar_question proposal question",
        {
            "b": "+minimal_response",
            "bk": "+minimal_response",
            "bh": "+minimal_response ?polar_question ?question",
            "ba": "+assessment",
            "aa": "+agreement",
            "aap_am": "?agreement",
            "ar": "+disagreement",
            "arp_nd": "+disagreement",
            "bf": "+formulation ?question",
            "b^m": "?formulation",
            "^2": "?formulation",
            "qo": "+open_question +question",
            "qw": "+open_question +question",
            "qw^d": "+open_question +question",
            "qrr": "+closed_question +question",
            "qr": "+closed_question +question",
            "qy": "+polar_question +question",
            "qy^d": "+polar_question +question ?formulation",
            "^g": "?polar_question +question",
            "qh": "?open_question ?closed_question ?polar_question +question",
            "oo_co_cc": "+proposal",
            "ad": "?proposal",
            "%": "??",
        },
    ),
    "annomi": (
        "formulation open_question",
        {
            "reflection": "+formulation",
            "open": "+open_question",
            "closed": "?open_question",
            "client": "?formulation ?open_question",
        },
    ),
    "persuasion": (
        "self_disclosure compliment small_talk",
        {
            "personal-story": "+self_disclosure",
            "self-modeling": "?self_disclosure",
            "credibility-appeal": "",
            "praise-user": "+compliment",
            "comment-partner": "?compliment",
            "persuadee": "?self_disclosure ?compliment",
            "thank": "?compliment",
            "acknowledgement": "?compliment",
            "greeting": "+small_talk",
            "off-task": "+small_talk ?self_disclosure",
            "personal-related-inquiry": "+small_talk",
            "closing": "?small_talk",
            "positive-to-inquiry": "?small_talk ?self_disclosure",
            "neutral-to-inquiry": "?small_talk ?self_disclosure",
            "negative-to-inquiry": "?small_talk ?self_disclosure",
        },
    ),
    "esconv": (
        "self_disclosure empathy formulation",
        {
            "Self-disclosure": "+self_disclosure",
            "Reflection of feelings": "+empathy ?formulation",
            "Restatement or Paraphrasing": "+formulation ?empathy",
            "Affirmation and Reassurance": "?empathy",
            "usr": "?self_disclosure ?empathy ?formulation",
        },
    ),
}

Labels = list[tuple[str, ...]]


@dataclass(frozen=True)
class Talk:
    """One coded conversation: `units` of n rows, `labels` of each row."""

    name: str
    units: pd.DataFrame
    labels: Labels


def targets(corpus: str, labels: Labels, codes: Sequence[str]) -> NDArray[np.float32]:
    """What the labels say of each code, shape (n, codes): 1, 0, or NaN where the corpus does not say."""
    annotated, meanings = MEANINGS[corpus]
    start = np.array([0.0 if code in annotated.split() else np.nan for code in codes], np.float32)
    result = np.tile(start, (len(labels), 1))
    place = {code: k for k, code in enumerate(codes)}
    for row, names in zip(result, labels, strict=True):
        said = " ".join(meanings.get(name, "") for name in names).split()
        for sign, value in (("-", 0.0), ("?", np.nan), ("+", 1.0)):
            for word in said:
                if word == "??":
                    row[:] = np.nan
                elif word[0] == sign and word[1:] in place:
                    row[place[word[1:]]] = value
    return result


def _talk(name: str, rows: Iterable[tuple[str, float, float, str, tuple[str, ...]]], timed: bool) -> Talk:
    """Rows with words only, in the order of their starts where these are known."""
    kept = [row for row in rows if lexicon.sentences(row[3])]
    if timed:
        kept.sort(key=lambda row: (row[1], row[2]))
    return Talk(name, pd.DataFrame([row[:4] for row in kept], columns=COLUMNS), [row[4] for row in kept])


def _lines(path: Path) -> list[str]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode("utf-8").splitlines()


def mrda(data: Path) -> list[Talk]:
    """ICSI meetings: times and labels of the timed files, punctuation of the plain ones."""
    folder = data / "dialogue_labels" / "mrda"
    return [
        _mrda(path, folder / "train" / f"{path.name[:6]}.txt")
        for path in sorted((folder / "timed").glob("*.gz"))
    ]


def _mrda(timed: Path, plain: Path) -> Talk:
    rows = []
    for line in _lines(timed):
        fields = line.split(",")
        words = " ".join(part.split("+")[-1] for part in fields[4].split("|"))
        words = re.sub(r"\b(\w)_(?=\w?\b)", r"\1", words.replace("o_k", "okay"))
        labels = tuple(re.split(r"[|^.:]", fields[5]))
        rows.append((fields[7], float(fields[0]), float(fields[1]), words, labels))
    parts = [line.split("|") for line in _lines(plain)]
    spoken = [(row[0], _bare(row[3])) for row in rows]
    written = [(part[0], _bare(part[1])) for part in parts]
    for block in SequenceMatcher(None, spoken, written, autojunk=False).get_matching_blocks():
        for k in range(block.size):
            who, start, end, _, labels = rows[block.a + k]
            rows[block.a + k] = (who, start, end, parts[block.b + k][1], labels)
    return _talk(timed.name[:6], [(*row[:4], _answers(rows, i)) for i, row in enumerate(rows)], timed=True)


def _answers(rows: Sequence[tuple], i: int) -> tuple[str, ...]:
    """Labels of a row; an acceptance right after another's question answers it and need not be agreement."""
    others = (row[4] for row in reversed(rows[max(0, i - 6) : i]) if row[0] != rows[i][0])
    asked = any(label.startswith("q") for label in next(others, ()))
    return tuple("aa answer" if asked and label == "aa" else label for label in rows[i][4])


def _bare(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())[:20]


def ami(data: Path) -> list[Talk]:
    """AMI meetings. Assessments and comments on understanding are told apart by their length."""
    meetings: dict[str, list] = {}
    for line in _lines(data / "ami_timelines" / "dialogue_acts.tsv.gz")[1:]:
        meeting, who, start, end, label, text = line.split("\t")
        words = [word for sentence in lexicon.sentences(text) for word in sentence]
        if label == "ass" and words and set(words) <= lexicon.LISTENING:
            label = "ass yes"
        elif (label == "ass" and len(words) <= 6) or (label == "und" and len(words) <= 3):
            label = f"{label} brief"
        row = (who, float(start or "nan"), float(end or "nan"), _joined(text), (label,))
        meetings.setdefault(meeting, []).append(row)
    return [_talk(meeting, rows, timed=True) for meeting, rows in sorted(meetings.items())]


def _joined(text: str) -> str:
    return re.sub(r"\s+([.,?!])", r"\1", text)


def casino(data: Path) -> list[Talk]:
    """Negotiations about a camping trip, in writing; a message is a unit. Only annotated dialogues."""
    dialogues = json.loads((data / "dialogue_labels" / "casino" / "casino_train.json").read_text("utf-8"))
    talks = []
    for dialogue in dialogues:
        labels = {text: tuple(names.split(",")) for text, names in dialogue["annotations"]}
        rows = [
            (one["id"], np.nan, np.nan, one["text"], labels.get(one["text"], ("unlabelled",)))
            for one in dialogue["chat_logs"]
        ]
        if labels:
            talks.append(_talk(str(dialogue["dialogue_id"]), rows, timed=False))
    return talks


def swda(data: Path) -> list[Talk]:
    """Telephone conversations of strangers."""
    talks = []
    for path in sorted((data / "dialogue_labels" / "swda" / "train").glob("*.txt")):
        parts = [line.split("|") for line in _lines(path)]
        rows = [(part[0], np.nan, np.nan, part[1], (part[2],)) for part in parts if len(part) == 3]
        talks.append(_talk(path.stem, rows, timed=False))
    return talks


def annomi(data: Path) -> list[Talk]:
    """Motivational interviews; a turn is a unit. Of several annotators the first is taken."""
    table = pd.read_csv(data / "dialogue_labels" / "annomi" / "AnnoMI-full.csv")
    table = table.drop_duplicates(["transcript_id", "utterance_id"]).sort_values(
        ["transcript_id", "utterance_id"]
    )
    talks = []
    for name, own in table.groupby("transcript_id"):
        rows = []
        for one in own.itertuples():
            labels = ["client"] if one.interlocutor == "client" else ["therapist"]
            labels += ["reflection"] if str(one.reflection_exists) == "True" else []
            labels += [str(one.question_subtype)] if str(one.question_exists) == "True" else []
            rows.append((one.interlocutor, np.nan, np.nan, str(one.utterance_text), tuple(labels)))
        talks.append(_talk(str(name), rows, timed=False))
    return talks


def persuasion(data: Path) -> list[Talk]:
    """Persuasion to give to a charity, in writing, by sentences."""
    path = data / "dialogue_labels" / "persuasionforgood" / "first_200_dialogues.csv"
    dialogues: dict[str, list] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for one in csv.DictReader(file):
            names = tuple(one[f"{who}_label_{k}"] for who in ("er", "ee") for k in (1, 2))
            labels = (*(name for name in names if name), "persuader" if one["B4"] == "0" else "persuadee")
            dialogues.setdefault(one["B2"], []).append((one["B4"], np.nan, np.nan, one["Unit"], labels))
    return [_talk(name, rows, timed=False) for name, rows in sorted(dialogues.items())]


def esconv(data: Path) -> list[Talk]:
    """Emotional support, in writing; a message is a unit. Only the supporter's are labelled."""
    talks = []
    for k, line in enumerate(_lines(data / "dialogue_labels" / "esconv" / "esc-valid.txt")):
        rows = [
            (one["speaker"], np.nan, np.nan, one["text"], (one.get("strategy") or one["speaker"],))
            for one in json.loads(line)["dialog"]
        ]
        talks.append(_talk(str(k), rows, timed=False))
    return talks


READERS: dict[str, Callable[[Path], list[Talk]]] = {
    "ami": ami,
    "mrda": mrda,
    "casino": casino,
    "swda": swda,
    "annomi": annomi,
    "persuasion": persuasion,
    "esconv": esconv,
}
SHIPPED = ("ami", "mrda", "casino")
"""Corpora whose licence, CC BY 4.0, allows the weights to be given away."""
