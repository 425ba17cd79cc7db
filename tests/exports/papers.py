"""The founding paper's two examples as timelines: what was heard, and when, without any mark.

Times are made up so that silences and overlaps come out as the paper has them; everything else is as printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.exports.material import Material, Person
from pipeline.timeline.table import numbered_by_tier, timeline
from tests.exports.made import material

EACH = 0.3
"""Seconds that a word lasts."""


class Telling:
    """Rows of a timeline, told in order: `says` adds a turn, `silence` time in which nobody speaks."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rows: list[dict[str, Any]] = []
        self.turns: list[dict[str, Any]] = []
        self.words = 0

    def add(self, tier: str, who: str, start: float, end: float, **more: Any) -> dict[str, Any]:
        row = {"tier": tier, "participant": who, "start": start, "end": end, **more}
        self.rows.append(row)
        return row

    def says(self, who: str, *units: str, at: float | None = None) -> list[dict[str, Any]]:
        """A turn: units end in ``.`` or ``,`` by intonation, ``(0.2)`` is a pause; gives the words' rows."""
        start = at if at is not None else self.now
        time, words = start, []
        for unit in units:
            final = {".": "falling", ",": "level"}.get(unit[-1], "")
            if unit.startswith("("):
                seconds = 0.1 if unit == "(.)" else float(unit[1:-1])
                self.add("pause", who, time, time + seconds, value=seconds)
                time += seconds
                continue
            for word in unit.rstrip(".,").split():
                self.words += 1
                name = f"w{self.words:03d}"
                row = self.add("word", who, time, time + EACH, id=name, text=word, confidence=0.9)
                words.append(row)
                time += EACH
            if final:
                self.add("intonation", who, time - 0.2, time - 0.01, label=final)
        turn = self.add("turn", who, start, time, id=f"t{len(self.turns) + 1:03d}")
        turn["text"] = " ".join(word["text"] for word in words)
        turn["evidence"] = " ".join(word["id"] for word in words)
        turn["label"] = "" if words else "no_words"
        self.turns.append(turn)
        self.now = max(self.now, time)
        return words

    def silence(self, seconds: float) -> None:
        self.add("gap", "", self.now, self.now + seconds, value=seconds, label="between")
        self.now += seconds

    def material(self, people: Sequence[Person]) -> Material:
        named = [row for row in self.rows if "id" in row]
        others = numbered_by_tier(row for row in self.rows if "id" not in row)
        return material(timeline([*named, *others]), *people)


PEOPLE = (Person("SP", "SP", "salesperson"), Person("BU", "Buyer", "customer"))


def holidays() -> Material:
    """Example 1, lines 1 to 16."""
    t = Telling()
    first = t.says("BU", "kolme viikkoo töissä ja sitte neljä viikkoa lomalla ja,")
    first[0]["confidence"] = 0.2  # (kolme)
    t.add("breath_in", "SP", t.now, t.now + 0.05, text=".mth")
    t.now += 0.06
    second = t.says("BU", "sitte kolome viikkoo töissä ja sit kaks viikkoo lomalla", "sit se on", "NOT_HEARD")
    t.add("glottal_stop", "BU", second[0]["end"] - 0.02, second[0]["end"])
    second[-1] |= {"text": "", "label": "not_heard"}
    t.turns[-1]["text"] = t.turns[-1]["text"].removesuffix(" NOT_HEARD")
    t.add("loudness", "BU", second[-4]["start"], second[-1]["end"], label="quieter")
    t.silence(0.2)
    t.says("BU", "ei oo ihan opettajan kesälomat mut melekei.")
    but = t.says("SP", "mutta e meleko mukavasti.")
    t.add("glottal_stop", "SP", but[0]["end"] - 0.02, but[0]["end"])
    t.add("cut_off", "SP", but[1]["end"] - 0.02, but[1]["end"])
    on = t.says("BU", "on.", "on on.")
    t.add("loudness", "BU", on[1]["start"], on[2]["end"], label="quieter")
    t.says("SP", "nii että välillä tota käyvään vähän töissä mutta taas sitte niinku jatketaan.")
    t.says("BU", "taas jatketaan harjotuksia.")
    t.silence(0.2)
    t.says("SP", "eikö seki,", "siinäki o aina oma homma että nää pääset taas kylykeen tähän näi ja,")
    t.says("BU", "o.", "iha tasan tarkkaa.")
    before, after = t.turns[-2:]
    t.add(
        "latch",
        "BU",
        t.turns[-1]["start"],
        t.turns[-1]["start"],
        value=0.0,
        evidence=f"{before['id']} {after['id']}",
    )
    t.says("SP", "nii,")
    return t.material(PEOPLE)


