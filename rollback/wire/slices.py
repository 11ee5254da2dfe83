"""A state tree as bytes, a slice at a time, so that a large one never takes up a whole frame. Knows msgpack; knows no frames.

The slices, joined, are what `pack_tree` returns, with one exception: every NaN is written as the same one, for which NaN an
operation gives differs between processors. All else that peers can tell apart in a state, such as -0.0 from 0.0, or the
dtype of an array, is kept: a follower computes on with what it is given.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from math import isnan
from typing import Any, Final

import msgpack

from rollback.errors import UsageError
from rollback.state import MAX_DEPTH, why_not_tree
from rollback.state.arrays import is_array, is_number
from rollback.state.trees import is_key
from rollback.wire.tree import ARRAY, pack_tree

__all__ = ["packed_slices"]

STEPS: Final = 1000  # values written one by one in a slice: about a millisecond
BULK: Final = 4096  # values of one container that are written by one call
BULK_STEPS: Final = 200  # what such a call costs in steps, about
CHUNK: Final = 64 * 1024  # bytes of a slice

RECORDS: Final = 512  # dicts of plain values in a dict that are written by one call

_ATOMS: Final = frozenset({str, int, float, bool, bytes, type(None)})
_EXACT: Final = _ATOMS - {float}  # of these there is but one way to write each
_NAN: Final[float] = struct.unpack("<d", b"\0\0\0\0\0\0\xf8\x7f")[0]
_TUPLE_MARK: Final = pack_tree(())[1:]
_PAIRS_MARK: Final = pack_tree({0: 0})[1:-2]

Piece = tuple[bytes, int]  # some bytes, and the steps it took to make them


def packed_slices(tree: Any) -> Iterator[bytes]:
    """Yield the bytes of the tree in slices that each take about a millisecond, or less, to make.

    Args:
        tree: A state tree, which must not change meanwhile.

    Raises:
        UsageError: It is no state tree; found out where the walk comes to it.
    """
    out: list[bytes] = []
    steps = size = 0
    for piece, cost in _pieces(tree, 0):
        out.append(piece)
        steps += cost
        size += len(piece)
        if steps >= STEPS or size >= CHUNK:
            yield b"".join(out)
            out.clear()
            steps = size = 0
    if out:
        yield b"".join(out)


def _pieces(value: Any, depth: int) -> Iterator[Piece]:
    kind = type(value)
    if kind is list or kind is tuple:
        if depth >= MAX_DEPTH:
            raise _no_tree(value)
        mark = 1 if kind is tuple else 0
        head = _head(0x90, 0xDC, len(value) + mark) + _TUPLE_MARK * mark
        for start in range(0, len(value), BULK):
            chunk = value[start : start + BULK]
            packed = _bulk(chunk)
            if packed is not None:
                yield head + packed, 1 + len(chunk) * BULK_STEPS // BULK
            else:
                yield head, 1
                for item in chunk:
                    yield from _pieces(item, depth + 1)
            head = b""
        if head:
            yield head, 1
    elif kind is dict:
        if depth >= MAX_DEPTH:
            raise _no_tree(value)
        yield from _pieces_of_dict(value, depth + 1)
    elif kind is bytes and len(value) > CHUNK:
        yield b"\xc6" + len(value).to_bytes(4, "big"), 1
        yield from _long(value)
    elif is_array(value):
        yield from _pieces_of_array(_one_nan(value))
    else:
        yield _atom(value), 1


def _pieces_of_dict(tree: dict[Any, Any], depth: int) -> Iterator[Piece]:
    """Yield a dict with its keys in the order of `pack_tree`: texts before bytes, all else by its own bytes."""
    if set(map(type, tree)) <= {str} and (keys := _sorted_texts(tree)) is not None:
        head = _head(0x80, 0xDE, len(keys))
        if len(keys) <= BULK:
            packed = _bulk([part for key in keys for part in (key, tree[key])])
            if packed is not None:
                yield head + packed, 1 + len(keys) * BULK_STEPS // BULK
                return
        if len(keys) <= RECORDS and depth < MAX_DEPTH and (packed := _records(tree, keys)) is not None:
            yield packed, len(keys)
            return
        yield head, 1
        for key in keys:
            yield _atom(key), 1
            yield from _pieces(tree[key], depth)
        return
    for key in tree:
        if not is_key(key, depth):
            raise _no_tree(tree)
    entries = [(_atom(key), key) for key in tree]
    if all(type(key) is bytes or (type(key) is str and _is_text(data)) for data, key in entries):
        entries.sort(key=lambda entry: entry[1].encode() if type(entry[1]) is str else b"\xff" + entry[1])
        yield _head(0x80, 0xDE, len(entries)), 1 + len(entries)
    else:
        entries.sort(key=lambda entry: entry[0])
        yield _head(0x90, 0xDC, 2 * len(entries) + 1) + _PAIRS_MARK, 1 + len(entries)
    for data, key in entries:
        yield data, 1
        yield from _pieces(tree[key], depth)


def _records(tree: dict[str, Any], keys: list[str]) -> bytes | None:
    """Return a dict of small dicts of plain values, None for any other.

    Large states are made of many such records; one by one they take four times as long.
    """
    in_order = set[tuple[str, ...]]()
    for record in tree.values():
        if type(record) is not dict or len(record) > 15 or not set(map(type, record.values())) <= _EXACT:
            return None
        names = tuple(record)
        if not set(map(type, names)) <= {str}:
            return None
        if names not in in_order:
            if list(names) != sorted(names):
                return None
            in_order.add(names)
    try:
        packed: bytes = msgpack.packb({key: tree[key] for key in keys}, use_bin_type=True)
        return packed
    except (OverflowError, UnicodeEncodeError):  # a wide int, a lone surrogate
        return None


def _sorted_texts(tree: dict[str, Any]) -> list[str] | None:
    """Return the keys in the order of their UTF-8, which is that of their characters; None where one has none."""
    keys = sorted(tree)
    try:
        "".join(keys).encode()
    except UnicodeEncodeError:
        return None
    return keys


def _is_text(data: bytes) -> bool:
    """Whether a packed str is msgpack's own; one with lone surrogates is an extension."""
    return 0xA0 <= data[0] < 0xC0 or 0xD9 <= data[0] <= 0xDB


