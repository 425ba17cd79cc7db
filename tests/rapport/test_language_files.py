"""Languages are files: those that come with the product, a lab's own, and faulty ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.rapport.language import CODES, cues, languages, load_language
from tests.rapport.worded import heard, table


def test_languages_that_come_with_the_product():
    assert languages() == ("en", "fi")
    assert load_language("en-GB") is load_language("en-US") or load_language("en-GB").code == "en"
    assert load_language("sv") is None
    assert load_language("../en") is None
    assert load_language("") is None


def own(folder: Path, text: str) -> Path:
    path = folder / "xx.yaml"
    path.write_text(text, encoding="utf-8")
    return path


SMALL = """
code: xx
name: Xish
lists: {{kin: "mor, far"}}
codes:
  small_talk: [{{strength: 0.7, phrases: {phrases}}}]
signs: {{}}
clauses: och
polarity: {{positive: bra, negative: usel, negators: inte}}
content: {{stop_words: "och, en", stemmer: {stemmer}}}
"""


def small(phrases: str = "mor", stemmer: str = "swedish") -> str:
    return SMALL.format(phrases=phrases, stemmer=stemmer)


def test_a_labs_own_file_is_used_and_codes_without_rules_are_absent(tmp_path):
    path = own(tmp_path, small(phrases='"min <kin>, ^hej"'))
    found = cues(
        table([("a", "Hej!"), ("b", "Det var min mor."), ("a", "Och en stol.")]), load_language(path)
    )
    assert found["small_talk"].tolist() == [0.7, 0.7, 0.0]
    assert found["formulation"].isna().all()
    assert found["content"].iloc[2] == {"stol"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (small(phrases="min <kinn>"), "codes.small_talk.0.phrases.*kinn.*kin"),
        (small(phrases="'min (mor'"), r"codes.small_talk.0.phrases.*min \(mor"),
        (small(phrases="mor(s|)"), "codes.small_talk.0.phrases"),
        (small(phrases="min; mor"), "codes.small_talk.0.phrases"),
        (small(phrases="yes"), "codes.small_talk.0.phrases.*string"),
        (small(stemmer="klingon"), "content.stemmer.*klingon"),
        (small().replace("0.7", "7"), "codes.small_talk.0.strength"),
        (small().replace("small_talk", "smalltalk"), "codes"),
        (small(phrases="<kin>").replace("mor, far", "<kin>"), "kin.*itself"),
        (small() + "informal: {e: {pattern: '('}}", "informal.e.pattern"),
        (small() + "informal: {e: {}}", "informal.e"),
        ("- a list", "names and values"),
        ("code: [", "YAML"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_its_key(tmp_path, text, key):
    with pytest.raises(SettingsError, match=f"(?s)xx.yaml.*{key}"):
        load_language(own(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.yaml"):
        load_language(tmp_path / "none.yaml")


@pytest.mark.parametrize("code", ["en", "fi"])
def test_every_code_has_rules(code):
    assert not heard(code, "x")[list(CODES)].isna().any()
