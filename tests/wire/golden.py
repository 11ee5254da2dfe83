"""Reads the golden vectors: every kind of datagram as bytes, and what it says. Knows no session."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from rollback.wire import Bye, Hello, Message, Notice

KINDS: dict[str, type[Hello] | type[Bye] | type[Notice]] = {"Hello": Hello, "Bye": Bye, "Notice": Notice}


def vectors() -> dict[str, list[dict[str, Any]]]:
    """Return the contents of golden.json."""
    content: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
    return content


def message_of(vector: dict[str, Any]) -> Message:
    """Return the message a vector describes; JSON knows neither NaN nor numbers as keys."""
    fields = [math.nan if field == "nan" else field for field in vector["fields"]]
    if vector["kind"] == "Hello":
        fields[-1] = {int(player): name for player, name in fields[-1].items()}
    return KINDS[vector["kind"]](*fields)


def rows_of(vector: dict[str, Any]) -> list[bytes]:
    """Return the rows from frame 0 to the newest that a vector of inputs is about."""
    return [bytes.fromhex(row) for row, count in vector["rows"] for _ in range(count)]


def datagrams() -> list[bytes]:
    """Return the bytes of all vectors."""
    return [bytes.fromhex(vector["hex"]) for vectors_of_kind in vectors().values() for vector in vectors_of_kind]
