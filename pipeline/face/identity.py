"""Who is who: a person's tracks over cuts, returns and cameras become one; some are no participant.

Sources
-------
Network: Davis King, dlib's ``dlib_face_recognition_resnet_model_v1`` (CC0), right on 99.4 % of the pairs
of Labeled Faces in the Wild. Its input is a face laid straight as by dlib's ``get_face_chip_details``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.face.engines import Image, Points
from pipeline.networks import open_network

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.face.seen import Seen, TrackSeen

    Rows = dict[tuple[int, int], pd.DataFrame]

STRANGER = 0.6
"""Distance from which two faces are two persons': the threshold of the network's author."""
SAME_PERSON = 0.5
"""Distance below which tracks are joined. Stricter than the author's, since means over several pictures
scatter less than single ones, since the network tells East Asian faces less well than those it was mostly
trained on, and since a person in two parts is mended more easily than two persons in one."""
SIDE, PADDING = 150, 0.25
"""Pixels of the aligned face, and the room left around it, as in dlib's Python interface."""
PLACES = np.array(
    [
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.6460604764104, 0.2289674387677),
        (0.8595674595992, 0.2134981538014),
        (0.4901123135679, 0.6277975316475),
    ]
)
"""Where `pipeline.face.engines.ANCHORS` belong, in shares of the face without the room: dlib's mean face."""

TOGETHER = 0.5
"""Seconds for which two tracks must be seen at once to be two persons; less may be one face's."""
HANDOVER, NEARBY = 3.0, 0.5
"""Seconds and sizes of the face within which a track without identity goes on with another one."""

BRIEF = 0.05
"""Share of the recording below which a person is only passing by: too little to say anything about."""
SHORT = 3.0
"""Seconds below which the same is true, unless the recording is hardly longer."""
LONG_ENOUGH = 5.0
"""Seconds without any movement from which a face is a picture: people blink every 3.5 s on average, and
every 2.3 s in conversation (Bentivoglio and others 1997), and their heads are never still."""
STILL_DEGREES, STILL_LIPS = 2.0, 0.03
"""Range (5 to 95 %) of the head's angles and of the lip gap, averaged over `CALM`, that is only noise."""
STILL_LIDS = 0.3
"""Most by which lids may be shut beyond their median; a blink goes on to 0.4 or more."""
CALM = 0.5
"""Seconds over which noise is averaged."""


class Embedder:
    """Turns a face into 128 numbers that tell who it is.

    Parameters
    ----------
    path : Path
        ``dlib-faces.onnx``, as `pipeline.weights` builds it.
    """

    def __init__(self, path: Path) -> None:
        self._session = open_network(path)

    def embed(self, image: Image, anchors: Points) -> NDArray[np.float32]:
        """Identity of a face.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3)
            RGB.
        anchors : ndarray, shape (5, 2)
            `pipeline.face.engines.ANCHORS` in pixels.

        Returns
        -------
        ndarray, shape (128,)
        """
        face = align(image, anchors).transpose(2, 0, 1)[None].astype(np.float32)
        identity: NDArray[np.float32] = self._session.run(None, {"faces": face})[0][0]
        return identity


def align(image: Image, anchors: Points) -> Image:
    """Turn, shift and scale a face so that its anchors come nearest to where they belong.

    Returns
    -------
    ndarray of uint8, shape (SIDE, SIDE, 3)
    """
    import cv2

    matrix = similarity(anchors, (PADDING + PLACES) / (2 * PADDING + 1) * SIDE)
    turned: Image = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_AREA)
    return turned


def similarity(points: NDArray[np.floating], goals: NDArray[np.floating]) -> NDArray[np.float64]:
    """Best turn, scale and shift from points to goals (Umeyama 1991, without mirroring), shape (2, 3)."""
    z, w = points @ (1, 1j), goals @ (1, 1j)
    z_mean, w_mean = z.mean(), w.mean()
    factor = np.vdot(z - z_mean, w - w_mean) / max(np.vdot(z - z_mean, z - z_mean).real, 1e-9)
    shift = w_mean - factor * z_mean
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


