"""Timelines made by hand: lines of talk with times, and what bodies do meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.rapport.codebook import Codebook, load_codebook
from pipeline.scoring import about, coded
from pipeline.timeline.table import numbered_by_tier, timeline, write

Line = tuple[str, float, float, str]
"""Participant, start, end, text."""


def made(lines: Sequence[Line], events: Sequence[dict[str, Any]] = ()) -> pd.DataFrame:
    """A timeline of turns with text and of events, each a row without id."""
    turns = [
        {"tier": "turn", "participant": who, "start": start, "end": end, "text": text}
        for who, start, end, text in lines
    ]
    return timeline(numbered_by_tier([*turns, *events]))


def event(tier: str, who: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    """A row of a tier."""
    return {"tier": tier, "participant": who, "start": start, "end": end, "confidence": 0.9, **more}


def human(code: str, who: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    """A coding that a person added."""
    row = {"id": f"mine-{code}-{who}-{start:g}", "tier": "action", "participant": who, "label": code}
    return {**row, "start": start, "end": end, "status": "added", "coder": "AL", **more}


def analysed(
    folder: Path,
    table: pd.DataFrame,
    roles: Mapping[str, str],
    language: str = "en",
    book: Codebook | None = None,
) -> Path:
    """The folder of a meeting as if it had been analysed, coded if its actions are to be found."""
    book = book or load_codebook()
    people = [{"id": who, "role": role, "pseudonym": None} for who, role in roles.items()]
    manifest = {
        "meeting": {"participants": people, "language": language},
        "language": language,
        "settings": {"voice": {"listen": True}},
        "codebook": about(book),
    }
    folder.mkdir(parents=True, exist_ok=True)
    write(coded(table, roles, language, book)[0], folder)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


HOLIDAYS: list[Line] = [
    ("BU", 0.0, 6.5, "(kolme) viikkoo töissä ja sitte neljä viikkoa lomalla ja, sitte< kolome viikkoo töissä "
     "ja sit kaks viikkoo lomalla °sit se on (--)°."),
    ("BU", 6.7, 8.5, "ei oo ihan opettajan kesälomat mut melekei."),
    ("SP", 8.7, 9.8, "mutta< e- meleko mukavasti."),
    ("BU", 9.9, 10.8, "on. °on on.°"),
    ("SP", 11.0, 14.0, "nii että välillä tota käyvään vähän töissä mutta taas sitte niinku jatketaan."),
    ("BU", 14.2, 15.6, "taas jatketaan harjotuksia."),
    ("SP", 15.8, 20.5, "eikö seki, siinäki o aina oma homma että nää pääset taas kylykeen tähän näi ja,="),
    ("BU", 20.5, 22.0, "=o. iha tasan tarkkaa."),
    ("SP", 22.2, 22.6, "nii,"),
]  # fmt: skip
"""Example 1 of the founding paper: small talk about holidays."""

PAPERS: list[Line] = [
    ("BU", 0.0, 6.5, "ja sit toinen ni jos oot huomannu ni (.) suomalaisessa kulttuurissa ni yritysjohdosta "
     "politikoihin mihin tahansa ni se on ihan ookoo et sä luet paperista."),
    ("SP", 6.6, 6.9, "joo."),
    ("BU", 7.0, 8.5, "se ei oo ikinä ollu paha."),
    ("SP", 8.6, 8.9, "£joo£."),
    ("BU", 9.0, 11.0, "meet espanja italia (.) puhumattakaan jenkit,"),
    ("SP", 11.2, 11.5, "joo."),
    ("BU", 11.6, 15.5, "englanti, (0.2) eihän eihän kukaan edes sillon kun morsiamen isä ketä on on tota öö "
     "↑maanviljelijä."),
    ("SP", 15.6, 15.9, "joo."),
    ("BU", 16.0, 18.5, "sekään ei alennu siihen et se lukis paperista."),
    ("SP", 18.7, 23.0, ".hh Suomessa tasavallan presidentti pitää, virkaanastujaispuheen se lukee paperista "
     "ihan suoraa."),
    ("BU", 23.1, 23.5, "jo(h)"),
    ("SP", 23.6, 26.0, "jenkeissä pressa lukee prompterista jostaki kaukaa"),
    ("BU", 26.1, 26.4, "joo."),
    ("SP", 26.5, 28.5, "ja näyttää että muistaa ulkoo puheensa."),
    ("BU", 28.6, 29.0, "kyllä."),
    ("SP", 29.2, 30.2, "iso iso ero."),
    ("BU", 30.3, 32.0, "iso ero. [iso ero."),
    ("SP", 31.4, 31.9, "[on."),
]  # fmt: skip
"""Example 2 of the founding paper: a story and its second."""
