import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import MediaError, StorageError
from pipeline.media.decode import DecodedTrack, TrackSpec, decode_audio, frames
from pipeline.media.probe import probe
from pipeline.media.sound import WAVE_HEADER, Sound
from pipeline.media.track import TrackFile

from .media_files import BURSTS, bursts, heard, level, write_recording

RECORDINGS = Path(__file__).parents[2].parent / "shared" / "data"
STEADY = [i / 25 for i in range(75)]


def decode_one(path: Path, spec: TrackSpec | None = None) -> tuple[np.ndarray, DecodedTrack]:
    spec = spec or TrackSpec()
    out = path.with_name(f"{path.stem}.track.wav")
    track = decode_audio(path, {spec: out})[spec]
    samples = Sound.open(out).samples
    assert len(samples) == track.samples
    return samples, track


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize(
    ("name", "codec", "channels"), [("a.wav", "pcm_s16le", 2), ("a.flac", "flac", 1), ("a.mkv", "flac", 6)]
)
def test_lossless_sound_comes_out_at_its_time(tmp_path, name, codec, rate, channels):
    path = write_recording(tmp_path / name, [(codec, rate, bursts(rate, channels))])
    tracks = {TrackSpec(0, channel): tmp_path / f"{channel}.wav" for channel in range(channels)}
    decode_audio(path, tracks)
    for spec, out in tracks.items():
        for time in BURSTS:
            assert heard(Sound.open(out).samples, spec.channel, time) == pytest.approx(time, abs=0.002)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "limit"),
    [
        ("a.mp3", "libmp3lame", 44100, 0.005),
        ("a.ogg", "libopus", 48000, 0.005),
        ("a.webm", "libopus", 48000, 0.005),
        ("a.m4a", "aac", 44100, 0.005),
        ("a.mp4", "aac", 48000, 0.005),
        ("a.mov", "aac", 48000, 0.005),
        ("a.mkv", "aac", 44100, 0.005),
        # These containers do not tell the coder's delay.
        ("a.avi", "libmp3lame", 44100, 0.03),
        ("a.ts", "aac", 48000, 0.03),
        ("a.aac", "aac", 44100, 0.03),
    ],
)
def test_lossy_sound_comes_out_at_its_time(tmp_path, name, codec, rate, limit):
    samples, track = decode_one(write_recording(tmp_path / name, [(codec, rate, bursts(rate))]))
    assert track.problems == ()
    for time in BURSTS:
        assert heard(samples, 0, time) == pytest.approx(time, abs=limit)


def test_sixteen_bit_sound_at_16_khz_is_copied_exactly(tmp_path):
    rng = np.random.default_rng(1)
    original = rng.integers(-32768, 32767, 50_000).astype("<i2")
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(original.tobytes())
    samples, _ = decode_one(path)
    np.testing.assert_array_equal(samples, original)


def test_the_header_is_44_bytes_and_right(tmp_path):
    path = write_recording(tmp_path / "a.mp3", [("libmp3lame", 44100, bursts(44100, 2))])
    out = tmp_path / "out.wav"
    track = decode_audio(path, {TrackSpec(): out})[TrackSpec()]
    content = out.read_bytes()
    assert content[36:40] == b"data"
    assert len(content) == WAVE_HEADER + 2 * track.samples
    assert int.from_bytes(content[4:8], "little") == len(content) - 8
    assert int.from_bytes(content[40:44], "little") == 2 * track.samples
    assert track.duration == pytest.approx(3.0, abs=0.03)


def test_mixing_down_averages_the_channels(tmp_path):
    path = write_recording(tmp_path / "a.wav", [("pcm_s16le", 16000, bursts(16000, 2))])
    samples, track = decode_one(path)
    assert level(samples, 0, BURSTS[0]) == pytest.approx(0.25, abs=0.02)
    assert level(samples, 1, BURSTS[0]) == pytest.approx(0.25, abs=0.02)
    assert track.peak_db == pytest.approx(-6, abs=1)


def test_a_channel_does_not_hear_the_others(tmp_path):
    path = write_recording(tmp_path / "a.flac", [("flac", 48000, bursts(48000, 6))])
    tracks = {TrackSpec(0, channel): tmp_path / f"{channel}.wav" for channel in range(6)}
    decode_audio(path, tracks)
    for spec, out in tracks.items():
        samples = Sound.open(out).samples
        for channel in range(6):
            expected = 0.5 if channel == spec.channel else 0.0
            assert level(samples, channel, BURSTS[1]) == pytest.approx(expected, abs=0.02)


