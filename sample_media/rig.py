"""Pose a person: controls of one frame to vertex positions."""

from __future__ import annotations

import numpy as np
from people import Person
from puppet import Part

EYE_DEGREES = 17.0  # turn of the eyeballs for one unit of gaze
CONTROLS = (
    "pitch",
    "yaw",
    "roll",
    "smile",
    "open",
    "wide",
    "press",
    "blink",
    "gaze_x",
    "gaze_y",
    "brow",
    "sway_x",
    "sway_y",
    "sway_z",
    "breath",
    "shrug",
)


def smoothstep(x: np.ndarray | float) -> np.ndarray:
    """Cubic ramp from 0 to 1."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def rotation(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """``(3, 3)`` rotation from degrees.

    Pitch > 0 brings the chin down, yaw > 0 the nose to the right edge of the picture, roll > 0 turns
    anticlockwise in the picture (x right, y up, z towards the viewer).
    """
    p, y, r = np.radians([pitch, yaw, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def face_units(control: dict[str, float], person: Person) -> dict[str, float]:
    """Weights of the face units for one frame's controls."""
    smile, opened = control["smile"], control["open"]
    down, up = max(control["gaze_y"], 0.0), max(-control["gaze_y"], 0.0)
    blink = float(np.clip(control["blink"] + 0.25 * down, 0, 1))
    units = dict(person.rest)
    calm = 1 - smile
    both = {
        "mouthSmile": 0.95 * smile + calm * units.pop("mouthSmileLeft", 0),
        "cheekSquint": 0.55 * smile,
        "eyeSquint": 0.20 * smile,
        "eyeBlink": blink,
        "eyeWide": (1 - blink) * units.pop("eyeWideLeft", 0),
        "eyeLookDown": down,
        "eyeLookUp": up,
        "mouthStretch": 0.35 * max(control["wide"], 0) * (1 - smile),
        "mouthUpperUp": 0.25 * opened + 0.30 * smile * smoothstep(opened / 0.35),
        "mouthLowerDown": 0.10 * smoothstep(opened / 0.5),
        "mouthPress": 0.5 * control["press"],
        "browOuterUp": 0.5 * control["brow"],
    }
    units.pop("mouthSmileRight", None)
    units.pop("eyeWideRight", None)
    units |= {f"{name}{side}": value for name, value in both.items() for side in ("Left", "Right")}
    units["browInnerUp"] = units.get("browInnerUp", 0) + 0.5 * control["brow"]
    units["jawOpen"] = 0.62 * opened
    rounded = max(-control["wide"], 0.0) * (1 - smile)
    units["mouthFunnel"], units["mouthPucker"] = 0.32 * rounded, 0.25 * rounded
    return units


class Rig:
    """Poses the parts of one person."""

    def __init__(self, parts: list[Part], person: Person) -> None:
        self.parts, self.person = parts, person
        named = {part.name: part for part in parts}
        eyes = named["eyes"].rest
        self.eye_level = eyes.mean(0)
        self.eye_sides = [eyes[:, 0] < 0, eyes[:, 0] > 0]
        self.eye_centres = [self._ball_centre(eyes[side]) for side in self.eye_sides]
        self.pivot = np.array([0.0, self.eye_level[1] - 1.15, self.eye_level[2] - 1.15])
        self.chest = np.array([0.0, self.eye_level[1] - 4.2, self.eye_level[2]])

    @staticmethod
    def _ball_centre(points: np.ndarray) -> np.ndarray:
        """Centre of the sphere through the points (least squares)."""
        system = np.c_[2 * points, np.ones(len(points))]
        return np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0][:3]

    def pose(self, control: dict[str, float]) -> dict[str, np.ndarray]:
        """Positions of all parts, ``(n, 3)`` in decimetres, for one frame's controls (see ``CONTROLS``)."""
        control = {**dict.fromkeys(CONTROLS, 0.0), **control}
        units = face_units(control, self.person)
        turn = rotation(control["pitch"], control["yaw"], control["roll"])
        out = {}
        for part in self.parts:
            points = part.rest.copy()
            for name, move in part.morphs.items():
                if abs(units.get(name, 0.0)) > 1e-3:
                    points += units[name] * move
            if part.name == "eyes":
                self._turn_eyes(points, control)
            points += part.head[:, None] * ((points - self.pivot) @ turn.T + self.pivot - points)
            out[part.name] = points + self._body(part, control)
        return out

    def _turn_eyes(self, points: np.ndarray, control: dict[str, float]) -> None:
        turn = rotation(EYE_DEGREES * control["gaze_y"] * 0.7, EYE_DEGREES * control["gaze_x"], 0)
        for side, centre in zip(self.eye_sides, self.eye_centres, strict=True):
            points[side] = (points[side] - centre) @ turn.T + centre

    def _body(self, part: Part, control: dict[str, float]) -> np.ndarray:
        """Sway of everything, and breath and shoulders of what is below the head."""
        height = smoothstep((part.rest[:, 1] - self.chest[1] + 3.0) / 6.0)[:, None]
        sway = height * np.array([control["sway_x"], control["sway_y"], control["sway_z"]])
        trunk = 1 - part.head
        near = np.exp(-(((part.rest - self.chest) / [2.2, 1.3, 9.0]) ** 2).sum(1))
        shoulder = smoothstep((np.abs(part.rest[:, 0]) - 0.5) / 1.2)
        lift = trunk * (
            0.030 * control["breath"] + shoulder * (0.22 * control["shrug"] + 0.025 * control["breath"])
        )
        forward = trunk * near * 0.09 * control["breath"]
        return sway + np.stack([np.zeros_like(lift), lift, forward], 1)
