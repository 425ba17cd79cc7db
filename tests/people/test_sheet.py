import numpy as np
import pytest

from pipeline.people.sheet import Face, draw_faces


def face(number: int, **fields) -> Face:
    usual = {"participant": "P1", "name": "Anna", "confidence": 0.97, "seconds": 60.0, "share": 0.9}
    grey = np.full((90, 90, 3), 40 * number, np.uint8)
    rest = {"cameras": ("left.mp4",), "reason": "", "thumbnail": grey}
    return Face(**{"number": number, **usual, **rest, **fields})


def test_a_face_is_named_with_how_sure_that_is():
    assert face(2).lines() == ("2  Anna", "seen 90% of the time", "voice: 97% sure")
    silent = face(3, confidence=float("nan"), reason="voice not known")
    assert silent.lines()[-1] == "voice not known"
    assert silent.summary()["confidence"] is None
    photo = face(4, participant="", name="", reason="a still picture")
    assert photo.lines() == ("4  nobody", "a still picture")


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (5, 5, 1), (7, 5, 2), (0, 1, 1)])
def test_faces_stand_in_rows(count, columns, rows):
    sheet = draw_faces([face(i % 6 + 1) for i in range(count)])
    assert sheet.width // 172 == columns
    assert sheet.height // 250 == rows
    if count:
        assert sheet.getpixel((60, 60)) == (40, 40, 40)


def test_long_reasons_stay_under_their_face():
    text = "a still picture: in 35 s nothing moves but the whole of it and so on and on"
    sheet = np.asarray(draw_faces([face(1, participant="", reason=text), face(2)]))
    between = sheet[:, 12 + 160 : 12 + 172]
    assert (between == between[0, 0]).all()


def test_a_face_at_the_edge_of_the_picture_is_not_stretched():
    half = np.full((90, 45, 3), 40, np.uint8)
    sheet = np.asarray(draw_faces([face(1, thumbnail=half)]))[12:172, 12:172]
    assert (sheet == 40).all(axis=2).mean() == pytest.approx(0.5, abs=0.02)


def test_long_names_stay_under_their_face():
    sheet = np.asarray(draw_faces([face(1, name="Annabella-Theodora von und zu Hohenstein"), face(2)]))
    between = sheet[:, 12 + 160 : 12 + 172]
    assert (between == between[0, 0]).all()
