"""Rows of the timeline for what is seen on faces: nods, shakes, smiles, gaze, and when a face is in view.

The rows have no ids: they are numbered where those of all participants come together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.face.gaze import GazeEpisode, GazeSettings, MutualGaze, find_gaze, mutual_gaze
from pipeline.face.head_gestures import HeadGesture, HeadGestureSettings, find_head_gestures, why_no_gestures
from pipeline.face.movement import Floats
from pipeline.face.smiles import Smile, SmileSettings, find_smiles
from pipeline.intervals import coverage

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "face-2"
TIERS = ("nod", "head_shake", "smile", "gaze", "mutual_gaze", "face_visible")
SINGLE = 1.25
"""Cycles up to which a nod counts as single (MUMIN: down and up once)."""

Row = dict[str, Any]
Spans = Sequence[tuple[float, float]]
Looked = NDArray[np.floating] | Mapping[int, NDArray[np.floating]]


@dataclass(frozen=True)
class SeenSettings:
    """How events are found on faces.

    Attributes
    ----------
    head, smile, gaze
        See there.
    gap : float
        Seconds without the face that are bridged in ``face_visible``.
    """

    head: HeadGestureSettings = field(default_factory=HeadGestureSettings)
    smile: SmileSettings = field(default_factory=SmileSettings)
    gaze: GazeSettings = field(default_factory=GazeSettings)
    gap: float = 0.5


@dataclass(frozen=True)
class Talk:
    """Who is heard when, as far as it matters for one participant; all of it may be empty.

    Attributes
    ----------
    speaking, listening, laughing : sequence of (start, end)
        When the participant speaks, when somebody else does, when the participant laughs.
    """

    speaking: Spans = ()
    listening: Spans = ()
    laughing: Spans = ()


def face_rows(
    participant: str,
    signals: pd.DataFrame,
    looked: Looked,
    settings: SeenSettings,
    *,
    talk: Talk | None = None,
    sides: Mapping[int, Sequence[str]] | None = None,
    pictures: Mapping[int, tuple[int, int]] | None = None,
) -> list[Row]:
    """Everything that is seen on one participant's face.

    Parameters
    ----------
    participant : str
        Whose face it is.
    signals : DataFrame
        All rows of this participant's tracks (see `pipeline.face.signals`). Each camera is judged by itself;
        what two cameras see at once is said once, as the camera saw it that is surer.
    looked : ndarray, shape (pictures,), or mapping of camera to ndarray
        Times in seconds at which each camera took a picture, with the face or without; may be empty if not
        known. One array stands for every camera.
    settings : SeenSettings
        See there.
    talk : Talk, optional
        When the participant speaks, listens, laughs.
    sides : mapping of camera to sequence of str, optional
        On which sides of this face, in that camera's picture, partners sit (``left``, ``right``); nothing
        for a call.
    pictures : mapping of camera to (width, height), optional
        Size of each camera's pictures in pixels, so that a swaying body is told from a turning head.

    Returns
    -------
    list of dict
        Rows of the tiers nod, head_shake, smile, gaze and face_visible, without ids, in order of start.
    """
    talk = talk or Talk()
    gestures: list[HeadGesture] = []
    smiles: list[Smile] = []
    views: list[list[GazeEpisode]] = []
    for camera, seen in signals.groupby("camera", sort=True):
        name = int(str(camera))
        seen = seen.sort_values("time")
        moves = find_head_gestures(
            seen,
            settings.head,
            speaking=talk.speaking,
            laughing=talk.laughing,
            picture=(pictures or {}).get(name),
        )
        gestures += moves
        smiles += find_smiles(seen, settings.smile, speaking=talk.speaking)
        views.append(
            find_gaze(
                seen,
                settings.gaze,
                speaking=talk.speaking,
                listening=talk.listening,
                gestures=[(move.start, move.end) for move in moves],
                sides=(sides or {}).get(name, ()),
            )
        )
    rows = [_gesture_row(gesture) for kind in ("nod", "head_shake") for gesture in _surest(gestures, kind)]
    rows += [_smile_row(smile) for smile in _surest(smiles)]
    rows += [_gaze_row(episode) for episode in _one_view(views)]
    rows += [
        {"tier": "face_visible", "start": start, "end": end, "value": share, "confidence": trust}
        for start, end, share, trust in _visible(signals, looked, settings.gap)
    ]
    common = {"participant": participant, "source": SOURCE}
    return sorted(({**common, **row} for row in rows), key=lambda row: (row["start"], row["end"]))


def mutual_gaze_rows(gaze: Iterable[Mapping[str, Any]], shortest: float = 0.2) -> list[Row]:
    """Where two participants look at each other, from rows of the tier gaze of all participants.

    Parameters
    ----------
    gaze : iterable of mapping
        Rows as `face_rows` makes them. Where they have ids, those are the evidence.
    shortest : float
        Seconds that it must last.

    Returns
    -------
    list of dict
        Rows without ids and without participant: it belongs to both, whose names are in `text`. With three
        people or more ``towards_partner`` does not say which partner: there the rows are labelled ``likely``.
    """
    people: dict[str, list[Mapping[str, Any]]] = {}
    for row in gaze:
        people.setdefault(row["participant"], []).append(row)
    episodes = {
        who: [GazeEpisode(r["label"], r["start"], r["end"], r["confidence"]) for r in rows]
        for who, rows in people.items()
    }
    found = []
    for one, other in combinations(sorted(people), 2):
        for both in mutual_gaze(episodes[one], episodes[other], shortest):
            under = [
                str(r["id"])
                for who in (one, other)
                for r in people[who]
                if r.get("id") and r["label"] == "towards_partner" and _touch(r["start"], r["end"], both)
            ]
            found.append(
                {
                    "tier": "mutual_gaze",
                    "participant": "",
                    "start": both.start,
                    "end": both.end,
                    "label": "both" if len(people) == 2 else "likely",
                    "text": f"{one} {other}",
                    "value": both.end - both.start,
                    "confidence": both.confidence,
                    "source": SOURCE,
                    "evidence": " ".join(under),
                }
            )
    return sorted(found, key=lambda row: (row["start"], row["end"]))


def unreadable(signals: pd.DataFrame, settings: SeenSettings) -> str:
    """Why no nods and shakes can be read from a participant's signals, as a clause; empty where they can."""
    reasons = [why_no_gestures(seen, settings.head) for _, seen in signals.groupby("camera", sort=True)]
    if not reasons:
        return "the face was never seen"
    return "" if "" in reasons else reasons[0]


