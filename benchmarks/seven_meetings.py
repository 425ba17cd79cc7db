"""The paper's seven meetings as the score's sanity check: the successful five must score above the weak two.

What the paper says of each meeting (tables 3 and 4, and of meeting 1 after them) is translated into how often
things happen in it, on one ladder for all. What it does not tell is drawn from one baseline for all seven.
The tables were written before any score was computed; they are not to be tuned to the scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rapport.actions import Action, Initiative, action_rows
from pipeline.rapport.codebook import Codebook, load_codebook
from pipeline.rapport.exposure import Exposure
from pipeline.rapport.score import Score, read_actions, score
from pipeline.timeline.table import numbered, tier, timeline

Mask = NDArray[np.bool_]
DRAWS = 200
"""Timelines of each meeting."""
SUCCESSFUL, WEAK = (2, 3, 5, 6, 7), (1, 4)
SIDES = {"salesperson": ("S",), "dyad": ("C", "S")}

# ----------------------------------------------------------------------------------------- what is usual

# fmt: off
TALK = {
    "formulation": 0.1, "alignment": 0.5, "affiliation": 0.15, "second_story": 0.03,
    "agreement_sequence": 0.08, "compliment": 0.03, "problem_preempted": 0.02, "turning_the_tide": 0.01,
    "humour": 0.05, "informality": 0.03, "open_question": 0.15, "topic_shift": 0.08,
    "plain_agreement": 0.5, "missed_opportunity": 0.05,
}
"""Actions a minute of dialogue and person; in a monologue there is, by its definition, nothing but listening.

From AMI, 119 meetings of four, whose rates a person are doubled for meetings of two: open questions 0.07,
comments on understanding 0.14 (most are no formulations), being positive 0.14 (with greetings and thanks),
short agreements 0.72 (with answers). What AMI does not code is a guess.
"""
BODY = {
    "smile": 0.5, "smile_reciprocity": 0.2, "laughter": 0.4, "reciprocal_laughter": 0.2, "nod": 0.3,
    "head_shake": 0.2,
}
"""A minute and person. AMI, among students and with those that are joined: 0.9 laughs; 0.2 head shakes."""
# fmt: on
HEARD = {"minimal_response": 3.5}
"""A minute of the other's talk. AMI: 2.8 backchannels, 1.7 nods of each listener, many of them together."""
USUAL = {**TALK, **BODY, **HEARD, "eye_contact": 0.6, "small_talk": 0.3}
"""Eye contact is a share of the other's turns; small talk is episodes a minute of the opening, of the two."""
LATER_SMALL_TALK, TAKEN_UP = 1 / 15, 0.9
"""Rate after the opening to that in it; share of the episodes that the other takes up."""
BETWEEN = 0.4
"""Standard deviation of each rate's logarithm from meeting to meeting; that of AMI's backchannels is 0.42."""
MEETING = (40.0, 100.0)
"""Minutes; the paper's seven took 506 in all."""
TURN, LONGEST_TURN, LEAST_LOOK = 8.0, 140.0, 3.0
"""Seconds: a mean turn in dialogue, the longest, and the shortest of which it is told who looks at it."""
MONOLOGUE, FURTHER = 150.0, 70.0
"""Seconds of a monologue: the least, and how many more in the mean."""
CONFIDENCE = (0.4, 0.95)
ALONE = ("smile", "laughter", "monologue", "early_pitch", "topic_shift", "missed_opportunity")
"""Codes that take up nothing."""
OFFERED = ("missed_opportunity",)
"""Codes of the salesperson alone: it is the customer who offers."""
EITHER = ("small_talk", "open_question", "humour", "compliment", "problem_preempted")
"""Codes that may take up what the other said, or not."""

# ---------------------------------------------------------------------------- what the paper says of each

