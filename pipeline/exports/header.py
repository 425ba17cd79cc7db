"""What stands over a draft: the recording, who is who, what made it, which marks are automatic and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.exports.bodies import symbols_of
from pipeline.exports.compose import IN_SPEECH, compose, remark_of
from pipeline.exports.lanes import rows_of
from pipeline.exports.material import Material
from pipeline.exports.notation import Notation
from pipeline.timeline.transcript import clock

IN_WORDS, ALONE, UNSURE, UNHEARD, BODIES = "(h)", "laughs", "unsure", "unheard", "bodies"
"""What marks stand for that is no tier of its own."""
NOT_GIVEN = "not given"
UNKNOWN = "not known"


@dataclass(frozen=True)
class Mark:
    """A mark of a draft.

    Attributes
    ----------
    sign : str
        As it is written.
    meaning : str
    tiers : tuple of str
        Tiers of the timeline that it stands for, or what is counted otherwise.
    limit : str
        By which limit a machine writes it; empty where only people do.
    """

    sign: str
    meaning: str
    tiers: tuple[str, ...]
    limit: str = ""


def header(material: Material, notation: Notation) -> list[tuple[str, str]]:
    """Name and value of each line of the header, in order."""
    media = ", ".join(f"{m.path.name} ({clock(m.duration)})" for m in material.media)
    people = ", ".join(f"{p.name} ({p.role})" for p in material.people)
    made = material.manifest.get("product", {})
    lines = [
        ("Meeting", material.title or material.name),
        ("Recording", media or NOT_GIVEN),
        ("Date", material.date or NOT_GIVEN),
        ("Language", material.language or UNKNOWN),
        ("Participants", f"{people or 'nobody was heard'}; names are pseudonyms or codes"),
        ("Notation", notation.about or notation.name),
    ]
    if made:
        lines.append(("Made by", f"{made.get('name')} {made.get('version')}{_engines(material.manifest)}"))
    coders = sorted(set(material.shown["coder"]) - {""})
    touched = int((material.table["status"] != "auto").sum())
    state = "a draft by machine, not yet corrected by an analyst"
    if touched:
        by = f" by {', '.join(coders)}" if coders else ""
        state = f"a draft; {touched} rows of the timeline corrected or confirmed{by}"
    return [*lines, ("State", state)]


def _engines(manifest: Mapping[str, Any]) -> str:
    """Engines and models that heard and saw."""
    settings = manifest.get("settings", {})
    speech, parts = settings.get("speech", {}), []
    for what, engine in (("words", speech.get("transcriber")), ("speakers", speech.get("diariser"))):
        if engine:
            model = engine.get("options", {}).get("model", "")
            parts.append(f"{what} {engine['engine']}{' ' + str(model) if model else ''}")
    if settings.get("voice", {}).get("listen"):
        parts.append(f"pitch {settings['voice']['pitch']['engine']}")
    if manifest.get("faces"):
        parts.append(f"faces {settings['face']['reader']['engine']}")
    return f" ({'; '.join(parts)})" if parts else ""


def legend(material: Material, notation: Notation) -> list[tuple[Mark, int]]:
    """Each mark that the notation writes and how many there are, those without any left out.

    Limits are those of the run; without a manifest they are not named.
    """
    counts = _counts(material, notation)
    marks = [mark for mark in _marks(notation, material.manifest.get("settings", {})) if mark.sign]
    told = [(mark, sum(counts[tier] for tier in mark.tiers)) for mark in marks]
    return [(_with_symbols(mark, material, notation), count) for mark, count in told if count]


def _with_symbols(mark: Mark, material: Material, notation: Notation) -> Mark:
    """A mark; where bodies are told below the talk, with everybody's symbol."""
    if mark.tiers != (BODIES,) or notation.embodied != "below":
        return mark
    symbols = symbols_of(material, notation)
    whose = ", ".join(f"{symbols[person.id]} {person.name}" for person in material.people)
    return replace(mark, meaning=f"{mark.meaning}, {whose}")


