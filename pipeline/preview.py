"""A short clip of an analysed meeting with boxes, names and current events drawn in, for checking by eye."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import SettingsError
from pipeline.manifest import people_of, read_manifest
from pipeline.media.clock import Clock
from pipeline.media.decode import TrackSpec
from pipeline.media.pictures import frames
from pipeline.media.probe import Recording, probe
from pipeline.media.sound import RATE, Sound
from pipeline.stages import Kept, track_file
from pipeline.store import Store, replacing, storage_errors
from pipeline.timeline.table import read, tier

if TYPE_CHECKING:
    import pandas as pd

WIDTH, BAR = 960, 64
"""Pixels: width of the picture at most, and height of the strip under it with what is said."""
PICTURES = 25
"""Pictures a second."""
COLOURS = ((66, 133, 244), (219, 112, 37), (52, 168, 83), (171, 71, 188), (0, 172, 193), (240, 98, 146))
BOX = 1.7
"""Side of the box drawn around a face, in heights of the face from brow to chin."""
STALE = 0.25
"""Seconds for which a face's last place is still drawn."""


@dataclass(frozen=True)
class Analysed:
    """What the preview needs of an analysed meeting.

    Attributes
    ----------
    folder : Path
        Where the results are.
    manifest : dict
        What the run noted of itself.
    recording : Recording
        The camera's file.
    clock : Clock
        How its time becomes the meeting's.
    camera : int
        Its number in the signals.
    table : DataFrame
        The timeline.
    signals : DataFrame
        Signals of the faces that this camera saw.
    names : dict of str to str
        What each participant is called.
    """

    folder: Path
    manifest: dict[str, Any]
    recording: Recording
    clock: Clock
    camera: int
    table: pd.DataFrame
    signals: pd.DataFrame
    names: dict[str, str]


def open_analysed(folder: Path, camera: int = 1) -> Analysed:
    """Read the results of a meeting.

    Parameters
    ----------
    folder : Path
        The meeting's folder among the outputs.
    camera : int
        Which of its files with pictures, from 1.

    Raises
    ------
    SettingsError
        Where there are no results, no such camera, or the recording is no longer there.
    """
    import pandas as pd

    manifest = read_manifest(folder)
    cameras = [file for file in manifest["files"] if file["pictures"]]
    if not 1 <= camera <= len(cameras):
        raise SettingsError(
            f"The meeting in {folder} has {len(cameras)} recordings with pictures, not {camera}."
        )
    chosen = cameras[camera - 1]
    if not Path(chosen["path"]).is_file():
        raise SettingsError(
            f"The recording {chosen['path']} is no longer there; put it back to see a preview."
        )
    signals = folder / "signals" / "face.parquet"
    faces = pd.read_parquet(signals) if signals.is_file() else pd.DataFrame(columns=["camera", "participant"])
    return Analysed(
        folder,
        manifest,
        probe(chosen["path"]),
        Clock(chosen["offset"], chosen["clock_rate"]),
        camera - 1,
        read(folder / "timeline.parquet"),
        faces[faces["camera"] == camera - 1],
        people_of(manifest),
    )


def render_preview(meeting: Analysed, start: float, end: float) -> Path:
    """Render the stretch from `start` to `end` seconds of a meeting into its folder.

    Returns
    -------
    Path
        An MP4 file, its name telling the stretch.
    """
    import av

    camera = f"-camera-{meeting.camera + 1}" if meeting.camera else ""
    path = meeting.folder / f"preview{camera}-{start:g}-{end:g}.mp4"
    with (
        storage_errors(meeting.folder),
        replacing(path) as new,
        av.open(str(new), "w", format="mp4") as output,
    ):
        _encode(output, meeting, start, end)
    return path


def _encode(output: Any, meeting: Analysed, start: float, end: float) -> None:
    """Encode annotated pictures and the meeting's sound."""
    import av

    video, audio = None, output.add_stream("aac", rate=RATE)
    own = meeting.clock.own(start), meeting.clock.own(end)
    annotator = Annotator(meeting)
    width = min(WIDTH, meeting.recording.video[0].width) // 2 * 2  # even, as the encoder wants it
    path = meeting.recording.path
    for time, image in frames(path, rate=PICTURES, start=own[0], end=own[1], width=width):
        drawn = annotator.draw(image, meeting.clock.meeting(time))
        if video is None:
            video = output.add_stream("libx264", rate=PICTURES, options={"crf": "23", "preset": "veryfast"})
            video.height, video.width = drawn.shape[:2]
            video.pix_fmt, video.time_base = "yuv420p", Fraction(1, 1000)
            video.codec_context.time_base = Fraction(1, 1000)
        frame = av.VideoFrame.from_ndarray(drawn, format="rgb24")
        frame.pts, frame.time_base = round((meeting.clock.meeting(time) - start) * 1000), Fraction(1, 1000)
        output.mux(video.encode(frame))
    if video is None:
        raise SettingsError(f"There are no pictures from {start:g} to {end:g} s; choose another stretch.")
    output.mux(video.encode(None))
    for block in _sound(meeting, start, end):
        output.mux(audio.encode(block))
    output.mux(audio.encode(None))