LADDER = {"never": 0.0, "seldom": 1 / 3, "usual": 1.0, "often": 3.0}
"""How many times the usual rate."""
GROUPS = {
    "ATMOSPHERE": "smile smile_reciprocity laughter reciprocal_laughter humour",
    "LISTENING": "minimal_response nod eye_contact",
    "SIMILARITY": "second_story affiliation agreement_sequence",
    "COMMON_GROUND": "formulation alignment open_question",
}
REMARKS = """
1 | did not use small talk                          | SC | never  | all     | small_talk
1 | misses some chances to build rapport            | S  | often  | all     | missed_opportunity
1 | did not try to find common ground               | S  | seldom | all     | COMMON_GROUND
1 | neither empathy                                 | S  | seldom | all     | turning_the_tide SIMILARITY
1 | nor active listening                            | S  | seldom | all     | LISTENING
1 | rushing to his predefined presentation          | S  | often  | all     | topic_shift
1 | hostile at moments                              | SC | seldom | all     | ATMOSPHERE
1 | client input remains rather minimal             | C  | seldom | all     | COMMON_GROUND SIMILARITY
2 | extended sequences of small talk                | SC | often  | all     | small_talk
2 | find shared interests from their personal lives | SC | often  | opening | SIMILARITY
2 | good and relaxed atmosphere, convenient and fun | SC | often  | all     | ATMOSPHERE
2 | existing global contract: how to go over        | S  | often  | all     | problem_preempted
2 | follows his preplanned agenda                   | S  | often  | rest    | topic_shift
2 | does not adjust to the situation                | S  | seldom | rest    | alignment
3 | extended small talk                             | SC | often  | all     | small_talk
3 | rapport based on their similarities             | SC | often  | opening | SIMILARITY
3 | shared emotional stance                         | S  | often  | all     | affiliation
3 | dialect; informally                             | SC | often  | all     | informality
3 | confident and relaxed and natural               | SC | often  | all     | ATMOSPHERE
3 | client active throughout the meeting            | C  | often  | all     | alignment open_question
3 | the flow the customer wanted                    | S  | often  | all     | alignment
3 | the flow the customer wanted                    | S  | seldom | all     | topic_shift missed_opportunity
3 | active listening techniques                     | S  | often  | all     | LISTENING
3 | understood my thoughts perfectly                | S  | often  | all     | formulation
4 | without much small talk                         | SC | seldom | all     | small_talk
4 | not trying to find similarities                 | SC | seldom | all     | SIMILARITY
4 | the atmosphere remains a bit charged            | SC | seldom | all     | ATMOSPHERE
4 | according to the script                         | S  | often  | all     | topic_shift
4 | did not end up with a good dialogue             | SC | seldom | all     | alignment
4 | tries to listen to the client                   | S  | usual  | all     | LISTENING
5 | the small-talk period was short                 | SC | usual  | all     | small_talk
5 | successful in her questions                     | S  | often  | all     | open_question
5 | concentrated listening                          | S  | often  | all     | LISTENING
5 | the client is involved                          | C  | often  | all     | alignment
5 | the atmosphere is easy                          | SC | often  | all     | ATMOSPHERE
5 | responded well to the customer's cues           | S  | often  | all     | alignment affiliation
5 | follow the customer's interests                 | S  | seldom | all     | topic_shift missed_opportunity
6 | a short sequence of small talk                  | SC | usual  | all     | small_talk
6 | active from the very beginning                  | C  | often  | all     | alignment open_question
6 | the atmosphere is relaxed                       | C  | often  | all     | ATMOSPHERE
6 | the atmosphere is relaxed                       | S  | often  | opening | ATMOSPHERE
6 | later stumbles, seems nervous                   | S  | seldom | rest    | ATMOSPHERE
6 | actively uses open questions                    | S  | often  | all     | open_question
6 | reflects the customer's messages back           | S  | often  | all     | formulation
6 | enthusiasm transferred to the customer          | SC | often  | all     | agreement_sequence
6 | a jointly constructed conclusion                | SC | often  | all     | alignment
7 | no small talk                                   | SC | never  | all     | small_talk
7 | begins with questions about the background      | S  | often  | opening | open_question
7 | makes notes of the answers                      | S  | seldom | opening | eye_contact
7 | his understanding through formulations          | S  | often  | all     | formulation
7 | the atmosphere is relaxed                       | SC | often  | all     | ATMOSPHERE
7 | the buyer asks questions                        | C  | often  | opening | open_question
7 | the salesperson quickly answers                 | S  | often  | opening | alignment
"""
"""Meeting, the paper's words, whose behaviour (salesperson, customer), how often, when, and which codes."""


