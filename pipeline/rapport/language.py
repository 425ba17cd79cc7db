"""What the words and forms of a language tell by themselves, read from a file that needs no programming.

Each language is one file in ``languages/``; ``en.yaml`` explains every field. Its rules are phrases with a
strength, written by hand: how far the wording alone is to be trusted; it is fitted to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import SettingsError
from pipeline.rapport.phrases import Find, Heard, Phrases, hear, split_phrases
from pipeline.settings import first_fault, read_yaml

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).with_name("languages")

Code = Literal[
    "minimal_response", "agreement", "disagreement", "assessment", "formulation", "open_question",
    "closed_question", "polar_question", "self_disclosure", "small_talk", "compliment", "empathy", "humour",
    "proposal",
]  # fmt: skip
Sign = Literal[
    "first_person", "second_person", "past", "business", "negative_polar", "confirms", "declines",
    "preempts_problem", "addresses_feeling", "new_topic",
]  # fmt: skip
Told = Literal[Sign, "asks", "positive", "negative", "personal"]
Depth = Literal["", "superficial", "more_intimate", "most_intimate"]

CODES: tuple[str, ...] = get_args(Code)
SIGNS: tuple[str, ...] = get_args(Sign)
DEPTHS: tuple[str, ...] = get_args(Depth)
BOOLEANS = tuple(sign for sign in SIGNS if sign != "business")
COLUMNS = (*CODES, *BOOLEANS, "polarity", "content", "clauses", "topics", "depth", "informal")

REACH = 4
"""Words after a negator that it turns around, as in "not a bad idea"."""
ANSWER = 0.5
"""Share of its strength that a minimal response keeps when it answers a polar question (Sorjonen 2001)."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """When wording counts for something; all that is given must hold."""

    phrases: str = ""
    only: str = ""
    unless: str = ""
    excepted: str = Field(default="", alias="except")
    needs: tuple[Told, ...] = ()
    lacks: tuple[Told, ...] = ()
    at_least: int = Field(default=1, ge=1)
    at_most: int = Field(default=10**9, ge=1)
    strength: float = Field(default=1.0, gt=0, le=1)
    carries: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _says_when(self) -> Rule:
        if not (self.phrases.strip() or self.only.strip() or self.needs):
            raise ValueError("a rule must have phrases, only or needs")
        return self


class Topic(Rule):
    """Something of a person's own life that can be disclosed."""

    depth: Literal["superficial", "more_intimate", "most_intimate"]


class Form(_Strict):
    """A kind of dialect or colloquial form: phrases, or a pattern of one word."""

    phrases: str = ""
    pattern: str = ""
    excepted: str = Field(default="", alias="except")


class Polarity(_Strict):
    """Words that evaluate, and those that turn them around."""

    positive: str
    negative: str
    negators: str


class Content(_Strict):
    """How content words are found and brought to one form."""

    stop_words: str
    stemmer: str = ""
    same: dict[str, str] = Field(default_factory=dict)


class LanguageFile(_Strict):
    """What a language's file holds."""

    code: str = Field(pattern=r"^[a-z]{2,3}$")
    name: str
    lists: dict[str, str] = Field(default_factory=dict)
    lead_in: str = ""
    codes: dict[Code, tuple[Rule, ...]]
    signs: dict[Sign, tuple[Rule, ...]]
    clauses: str
    polarity: Polarity
    topics: dict[str, Topic] = Field(default_factory=dict)
    informal: dict[str, Form] = Field(default_factory=dict)
    content: Content


@dataclass(frozen=True)
class Test:
    """A rule that is ready to be used."""

    rule: Rule
    phrases: Find | None
    only: Callable[[str], bool] | None
    unless: Find | None

    def holds(self, heard: Heard) -> bool:
        """Whether an utterance meets all that the rule asks for."""
        rule = self.rule
        return (
            rule.at_least <= len(heard.words) <= rule.at_most
            and heard.told.issuperset(rule.needs)
            and heard.told.isdisjoint(rule.lacks)
            and (self.only is None or self.only(heard.text))
            and (self.phrases is None or self.phrases(heard.text) is not None)
            and (self.unless is None or self.unless(heard.text) is None)
        )


