"""Which face a voice belongs to: the one whose mouth moves while the voice is heard.

Everybody's mouth moves now and then, and some mouths more than others, so faces are not compared with each
other at one moment. Each face is compared with itself: does its mouth move more while this voice has the
floor alone than while another has it? That is asked over the whole meeting, as the probability that a moment
of the first kind shows more movement than one of the second (the area under the ROC curve). Then voices and
faces are paired so that all the answers together are best (Kuhn 1955), each face with one voice at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

BIN = 0.2
"""Seconds over which movement is taken together: about a syllable."""
GAP = 0.5
"""Seconds between two pictures over which a mouth's movement is not known."""

Span = tuple[float, float]
Floats = NDArray[np.floating]
Evidence = tuple[float, float]


@dataclass(frozen=True)
class LinkSettings:
    """When a voice and a face are taken for the same person.

    Attributes
    ----------
    least : float
        Seconds that a voice must be heard alone, and others or silence likewise, before anything is said.
    sure : float
        Probability from which on a pair is believed.
    """

    least: float = 3.0
    sure: float = 0.9


@dataclass(frozen=True)
class Link:
    """A voice and the face that speaks with it.

    Attributes
    ----------
    voice : str
        The participant who is heard.
    face : int
        Number of the face.
    confidence : float
        Probability that the pairing is right, from the movement alone; 1 where a person said so.
    contrast : float
        Probability that the mouth moves more while this voice speaks than while it is silent, 0.5 by chance.
    """

    voice: str
    face: int
    confidence: float
    contrast: float


def mouth_motion(signals: pd.DataFrame) -> tuple[Floats, Floats]:
    """How fast the lips part and meet: times and speeds, shape (pictures - 1,).

    Parameters
    ----------
    signals : DataFrame
        Rows of one face, `time` and `lip_gap`; several cameras may have seen it.

    Returns
    -------
    times : ndarray
        Seconds, in the middle between two pictures.
    speed : ndarray
        Change of the lips' distance a second, in distances between the eyes; none over a gap.
    """
    found = []
    for _, rows in signals.groupby([name for name in ("camera", "track") if name in signals]):
        time, gap = rows["time"].to_numpy(float), rows["lip_gap"].to_numpy(float)
        step = np.diff(time)
        near = (step > 0) & (step <= GAP)
        speed = np.abs(np.diff(gap))[near] / step[near]
        found.append(np.stack([(time[:-1] + time[1:])[near] / 2, speed]))
    times, speeds = np.concatenate(found, axis=1) if found else np.zeros((2, 0))
    order = np.argsort(times, kind="stable")
    return times[order], speeds[order]


def link_voices(
    voices: Mapping[str, Sequence[Span]],
    faces: Mapping[int, pd.DataFrame],
    settings: LinkSettings,
    *,
    known: Mapping[str, int] | None = None,
) -> list[Link]:
    """Pair voices with faces; a voice without a face and a face without a voice are normal.

    Parameters
    ----------
    voices : mapping of str to sequence of (start, end)
        When each participant is heard, in seconds.
    faces : mapping of int to DataFrame
        Signals of each face, in the same time.
    settings : LinkSettings
        See there.
    known : mapping of str to int, optional
        Faces that a person gave to participants; they are kept, and the rest is paired around them. Somebody
        who is not heard, or not under that name, has the face all the same.

    Returns
    -------
    list of Link
        In the order of the voices; those that cannot be told are left out. One voice and one face that are
        left over are taken for the same person unless the mouth says otherwise.
    """
    known = {who: face for who, face in (known or {}).items() if face in faces}
    given = {voice: face for voice, face in known.items() if voice in voices}
    free_voices = [voice for voice in voices if voice not in given]
    free_faces = [face for face in faces if face not in known.values()]
    motion = {face: _in_bins(*mouth_motion(faces[face]), _end(voices)) for face in faces}
    alone, others, silent = _states(voices)
    evidence = {
        (voice, face): _contrast(motion[face], alone[voice], others[voice], silent, settings)
        for voice in voices
        for face in faces
    }
    links = [Link(voice, face, 1.0, evidence[voice, face][0]) for voice, face in given.items()]
    links += _pair(free_voices, free_faces, evidence, settings)
    links += _left_over(free_voices, free_faces, links, evidence, settings)
    order = list(voices)
    return sorted(links, key=lambda link: order.index(link.voice))


def _end(voices: Mapping[str, Sequence[Span]]) -> int:
    """Number of bins until the last voice has ended."""
    return int(np.ceil(max((end for spans in voices.values() for _, end in spans), default=0.0) / BIN)) + 1