@dataclass(frozen=True)
class Profile:
    """A meeting's course. What has a default is usual: the paper says nothing else of it.

    Attributes
    ----------
    name : str
        The paper's.
    opening : (float, float)
        Minutes at the least and most. Small talk that is short or missing is over in five.
    talk : (float, float)
        The salesperson's share of the dialogue, in the opening and after it.
    monologues : float
        Share of the time after the opening that the salesperson's take.
    pitch : float
        How likely a proposal comes before any rapport work.
    follows : float
        Share of the salesperson's questions, jokes and praise that take up what the customer said.
    """

    name: str
    opening: tuple[float, float] = (5.0, 5.0)
    talk: tuple[float, float] = (0.5, 0.5)
    monologues: float = 0.03
    pitch: float = 0.0
    follows: float = 0.5


PROFILES = {
    # "led mostly by the salesperson's monologue", "input minimal", "rushing to his predefined presentation"
    1: Profile("ICT, machinery", talk=(0.7, 0.7), monologues=0.5, pitch=0.8, follows=0.2),
    # "extended sequences of small talk", then "led by the salesperson", "his preplanned agenda"
    2: Profile("ICT, logistics", (5.0, 10.0), (0.5, 0.7), monologues=0.2, follows=0.2),
    # "extended small talk", "nicely as a dialogue", "according to the flow the customer wanted"
    3: Profile("HR, construction", (5.0, 10.0), monologues=0.0, follows=0.8),
    # "business talk quite early", "according to the script", no "good dialogue"
    4: Profile("strategy, TV company", talk=(0.6, 0.6), monologues=0.2, pitch=0.5, follows=0.2),
    # "gave the customer time to talk", "a genuine dialogue", "responded well to the customer's cues"
    5: Profile("strategy, telecom", talk=(0.4, 0.4), monologues=0.0, follows=0.8),
    6: Profile("ICT, city hall"),
    # "during the first thirty minutes, the buyer is more active"
    7: Profile("ICT, higher education", (25.0, 35.0), (0.4, 0.5)),
}


def ladder(number: int, who: str, phase: str) -> dict[str, float]:
    """By how much somebody's actions are more or less frequent than usual, by code."""
    found: dict[str, float] = {}
    for line in REMARKS.strip().splitlines():
        meeting, _, whose, often, when, codes = (cell.strip() for cell in line.split("|"))
        if int(meeting) == number and who in whose and when in (phase, "all"):
            names = " ".join(GROUPS.get(name, name) for name in codes.split()).split()
            found |= dict.fromkeys(names, LADDER[often])
    return found


# ------------------------------------------------------------------------------------- a timeline of it


@dataclass(frozen=True)
class Detector:
    """How the coder errs, in all meetings alike: share of actions missed, false ones by the usual rate."""

    missed: float = 0.3
    false: float = 0.2


USED = Detector()


@dataclass(frozen=True)
class Turns:
    """Turns in order of time: who (0 the salesperson, 1 the customer), from when to when."""

    who: NDArray[np.int_]
    start: NDArray[np.floating]
    end: NDArray[np.floating]

    @property
    def length(self) -> NDArray[np.floating]:
        """Seconds."""
        return np.subtract(self.end, self.start)

    @property
    def dialogue(self) -> Mask:
        """Which are no monologues."""
        return self.length < MONOLOGUE

    def pick(self, rng: np.random.Generator, where: Mask, count: float) -> list[int]:
        """Turns into which about so many actions fall; the longer a turn, the likelier."""
        chance = self.length * where / max(self.length[where].sum(), 1e-9)
        return list(rng.choice(len(where), rng.poisson(count), p=chance).tolist()) if where.any() else []

    def minutes(self, where: Mask) -> float:
        """Minutes of some turns."""
        return float(self.length[where].sum()) / 60


def draw(number: int, seed: int, detector: Detector = USED) -> pd.DataFrame:
    """One timeline of a meeting: its turns, and the actions that a coder who errs finds in it."""
    rng = np.random.default_rng([number, seed])
    opening = 60 * rng.uniform(*PROFILES[number].opening)
    turns = _turns(rng, PROFILES[number], opening, 60 * rng.uniform(*MEETING))
    happened = [*_actions(rng, number, turns, opening)]
    kept = rng.random(len(happened)) >= detector.missed
    found = [action for action, keep in zip(happened, kept, strict=True) if keep]
    found += _false(rng, turns, detector.false)
    spans = zip(turns.who.tolist(), turns.start.tolist(), turns.end.tolist(), strict=True)
    spoken = ({"participant": "SC"[who], "start": a, "end": b, "source": "generated"} for who, a, b in spans)
    return timeline([*numbered(spoken, "turn"), *action_rows(found, "generated")])


