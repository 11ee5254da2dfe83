"""The kinds of objects that are written as one value: generators, enumerations, numbers of other forms; and spaces.

Knows no paths and no numbering.
"""

from __future__ import annotations

import importlib
import itertools
import random
from enum import Enum
from typing import Any, Final

from numpy.random import Generator, RandomState

from rollback.envs.plans.kinds import Kind
from rollback.envs.plans.leaves import read_coin, write_coin
from rollback.envs.plans.leaves_random import BIT_GENERATORS, check_bits, check_old, check_python
from rollback.envs.plans.names import Names
from rollback.errors import GameError

__all__ = ["BITS", "BYTES", "COIN", "COUNT", "ENUM", "GENERATOR", "OLD", "RANDOM", "SHAPE", "SPACE"]


_SHAPES: Final = {"Rect": 4, "FRect": 4, "Vector2": 2, "Vector3": 3, "Color": 4}  # how many numbers each has


class _BytesKind(Kind):
    """Byte arrays."""

    name = "bytearray"

    def split(self, thing: Any) -> Any:
        return bytes(thing)

    def check(self, about: Any, value: Any, names: Names) -> None:
        if type(value) is not bytes:
            raise GameError("the snapshot holds something else where bytes are needed")

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        return bytearray()

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        thing[:] = value


class _BitsKind(Kind):
    """Numpy's bit generators: their whole state, with the half of a number that is left over."""

    name = "bits"
    is_lasting = True

    def about(self, thing: Any, names: Names, path: str) -> Any:
        return type(thing).__name__

    def split(self, thing: Any) -> Any:
        return thing.state

    def check(self, about: Any, value: Any, names: Names) -> None:
        check_bits(about, value)

    def fits(self, thing: Any, about: Any, value: Any, names: Names) -> bool:
        return bool(type(thing).__name__ == about)

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        return BIT_GENERATORS[about](0)

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        thing.state = value


class _GeneratorKind(Kind):
    """Numpy's generators: they hold nothing but their bit generator."""

    name = "generator"
    form = "names"
    is_immutable = True

    def split(self, thing: Any) -> Any:
        return {"bit_generator": thing.bit_generator}

    def check(self, about: Any, value: Any, names: Names) -> None:
        if value.keys() != {"bit_generator"}:
            raise GameError("the snapshot holds a generator without bits")

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        if type(value["bit_generator"]).__name__ not in BIT_GENERATORS:
            raise GameError("the snapshot holds a generator of something else than bits")
        return Generator(value["bit_generator"])


class _RandomKind(Kind):
    """Generators that are one object with its state: Python's own and numpy's old one.

    Args:
        cls: The type.
        name: Its name in the structure.
        get: The method that returns the state.
    """

    is_lasting = True

    def __init__(self, cls: Any, name: str, get: Any) -> None:
        self.cls = cls
        self.name = name
        self.get = get

    def split(self, thing: Any) -> Any:
        return self.get(thing)

    def check(self, about: Any, value: Any, names: Names) -> None:
        (check_python if self.name == "random" else check_old)(value)

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        return self.cls(0)

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        (thing.setstate if self.name == "random" else thing.set_state)(value)


class _CountKind(Kind):
    """`itertools.count`: where it stands and its step. It cannot be set, so loading makes a new one."""

    name = "count"
    is_immutable = True

    def split(self, thing: Any) -> Any:
        return thing.__reduce__()[1]

    def check(self, about: Any, value: Any, names: Names) -> None:
        if type(value) is not tuple or not 1 <= len(value) <= 2 or not all(type(part) in (int, float) for part in value):
            raise GameError(f"the snapshot holds a count from {value!r:.60}")

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        return itertools.count(*value)


class _EnumKind(Kind):
    """Members of enumerations, by name; combined flags by number."""

    name = "enum"
    is_immutable = True

    def about(self, thing: Any, names: Names, path: str) -> Any:
        return names.of_class(type(thing))

    def split(self, thing: Any) -> Any:
        return thing._value_ if thing._name_ is None or "|" in thing._name_ else thing._name_

    def check(self, about: Any, value: Any, names: Names) -> None:
        if not issubclass(names.class_named(about), Enum):
            raise GameError(f"the snapshot holds a member of {about!r:.80}, which is no enumeration")
        self.shell(about, value, names)

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        cls: Any = names.class_named(about)
        try:
            return cls.__members__[value] if type(value) is str else cls(int(value))
        except (KeyError, ValueError, TypeError):
            raise GameError(f"the snapshot holds {value!r:.40}, which is no {cls.__name__}") from None


class _CoinKind(Kind):
    """Immutable values that are written as something else."""

    name = "value"
    is_immutable = True

    def about(self, thing: Any, names: Names, path: str) -> Any:
        coin = write_coin(thing)
        return coin[0] if coin else ""

    def split(self, thing: Any) -> Any:
        coin = write_coin(thing)
        return coin[1] if coin else None

    def check(self, about: Any, value: Any, names: Names) -> None:
        read_coin(about, value)

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        return read_coin(about, value)


class _ShapeKind(Kind):
    """Pygame's rectangles, vectors and colours: they are numbers, though the package is one of windows."""

    name = "shape"

    def about(self, thing: Any, names: Names, path: str) -> Any:
        return type(thing).__name__

    def split(self, thing: Any) -> Any:
        return tuple(thing)

    def check(self, about: Any, value: Any, names: Names) -> None:
        count = _SHAPES.get(about) if type(about) is str else None
        if count is None or type(value) is not tuple or len(value) != count or not all(type(x) in (int, float) for x in value):
            raise GameError(f"the snapshot holds a {about!r:.40} of {value!r:.60}")
        try:
            self.shell(about, value, names)
        except (ImportError, AttributeError, TypeError, ValueError, OverflowError) as error:
            raise GameError(f"the snapshot holds a {about} that cannot be made here: {error!s:.80}") from None

    def fits(self, thing: Any, about: Any, value: Any, names: Names) -> bool:
        return bool(type(thing).__name__ == about)

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        return getattr(importlib.import_module("pygame"), about)(*value)

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        thing.update(*value)


class _SpaceKind(Kind):
    """Spaces: they stay where they are, but the generator that one has made is state."""

    name = "space"
    form = "names"
    is_lasting = True

    def about(self, thing: Any, names: Names, path: str) -> Any:
        return names.of_constant(thing, path, is_equal_enough=True)

    def split(self, thing: Any) -> Any:
        entries: dict[str, Any] = {"_np_random": thing.__dict__.get("_np_random")}
        for name, entry in thing.__dict__.items():
            if name in ("spaces", "feature_space", "node_space", "edge_space", "stop_space"):
                inside = entry.items() if isinstance(entry, dict) else enumerate(entry) if type(entry) in (list, tuple) else ()
                entries.update((f"{name}[{key!r}]", space) for key, space in inside)
                entries.update({} if inside != () else {name: entry})
        return entries

    def check(self, about: Any, value: Any, names: Names) -> None:
        names.constant_named(about)

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        return names.constant_named(about)

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        thing._np_random = value.get("_np_random")


BYTES: Final = _BytesKind()
BITS: Final = _BitsKind()
GENERATOR: Final = _GeneratorKind()
OLD: Final = _RandomKind(RandomState, "old generator", lambda thing: thing.get_state(legacy=False))
RANDOM: Final = _RandomKind(random.Random, "random", random.Random.getstate)
COUNT: Final = _CountKind()
ENUM: Final = _EnumKind()
COIN: Final = _CoinKind()
SHAPE: Final = _ShapeKind()
SPACE: Final = _SpaceKind()