@dataclass(frozen=True)
class Person:
    """Somebody, or something, whose face was seen.

    Attributes
    ----------
    number : int
        From 0, the person seen longest first.
    tracks : tuple of (camera, track)
        Where and when; as in the signals.
    seconds : float
        How long the face was read, in the camera that saw it longest.
    share : float
        The same as a share of the recording.
    participant : bool
        Whether this is somebody who takes part.
    reason : str
        Why not; empty for a participant.
    """

    number: int
    tracks: tuple[tuple[int, int], ...]
    seconds: float
    share: float
    participant: bool
    reason: str


def find_people(seen: Sequence[Seen], *, threshold: float = SAME_PERSON) -> tuple[Person, ...]:
    """Join the tracks of all cameras into persons, and tell who takes part.

    Parameters
    ----------
    seen : sequence of Seen
        One per camera.
    threshold : float
        Distance of embeddings below which two tracks are one person's.
    """
    import pandas as pd

    tracks = [track for one in seen for track in one.tracks]
    signals = pd.concat([one.signals for one in seen]) if seen else pd.DataFrame()
    rows: Rows = dict(iter(signals.groupby(["camera", "track"]))) if len(signals) else {}  # type: ignore[arg-type]
    lengths = {one.tracks[0].camera: _span(one.looks) for one in seen if one.tracks}
    groups = group([track.identity for track in tracks], apart(tracks, rows), threshold)
    groups = hand_over(tracks, rows, groups)
    people: list[Person] = []
    for members in sorted(
        {tuple(sorted(g)) for g in groups}, key=lambda g: -sum(tracks[i].frames for i in g)
    ):
        keys = tuple((tracks[i].camera, tracks[i].track) for i in members)
        parts = [rows[key] for key in keys]
        spans = {camera: sum(_span(rows[key]) for key in keys if key[0] == camera) for camera, _ in keys}
        camera = max(spans, key=lambda c: spans[c])
        share = min(1.0, spans[camera] / max(lengths[camera], 1e-6))
        reason = no_participant(pd.concat(parts), spans[camera], share)
        people.append(Person(len(people), keys, spans[camera], share, not reason, reason))
    return tuple(people)


def no_participant(rows: pd.DataFrame, seconds: float, share: float) -> str:
    """Say why a face is no participant's; empty where it is.

    Parameters
    ----------
    rows : DataFrame
        Its signals.
    seconds, share : float
        How long it was read, and what share of the recording that is.
    """
    # Two cameras see a picture at two angles, so each is asked by itself.
    views = [view for _, view in rows.groupby("camera") if _span(view) >= LONG_ENOUGH]
    if views and all(is_still(view) for view in views):
        return f"a still picture: in {seconds:.0f} s nothing moves but the whole"
    if share < BRIEF or (seconds < SHORT and share < 0.5):
        return f"seen only for {seconds:.1f} s, {share:.1%} of the recording"
    return ""


def is_still(rows: pd.DataFrame) -> bool:
    """Whether a face never moves by itself: a photograph, a slide, a poster, a frozen video.

    How the picture as a whole is moved, scrolled or enlarged does not count: the head's angles, the lids and
    the lips stay the same under it.
    """
    if _span(rows) < LONG_ENOUGH:
        return False
    rows = rows.sort_values("time")
    step = float(np.median(np.diff(rows["time"])))
    moving = ["pitch", "yaw", "roll", "lip_gap"]
    # what moves, moves for longer than a picture; noise does not
    calm = rows[moving].rolling(max(1, round(CALM / max(step, 1e-3))), min_periods=1, center=True).mean()
    moved = calm.quantile(0.95) - calm.quantile(0.05)
    return bool(
        moved[["pitch", "yaw", "roll"]].max() < STILL_DEGREES
        and moved["lip_gap"] < STILL_LIPS
        and rows["blink"].max() - rows["blink"].median() < STILL_LIDS
    )