def _turns(rng: np.random.Generator, profile: Profile, opening: float, seconds: float) -> Turns:
    """Dialogue, interrupted by the salesperson's monologues after the opening."""
    expected = (seconds - opening) * profile.monologues / (MONOLOGUE + FURTHER)
    alone = MONOLOGUE + rng.exponential(FURTHER, rng.poisson(expected))
    left = max(seconds - opening - alone.sum(), 60.0)
    parts = [_dialogue(rng, opening, profile.talk[0])]
    for k, share in enumerate(rng.dirichlet(np.full(len(alone) + 1, 2.0))):
        after = alone[k : k + 1]  # nothing after the last dialogue
        parts += [_dialogue(rng, left * share, profile.talk[1]), (np.zeros(len(after), int), after)]
    who, length = (np.concatenate(column) for column in zip(*parts, strict=True))
    end = np.cumsum(length + rng.uniform(0.1, 0.6, len(who)))
    return Turns(who, end - length, end)


def _dialogue(
    rng: np.random.Generator, seconds: float, share: float
) -> tuple[NDArray[np.int_], NDArray[np.floating]]:
    """Who speaks, and how long: by turns, the customer first and last."""
    who = 1 - np.arange(2 * int(seconds / TURN) + 3) % 2
    length = rng.exponential(2 * TURN * np.where(who == 0, share, 1 - share)).clip(0.5, LONGEST_TURN)
    count = int(np.searchsorted(np.cumsum(length), seconds)) | 1
    return who[:count], length[:count]


def _actions(rng: np.random.Generator, number: int, turns: Turns, opening: float) -> Iterator[Action]:
    """What happens in the meeting."""
    profile, early = PROFILES[number], turns.start < opening
    varied = {who: {c: rate * np.exp(rng.normal(0, BETWEEN)) for c, rate in USUAL.items()} for who in "SC"}
    for phase, where in (("opening", early), ("rest", ~early)):
        for me, who in enumerate("SC"):
            levels = ladder(number, who, phase)
            rates = {code: rate * levels.get(code, 1.0) for code, rate in varied[who].items()}
            yield from _by_rate(rng, rates, turns, where, me, profile.follows if who == "S" else 0.5)
        chat = varied["S"]["small_talk"] * levels["small_talk"]
        yield from _small_talk(rng, chat * (1 if phase == "opening" else LATER_SMALL_TALK), turns, where)
    for at in np.flatnonzero(~turns.dialogue).tolist():
        yield _action(rng, "monologue", int(turns.who[at]), turns, at)
    if rng.random() < profile.pitch:
        yield _action(rng, "early_pitch", 0, turns, int(np.flatnonzero(turns.who == 0)[0]))


def _by_rate(
    rng: np.random.Generator, rates: Mapping[str, float], turns: Turns, phase: Mask, me: int, follows: float
) -> Iterator[Action]:
    """One person's actions in a phase: talk in own turns of dialogue, listening in the other's turns."""
    dialogue, heard = phase & turns.dialogue, phase & (turns.who != me)
    kinds = ((TALK, dialogue, dialogue & ~heard), (BODY, phase, phase), (HEARD, heard, heard))
    for codes, counted, where in kinds:
        for code in codes:
            for at in turns.pick(rng, where, rates[code] * turns.minutes(counted)):
                if code not in OFFERED or me == 0:
                    yield _action(rng, code, me, turns, at, follows)
    for at in np.flatnonzero(heard & (turns.length >= LEAST_LOOK)).tolist():
        if rng.random() < rates["eye_contact"]:
            yield _action(rng, "eye_contact", me, turns, at)


def _small_talk(rng: np.random.Generator, rate: float, turns: Turns, phase: Mask) -> Iterator[Action]:
    """Episodes that either opens, and the other mostly takes up."""
    where = phase & turns.dialogue
    for at in turns.pick(rng, where, rate * turns.minutes(where)):
        opener = int(turns.who[at])
        yield _action(rng, "small_talk", opener, turns, at, follows=0.0)
        if rng.random() < TAKEN_UP:
            yield _action(rng, "small_talk", 1 - opener, turns, min(at + 1, len(turns.who) - 1), follows=1.0)


