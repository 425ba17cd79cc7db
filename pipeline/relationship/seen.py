"""What one meeting of a dyad shows: disclosure, rapport measures, the phase suggested and the one decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pipeline.errors import SettingsError
from pipeline.rapport.disclosure import Disclosure
from pipeline.rapport.language import DEPTHS
from pipeline.rapport.report import Report, known
from pipeline.relationship.decisions import TIER, Decision, decided, decision_of
from pipeline.relationship.dyads import Dyad, Met
from pipeline.relationship.phases import NOT_MEASURED, Limits, Passage, Suggestion, suggest
from pipeline.scoring import disclosed, score_meeting
from pipeline.store import alone
from pipeline.timeline.table import read, write

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Share:
    """One participant's part in one meeting; None is what was not measured.

    Attributes
    ----------
    talk_s, disclosure_s : float
        Seconds of own talk, and of telling of oneself.
    topics : tuple of str
        What was told of: breadth.
    depths : dict of str to int
        Passages of each depth.
    deepest : str
        Empty where nothing was told.
    score, low, high : float
        0 to 100, with its 90 % interval.
    actions_per_minute : float
        Rapport actions; what speaks against rapport is not among them.
    measured : frozenset of str
        What the score could rest on.
    """

    talk_s: float | None = None
    disclosure_s: float | None = None
    topics: tuple[str, ...] = ()
    depths: Mapping[str, int] | None = None
    deepest: str = ""
    score: float | None = None
    low: float | None = None
    high: float | None = None
    actions_per_minute: float | None = None
    measured: frozenset[str] = frozenset()

    @property
    def disclosing_share(self) -> float | None:
        """Share of own talk in which somebody tells of themselves."""
        if self.disclosure_s is None or not self.talk_s:
            return None
        return min(self.disclosure_s / self.talk_s, 1.0)

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "talk_s": _rounded(self.talk_s),
            "disclosure_s": _rounded(self.disclosure_s),
            "disclosing_share_of_own_talk": _rounded(self.disclosing_share),
            "topics": list(self.topics) if self.depths is not None else None,
            "passages_by_depth": dict(self.depths) if self.depths is not None else None,
            "deepest": self.deepest or None,
            "score": self.score,
            "interval": [self.low, self.high],
            "actions_per_minute": _rounded(self.actions_per_minute),
            "measured": sorted(self.measured),
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


@dataclass(frozen=True)
class Seen:
    """One meeting of a dyad.

    Attributes
    ----------
    met : Met
    seconds : float
        To its last event.
    shares : dict of str to Share
        By what the two are called.
    score : float or None
        Of both together.
    codebook : str
        That it is scored with.
    passages : tuple of Passage
        Everything that the two told of themselves.
    suggestion : Suggestion
    decision : Decision or None
    notes : tuple of str
        What must be said of it.
    """

    met: Met
    seconds: float
    shares: Mapping[str, Share]
    score: float | None
    codebook: str
    passages: tuple[Passage, ...]
    suggestion: Suggestion
    decision: Decision | None
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The meeting's."""
        return self.met.name

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "meeting": self.name,
            "start": self.met.start or None,
            "duration_s": _rounded(self.seconds),
            "people": {who: share.data() for who, share in self.shares.items()},
            "score_of_both": self.score,
            "codebook": self.codebook,
            "passages": [{**vars(one), "topics": list(one.topics)} for one in self.passages],
            "suggestion": self.suggestion.data(),
            "decision": self.decision.data() if self.decision else None,
            "notes": list(self.notes),
        }


def look(met: Met, dyad: Dyad, limits: Limits) -> Seen:
    """What a meeting shows of a dyad.

    Raises
    ------
    SettingsError
        Where none of the two is heard or seen in it.
    """
    table = read(met.folder / "timeline.parquet")
    notes = list(_presence(met, dyad, table))
    told, _, doubts = disclosed(met.folder)
    report = score_meeting(met.folder, None)
    ids = {met.people[who]: who for who in dyad.people}
    passages = _passages(told, ids)
    shares = _shares(report, told, ids, _minutes(table))
    decision, said = decision_of(table)
    if not met.manifest.get("codebook", {}).get("digest"):
        notes.append("it has not been coded; it was coded for this view only, and `rapport code` keeps that")
    together = [score for score in report.scores if len(score.who) == 2 and set(score.who) == set(ids)]
    return Seen(
        met=met,
        seconds=60 * _minutes(table),
        shares=shares,
        score=known(together[0].total) if together else None,
        codebook=report.codebook.source,
        passages=passages,
        suggestion=_suggested(passages, bool(told), shares, dyad, limits),
        decision=decision,
        notes=(*notes, *doubts, *said),
    )


