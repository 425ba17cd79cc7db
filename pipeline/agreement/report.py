"""An agreement in the terminal, readable in 80 columns, and as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from pipeline.agreement.compare import Agreement, WordAgreement
from pipeline.agreement.disagreements import BOUNDARIES, Disagreement
from pipeline.agreement.events import Event
from pipeline.agreement.figures import Figure
from pipeline.agreement.tiers import TierAgreement
from pipeline.rapport.explain import clock

NO_FIGURE = "–"


def show(found: Agreement, most: int = 20, *, labels: bool = False, console: Any = None) -> None:
    """Print an agreement.

    Parameters
    ----------
    found : Agreement
    most : int
        Disagreements that are listed.
    labels : bool
        Whether agreement is given label by label, too.
    console : rich.console.Console, optional
        The terminal if none.
    """
    from rich.console import Console

    console = console or Console(highlight=False, soft_wrap=False)
    console.print(f"A  {found.a}\nB  {found.b}", markup=False)
    console.print(f"{clock(found.start)} to {clock(found.end)}, {_criterion(found)}\n", style="dim")
    labelled = [tier for tier in found.tiers if tier.labels]
    for title, table, tiers in (
        ("Events, one to one: F1 with 95 % interval, mean overlap of pairs", _events, found.tiers),
        ("Edges of pairs, seconds by which B is later; time with an event", _times, found.tiers),
        ("Beyond chance: what events are called, what goes on, where events lie", _chance, found.tiers),
        ("Labels of pairs: share that is the same, Krippendorff's alpha", _labels, labelled),
    ):
        if tiers:
            console.print(title, style="italic")
            console.print(table(tiers))
            console.print()
    if labels:
        _print_labels(found.tiers, console)
    if found.words:
        _print_words(found.words, console)
    _print_disagreements(found, most, console)
    for note in found.notes:
        console.print(f"! {note}", markup=False)


def _criterion(found: Agreement) -> str:
    criterion = found.choices.criterion
    if criterion.tolerance is not None:
        return f"events are the same if both edges lie within {criterion.tolerance:g} s"
    return f"events are the same if they share {criterion.overlap:.0%} of the longer one"


def _table(*titles: str) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for number, title in enumerate(titles):
        table.add_column(title, justify="right" if number else "left", no_wrap=True, overflow="ellipsis")
    return table


def _events(tiers: Iterable[TierAgreement]) -> Any:
    table = _table("tier", "A", "B", "both", "P", "R", "F1", "IoU")
    for tier in tiers:
        table.add_row(
            _short(tier.tier),
            *map(str, (tier.a, tier.b, tier.matched)),
            *map(_number, (tier.precision, tier.recall)),
            _figure(tier.f1),
            _number(tier.overlap),
        )
    return table


def _times(tiers: Iterable[TierAgreement]) -> Any:
    table = _table("tier", "onset", "end", "A s", "B s", "both s", "Jaccard")
    for tier in tiers:
        table.add_row(
            _short(tier.tier),
            *map(_signed, (tier.onset, tier.offset)),
            *(f"{seconds:.1f}" for seconds in (tier.seconds_a, tier.seconds_b, tier.seconds_both)),
            _number(tier.jaccard),
        )
    return table


def _chance(tiers: Iterable[TierAgreement]) -> Any:
    table = _table("tier", "events", "kappa events", "kappa time", "alpha U")
    for tier in tiers:
        figures = (tier.kappa_events, tier.kappa_time, tier.alpha_units)
        table.add_row(_short(tier.tier), str(tier.kappa_time.events), *map(_figure, figures))
    return table


def _labels(tiers: Iterable[TierAgreement]) -> Any:
    table = _table("tier", "pairs", "same", "alpha")
    for tier in tiers:
        same = NO_FIGURE if tier.same_label is None else f"{tier.same_label:.0%}"
        table.add_row(_short(tier.tier), str(tier.matched), same, _figure(tier.alpha_labels))
    return table


def _short(name: str, most: int = 19) -> str:
    from rich.markup import escape

    return escape(name if len(name) <= most else name[: most - 1] + "…")


def _number(value: float | None) -> str:
    """Two digits without the zero before the point, as journals print what cannot exceed 1."""
    if value is None:
        return NO_FIGURE
    return f"{round(value, 2) + 0.0:.2f}".replace("0.", ".", 1) if abs(value) < 0.995 else f"{value:.2f}"


def _signed(seconds: float | None) -> str:
    return NO_FIGURE if seconds is None else f"{round(seconds, 2) + 0.0:+.2f}"


def _figure(figure: Figure) -> str:
    """A figure with its interval, or in a word why there is none."""
    if figure.value is None:
        return figure.why.rpartition(": ")[2]
    if figure.low is None or figure.high is None:
        return _number(figure.value)
    return f"{_number(figure.value)} ({_number(figure.low)}–{_number(figure.high)})"


def _print_labels(tiers: Iterable[TierAgreement], console: Any) -> None:
    from rich.markup import escape

    for tier in (one for one in tiers if one.labels):
        console.print(f"{tier.tier}, label by label: F1 is specific agreement", style="italic", markup=False)
        table = _table("label", "A", "B", "same", "F1")
        for one in tier.labels:
            table.add_row(escape(one.label) or "(none)", *map(str, (one.a, one.b, one.both)), f"{one.f1:.2f}")
        console.print(table)
        console.print()


def _print_words(words: WordAgreement, console: Any) -> None:
    share = NO_FIGURE if words.same_speaker is None else f"{words.same_speaker:.1%}"
    rates = f"{_number(words.error_rate_b)} of B by A, {_number(words.error_rate_a)} of A by B"
    console.print("Words, by alignment", style="italic")
    for line in (
        f"{words.a} in A, {words.b} in B; share that is the same {_figure(words.agreement)}",
        f"{words.same} the same, {words.other_person} the same by another person, {words.changed} changed",
        f"{words.only_a} only in A, {words.only_b} only in B",
        f"speaker the same {share}; word error rate {rates}",
    ):
        console.print(f"  {line}", markup=False)
    console.print()


def _print_disagreements(found: Agreement, most: int, console: Any) -> None:
    total = len(found.disagreements)
    shown = found.disagreements[:most]
    if not total:
        console.print("No disagreement.")
        return
    more = f", the first {len(shown)}" if 0 < len(shown) < total else ""
    console.print(f"{total} disagreement{'' if total == 1 else 's'}{more}", style="italic")
    if not shown:
        return
    table = _table("at", "tier", "kind", "who", "A", "B")
    for column in table.columns[1:]:
        column.justify = "left"
    for one in shown:
        table.add_row(
            clock(one.start),
            _short(one.tier, 11),
            one.kind,
            _short(_who(one, found.names), 11),
            *(_short(_what(one.kind, event), 16) for event in (one.a, one.b)),
        )
    console.print(table)


def _who(one: Disagreement, names: dict[str, str]) -> str:
    people = dict.fromkeys(event.participant for event in (one.a, one.b) if event)
    return "/".join(names.get(who, who) for who in people) or NO_FIGURE


def _what(kind: str, event: Event | None) -> str:
    """What a side has: where edges differ the edges, else what it is called or how long it is."""
    if event is None:
        return NO_FIGURE
    if kind == BOUNDARIES:
        return f"{clock(event.start)}–{clock(event.end)}"
    return event.label or " ".join(event.text.split()) or f"{event.duration:.1f} s"


def as_data(found: Agreement) -> dict[str, Any]:
    """All that was found, for JSON: figures that are undefined are null."""
    data: dict[str, Any] = {
        "a": found.a,
        "b": found.b,
        "start": found.start,
        "end": found.end,
        "overlap": None if found.choices.criterion.tolerance is not None else found.choices.criterion.overlap,
        "tolerance": found.choices.criterion.tolerance,
        "boundary": found.choices.boundary,
        "tiers": [_without(tier, "matching") for tier in found.tiers],
        "words": _without(found.words, "words") if found.words else None,
    }
    data["disagreements"] = [
        {**one._asdict(), "a": one.a and one.a._asdict(), "b": one.b and one.b._asdict()}
        for one in found.disagreements
    ]
    return {**data, "notes": found.notes}


def _without(one: TierAgreement | WordAgreement, left_out: str) -> dict[str, Any]:
    data = {}
    for name in (field.name for field in fields(one) if field.name != left_out):
        value = getattr(one, name)
        if isinstance(value, Figure):
            value = asdict(value)
        elif isinstance(value, list):
            value = [asdict(item) for item in value]
        data[name] = value
    return data
