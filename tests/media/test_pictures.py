import numpy as np
import pytest

from pipeline.errors import MediaError
from pipeline.media.decode import frames
from pipeline.media.probe import probe

from .media_files import bursts, write_recording

STEADY = [i / 25 for i in range(75)]


def test_pictures_come_at_their_times(tmp_path):
    path = write_recording(tmp_path / "a.mp4", picture_times=[i / 30 for i in range(90)])
    seen = list(frames(path, rate=15))
    times = [time for time, _ in seen]
    np.testing.assert_allclose(times, np.arange(45) / 15, atol=0.002)
    for time, image in seen:
        assert image.shape == (48, 64, 3)
        assert image.dtype == np.uint8
        assert image[24, 48].mean() == pytest.approx(40 + 20 * time, abs=6)


def test_a_variable_frame_rate_is_thinned_by_time(tmp_path):
    times = [*np.arange(0, 2, 0.01), *np.arange(2, 4, 0.5), *np.arange(4, 6, 0.04)]
    path = write_recording(tmp_path / "a.mkv", picture_times=[float(t) for t in times])
    seen = np.array([time for time, _ in frames(path, rate=10)])
    assert ((seen < 1.95).sum(), (seen > 3.95).sum()) == (20, 20)
    np.testing.assert_allclose(seen[(seen > 1.95) & (seen < 3.9)], [2.0, 2.5, 3.0, 3.5], atol=0.011)


@pytest.mark.parametrize(
    ("counterclockwise", "shape", "red"),
    [(90, (64, 48), (-5, 5)), (180, (48, 64), (-5, -5)), (-90, (64, 48), (5, -5))],
)
def test_pictures_are_turned_upright(tmp_path, counterclockwise, shape, red):
    pytest.importorskip("av", minversion="18")  # writes display matrices
    path = write_recording(tmp_path / "a.mp4", picture_times=STEADY[:5], rotation=counterclockwise)
    _, image = next(frames(path))
    assert image.shape[:2] == shape
    assert image[red][0] > 150
    assert image[red][1] < 100
    picture = probe(path).video[0]
    assert (picture.height, picture.width) == shape


def test_a_stretch_of_small_pictures(tmp_path):
    path = write_recording(tmp_path / "a.mkv", picture_times=[5 + t for t in STEADY])
    seen = list(frames(path, rate=25, start=1.0, end=2.0, width=32))
    assert [round(time, 2) for time, _ in seen] == [round(1 + i / 25, 2) for i in range(25)]
    assert seen[0][1].shape == (24, 32, 3)


def test_pictures_do_not_depend_on_the_threads_that_decode(tmp_path):
    path = write_recording(tmp_path / "a.mp4", picture_times=STEADY)
    one, many = (list(frames(path, rate=15, threads=threads)) for threads in (1, 3))
    assert len(one) == len(many) == 45
    for (time, image), (other, same) in zip(one, many, strict=True):
        assert time == other
        np.testing.assert_array_equal(image, same)


def test_no_such_picture_stream(tmp_path):
    path = write_recording(tmp_path / "a.wav", [("pcm_s16le", 16000, bursts(16000))])
    with pytest.raises(MediaError, match="no picture stream 1"):
        next(frames(path))
