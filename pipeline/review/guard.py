"""Who may ask: pages that this server gave to somebody who knows its token, on this machine, and nobody else.

Any page in the same browser can send requests to a server on this machine. So the name by which it was asked
must be this machine's (a foreign name that was pointed here is another's page), the origin its own, and the
token must come with every request.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

NAMES = ("127.0.0.1", "localhost", "::1")
LARGEST = 1 << 20
"""Bytes of a request's body at most."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
NOT_KEPT = {"cache-control": "no-store"}


class Guard:
    """Refuses what is not asked by a page of this server; tells browsers to load nothing from elsewhere.

    Parameters
    ----------
    app : ASGI application
    token : str
        What must come with every request: as cookie, as header ``X-Rapport-Token``, or, for a page, as
        ``?token=`` in its address.
    """

    def __init__(self, app: App, token: str) -> None:
        self.app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        if scope["type"] != "http":
            return
        request = HTTPConnection(scope)
        given = request.query_params.get("token", "") if _is_page(scope) else ""
        refusal = _foreign(request) or self._unknown(request, given) or _too_large(request)
        cookie = self._cookie(request) if given and not refusal else ""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                have = {name.lower() for name, _ in headers}
                wanted = {**HEADERS, **NOT_KEPT, **({"set-cookie": cookie} if cookie else {})}
                headers += [(k.encode(), v.encode()) for k, v in wanted.items() if k.encode() not in have]
            await send(message)

        answer: App = self.app
        if refusal:
            status, sentence = refusal
            answer = JSONResponse({"error": sentence}, status)
        await answer(scope, receive, guarded)

    def _unknown(self, request: HTTPConnection, given: str) -> tuple[int, str] | None:
        held = (
            given,
            request.headers.get("x-rapport-token", ""),
            request.cookies.get(_cookie_name(request), ""),
        )
        if any(hmac.compare_digest(one.encode(), self._token.encode()) for one in held):
            return None
        return (
            401,
            "This page needs the token in the address that `rapport review` printed; open that address.",
        )

    def _cookie(self, request: HTTPConnection) -> str:
        return f"{_cookie_name(request)}={self._token}; HttpOnly; SameSite=Strict; Path=/"


def _cookie_name(request: HTTPConnection) -> str:
    """Cookies know no ports: two servers on one machine must not take each other's."""
    return f"rapport_token_{request.url.port}" if request.url.port else "rapport_token"


def _is_page(scope: Scope) -> bool:
    return scope["method"] in ("GET", "HEAD") and (
        scope["path"] == "/" or scope["path"].startswith("/meeting/")
    )


def _foreign(request: HTTPConnection) -> tuple[int, str] | None:
    """That a request came by another name than this machine's, or from another page."""
    host = request.headers.get("host", "")
    server = request.scope.get("server") or (None, None)
    try:
        asked = urlsplit(f"//{host}")
        known = asked.hostname in NAMES and asked.username is None and (asked.port or 80) == (server[1] or 80)
    except ValueError:
        known = False
    if not known:
        return 403, "This server answers on this machine only, by the address that `rapport review` printed."
    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return 403, "Another page may not use this server."
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return 403, "Another page may not use this server."
    return None


def _too_large(request: HTTPConnection) -> tuple[int, str] | None:
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return 400, "The length of the request is no number."
    return (413, "The request is too large; save fewer changes at a time.") if int(length) > LARGEST else None
