"""Syllables counted from how words are written, in languages whose spelling tells them.

A recognised word has its syllables whether or not each swelled the sound enough to be counted there. English
by groups of vowel letters without a silent final e; Finnish by its vowels, of which long ones and diphthongs
are one syllable; ie, uo and yö only in the first (A. Hakulinen et al. 2004, Iso suomen kielioppi). Where both
are said, as in *rakkaus*, the shorter counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_FINNISH = re.compile(r"aa|ee|ii|oo|uu|yy|ää|öö|[aeouyäö]i|[aeio]u|[äöei]y|[aeiouyäöå]")
_OPENING = re.compile(r"[^aeiouyäöå]*(?:ie|uo|yö)")


def spelt_syllables(text: str, language: str) -> int | None:
    """Syllables of a word as it is written.

    Parameters
    ----------
    text : str
        The word, with punctuation.
    language : str
        ISO 639-1 code.

    Returns
    -------
    int or None
        None where the spelling does not tell: another language, or a number.
    """
    count = _COUNTS.get(language)
    if count is None or any(sign.isdigit() for sign in text):
        return None
    # a hyphen parts words: re-elect, hyvä-äänestys
    parts = [letters for part in re.split(r"[-‐‑–—]", text) if (letters := _letters(part))]
    return sum(map(count, parts)) if parts else None


def _letters(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalpha())


def _english(letters: str) -> int:
    """Groups of vowels; a final e is silent after a consonant other than l and r (table, acre)."""
    if len(letters) > 3:
        letters = re.sub(r"(?<=[^aeiouylr])e$|(?<=[aeiouy].)e$", "", letters)
    return max(1, len(re.findall(r"[aeiouy]+", letters)))


def _finnish(letters: str) -> int:
    """Vowels, long vowels and diphthongs, from the left."""
    opening = _OPENING.match(letters)
    rest = letters[opening.end() :] if opening else letters
    return max(1, bool(opening) + len(_FINNISH.findall(rest)))


_COUNTS: dict[str, Callable[[str], int]] = {"en": _english, "fi": _finnish}
