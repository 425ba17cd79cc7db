"""The figure of a relationship: depth with the phases that it suggests, breadth and score, by meeting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.rapport.figure import COLOURS
from pipeline.rapport.language import DEPTHS
from pipeline.relationship.course import Relationship, depth_of
from pipeline.relationship.phases import IN_ORDER
from pipeline.relationship.seen import Share
from pipeline.store import storage_errors

PHASE = "#444444"
WIDE = 0.26
"""Meetings by which the two lie beside each other, so that equal values are both seen."""


def draw(found: Relationship, path: Path) -> None:
    """Draw a relationship as a PNG, SVG or PDF file."""
    with storage_errors(path):
        figure(found).savefig(path, dpi=150)


def figure(found: Relationship) -> Any:
    """A matplotlib figure: meetings from left to right, evenly spaced, each with its date."""
    from matplotlib.figure import Figure

    people = found.dyad.people
    colours = dict(zip(people, COLOURS, strict=False))
    width = max(7.5, 2.2 + 1.3 * len(found.meetings))
    drawing = Figure(figsize=(min(width, 20), 7.2), layout="constrained")
    top, middle, bottom = drawing.subplots(3, 1, sharex=True, height_ratios=(2.4, 1.2, 1.4))
    _draw_depth(found, top, colours)
    _draw_breadth(found, middle, colours)
    _draw_score(found, bottom, colours)
    places = range(len(found.meetings))
    names = [one.name if len(one.name) <= 16 else f"{one.name[:15]}…" for one in found.meetings]
    labels = [f"{name}\n{one.met.date}".rstrip() for name, one in zip(names, found.meetings, strict=True)]
    bottom.set_xticks(list(places), labels, fontsize=8)
    bottom.set_xlim(-0.5, len(found.meetings) - 0.5)
    for axes in (top, middle, bottom):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    diversity = found.culture.diversity
    context = f", {diversity} cultural diversity" if diversity else ""
    top.set_title(f"{' and '.join(people)}{context}", fontsize=10, loc="left")
    drawing.supxlabel(
        "A phase is suggested by the deepest that is told, with weak, moderate or strong support; "
        "a researcher decides.",
        fontsize=7, color="#777777", x=0.01, ha="left",
    )  # fmt: skip
    return drawing


def _draw_depth(found: Relationship, axes: Any, colours: Mapping[str, str]) -> None:
    """Depth of each as a line, the phase suggested as a hollow mark, the one decided as a filled one."""
    for who, places, shares in _lines(found):
        known = [(x, depth_of(share)) for x, share in zip(places, shares, strict=True) if share.depths]
        axes.plot(*_xy(known), color=colours[who], marker="o", markersize=5, label=f"{who} tells")
    _draw_phases(found, axes)
    told = [depth.replace("_", " ") or "nothing told" for depth in DEPTHS]
    names = [told[0], *(f"{phase}\n({depth})" for phase, depth in zip(IN_ORDER, told[1:], strict=True))]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.4, len(names) - 0.4)
    axes.grid(axis="y", color="#dddddd", linewidth=0.5)
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.08), fontsize=8, ncols=4, frameon=False, markerscale=0.7
    )


def _draw_phases(found: Relationship, axes: Any) -> None:
    """The phase suggested as a hollow mark with its support, the one decided as a filled one within."""
    suggested = [one.suggestion.phase for one in found.meetings]
    decided = [one.decision.phase if one.decision else "" for one in found.meetings]
    shape = {"marker": "D", "color": PHASE, "linestyle": ""}
    for label, phases, look in (
        ("phase suggested", suggested, {"markersize": 14, "fillstyle": "none"}),
        ("phase decided", decided, {"markersize": 8}),
    ):
        at = [(x, IN_ORDER.index(phase) + 1) for x, phase in enumerate(phases) if phase]
        axes.plot(*_xy(at), label=label, **shape, **look)
    for x, one in enumerate(found.meetings):
        if one.suggestion.phase:
            place = (x, IN_ORDER.index(one.suggestion.phase) + 1)
            how = {"xytext": (0, 12), "textcoords": "offset points", "ha": "center", "fontsize": 7}
            axes.annotate(one.suggestion.support, place, color=PHASE, **how)


def _draw_breadth(found: Relationship, axes: Any, colours: Mapping[str, str]) -> None:
    """Topics that each told of, as bars with the seconds written on them."""
    most = 1
    for i, (who, _, shares) in enumerate(_lines(found)):
        for x, share in enumerate(shares):
            if share.depths is None:
                continue
            at, height = x + (i - 0.5) * WIDE, len(share.topics)
            most = max(most, height)
            axes.bar(at, height, width=0.24, color=colours[who])
            axes.text(at, height, f"{share.disclosure_s:.0f} s", ha="center", va="bottom", fontsize=7)
    axes.set_ylabel("topics told of\n(seconds above)", fontsize=8)
    axes.set_ylim(0, most * 1.25)
    axes.yaxis.get_major_locator().set_params(integer=True)


def _draw_score(found: Relationship, axes: Any, colours: Mapping[str, str]) -> None:
    """Score of each with its interval, and of both as a dashed line."""
    for who, places, shares in _lines(found):
        known = [(x, share) for x, share in zip(places, shares, strict=True) if share.score is not None]
        values = [(x, share.score) for x, share in known]
        axes.plot(*_xy(values), color=colours[who], marker="o", markersize=4)
        axes.vlines(
            [x for x, _ in known], [s.low for _, s in known], [s.high for _, s in known],
            color=colours[who], linewidth=1,
        )  # fmt: skip
    both = [(x, one.score) for x, one in enumerate(found.meetings) if one.score is not None]
    axes.plot(*_xy(both), color=PHASE, linestyle="--", marker=".", label="both together")
    axes.set_ylim(0, 100)
    axes.set_ylabel("rapport score\n(90 % interval)", fontsize=8)
    axes.grid(axis="y", color="#dddddd", linewidth=0.5)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.95), fontsize=8, frameon=False)


def _lines(found: Relationship) -> list[tuple[str, list[float], list[Share]]]:
    """Where each of the two is drawn, and what."""
    return [
        (
            who,
            [x + (i - 0.5) * WIDE for x in range(len(found.meetings))],
            [m.shares[who] for m in found.meetings],
        )
        for i, who in enumerate(found.dyad.people)
    ]


def _xy(points: Sequence[tuple[float, Any]]) -> tuple[list[float], list[Any]]:
    return [x for x, _ in points], [y for _, y in points]