def _presence(met: Met, dyad: Dyad, table: pd.DataFrame) -> list[str]:
    there = set(table["participant"])
    absent = [who for who in dyad.people if met.people[who] not in there]
    if len(absent) == len(dyad.people):
        strangers = ", ".join(sorted(there - {""})) or "nobody"
        raise SettingsError(
            f"In {met.name} it is not known which voice is whose (heard are {strangers}); say it with "
            "`voice:` in its meeting.yaml and run rapport analyse on it again, which computes nothing anew."
        )
    return [f"{who} is neither heard nor seen in it" for who in absent]


def _minutes(table: pd.DataFrame) -> float:
    rows = table[table["tier"] != TIER]
    return float(rows["end"].max()) / 60 if len(rows) else 0.0


def _passages(told: Sequence[Disclosure], ids: Mapping[str, str]) -> tuple[Passage, ...]:
    found = [
        Passage(
            ids[one.participant],
            float(quote["start"]),
            float(quote["end"]),
            str(quote["text"]),
            tuple(quote["topics"]),
            str(quote["depth"]),
            float(quote["confidence"]),
            str(quote["turn"]),
        )
        for one in told
        if one.participant in ids
        for quote in one.quotes
    ]
    return tuple(sorted(found, key=lambda passage: (passage.start, passage.end, passage.who)))


def _shares(
    report: Report, told: Sequence[Disclosure], ids: Mapping[str, str], minutes: float
) -> dict[str, Share]:
    telling = {one.participant: one for one in told}
    scores = {score.who[0]: score for score in report.scores if len(score.who) == 1}
    supporting = {name for name, code in report.codebook.codes.items() if not code.counter}
    found = {}
    for name, who in ids.items():
        one, score = telling.get(name), scores.get(name)
        if one is None and score is None:
            found[who] = Share()
            continue
        own = report.actions[
            (report.actions["participant"] == name) & report.actions["label"].isin(supporting)
        ]
        counts = Counter(str(quote["depth"]) for quote in one.quotes) if one else Counter()
        found[who] = Share(
            talk_s=report.measures.get(name, {}).get("speech_s"),
            disclosure_s=one.seconds if one else None,
            topics=one.topics if one else (),
            depths={depth: counts[depth] for depth in DEPTHS if depth} if one else None,
            deepest=one.depth if one else "",
            score=known(score.total) if score else None,
            low=known(score.low) if score else None,
            high=known(score.high) if score else None,
            actions_per_minute=len(own) / max(minutes, 1.0) if report.measured.get(name) else None,
            measured=frozenset(report.measured.get(name, ())),
        )
    return found


def _suggested(
    passages: Sequence[Passage], told: bool, shares: Mapping[str, Share], dyad: Dyad, limits: Limits
) -> Suggestion:
    if not told:
        return NOT_MEASURED
    talk = sum(share.talk_s or 0.0 for share in shares.values())
    return suggest(passages, talk, dyad.people, limits)


def decide(seen: Seen, phase: str, coder: str, note: str = "") -> Seen:
    """Store a researcher's decision on a meeting's phase as a human row of its timeline.

    Parameters
    ----------
    seen : Seen
        The meeting as the researcher was shown it; the decision rests on its passages.
    phase : str
        One of `pipeline.relationship.phases.IN_ORDER`.
    coder, note : str

    Returns
    -------
    Seen
        The meeting with the decision.
    """
    folder, at = seen.met.folder, datetime.now(timezone.utc).isoformat(timespec="seconds")
    shown = dict.fromkeys(passage.row for passage in seen.passages)
    with alone(folder):
        table = read(folder / "timeline.parquet")
        there = set(table["id"])
        rows = [name for name in shown if name in there]
        suggested = seen.suggestion.phase
        table = decided(table, phase, coder, note, shown=rows, suggested=suggested, at=at)
        write(table, folder)
    return replace(seen, decision=decision_of(table)[0])
