from dataclasses import replace
from pathlib import Path

from rich.console import Console

from pipeline.media.describe import analysis, describe
from pipeline.media.probe import AudioStream, Recording, VideoStream

SOUND = AudioStream(0, "aac", 44100, 2, "stereo", 0.0, 3725.0, "eng")
PICTURE = VideoStream(0, "h264", 1080, 1920, 29.97, True, 90, 1.5, 3723.0)
RECORDING = Recording(
    path=Path("meeting [1].mp4"),
    container="mp4",
    duration=3725.2,
    audio=(SOUND,),
    video=(PICTURE,),
    problems=("The picture starts 1.5 s late; nothing is seen before.",),
    size_bytes=1_234_567_890,
    metadata={"creation_time": "2024-07-11T07:56:57.000000Z"},
)


def shown(recording: Recording, width: int = 100) -> str:
    console = Console(width=width, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    console.print(describe(recording))
    return console.export_text()


def test_one_screen_with_everything():
    text = shown(RECORDING)
    for part in (
        "meeting [1].mp4",
        "1:02:05 (mp4, 1,234.6 MB)",
        "2024-07-11 07:56:57 UTC",
        "aac, 44.1 kHz, two channels (stereo), language eng",
        "h264, 1080 x 1920, 29.97 frames a second on average (variable), turned upright by 90°",
        "starts 1.5 s late",
        "sound and picture: everything",
        "! The picture starts 1.5 s late; nothing is seen before.",
    ):
        assert part in text
    assert len(text.splitlines()) < 24


def test_streams_are_numbered_where_there_are_several():
    text = shown(replace(RECORDING, audio=(SOUND, replace(SOUND, index=1, channels=1, language=None))))
    assert "Sound 1" in text
    assert "Sound 2" in text
    assert any(line.rstrip().endswith("44.1 kHz, one channel") for line in text.splitlines())


def test_what_can_be_analysed():
    unknown = replace(PICTURE, codec="unknown")
    assert analysis(replace(RECORDING, video=())) == "sound only: words, voice; nothing seen"
    assert analysis(replace(RECORDING, video=(unknown,))) == "sound only: words, voice; nothing seen"
    assert analysis(replace(RECORDING, audio=())) == "picture only: faces, nods, gaze; nothing heard"
    assert analysis(replace(RECORDING, audio=(), video=())).startswith("nothing")


def test_a_narrow_terminal_loses_nothing():
    text = " ".join(shown(RECORDING, 60).split())
    assert "turned upright" in text
    assert "everything" in text