def _sound(meeting: Analysed, start: float, end: float) -> Iterator[Any]:
    """The sound of the stretch, as the analysis decoded it; none where that was cleared away."""
    import av

    decoded = [stage["key"] for stage in meeting.manifest["stages"] if stage["stage"] == "decode"]
    heard = [file for file in meeting.manifest["files"] if file["sound"]]
    number = next((i for i, f in enumerate(heard) if f["path"] == str(meeting.recording.path)), 0)
    if not decoded:
        return
    folder = Store(meeting.folder / ".stages").find("decode", decoded[number])
    if folder is None:
        return
    mix = track_file(Kept(folder, ""), TrackSpec())
    track = mix if mix.is_file() else min(folder.glob("*.wav"))
    clock = Clock(heard[number]["offset"], heard[number]["clock_rate"])
    samples = Sound.open(track).between(clock.own(start), clock.own(end))
    for first in range(0, len(samples), RATE):
        frame = av.AudioFrame.from_ndarray(samples[None, first : first + RATE], format="fltp", layout="mono")
        frame.rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
        yield frame


class Annotator:
    """Draws boxes, names and current events into pictures of a meeting."""

    def __init__(self, meeting: Analysed) -> None:
        from PIL import ImageFont

        self._names = meeting.names
        people = sorted(set(meeting.table["participant"]) - {""})
        self._colours = {who: COLOURS[i % len(COLOURS)] for i, who in enumerate(people)}
        self._signals = {
            str(who): rows.sort_values("time") for who, rows in meeting.signals.groupby("participant")
        }
        self._events = {
            name: tier(meeting.table, name)
            for name in ("nod", "head_shake", "smile", "gaze", "word", "mutual_gaze")
        }
        self._font, self._small = ImageFont.load_default(18), ImageFont.load_default(15)
        self._height = meeting.recording.video[0].height

    def draw(self, image: NDArray[np.uint8], time: float) -> NDArray[np.uint8]:
        """A picture at a moment of the meeting, with a strip under it."""
        from PIL import Image, ImageDraw

        height, width = image.shape[:2]
        tall = (height + BAR) // 2 * 2
        canvas = Image.new("RGB", (width, tall), (24, 24, 28))
        canvas.paste(Image.fromarray(image), (0, 0))
        pen = ImageDraw.Draw(canvas)
        for who in self._signals:
            self._draw_face(pen, who, time, width, height)
        self._draw_talk(pen, time, width, height)
        return np.asarray(canvas)

    def _draw_face(self, pen: Any, who: str, time: float, width: int, height: int) -> None:
        rows = self._signals[who]
        at = int(np.searchsorted(rows["time"].to_numpy(), time + 1e-3)) - 1
        if at < 0 or time - rows["time"].iloc[at] > STALE:
            return
        x, y = rows["x"].iloc[at] * width, rows["y"].iloc[at] * height
        half = BOX * rows["size"].iloc[at] / 2 * height / self._height
        colour = self._colours.get(who, COLOURS[0])
        left, low = max(x - half, 0), min(y + half, height - 1)
        pen.rectangle((left, max(y - half, 0), min(x + half, width - 1), low), outline=colour, width=2)
        lines = [self._names.get(who, who), *self._what(who, time)]
        top = min(low + 2, height - 18 * len(lines))
        for i, line in enumerate(lines):
            place = (left, top + 18 * i)
            pen.rectangle(
                (*place, place[0] + pen.textlength(line, self._small) + 6, place[1] + 18), fill=colour
            )
            pen.text((place[0] + 3, place[1]), line, (255, 255, 255), self._small)

    def _what(self, who: str, time: float) -> list[str]:
        """What a participant's face does at a moment, a line each."""
        lines = []
        for name in ("nod", "head_shake", "smile", "gaze"):
            for row in _at(self._events[name], time, who).itertuples():
                what = {"nod": f"nod {row.value:.0f}°", "head_shake": f"shake {row.value:.0f}°"}
                what |= {"smile": f"smile {row.value:.1f}", "gaze": f"gaze {row.label}".replace("_", " ")}
                lines.append(what[name])
        return lines

    def _draw_talk(self, pen: Any, time: float, width: int, top: int) -> None:
        """The time, and the last words of who spoke last, as many as there is room for."""
        mutual = "   mutual gaze" if len(_at(self._events["mutual_gaze"], time)) else ""
        pen.text((8, top + 2), f"{time:7.2f} s{mutual}", (200, 200, 200), self._small)
        words = self._events["word"]
        near = words[(words["start"] <= time) & (words["end"] >= time - 2.5)]
        latest = near.groupby("participant")["end"].max().nlargest(2).index  # as many lines as the strip has
        for i, who in enumerate(sorted(latest)):
            said = list(near.loc[near["participant"] == who, "text"])
            name, colour = self._names.get(str(who), str(who)), self._colours.get(str(who), COLOURS[0])
            while len(said) > 1 and pen.textlength(f"{name}: {' '.join(said)}", self._font) > width - 16:
                said.pop(0)
            pen.text((8, top + 20 + 21 * i), f"{name}: {' '.join(said)}", colour, self._font)


def _at(rows: pd.DataFrame, time: float, who: str | None = None) -> pd.DataFrame:
    """Rows that go on at a moment."""
    now = rows[(rows["start"] <= time) & (rows["end"] > time)]
    return now if who is None else now[now["participant"] == who]
