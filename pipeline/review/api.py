"""What the review page asks: JSON about meetings, rows, scores and signals, and corrections of them."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from pipeline.exports.export import file_name
from pipeline.exports.formats import FORMATS, Options, format_of
from pipeline.exports.material import Material, material_of, media_of
from pipeline.exports.notation import notation_names
from pipeline.manifest import read_manifest
from pipeline.report.make import write_report
from pipeline.report.options import asked_for
from pipeline.review.apart import apart
from pipeline.review.asked import (
    MalformedError,
    base_in,
    body_of,
    coder_in,
    count_in,
    edits_in,
    json_response,
    key_in,
    number_in,
)
from pipeline.review.curves import MOST, SIGNALS, signals, waveform
from pipeline.review.desk import Answer
from pipeline.review.edits import COMMENT, LATEST
from pipeline.review.lines import PLAIN, lines_in
from pipeline.review.playable import MEDIA_TYPES, Copies
from pipeline.review.shelf import Opened, Shelf
from pipeline.review.tiers import about_meeting
from pipeline.scoring import codebook_to_read, explain_action
from pipeline.timeline.rows import rows_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("id", "tier", "participant", "start", "end", "label", "text", "value", "confidence", "status"),
    *("coder", "evidence"),
)
"""Columns of rows, in the order in which the page gets them."""
GLANCE = 0.25
"""Seconds between two looks at whether a meeting changed."""
HEARTBEAT = 15.0
"""Seconds after which a silent stream of events says that it lives."""


def routes(shelf: Shelf) -> list[Route]:
    """All addresses under ``/api`` and ``/media``."""
    api = _Api(shelf)
    meeting = "/api/meetings/{name}"
    gets: dict[str, Callable[[Request], Any]] = {
        "/api/meetings": api.meetings,
        meeting: api.meeting,
        f"{meeting}/rows": api.rows,
        f"{meeting}/changes": api.changes,
        f"{meeting}/transcript": api.transcript,
        f"{meeting}/score": api.score,
        f"{meeting}/explain/{{action}}": api.explain,
        f"{meeting}/signals": api.signals,
        f"{meeting}/waveform": api.waveform,
        f"{meeting}/media/{{number:int}}/state": api.media_state,
        "/media/{name}/{number:int}": api.media,
    }
    posts = {
        f"{meeting}/edits": api.edits,
        f"{meeting}/undo": api.undo,
        f"{meeting}/redo": api.redo,
        f"{meeting}/export": api.export,
        f"{meeting}/report": api.report,
        f"{meeting}/media/{{number:int}}/copy": api.media_copy,
    }
    return [
        *(Route(path, answer, methods=["GET"]) for path, answer in gets.items()),
        *(Route(path, answer, methods=["POST"]) for path, answer in posts.items()),
        Route(f"{meeting}/events", api.events, methods=["GET"]),
    ]


class _Api:
    """The answers; what takes time is done beside the server's loop."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._copies = shelf, Copies()

    def _opened(self, request: Request) -> Opened:
        return self._shelf.open(request.path_params["name"])

    # -------------------------------------------------------------------------------------- looking

    def meetings(self, request: Request) -> Response:
        return json_response({"meetings": self._shelf.summaries()})

    def meeting(self, request: Request) -> Response:
        opened = self._opened(request)
        table, version = opened.desk.look()
        opened.coder.if_needed()
        material = material_of(opened.desk.folder, table)
        book, doubts = codebook_to_read(material.manifest)
        coder = request.query_params.get("coder", "")
        undo, redo = opened.desk.stacks(coder)
        told = {
            **about_meeting(material, book),
            "name": opened.desk.folder.name,
            "media": _media(opened.desk.folder, material, self._copies),
            "version": version,
            "notations": [PLAIN, *notation_names()],
            "formats": [{"name": f.name, "suffix": f.suffix, "carries": f.carries} for f in FORMATS],
            "signals": {name: source.unit for name, source in SIGNALS.items()},
            "warnings": [*material.manifest.get("warnings", ()), *doubts],
            "undo": undo,
            "redo": redo,
        }
        return json_response(told)

    def rows(self, request: Request) -> Response:
        table, version = self._opened(request).desk.look()
        told = {
            "version": version,
            "columns": COLUMNS,
            "rows": _columnar(table),
            "comments": _comments(table),
        }
        return json_response(told)

    def changes(self, request: Request) -> Response:
        since = count_in(request, "since", 0, 0, 2**31)
        desk = self._opened(request).desk
        told = desk.since(since)
        return json_response({**told, "rows": [_cells(row) for row in told["rows"]]})

    def transcript(self, request: Request) -> Response:
        notation = request.query_params.get("notation", PLAIN)
        opened = self._opened(request)
        if notation != PLAIN:
            _one_of(notation, notation_names(), "notation")
        opened.desk.look()  # what a kill kept from the timeline is brought into it
        return json_response({"lines": apart(lines_in, opened.desk.folder, notation)})

    def score(self, request: Request) -> Response:
        return json_response(self._opened(request).coder.score())

    def explain(self, request: Request) -> Response:
        opened = self._opened(request)
        opened.coder.now()
        action = request.path_params["action"]
        if not rows_of(opened.desk.look()[0], [action]):
            raise HTTPException(404, f"There is no action {action} in this meeting.")
        return json_response({"text": explain_action(opened.desk.folder, action)})

    def signals(self, request: Request) -> Response:
        opened = self._opened(request)
        names = [name for name in request.query_params.get("names", "").split(",") if name]
        for name in names:
            _one_of(name, SIGNALS, "signal")
        start = number_in(request, "from", 0.0, 0.0, LATEST)
        end = number_in(request, "to", LATEST, 0.0, LATEST)
        points = count_in(request, "points", 2000, 2, MOST)
        return json_response({"series": signals(opened.desk.folder, names, start, end, points)})

    def waveform(self, request: Request) -> Response:
        folder = self._opened(request).desk.folder
        points, number = count_in(request, "points", 4000, 1, MOST), count_in(request, "media", 0, 0, 999)
        return json_response(waveform(folder, read_manifest(folder), points, number))

    def media(self, request: Request) -> Response:
        path = self._copies.served(*self._recording(request))
        if not path.is_file():
            raise HTTPException(404, f"The recording {path.name} is no longer where it was; put it back.")
        kind = MEDIA_TYPES.get(path.suffix.lower())
        return FileResponse(path, media_type=kind, headers={"cache-control": "private, no-cache"})

    def media_state(self, request: Request) -> Response:
        return json_response(self._copies.state(*self._recording(request)))

    async def media_copy(self, request: Request) -> Response:
        await body_of(request)
        return json_response(await run_in_threadpool(lambda: self._copies.make(*self._recording(request))))

    def _recording(self, request: Request) -> tuple[Path, int, Path]:
        """Folder of a meeting, and the number and the path of one of its recordings."""
        folder, number = self._opened(request).desk.folder, request.path_params["number"]
        media = media_of(read_manifest(folder))
        if not 1 <= number <= len(media):
            raise HTTPException(404, f"This meeting has {len(media)} recordings.")
        return folder, number, media[number - 1].path

    async def events(self, request: Request) -> Response:
        opened = await run_in_threadpool(self._opened, request)
        return StreamingResponse(_versions(opened), media_type="text/event-stream")

    # -------------------------------------------------------------------------------------- correcting

    async def edits(self, request: Request) -> Response:
        content = await body_of(request)
        coder, base, edits, key = coder_in(content), base_in(content), edits_in(content), key_in(content)
        return await self._correct(request, lambda opened: opened.desk.edit(coder, base, edits, key))

    async def undo(self, request: Request) -> Response:
        coder = coder_in(await body_of(request))
        return await self._correct(request, lambda opened: opened.desk.undo(coder))

    async def redo(self, request: Request) -> Response:
        coder = coder_in(await body_of(request))
        return await self._correct(request, lambda opened: opened.desk.redo(coder))

    async def _correct(self, request: Request, correct: Callable[[Opened], Answer]) -> Response:
        def work() -> Answer:
            opened = self._opened(request)
            opened.coder.wait()
            answer = correct(opened)
            opened.coder.later()
            return answer

        answer = await run_in_threadpool(work)
        return json_response(
            {
                "version": answer.version,
                "rows": [_cells(row) for row in answer.rows],
                "removed": answer.removed,
                "undo": answer.undo,
                "redo": answer.redo,
            }
        )

    async def export(self, request: Request) -> Response:
        content = await body_of(request)
        name, notation = content.get("format"), content.get("notation") or "jefferson"
        _one_of(name, [one.name for one in FORMATS], "format")
        _one_of(notation, notation_names(), "notation")  # a client never names a file

        def work() -> tuple[bytes, str]:
            opened = self._opened(request)
            opened.coder.now()
            material = material_of(opened.desk.folder, opened.desk.look()[0])
            one = format_of(str(name))
            return one.write(material, Options(notation=notation)), file_name(material, one, notation)

        data, called = await run_in_threadpool(work)
        return Response(data, media_type="application/octet-stream", headers=_saved_as(called))

    async def report(self, request: Request) -> Response:
        wanted = asked_for(await body_of(request))

        def work() -> Path:
            opened = self._opened(request)
            opened.coder.now()
            scratch = Path(mkdtemp(prefix=".report-", dir=opened.desk.folder))
            try:
                return write_report(opened.desk.folder, scratch / "report.html", wanted)
            except BaseException:
                shutil.rmtree(scratch, ignore_errors=True)
                raise

        path = await run_in_threadpool(work)
        gone = BackgroundTask(shutil.rmtree, path.parent, ignore_errors=True)
        return FileResponse(
            path, media_type="application/octet-stream", headers=_saved_as("report.html"), background=gone
        )