def _in_bins(times: Floats, speeds: Floats, bins: int) -> Floats:
    """Mean speed in each bin of the meeting; NaN where the face was not seen."""
    index = (times / BIN).astype(int)
    inside = (index >= 0) & (index < bins) & np.isfinite(speeds)
    total = np.bincount(index[inside], speeds[inside], minlength=bins)
    count = np.bincount(index[inside], minlength=bins)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _states(
    voices: Mapping[str, Sequence[Span]],
) -> tuple[dict[str, NDArray[np.bool_]], dict[str, NDArray[np.bool_]], NDArray[np.bool_]]:
    """Bins in which each voice is heard alone, in which only others are, and in which nobody is."""
    middles = (np.arange(_end(voices)) + 0.5) * BIN
    heard = {}
    for voice, spans in voices.items():
        edges = np.array(sorted(spans)).reshape(-1, 2)
        at = np.searchsorted(edges[:, 0], middles, side="right") - 1
        heard[voice] = (at >= 0) & (middles < edges[np.maximum(at, 0), 1]) if len(edges) else middles < 0
    count = np.sum(list(heard.values()), axis=0) if heard else np.zeros(len(middles))
    alone = {voice: mine & (count == 1) for voice, mine in heard.items()}
    others = {voice: ~mine & (count >= 1) for voice, mine in heard.items()}
    return alone, others, count == 0


def _contrast(
    motion: Floats,
    own: NDArray[np.bool_],
    others: NDArray[np.bool_],
    silent: NDArray[np.bool_],
    settings: LinkSettings,
) -> Evidence:
    """Area under the curve and its standard error; (0.5, inf) where too little was seen.

    The face of a listener who laughs or eats moves too, so others' turns are the better comparison;
    silence is taken only where nobody else speaks enough. Neighbouring moments resemble each other, so that a
    second counts as one observation (error: Hanley & McNeil 1982).
    """
    seen = np.isfinite(motion)
    moving, resting = motion[own & seen], motion[others & seen]
    if len(resting) * BIN < settings.least:
        resting = motion[(others | silent) & seen]
    if min(len(moving), len(resting)) * BIN < settings.least:
        return 0.5, np.inf
    ordered = np.sort(resting)
    below = np.searchsorted(ordered, moving, side="left") + np.searchsorted(ordered, moving, side="right")
    area = float(below.mean() / 2 / len(resting))
    n, m = len(moving) * BIN, len(resting) * BIN
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (n - 1) * (first - area**2) + (m - 1) * (second - area**2)
    return area, float(np.sqrt(max(variance, 1e-4) / (n * m)))


def _pair(
    voices: Sequence[str],
    faces: Sequence[int],
    evidence: Mapping[tuple[str, int], Evidence],
    settings: LinkSettings,
) -> list[Link]:
    """The best pairing of voices and faces, without the pairs that are not sure enough."""
    from scipy.stats import norm

    if not voices or not faces:
        return []
    area, error = np.array([[evidence[voice, face] for face in faces] for voice in voices]).transpose(2, 0, 1)
    gain = np.where(np.isfinite(error), area - 0.5, 0.0)
    best = _assign(gain)
    links = []
    for i, j in best:
        if not np.isfinite(error[i, j]):
            continue
        # The mouth must move with this voice, and the best pairing without this pair must be worse.
        forbidden = gain.copy()
        forbidden[i, j] = -1.0
        other = _assign(forbidden)
        changed = [pair for pair in best ^ other if np.isfinite(error[pair])]
        lead = sum(gain[pair] for pair in best) - sum(gain[pair] for pair in other)
        doubts = [gain[i, j] / error[i, j]]
        if changed:
            doubts.append(lead / np.sqrt(sum(error[pair] ** 2 for pair in changed)))
        confidence = float(norm.cdf(min(doubts)))
        if confidence >= settings.sure:
            links.append(Link(voices[i], faces[j], confidence, float(area[i, j])))
    return links


def _left_over(
    voices: Sequence[str],
    faces: Sequence[int],
    links: Sequence[Link],
    evidence: Mapping[tuple[str, int], Evidence],
    settings: LinkSettings,
) -> list[Link]:
    """The last voice and the last face, if there is one of each and the mouth does not say otherwise."""
    from scipy.stats import norm

    voices = [voice for voice in voices if voice not in {link.voice for link in links}]
    faces = [face for face in faces if face not in {link.face for link in links}]
    if len(voices) != 1 or len(faces) != 1:
        return []
    area, error = evidence[voices[0], faces[0]]
    confidence = float(norm.cdf((area - 0.5) / error))
    return [Link(voices[0], faces[0], confidence, area)] if confidence > 1 - settings.sure else []


def _assign(gain: Floats) -> set[tuple[int, int]]:
    """Pairs with the greatest sum of gains, without those that are forbidden (-1)."""
    from scipy.optimize import linear_sum_assignment

    pairs = zip(*linear_sum_assignment(gain, maximize=True), strict=True)
    return {(int(i), int(j)) for i, j in pairs if gain[i, j] > -1}
