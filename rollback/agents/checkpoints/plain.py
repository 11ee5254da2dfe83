"""JSON with limits: what may stand in a checkpoint besides its arrays, written one way only. Knows no checkpoint."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from rollback.agents.checkpoints.limits import MAX_DEPTH
from rollback.errors import UsageError

__all__ = ["dumped", "parsed", "plain"]

_STRINGS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)  # also one without an end: in one pass
_NO_BRACKETS: Final = re.compile(rb"[^][{}]+")
_LARGEST: Final = 2**4096  # a generator's state may be one long number; without a limit it would be as long as the file


def plain(value: Any, what: str, depth: int = MAX_DEPTH) -> Any:
    """Return a copy of plain values in lists and dicts; tuples become lists, as JSON has them.

    Args:
        value: None, a bool, int, float or str, or a list, tuple or dict of such.
        what: What the message calls it.
        depth: How deep it may be nested.

    Raises:
        UsageError: Something else is in it, it is too deep, or a number is no finite one.
    """
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        if -_LARGEST < value < _LARGEST:
            return value
        raise UsageError(f"{what} holds a whole number of more than 4096 bits")
    if kind is float:
        if math.isfinite(value):
            return value
        raise UsageError(f"{what} holds {value}, and only finite numbers can be saved")
    if kind is str:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UsageError(f"{what} holds the text {value!r:.60}, which is no valid Unicode") from None
        return value
    if depth <= 0:
        raise UsageError(f"{what} is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list | tuple):
        return [plain(each, what, depth - 1) for each in value]
    if isinstance(value, Mapping):
        for key in value:
            if type(key) is not str:
                raise UsageError(f"{what} has the key {key!r:.60}, and keys must be text")
        return {plain(key, what): plain(each, what, depth - 1) for key, each in value.items()}
    raise UsageError(
        f"{what} holds a {kind.__module__}.{kind.__qualname__}, which JSON does not know: make it an int, a float or a list"
    )


def dumped(value: Any) -> bytes:
    """Return the one form in which plain values are written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def parsed(text: bytes) -> Any:
    """Return what JSON from outside says.

    Raises:
        UsageError: It is no JSON, too deep, or a key stands in it twice; the message is the end of a sentence.
    """
    depth = 0
    for letter in _NO_BRACKETS.sub(b"", _STRINGS.sub(b"", text)):  # before it is parsed: that follows every bracket down
        depth += 1 if letter in b"[{" else -1
        if depth > MAX_DEPTH:
            raise UsageError(f"is nested deeper than {MAX_DEPTH} levels")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"is no JSON ({str(error)[:80]})") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")
