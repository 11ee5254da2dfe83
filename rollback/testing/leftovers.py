"""Which attributes of a game a load did not set, by name. Knows objects; knows no frame and no snapshot.

It looks where no contract lets the engine look, and only to give a difference that was found otherwise a name.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

from rollback.state import checksum, is_tree

__all__ = ["leftovers"]

_DEEPEST: Final = 4  # objects inside each other that are gone into


def leftovers(saved: Any, loaded: Any) -> list[str]:
    """Return the attributes in which two games differ that ought to be the same, as paths such as `wind.speed`.

    Values that cannot be compared, such as windows and functions, are passed over.
    """
    return list(dict.fromkeys(_unlike(saved, loaded, "", 0)))


def _unlike(one: Any, other: Any, path: str, depth: int) -> Iterator[str]:
    if one is other:
        return
    if type(one) is not type(other):
        yield path
    elif isinstance(one, random.Random):
        if one.getstate() != other.getstate():
            yield path
    elif isinstance(one, set | frozenset):
        if one != other:
            yield path
    elif is_tree(one) and is_tree(other):
        if checksum(one) != checksum(other):
            yield path
    elif isinstance(one, dict):
        if one.keys() != other.keys():
            yield path
        elif depth < _DEEPEST:
            for key in one:
                yield from _unlike(one[key], other[key], f"{path}[{key!r}]", depth + 1)
    elif isinstance(one, list | tuple):
        if len(one) != len(other):
            yield path
        elif depth < _DEEPEST:
            for place, (left, right) in enumerate(zip(one, other, strict=True)):
                yield from _unlike(left, right, f"{path}[{place}]", depth + 1)
    elif depth < _DEEPEST:
        yield from _attributes(one, other, path, depth)


def _attributes(one: Any, other: Any, path: str, depth: int) -> Iterator[str]:
    mine, theirs = getattr(one, "__dict__", {}), getattr(other, "__dict__", {})
    for name in {**mine, **theirs}:  # no set: the order is told
        where = f"{path}.{name}" if path else name
        if name not in mine or name not in theirs:
            yield where
        else:
            yield from _unlike(mine[name], theirs[name], where, depth + 1)
