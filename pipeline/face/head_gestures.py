"""Nods and head shakes, from how the head turns in three dimensions.

A nod is a few quick swings of the pitch, a shake of the yaw. What else moves a measured angle is kept out: a
single look down or up has too few swings; the overshoot that a filter adds to a single movement is not in
the unfiltered signal; where the whole body sways or leans, the face moves further than its turn explains; a
smile or an opening mouth shifts the measured pitch and is taken out of it first. Laughter and speech move
the head as well: there the event is kept, marked, and trusted less.

Sources: band and swings from trials on labelled clips; Hadar, Steiner & Grant (1983) for the
frequencies of head movement in talk; McClave (2000) for sideways movement that goes with words; Allwood et
al. (2007, MUMIN) for single and repeated nods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.face.confounds import body_share, mouth_share, without_mouth
from pipeline.face.movement import (
    Floats,
    Stretch,
    band_pass,
    frame_rate,
    noise_level,
    restlessness,
    stretches,
)
from pipeline.face.swings import RATE, Chain, dominance, edges, find_chains
from pipeline.intervals import coverage

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("pitch", "yaw", "roll", "x", "y", "size", "smile", "mouth_open", "quality")
_AXES = {"nod": 0, "head_shake": 1}
SMOOTH = 1.5
"""What is faster than so many times the band's upper edge is noise."""
SWING, NORMAL = 2 * 2**0.5, 0.6745
"""From turning point to turning point of a sine, and median deviation of noise, in standard deviations."""
FEW_SECONDS = 5.0
"""Seconds of speech after which half of what is usual in it is believed."""
Spans = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class HeadGestureSettings:
    """What counts as a nod or a shake.

    Attributes
    ----------
    low, high : float
        Band of the movement in Hz. Nods that answer are found at 1 to 3.7 Hz (Hadar et al. 1983).
    least : float
        Degrees from turning point to turning point (peak to peak), mean over the largest swings in a row,
        where the signal is clean.
    cycles : float
        A cycle is two swings, down and up. 1.5 by default. Human coders also count single nods, down and up
        once (AMI: median 0.44 s): 1.0 finds those too, at the cost of every quick look down and back, the
        beats of speech and, from noise of a degree on, about one false event a minute.
    quickest, slowest : float
        Seconds that one swing may last, and on average with the rest after it; slower ones are changes of
        posture or of the view.
    even : float
        In the swings that count, the smallest is at least this share of the largest: a look down with a
        little overshoot is not a nod.
    rhythm : float
        In the swings that count, the longest lasts at most this many times as long as the shortest: gestures
        beat time, glances and the movement of speech do not.
    trail : float
        Swings before and after those belong to the gesture if they are at least this share of their mean.
    dominance : float
        How much larger the movement is than that about each of the two other axes.
    over_noise : float
        Swings in standard deviations of the signal's own noise, at least. Noise is what single pictures lie
        off their neighbours, and what the angle moves in the quietest quarter of the seconds.
    clear : float
        Degrees from which a swing counts however restless the person is.
    speaking : float
        The same as `least` where the person speaks half of the time or more: lips alone move the measured
        pitch by up to 3 degrees.
    speaking_turns : float
        How much further a head shake swings, where the person speaks half of the time or more, than the
        person's head usually turns to and fro in own speech: talk itself moves heads sideways (McClave 2000).
    slowest_rate : float
        Pictures per second below which nothing is looked for: 2 Hz is not seen at 5.
    quality : float
        Pictures trusted less than this are left out.
    sway : float
        Shift of the face, in heights of the face (about 12 cm) per degree of turn, from which on it is the
        body that moves. Turning about the top of the neck shifts a face by 0.013, about its base by 0.03,
        about the hips by 0.08.
    lean : float
        Change of the face's height, as a share, from which on the body moves towards the camera or away.
    certain : float
        Trust in what moved, from size, rhythm, dominance, noise, body and mouth, below which an event is left
        out. Known movement of 5 degrees and more gets 0.7 and more at noise of 0.7 degrees.
    """

    low: float = 0.6
    high: float = 4.0
    least: float = 2.2
    cycles: float = 1.5
    quickest: float = 0.1
    slowest: float = 0.6
    even: float = 0.35
    rhythm: float = 2.5
    trail: float = 0.5
    dominance: float = 1.2
    over_noise: float = 7.0
    clear: float = 4.5
    speaking: float = 3.5
    speaking_turns: float = 2.0
    slowest_rate: float = 8.0
    quality: float = 0.2
    sway: float = 0.08
    lean: float = 0.12
    certain: float = 0.65