def test_several_streams_in_one_pass_and_mixed(tmp_path):
    late = bursts(48000, 1, times=[0.25])
    path = write_recording(
        tmp_path / "a.mkv",
        [("aac", 44100, bursts(44100, 2)), ("flac", 48000, late)],
        starts=[0.0, 1.0],
        picture_times=STEADY,
    )
    tracks = {
        spec: tmp_path / f"{i}.wav" for i, spec in enumerate([TrackSpec(), TrackSpec(0), TrackSpec(1, 0)])
    }
    done = decode_audio(path, tracks)
    mixed, first, second = (Sound.open(out).samples for out in tracks.values())
    assert heard(first, 0, 0.5) == pytest.approx(0.5, abs=0.005)
    assert heard(second, 0, 1.25) == pytest.approx(1.25, abs=0.005)
    assert done[TrackSpec(1, 0)].start == pytest.approx(1.0, abs=0.005)
    assert done[TrackSpec()].start == pytest.approx(0.0, abs=0.005)
    assert not second[:15900].any()
    assert level(mixed, 0, 1.25) == pytest.approx(
        (level(first, 0, 1.25) + level(second, 0, 1.25)) / 2, abs=0.02
    )
    assert {p.name for p in tmp_path.iterdir()} == {"a.mkv", "0.wav", "1.wav", "2.wav"}


def test_sound_that_starts_late_is_preceded_by_silence(tmp_path):
    path = write_recording(
        tmp_path / "a.mp4", [("aac", 48000, bursts(48000))], starts=[1.5], picture_times=STEADY
    )
    samples, track = decode_one(path)
    assert track.start == pytest.approx(1.5, abs=0.03)
    assert not samples[: int(1.4 * 16000)].any()
    for time in BURSTS:
        assert heard(samples, 0, 1.5 + time) == pytest.approx(1.5 + time, abs=0.005)


def test_sound_and_pictures_count_from_the_same_zero(tmp_path):
    path = write_recording(
        tmp_path / "a.mkv",
        [("flac", 48000, bursts(48000))],
        starts=[7.0],
        picture_times=[8 + t for t in STEADY],
    )
    samples, _ = decode_one(path)
    assert heard(samples, 0, 0.5) == pytest.approx(0.5, abs=0.005)
    assert next(frames(path))[0] == pytest.approx(1.0, abs=0.002)


@pytest.mark.parametrize(("codec", "name"), [("flac", "a.mkv"), ("libopus", "a.webm"), ("aac", "a.mkv")])
def test_lost_packets_become_silence(tmp_path, codec, name):
    path = write_recording(tmp_path / name, [(codec, 48000, bursts(48000))], lost=(0.7, 1.1))
    samples, track = decode_one(path)
    for time in BURSTS:
        assert heard(samples, 0, time) == pytest.approx(time, abs=0.03)
    assert not samples[int(0.85 * 16000) : int(1.0 * 16000)].any()
    assert "were lost on the way" in track.problems[0]


def test_a_drifting_clock_is_followed(tmp_path):
    """The sound card runs 0.5 % slow: timestamps and not counts say when a sound was."""
    true = [10.0, 25.0, 40.0]
    sound = bursts(16000, 1, 45.0 * 1.005, [time * 1.005 for time in true])
    path = write_recording(tmp_path / "a.mkv", [("pcm_s16le", 16000, sound)])
    slow = tmp_path / "slow.mkv"
    _stretch_timestamps(path, slow, 1 / 1.005)
    samples, _ = decode_one(slow)
    for time in true:
        assert heard(samples, 0, time) == pytest.approx(time, abs=0.03)


def _stretch_timestamps(path: Path, out: Path, factor: float) -> None:
    import av

    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.pts = packet.dts = round(packet.pts * factor)
                packet.stream = stream
                target.mux(packet)


def test_jittering_timestamps_do_not_cut_the_sound(tmp_path):
    import av

    path = write_recording(tmp_path / "a.mkv", [("pcm_s16le", 16000, bursts(16000, 1, 10.0))])
    out = tmp_path / "jitter.mkv"
    rng = np.random.default_rng(0)
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.pts = packet.dts = max(0, packet.pts + (int(rng.integers(-9, 9)) if packet.pts else 0))
                packet.stream = stream
                target.mux(packet)
    steady, _ = decode_one(path)
    shaken, track = decode_one(out)
    np.testing.assert_array_equal(steady, shaken)
    assert track.problems == ()


def test_a_clock_that_jumps_back_loses_no_sound(tmp_path):
    import av

    path = write_recording(tmp_path / "a.mkv", [("aac", 48000, bursts(48000, 1, 4.0))])
    out = tmp_path / "twice.ts"
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    out.write_bytes(out.read_bytes() * 2)  # a recorder that begins a new piece in the same file
    _, track = decode_one(out)
    assert track.duration == pytest.approx(8.0, abs=0.2)
    assert "clock of the sound jumps" in " ".join(track.problems)


def test_a_cut_off_recording_yields_what_is_there(tmp_path):
    path = write_recording(tmp_path / "a.mkv", [("libopus", 48000, bursts(48000, 1, 20.0))])
    path.write_bytes(path.read_bytes()[: int(0.6 * path.stat().st_size)])
    samples, track = decode_one(path)
    assert 2 < track.duration < 19
    assert track.duration == pytest.approx(probe(path).duration, abs=0.1)
    for time in BURSTS:
        assert heard(samples, 0, time) == pytest.approx(time, abs=0.005)
    assert "cut off" in " ".join(probe(path).problems)