def _bulk(items: Sequence[Any]) -> bytes | None:
    """Return items of plain types one after the other, None where one of them needs a closer look."""
    kinds = set(map(type, items))
    if not kinds <= _ATOMS:
        return None
    if float in kinds and isnan(sum([item for item in items if type(item) is float] if len(kinds) > 1 else items)):
        return None
    try:
        packed: bytes = msgpack.packb(list(items), use_bin_type=True)
    except (OverflowError, UnicodeEncodeError):  # a wide int, a lone surrogate
        return None
    return packed[len(_head(0x90, 0xDC, len(items))) :]


def _atom(value: Any) -> bytes:
    """Return the bytes of one value that is no list, tuple, dict or array; or of a key, which may be a tuple."""
    kind = type(value)
    if kind is float and value != value:
        value = _NAN
    elif kind not in _ATOMS and is_number(value) and value != value:
        value = kind(_NAN)
    if kind in _ATOMS:
        try:
            packed: bytes = msgpack.packb(value, use_bin_type=True)
            return packed
        except (OverflowError, UnicodeEncodeError):
            pass
    return pack_tree(value)


def _one_nan(array: Any) -> Any:
    """Return the array with the one NaN in place of all others."""
    if array.dtype.kind not in "fc" or not (array != array).any():
        return array
    flat = array.reshape(-1).copy()
    parts = flat.view(flat.real.dtype) if array.dtype.kind == "c" else flat
    parts[parts != parts] = _NAN
    return flat.reshape(array.shape)


def _pieces_of_array(array: Any) -> Iterator[Piece]:
    if array.nbytes <= CHUNK:
        yield pack_tree(array), 2
        return
    dtype, shape = array.dtype.str.encode(), array.shape
    head = bytes([len(dtype)]) + dtype + struct.pack(f"<B{len(shape)}Q", len(shape), *shape)
    yield b"\xc9" + (len(head) + array.nbytes).to_bytes(4, "big") + bytes((ARRAY,)) + head, 1
    yield from _long(memoryview(array.reshape(-1).view("|u1")))


def _long(data: bytes | memoryview) -> Iterator[Piece]:
    for place in range(0, len(data), CHUNK):
        yield bytes(data[place : place + CHUNK]), 1


def _head(short: int, long: int, count: int) -> bytes:
    """Return the head of a container; `long` is the one with two bytes of length, and the next has four."""
    if count < 16:
        return bytes((short | count,))
    return bytes((long,)) + count.to_bytes(2, "big") if count < 65536 else bytes((long + 1,)) + count.to_bytes(4, "big")


def _no_tree(value: Any) -> UsageError:
    return UsageError(why_not_tree(value) or f"the state is nested deeper than {MAX_DEPTH} levels: flatten it")
