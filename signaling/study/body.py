"""A request of a participant's page, read within limits: its type, its origin, its token, its fields. Knows no study."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request

from signaling.study.refusal import StudyRefusal

__all__ = ["check_origin", "read_bytes", "read_fields", "token_of", "trips_of", "whole_of"]

LARGEST: Final = 16 * 1024  # bytes of a request but an upload
PATIENCE: Final = 30.0  # seconds a whole body may take; our pages give up before
LONGEST_TRIP: Final = 600_000.0  # milliseconds


def check_origin(request: Request) -> None:
    """Return if the request comes from a page of this server, or from no page at all.

    Raises:
        StudyRefusal: `origin`.
    """
    origin = request.headers.get("origin")
    try:
        is_own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:
        is_own = False
    if not is_own:
        raise StudyRefusal("origin", "only pages of this server may ask this")


def token_of(request: Request) -> str:
    """Return the token that came along; possibly empty."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


async def read_bytes(request: Request, media_type: str, most: int) -> bytes:
    """Return the body.

    Raises:
        StudyRefusal: `media_type`: it is of another one; `too_large`; `slow`: the web server waits for it without an end.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != media_type:
        raise StudyRefusal("media_type", f"the content-type must be {media_type}, not {given[:80] or 'nothing'}")
    said = request.headers.get("content-length", "")
    content = bytearray()
    if not (said.isdecimal() and int(said[:12]) > most):
        try:
            async with asyncio.timeout(PATIENCE):
                async for piece in request.stream():
                    content += piece
                    if len(content) > most:
                        break
                else:
                    return bytes(content)
        except TimeoutError:
            raise StudyRefusal("slow", f"the body did not come within {PATIENCE:g} seconds") from None
    raise StudyRefusal("too_large", f"at most {most} bytes are taken at once")


async def read_fields(request: Request) -> dict[str, Any]:
    """Return the fields of a body in JSON.

    Raises:
        StudyRefusal: `media_type`, `too_large`; `malformed`: it is no mapping in JSON.
    """
    content = await read_bytes(request, "application/json", LARGEST)
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise StudyRefusal("malformed", "the body must be one mapping in JSON")
    return fields


def whole_of(fields: Any, key: str, least: int, most: int) -> int:
    """Return a whole number, from a mapping of JSON or from the parameters of an address.

    Raises:
        StudyRefusal: `malformed`: it is none within these limits.
    """
    value = fields.get(key)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 9:
        value = int(value)
    if type(value) is not int or not least <= value <= most:
        raise StudyRefusal("malformed", f"{key} must be a whole number from {least} to {most}")
    return value


def trips_of(value: Any, key: str = "rtt_ms") -> list[float]:
    """Return round trips in milliseconds.

    Raises:
        StudyRefusal: `malformed`: one is no number.
    """
    trips = value if isinstance(value, list) else [value]
    for trip in trips:
        if type(trip) not in (int, float) or not 0 <= trip <= LONGEST_TRIP:
            raise StudyRefusal("malformed", f"{key} must be round trips in milliseconds, numbers of at least 0")
    return [float(trip) for trip in trips]
