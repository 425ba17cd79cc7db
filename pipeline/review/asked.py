"""What a request asks for, checked: bodies, numbers and names; and how faults are answered."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import RapportError, StorageError
from pipeline.review.desk import ConflictError
from pipeline.review.edits import EditError
from pipeline.review.guard import LARGEST
from pipeline.review.shelf import UnknownMeetingError
from pipeline.store import BusyError

MOST_EDITS = 500
"""Edits of one request."""
NAME = 100
"""Letters of a coder's name at most."""


class MalformedError(ValueError):
    """A request that cannot be meant; the message is a sentence."""


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises
    ------
    HTTPException
        With 413 where it is too large.
    MalformedError
        Where it is no JSON object.
    """
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST:
            raise HTTPException(413, "The request is too large; save fewer changes at a time.")
    try:
        content = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedError("The request is not valid JSON.") from error
    if not isinstance(content, dict):
        raise MalformedError("The request must be a JSON object.")
    return content


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def coder_in(content: Mapping[str, Any]) -> str:
    """Who corrects."""
    coder = content.get("coder")
    if not isinstance(coder, str) or not coder.strip() or len(coder) > NAME or not coder.isprintable():
        raise MalformedError(f"Say who corrects: `coder` is a name of at most {NAME} letters.")
    return coder.strip()


def base_in(content: Mapping[str, Any]) -> int:
    """The version that somebody corrects."""
    base = content.get("base")
    if isinstance(base, bool) or not isinstance(base, int) or base < 0:
        raise MalformedError("`base` is the number of the version that was corrected.")
    return base


def key_in(content: Mapping[str, Any]) -> str:
    """By which the same edits are known when they are sent again; empty where they have none."""
    key = content.get("key", "")
    if not isinstance(key, str) or len(key) > NAME:
        raise MalformedError(f"`key` is a text of at most {NAME} letters.")
    return key


def edits_in(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The edits."""
    edits = content.get("edits")
    if not isinstance(edits, list) or not 0 < len(edits) <= MOST_EDITS:
        raise MalformedError(f"`edits` is a list of 1 to {MOST_EDITS} edits.")
    return edits


def number_in(request: Request, name: str, default: float, low: float, high: float) -> float:
    """A number in a request's address, kept between two others."""
    text = request.query_params.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError as error:
        raise MalformedError(f"`{name}` is a number.") from error
    if math.isnan(value):
        raise MalformedError(f"`{name}` is a number.")
    return min(max(value, low), high)


def count_in(request: Request, name: str, default: int, low: int, high: int) -> int:
    """A whole number in a request's address, kept between two others."""
    return int(number_in(request, name, default, low, high))


def json_response(content: Any, status: int = 200) -> Response:
    """An answer; numbers that are none are null."""
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        text = json.dumps(_plain(content), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "surrogatepass"), status, media_type="application/json")


def _plain(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {str(name): _plain(value) for name, value in content.items()}
    return [_plain(one) for one in content] if isinstance(content, (list, tuple)) else content


# ------------------------------------------------------------------------------------------ faults


async def fault(request: Request, error: Exception) -> Response:
    """Every fault is a JSON object with a sentence."""
    if isinstance(error, ConflictError):
        told = {"error": str(error), "version": error.version, "conflicts": error.ids}
        return JSONResponse(told, 409)
    if isinstance(error, HTTPException):
        sentence = (
            error.detail if error.detail.endswith(".") else SENTENCES.get(error.status_code, error.detail)
        )
        return JSONResponse({"error": sentence}, error.status_code, headers=error.headers)
    status = next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 500)
    return JSONResponse({"error": str(error) if status != 500 else SENTENCES[500]}, status)


STATUSES: dict[type[Exception], int] = {
    UnknownMeetingError: 404,
    MalformedError: 422,
    EditError: 422,
    BusyError: 503,
    StorageError: 507,
    RapportError: 422,
}
"""Status of each kind of fault, the special before the general."""
SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address cannot be asked that way.",
    500: "This is a fault of rapport; please report it with what is printed where `rapport review` runs.",
}
