"""Speed and accuracy of the product, as tables with the data named.

    python benchmarks/run.py [PART ...] [--data FOLDER] [--json FILE]

The real recordings are not part of the project; `--data` names their folder.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
from pathlib import Path

PARTS = (
    "words",
    "speakers",
    "recognised",
    "silences",
    "laughter",
    "prosody",
    "gestures",
    "seen",
    "links",
    "talk",
    "actions",
    "seven_meetings",
    "exports",
    "review",
    "batch",
    "speed",
)
DATA = Path(__file__).parents[2] / "shared" / "data"


def table(rows: list[dict]) -> str:
    """Rows as a Markdown table."""
    heads = ("measure", "value", "aim", "data")
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(str(row[head]) for head in heads) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings with references")
    parser.add_argument("--json", type=Path, help="also write the rows as JSON")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"The recordings with references are not in {options.data}; name their folder with --data.")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for part in options.parts:
            rows = importlib.import_module(part).measure(options.data, Path(folder))
            results[part] = rows
            print(f"\n## {part}\n\n{table(rows)}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
