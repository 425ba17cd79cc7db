"""Recordings that browsers cannot play: which they are, copies of them, and what the page says meanwhile."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import time
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline.media.decode import TrackSpec, decode_audio
from pipeline.media.pictures import frames
from pipeline.media.sound import RATE, Sound
from pipeline.review import copying
from pipeline.review.playable import FOLDER, Copies, Held, fault_of, held, unplayable
from tests.review import browser, made
from tests.review.browser import WAIT, Served, expect, until

chromium, opened, served = browser.chromium, browser.opened, browser.served
FLASH, BEEP = 1.0, 2.0
"""Seconds from which on the made films are white, and sound."""
SECONDS, PICTURES = 3, 25


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


def film(path: Path, pictures: str = "libx264", sound: str = "aac", **more: Any) -> Path:
    """A film that is black, then white; silent, then sounding."""
    import av

    seconds, tracks = more.get("seconds", SECONDS), more.get("tracks", 1)
    with av.open(str(path), "w") as out:
        video = out.add_stream(pictures, rate=PICTURES) if pictures else None
        if video:
            video.options = more.get("options", {})
            video.width, video.height, video.pix_fmt = 160, 90, more.get("pixels", "yuv420p")
        sounds = [out.add_stream(sound, rate=48_000, layout="mono") for _ in range(tracks)]
        for second in range(seconds):
            if video:
                for i in range(PICTURES):
                    now = Fraction(second * PICTURES + i, PICTURES)
                    image = np.full((90, 160, 3), 255 if now >= FLASH else 0, np.uint8)
                    frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=video.pix_fmt)
                    frame.pts, frame.time_base = second * PICTURES + i, Fraction(1, PICTURES)
                    out.mux(video.encode(frame))
            for number, stream in enumerate(sounds):  # of several, each sounds in a second of its own
                t = second + np.arange(48_000) / 48_000
                on = (t >= BEEP - number) & (t < BEEP - number + 1)
                samples = np.where(on, 0.5 * np.sin(2 * np.pi * 440 * t), 0).astype(np.float32)
                for i in range(0, 48_000, 960):
                    piece = av.AudioFrame.from_ndarray(samples[None, i : i + 960], "fltp", "mono")
                    piece.sample_rate, piece.pts = 48_000, second * 48_000 + i
                    piece.time_base = Fraction(1, 48_000)
                    out.mux(stream.encode(piece))
        for stream in [video, *sounds]:
            if stream:
                out.mux(stream.encode(None))
    return path


def loud(path: Path, folder: Path) -> list[tuple[float, float]]:
    """Stretches in which a file sounds, in seconds."""
    decode_audio(path, {TrackSpec(): folder / "loud.wav"})
    sound = Sound.open(folder / "loud.wav")
    samples = np.abs(sound.between(0, sound.duration))
    on = np.abs(samples[: len(samples) // 160 * 160].reshape(-1, 160)).max(axis=1) > 0.05
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
    return [(a * 160 / RATE, b * 160 / RATE) for a, b in edges.reshape(-1, 2) if b - a > 5]


def shown(path: Path) -> list[float]:
    """Seconds at which every picture that can be decoded is shown."""
    import av

    with av.open(str(path)) as container:
        return [float(picture.time or 0) for picture in container.decode(video=0)]


def white(path: Path) -> float:
    """Second at which a film becomes white."""
    return next(second for second, image in frames(path, rate=PICTURES) if image.mean() > 128)


def wait(copies: Copies, folder: Path, path: Path) -> dict[str, Any]:
    told = copies.make(folder, 1, path)
    end = time.monotonic() + WAIT / 1000
    while told["state"] in ("making", "waiting"):
        assert time.monotonic() < end
        time.sleep(0.02)
        told = copies.state(folder, 1, path)
    return told


@pytest.mark.parametrize(
    ("found", "suffix", "why"),
    [
        (Held("mov", True, "h264", "yuv420p", ("aac",)), ".mp4", ""),
        (Held("mov", True, "h264", "yuvj420p", ()), ".m4v", ""),
        (Held("mov", True, "", "", ("aac",)), ".m4a", ""),
        (Held("matroska", True, "vp8", "yuv420p", ("opus",)), ".webm", ""),
        (Held("mp3", True, "", "", ("mp3",)), ".mp3", ""),
        (Held("wav", True, "", "", ("pcm_s16le",)), ".wav", ""),
        (Held("matroska", True, "h264", "yuv420p", ("aac",)), ".mkv", ".mkv files"),
        (Held("mov", True, "h264", "yuv420p", ("aac",)), ".mov", ".mov files"),
        (Held("mov", True, "hevc", "yuv420p", ("aac",)), ".mp4", "H.265 pictures"),
        (Held("mov", True, "h264", "yuv422p10le", ("aac",)), ".mp4", "pictures of more than 8 bits"),
        (Held("mov", True, "h264", "yuv420p", ("pcm_s16le",)), ".mp4", "PCM sound in .mp4 files"),
        (Held("mov", True, "h264", "yuv420p", ("aac", "aac")), ".mp4", "more than one sound track"),
        (Held("matroska", True, "h264", "yuv420p", ("opus",)), ".webm", "H264 in .webm files"),
        (Held("matroska", False, "vp8", "yuv420p", ("opus",)), ".webm", "do not say how long"),
        (Held("asf", True, "wmv3", "yuv420p", ("wmav2",)), ".wmv", "WMV3 pictures"),
        (Held("mov", True, "", "", ("alac",)), ".m4a", "Apple Lossless in .m4a files"),
    ],
)
def test_what_browsers_play(found: Held, suffix: str, why: str):
    assert why in fault_of(found, suffix) and bool(why) == bool(fault_of(found, suffix))


def test_what_cannot_be_read_is_left_to_the_browser(tmp_path: Path):
    (tmp_path / "no.mkv").write_bytes(made.MEDIA)
    assert unplayable(tmp_path / "no.mkv") == "" == unplayable(tmp_path / "missing.mkv")


@pytest.mark.parametrize(
    ("name", "more", "stays"),
    [
        ("wrapped.mkv", {}, True),
        ("wrapped.mov", {}, True),
        ("vp9.mkv", {"pictures": "libvpx-vp9", "sound": "libopus"}, True),
        ("jpeg.mov", {"pictures": "mjpeg", "sound": "pcm_s16le", "pixels": "yuvj420p"}, False),
        ("old.avi", {"pictures": "mpeg4", "sound": "mp3"}, False),
        ("new.mp4", {"pictures": "libx265"}, False),
    ],
)
def test_a_copy_shows_and_sounds_at_the_same_times(
    films: Path, tmp_path: Path, name: str, more: dict[str, Any], stays: bool
):
    path = film(films / name, **more)
    copies = Copies()
    assert not copies.playable(tmp_path, 1, path)
    assert wait(copies, tmp_path, path) == {"state": "ready", "share": 1.0, "text": ""}
    copy = copies.served(tmp_path, 1, path)
    assert copy != path and unplayable(copy) == "" and copies.playable(tmp_path, 1, path)
    assert white(copy) == pytest.approx(white(path), abs=0.045)
    ((start, _),) = loud(copy, tmp_path)
    assert start == pytest.approx(BEEP, abs=0.03)
    assert (held(copy).pictures == held(path).pictures) is stays
    if stays:
        assert shown(copy) == pytest.approx(shown(path), abs=0.002)


@pytest.mark.parametrize("name", ["apart.mkv", "apart.mov"])
@pytest.mark.parametrize("reordered", [0, 1, 5])
def test_pictures_that_are_decoded_in_another_order_all_stay(tmp_path: Path, name: str, reordered: int):
    path = film(tmp_path / name, options={"bf": str(reordered), "b_strategy": "0", "b-pyramid": "strict"})
    copy = copying.make_copy(path, tmp_path, lambda _: None)
    assert held(copy).pictures == "h264" and copy != path
    assert len(shown(path)) == SECONDS * PICTURES
    assert shown(copy) == pytest.approx(shown(path), abs=0.002)
    assert white(copy) == pytest.approx(white(path), abs=0.002)


def test_a_film_that_never_says_when_pictures_are_decoded(tmp_path: Path):
    packets = [SimpleNamespace(size=1, dts=None, pts=pts) for pts in (0, 3, 1, 2)]
    stream = SimpleNamespace(average_rate=Fraction(1), time_base=Fraction(1))
    told = [dts for _, dts in copying._timed(packets, stream)]
    assert told == sorted(set(told)) and all(
        dts <= packet.pts for dts, packet in zip(told, packets, strict=True)
    )


def test_of_several_sound_tracks_all_are_heard(films: Path, tmp_path: Path):
    path, copies = film(films / "tracks.mp4", tracks=2), Copies()
    wait(copies, tmp_path, path)
    copy = copies.served(tmp_path, 1, path)
    assert len(held(path).sounds) == 2 and len(held(copy).sounds) == 1
    assert loud(copy, tmp_path) == [(pytest.approx(1, abs=0.03), pytest.approx(3, abs=0.05))]


def test_a_changed_recording_gets_another_copy(films: Path, tmp_path: Path):
    path, copies = tmp_path / "talk.mkv", Copies()
    shutil.copy(film(films / "first.mkv"), path)
    wait(copies, tmp_path, path)
    first = copies.served(tmp_path, 1, path)
    shutil.copy(film(films / "second.mkv", seconds=4), path)
    assert not copies.playable(tmp_path, 1, path)
    wait(copies, tmp_path, path)
    assert copies.served(tmp_path, 1, path) not in (first, path)
    until(lambda: not first.exists())


@pytest.fixture
def not_nice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making a copy in this process would leave all later tests at the lowest priority."""
    monkeypatch.delattr(os, "nice", raising=False)


