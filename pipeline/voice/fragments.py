"""Words that were cut off, by what the recogniser wrote.

A fragment is written as one (``wor-``), or it is directly followed by a word of the same speaker that
begins with it (``wor word``): repair begins the word again (Schegloff, Jefferson & Sacks 1977). The second
is believed only of what is no word by itself: no function word, and nothing that the speaker says
elsewhere. What the sound does at the end is measured beside (`pipeline.voice.prosody`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_MARKS = "-‐‑–—"
_AFTER = "\"'”’»)],.?! "
FUNCTION_WORDS = frozenset(
    [
        "a", "all", "am", "an", "and", "any", "are", "as", "at", "be", "but", "by", "can", "did", "do",
        "for", "from", "get", "go", "got", "had", "has", "have", "he", "her", "here", "him", "his", "how",
        "if", "in", "is", "it", "its", "just", "let", "like", "may", "me", "more", "most", "my", "new",
        "no", "none", "nor", "not", "now", "of", "off", "oh", "ok", "on", "one", "only", "or", "other",
        "our", "out", "over", "own", "per", "put", "say", "see", "she", "so", "some", "such", "than",
        "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "too",
        "two", "under", "up", "us", "very", "was", "we", "well", "were", "what", "when", "where", "which",
        "who", "why", "will", "with", "yes", "yet", "you", "your",
        "ei", "eli", "en", "et", "he", "hän", "ja", "jo", "joo", "jos", "kai", "ku", "kun", "me", "mikä",
        "mitä", "mutta", "mä", "ne", "ni", "nii", "niin", "no", "nyt", "ole", "olen", "oli", "on", "se",
        "sen", "siis", "sinä", "sit", "sitä", "sä", "tai", "te", "tuo", "tämä", "tää", "vaan", "vai",
        "vain", "voi",
    ]
)  # fmt: skip
"""Short words that begin others, of English and Finnish."""


@dataclass(frozen=True)
class Fragment:
    """A word that was cut off.

    Attributes
    ----------
    word : int
        Its position among the words.
    written : bool
        The recogniser wrote it as a fragment.
    resumed : bool
        The next word begins with it.
    """

    word: int
    written: bool
    resumed: bool


def find_fragments(
    texts: Sequence[str], starts: Sequence[float], ends: Sequence[float], within: float
) -> list[Fragment]:
    """Fragments among one speaker's words, in order of time.

    Parameters
    ----------
    texts, starts, ends : sequence
        Of each word.
    within : float
        Seconds of silence after a fragment within which it is taken up again.
    """
    bare = [_bare(text) for text in texts]
    written = [is_fragment(text) for text in texts]
    soon = [after - end <= within for end, after in zip(ends, starts[1:], strict=False)] + [False]
    resumed = [_begins(*pair) for pair in pairwise(bare)] + [False]
    again = [near and begins for near, begins in zip(soon, resumed, strict=True)]
    elsewhere = Counter(
        word for word, cut, taken in zip(bare, written, again, strict=True) if not (cut or taken)
    )
    return [
        Fragment(i, written[i], again[i])
        for i, word in enumerate(bare)
        if written[i] or (again[i] and _unfinished(texts[i]) and _no_word(word, elsewhere))
    ]


def is_fragment(text: str) -> bool:
    """Whether a word is written as cut off."""
    bare = text.rstrip(_AFTER)
    return len(bare) > 1 and bare[-1] in _MARKS and bare[-2].isalnum()


def _bare(text: str) -> str:
    """The letters of a word."""
    return "".join(sign for sign in text.lower() if sign.isalpha() or sign == "'").strip("'")


def _begins(word: str, after: str) -> bool:
    return bool(word) and len(after) > len(word) and after.startswith(word)


def _unfinished(text: str) -> bool:
    """Nothing ends with the word: no mark of a clause or a sentence follows it."""
    return text.rstrip()[-1:].isalpha()


def _no_word(word: str, elsewhere: Counter[str]) -> bool:
    """Whether it is nothing by itself; one letter is a name or a number too often."""
    return len(word) > 1 and word not in FUNCTION_WORDS and not elsewhere[word]
