"""What wording tells, asked for one line or several, and the founding paper's lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.rapport.language import CODES, Language, cues, load_language

SURE = 0.5


def language(code: str) -> Language:
    found = load_language(code)
    assert found is not None
    return found


def table(lines: list[tuple[str, str]]) -> pd.DataFrame:
    units = pd.DataFrame(lines, columns=["participant", "text"])
    return units.assign(start=np.nan, end=np.nan)


def heard(code: str, text: str) -> pd.Series:
    return cues(table([("a", text)]), language(code)).iloc[0]


def codes(row: pd.Series) -> set[str]:
    return {code for code in CODES if row[code] >= SURE}


# Short quotations of the two examples of the founding paper (seeds/004), by the numbers of their lines.
HOLIDAYS = {
    1: ("buyer", "(kolme) viikkoo töissä ja sitte neljä viikkoa lomalla ja,"),
    3: ("buyer", "sitte< kolome viikkoo töissä ja sit kaks viikkoo lomalla °sit se on (--)°"),
    6: ("buyer", "ei oo ihan opettajan kesälomat mut melekei."),
    7: ("seller", "mutta< e- meleko mukavasti."),
    8: ("buyer", "on. °on on.°"),
    9: ("seller", "nii että välillä tota käyvään vähän töissä mutta taas sitte niinku jatketaan."),
    11: ("buyer", "taas jatketaan harjotuksia."),
    13: ("seller", "eikö seki, siinäki o aina oma homma että nää pääset taas kylykeen tähän näi ja,="),
    15: ("buyer", "=o. iha tasan tarkkaa."),
    16: ("seller", "nii,"),
}
PAPER = {
    1: ("buyer", "ja sit toinen ni jos oot huomannu ni (.) suomalaisessa kulttuurissa ni"),
    3: ("buyer", "ni se on ihan ookoo et sä luet paperista."),
    4: ("seller", "joo."),
    5: ("buyer", "se ei oo ikinä ollu paha."),
    6: ("seller", "£joo£."),
    8: ("buyer", "meet espanja italia (.) puhumattakaan jenkit,"),
    10: ("seller", "joo."),
    11: ("buyer", "ketä on on tota öö ↑maanviljelijä."),
    13: ("seller", "joo."),
    14: ("buyer", "sekään ei alennu siihen et se lukis paperista."),
    15: ("seller", ".hh Suomessa tasavallan presidentti se lukee paperista ihan suoraa."),
    17: ("buyer", "jo(h)"),
    18: ("seller", "jenkeissä pressa lukee prompterista jostaki kaukaa"),
    19: ("buyer", "joo."),
    20: ("seller", "ja näyttää että muistaa ulkoo puheensa."),
    21: ("buyer", "kyllä."),
    22: ("seller", "iso iso ero."),
    23: ("buyer", "iso ero. [iso ero."),
    24: ("seller", "[on."),
}
