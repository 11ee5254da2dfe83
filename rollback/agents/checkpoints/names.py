"""What runs, checkpoints, algorithms and arrays may be called: ids, never paths. Knows no file."""

from __future__ import annotations

import re
from typing import Any, Final

from rollback.errors import UsageError

__all__ = ["check_array_name", "check_id", "is_id"]

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ARRAY: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RESERVED: Final = "meta"


def is_id(name: Any) -> bool:
    """Return whether something is a name of a run or of a checkpoint."""
    return isinstance(name, str) and _ID.fullmatch(name) is not None


def check_id(name: Any, what: str) -> str:
    """Return the name; `what` says in a message what it names, as in `a run`.

    Raises:
        UsageError: It is none.
    """
    if not is_id(name):
        raise UsageError(
            f"{name!r:.80} cannot be the name of {what}: take 1 to 64 of a-z, 0-9, - and _, the first a letter or a digit"
        )
    found: str = name
    return found


def check_array_name(name: Any) -> str:
    """Return the name of an array.

    Raises:
        UsageError: It is none.
    """
    if not isinstance(name, str) or _ARRAY.fullmatch(name) is None or name == _RESERVED:
        raise UsageError(
            f"{name!r:.80} cannot be the name of an array: take 1 to 64 of a-z, 0-9 and _, the first a letter, and not meta"
        )
    return name
