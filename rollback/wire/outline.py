"""Checks the outline of packed bytes before msgpack allocates for them. Knows where objects end, not what they mean.

msgpack makes a list of the claimed length before it has seen a single item, at every level: a few bytes that claim
millions, nested, would take gigabytes. Here every claim is held against the bytes that are there.
"""

from __future__ import annotations

from typing import Final

from rollback.errors import WireError

__all__ = ["check_outline"]

_MARKS: Final = (1, 2)  # extensions that may only stand first in an array, and are empty
_BODIES: Final = (3, 4, 5, 6)  # extensions that may stand anywhere

# Bytes an object of fixed length takes, by its first byte; 0 where the length must be read or nothing is allowed.
_LENGTHS: Final = bytes(
    1 if head < 0x80 or head >= 0xE0 or head in (0xC0, 0xC2, 0xC3)
    else 1 + (head & 0x1F) if 0xA0 <= head < 0xC0
    else {0xCB: 9, 0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9}.get(head, 0)
    for head in range(256)
)  # fmt: skip
_TEXTS: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}  # width of the length that follows
_EXTENSIONS: Final = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_FIXED_EXTENSIONS: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}  # the length itself
_CONTAINERS: Final = {0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}


def check_outline(data: bytes, *, max_depth: int, max_items: int) -> None:
    """Return if `data` is the outline of exactly one packed tree within the limits.

    Raises:
        WireError: It is not.
    """
    end = len(data)
    place = items = 0
    left = 1  # objects still to come in the innermost container
    outer: list[int] = []  # the same for those around it
    first = -1  # where the first item of an array stands, if that is next
    while True:
        while not left:
            if not outer:
                if place != end:
                    raise WireError("trailing", f"{end - place} bytes after the end of a packed tree")
                return
            left = outer.pop()
        if place >= end:
            raise _truncated()
        left -= 1
        items += 1
        if items > max_items:
            raise WireError("oversized", f"a tree of more than {max_items} items")
        head = data[place]
        if length := _LENGTHS[head]:
            place += length
        elif head in _TEXTS:
            place = _after_length(data, place + 1, _TEXTS[head])
        elif 0x80 <= head < 0xA0 or head in _CONTAINERS:
            count, place = _count(data, place, head)
            if len(outer) >= max_depth:
                raise WireError("deep", f"a tree nested deeper than {max_depth} levels")
            if count > end - place:
                raise _truncated()
            outer.append(left)
            left = count
            first = place if head >= 0x90 and head < 0xDE else -1
            continue
        else:
            place = _after_extension(data, place, head, may_mark=place == first)
        if place > end:
            raise _truncated()


def _truncated() -> WireError:
    return WireError("truncated", "a packed tree ends before its last object does")


def _number(data: bytes, place: int, width: int) -> int:
    if place + width > len(data):
        raise _truncated()
    return int.from_bytes(data[place : place + width], "big")


def _after_length(data: bytes, place: int, width: int) -> int:
    return place + width + _number(data, place, width)


def _count(data: bytes, place: int, head: int) -> tuple[int, int]:
    """Return the number of objects in a container, and where the first one stands."""
    if head < 0xA0:
        count, place = head & 0x0F, place + 1
        return (count if head >= 0x90 else 2 * count), place
    width = _CONTAINERS[head]
    count = _number(data, place + 1, width)
    return (count if head < 0xDE else 2 * count), place + 1 + width


def _after_extension(data: bytes, place: int, head: int, *, may_mark: bool) -> int:
    if head in _FIXED_EXTENSIONS:
        length, place = _FIXED_EXTENSIONS[head], place + 1
    elif head in _EXTENSIONS:
        width = _EXTENSIONS[head]
        length, place = _number(data, place + 1, width), place + 1 + width
    else:
        raise WireError("unknown", f"no packed tree holds an object that begins with byte {head:#04x}")
    kind = _number(data, place, 1)
    if not (kind in _BODIES or (kind in _MARKS and may_mark and length == 0)):
        raise WireError("unknown", f"an extension of type {kind} where none may stand")
    return place + 1 + length
