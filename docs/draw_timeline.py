"""Draw a timeline as a picture: ``python docs/draw_timeline.py timeline.parquet out.svg [from to]``."""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

import pandas as pd

WIDTH, LEFT, LANE = 1240, 92, 34
SEEN = {"smile": "smile {:.1f}", "nod": "nod {:.0f}°", "head_shake": "shake {:.0f}°"}
COLOURS = {0: "#2f6f8f", 1: "#b0602c", 2: "#5b7f3a", 3: "#7a4f8a"}


def draw(table: pd.DataFrame, start: float, end: float) -> str:
    """An SVG of what was said, of silences and overlaps, and of what was seen, between two seconds."""
    people = sorted(set(table["participant"]) - {""})
    scale = (WIDTH - LEFT - 12) / (end - start)
    parts: list[str] = []

    def box(row: pd.Series, y: float, height: float, fill: str, text: str = "", opacity: float = 1.0) -> None:
        a, b = max(row["start"], start), min(row["end"], end)
        if b <= a:
            return
        x, width = LEFT + (a - start) * scale, max(1.5, (b - a) * scale)
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" rx="3" fill="{fill}" '
            f'opacity="{opacity}"><title>{escape(row["text"] or row["tier"])}</title></rect>'
        )
        if text and width > 5.4 * len(text):
            middle = f'x="{x + width / 2:.1f}" y="{y + height / 2 + 4}"'
            parts.append(f'<text {middle} class="w">{escape(text)}</text>')

    lanes = {person: 30 + i * (LANE + 8) for i, person in enumerate(people)}
    for i, (person, y) in enumerate(lanes.items()):
        parts.append(f'<text x="8" y="{y + 21}" class="l">{escape(person)}</text>')
        mine = table[table["participant"] == person]
        for _, row in mine[mine["tier"] == "turn"].iterrows():
            box(row, y, LANE, COLOURS[i % 4], opacity=0.25)
        for _, row in mine[mine["tier"] == "word"].iterrows():
            box(row, y + 5, LANE - 10, COLOURS[i % 4], row["text"], 0.85)
    y = 30 + len(people) * (LANE + 8)
    for name, fill in (("pause", "#8a8f98"), ("gap", "#555b66"), ("overlap", "#c0392b")):
        parts.append(f'<text x="8" y="{y + 15}" class="l">{name}</text>')
        for _, row in table[table["tier"] == name].iterrows():
            box(row, y, 20, fill, f"({row['value']:.1f})", 0.9)
        y += 28
    for i, person in enumerate(people):
        parts.append(f'<text x="8" y="{y + 15}" class="l">{escape(person)} seen</text>')
        mine = table[table["participant"] == person]
        for name, text in SEEN.items():
            for _, row in mine[mine["tier"] == name].iterrows():
                box(row, y, 20, COLOURS[i % 4], text.format(row["value"]), 0.9 if name != "smile" else 0.55)
        for _, row in mine[(mine["tier"] == "gaze") & (mine["label"] == "away")].iterrows():
            box(row, y + 22, 16, "#8a8f98", "looks away", 0.9)
        y += 46
    step = 1 if end - start < 20 else 10
    for second in range(int(start) - int(start) % step + step, int(end) + 1, step):
        x = LEFT + (second - start) * scale
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="22" y2="{y}" stroke="#0002"/>')
        parts.append(f'<text x="{x:.1f}" y="16" class="t">{second // 60}:{second % 60:02d}</text>')
    style = "text{font:12px sans-serif;fill:#333}.t{text-anchor:middle}"
    style += ".w{fill:#fff;text-anchor:middle;font-size:10px}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 8}" '
        f'viewBox="0 0 {WIDTH} {y + 8}"><style>{style}</style><rect width="100%" height="100%" fill="#fff"/>'
        + "".join(parts)
        + "</svg>\n"
    )


def main() -> None:
    """Read a timeline, write the picture."""
    table = pd.read_parquet(sys.argv[1])
    start, end = map(float, sys.argv[3:5]) if len(sys.argv) > 4 else (0.0, float(table["end"].max()))
    Path(sys.argv[2]).write_text(draw(table, start, end), encoding="utf-8")


if __name__ == "__main__":
    main()