def _span(rows: pd.DataFrame) -> float:
    """Seconds that rows stand for, gaps left out."""
    steps = np.diff(np.sort(rows["time"].to_numpy()))
    step = float(np.median(steps)) if len(steps) else 0.0
    return float(np.minimum(steps, 2 * step).sum()) + step


def apart(tracks: Sequence[TrackSeen], rows: Rows) -> NDArray[np.bool_]:
    """Tell which tracks are two persons because one camera saw them at once, shape (tracks, tracks)."""
    found = np.zeros((len(tracks), len(tracks)), bool)
    for i, one in enumerate(tracks):
        for j in range(i):
            other = tracks[j]
            shared = min(one.last, other.last) - max(one.first, other.first)
            if one.camera == other.camera and shared > 0:
                times = [rows[(t.camera, t.track)]["time"].to_numpy() for t in (one, other)]
                both = len(np.intersect1d(times[0], times[1]))
                step = float(np.median(np.diff(times[0]))) if len(times[0]) > 1 else 0.0
                found[i, j] = found[j, i] = both * step >= TOGETHER
    return found


def group(
    identities: Sequence[NDArray[np.float32]], separate: NDArray[np.bool_], threshold: float
) -> list[set[int]]:
    """Join what is nearest, on average, until nothing near enough is left (agglomerative, average linkage).

    Parameters
    ----------
    identities : sequence of ndarray, shape (d,)
        Embeddings; empty where there is none, which joins nothing.
    separate : ndarray of bool, shape (n, n)
        Pairs that are known to be two.
    threshold : float
        Largest mean distance.
    """
    from scipy.spatial.distance import cdist

    groups = [{i} for i in range(len(identities))]
    distance = np.full(separate.shape, np.inf)
    known = [i for i, identity in enumerate(identities) if len(identity)]
    if known:
        vectors = np.stack([identities[i] for i in known])
        distance[np.ix_(known, known)] = cdist(vectors, vectors)
    distance[separate] = np.inf
    np.fill_diagonal(distance, np.inf)
    while len(groups) > 1:
        i, j = sorted(map(int, np.unravel_index(np.argmin(distance), distance.shape)))
        if not distance[i, j] <= threshold:
            break
        a, b = len(groups[i]), len(groups[j])
        joined = (a * distance[i] + b * distance[j]) / (a + b)
        joined[i] = np.inf
        distance[i], distance[:, i] = joined, joined
        distance = np.delete(np.delete(distance, j, axis=0), j, axis=1)
        groups[i] |= groups.pop(j)
    return groups


def hand_over(tracks: Sequence[TrackSeen], rows: Rows, groups: Sequence[set[int]]) -> list[set[int]]:
    """Join a track without identity to the one that ended just before at the same place, if one did."""
    found = [set(g) for g in groups]
    for i in sorted(range(len(tracks)), key=lambda k: tracks[k].first):
        if len(tracks[i].identity):
            continue
        start = rows[(tracks[i].camera, tracks[i].track)].iloc[0]
        for j in sorted(range(len(tracks)), key=lambda k: -tracks[k].last):
            gap = tracks[i].first - tracks[j].last
            if tracks[j].camera != tracks[i].camera or not 0 < gap <= HANDOVER:
                continue
            end = rows[(tracks[j].camera, tracks[j].track)].iloc[-1]
            # x and y are shares of the picture; sizes are pixels, so only what they share is compared
            near = max(abs(start["x"] - end["x"]), abs(start["y"] - end["y"])) < NEARBY * 0.2
            if near and 1 / 1.5 < start["size"] / max(end["size"], 1e-6) < 1.5:
                mine, other = (next(g for g in found if k in g) for k in (i, j))
                if mine is not other:
                    found.remove(mine)
                    other |= mine
                break
    return found
