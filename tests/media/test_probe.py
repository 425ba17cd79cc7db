import hashlib
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.errors import MediaError
from pipeline.media.probe import fingerprint, probe

from .media_files import bursts, write_recording

RECORDINGS = Path(__file__).parents[2].parent / "shared" / "data"
STEADY = [i / 25 for i in range(50)]
SOUND = [("aac", 48000, bursts(48000, 2, 2.0))]


def problems(path: Path) -> str:
    return " ".join(probe(path).problems)


def test_an_ordinary_recording(tmp_path):
    recording = probe(write_recording(tmp_path / "a.mp4", SOUND, picture_times=STEADY))
    assert recording.container == "mp4"
    assert recording.duration == pytest.approx(2.0, abs=0.05)
    assert recording.problems == ()
    assert recording.size_bytes == (tmp_path / "a.mp4").stat().st_size
    (sound,), (picture,) = recording.audio, recording.video
    assert (sound.codec, sound.rate, sound.channels, sound.layout) == ("aac", 48000, 2, "stereo")
    assert (picture.codec, picture.width, picture.height, picture.rotation) == ("h264", 64, 48, 0)
    assert picture.frame_rate == pytest.approx(25, rel=0.05)
    assert not picture.variable
    assert sound.duration == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("seconds", [0.5, 1.5])
def test_a_stream_that_starts_late(tmp_path, seconds):
    path = write_recording(tmp_path / "a.mkv", SOUND, starts=[seconds], picture_times=STEADY)
    recording = probe(path)
    assert recording.audio[0].start == pytest.approx(seconds, abs=0.03)
    assert recording.video[0].start == pytest.approx(0, abs=0.001)
    assert f"The sound starts {seconds} s late" in problems(path)


def test_times_count_from_the_earliest_stream(tmp_path):
    path = write_recording(tmp_path / "a.mkv", SOUND, starts=[5.0], picture_times=[6 + t for t in STEADY])
    recording = probe(path)
    assert recording.clock_zero == pytest.approx(5.0, abs=0.03)
    assert recording.audio[0].start == 0
    assert recording.video[0].start == pytest.approx(1.0, abs=0.03)


def test_a_stream_that_starts_long_after_the_beginning(tmp_path):
    """Later than the demuxer looks for it."""
    late = ("flac", 8000, bursts(8000, 1, 2.0))
    path = write_recording(
        tmp_path / "a.mkv", [("flac", 8000, bursts(8000, 1, 42.0)), late], starts=[0.0, 40.0]
    )
    assert probe(path).audio[1].start == pytest.approx(40.0, abs=0.01)


def test_variable_frame_rate(tmp_path):
    times = np.cumsum(np.tile([0.02, 0.06, 0.04, 0.2], 20))
    path = write_recording(tmp_path / "a.mkv", picture_times=list(times))
    assert probe(path).video[0].variable
    assert "variable frame rate" in problems(path)


@pytest.mark.parametrize("rate", [15, 24, 29.97, 30])
def test_rounded_timestamps_are_not_a_variable_frame_rate(tmp_path, rate):
    path = write_recording(tmp_path / "a.mkv", picture_times=[i / rate for i in range(60)])
    assert not probe(path).video[0].variable


@pytest.mark.parametrize(("counterclockwise", "clockwise"), [(90, 270), (180, 180), (-90, 90)])
def test_a_rotated_picture_is_described_upright(tmp_path, counterclockwise, clockwise):
    pytest.importorskip("av", minversion="18")  # writes display matrices
    path = write_recording(tmp_path / "a.mp4", picture_times=STEADY, rotation=counterclockwise)
    picture = probe(path).video[0]
    assert picture.rotation == clockwise
    assert (picture.width, picture.height) == ((64, 48) if clockwise == 180 else (48, 64))


def test_cover_art_is_not_a_picture(tmp_path):
    path = tmp_path / "a.mp3"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("libmp3lame", rate=44100, layout="stereo")
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(bursts(44100, 2, 2.0), format="fltp", layout="stereo")
        frame.sample_rate = 44100
        out.start_encoding()
        image = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24").reformat(
            format="yuvj420p"
        )
        for packet in [*cover.encode(image), *cover.encode(None), *sound.encode(frame), *sound.encode(None)]:
            out.mux(packet)
    recording = probe(path)
    assert recording.video == ()
    assert len(recording.audio) == 1
    assert "cover art" in problems(path)


def test_a_video_without_sound(tmp_path):
    path = write_recording(tmp_path / "a.mp4", picture_times=STEADY)
    assert probe(path).audio == ()
    assert "There is no sound" in problems(path)


def test_several_sound_streams(tmp_path):
    path = write_recording(tmp_path / "a.mkv", [*SOUND, ("flac", 44100, bursts(44100, 1))])
    assert [(s.index, s.codec, s.channels) for s in probe(path).audio] == [(0, "aac", 2), (1, "flac", 1)]


