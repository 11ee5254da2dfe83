"""The checksum of a state tree: BLAKE2b over a canonical byte form. Knows no frames and no peers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

from rollback.errors import UsageError
from rollback.state.arrays import PLAIN, canonical, is_array, is_number, plain
from rollback.state.trees import ALLOWED, MAX_DEPTH, is_key, why_not_tree

__all__ = ["checksum", "sorted_keys"]

_INTS: Final = {int}
_FLOATS: Final = {float}
_STRINGS: Final = {str}
_QUIET_NAN: Final[float] = struct.unpack("<d", b"\0\0\0\0\0\0\xf8\x7f")[0]  # the one that stands for all

_head = struct.Struct("<cQ").pack
_int64 = struct.Struct("<cq").pack
_double = struct.Struct("<cd").pack


class _NotATree(Exception):
    """Something in the tree cannot be written; `why_not_tree` finds the words."""


def checksum(tree: Any) -> int:
    """Return 64 bits that are the same for equal trees in every process, on every machine and in the browser.

    Key order, the width of ints and floats, numpy number or Python number, -0.0 and NaN payloads do not matter. Bool,
    int, float, str, bytes, list, tuple, dict and array are told apart, and so are the shapes of arrays.

    Raises:
        UsageError: `tree` is no state tree; the message names the path and the type.
    """
    if type(tree) is bytes:  # the commonest small state: no walk and no list
        return int.from_bytes(blake2b(_head(b"b", len(tree)) + tree, digest_size=8).digest(), "little")
    out: list[bytes] = []
    try:
        _write(tree, out, 0)
    except (_NotATree, OverflowError):
        raise UsageError(why_not_tree(tree) or f"this is no state tree: {ALLOWED}") from None
    return int.from_bytes(blake2b(b"".join(out), digest_size=8).digest(), "little")


def sorted_keys(tree: dict[Any, Any], depth: int) -> list[tuple[bytes, Any]]:
    """Return each key after its canonical bytes, which are unique, sorted by them."""
    entries = []
    for key in tree:
        if not is_key(key, depth):
            raise _NotATree
        data: list[bytes] = []
        _write(key, data, depth)
        entries.append((b"".join(data), key))
    return sorted(entries, key=lambda entry: entry[0])


def _write(value: Any, out: list[bytes], depth: int) -> None:
    kind = type(value)
    if kind is int:
        try:
            out.append(_int64(b"i", value))
        except struct.error:  # wider than 64 bits
            data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            out.append(_head(b"I", len(data)) + data)
    elif kind is float:
        out.append(_double(b"f", value + 0.0 if value == value else _QUIET_NAN))  # -0.0 + 0.0 is 0.0
    elif kind is bool or value is None:
        out.append(b"N" if value is None else b"T" if value else b"F")
    elif kind is str:
        data = value.encode("utf-8", "surrogatepass")
        out.append(_head(b"s", len(data)) + data)
    elif kind is bytes:
        out.append(_head(b"b", len(value)) + value)
    elif kind is tuple or kind is list:
        _write_sequence(b"t" if kind is tuple else b"l", value, out, depth + 1)
    elif kind is dict:
        _write_dict(value, out, depth + 1)
    elif is_array(value):
        form, flat = canonical(value)
        out.append(_head(b"a", value.ndim) + form + struct.pack(f"<{value.ndim}Q", *value.shape))
        out.append(flat.tobytes())
    elif is_number(value):
        _write(plain(value), out, depth)
    else:
        raise _NotATree


def _write_sequence(tag: bytes, items: Sequence[Any], out: list[bytes], depth: int) -> None:
    """Write items of one type by one call instead of one each: this is the frame path."""
    if depth > MAX_DEPTH:
        raise _NotATree
    kinds = set(map(type, items))
    if not kinds <= PLAIN:
        items = [plain(item) for item in items]
        kinds = set(map(type, items))
    count = len(items)
    if kinds == _INTS:
        try:
            out.append(_head(tag, count) + b"i" + struct.pack(f"<{count}q", *items))
            return
        except struct.error:  # one is wider than 64 bits
            pass
    elif kinds == _FLOATS:
        numbers = [item + 0.0 if item == item else _QUIET_NAN for item in items]
        out.append(_head(tag, count) + b"f" + struct.pack(f"<{count}d", *numbers))
        return
    elif kinds == _STRINGS:
        out.append(_head(tag, count) + b"s" + struct.pack(f"<{count}Q", *map(len, items)))
        out.append("".join(items).encode("utf-8", "surrogatepass"))
        return
    out.append(_head(tag, count) + b"*")
    for item in items:
        _write(item, out, depth)


def _write_dict(tree: dict[Any, Any], out: list[bytes], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _NotATree
    kinds = set(map(type, tree))
    if not kinds <= PLAIN:
        tree = {plain(key): value for key, value in tree.items()}
        kinds = set(map(type, tree))
    if kinds == _STRINGS or kinds == _INTS:
        keys = sorted(tree)
        _write_sequence(b"d", keys, out, depth)
        _write_sequence(b"v", [tree[key] for key in keys], out, depth)
        return
    out.append(_head(b"m", len(tree)))
    for data, key in sorted_keys(tree, depth):
        out.append(data)
        _write(tree[key], out, depth)