class TestFaults:
    def test_killed_midway_nothing_is_left_and_it_is_made_again(self, films: Path, tmp_path: Path):
        path, copies = film(films / "long.mov", "mjpeg", "pcm_s16le", pixels="yuvj420p", seconds=40), Copies()
        copies.make(tmp_path, 1, path)
        os.kill(maker(tmp_path), signal.SIGKILL)
        until(lambda: copies.state(tmp_path, 1, path)["state"] == "failed")
        assert "stopped; reload the page" in copies.state(tmp_path, 1, path)["text"]
        assert copies.served(tmp_path, 1, path) == path
        assert wait(copies, tmp_path, path)["state"] == "ready"
        kept = [one for one in (tmp_path / FOLDER).rglob("*") if one.is_file()]
        assert [one.name for one in kept] == ["copy.mp4"]

    def test_it_gives_way_to_everything_else(self, films: Path, tmp_path: Path):
        path, copies = film(films / "slow.mov", "mjpeg", "pcm_s16le", pixels="yuvj420p", seconds=20), Copies()
        copies.make(tmp_path, 1, path)
        copies.make(tmp_path, 2, path)
        assert os.getpriority(os.PRIO_PROCESS, maker(tmp_path)) == 19
        assert "when the one before it is done" in copies.state(tmp_path, 2, path)["text"]
        until(lambda: copies.state(tmp_path, 2, path)["state"] == "ready")

    @pytest.mark.usefixtures("not_nice")
    def test_no_room(
        self, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ):
        path = film(films / "roomy.mkv")
        monkeypatch.setattr(copying, "RESERVE", 1 << 60)
        assert copying.main(str(path), str(tmp_path / FOLDER), "1", "key") == 1
        told = json.loads(capsys.readouterr().out)["fault"]
        assert re.fullmatch(
            r"The disk has too little room for a copy of roomy\.mkv .* reload the page\.", told
        )
        assert not (tmp_path / FOLDER / "1" / "key").exists()

    @pytest.mark.usefixtures("not_nice")
    def test_what_holds_nothing(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        (tmp_path / "no.mkv").write_bytes(made.MEDIA)
        assert copying.main(str(tmp_path / "no.mkv"), str(tmp_path / FOLDER), "1", "key") == 1
        assert "not a recording" in json.loads(capsys.readouterr().out)["fault"]


def maker(folder: Path) -> int:
    """Process that makes a copy, from the folder that it works in, as soon as it does."""
    until(lambda: any((folder / FOLDER).glob("*/.*")))
    return int(next((folder / FOLDER).glob("*/.*")).suffix[1:])


# ---------------------------------------------------------------------------------------------- in a browser


def make_meeting(served: Served, name: str, *paths: Path) -> Path:
    """A meeting of these recordings."""
    folder = made.make_meeting(served.outputs / name)
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    told["files"] = [
        {**told["files"][0], "path": str(path), "duration": 3.0, "sound": True} for path in paths
    ]
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("wrapped.mkv", {}),
        ("jpeg.mov", {"pictures": "mjpeg", "sound": "pcm_s16le", "pixels": "yuvj420p"}),
        ("plain.webm", {"pictures": "libvpx-vp9", "sound": "libopus"}),
    ],
)
def test_a_browser_plays_it(films: Path, served: Served, opened: Any, name: str, more: dict[str, Any]):
    page = opened()
    folder = make_meeting(served, f"plays {name}", film(films / f"in browser {name}", **more))
    show(page, served, folder)
    until(lambda: page.evaluate("document.querySelector('video')?.readyState") == 4)
    page.keyboard.press("Space")
    until(lambda: browser.player_time(page) > 0.5)
    shown = page.evaluate("document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames")
    assert shown >= 2
    expect(page.locator(".screen .empty")).to_have_count(0)


