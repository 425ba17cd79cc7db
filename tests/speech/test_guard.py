import numpy as np
import pytest

from pipeline.speech.engines import Word
from pipeline.speech.guard import GuardSettings, doubts
from pipeline.speech.segmentation import FRAME_SECONDS, Segmentation, frame_at


def heard(*silences: tuple[float, float], seconds: float = 60.0) -> Segmentation:
    """Speech throughout but for some silences."""
    speech = np.full(round(seconds / FRAME_SECONDS), 0.95, np.float32)
    for start, end in silences:
        speech[frame_at(start) : frame_at(end) + 1] = 0.05
    none = np.zeros_like(speech)
    return Segmentation(np.zeros((0, 589, 3), np.uint8), speech, none, none)


def said(text: str, *, start: float = 1.0, each: float = 0.3) -> list[Word]:
    return [
        Word(word, start + i * each, start + (i + 0.9) * each, 0.9) for i, word in enumerate(text.split())
    ]


def marks(
    words: list[Word], segmentation: Segmentation | None = None, probability: float = -0.3
) -> list[str]:
    return doubts(words, [probability] * len(words), segmentation or heard(), GuardSettings())


@pytest.mark.parametrize(
    "text",
    [
        "no no no",
        "No, no, no, no, no.",
        "yeah yeah yeah, that that is is is fine",
        "you know, you know, you know what I mean",
        "I I I I think it is very very very very good",
        "one two three one two three one two three four",
        "thank you. thank you. thank you.",
    ],
)
def test_what_people_repeat_is_believed(text):
    assert marks(said(text)) == [""] * len(text.split())


@pytest.mark.parametrize(
    ("before", "loop", "after"),
    [
        ("so", "no " * 6, "right"),
        ("and then", "Thank you. " * 4, "well"),
        ("", "I think that we should go, " * 4, ""),
        ("but", "ha " * 40, ""),
        ("look", "a b c d e f g h " * 4, "done"),
    ],
)
def test_a_loop_is_marked_from_its_first_word_to_its_last(before, loop, after):
    wanted = [""] * len(before.split()) + ["repetition"] * len(loop.split()) + [""] * len(after.split())
    assert marks(said(f"{before} {loop} {after}")) == wanted


def test_case_and_punctuation_do_not_hide_a_loop():
    assert set(marks(said("Go. go, GO! go go? go"))) == {"repetition"}


def test_words_in_silence_are_marked_and_words_at_its_edge_are_not():
    segmentation = heard((2.0, 5.0))
    words = [Word("yes", 1.8, 2.1, 0.9), Word("thanks", 3.0, 3.4, 0.9), Word("and", 4.9, 5.2, 0.9)]
    assert marks(words, segmentation) == ["", "no_speech", ""]


def test_a_word_beyond_the_end_or_without_length_is_judged_too():
    segmentation = heard((8.0, 11.0), seconds=10.0)
    words = [Word("in", 4.0, 4.0, 0.9), Word("silent", 9.0, 9.0, 0.9), Word("beyond", 10.5, 11.0, 0.9)]
    assert marks(words, segmentation) == ["", "no_speech", "no_speech"]


def test_more_words_than_people_can_speak_are_marked():
    fast = said("to be or not to be that", each=0.1)
    slow = said("is the question now my lord", start=3.0, each=0.15)
    assert marks([*fast, *slow]) == ["rate"] * 7 + [""] * 6


def test_an_improbable_passage_is_marked_and_the_stronger_reason_is_given():
    assert marks(said("well I never"), probability=-1.2) == ["unlikely"] * 3
    assert set(marks(said("no " * 7), probability=-1.2)) == {"repetition"}
    assert set(marks(said("no " * 7), heard((0.5, 9.0)))) == {"no_speech"}


def test_no_words_no_marks():
    assert marks([]) == []
