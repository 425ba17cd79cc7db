import pytest

from pipeline.voice.fragments import find_fragments, is_fragment


def found(text: str, silence: float = 0.0) -> list[tuple[str, bool, bool]]:
    words = text.split()
    starts = [i * (0.3 + silence) for i in range(len(words))]
    fragments = find_fragments(words, starts, [start + 0.3 for start in starts], 0.5)
    return [(words[f.word], f.written, f.resumed) for f in fragments]


@pytest.mark.parametrize(
    ("text", "fragment"),
    [("wor-", True), ("wor-,", True), ("wor—", True), ("well-known", False), ("-", False), ("word.", False)],
)
def test_written_fragments(text, fragment):
    assert is_fragment(text) == fragment


def test_a_written_fragment_needs_no_other_evidence_and_says_whether_it_is_resumed():
    assert found("we sell sof- machines") == [("sof-", True, False)]
    assert found("we sell sof- software") == [("sof-", True, True)]


def test_the_beginning_of_the_next_word_is_a_fragment():
    assert found("we sell sof software") == [("sof", False, True)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("so some of them", id="a function word"),
        pytest.param("the car carries it in a car", id="said elsewhere as a word"),
        pytest.param("go to car. Carpets are there", id="a sentence ended"),
        pytest.param("very very good", id="a word repeated whole"),
        pytest.param("plan b better", id="one letter"),
        pytest.param("sof machines software", id="not directly followed"),
    ],
)  # fmt: skip
def test_words_of_their_own_are_no_fragments(text):
    assert found(text) == []


def test_what_is_taken_up_later_is_not_resumed():
    assert found("we sell sof software", silence=0.6) == []
