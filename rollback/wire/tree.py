"""State trees as bytes and back, exactly. Knows msgpack and limits; knows no frames, no peers and no files.

A tree is one msgpack object. Dicts whose keys are str and bytes, lists, str, bytes, ints of 64 bits, floats, bools and
None are msgpack's own. Our extensions are:

| type | body | stands for |
| --- | --- | --- |
| 1 | empty, first in an array | the array is a tuple |
| 2 | empty, first in an array | the array is a dict: key, value, key, value ... |
| 3 | signed, big-endian | an int wider than 64 bits |
| 4 | UTF-8 with lone surrogates | a str that has some |
| 5 | dtype, shape, values in C order | a numpy array, of exactly this dtype |
| 6 | the same without a shape | a numpy number, of exactly this dtype |

What comes back is what was packed, to the bit and the dtype; an array comes back in C order, writable, and owning its
memory.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import msgpack

from rollback.errors import UsageError, WireError
from rollback.state import MAX_DEPTH, MAX_INT_BYTES, why_not_tree
from rollback.state.arrays import is_array, is_number
from rollback.state.trees import is_key
from rollback.wire.outline import check_outline

__all__ = ["MAX_TREE_BYTES", "MAX_TREE_ITEMS", "pack_tree", "unpack_tree"]

MAX_TREE_BYTES: Final = 16 * 1024 * 1024  # of a packed tree, unless told otherwise
MAX_TREE_ITEMS: Final = 1_000_000  # one takes up to 100 bytes of memory, whatever it takes on the wire
MAX_COLLIDING: Final = 1000  # keys of a dict that share their hash: more make a dict quadratically slow

TUPLE: Final = 1
PAIRS: Final = 2
INT: Final = 3
TEXT: Final = 4
ARRAY: Final = 5
NUMBER: Final = 6

_TUPLE_MARK: Final = msgpack.ExtType(TUPLE, b"")
_PAIRS_MARK: Final = msgpack.ExtType(PAIRS, b"")
_DTYPES: Final = frozenset(
    ["|b1", "|i1", "|u1"]
    + [f"{order}{kind}" for order in "<>" for kind in ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")]
)
_MAX_DIMENSIONS: Final = 32


def pack_tree(tree: Any, *, canonical: bool = True) -> bytes:
    """Return the tree as bytes; `unpack_tree` gives back an equal one.

    Args:
        tree: A state tree.
        canonical: Sort the keys of dicts, so that trees that differ only in their order give the same bytes. Without it
            the order is kept.

    Raises:
        UsageError: `tree` is no state tree; the message names the path and the type.
    """
    if (why := why_not_tree(tree)) is not None:
        raise UsageError(why)
    return _pack(_packable(tree, canonical))


def unpack_tree(
    data: bytes,
    *,
    max_bytes: int = MAX_TREE_BYTES,
    max_depth: int = MAX_DEPTH,
    max_items: int = MAX_TREE_ITEMS,
) -> Any:
    """Return the tree that `data` holds. Nothing is allocated before all claims in `data` are checked.

    Args:
        data: What `pack_tree` returned, or anything at all.
        max_bytes: Refuse more than this.
        max_depth: Refuse more containers inside each other than this.
        max_items: Refuse more leaves and containers than this.

    Raises:
        WireError: `data` breaks a rule or a limit, or holds an array and numpy is not installed; never anything else.
    """
    if len(data) > max_bytes:
        raise WireError("oversized", f"a tree of {len(data)} bytes, at most {max_bytes} are allowed")
    data = bytes(data)
    check_outline(data, max_depth=max_depth, max_items=max_items)
    try:
        return msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            list_hook=_sequence,
            object_pairs_hook=_dict,
            ext_hook=_extension,
            max_str_len=len(data),
            max_bin_len=len(data),
            max_array_len=len(data),
            max_map_len=len(data),
            max_ext_len=len(data),
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise WireError("malformed", f"this is no packed tree: {error}") from None


def _pack(packable: Any) -> bytes:
    packed: bytes = msgpack.packb(packable, use_bin_type=True, strict_types=True)
    return packed


def _packable(value: Any, canonical: bool) -> Any:
    kind = type(value)
    if kind is int:
        if -(2**63) <= value < 2**64:
            return value
        return msgpack.ExtType(INT, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    if kind is str:
        return value if _is_unicode(value) else msgpack.ExtType(TEXT, value.encode("utf-8", "surrogatepass"))
    if kind is list:
        return [_packable(item, canonical) for item in value]
    if kind is tuple:
        return [_TUPLE_MARK, *(_packable(item, canonical) for item in value)]
    if kind is dict:
        return _packable_dict(value, canonical)
    if is_array(value):
        return msgpack.ExtType(ARRAY, _dtype_head(value) + _shape_head(value.shape) + value.tobytes())
    if is_number(value):
        return msgpack.ExtType(NUMBER, _dtype_head(value) + value.tobytes())
    return value


def _packable_dict(tree: dict[Any, Any], canonical: bool) -> Any:
    if all(type(key) is bytes or (type(key) is str and _is_unicode(key)) for key in tree):
        # UTF-8 never begins with 255, so no bytes sort among the texts.
        keys = sorted(tree, key=lambda key: key.encode() if type(key) is str else b"\xff" + key) if canonical else tree
        return {key: _packable(tree[key], canonical) for key in keys}
    entries = [(_packable(key, canonical), _packable(value, canonical)) for key, value in tree.items()]
    if canonical:
        entries.sort(key=lambda entry: _pack(entry[0]))
    return [_PAIRS_MARK, *(part for entry in entries for part in entry)]


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _dtype_head(value: Any) -> bytes:
    name: bytes = value.dtype.str.encode()
    return bytes([len(name)]) + name


def _shape_head(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f"<B{len(shape)}Q", len(shape), *shape)


class _Mark:
    """Stands first in a list, between the hooks."""


_TUPLE: Final = _Mark()
_PAIRS: Final = _Mark()


def _extension(kind: int, body: bytes) -> Any:
    if kind == TUPLE:
        return _TUPLE
    if kind == PAIRS:
        return _PAIRS
    if kind == INT:
        if len(body) > MAX_INT_BYTES:
            raise WireError("oversized", f"an int of {len(body)} bytes, at most {MAX_INT_BYTES} are allowed")
        return int.from_bytes(body, "big", signed=True)
    if kind == TEXT:
        return body.decode("utf-8", "surrogatepass")
    return _array(body, is_whole=kind == ARRAY)


def _sequence(items: list[Any]) -> Any:
    mark = items[0] if items else None
    if mark is _TUPLE:
        return tuple(items[1:])
    if mark is not _PAIRS:
        return items
    if len(items) % 2 == 0:
        raise WireError("malformed", "a dict has a key without a value")
    keys = items[1::2]
    for key in keys:
        if not is_key(key, 0):
            raise WireError("malformed", f"a dict has a key of type {type(key).__name__}")
    # Only a guard against floods, so it may differ between processes: no honest dict comes near it.
    if len(keys) - len(set(map(hash, keys))) > MAX_COLLIDING:
        raise WireError("oversized", f"more than {MAX_COLLIDING} keys of a dict share their hash")
    return _dict(list(zip(keys, items[2::2], strict=True)))


def _dict(entries: list[tuple[Any, Any]]) -> dict[Any, Any]:
    tree = dict(entries)
    if len(tree) != len(entries):
        raise WireError("malformed", "a dict has the same key twice")
    return tree


def _array(body: bytes, *, is_whole: bool) -> Any:
    """Read an array or a number; its claims must add up to the bytes that are there before numpy hears of it."""
    name = body[1 : 1 + body[0]].decode("ascii", "replace") if body else ""
    if name not in _DTYPES:
        raise WireError("unknown", f"an array of dtype {name!r:.20}")
    place = 1 + len(name)
    shape: tuple[int, ...] = ()
    if is_whole:
        dimensions = body[place] if place < len(body) else _MAX_DIMENSIONS + 1
        place += 1 + 8 * dimensions
        if dimensions > _MAX_DIMENSIONS or place > len(body):
            raise WireError("truncated", "an array without its whole shape")
        shape = struct.unpack_from(f"<{dimensions}Q", body, place - 8 * dimensions)
    count = 1
    for side in shape:
        count *= side
    if count * int(name[2:]) != len(body) - place or max(shape, default=0) >= 2**31:
        raise WireError("truncated", f"an array of shape {shape!r:.60} and dtype {name} in {len(body) - place} bytes")
    if name == "|b1" and body[place:].translate(None, b"\0\1"):
        raise WireError("malformed", "an array of bools holds a byte that is neither 0 nor 1")
    try:
        import numpy
    except ImportError:
        raise WireError("unknown", "this tree holds numpy arrays: pip install numpy") from None
    values = numpy.frombuffer(body, name, offset=place).reshape(shape).copy()
    return values if is_whole else values[()]