@pytest.mark.parametrize(("rate", "sentence"), [(8000, "telephone"), (37800, "unusual"), (48000, None)])
def test_sampling_rates(tmp_path, rate, sentence):
    path = write_recording(tmp_path / "a.wav", [("pcm_s16le", rate, bursts(rate))])
    assert sentence in problems(path) if sentence else not problems(path)


def test_no_duration_in_the_header(tmp_path):
    path = write_recording(tmp_path / "a.mkv", SOUND, picture_times=STEADY, options={"live": "1"})
    assert probe(path).duration == pytest.approx(2.0, abs=0.05)
    assert "does not say how long it is" in problems(path)


@pytest.mark.parametrize("name", ["a.mkv", "a.wav"])
def test_a_file_that_is_cut_off(tmp_path, name):
    sound = [("pcm_s16le", 16000, bursts(16000, 1, 20.0))]
    path = write_recording(tmp_path / name, sound)
    path.write_bytes(path.read_bytes()[: int(0.4 * path.stat().st_size)])
    recording = probe(path)
    assert recording.duration == pytest.approx(8.0, abs=0.2)
    assert "cut off: it should last 0:00:20 but stops at 0:00:08" in problems(path)


def test_an_mp4_with_its_index_first_that_is_cut_off(tmp_path):
    path = write_recording(
        tmp_path / "a.mp4", [("aac", 48000, bursts(48000, 1, 20.0))], options={"movflags": "faststart"}
    )
    path.write_bytes(path.read_bytes()[: int(0.6 * path.stat().st_size)])
    assert "cut off" in problems(path)


def test_an_avi_without_index(tmp_path):
    path = write_recording(
        tmp_path / "a.avi",
        [("pcm_s16le", 16000, bursts(16000, 1, 20.0))],
        picture_times=[i / 25 for i in range(500)],
        video_codec="mpeg4",
    )
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"idx1")])
    recording = probe(path)
    assert recording.duration == pytest.approx(20.0, abs=0.1)
    assert "index is broken" in problems(path)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _cut_mp4(path: Path) -> Path:
    write_recording(path, SOUND, picture_times=STEADY)
    return _written(path, path.read_bytes()[: path.stat().st_size // 2])


def _subtitles(path: Path) -> Path:
    return _written(path, b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n")


@pytest.mark.parametrize(
    ("make", "name", "sentence"),
    [
        (lambda path: path, "absent.mp4", "There is no file"),
        (_folder, "folder.mp4", "is a folder"),
        (lambda path: _written(path, b""), "empty.mp4", "is empty"),
        (lambda path: _written(path, "Sehr geehrte Frau Müller\n".encode() * 99), "text.mp4", "holds text"),
        (lambda path: _written(path, bytes(range(256)) * 99), "noise.mp4", "is not a recording"),
        (_cut_mp4, "cut.mp4", "was cut off before its index"),
        (_subtitles, "subtitles.srt", "neither sound nor picture"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(tmp_path, make, name, sentence):
    with pytest.raises(MediaError, match=sentence) as caught:
        probe(make(tmp_path / name))
    message = str(caught.value)
    assert caught.value.exit_code == 3
    assert ":" in message
    assert message.endswith(".")
    assert "\n" not in message


def test_a_still_image_is_no_recording(tmp_path):
    av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24").save(tmp_path / "a.png")
    with pytest.raises(MediaError, match="is not a recording"):
        probe(tmp_path / "a.png")


def test_a_play_list_opens_no_web_address(tmp_path):
    path = _written(tmp_path / "a.m3u8", b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(MediaError):
        probe(path)


def test_no_permission(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    path = _written(tmp_path / "a.wav", b"RIFF")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MediaError, match="You may not read"):
        probe(path)


def test_a_name_that_looks_like_a_web_address(tmp_path):
    path = write_recording(tmp_path / "a.wav", [("pcm_s16le", 16000, bursts(16000))])
    odd = path.rename(tmp_path / "http:12%03d [Besprechung] é.wav")
    assert probe(odd).duration == pytest.approx(3.0)


def test_fingerprint_depends_on_the_content_only(tmp_path):
    content = bytes(range(256)) * 10_000
    one, two = _written(tmp_path / "one", content), _written(tmp_path / "two", content)
    assert fingerprint(one) == fingerprint(two) == hashlib.sha256(content).hexdigest()
    with pytest.raises(MediaError, match="There is no file"):
        fingerprint(tmp_path / "three")


@pytest.mark.shared
@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the development recordings are not here")
def test_every_development_recording_is_described():
    paths = [p for p in RECORDINGS.rglob("*") if p.suffix in {".mp4", ".mkv", ".wav", ".flac", ".mp3"}]
    for path in paths[:60]:
        recording = probe(path)
        assert recording.duration > 0.2
        assert not any("cut off" in problem or "broken" in problem for problem in recording.problems), path