@dataclass(frozen=True)
class Language:
    """A language's lexicon and forms, ready to be used.

    Attributes
    ----------
    code : str
        ISO 639-1, as in ``en``.
    name : str
        As in ``English``.
    """

    code: str
    name: str
    codes: Mapping[str, tuple[Test, ...]] = field(repr=False)
    signs: Mapping[str, tuple[Test, ...]] = field(repr=False)
    topics: Mapping[str, tuple[Test, Depth]] = field(repr=False)
    informal: Mapping[str, tuple[Find, ...]] = field(repr=False)
    lead_in: re.Pattern[str] = field(repr=False)
    clauses: re.Pattern[str] = field(repr=False)
    value: Callable[[str], int] = field(repr=False)
    negates: Callable[[str], bool] = field(repr=False)
    stem: Callable[[str], str] = field(repr=False)


def languages() -> tuple[str, ...]:
    """Codes of the languages that come with the product."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def load_language(code: str | Path) -> Language | None:
    """Read a language's file.

    Parameters
    ----------
    code : str or Path
        A code, where ``en-GB`` means ``en``; or the path of a lab's own file.

    Returns
    -------
    Language or None
        None where no file comes with the product for that code.

    Raises
    ------
    SettingsError
        Where the file is missing or holds something that no rule can be made of.
    """
    if isinstance(code, Path):
        return _read(code)
    short = re.split("[-_]", code.strip().lower())[0]
    return _shipped(short) if short in languages() else None


@lru_cache
def _shipped(code: str) -> Language:
    return _read(FOLDER / f"{code}.yaml")


def _read(path: Path) -> Language:
    content = read_yaml(path, "language file")
    try:
        if not isinstance(content, dict):
            raise ValueError(f"names and values are missing; see {FOLDER / 'en.yaml'}")
        return _built(LanguageFile.model_validate(content))
    except ValidationError as error:
        raise SettingsError(f"In the language file {path}, {first_fault(error)}; correct it.") from error
    except ValueError as error:
        raise SettingsError(f"In the language file {path}, {error}; correct it.") from error


def _built(file: LanguageFile) -> Language:
    """A language from its file; ValueError with the key where something cannot be compiled."""
    phrases = Phrases(
        {name: split_phrases(words) for name, words in file.lists.items()}, split_phrases(file.lead_in)
    )

    def test(key: str, rule: Rule) -> Test:
        return Test(
            rule,
            phrases.search(f"{key}.phrases", rule.phrases, rule.excepted),
            phrases.whole(f"{key}.only", rule.only),
            phrases.search(f"{key}.unless", rule.unless),
        )

    def tests(part: str, rules: Mapping[Any, Iterable[Rule]]) -> dict[str, tuple[Test, ...]]:
        return {
            key: tuple(test(f"{part}.{key}.{i}", rule) for i, rule in enumerate(group))
            for key, group in rules.items()
        }

    value = {
        +1: phrases.word("polarity.positive", file.polarity.positive),
        -1: phrases.word("polarity.negative", file.polarity.negative),
    }
    negates = phrases.word("polarity.negators", file.polarity.negators)
    return Language(
        code=file.code,
        name=file.name,
        codes=tests("codes", file.codes),
        signs=tests("signs", file.signs),
        topics={name: (test(f"topics.{name}", topic), topic.depth) for name, topic in file.topics.items()},
        informal={
            kind: phrases.forms(f"informal.{kind}", form.phrases, form.pattern, form.excepted)
            for kind, form in file.informal.items()
        },
        lead_in=re.compile(rf" [.?]{phrases.lead_in} [^ ]+"),
        clauses=phrases.compiled("clauses", file.clauses),
        value=lru_cache(2**14)(lambda word: next((sign for sign, has in value.items() if has(word)), 0)),
        negates=lru_cache(2**14)(lambda word: negates(word) is not None),
        stem=phrases.stemmer(file.content.stemmer, file.content.stop_words, file.content.same),
    )


def cues(units: pd.DataFrame, language: Language) -> pd.DataFrame:
    """What each turn unit's wording tells.

    Parameters
    ----------
    units : DataFrame
        One row per unit, in order: ``participant``, ``start``, ``end``, ``text``.
    language : Language

    Returns
    -------
    DataFrame
        With the index of `units`. A column of probabilities for each of `CODES`, NaN where the language has
        no rule for it; booleans for `BOOLEANS`; ``polarity`` (-1, 0, 1); ``content`` (frozenset of normalised
        content words); ``clauses`` (rough number); ``topics`` (tuple of names); ``depth`` (one of `DEPTHS`:
        the deepest topic that is spoken of in the first person); ``informal`` (frozenset of kinds).
    """
    import pandas as pd

    heard = [hear(text) for text in units["text"]]
    rows = [_told(one, language) for one in heard]
    _carry_on(rows, heard, list(units["participant"]), language)
    table = pd.DataFrame(rows, index=units.index, columns=list(COLUMNS))
    kinds = dict.fromkeys(CODES, "float64") | dict.fromkeys(BOOLEANS, "bool")
    return table.astype(kinds | {"polarity": "int64", "clauses": "int64"})


def _told(heard: Heard, language: Language) -> dict[str, Any]:
    """One row of the table, by the unit's own words."""
    for sign, tests in language.signs.items():
        if any(test.holds(heard) for test in tests):
            heard.told.add(sign)
    polarity = _polarity(heard, language)
    if polarity:
        heard.told.add("positive" if polarity > 0 else "negative")
    topics = {name: depth for name, (test, depth) in language.topics.items() if test.holds(heard)}
    own = topics.values() if "first_person" in heard.told else ()
    if own:
        heard.told.add("personal")
    strengths = {
        code: max((test.rule.strength for test in tests if test.holds(heard)), default=0.0)
        for code, tests in language.codes.items()
        if tests
    }
    start = language.lead_in.match(heard.text)
    first = start.end() if start else 0
    return {
        **strengths,
        **{sign: sign in heard.told for sign in BOOLEANS},
        "polarity": polarity,
        "content": frozenset(filter(None, map(language.stem, heard.words))),
        "clauses": sum(clause.start() >= first for clause in language.clauses.finditer(heard.text))
        + bool(heard.words),
        "topics": tuple(topics),
        "depth": max(own, key=DEPTHS.index, default=""),
        "informal": frozenset(
            kind for kind, finds in language.informal.items() if any(find(heard.text) for find in finds)
        ),
    }


