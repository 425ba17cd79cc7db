"""What stands over a draft: the recording, who is who, what made it, which marks are automatic and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.exports.material import Material
from pipeline.exports.notation import Notation
from pipeline.timeline.transcript import clock

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
        Tiers of the timeline that it stands for.
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
        ("Notation", f"{notation.about or notation.name}; a draft, not yet corrected by an analyst"),
    ]
    if made:
        lines.append(("Made by", f"{made.get('name')} {made.get('version')}{_engines(material.manifest)}"))
    coders = sorted(set(material.shown["coder"]) - {""})
    touched = int((material.table["status"] != "auto").sum())
    if touched:
        lines.append(("By hand", f"{touched} rows{' by ' + ', '.join(coders) if coders else ''}"))
    return lines


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
    counts = {str(tier): int(count) for tier, count in material.shown["tier"].value_counts().items()}
    marks = _marks(notation, material.manifest.get("settings", {}))
    told = [(mark, sum(counts.get(tier, 0) for tier in mark.tiers)) for mark in marks if mark.sign]
    unsure = [
        (mark, _uncertain(material, notation)) if mark.tiers == ("word",) else (mark, count)
        for mark, count in told
    ]
    return [(mark, count) for mark, count in unsure if count]


def _uncertain(material: Material, notation: Notation) -> int:
    words = material.shown[material.shown["tier"] == "word"]
    unsure = (words["label"] != "") | (words["confidence"] < notation.uncertain_below)
    return int((unsure & (words["status"] == "auto") & (words["label"] != "laughter")).sum())


def _marks(n: Notation, settings: Mapping[str, Any]) -> list[Mark]:
    """Every mark that a notation can write, with the limits of a run."""
    voice = settings.get("voice", {}).get("labels", {})
    turns = settings.get("turns", {})

    def limit(form: str, *values: Any) -> str:
        return form.format(*values) if all(value is not None for value in values) else ""

    own = "from {} of the speaker's spreads"
    conduct = tuple(dict.fromkeys(name.split("/")[0] for name in n.conduct))
    unsure = f"confidence under {n.uncertain_below}, or doubted"
    rows: list[tuple[str, str, tuple[str, ...], str]] = [
        (n.silences.timed.format(0.5), "silence in seconds", ("pause", "gap"),
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
        (_sound(n, "laughter"), "laughter", ("laughter",), "by a classifier of laughter" if voice else ""),
        (_around(n, "uncertain"), "word that was heard uncertainly", ("word",), unsure),
        (n.comment("nods"), "bodily conduct", conduct, "by the face"),
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