def _action(
    rng: np.random.Generator, code: str, me: int, turns: Turns, at: int, follows: float = 0.5
) -> Action:
    """An action in a turn; `follows` is how likely it takes up what the other said, where it may or not."""
    start, end, share = float(turns.start[at]), float(turns.end[at]), 1.0
    if code == "eye_contact":
        share = rng.uniform(0.5, 1)
    elif code not in ("monologue", "small_talk"):  # these last; other actions are short
        start = rng.uniform(start, end)
        end = min(start + 2.0, end)
    responsive = rng.random() < follows if code in EITHER else code not in ALONE
    initiative: Initiative = "responsive" if responsive else "initiated"
    trust, evidence = rng.uniform(*CONFIDENCE), (f"turn-{at + 1:04d}",)
    why = {"seconds": round(share * (end - start), 2)}
    return Action(code, "SC"[me], "SC"[1 - me], start, end, trust, evidence, initiative, why=why)


def _false(rng: np.random.Generator, turns: Turns, share: float) -> Iterator[Action]:
    """Actions that never happened, at any time."""
    rates = {**TALK, **BODY, **HEARD, "small_talk": USUAL["small_talk"] * LATER_SMALL_TALK}
    everywhere = np.ones(len(turns.who), bool)
    for me, (code, rate) in product((0, 1), rates.items()):
        for at in turns.pick(rng, everywhere, share * rate * turns.minutes(everywhere)):
            if code not in OFFERED or me == 0:
                yield _action(rng, code, me, turns, at)


# ------------------------------------------------------------------------------------------- its score

STRINGS = ("id", "participant", "label", "initiative", "to", "status")


def scored(table: pd.DataFrame, codebook: Codebook) -> dict[str, Score]:
    """Scores of the salesperson and of the two together."""
    spoken = tier(table, "turn")
    talk = {
        str(w): list(zip(own["start"], own["end"], strict=True)) for w, own in spoken.groupby("participant")
    }
    measured = dict.fromkeys(talk, ("words", "face", "others_face", "voice"))
    exposure = Exposure(0.0, float(spoken["end"].max()), talk, measured)
    actions = read_actions(table)[[*STRINGS, "start", "end", "confidence", "seconds"]]
    actions = actions.astype(dict.fromkeys(STRINGS, object))  # halves the time
    return {side: score(actions, exposure, codebook, who) for side, who in SIDES.items()}


def scores(codebook: Codebook, draws: int = DRAWS, detector: Detector = USED) -> pd.DataFrame:
    """Scores of all draws: meeting, side, total, and every step."""
    rows = []
    for number, seed in product(PROFILES, range(draws)):
        for side, found in scored(draw(number, seed, detector), codebook).items():
            steps = {name: step.score for name, step in found.steps.items()}
            rows.append({"meeting": number, "side": side, "total": found.total, **steps})
    return pd.DataFrame(rows)


def pairs_won(own: pd.DataFrame, good: tuple[int, ...] = SUCCESSFUL, weak: tuple[int, ...] = WEAK) -> float:
    """Share of pairs of draws, of a successful meeting and a weak one, in which the former scores higher."""
    high, low = (own.loc[own["meeting"].isin(those), "total"].to_numpy() for those in (good, weak))
    return float((high[:, None] > low).mean())


def measure(data: Path, out: Path) -> list[dict[str, str]]:
    """Rows of the table."""
    found = scores(load_codebook())
    errs = f"{USED.missed:.0%} of the actions missed, {USED.false:.0%} of the usual rate false"
    made = f"the paper's seven meetings, {DRAWS} generated timelines of each; {errs}"
    rows = []
    for side in SIDES:
        own = found[found["side"] == side]
        least, good, weak = min((pairs_won(own, (g,), (w,)), g, w) for g in SUCCESSFUL for w in WEAK)
        value = f"{pairs_won(own):.1%} of pairs (least: {good} above {weak}, {least:.1%})"
        rows.append((f"successful above weak meetings, {side}", value, "95 %", made))
    for number, side in product(PROFILES, SIDES):
        own = found[(found["meeting"] == number) & (found["side"] == side)].drop(columns=["meeting", "side"])
        points = own.quantile([0.05, 0.5, 0.95])
        parts = (f"{name} {m:.0f} ({low:.0f}-{high:.0f})" for name, (low, m, high) in points.items())
        about = f"{PROFILES[number].name}: {'weak' if number in WEAK else 'successful'}"
        rows.append((f"meeting {number}, {side}: median (5-95 %)", "; ".join(parts), "", about))
    return [dict(zip(("measure", "value", "aim", "data"), row, strict=True)) for row in rows]
