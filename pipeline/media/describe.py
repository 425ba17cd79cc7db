"""One screen about a recording: what it holds, what is odd about it, and what can be analysed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.media.probe import AudioStream, Recording, VideoStream, clock

if TYPE_CHECKING:
    from rich.console import RenderableType


def describe(recording: Recording) -> RenderableType:
    """Show a recording for ``rapport info``.

    Parameters
    ----------
    recording : Recording
        From `pipeline.media.probe.probe`.

    Returns
    -------
    rich renderable
        A table of facts, followed by the problems in plain sentences.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("File", Text(str(recording.path)))
    size = f"{recording.size_bytes / 1e6:,.1f} MB"
    facts.add_row("Length", f"{clock(recording.duration)} ({recording.container}, {size})")
    if "creation_time" in recording.metadata:
        facts.add_row("Recorded", Text(recording.metadata["creation_time"][:19].replace("T", " ") + " UTC"))
    for sound in recording.audio:
        facts.add_row(_numbered("Sound", sound.index, len(recording.audio)), Text(sound_line(sound)))
    for picture in recording.video:
        facts.add_row(_numbered("Picture", picture.index, len(recording.video)), Text(picture_line(picture)))
    facts.add_row("Analysis", analysis(recording))
    problems = [Text(f"! {problem}", style="yellow") for problem in recording.problems]
    return Group(facts, Text(""), *problems) if problems else facts


def analysis(recording: Recording) -> str:
    """What can be analysed in a recording, in a few words."""
    sound = any(stream.codec != "unknown" for stream in recording.audio)
    picture = any(stream.codec != "unknown" for stream in recording.video)
    if sound and picture:
        return "sound and picture: everything"
    if sound:
        return "sound only: words, voice; nothing seen"
    if picture:
        return "picture only: faces, nods, gaze; nothing heard"
    return "nothing: neither sound nor picture can be decoded"


def sound_line(stream: AudioStream) -> str:
    """A sound stream in one line."""
    channels = {1: "one channel", 2: "two channels"}.get(stream.channels, f"{stream.channels} channels")
    parts = [stream.codec, f"{stream.rate / 1000:g} kHz", f"{channels} ({stream.layout})"]
    if stream.channels == 1:
        parts[-1] = channels
    return ", ".join(parts + _extras(stream.start, stream.language))


def picture_line(stream: VideoStream) -> str:
    """A picture stream in one line."""
    parts = [stream.codec, f"{stream.width} x {stream.height}"]
    if stream.frame_rate:
        variable = " on average (variable)" if stream.variable else ""
        parts.append(f"{stream.frame_rate:.4g} frames a second{variable}")
    if stream.rotation:
        parts.append(f"turned upright by {stream.rotation}°")
    return ", ".join(parts + _extras(stream.start, None))


def _extras(start: float, language: str | None) -> list[str]:
    late = [f"starts {start:.1f} s late"] if start > 0.1 else []
    return late + ([f"language {language}"] if language else [])


def _numbered(name: str, index: int, count: int) -> str:
    return name if count == 1 else f"{name} {index + 1}"