def test_the_page_says_how_the_copy_comes_along_and_works_meanwhile(films: Path, served: Served, opened: Any):
    page = opened()
    path = film(films / "shown.mov", "mjpeg", "pcm_s16le", pixels="yuvj420p", seconds=60)
    folder = make_meeting(served, "shown", path)
    show(page, served, folder)
    told = page.locator(".screen .empty")
    expect(told).to_contain_text(
        re.compile(r"The browser cannot play Motion JPEG pictures; a copy is being made: \d+ %"), timeout=WAIT
    )
    page.locator(".line", has_text="holiday").click()
    page.keyboard.press("Enter")
    browser.saved(page)
    served.kill()  # and the copy that was being made with it
    served.start()
    until(lambda: answers(served))
    show(page, served, folder)
    expect(told).to_have_count(0, timeout=30_000)
    until(lambda: page.evaluate("document.querySelector('video').readyState") == 4)


def test_a_recording_at_which_the_browser_gives_up_is_encoded(films: Path, served: Served, opened: Any):
    path = film(films / "damaged.mp4")
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 800
    data[start : start + 4000] = b"\xff" * 4000
    path.write_bytes(data)
    assert not unplayable(path)
    page = opened()
    folder = make_meeting(served, "damaged", path)
    show(page, served, folder)
    page.keyboard.press("Space")
    until(lambda: "?" in page.evaluate("document.querySelector('video').src"))
    until(lambda: page.evaluate("document.querySelector('video').readyState") == 4)
    assert list((folder / FOLDER).glob("1/*/copy.mp4"))


def show(page: Any, served: Served, folder: Path) -> None:
    page.goto(served.meeting(folder.name))
    expect(page.locator(".line").first).to_be_visible(timeout=WAIT)


def answers(served: Served) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", served.port)) == 0


def test_one_that_is_gone(films: Path, served: Served, opened: Any):
    page = opened()
    folder = make_meeting(served, "gone", films / "never.mkv")
    show(page, served, folder)
    expect(page.locator(".screen .empty")).to_contain_text("no longer where it was analysed", timeout=WAIT)
    expect(page.locator(".line").first).to_be_visible()
