"""The report of a scored meeting: as data for scripts, and as a figure; `printed` puts it in a terminal."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.rapport.codebook import Codebook
from pipeline.rapport.measures import Measures
from pipeline.rapport.moments import Moment
from pipeline.rapport.score import Score

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Report:
    """Everything that `rapport score` says.

    Attributes
    ----------
    meeting : str
    codebook : Codebook
    names, roles : dict of str to str
    scores : list of Score
        Of every participant, then of every two.
    trends : dict of tuple to list of (start, end, score)
    slopes : dict of tuple to float
        Points in ten minutes.
    measures : dict of str to dict
    strongest, to_look_at : list of Moment
    missed : list of dict
    checklist : dict of str to bool or None
        Steps before the meeting, as a person ticked them.
    actions : DataFrame
        As `pipeline.rapport.score.read_actions` gives them.
    measured : dict of str to collection of str
        What was measured of each participant, see `pipeline.rapport.exposure.Exposure`.
    warnings : tuple of str
        What could not be scored, and why.
    """

    meeting: str
    codebook: Codebook
    names: Mapping[str, str]
    roles: Mapping[str, str]
    scores: list[Score]
    trends: Mapping[tuple[str, ...], list[tuple[float, float, float]]]
    slopes: Mapping[tuple[str, ...], float]
    measures: Mapping[str, Measures]
    strongest: list[Moment]
    to_look_at: list[Moment]
    missed: list[dict[str, Any]]
    checklist: Mapping[str, bool | None]
    actions: pd.DataFrame
    measured: Mapping[str, Collection[str]]
    warnings: tuple[str, ...]

    @property
    def told(self) -> bool:
        """Whether it is known of anybody what words tell; else nothing found is nothing looked for."""
        return any("words" in known for known in self.measured.values())

    def called(self, who: tuple[str, ...]) -> str:
        """Names of one participant or of two."""
        return " and ".join(str(self.names.get(one, one)) for one in who)

    def data(self) -> dict[str, Any]:
        """The report as plain data; what could not be told is None."""
        book = self.codebook
        return {
            "meeting": self.meeting,
            "codebook": {"name": book.name, "version": book.version, "digest": book.digest},
            "claim": "This describes rapport work; it does not predict sales.",
            "participants": {
                who: {
                    "name": name,
                    "role": self.roles.get(who, "other"),
                    "measured": sorted(self.measured.get(who, ())),
                }
                for who, name in self.names.items()
            },
            "scores": [self._score(score) for score in self.scores],
            "measures": {who: dict(values) for who, values in self.measures.items()},
            "strongest_moments": [vars(moment) for moment in self.strongest],
            "moments_to_look_at": [vars(moment) for moment in self.to_look_at],
            "missed_opportunities": self.missed if self.missed or self.told else None,
            "before_the_meeting": dict(self.checklist),
            "warnings": list(self.warnings),
        }

    def _score(self, score: Score) -> dict[str, Any]:
        trend = self.trends.get(score.who, [])
        return {
            "who": list(score.who),
            "total": known(score.total),
            "interval": [known(score.low), known(score.high)],
            "whole_meeting": known(score.whole),
            f"first_{self.codebook.opening.minutes:g}_minutes": known(score.opening),
            "points_in_ten_minutes": known(self.slopes.get(score.who, math.nan)),
            "trend": [{"start": a, "end": b, "score": known(value)} for a, b, value in trend],
            "steps": {
                name: {
                    "score": known(step.score),
                    "interval": [known(step.low), known(step.high)],
                    "measured_share": round(step.measured, 3),
                    "parts": [{**vars(part), "actions": list(part.actions)} for part in step.parts],
                }
                for name, step in score.steps.items()
            },
        }


def known(value: float) -> float | None:
    """A number for JSON, which has no NaN."""
    return None if math.isnan(value) else round(value, 3)


def draw(report: Report, path: Path) -> None:
    """Draw the actions over the meeting's time, with the score's trend under them, as a PNG or SVG file."""
    from pipeline.rapport.figure import figure

    figure(report).savefig(path, dpi=150)
