"""What is a state tree, and the words for what is none. Knows no checksums and no bytes."""

from __future__ import annotations

from math import isnan
from typing import Any, Final

from rollback.errors import UsageError
from rollback.state.arrays import is_array, is_number, plain

__all__ = ["ALLOWED", "MAX_DEPTH", "MAX_INT_BYTES", "is_key", "is_tree", "joined", "shown", "size_of", "why_not_tree"]

MAX_DEPTH: Final = 64  # containers inside each other; also what ends a tree that contains itself
MAX_INT_BYTES: Final = 65_536  # far above any generator's state, far below what makes arithmetic a weapon
ALLOWED: Final = "a state tree holds only dict, list, tuple, str, bytes, int, float, bool, None, numpy arrays and numbers"
_LEAVES: Final = frozenset({str, bytes, int, float, bool, type(None)})
_SHOWN: Final = 80  # characters of a value in a message


def is_tree(value: Any) -> bool:
    """Return whether `value` is a state tree."""
    return _is_tree(value, 0)


def why_not_tree(value: Any) -> str | None:
    """Return the sentence that says where and why `value` is no state tree, or None when it is one."""
    return None if _is_tree(value, 0) else _why_not(value, "", 0)  # paths are made only where one is told


def size_of(tree: Any) -> int:
    """Return about how many bytes the tree takes when packed.

    Raises:
        UsageError: `tree` is no state tree.
    """
    if (why := why_not_tree(tree)) is not None:
        raise UsageError(why)
    return _size(tree)


def is_key(key: Any, depth: int) -> bool:
    """Return whether `key` may be a key of a dict that lies inside `depth` containers, the dict among them."""
    if type(key) is str:
        return True
    key = plain(key)
    if type(key) is tuple:
        return depth < MAX_DEPTH and all(is_key(part, depth + 1) for part in key)
    if type(key) is int:
        return _fits(key)
    return type(key) in (bytes, bool, type(None)) or (type(key) is float and not isnan(key))


def joined(path: str, key: Any) -> str:
    """Return the path of what lies at `key` (or index) of what lies at `path`."""
    key = plain(key)
    if type(key) is str and key.isidentifier():
        return f"{path}.{key}" if path else key
    return f"{path}[{shown(key)}]"


def shown(value: Any) -> str:
    """Return `value` on one short line."""
    try:
        text = " ".join(repr(value).split())
    except (ValueError, RecursionError):  # an int of more digits than Python likes to print; a very deep list
        return f"<{type(value).__name__} too large to show>"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _is_tree(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind in _LEAVES:
        return kind is not int or _fits(value)
    if kind is dict:
        inside = depth < MAX_DEPTH and all(is_key(key, depth + 1) for key in value)
        return inside and all(_is_tree(entry, depth + 1) for entry in value.values())
    if kind is list or kind is tuple:
        return depth < MAX_DEPTH and all(_is_tree(entry, depth + 1) for entry in value)
    return is_number(value) or is_array(value)


def _why_not(value: Any, path: str, depth: int) -> str | None:
    kind = type(value)
    if kind in (str, bytes, float, bool) or value is None or is_number(value) or is_array(value):
        return None
    where = path or "the state"
    if kind is int:
        return None if _fits(value) else f"{where} is an int of more than {MAX_INT_BYTES} bytes: keep it smaller"
    if kind not in (dict, list, tuple):
        dtype = f" of {value.dtype}" if kind.__module__ == "numpy" and hasattr(value, "dtype") else ""
        return f"{where} is of type {kind.__module__}.{kind.__qualname__}{dtype}: {ALLOWED}, and no subclasses of them"
    if depth >= MAX_DEPTH:
        return f"{where[:_SHOWN]}... is nested deeper than {MAX_DEPTH} levels, or contains itself: flatten it"
    return _why_not_inside(value, path, depth + 1)


def _why_not_inside(value: Any, path: str, depth: int) -> str | None:
    for key in value if type(value) is dict else ():
        if not is_key(key, depth):
            return (
                f"{path or 'the state'} has the key {shown(key)} of type {type(key).__name__}: keys are str, bytes,"
                " int, float, bool, None or tuples of these, and never NaN"
            )
    for key, entry in value.items() if type(value) is dict else enumerate(value):
        why = _why_not(entry, joined(path, key), depth)
        if why is not None:
            return why
    return None


def _fits(value: int) -> bool:
    return value.bit_length() < 8 * MAX_INT_BYTES


def _size(value: Any) -> int:
    kind = type(value)
    if kind is dict:
        return 5 + sum(_size(key) + _size(entry) for key, entry in value.items())
    if kind is list or kind is tuple:
        return 5 + sum(map(_size, value))
    if kind is str or kind is bytes:
        return 5 + len(value)
    if kind is int:
        return 2 + int(value.bit_length()) // 8
    return 5 + int(getattr(value, "nbytes", 4))