def _counts(material: Material, notation: Notation) -> Counter[str]:
    """How many there are of what each mark stands for: rows of tiers, or what `_marks` names beside them."""
    counts: Counter[str] = Counter()
    heard: set[str] = set()
    if "smile_voice" in notation.spans and notation.embodied == "inline":
        voices = material.shown[material.shown["tier"] == "smile_voice"]
        heard = set(" ".join(voices["evidence"]).split())
    for row in rows_of(material.shown, ("id", "tier", "label", "confidence", "status", "text")):
        tier, label = row["tier"], row["label"]
        counts[tier] += 1
        if tier == "laughter":
            counts[IN_WORDS if label == IN_SPEECH else ALONE] += 1
        elif tier == "word" and row["status"] == "auto" and label != "laughter":
            counts[UNSURE] += bool(label) or row["confidence"] < notation.uncertain_below
        elif tier != "comment" and row["id"] not in heard and remark_of(row, notation):
            counts[BODIES] += 1
    script = compose(material, notation, conduct=notation.embodied == "inline")
    counts[UNHEARD] = sum(atom.kind == "not_heard" for turn in script for atom in turn.atoms)
    return counts


def _marks(n: Notation, settings: Mapping[str, Any]) -> list[Mark]:
    """Every mark that a notation can write, with the limits of a run."""
    voice = settings.get("voice", {}).get("labels", {})
    turns = settings.get("turns", {})

    def limit(form: str, *values: Any) -> str:
        return form.format(*values) if all(value is not None for value in values) else ""

    own = "from {} of the speaker's spreads"
    conduct = {"inline": n.comment("nods"), "below": "*nods-*"}.get(n.embodied, "")
    unsure = f"confidence under {n.uncertain_below}, or doubted"
    rows: list[tuple[str, str, tuple[str, ...], str]] = [
        (f"{n.silences.timed.format(0.5)} {n.silences.micro}",
         f"silence in seconds; under {n.silences.micro_below} s", ("pause", "gap"),
         limit("from {} s", turns.get("pause"))),
        (_signs(n, "latch"), "latching", ("latch",),
         limit("under {} s of silence or overlap", turns.get("latch"))),
        (_around(n, "overlap"), "overlap", ("overlap",), limit("from {} s", turns.get("overlap"))),
        (_signs(n, "falling", "level", "rising"), "pitch at a unit's end: falling, level, rising",
         ("intonation",), limit("from {} semitones", voice.get("movement"))),
        (_signs(n, "up", "down"), "step of pitch", ("pitch_step",),
         limit("from {} semitones", voice.get("step"))),
        (_around(n, "stress"), "stress", ("stress",), limit(own, voice.get("stress"))),
        (_signs(n, "stretch"), f"stretching, one for {n.stretch_seconds} s", ("stretch",),
         limit(own + " and {} s", voice.get("stretch"), voice.get("stretch_seconds"))),
        (_signs(n, "cut_off"), "cut off", ("cut_off",), "by what the recogniser wrote" if voice else ""),
        (_around(n, "faster", "slower"), "faster, slower", ("pace",),
         limit("{} times the speaker's usual", voice.get("pace"))),
        (_around(n, "quieter", "louder"), "quieter, louder", ("loudness",),
         limit("by {} dB", voice.get("loudness"))),
        (_around(n, "creak"), "creaky voice", ("creak",), limit("from {} s", voice.get("creak_seconds"))),
        (_around(n, "smile_voice"), "said through a smile", ("smile_voice",), "by the face"),
        (_around(n, "voice_quality"), "other voice quality", ("voice_quality",), ""),
        (_signs(n, "glottal_stop"), "glottal stop", ("glottal_stop",), ""),
        (f"{_sound(n, 'breath_in')} {_sound(n, 'breath_out')}".strip(), "breath in, out",
         ("breath_in", "breath_out"), limit("from {} s", voice.get("breath", {}).get("seconds"))),
        (_sound(n, "laughter"), "laughter", (ALONE,), "by a classifier of laughter" if voice else ""),
        (_signs(n, "laugh_in_word"), "laughter in a word", (IN_WORDS,),
         "by a classifier of laughter" if voice else ""),
        (_around(n, "uncertain"), "word that was heard uncertainly", (UNSURE,), unsure),
        (_signs(n, "not_heard"), "talk in which no word was recognised", (UNHEARD,), ""),
        (conduct, "bodily conduct", (BODIES,), "by the face"),
    ]  # fmt: skip
    return [Mark(*row) for row in rows]


def _signs(n: Notation, *names: str) -> str:
    return " ".join(n.sign(name) for name in names if n.sign(name))


def _sound(n: Notation, name: str) -> str:
    return n.sounds[name].of(0.3).strip() if name in n.sounds else ""


def _around(n: Notation, *names: str) -> str:
    """Signs of spans: those on both sides, or how the letters look."""
    found = []
    for span in map(n.span, names):
        sides = f"{span.begin.strip()} {span.end}" if span.begin else ""
        found.append(sides or ("CAPITALS" if span.capitals else f"a{span.each}" if span.each else ""))
    return "  ".join(text for text in found if text)
