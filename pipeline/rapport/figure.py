"""The figure of a scored meeting: every action at its time, and the trend of the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.rapport.report import Report

COLOURS = ("#1f6fb2", "#d1662a", "#2c8a4b", "#8e44ad", "#0f8b8d", "#c0392b")
AGAINST = "#b3261e"
ROW = 0.26
"""Inches of height for each code."""
LANE = 0.18
"""Rows by which two participants' actions of a code lie apart."""
LEAST = 0.3
"""Seconds that an action is drawn long at least."""


def figure(report: Report) -> Any:
    """A matplotlib figure: actions in rows by code, coloured by participant, with the scores under them."""
    import numpy as np
    from matplotlib.colors import to_rgba
    from matplotlib.figure import Figure

    book, actions = report.codebook, report.actions
    codes = [name for name in book.codes if (actions["label"] == name).any()]
    people = list(report.names)
    colours = {who: COLOURS[i % len(COLOURS)] for i, who in enumerate(people)}
    height = 2.6 + ROW * max(len(codes), 4)
    drawing = Figure(figsize=(11, height), layout="constrained")
    share = [max(len(codes), 4) * ROW, 1.8]
    top, bottom = drawing.subplots(2, 1, sharex=True, height_ratios=share)
    for level, name in enumerate(reversed(codes)):
        own = actions[actions["label"] == name]
        lanes = [people.index(who) if who in people else 0 for who in own["participant"]]
        shades = zip(own["participant"], own["confidence"], strict=True)
        top.hlines(
            [level + LANE * (lane - 0.5) for lane in lanes],
            own["start"] / 60,
            np.maximum(own["end"], own["start"] + LEAST) / 60,
            colors=[to_rgba(colours.get(who, "#555555"), 0.35 + 0.65 * trust) for who, trust in shades],
            linewidth=5,
        )
    top.set_yticks(range(len(codes)), [name.replace("_", " ") for name in reversed(codes)], fontsize=8)
    for label, name in zip(top.get_yticklabels(), reversed(codes), strict=True):
        label.set_color(AGAINST if book.codes[name].counter else "#222222")
    top.set_ylim(-0.6, max(len(codes), 1) - 0.4)
    top.grid(axis="x", color="#dddddd", linewidth=0.5)
    top.set_title(
        f"{report.meeting}: rapport actions (in red what speaks against it)", fontsize=10, loc="left"
    )
    _draw_trend(report, bottom, colours)
    handles = [top.plot([], [], color=colours[w], linewidth=5, label=report.names[w])[0] for w in people]
    top.legend(handles=handles, loc="upper right", fontsize=8, ncols=len(people) or 1, frameon=False)
    return drawing


def _draw_trend(report: Report, axes: Any, colours: dict[str, str]) -> None:
    """Scores in windows of the meeting, at the middle of each."""
    for who, windows in report.trends.items():
        if len(who) != 1 or not windows:
            continue
        times = [(start + end) / 120 for start, end, _ in windows]
        marker = "o" if len(times) == 1 else ""
        axes.plot(times, [value for _, _, value in windows], color=colours[who[0]], marker=marker)
    axes.set_ylim(0, 100)
    axes.set_ylabel("score in windows of\nup to 5 minutes", fontsize=8)
    axes.set_xlabel("minutes", fontsize=8)
    axes.grid(color="#dddddd", linewidth=0.5)
    book = report.codebook
    axes.set_title(
        f"codebook {book.name} {book.version} ({book.digest})", fontsize=7, loc="right", color="#777777"
    )
