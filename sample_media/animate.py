"""From the script's gestures and the sound to the controls of every frame."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from engines import RATE
from rig import CONTROLS, smoothstep
from scipy.ndimage import gaussian_filter1d
from script import GAZES, NODS, SHAKES, SMILES
from speech import Spoken, Talk

FPS = 25
GRID = 100  # steps per second at which the mouth is worked out
LIP_SHUT = {"m", "b", "p"}
NARROW = {
    "f",
    "v",
    "s",
    "z",
    "t",
    "d",
    "n",
    "l",
    "k",
    "ɡ",
    "g",
    "ʃ",
    "ʒ",
    "θ",
    "ð",
    "ɹ",
    "r",
    "sh",
    "ch",
    "jh",
    "th",
    "dh",
    "ng",
    "ŋ",
    "hh",
    "h",
    "j",
    "y",
    "w",
}
ROUND = {"u", "ʊ", "o", "ɔ", "w", "uw", "uh", "ow", "ao", "oy"}
SPREAD = {"i", "ɪ", "e", "ɛ", "iy", "ih", "ey", "eh", "j", "y", "s", "z"}
MOUTH_LEAD = 0.02  # seconds the mouth is ahead of the sound


@dataclass(frozen=True)
class Swing:
    """A nod or a head shake."""

    person: str
    start: float
    end: float
    cycles: int
    hz: float
    amplitude_deg: float


@dataclass(frozen=True)
class Smile:
    """A smile of a strength 0..1."""

    person: str
    start: float
    end: float
    strength: float


@dataclass(frozen=True)
class Gaze:
    """A look away from the camera; x > 0 towards the right edge of the picture, y > 0 down."""

    person: str
    start: float
    end: float
    gaze_x: float
    gaze_y: float


@dataclass(frozen=True)
class Gestures:
    """Everything the bodies do on purpose."""

    nods: list[Swing]
    shakes: list[Swing]
    smiles: list[Smile]
    gaze: list[Gaze]

    def as_dict(self) -> dict[str, list[dict]]:
        """Plain lists, times rounded to milliseconds."""
        rows = {name: [asdict(item) for item in items] for name, items in self.__dict__.items()}
        return {
            name: [{k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()} for row in items]
            for name, items in rows.items()
        }


def place_gestures(spoken: list[Spoken]) -> Gestures:
    """Resolve the anchors of the script to seconds."""
    turns = {s.id: s for s in spoken}

    def when(anchor: tuple[str, str | int, float]) -> float:
        name, where, offset = anchor
        turn = turns[name]
        at = (
            {"start": turn.start, "end": turn.end}[where]
            if isinstance(where, str)
            else turn.words[where].start
        )
        return at + offset

    swings = [
        [Swing(who, when(a), when(a) + n / hz, n, hz, amp) for who, a, n, hz, amp in table]
        for table in (NODS, SHAKES)
    ]
    smiles = [Smile(who, when(a), when(b), strength) for who, a, b, strength in SMILES]
    return Gestures(*swings, smiles, [Gaze(who, when(a), when(b), x, y) for who, a, b, x, y in GAZES])


def plateau(t: np.ndarray, start: float, end: float, rise: float) -> np.ndarray:
    """0 to 1 and back, with smooth flanks inside [start, end]."""
    return smoothstep((t - start) / rise) * smoothstep((end - t) / rise)


def mouth(who: str, talk: Talk, frames: int) -> dict[str, np.ndarray]:
    """Opening, spreading and pressing of the lips per frame, from loudness and phones."""
    hop = RATE // GRID
    track = talk.dry[who][: len(talk.dry[who]) // hop * hop]
    level = np.sqrt((track.reshape(-1, hop) ** 2).mean(1) + 1e-12)
    loud = np.clip(1 + 20 * np.log10(level / np.percentile(level[level > 1e-3], 92)) / 26, 0, 1.1)
    t = np.arange(len(level)) / GRID
    shape, wide, press = np.zeros_like(t), np.zeros_like(t), np.zeros_like(t)
    laughing = np.zeros_like(t)
    for turn in (s for s in talk.spoken if s.speaker == who):
        for phone in turn.phones:
            now = (t >= phone.start - 0.015) & (t < phone.end)
            shape[now] = 0 if phone.label in LIP_SHUT else 0.45 if phone.label in NARROW else 1
            wide[now] = -1 if phone.label in ROUND else 0.6 if phone.label in SPREAD else 0
            press[now] = phone.label in LIP_SHUT
        if turn.kind == "laugh":
            shape[(t >= turn.start) & (t < turn.end)] = 0.9
            laughing = np.maximum(laughing, plateau(t, turn.start - 0.05, turn.end + 0.1, 0.25))
    opened = np.maximum(gaussian_filter1d(loud * shape * 0.8, 3.0), 0.45 * laughing)
    wide = gaussian_filter1d(wide, 5) * (opened > 0.02) * (1 - laughing)
    curves = {"open": opened, "wide": wide, "press": gaussian_filter1d(press, 2.5)}
    at = np.arange(frames) / FPS + MOUTH_LEAD
    return {name: np.interp(at, t, curve) for name, curve in curves.items()}


def drift(rng: np.random.Generator, frames: int, seconds: float, amplitude: float) -> np.ndarray:
    """Slow random movement with a given time scale and standard deviation."""
    noise = gaussian_filter1d(rng.standard_normal(frames), seconds * FPS)
    return amplitude * noise / noise.std()


def swing_curve(t: np.ndarray, item: Swing) -> np.ndarray:
    """Sine of whole cycles with softened first and last flank."""
    along = t - item.start
    edge = plateau(along, -1e-6, item.end - item.start, 0.35 / item.hz)
    return item.amplitude_deg * np.sin(2 * np.pi * item.hz * along) * np.sqrt(edge) * (edge > 0)


def blink_times(rng: np.random.Generator, duration: float) -> list[float]:
    """Start times of the blinks, 2 to 5 s apart."""
    out, at = [], float(rng.uniform(0.5, 2))
    while at < duration - 0.5:
        out.append(round(at, 3))
        at += float(rng.uniform(2.2, 5.0))
    return out


def blink_curve(t: np.ndarray, start: float) -> np.ndarray:
    """Lids close in 0.10 s, stay shut for 0.04 s and open in 0.14 s."""
    return smoothstep((t - start) / 0.10) * smoothstep((start + 0.28 - t) / 0.14)


def animate(
    who: str, talk: Talk, gestures: Gestures, frames: int, seed: int
) -> tuple[dict[str, np.ndarray], list[float]]:
    """Controls of one person for every frame, and the start times of the blinks.

    Parameters
    ----------
    who : str
        Key of the person.
    talk : Talk
        The sound.
    gestures : Gestures
        What both people do.
    frames : int
        Number of frames at 25 per second.
    seed : int
        Seed of the random movements.
    """
    rng = np.random.default_rng(seed)
    t = np.arange(frames) / FPS
    c = {name: np.zeros(frames) for name in CONTROLS}
    for name, seconds, amplitude in (
        ("pitch", 1.4, 0.6),
        ("yaw", 1.8, 1.0),
        ("roll", 2.0, 0.8),
        ("sway_x", 2.5, 0.07),
        ("sway_y", 2.5, 0.02),
        ("sway_z", 2.5, 0.08),
    ):
        c[name] = drift(rng, frames, seconds, amplitude)
    c["breath"] = np.sin(2 * np.pi * np.cumsum(0.27 + drift(rng, frames, 2.0, 0.03)) / FPS)
    c.update(mouth(who, talk, frames))
    talking = gaussian_filter1d((c["open"] > 0.08).astype(float), 8)
    c["pitch"] += talking * drift(rng, frames, 0.35, 0.55)
    c["yaw"] += talking * drift(rng, frames, 0.5, 0.7)
    c["brow"] = np.clip(talking * drift(rng, frames, 0.5, 0.35), 0, 1)
    _add_gestures(c, t, who, gestures)
    for turn in (s for s in talk.spoken if s.speaker == who and s.kind == "laugh"):
        _add_laugh(c, t, turn)
    c["gaze_x"] -= 0.045 * (c["yaw"] - gaussian_filter1d(c["yaw"], 40))  # eyes stay on the screen
    c["sway_y"] -= 0.012 * gaussian_filter1d(c["pitch"], 3)  # the trunk follows the head a little
    c["sway_x"] += 0.010 * gaussian_filter1d(c["yaw"], 6)
    blinks = blink_times(rng, t[-1])
    for start in blinks:
        c["blink"] = np.maximum(c["blink"], blink_curve(t, start))
    return c, blinks


def _add_gestures(c: dict[str, np.ndarray], t: np.ndarray, who: str, gestures: Gestures) -> None:
    for items, axis in ((gestures.nods, "pitch"), (gestures.shakes, "yaw")):
        for item in (i for i in items if i.person == who):
            c[axis] += swing_curve(t, item)
    for item in (i for i in gestures.smiles if i.person == who):
        c["smile"] = np.maximum(c["smile"], item.strength * plateau(t, item.start, item.end, 0.4))
    for item in (i for i in gestures.gaze if i.person == who):
        aside = plateau(t, item.start, item.end, 0.08)
        c["gaze_x"] += item.gaze_x * aside
        c["gaze_y"] += item.gaze_y * aside
        c["yaw"] += 2.0 * item.gaze_x * gaussian_filter1d(aside, 3)


def _add_laugh(c: dict[str, np.ndarray], t: np.ndarray, turn: Spoken) -> None:
    """Head back, eyes narrowed by the smile, shoulders shaking with the calls."""
    inside = plateau(t, turn.start, turn.end, 0.5)
    c["pitch"] -= 3.5 * inside
    c["brow"] = np.maximum(c["brow"], 0.5 * plateau(t, turn.start, turn.end, 0.3))
    for start, end in turn.calls:
        c["shrug"] += 0.8 * plateau(t, start - 0.02, end + 0.06, 0.1)
        c["sway_y"] += 0.05 * plateau(t, start - 0.02, end + 0.06, 0.1)