def _touch(start: float, end: float, span: HeadGesture | Smile | MutualGaze) -> bool:
    return start < span.end and end > span.start


def _surest(events: Sequence[Any], kind: str = "") -> list[Any]:
    """Events of one kind, without those that overlap a surer one (seen by another camera)."""
    chosen: list[Any] = []
    for event in sorted(events, key=lambda event: -event.confidence):
        if kind and event.kind != kind:
            continue
        if not any(_touch(event.start, event.end, other) for other in chosen):
            chosen.append(event)
    return chosen


def _one_view(views: Sequence[list[GazeEpisode]]) -> list[GazeEpisode]:
    """One sequence of several cameras': at any moment what the camera says that knows best."""
    if len(views) < 2:
        return [episode for view in views for episode in view]
    edges = sorted({edge for view in views for episode in view for edge in (episode.start, episode.end)})
    at = [0] * len(views)
    joined: list[GazeEpisode] = []
    for start, end in pairwise(edges):
        said = []
        for i, view in enumerate(views):
            while at[i] < len(view) and view[at[i]].end <= start:
                at[i] += 1
            if at[i] < len(view) and view[at[i]].start <= start:
                said.append(view[at[i]])
        if not said:
            continue
        best = max(said, key=lambda episode: -1.0 if math.isnan(episode.confidence) else episode.confidence)
        same = joined and joined[-1].state == best.state and joined[-1].direction == best.direction
        if same and joined[-1].end == start:
            start = joined.pop().start
        joined.append(GazeEpisode(best.state, start, end, best.confidence, best.direction))
    return joined


def _visible(signals: pd.DataFrame, looked: Looked, gap: float) -> list[tuple[float, float, float, float]]:
    """Start, end, share of the time with the face, and mean quality, of each interval with the face.

    Somebody is in view while any camera sees them, so that a camera that does not takes nothing away.
    """
    spans: list[tuple[float, float]] = []
    for camera, seen in signals.groupby("camera"):
        times = looked if isinstance(looked, np.ndarray) else looked.get(int(str(camera)), np.zeros(0))
        spans += _in_sight(np.unique(seen["time"].to_numpy(float)), times, gap)
    covered = coverage(spans)
    pieces: list[list[float]] = []
    for start, end in sorted(spans):
        if pieces and start - pieces[-1][1] < gap:
            pieces[-1][1] = max(pieces[-1][1], end)
        else:
            pieces.append([start, end])
    found = []
    for start, end in pieces:
        share = min(1.0, covered(start, end) / (end - start)) if end > start else 1.0
        quality = signals.loc[signals["time"].between(start, end), "quality"].mean()
        found.append((start, end, share, float(quality)))
    return found


def _in_sight(times: Floats, looked: NDArray[np.floating], gap: float) -> list[tuple[float, float]]:
    """When one camera sees a face: each picture with the face stands until the next picture."""
    looked = np.unique(np.concatenate([looked, times]))
    step = float(np.median(np.diff(looked))) if len(looked) > 1 else 0.0
    following = np.append(looked[1:], np.inf)[np.searchsorted(looked, times)]
    # After the last picture, or before a long time without any, it stands as long as pictures usually do.
    ends = np.where(following - times < max(gap, 1.5 * step), following, times + min(step, gap))
    return list(zip(times.tolist(), ends.tolist(), strict=True))


def _details(**measures: float | str) -> str:
    """Further measures as JSON; numbers to four places, as none is known better."""
    kept = {name: round(value, 4) if isinstance(value, float) else value for name, value in measures.items()}
    return json.dumps(kept)


def _gesture_row(gesture: HeadGesture) -> Row:
    return {
        "tier": gesture.kind,
        "start": gesture.start,
        "end": gesture.end,
        "label": "single" if gesture.cycles <= SINGLE else "repeated",
        "value": gesture.amplitude,
        "confidence": gesture.confidence,
        "details": _details(
            cycles=gesture.cycles,
            rate_hz=gesture.rate,
            speech=gesture.speech,
            laughter=gesture.laughter,
            body=gesture.body,
        ),
    }


def _smile_row(smile: Smile) -> Row:
    return {
        "tier": "smile",
        "start": smile.start,
        "end": smile.end,
        "value": smile.intensity,
        "confidence": smile.confidence,
        "details": _details(apex=smile.apex, speech=smile.speech, contrary=smile.contrary),
    }


def _gaze_row(episode: GazeEpisode) -> Row:
    return {
        "tier": "gaze",
        "start": episode.start,
        "end": episode.end,
        "label": episode.state,
        "value": episode.end - episode.start,
        "confidence": episode.confidence,
        "details": _details(direction=episode.direction) if episode.direction else "",
    }
