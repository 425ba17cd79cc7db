"""The server of the review page: on this machine only, for whoever knows its token."""

from __future__ import annotations

import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pipeline.errors import RapportError, SettingsError
from pipeline.review.api import routes
from pipeline.review.asked import MalformedError, fault
from pipeline.review.edits import EditError
from pipeline.review.guard import App, Guard, Receive, Scope, Send
from pipeline.review.shelf import Shelf
from pipeline.timeline.table import timeline

HOST = "127.0.0.1"
PORT = 8765
"""The port that is tried first; any free one is taken where it is not."""
SWITCH = 0.0005
"""Seconds after which coding in the background lets an answer go on: ten times sooner than usual."""
STATIC = Path(__file__).parent / "static"


def make_app(root: Path, token: str) -> Starlette:
    """The review page and its API.

    Parameters
    ----------
    root : Path
        The outputs folder.
    token : str
        What every request must bring.
    """
    shelf = Shelf(root)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        threading.Thread(
            target=timeline, args=((),), daemon=True
        ).start()  # what reads one takes long to load
        yield
        shelf.close()

    def page(request: Request) -> Response:
        if name := request.path_params.get("name"):
            shelf.open(name)
        return FileResponse(STATIC / "index.html")

    return Starlette(
        routes=[
            *routes(shelf),
            Route("/", page, methods=["GET"]),
            Route("/meeting/{name}", page, methods=["GET"]),
            Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
        ],
        middleware=[
            Middleware(Guard, token=token),
            Middleware(_Packed),
        ],
        exception_handlers=dict.fromkeys(
            (HTTPException, RapportError, MalformedError, EditError, Exception), fault
        ),
        lifespan=life,
    )


class _Packed:
    """Packs what is text; recordings go as they are, in the parts that are asked for."""

    def __init__(self, app: App) -> None:
        self._plain, self._packed = app, GZipMiddleware(app, minimum_size=500, compresslevel=2)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        recording = scope["type"] != "http" or scope["path"].startswith("/media/")
        await (self._plain if recording else self._packed)(scope, receive, send)


def address(port: int, token: str, meeting: str = "") -> str:
    """The address that lets somebody in."""
    page = f"meeting/{quote(meeting, safe='')}" if meeting else ""
    return f"http://{HOST}:{port}/{page}?token={token}"


def serve(outputs: Path, *, port: int | None = None, browser: bool = True) -> None:
    """Serve until it is interrupted.

    Parameters
    ----------
    outputs : Path
        Folder of analysed meetings, or one of them.
    port : int, optional
        By default `PORT`, or a free one.
    browser : bool
        Whether to open the page.

    Raises
    ------
    SettingsError
        Where there is no such folder, or the port is taken.
    """
    meeting = outputs.resolve().name if (outputs / "manifest.json").is_file() else ""
    root = outputs.resolve().parent if meeting else outputs
    if not root.is_dir():
        raise SettingsError(f"There is no folder {root}; analyse a recording first, or name another folder.")
    token = secrets.token_urlsafe(24)
    listening = _listen(port)
    where = address(listening.getsockname()[1], token, meeting)
    config: Any = uvicorn.Config(
        make_app(root, token), log_level="warning", access_log=False, ws="none", server_header=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    print(f"The review page is at {where}\nStop it with Ctrl-C; every change is saved at once.", flush=True)
    if browser:
        threading.Timer(0.5, webbrowser.open, (where,)).start()
    sys.setswitchinterval(SWITCH)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # ends what it began
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def _listen(port: int | None) -> socket.socket:
    """A socket on this machine's own address."""
    for wanted in (PORT, 0) if port is None else (port,):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, wanted))
            listening.listen()  # whoever opens the address at once waits until the server is up
            return listening
        except OSError:
            listening.close()
    raise SettingsError(f"The port {port} is taken; give another with --port, or none.")
