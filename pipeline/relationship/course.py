"""A dyad's relationship over its meetings: everything that `rapport relationship` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.relationship.culture import Culture, culture_of, paper_found
from pipeline.relationship.dyads import Dyad
from pipeline.relationship.dyads import dyad as dyad_of
from pipeline.relationship.phases import IN_ORDER, LOOK_FOR, Limits
from pipeline.relationship.seen import Seen, Share, look

if TYPE_CHECKING:
    import pandas as pd

CLAIM = "This shows evidence and suggests; which phase it is, a researcher decides."
Known = Callable[[Share], float | None]
MEASURES: dict[str, tuple[int, Known]] = {
    "disclosure_s": (1, lambda share: share.disclosure_s),
    "disclosing_share_of_own_talk": (2, lambda share: share.disclosing_share),
    "topics": (0, lambda share: None if share.depths is None else float(len(share.topics))),
    "depth": (0, lambda share: None if share.depths is None else float(depth_of(share))),
    "score": (0, lambda share: share.score),
    "actions_per_minute": (1, lambda share: share.actions_per_minute),
}
"""What is followed over the meetings, and to how many places it is told; depth is 0 (nothing told) to 3."""


def depth_of(share: Share) -> int:
    """The deepest that somebody told: 0 for nothing, 1 superficial, 2 more intimate, 3 most intimate."""
    return max((i for i, count in enumerate((share.depths or {}).values(), start=1) if count), default=0)


@dataclass(frozen=True)
class Course:
    """How one measure of one participant went over the meetings.

    Attributes
    ----------
    who, measure : str
    values : tuple of float or None
        One a meeting; None where it was not measured.
    how : str
        In words; empty where fewer than two are known.
    """

    who: str
    measure: str
    values: tuple[float | None, ...]

    @property
    def how(self) -> str:
        """The steps from one known meeting to the next as they are told, in words; they are not tested."""
        places = MEASURES[self.measure][0]
        known = [round(value, places) for value in self.values if value is not None]
        steps = [b - a for a, b in pairwise(known)]
        if not steps:
            return ""
        if not any(steps):
            return "the same"
        if min(steps) >= 0:
            return "more" if len(steps) == 1 else "more each time" if min(steps) > 0 else "never less"
        if max(steps) <= 0:
            return "less" if len(steps) == 1 else "less each time" if max(steps) < 0 else "never more"
        return "up and down"

    def data(self) -> dict[str, Any]:
        """As plain data."""
        values = [None if value is None else round(value, 3) for value in self.values]
        return {"who": self.who, "measure": self.measure, "values": values, "how": self.how or None}


@dataclass(frozen=True)
class Relationship:
    """Everything that `rapport relationship` says.

    Attributes
    ----------
    dyad : Dyad
    limits : Limits
    culture : Culture
    paper : tuple of str
        What the founding paper found for such dyads; no phase rests on it.
    meetings : tuple of Seen
        In order.
    notes : tuple of str
        What a reader must know.
    """

    dyad: Dyad
    limits: Limits
    culture: Culture
    paper: tuple[str, ...]
    meetings: tuple[Seen, ...]
    notes: tuple[str, ...]

    @property
    def courses(self) -> list[Course]:
        """How every measure of the two went."""
        return [
            Course(who, name, tuple(value(one.shares[who]) for one in self.meetings))
            for who in self.dyad.people
            for name, (_, value) in MEASURES.items()
        ]

    def data(self) -> dict[str, Any]:
        """As plain data; what is not known is None."""
        return {
            "dyad": self.dyad.name,
            "people": {who: self.dyad.roles[who] for who in self.dyad.people},
            "claim": CLAIM,
            "limits": self.limits.model_dump(),
            "culture": self.culture.data(),
            "paper": list(self.paper),
            "meetings": [one.data() for one in self.meetings],
            "courses": [course.data() for course in self.courses],
            "look_for": LOOK_FOR,
            "notes": list(self.notes),
        }

    def table(self) -> pd.DataFrame:
        """A row a meeting and participant, for R, pandas and the like."""
        import pandas as pd

        return pd.DataFrame([row for one in self.meetings for row in self._rows(one)])

    def _rows(self, one: Seen) -> Iterator[dict[str, Any]]:
        decision = one.decision
        for who, share in one.shares.items():
            measured = share.depths is not None
            yield {
                "dyad": self.dyad.name,
                "meeting": one.name,
                "start": one.met.start,
                "duration_s": one.seconds,
                "who": who,
                "role": self.dyad.roles[who],
                "culture": self.culture.contexts.get(who, ""),
                "cultural_diversity": self.culture.diversity,
                "cultural_intelligence": self.culture.intelligence,
                "talk_s": share.talk_s,
                **{name: value(share) for name, (_, value) in MEASURES.items()},
                "deepest": share.deepest,
                "topics_told_of": ", ".join(share.topics),
                **{f"passages_{name}": count for name, count in (share.depths or _NONE).items()},
                "score_low": share.low,
                "score_high": share.high,
                "score_of_both": one.score,
                "disclosure_measured": measured,
                "phase_suggested": one.suggestion.phase,
                "support": one.suggestion.support,
                "phase_decided": decision.phase if decision else "",
                "coder": decision.coder if decision else "",
                "note": decision.note if decision else "",
            }


_NONE = dict.fromkeys(("superficial", "more_intimate", "most_intimate"), None)


def relationship(name: str, folders: Sequence[Path], limits: Limits) -> Relationship:
    """Look at a dyad's meetings.

    Parameters
    ----------
    name : str
        Of the dyad; empty: as its meetings call it.
    folders : sequence of Path
        Analysed meetings.
    limits : Limits

    Raises
    ------
    RapportError
        Where one cannot be read, or they are not of the same two people.
    """
    dyad = dyad_of(name, folders)
    meetings = tuple(look(met, dyad, limits) for met in dyad.meetings)
    culture = culture_of(dyad)
    notes = (*dyad.notes, *culture.notes, *_reservations(meetings, dyad))
    return Relationship(dyad, limits, culture, tuple(paper_found(dyad, culture)), meetings, notes)


def _reservations(meetings: Sequence[Seen], dyad: Dyad) -> Iterator[str]:
    """What a reader of the meetings beside each other must know."""
    for one in meetings:
        for note in one.notes:
            yield f"{one.name}: {note if note.endswith('.') else note + '.'}"
    if len(meetings) > 1:
        yield (
            f"The course over {len(meetings)} meetings of one dyad is described and not tested: they are one "
            "observation. `rapport corpus compare` compares dyads."
        )
    if len({one.codebook for one in meetings}) > 1:
        yield "The meetings were scored by different codebooks, so that their scores do not compare."
    for who in dyad.people:
        measured = [one.shares[who].measured for one in meetings]
        if some := sorted(frozenset().union(*measured).difference(frozenset.intersection(*measured))):
            lacking = [
                one.name for one, known in zip(meetings, measured, strict=True) if not known >= set(some)
            ]
            what = ", ".join(name.replace("_", " ") for name in some)
            yield (
                f"Not the same was measured of {who} in every meeting ({what} not in {', '.join(lacking)}), "
                "so that scores and actions a minute compare only roughly."
            )
    told = [one for one in meetings if one.suggestion.phase]
    for before, after in pairwise(told):
        if IN_ORDER.index(after.suggestion.phase) < IN_ORDER.index(before.suggestion.phase):
            yield (
                f"Less deep things are told in {after.name} than in {before.name}: phases are cyclical, but "
                "a meeting in which less is told is no evidence of a way back by itself."
            )
