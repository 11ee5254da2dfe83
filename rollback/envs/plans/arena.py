"""Arrays that share memory: which ones do, and how they are written so that they share it again. Knows no paths.

Two arrays that are views of the same memory have to be so after loading too, or what is written through one is no longer
seen through the other. The memory is written once, with the array that owns it; a view is written as a place in it. (Copying
all arrays into one block was measured and is no quicker than one copy each: 80 ns for a small array, and views of a block
that can be read in a diff cost 200.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy

from rollback.envs.plans.kinds import Kind
from rollback.envs.plans.names import Names
from rollback.errors import GameError

__all__ = ["VIEW", "owner_of", "shared_memory"]

_DTYPES: Final = frozenset(
    [f"|{kind}1" for kind in "biu"]
    + [f"{order}{kind}" for order in "<>" for kind in ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")]
)
_LARGEST: Final = 2**24  # entries of a view: one of stride 0 claims what nobody sent


class _ViewKind(Kind):
    """Arrays that see the memory of another one: dtype, offset in bytes, shape, strides."""

    name = "view"
    form = "names"
    is_immutable = True

    def split(self, thing: Any) -> Any:
        return {"memory": owner_of(thing)}

    def about(self, thing: Any, names: Names, path: str) -> Any:
        owner = owner_of(thing)
        offset = thing.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        return (thing.dtype.str, offset, thing.shape, thing.strides, bool(thing.flags.writeable))

    def check(self, about: Any, value: Any, names: Names) -> None:
        dtype, offset, shape, strides, _ = about
        count = 1
        for side, stride in zip(shape, strides, strict=True):
            if type(side) is not int or type(stride) is not int or side < 0:
                raise GameError(f"the snapshot holds a view of the shape {shape!r:.60} and the strides {strides!r:.60}")
            count *= side
        if dtype not in _DTYPES or type(offset) is not int or count > _LARGEST or value.keys() != {"memory"}:
            raise GameError(f"the snapshot holds a view of {dtype!r:.20} and the shape {shape!r:.60}")

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        dtype, offset, shape, strides, writeable = about
        owner = value["memory"]
        if type(owner) is not numpy.ndarray or not (owner.flags.c_contiguous or owner.flags.f_contiguous):
            raise GameError("the snapshot holds a view of something that is no block of memory")
        try:
            block = owner if owner.flags.c_contiguous else owner.T
            made: Any = numpy.ndarray(shape, dtype, block, offset, strides)
        except (ValueError, TypeError, OverflowError) as error:
            raise GameError(f"the snapshot holds a view that does not lie in its memory: {error}") from None
        made.flags.writeable = bool(writeable) and made.flags.writeable
        return made


VIEW: Final = _ViewKind()


def owner_of(array: Any) -> Any:
    """Return the array whose memory `array` sees, maybe itself."""
    while type(array.base) is numpy.ndarray:
        array = array.base
    return array


def shared_memory(arrays: Sequence[Any]) -> dict[int, Any]:
    """Return the owners, by their `id`, of all memory that more than one of the arrays sees."""
    seen: dict[int, Any] = {}
    shared: dict[int, Any] = {}
    for array in arrays:
        owner = owner_of(array)
        if id(owner) in seen and owner.flags.forc:
            shared[id(owner)] = owner
        seen[id(owner)] = owner
    return shared