def test_damaged_packets_are_skipped_and_counted(tmp_path):
    rng = np.random.default_rng(3)
    noise = (0.1 * rng.standard_normal((1, 48000 * 10))).astype(np.float32)
    path = write_recording(tmp_path / "a.mp4", [("aac", 48000, noise)], picture_times=STEADY)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = rng.bytes(3000)
    path.write_bytes(content)
    _, track = decode_one(path)
    assert track.duration == pytest.approx(10.0, abs=0.1)
    assert "damaged" in " ".join(track.problems)


def test_a_stream_that_ends_early_is_a_problem(tmp_path):
    path = write_recording(
        tmp_path / "a.mkv", [("flac", 48000, bursts(48000))], picture_times=[i / 25 for i in range(200)]
    )
    _, track = decode_one(path)
    assert "The sound stops at 0:00:03" in " ".join(track.problems)


def test_clipping_and_silence_are_problems(tmp_path):
    loud = np.clip(8 * bursts(16000, 1), -1, 1)
    _, track = decode_one(write_recording(tmp_path / "a.wav", [("pcm_s16le", 16000, loud)]))
    assert 0.01 < track.clipped_share < 0.05
    assert "clipped" in " ".join(track.problems)
    _, track = decode_one(write_recording(tmp_path / "b.wav", [("pcm_s16le", 16000, 0 * loud)]))
    assert track.peak_db == -96
    assert "silent" in " ".join(track.problems)


def test_progress_grows_to_one(tmp_path):
    path = write_recording(tmp_path / "a.flac", [("flac", 16000, bursts(16000, 1, 30.0))])
    shares: list[float] = []
    decode_audio(path, {TrackSpec(): tmp_path / "a.wav"}, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert 10 < len(shares) <= 101


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (TrackSpec(1), "no sound stream 2"),
        (TrackSpec(0, 2), "no channel 3"),
        (TrackSpec(None, 5), "no channel 6"),
    ],
)
def test_what_is_not_there_is_an_error(tmp_path, spec, sentence):
    path = write_recording(tmp_path / "a.wav", [("pcm_s16le", 16000, bursts(16000, 2))])
    with pytest.raises(MediaError, match=sentence):
        decode_audio(path, {spec: tmp_path / "out.wav"})
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


def test_a_video_without_sound_is_an_error(tmp_path):
    path = write_recording(tmp_path / "a.mp4", picture_times=STEADY)
    with pytest.raises(MediaError, match=r"has no sound: .*\."):
        decode_audio(path, {TrackSpec(): tmp_path / "out.wav"})


def test_no_folder_to_write_to(tmp_path):
    path = write_recording(tmp_path / "a.wav", [("pcm_s16le", 16000, bursts(16000))])
    with pytest.raises(StorageError, match="no folder"):
        decode_audio(path, {TrackSpec(): tmp_path / "absent" / "out.wav"})


def test_a_full_disk_leaves_no_half_track(tmp_path, monkeypatch):
    def full(self, sound):
        raise self._cannot_write(OSError(28, "No space left on device"))

    path = write_recording(tmp_path / "a.wav", [("pcm_s16le", 16000, bursts(16000))])
    monkeypatch.setattr(TrackFile, "_append", full)
    with pytest.raises(StorageError, match="No space left on device"):
        decode_audio(path, {TrackSpec(): tmp_path / "out.wav"})
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


def test_memory_does_not_grow_with_length(tmp_path):
    """Forty minutes of two channels would be 150 MB at 16 kHz in floats."""
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        minute = np.random.default_rng(0).integers(-9999, 9999, 2 * 8000 * 60).astype("<i2").tobytes()
        for _ in range(40):
            file.writeframesraw(minute)
    growth = _peak_growth(path, tmp_path)
    assert growth < 30e6
    assert (tmp_path / "out.wav").stat().st_size == WAVE_HEADER + 40 * 60 * 16000 * 2


def _peak_growth(path: Path, folder: Path) -> float:
    """Bytes by which a fresh process grows while it decodes a long file, after it has decoded a short one."""
    short = write_recording(folder / "short.wav", [("pcm_s16le", 8000, bursts(8000, 2, 5.0))])
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from pipeline.media.decode import *\n"
        "peaks = []\n"
        "for path in sys.argv[2:]:\n"
        "    decode_audio(path, {TrackSpec(0, 0): Path(sys.argv[1])})\n"
        "    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        "print(peaks[1] - peaks[0])\n"
    )
    command = [sys.executable, "-c", code, str(folder / "out.wav"), str(short), str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    unit = 1 if sys.platform == "darwin" else 1024
    return float(result.stdout) * unit


@pytest.mark.shared
@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the development recordings are not here")
def test_development_recordings_are_decoded(tmp_path):
    paths = [
        *RECORDINGS.glob("speech/*.wav"),
        *RECORDINGS.glob("chat/*.mp3"),
        *RECORDINGS.glob("video/lp*.mp4"),
    ]
    for path in paths:
        _, track = decode_one_to(path, tmp_path)
        assert track.duration == pytest.approx(probe(path).duration, abs=0.06)


def decode_one_to(path: Path, folder: Path) -> tuple[Path, DecodedTrack]:
    out = folder / "track.wav"
    return out, decode_audio(path, {TrackSpec(): out})[TrackSpec()]
