"""A dyad's relationship in the terminal, readable in 80 columns however many meetings there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import shorten
from typing import Any

from pipeline.rapport.explain import clock, quoted
from pipeline.rapport.language import DEPTHS
from pipeline.relationship.course import CLAIM, MEASURES, Relationship, depth_of
from pipeline.relationship.culture import CONTEXTS
from pipeline.relationship.phases import LOOK_FOR, Passage
from pipeline.relationship.seen import Seen, Share

SHOWN = 6
"""Passages of a meeting that are printed, the deepest; ``--json`` has all."""

LONG = 200
"""Letters of a passage that are printed."""


def show(found: Relationship, console: Any = None) -> None:
    """Print a relationship.

    Parameters
    ----------
    found : Relationship
    console : rich.console.Console, optional
        The terminal if none.
    """
    from rich.console import Console
    from rich.markup import escape

    console = console or Console(highlight=False)
    count = f"{len(found.meetings)} meeting{'s' * (len(found.meetings) > 1)}"
    people = " and ".join(f"{who} ({found.dyad.roles[who]})" for who in found.dyad.people)
    console.print(f"[bold]{escape(people)}[/]   dyad {escape(found.dyad.name)}, {count}")
    console.print(CLAIM + "\n", style="dim")
    for line in culture_lines(found):
        console.print(line, markup=False)
    console.print()
    console.print(_measures(found))
    console.print()
    for one in found.meetings:
        _print_evidence(one, console)
    _print_courses(found, console)
    console.print("[bold]Before you decide, look for what is not sought here[/]")
    for phase, signs in LOOK_FOR.items():
        console.print(f"  {phase}: {signs}", markup=False)
    console.print()
    for note in found.notes:
        console.print(f"! {note}", markup=False)


def culture_lines(found: Relationship) -> Iterator[str]:
    """The culture context in sentences."""
    culture = found.culture
    if culture.contexts:
        each = ", ".join(f"{who} {CONTEXTS[context]}" for who, context in culture.contexts.items())
        said = f": {culture.diversity} cultural diversity" if culture.diversity else ""
        yield f"Culture: {each}{said}."
    if culture.intelligence:
        parts = f" ({', '.join(culture.components)})" if culture.components else ""
        yield (
            f"{found.dyad.salesperson or 'Salesperson'}'s cultural intelligence, as coded: "
            f"{culture.intelligence}{parts}."
        )
    if found.paper:
        yield "What the paper found for such dyads, as context: " + " ".join(found.paper)


def _measures(found: Relationship) -> Any:
    """The table: a row a meeting and participant."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="italic")
    table.add_column("meeting\nand phase")
    table.add_column("who")
    for title in ("told, s", "topics", "deepest", "score", "actions\na minute"):
        table.add_column(title, justify="left" if title == "deepest" else "right")
    for one in found.meetings:
        lines = [line for line in (one.name, one.met.date, _phase(one)) if line]
        for who, share in one.shares.items():
            table.add_row(*map(Text, (lines.pop(0) if lines else "", who, *_cells(share))))
        both = "–" if one.score is None else f"{one.score:.0f}"
        table.add_row(*map(Text, (lines.pop(0) if lines else "", "both", "", "", "", both, "")))
    return table


def _cells(share: Share) -> tuple[str, ...]:
    told, topics, score, actions = (
        _number(name, share) for name in ("disclosure_s", "topics", "score", "actions_per_minute")
    )
    return told, topics, "–" if share.depths is None else _depth(depth_of(share)), score, actions


def _number(name: str, share: Share) -> str:
    places, value = MEASURES[name]
    return _told(value(share), places)


def _told(value: float | None, places: int) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _depth(level: int) -> str:
    return DEPTHS[level].replace("_", " ") or "nothing told"


def _phase(one: Seen) -> str:
    """The phase that was decided, or with a question mark the one that is suggested."""
    if one.decision:
        return f"{one.decision.phase} ({one.decision.coder or '?'})"
    return f"{one.suggestion.phase}?" if one.suggestion.phase else "no phase"


def _print_evidence(one: Seen, console: Any) -> None:
    from rich.markup import escape

    suggestion, decision = one.suggestion, one.decision
    support = f" ({suggestion.support} support)" if suggestion.support else ""
    console.print(
        f"[bold]{escape(one.name)}[/] suggests {suggestion.phase or 'no phase'}{support}: "
        f"{escape(suggestion.why)}."
    )
    if decision:
        note = f": {quoted(decision.note)}" if decision.note else ""
        console.print(f"  decided: {decision.phase}, by {decision.coder or '?'}{note}", markup=False)
        for past in decision.earlier:
            console.print(
                f"    before: {past['phase']}, by {past['coder'] or '?'}", style="dim", markup=False
            )
    for passage in deepest(one.passages):
        about = f"{', '.join(passage.topics)}; {passage.depth.replace('_', ' ')}; {passage.row}"
        text = quoted(shorten(passage.text, LONG, placeholder=" …"))
        said = f"  {clock(passage.start)}  {passage.who}: {text} ({about})"
        console.print(said, markup=False, style=None if passage in suggestion.passages else "dim")
    if (more := len(one.passages) - SHOWN) > 0:
        console.print(f"  and {more} more, in --json", style="dim")
    console.print()


def deepest(passages: Sequence[Passage]) -> list[Passage]:
    """The deepest and surest passages, as many as are shown, in order of time."""
    chosen = sorted(passages, key=lambda one: (-one.level, not one.themed, -one.confidence))[:SHOWN]
    return [passage for passage in passages if passage in chosen]


def _print_courses(found: Relationship, console: Any) -> None:
    courses = [course for course in found.courses if course.how]
    if not courses:
        return
    console.print("[bold]Over the meetings[/]")
    for course in courses:
        places, _ = MEASURES[course.measure]
        told = [
            _depth(int(value)) if course.measure == "depth" and value is not None else _told(value, places)
            for value in course.values
        ]
        name = course.measure.removesuffix("_s").replace("_", " ")
        unit = " (s)" if course.measure.endswith("_s") else ""
        console.print(f"  {course.who}, {name}{unit}: {' → '.join(told)}: {course.how}", markup=False)
    console.print()