@dataclass(frozen=True)
class HeadGesture:
    """A nod or a shake.

    Attributes
    ----------
    kind : str
        ``nod`` or ``head_shake``.
    start, end : float
        Seconds between which the head moves.
    amplitude : float
        Degrees from the middle to the turning point (half peak to peak), mean over the swings.
    cycles : float
        Half the number of swings; a nod down and up is one cycle.
    rate : float
        Cycles per second.
    confidence : float
        0 to 1, from the size, number and evenness of the swings, dominance, noise and what else went on. It
        orders events; it is not a probability.
    speech, laughter : float
        Share of the time in which the person speaks, laughs.
    body : float
        0 to 1: how far the movement may have been the body's.
    """

    kind: str
    start: float
    end: float
    amplitude: float
    cycles: float
    rate: float
    confidence: float
    speech: float = 0.0
    laughter: float = 0.0
    body: float = 0.0

    @property
    def during_speech(self) -> bool:
        """Whether the person speaks for most of it: an emphasis rather than an answer."""
        return self.speech > 0.5


def why_no_gestures(signals: pd.DataFrame, settings: HeadGestureSettings) -> str:
    """Why no head gesture can be seen in these signals, as a clause; empty where it can."""
    rate = frame_rate(signals["time"].to_numpy(float))
    if rate == 0:
        return "the face was seen in less than two pictures"
    if rate < settings.slowest_rate:
        return f"a face is seen {rate:.1f} times a second, and nods need {settings.slowest_rate:.0f}"
    return ""


def find_head_gestures(
    signals: pd.DataFrame,
    settings: HeadGestureSettings,
    *,
    speaking: Spans = (),
    laughing: Spans = (),
    picture: tuple[int, int] | None = None,
) -> list[HeadGesture]:
    """Nods and shakes of one face.

    Parameters
    ----------
    signals : DataFrame
        Rows of one track with the columns of `pipeline.face.signals.SIGNALS`, in order of time.
    settings : HeadGestureSettings
        See there.
    speaking, laughing : sequence of (start, end)
        When the person speaks, laughs.
    picture : (width, height), optional
        Size of the recording's pictures in pixels. Without it a swaying body is not noticed, as `x` and `y`
        are shares of it.

    Returns
    -------
    list of HeadGesture
        In order of start. Empty also where `why_no_gestures` has a reason.
    """
    if why_no_gestures(signals, settings):
        return []
    times = signals["time"].to_numpy(float)
    values = signals[list(_COLUMNS)].to_numpy(float).T.copy()
    values[:, values[-1] < settings.quality] = np.nan
    pieces = stretches(times, values, RATE)
    pitches = without_mouth(pieces, pitch=0, mouth=(6, 7))
    # Noise of single pictures, as far as it is left in the smoothed angle that swings are measured on.
    share = SMOOTH * settings.high / (frame_rate(times) / 2)
    noise = [noise_level(angle) * min(1.0, share) ** 0.5 for angle in values[:2]]
    for piece, pitch in zip(pieces, pitches, strict=True):
        piece.values[0] = pitch
    bands = [band_pass(piece.values[:3], RATE, settings.low, settings.high) for piece in pieces]
    least = [_least([band[axis] for band in bands], noise[axis], settings) for axis in (0, 1)]
    talk, laugh = coverage(speaking), coverage(laughing)
    usual = _usual_turn(pieces, bands, speaking)
    found = []
    for piece, band in zip(pieces, bands, strict=True):
        smooth = band_pass(piece.values[:3], RATE, 0, SMOOTH * settings.high)
        height = max(float(np.median(piece.values[5])), 1e-6)
        in_faces = (picture[0] / height, picture[1] / height) if picture else None
        place = band_pass(piece.values[3:6], RATE, settings.low, settings.high)
        place[2] /= height
        mouth = band_pass(piece.values[6:8], RATE, settings.low, settings.high)
        for kind, axis in _AXES.items():
            others = np.delete(band, axis, axis=0)
            for chain in find_chains(band[axis], smooth[axis], least[axis], settings):
                ratio = dominance(band[axis], others, chain.core)
                if ratio < settings.dominance:
                    continue
                first, last = edges(smooth[axis], chain.points)
                start, end = piece.start + first / RATE, piece.start + last / RATE
                moved = slice(first, last + 1)
                body = body_share(
                    place[:, moved],
                    band[axis][moved],
                    in_faces,
                    bows=kind == "nod",
                    sway=settings.sway,
                    lean=settings.lean,
                )
                mouthing = mouth_share(mouth[:, moved], band[axis][moved])
                if max(body, mouthing) >= 1:
                    continue
                spoken, laughed = (cover(start, end) / (end - start) for cover in (talk, laugh))
                if chain.size < least[axis] + min(1.0, 2 * spoken) * (settings.speaking - settings.least):
                    continue
                if kind == "head_shake" and spoken >= 0.5 and chain.size < settings.speaking_turns * usual:
                    continue
                trust = _confidence(chain, ratio, noise[axis], settings)
                trust *= 1 - 0.5 * max(body, mouthing)
                if trust < settings.certain:
                    continue
                trust *= float(np.mean(piece.values[-1, moved])) ** 0.5
                trust *= (1 - 0.5 * laughed) * (1 - 0.2 * spoken)
                found.append(
                    HeadGesture(
                        kind=kind,
                        start=start,
                        end=end,
                        amplitude=chain.size / 2,
                        cycles=len(chain.sizes) / 2,
                        rate=chain.rate,
                        confidence=float(np.clip(trust, 0, 1)),
                        speech=spoken,
                        laughter=laughed,
                        body=body,
                    )
                )
    return _joined(sorted(found, key=lambda gesture: (gesture.start, gesture.end)))


