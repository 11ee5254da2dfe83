"""Reads the golden vectors: every kind of datagram as bytes, and what it says. Knows no session."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from rollback.wire import Bye, Claim, Forward, Hello, Join, Message, Notice

KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in (Hello, Bye, Notice, Forward, Join)}


def vectors() -> dict[str, list[dict[str, Any]]]:
    """Return the contents of golden.json."""
    content: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
    return content


def message_of(vector: dict[str, Any]) -> Message:
    """Return the message a vector describes; JSON knows neither NaN nor numbers as keys."""
    fields = [math.nan if field == "nan" else field for field in vector["fields"]]
    if vector["kind"] == "Hello":
        fields[12] = by_number(fields[12])
    if vector["kind"] == "Notice" and fields[2] is not None:
        fields[2] = Claim(*fields[2][:6], by_number(fields[2][6]), by_number(fields[2][7]))
    if vector["kind"] in ("Forward", "Join"):
        fields[-1] = bytes.fromhex(fields[-1])
    return KINDS[vector["kind"]](*fields)


def by_number(entries: dict[str, Any]) -> dict[int, Any]:
    """Return a mapping with numbers as keys, which JSON turns into strings."""
    return {int(key): value for key, value in entries.items()}


def rows_of(vector: dict[str, Any]) -> list[bytes]:
    """Return the rows from frame 0 to the newest that a vector of inputs is about."""
    return [bytes.fromhex(row) for row, count in vector["rows"] for _ in range(count)]


def datagrams() -> list[bytes]:
    """Return the bytes of all vectors."""
    return [bytes.fromhex(vector["hex"]) for vectors_of_kind in vectors().values() for vector in vectors_of_kind]