async def _versions(opened: Opened) -> AsyncIterator[str]:
    """Versions of a meeting as server-sent events, whoever raises them."""
    told, seen, silent = -1, None, 0.0
    yield "retry: 1000\n\n"
    while True:
        signature = opened.desk.signature()
        if signature != seen:
            seen = signature
            _, version = await run_in_threadpool(opened.desk.look)
            if version != told:
                told, silent = version, 0.0
                yield f"data: {json.dumps({'version': version})}\n\n"
        await asyncio.sleep(GLANCE)
        silent += GLANCE
        if silent >= HEARTBEAT:
            silent = 0.0
            yield ": here\n\n"


def _saved_as(name: str) -> dict[str, str]:
    """Headers by which a browser saves an answer under a name."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {"content-disposition": disposition}


def _one_of(given: Any, known: Any, what: str) -> None:
    if not isinstance(given, str) or given not in known:
        raise MalformedError(f"There is no {what} {given}; there are {', '.join(known)}.")


def _media(folder: Path, material: Material, copies: Copies) -> list[dict[str, Any]]:
    rates = [file.get("clock_rate", 1.0) for file in material.manifest["files"]]
    return [
        {
            "number": number,
            "name": medium.path.name,
            "kind": "video" if medium.pictures else "audio",
            "offset": medium.offset,
            "clock_rate": rate,
            "duration": medium.duration,
            "there": medium.path.is_file(),
            "playable": copies.playable(folder, number, medium.path),
        }
        for number, (medium, rate) in enumerate(zip(material.media, rates, strict=True), start=1)
    ]


def _columnar(table: pd.DataFrame) -> list[list[Any]]:
    """Rows as lists; what was not measured is None."""
    columns = []
    for name in COLUMNS:
        values = table[name].tolist()
        if table[name].dtype.kind == "f":
            values = [None if value != value else value for value in values]
        columns.append(values)
    return [list(row) for row in zip(*columns, strict=True)]


def _cells(row: dict[str, Any]) -> list[Any]:
    return [None if row[name] != row[name] else row[name] for name in COLUMNS]


def _comments(table: pd.DataFrame) -> dict[str, str]:
    """What people say of rows, by the rows' ids."""
    rows = table[(table["tier"] == COMMENT) & (table["status"] != "rejected") & (table["evidence"] != "")]
    return dict(zip(rows["evidence"], rows["text"], strict=True))