def _least(bands: Sequence[Floats], noise: float, settings: HeadGestureSettings) -> float:
    """Degrees from which a swing counts: more where the angle is noisy or the head never rests."""
    rest = min(settings.over_noise * restlessness(bands, RATE), settings.clear)
    return max(settings.least, rest, 0.0 if np.isnan(noise) else settings.over_noise * noise)


def _usual_turn(pieces: Sequence[Stretch], bands: Sequence[Floats], speaking: Spans) -> float:
    """Degrees from side to side by which the head usually turns, in the band, while the person speaks.

    From the median, so that shakes do not count as usual as long as they are not most of the talk; and drawn
    towards nothing where the person was seen to speak only for seconds, which one shake may fill.
    """
    inside = [
        band[
            _AXES["head_shake"],
            max(0, round((start - piece.start) * RATE)) : round((end - piece.start) * RATE),
        ]
        for piece, band in zip(pieces, bands, strict=True)
        for start, end in speaking
        if end > piece.start
    ]
    turns = np.abs(np.concatenate(inside)) if inside else np.zeros(0)
    known = len(turns) / (len(turns) + FEW_SECONDS * RATE)
    return known * SWING * float(np.median(turns)) / NORMAL if len(turns) else 0.0


def _joined(found: list[HeadGesture]) -> list[HeadGesture]:
    """Gestures of a kind with less than a cycle of stillness between them as one."""
    joined: list[HeadGesture] = []
    for gesture in found:
        before = next((i for i in range(len(joined))[::-1] if joined[i].kind == gesture.kind), None)
        if before is None or gesture.start - joined[before].end >= 1 / min(gesture.rate, joined[before].rate):
            joined.append(gesture)
            continue
        both = (joined[before], gesture)
        swings = sum(part.cycles for part in both)
        mean = {
            name: sum(getattr(part, name) * part.cycles for part in both) / swings
            for name in ("amplitude", "rate", "confidence", "speech", "laughter", "body")
        }
        joined[before] = HeadGesture(gesture.kind, both[0].start, gesture.end, cycles=swings, **mean)
    return joined


def _confidence(chain: Chain, ratio: float, noise: float, settings: HeadGestureSettings) -> float:
    """Geometric mean of what speaks for a gesture: size, number of swings, dominance, evenness, clearness."""
    sizes = np.array(chain.sizes)
    terms = [
        1 - np.exp(-chain.size / settings.least),
        1 - 0.5 ** (len(sizes) - 1),
        1 - 0.5 ** (ratio / settings.dominance),
        1 / (1 + np.std(sizes) / np.mean(sizes)),
    ]
    if not np.isnan(noise):
        terms.append(1 - np.exp(-chain.size / max(4 * noise, 1e-6)))
    return float(np.prod(terms) ** (1 / len(terms)))