def _polarity(heard: Heard, language: Language) -> int:
    """Stance of the words together; "isn't that nice" evaluates well though it has a negator."""
    total = 0
    for i, word in enumerate(heard.words):
        if sign := language.value(word):
            turned = any(map(language.negates, heard.words[max(0, i - REACH) : i]))
            total += -sign if turned and "negative_polar" not in heard.told else sign
    return (total > 0) - (total < 0)


def _carry_on(rows: list[dict[str, Any]], heard: list[Heard], who: list[Any], language: Language) -> None:
    """What one unit tells of the next: its subject goes on, and an answer is no listening response."""
    shares = {
        code: max((test.rule.carries for test in tests), default=0.0)
        for code, tests in language.codes.items()
    }
    carries = {code: share for code, share in shares.items() if share}
    going: dict[str, float] = {}
    for i, (row, one) in enumerate(zip(rows, heard, strict=True)):
        asked = i > 0 and who[i] != who[i - 1] and rows[i - 1].get("polar_question", 0) >= ANSWER
        if asked and "minimal_response" in row:
            row["minimal_response"] *= ANSWER
        if not one.words or row.get("minimal_response", 0) > 0:
            continue
        stops = not one.told.isdisjoint({"business", "new_topic"})
        for code, share in carries.items():
            if not stops:
                row[code] = max(row[code], share * going.get(code, 0.0))
            going[code] = row[code]
