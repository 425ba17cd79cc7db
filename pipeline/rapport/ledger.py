"""Actions as columns of numbers, of which scores are made: an hour may have thousands of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.rapport.codebook import Codebook
from pipeline.rapport.exposure import Exposure
from pipeline.rapport.once import best_apart

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int_]
Mask = NDArray[np.bool_]

TOUCHING = 0.1
"""Seconds by which two codings of one person may overlap and still be of different words."""
LISTENING = "minimal_response"
"""Code that rests on nods, too, and that coding keeps apart from other talk."""


class Worths:
    """What the codes of a codebook are worth, each an array over the codes.

    Attributes
    ----------
    names : list of str
    weight : array
        ``weight / reference``.
    counter, lasts, spoken : array of bool
        Whether it speaks against rapport, is rated by its time, is done by words.
    serves : dict of str to array of bool
        By step.
    """

    def __init__(self, codebook: Codebook) -> None:
        codes = list(codebook.codes.values())
        self.names = list(codebook.codes)
        self.weight = np.array([code.weight / code.reference for code in codes])
        self.counter = np.array([code.counter for code in codes], bool)
        self.lasts = np.array([code.per != "minute" for code in codes], bool)
        worded = np.array(["words" in code.needs for code in codes], bool)
        self.spoken = worded & ~self.lasts & (np.array(self.names) != LISTENING)
        self.serves = {
            step: np.array([step in code.steps for code in codes], bool) for step in codebook.steps
        }


@dataclass(frozen=True)
class Ledger:
    """Actions of some people, one array each.

    Attributes
    ----------
    ids : array of str
    who, code : array of int
        Places among the people and the codes.
    start, end : array
        Seconds.
    lasting : array
        Seconds that the action takes, of those from start to end.
    trust : array
        Confidence.
    credit : array
        What an action counts, by its initiative.
    human : array of bool
        Whether a person coded it.
    """

    ids: NDArray[np.object_]
    who: Ints
    code: Ints
    start: Floats
    end: Floats
    lasting: Floats
    trust: Floats
    credit: Floats
    human: Mask

    @classmethod
    def of(cls, actions: pd.DataFrame, people: tuple[str, ...], book: Codebook) -> Ledger:
        """The actions of some people that have codes of a codebook."""
        codes = {name: i for i, name in enumerate(book.codes)}
        own = actions[actions["participant"].isin(people) & actions["label"].isin(list(codes))]
        code = own["label"].map(codes).to_numpy(int)
        counter = np.array([one.counter for one in book.codes.values()], bool)[code]
        responsive = (own["initiative"] == "responsive").to_numpy(bool)
        return cls(
            ids=own["id"].to_numpy(object),
            who=own["participant"].map({name: i for i, name in enumerate(people)}).to_numpy(int),
            code=code,
            start=own["start"].to_numpy(float),
            end=own["end"].to_numpy(float),
            lasting=own["seconds"].to_numpy(float),
            trust=own["confidence"].to_numpy(float),
            credit=np.where(responsive | counter, 1.0, book.initiated_credit),
            human=(own["status"] != "auto").to_numpy(bool),
        )

    def where(self, chosen: Mask) -> Ledger:
        """Some of the actions."""
        return Ledger(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def within(self, exposure: Exposure, lasts: Mask) -> Ledger:
        """Actions that begin in a stretch; of those whose time counts, the part that lies in it."""
        begins = (self.start >= exposure.start) & (self.start < exposure.end)
        shares = (self.start < exposure.end) & (self.end > exposure.start)
        own = self.where(np.where(lasts[self.code], shares, begins))
        shared = np.minimum(own.end, exposure.end) - np.maximum(own.start, exposure.start)
        share = np.clip(shared / np.maximum(own.end - own.start, 1e-3), 0, 1)
        columns = {field.name: getattr(own, field.name) for field in fields(own)}
        return Ledger(**{**columns, "lasting": np.where(lasts[own.code], own.lasting * share, own.lasting)})

    def once(self, worth: Floats, serves: Mask, worths: Worths) -> Mask:
        """Which actions count for a step: of codings of the same words those that are worth most together.

        What supports and what speaks against rapport are looked at apart, and so is everybody. What lasts,
        as small talk does, counts by its time, whatever else is done in it; what bodies do is coded once as
        it is.

        Parameters
        ----------
        worth : array
            Of each action.
        serves : array of bool
            Which codes serve the step.
        worths : Worths
        """
        counted = serves[self.code]
        talk = counted & worths.spoken[self.code]
        ends = np.maximum(self.end - TOUCHING, self.start + 1e-3)
        group = 2 * self.who + worths.counter[self.code]
        for one in np.unique(group[talk]):
            same = np.flatnonzero(talk & (group == one))
            spans = list(zip(self.start[same].tolist(), ends[same].tolist(), strict=True))
            counted[same] = False
            counted[same[best_apart(spans, worth[same].tolist())]] = True
        return counted

    def draws(self, count: int) -> Floats:
        """What is real of each action: as expected, then as by chance, shape (n, count + 1)."""
        rng = np.random.default_rng(0)
        real = rng.random((count, len(self.trust))) < self.trust
        return np.vstack([self.trust, real]).T.astype(float)
