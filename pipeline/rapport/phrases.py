"""Phrases as a language's file writes them, and utterances in the form in which these are sought."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

Find = Callable[[str], "re.Match[str] | None"]

GAP = 4
"""Words that three dots in a phrase stand for at most."""

MANY, AGAIN = "{0,6}", "{1,6}"
"""How often words may come back: bounded, so that endless repetition does not stall the search."""

# Marks of conversation analysis (Jefferson 2004), no words: ((nods)), (0.5), (.), (h), .hh, (--), £ ...
_NOISES = re.compile(
    r"\(\(.*?\)\)|\((?:[\d.,\s]*|\.?h+|[-\s?]+)\)|(?<!\w)\.(?:h+|mt?h*)(?!\w)|(?<!\w)hh+(?!\w)|(?<!\w)\w+-(?!\w)"
)
_MARKS = re.compile(r"[\[\]()<>£°@#↑↓=_*~]|(?<=[^\W\d_]):+")
_TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[.?!…？。！]")
_ITEM = re.compile(r"\.\.\.|<[^<>]+>\+?|\)\+?|[(|]|[^\s()<>|]+")
_AS_WRITTEN = {"(": "(?:", ")": ")", ")+": f"){AGAIN}", "|": "|", "...": rf"(?: [^ .?]+){{0,{GAP}}}?"}
_GLUED = re.compile(r"[^\s(|]\(|\)\+?[^\s)|+]")
_WORD = re.compile(r"\*|\*?[^\W_]+(?:['-][^\W_]+)*(?:\*[^\W_]*)?(?:['-]\*)?|\*?[^\W_]+\*[^\W_]+")


@dataclass(frozen=True)
class Heard:
    """An utterance as rules see it: words with blanks around, a dot or question mark around sentences."""

    text: str
    words: tuple[str, ...]
    told: set[str] = field(default_factory=set)


def hear(text: object) -> Heard:
    """The words of an utterance, lower case, without the marks of a transcript.

    Parameters
    ----------
    text : object
        What was said; may hold the marks of conversation analysis, as in ``£jo(h)o:£``. Anything that is no
        string counts as nothing.
    """
    plain = unicodedata.normalize("NFC", text).lower() if isinstance(text, str) else ""
    plain = _MARKS.sub("", _NOISES.sub("", plain.replace("’", "'")))
    tokens, words = ["."], list[str]()
    for token in _TOKEN.findall(plain):
        mark = "" if token[0].isalnum() else "?" if token in "?？" else "."
        if mark and tokens[-1] in (".", "?"):  # of several marks in a row the question mark is kept
            tokens[-1] = mark if mark == "?" and words else tokens[-1]
        else:
            tokens.append(mark or token)
            words += [] if mark else [token]
    if words and tokens[-1] not in (".", "?"):
        tokens.append(".")
    heard = Heard(f" {' '.join(tokens)} ", tuple(words))
    if words and tokens[-1] == "?":
        heard.told.add("asks")
    return heard


def split_phrases(text: str) -> list[str]:
    """Phrases of a text: one a line, or between commas.

    A line that ends in | goes on in the next; what follows # is a remark.
    """
    plain = re.sub(r"#.*", "", unicodedata.normalize("NFC", text.lower()))
    parts = re.split(r"[,\n]", re.sub(r"\|\s*\n", "|", plain))
    return [" ".join(part.split()) for part in parts if part.strip()]


@dataclass(frozen=True)
class Phrases:
    """Makes patterns of phrases; `lists` are those that a phrase names as ``<name>``."""

    lists: Mapping[str, list[str]]
    leading: list[str]

    @cached_property
    def lead_in(self) -> str:
        """A pattern of any words that may come before an opener."""
        words = [self._items("lead_in", phrase, "") for phrase in self.leading]
        return f"(?:{'|'.join(words)}){MANY}" if words else ""

    def compiled(self, key: str, text: str, excepted: str = "") -> re.Pattern[str]:
        """A pattern that finds any of the phrases."""
        listed = [self._word(f"{key}.except", word)[1:] for word in split_phrases(excepted)]
        but = f"(?!(?:{'|'.join(listed)}) )" if listed else ""
        phrases = split_phrases(text)
        opening = [self._phrase(key, phrase[1:], but) for phrase in phrases if phrase.startswith("^")]
        found = [self._phrase(key, phrase, but) for phrase in phrases if not phrase.startswith("^")]
        if opening:  # together, so that the lead-in is sought once
            found.append(f" [.?]{self.lead_in}(?:{'|'.join(opening)})")
        return re.compile(f"(?:{'|'.join(found)})(?= )" if found else r"(?!)")

    def search(self, key: str, text: str, excepted: str = "") -> Find | None:
        """What finds any of the phrases; None where there are none."""
        return self.compiled(key, text, excepted).search if text.strip() else None

    def whole(self, key: str, text: str) -> Callable[[str], bool] | None:
        """Whether an utterance consists of the phrases, of which the longer are tried first."""
        if not text.strip():
            return None
        parts = self.compiled(key, text)
        return lambda heard: not parts.sub("", heard).strip(" .?")

    def word(self, key: str, text: str) -> Find:
        """Whether a single word is one of the list."""
        found = [self._word(key, word)[1:] for word in split_phrases(text)]
        return re.compile("|".join(found) if found else r"(?!)").fullmatch

    def forms(self, key: str, text: str, pattern: str, excepted: str) -> tuple[Find, ...]:
        """What finds any of the phrases, and a word of the pattern that is not excepted."""
        found = [self.search(f"{key}.phrases", text, excepted)]
        if pattern:
            but = self.compiled(f"{key}.except", excepted).pattern
            try:
                found.append(re.compile(f"(?!{but}) (?:{pattern})(?= )").search)
            except re.error as error:
                raise ValueError(f"{key}.pattern: '{pattern}' is no regular expression: {error}") from error
        if not any(found):
            raise ValueError(f"{key}: a form must have phrases or a pattern")
        return tuple(find for find in found if find)

    def stemmer(self, algorithm: str, stop_words: str, same: Mapping[str, str]) -> Callable[[str], str]:
        """What brings a word to the form in which it is compared, and a stop word to nothing.

        Parameters
        ----------
        algorithm : str
            Name of a Snowball stemmer (Porter 2001); empty leaves words as they are.
        stop_words : str
        same : mapping of str to str
            Words that are one although the stemmer does not see it.
        """
        import snowballstemmer  # type: ignore[import-untyped,unused-ignore]

        if algorithm and algorithm not in snowballstemmer.algorithms():
            known = ", ".join(sorted(snowballstemmer.algorithms()))
            raise ValueError(f"content.stemmer: there is no stemmer '{algorithm}' (stemmers: {known})")
        shorten = snowballstemmer.stemmer(algorithm).stemWord if algorithm else str
        stops = self.word("content.stop_words", stop_words)
        bases = {base: self.word(f"content.same.{base}", words) for base, words in same.items()}

        @lru_cache(2**14)
        def stem(word: str) -> str:
            base = next((base for base, has in bases.items() if has(word)), None)
            base = base or shorten(word.split("'")[0])  # "seller's" is of the seller
            return "" if len(word) < 2 or stops(word) or stops(base) else base

        return stem

    def _phrase(self, key: str, phrase: str, but: str) -> str:
        return self._items(key, phrase.removesuffix("$"), but) + ("(?= [.?])" if phrase.endswith("$") else "")

    def _items(self, key: str, phrase: str, but: str, within: tuple[str, ...] = ()) -> str:
        """A pattern of a phrase's words in a row, each with its blank before it."""
        found, depth = [], 0
        for item in _ITEM.findall(phrase):
            depth += (item == "(") - item.startswith(")")
            if depth < 0:
                break
            if item in _AS_WRITTEN:
                found.append(_AS_WRITTEN[item])
            elif item.startswith("<"):
                name, again = item.strip("<>+"), AGAIN if item.endswith("+") else ""
                found.append(f"(?:{self._list(key, name, but, within)}){again}")
            else:
                found.append(self._word(key, item, but))
        if not found or depth or _GLUED.search(phrase):
            raise ValueError(f"{key}: '{phrase}' is no phrase of words, word*, (a|b), <list> and ...")
        return "".join(found)

    def _list(self, key: str, name: str, but: str, within: tuple[str, ...]) -> str:
        if name not in self.lists or name in within:
            known = ", ".join(sorted(self.lists)) or "none"
            fault = "holds itself" if name in within else f"does not exist (lists: {known})"
            raise ValueError(f"{key}: the list '{name}' {fault}")
        return "|".join(
            self._items(f"lists.{name}", entry, but, (*within, name))
            for entry in sorted(self.lists[name], key=len, reverse=True)
        )

    def _word(self, key: str, word: str, but: str = "") -> str:
        """A pattern of one word; a star stands for letters."""
        if not _WORD.fullmatch(word):
            raise ValueError(f"{key}: '{word}' is not a word")
        return f" {but if '*' in word else ''}{re.escape(word).replace(re.escape('*'), '[^ .?]*')}"
