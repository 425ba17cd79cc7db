"""The two people as data: shape targets, skin, hair and clothes.

Nobody real is modelled; the weights were chosen by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

UNITS = (
    "jawOpen",
    "mouthClose",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthFunnel",
    "mouthPucker",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeWideLeft",
    "eyeWideRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "browDownLeft",
    "browDownRight",
)


@dataclass(frozen=True)
class Look:
    """Surface of one part: picture, tint per channel, highlight, least picture size in pixels.

    ``calm`` (0..1) fades the pattern into its mean colour, ``dye`` gives every texel the same hue with that
    mean (0..255), ``opacity`` thins hairs.
    """

    texture: str
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    calm: float = 0.0
    dye: tuple[float, float, float] | None = None
    opacity: float = 1.0
    gloss: float = 0.0
    power: float = 20.0
    size: int = 0


@dataclass(frozen=True)
class Person:
    """One person of the meeting."""

    name: str
    role: str
    shape: dict[str, float]
    proxies: dict[str, str]
    looks: dict[str, Look]
    key_side: float
    rest: dict[str, float]
    arms: float = 32.0


def _both(name: str, weight: float) -> dict[str, float]:
    """The same target on the left and on the right, e.g. ``eyes/*-eye-scale-incr``."""
    return {name.replace("*", side): weight for side in "lr"}


def _macro(gender: str, young: float, muscle: str = "averagemuscle") -> dict[str, float]:
    """MakeHuman's macro targets for an adult between young (1) and old (0)."""
    return {
        f"macrodetails/caucasian-{gender}-young": young,
        f"macrodetails/caucasian-{gender}-old": 1 - young,
        f"macrodetails/universal-{gender}-young-{muscle}-averageweight": young,
        f"macrodetails/universal-{gender}-old-{muscle}-averageweight": 1 - young,
    }


def _rest(smile: float, brow_down: float) -> dict[str, float]:
    """Face units of the person's resting face."""
    out = {f"mouthSmile{side}": smile for side in ("Left", "Right")}
    out |= {f"browDown{side}": brow_down for side in ("Left", "Right")}
    return out | {f"eyeWide{side}": 0.3 for side in ("Left", "Right")}


_SHARED = {"eyes": "eyes/HighPolyEyes", "teeth": "teeth/Teeth_Base", "tongue": "tongue/tongue01"}

SAM = Person(
    name="Sam",
    role="salesperson",
    key_side=-1.0,
    rest=_rest(0.08, -0.5),
    shape={
        **_macro("male", 0.66),
        "head/head-rectangular": 0.45,
        "head/head-fat-incr": 0.15,
        "chin/chin-width-incr": 0.4,
        "chin/chin-prominent-incr": 0.3,
        "eyebrows/eyebrows-trans-up": 0.5,
        "nose/nose-hump-incr": 0.25,
        "nose/nose-scale-horiz-incr": 0.35,
        "nose/nose-scale-vert-incr": 0.25,
        "mouth/mouth-angles-up": 0.2,
        "mouth/mouth-scale-horiz-incr": 0.3,
        "forehead/forehead-scale-vert-incr": 0.3,
        **_both("ears/*-ear-wing-incr", 0.2),
        **_both("eyes/*-eye-height2-incr", 0.5),
        **_both("eyes/*-eye-scale-incr", 0.15),
    },
    proxies=dict(
        _SHARED,
        clothes="clothes/male_casualsuit01",
        brows="eyebrows/eyebrow001",
        lashes="eyelashes/eyelashes02",
        hair="hair/short01",
    ),
    looks={
        "skin": Look(
            "skins/middleage_caucasian_male/textures/middleage_lightskinned_male_diffuse.png",
            tint=(0.98, 0.91, 0.85),
            gloss=0.16,
            power=14,
            size=2048,
        ),
        "eyes": Look("proxies/eyes/HighPolyEyes/textures/brownlight_eye.png", gloss=0.9, power=160),
        "teeth": Look(
            "proxies/teeth/Teeth_Base/textures/teeth.png",
            tint=(1.08, 1.04, 0.96),
            calm=0.15,
            gloss=0.1,
            power=30,
        ),
        "tongue": Look("proxies/tongue/tongue01/textures/tongue01_diffuse.png", gloss=0.15, power=20),
        "clothes": Look("proxies/clothes/male_casualsuit01/textures/male_casualsuit01_diffuse.png"),
        "brows": Look("proxies/eyebrows/eyebrow001/textures/eyebrow001.png", opacity=1.0),
        "lashes": Look("proxies/eyelashes/eyelashes02/textures/eyelashes02.png", opacity=0.25),
        "hair": Look(
            "proxies/hair/short01/textures/short01_diffuse.png", dye=(64, 47, 36), gloss=0.12, power=12
        ),
    },
)

ANNA = Person(
    name="Anna",
    role="customer",
    key_side=1.0,
    rest=_rest(0.10, -0.6),
    shape={
        **_macro("female", 0.86),
        "head/head-oval": 0.4,
        "nose/nose-point-up": 0.2,
        "mouth/mouth-angles-up": 0.2,
        "mouth/mouth-upperlip-volume-incr": 0.2,
        "mouth/mouth-lowerlip-volume-incr": 0.2,
        "chin/chin-triangle": 0.2,
        **_both("eyes/*-eye-scale-incr", 0.15),
        **_both("cheek/*-cheek-bones-incr", 0.3),
    },
    proxies=dict(
        _SHARED,
        clothes="clothes/female_elegantsuit01",
        brows="eyebrows/eyebrow001",
        lashes="eyelashes/eyelashes02",
        hair="hair/long01",
    ),
    looks={
        "skin": Look(
            "skins/young_caucasian_female/textures/young_lightskinned_female_diffuse.png",
            tint=(1.0, 0.945, 0.90),
            gloss=0.14,
            power=14,
            size=2048,
        ),
        "eyes": Look(
            "proxies/eyes/HighPolyEyes/textures/grey_eye.png", tint=(0.8, 0.85, 0.85), gloss=0.9, power=160
        ),
        "teeth": Look(
            "proxies/teeth/Teeth_Base/textures/teeth.png",
            tint=(1.08, 1.04, 0.96),
            calm=0.15,
            gloss=0.1,
            power=30,
        ),
        "tongue": Look("proxies/tongue/tongue01/textures/tongue01_diffuse.png", gloss=0.15, power=20),
        "clothes": Look(
            "proxies/clothes/female_elegantsuit01/textures/female_elegantsuit01_diffuse.png",
            calm=0.85,
            tint=(1.0, 1.5, 1.75),
        ),
        "brows": Look("proxies/eyebrows/eyebrow001/textures/eyebrow001.png", opacity=0.85),
        "lashes": Look("proxies/eyelashes/eyelashes02/textures/eyelashes02.png", opacity=0.7),
        "hair": Look(
            "proxies/hair/long01/textures/long01_diffuse.png", dye=(54, 35, 26), gloss=0.12, power=12
        ),
    },
)

PEOPLE = {"S": SAM, "C": ANNA}
