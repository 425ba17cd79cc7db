"""The phase of a relationship that a meeting's social disclosure suggests, with the passages behind it.

After J. Koponen, S. Julkunen, M. Gabrielsson and E. B. Pullins (2021), An intercultural, interpersonal
relationship development framework, International Marketing Review, who transfer identity management theory
(Cupach & Imahori 1993; Imahori & Cupach 2005) to salespeople and customers:

- *Depth tells the phase.* Table 3 finds superficial disclosure (small talk, education, hobbies) in the trial
  phase, more intimate disclosure (family, children, values, life history, plans) in enmeshment and the most
  intimate (disability, shame, failure) in renegotiation.
- *The deepest counts.* Depth is "operationalised as the highest level of intimacy evidenced in the data"
  (Social disclosure in relation to IMT); duration and breadth are properties of disclosure, too, but not of
  phases. So they are shown and decide nothing.
- *Themes tell the depth* (Analysis, second step; Table 3). So a passage in which somebody seems to tell of
  themselves, but of nothing that the language's lexicon has a topic for, is shown and counts for no phase.
- *It takes two.* Relationships "do not evolve toward deeper interpersonal levels without a reciprocal
  willingness and reciprocal needs" (Theoretical contributions). So a depth that only one of the two reaches
  supports its phase less.
- *Phases are cyclical* (Identity management theory). So each meeting is judged by itself and may suggest an
  earlier phase than the one before.

The paper gives no number. All limits are ours, and stand in ``configs/relationship.yaml`` with their reasons.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import SettingsError
from pipeline.rapport.disclosure import OTHER, PHASES
from pipeline.rapport.language import DEPTHS
from pipeline.settings import configs_folder, first_fault, read_yaml

Support = Literal["", "weak", "moderate", "strong"]

IN_ORDER = tuple(PHASES[depth] for depth in DEPTHS if depth)
"""The phases, from the first acquaintance on."""
LOOK_FOR = {
    "trial": "politeness, cultural differences being explored, no wish to be more than business partners",
    "enmeshment": "similarities and common interests found, an outlook to the future, difficult things said "
    "in a natural way",
    "renegotiation": "meeting in private life (family parties, weddings, funerals), differences accepted, "
    "disagreement in each other's presence, mutual trust",
}
"""What the paper finds in a phase beside disclosure, and no machine looks for here."""


class Limits(BaseModel):
    """Limits of a suggestion; ``configs/relationship.yaml`` gives the reason of each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    talk_s: float = Field(ge=0, allow_inf_nan=False)
    passages: int = Field(ge=1)
    confidence: float = Field(ge=0, le=1)
    several: int = Field(ge=1)


def load_limits(path: Path | None = None) -> Limits:
    """Read limits; None means those that come with the product.

    Raises
    ------
    SettingsError
        Where the file is missing, or one of the limits is missing, unknown or out of range.
    """
    path = path or configs_folder() / "relationship.yaml"
    content = read_yaml(path, "file of limits")
    try:
        return Limits.model_validate(content)
    except ValidationError as error:
        raise SettingsError(f"In the file of limits {path}, {first_fault(error)}.") from error


@dataclass(frozen=True)
class Passage:
    """Something that somebody tells of themselves.

    Attributes
    ----------
    who : str
        What the participant is called.
    start, end : float
        Seconds.
    text : str
    topics : tuple of str
    depth : str
        One of `pipeline.rapport.language.DEPTHS`, never empty.
    confidence : float
        0 to 1.
    row : str
        Id of the turn that it is part of.
    """

    who: str
    start: float
    end: float
    text: str
    topics: tuple[str, ...]
    depth: str
    confidence: float
    row: str

    @property
    def level(self) -> int:
        """How deep: 1 superficial, 2 more intimate, 3 most intimate."""
        return DEPTHS.index(self.depth)

    @property
    def themed(self) -> bool:
        """Whether it is known what is told of; without, its depth is only supposed."""
        return any(topic != OTHER for topic in self.topics)


@dataclass(frozen=True)
class Suggestion:
    """What a meeting suggests; never stored as a fact.

    Attributes
    ----------
    phase : str
        Empty where nothing can be suggested.
    support : {"", "weak", "moderate", "strong"}
        How well the passages support it.
    why : str
        In words, without a full stop.
    passages : tuple of Passage
        What it rests on, in order of time.
    """

    phase: str
    support: Support
    why: str
    passages: tuple[Passage, ...] = ()

    @property
    def rows(self) -> tuple[str, ...]:
        """Ids of the rows that it rests on."""
        return tuple(dict.fromkeys(passage.row for passage in self.passages))

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {"phase": self.phase or None, "support": self.support or None, "why": self.why,
                "rests_on": list(self.rows)}  # fmt: skip


NOT_MEASURED = Suggestion("", "", "what people tell of themselves was not measured")


def suggest(
    passages: Sequence[Passage], talk_s: float, people: Collection[str], limits: Limits
) -> Suggestion:
    """The phase that goes with the deepest disclosure that a meeting evidences.

    Parameters
    ----------
    passages : sequence of Passage
        Everything that the dyad told of themselves in the meeting.
    talk_s : float
        Seconds that the two were heard to talk, together.
    people : collection of str
        The two.
    limits : Limits
    """
    if talk_s < limits.talk_s:
        said = f"{talk_s:.0f} s of talk, and under {limits.talk_s:g} s nothing is suggested"
        return Suggestion("", "", f"not enough was said: {said}")
    sure = [one for one in passages if one.themed and one.confidence >= limits.confidence]
    for level in range(len(DEPTHS) - 1, 0, -1):
        found = tuple(passage for passage in sure if passage.level >= level)
        if len(found) >= limits.passages:
            support, why = _support(found, DEPTHS[level], people, limits)
            return Suggestion(PHASES[DEPTHS[level]], support, why, found)
    if passages:
        why = f"{_counted(len(passages))} may tell something, but not surely, or of no known topic"
        return Suggestion("", "", why)
    return Suggestion("", "", "nobody was heard to tell of themselves, which is evidence of no phase")


def _support(
    found: Sequence[Passage], depth: str, people: Collection[str], limits: Limits
) -> tuple[Support, str]:
    """How well passages of a depth support its phase, and why."""
    telling = {passage.who for passage in found}
    mutual, many = telling >= set(people), len(found) >= limits.several
    support: Support = "strong" if mutual and many else "moderate" if mutual or many else "weak"
    who = "both tell" if mutual else f"only {' and '.join(sorted(telling))} tells"
    what = f"{depth.replace('_', ' ')} things"
    return support, f"{who} {what}, in {_counted(len(found))}"


def _counted(passages: int) -> str:
    return "one passage" if passages == 1 else f"{passages} passages"


def known_phase(phase: str) -> str:
    """A phase as it is written here.

    Raises
    ------
    SettingsError
        Where there is none of that name.
    """
    if phase.strip().lower() not in IN_ORDER:
        raise SettingsError(f"There is no phase '{phase}'; the phases are: {', '.join(IN_ORDER)}.")
    return phase.strip().lower()