HOLIDAYS = """\
Buyer: (kolme) viikkoo töissä ja sitte neljä viikkoa lomalla ja,
SP: .mth
Buyer: sitte< kolome viikkoo töissä ja sit kaks viikkoo lomalla
°sit se on (--)°
(0.2)
Buyer: ei oo ihan opettajan kesälomat mut melekei.
SP: mutta< e- meleko mukavasti.
Buyer: on. °on on.°
SP: nii että välillä tota käyvään vähän töissä mutta taas
sitte niinku jatketaan.
Buyer: taas jatketaan harjotuksia.
(0.2)
SP: eikö seki, siinäki o aina oma homma että nää pääset taas
kylykeen tähän näi ja,=
Buyer: =o. iha tasan tarkkaa.
SP: nii,
"""


def papers() -> Material:
    """Example 2, lines 01 to 24."""
    t = Telling()
    t.says(
        "BU", "ja sit toinen ni jos oot huomannu ni", "(.)",
        "suomalaisessa kulttuurissa ni yritysjohdosta politikoihin mihin tahansa "
        "ni se on ihan ookoo et sä luet paperista.",
    )  # fmt: skip
    t.says("SP", "joo.")
    t.says("BU", "se ei oo ikinä ollu paha.")
    smiling = t.says("SP", "joo.")
    t.add("smile_voice", "SP", smiling[0]["start"], smiling[0]["end"] - 0.05, text="joo")
    t.silence(0.1)
    t.says("BU", "meet espanja italia", "(.)", "puhumattakaan jenkit,")
    t.silence(0.2)
    t.says("SP", "joo.")
    farmer = t.says(
        "BU", "englanti,", "(0.2)",
        "eihän eihän kukaan edes sillon kun morsiamen isä ketä on on tota öö maanviljelijä.",
    )  # fmt: skip
    t.add("pitch_step", "BU", farmer[-1]["start"], farmer[-1]["start"] + 0.1, label="up")
    t.says("SP", "joo.")
    t.says("BU", "sekään ei alennu siihen et se lukis paperista.")
    t.add("breath_in", "SP", t.now + 0.0, t.now + 0.2)
    t.now += 0.2
    t.says(
        "SP", "Suomessa tasavallan presidentti pitää,",
        "virkaanastujaispuheen se lukee paperista ihan suoraa.",
    )  # fmt: skip
    laughing = t.says("BU", "jo")
    t.add("laughter", "BU", laughing[0]["start"], laughing[0]["end"], label="in_speech")
    t.says("SP", "jenkeissä pressa lukee prompterista jostaki kaukaa")
    t.says("BU", "joo.")
    t.says("SP", "ja näyttää että muistaa ulkoo puheensa.")
    t.says("BU", "kyllä.")
    t.says("SP", "iso iso ero.")
    big = t.says("BU", "iso ero.", "iso ero.")
    [on] = t.says("SP", "on.", at=big[2]["start"])
    first, second = t.turns[-2:]
    on["end"] = second["end"] = first["end"]  # as long as what it overlaps
    t.add(
        "overlap",
        "SP",
        big[2]["start"],
        second["end"],
        label="inside",
        evidence=f"{first['id']} {second['id']}",
    )
    return t.material(PEOPLE)


PAPERS = """\
Buyer: ja sit toinen ni jos oot huomannu ni (.) suomalaisessa
kulttuurissa ni yritysjohdosta politikoihin mihin tahansa
ni se on ihan ookoo et sä luet paperista.
SP: joo.
Buyer: se ei oo ikinä ollu paha.
SP: £joo£.
(.)
Buyer: meet espanja italia (.) puhumattakaan jenkit,
(0.2)
SP: joo.
Buyer: englanti, (0.2) eihän eihän kukaan edes sillon kun morsiamen isä
ketä on on tota öö ↑maanviljelijä.
SP: joo.
Buyer: sekään ei alennu siihen et se lukis paperista.
SP: .hh Suomessa tasavallan presidentti pitää, virkaanastujaispuheen se
lukee paperista ihan suoraa.
Buyer: jo(h)
SP: jenkeissä pressa lukee prompterista jostaki kaukaa
Buyer: joo.
SP: ja näyttää että muistaa ulkoo puheensa.
Buyer: kyllä.
SP: iso iso ero.
Buyer: iso ero. [iso ero.
SP: [on.
"""
