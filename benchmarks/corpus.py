"""A corpus of many one-hour meetings: how long it takes to build and to ask, and how much memory.

    python -m benchmarks.corpus DATA [--meetings 1000] [--folder FOLDER]

The meetings are made of real AMI timelines (words, laughter, gaze, nods of the two who talk most), repeated
to an hour and coded with the product's codebook. So that making them does not take longer than what is
measured, there are as many different meetings as AMI timelines; the others are copies under other names,
each built anew.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HOUR = 3600.0
TURN_ENDS = 1.0
"""Seconds of silence after which a speaker's next word begins a turn."""
QUERIES = {
    "answers by meeting": "select meeting, count(*) from actions where code = 'minimal_response' group by 1",
    "talk against score": "select corr(m.value, s.value) from measures m join scores s using (meeting, who) "
    "where m.measure = 'share_of_speech_time' and s.score = 'total'",
    "one meeting's rows": "select * from rows where meeting = 'meeting-0005' order by start limit 100",
    "words said": "select text, count(*) n from rows where tier = 'word' group by 1 order by n desc limit 10",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="Folder that holds ami_timelines.")
    parser.add_argument("--meetings", type=int, default=1000)
    parser.add_argument(
        "--folder", type=Path, default=None, help="Where to work; a temporary folder if none."
    )
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="corpus-"))
    outputs, corpus = folder / "outputs", folder / "corpus"
    made = generate(options.data / "ami_timelines", outputs, options.meetings)
    first = timed("build", outputs, "--to", corpus, "--workers", options.workers)
    again = timed("build", outputs, "--to", corpus)
    asked = {name: timed("query", sql, "--corpus", corpus, "--json") for name, sql in QUERIES.items()}
    rest = {
        "describe": timed("describe", "--corpus", corpus),
        "compare": timed("compare", "--by", "rating", "--corpus", corpus),
        "synchrony": timed("synchrony", "--corpus", corpus),
    }
    size = sum(path.stat().st_size for path in corpus.rglob("*") if path.is_file())
    report = {
        **{
            "meetings": options.meetings,
            "workers": options.workers,
            "rows_each": made,
            "corpus_mb": round(size / 1e6),
        },
        **{"build": first, "build_again": again, "queries": asked, **rest},
    }
    print(json.dumps(report, indent=2))
    if options.folder is None:
        shutil.rmtree(folder)


def generate(timelines: Path, outputs: Path, meetings: int) -> int:
    """Write analysed meetings; gives the mean number of their rows."""
    from pipeline.rapport.codebook import load_codebook
    from pipeline.scoring import about, coded
    from pipeline.timeline.table import write

    book, rows, different = load_codebook(), [], []
    roles = {"S": "salesperson", "C": "customer"}
    for path in sorted(timelines.glob("*.tsv.gz")):
        if len(different) == meetings:
            break
        if path.name == "dialogue_acts.tsv.gz" or (table := hour(path)) is None:
            continue
        folder = outputs / f"meeting-{len(different):04d}"
        folder.mkdir(parents=True, exist_ok=True)
        table = coded(table, roles, "en", book)[0]
        write(table, folder)
        rows.append(len(table))
        different.append(folder)
    for number in range(meetings):
        source, folder = different[number % len(different)], outputs / f"meeting-{number:04d}"
        folder.mkdir(exist_ok=True)
        if folder != source:
            os.link(source / "timeline.parquet", folder / "timeline.parquet")
        people = [
            {"id": who, "role": role, "pseudonym": f"{who}{number}", "language": None}
            for who, role in roles.items()
        ]
        manifest = {
            "meeting": {"participants": people, "language": "en", "rating": number % 7 + 1},
            "language": "en",
            "settings": {"voice": {"listen": True}},
            "files": [{"path": "made.mp4", "offset": 0.0, "duration": HOUR}],
            "product": {"name": "rapport", "version": "0.1.0"},
            "codebook": about(book),
        }
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return round(sum(rows) / len(rows))


def hour(path: Path):
    """An AMI timeline of its two main speakers, repeated for an hour; None where it has no words."""
    from pipeline.timeline.table import numbered_by_tier, timeline

    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file][1:]
    talkers = Counter(line[2] for line in lines if line[3] == "word").most_common(2)
    if len(talkers) < 2:
        return None
    called = {talkers[0][0]: "S", talkers[1][0]: "C"}
    own = [(float(a), float(b), called[who], kind, said) for a, b, who, kind, said in lines if who in called]
    own = [event for event in own if event[1] >= event[0]]  # some of AMI's end before they begin
    length = max(end for _, end, *_ in own) - min(start for start, *_ in own) + 1.0
    begin = min(start for start, *_ in own)
    events = []
    for i in range(int(HOUR // length) + 1):
        shift = i * length - begin
        events += [(a + shift, b + shift, *rest) for a, b, *rest in own if b + shift <= HOUR]
    return timeline(numbered_by_tier([*plain_rows(events), *turns(events)]))


def plain_rows(events):
    """Rows of words, laughter, nods and gaze."""
    for start, end, who, kind, said in events:
        row = {"participant": who, "start": start, "end": end, "confidence": 0.9}
        if kind == "word":
            yield {**row, "tier": "word", "text": said}
        elif kind == "vocal" and said == "laugh":
            yield {**row, "tier": "laughter", "value": end - start}
        elif kind == "head" and said.endswith("nod"):
            yield {**row, "tier": "nod", "label": "repeated"}
        elif kind == "gaze":
            towards = "towards_partner" if said.startswith("person") else "away"
            yield {**row, "tier": "gaze", "label": towards, "value": end - start}


def turns(events):
    """Turns of each speaker's words."""
    for who in ("S", "C"):
        words = sorted((e for e in events if e[2] == who and e[3] == "word"), key=lambda e: e[:2])
        run = []
        for word in [*words, None]:
            if run and (word is None or word[0] - run[-1][1] > TURN_ENDS):
                text = " ".join(one[4] for one in run)
                end = max(one[1] for one in run)
                yield {"tier": "turn", "participant": who, "start": run[0][0], "end": end, "text": text}
                run = []
            run.append(word)


RUN = """
import atexit, re, resource, sys
from pathlib import Path
from pipeline import cli_corpus
import typer

def peaks():
    # the process' own peak: that of getrusage begins with what its parent holds
    own = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print("PEAKS", int(own) // 1024, workers // 1024, file=sys.stderr)

if __name__ == "__main__":
    atexit.register(peaks)
    app = typer.Typer()
    cli_corpus.register(app)
    app.callback()(lambda: None)
    app()
"""


def timed(*arguments: object) -> dict[str, object]:
    """Seconds of one command, and peak MB of its process and of its largest worker."""
    start = time.perf_counter()
    command = [sys.executable, "-c", RUN, "corpus", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    own, worker = re.findall(r"PEAKS (\d+) (\d+)", done.stderr)[-1]
    return {"seconds": round(seconds, 2), "peak_mb": int(own), "largest_worker_mb": int(worker)}


if __name__ == "__main__":
    main()
