"""Arrays as kinds: of numbers, of texts and records, of objects. Knows no paths; arrays that share memory are elsewhere."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy

from rollback.envs.plans.kinds import Kind
from rollback.envs.plans.names import Names
from rollback.errors import GameError
from rollback.state.arrays import is_array

__all__ = ["ARRAY", "OBJECTS", "RAW"]

_RAW: Final = re.compile(r"[<>|=](U|S|V|f16|c32|[mM]8(\[\d{0,9}[a-zA-Z]{1,2}\])?)\d{0,9}")


class _ArrayKind(Kind):
    """Arrays of numbers; the value is the array, `about` says whether it is laid out as in Fortran or cannot be written."""

    name = "array"

    def about(self, thing: Any, names: Names, path: str) -> Any:
        flags = thing.flags
        return ("F" if flags.fnc else "") + ("" if flags.writeable else "R")

    def split(self, thing: Any) -> Any:
        return thing.copy()

    def check(self, about: Any, value: Any, names: Names) -> None:
        if not is_array(value) or about not in ("", "F", "R", "FR"):
            raise GameError("the snapshot holds something else where an array is needed")

    def fits(self, thing: Any, about: Any, value: Any, names: Names) -> bool:
        return bool(thing.shape == value.shape and thing.dtype == value.dtype and self.about(thing, names, "") == about) and (
            thing.flags.writeable or thing.tobytes() == value.tobytes()
        )

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        made = value.copy(order="F" if about[:1] == "F" else "C")
        made.flags.writeable = "R" not in about
        return made

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        if thing.flags.writeable:
            thing[...] = value


class _RawKind(Kind):
    """Arrays of texts, moments or records: dtype and shape, and the bytes."""

    name = "raw array"

    def about(self, thing: Any, names: Names, path: str) -> Any:
        if thing.dtype.names is not None:
            return (names.of_constant(thing.dtype, f"{path}.dtype"), thing.shape)
        return (thing.dtype.str, thing.shape)

    def split(self, thing: Any) -> Any:
        return thing.tobytes()

    def check(self, about: Any, value: Any, names: Names) -> None:
        dtype, shape = about
        count = 1
        for side in shape:
            if type(side) is not int or not 0 <= side < 2**31:
                raise GameError(f"the snapshot holds an array of the shape {shape!r:.60}")
            count *= side
        if type(value) is not bytes or len(value) != count * self._dtype(dtype, names).itemsize:
            raise GameError(f"the snapshot holds an array of {dtype!r:.60} in too many or too few bytes")

    def fits(self, thing: Any, about: Any, value: Any, names: Names) -> bool:
        return bool(thing.shape == about[1] and thing.dtype == self._dtype(about[0], names) and thing.flags.writeable)

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        return numpy.frombuffer(bytearray(value), self._dtype(about[0], names)).reshape(about[1]).copy()

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        thing[...] = numpy.frombuffer(value, thing.dtype).reshape(thing.shape)

    def _dtype(self, name: Any, names: Names) -> Any:
        if type(name) is str and _RAW.fullmatch(name):
            try:
                return numpy.dtype(name)
            except (TypeError, ValueError, OverflowError):
                raise GameError(f"the snapshot holds an array of {name!r:.40}") from None
        dtype = names.constant_named(name)
        if not isinstance(dtype, numpy.dtype) or dtype.hasobject:
            raise GameError(f"the snapshot holds an array of {name!r:.40}")
        return dtype


class _ObjectsKind(Kind):
    """Arrays of Python objects: their shape and their entries."""

    name = "array of objects"
    form = "places"

    def about(self, thing: Any, names: Names, path: str) -> Any:
        return thing.shape

    def split(self, thing: Any) -> Any:
        return list(thing.flat)

    def check(self, about: Any, value: Any, names: Names) -> None:
        count = 1
        for side in about:
            count *= side if type(side) is int and side >= 0 else 2**60
        if count != len(value):
            raise GameError(f"the snapshot holds {len(value)} objects in an array of the shape {about!r:.60}")

    def fits(self, thing: Any, about: Any, value: Any, names: Names) -> bool:
        return bool(thing.shape == about and thing.flags.writeable)

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        return numpy.empty(about, dtype=object)

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        for place, entry in enumerate(value):
            thing[numpy.unravel_index(place, thing.shape)] = entry


ARRAY: Final = _ArrayKind()
RAW: Final = _RawKind()
OBJECTS: Final = _ObjectsKind()
