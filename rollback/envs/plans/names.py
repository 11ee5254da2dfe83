"""Names for classes, functions and other constants, and the few that a snapshot may call up. Knows no objects' insides.

A snapshot may come from a peer. It names classes and constants, and a name leads only to what this plan itself has met,
or to what the environment's own package has already imported: nothing is imported and nothing is called for a name.
"""

from __future__ import annotations

import sys
import types
from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Any, Final

from rollback.errors import GameError

__all__ = ["Names", "is_ordinary", "name_of"]

_SAFE_MODULES: Final = frozenset({"collections", "types", "argparse"})  # UserDict, Counter, SimpleNamespace, Namespace
_HARMLESS: Final = {
    f"{kind.__module__}:{kind.__qualname__}": kind
    for kind in (bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, deque, OrderedDict)
}  # what a defaultdict makes is most often one of these
_HEAP: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class that is no static C type
_MOST: Final = 256  # constants met at the same place
_LONGEST: Final = 400  # characters of a name that is looked up


def name_of(thing: Any) -> str:
    """Return `module:qualname` of a class or function."""
    return f"{thing.__module__}:{thing.__qualname__}"


def is_ordinary(cls: type) -> bool:
    """Return whether instances of `cls` hold nothing but attributes: no base but `object` is written in C."""
    for base in cls.__mro__:
        if base is object or base is types.SimpleNamespace:
            continue
        if not base.__flags__ & _HEAP:
            return False
        if "__slots__" not in base.__dict__ and not base.__dictoffset__:
            return False  # a C class that lives on the heap
    return True


class Names:
    """What one plan may name.

    Args:
        chain: The classes of the environment and its wrappers, innermost last.
    """

    def __init__(self, chain: tuple[type, ...]) -> None:
        self.packages = frozenset(cls.__module__.partition(".")[0] for cls in chain) - {"builtins"}
        module = chain[-1].__module__
        self.home = module.rpartition(".")[0] or module  # the folder of the environment's own module
        self._classes: dict[str, type] = {}
        self._hidden: set[tuple[type, str]] = set()
        self._constants: dict[str, list[Any]] = {}

    def of_class(self, cls: type) -> str:
        """Return the name of a class met in the walk, which from now on leads to it."""
        name = name_of(cls)
        count = 1
        while self._classes.setdefault(name, cls) is not cls:  # two local classes of the same name
            count += 1
            name = f"{name_of(cls)}#{count}"
        return name

    def of_constant(self, thing: Any, path: str, *, is_equal_enough: bool = False) -> str:
        """Return the name of a constant met at `path`: its own where that leads to it, otherwise the path.

        Args:
            thing: The constant.
            path: Where it was met.
            is_equal_enough: Give one that equals another met there the same name.
        """
        if isinstance(thing, types.ModuleType):
            name = f"module {thing.__name__}"
        elif isinstance(thing, (type, types.FunctionType, types.BuiltinFunctionType)) and self._is_found(thing):
            name = name_of(thing)
        else:
            name = f"at {path}"
        known = self._constants.setdefault(name, [])
        for place, other in enumerate(known):
            if other is thing or (is_equal_enough and other == thing):
                return f"{name}#{place}" if place else name
        if len(known) == _MOST:
            del known[-1]  # a new one every time: only the newest can be asked for
        known.append(thing)
        return f"{name}#{len(known) - 1}" if len(known) > 1 else name

    def class_named(self, name: Any) -> type:
        """Return the class of that name.

        Raises:
            GameError: It is none of this plan and not of the environment's package.
        """
        if type(name) is str and name in self._classes:
            return self._classes[name]
        module, _, _ = _parts(name)
        found = _look_up(name) if module.partition(".")[0] in self.packages or module in _SAFE_MODULES else None
        if not isinstance(found, type) or name_of(found) != name:  # a module that another one imports is no part of it
            raise GameError(
                f"the snapshot holds an object of the class {name!r:.80}: only classes of this environment"
                f" ({', '.join(sorted(self.packages))}) are made from snapshots"
            )
        return found

    def note_hidden(self, thing: Any) -> None:
        """Note which methods of its class an object that was met hides by attributes of its own."""
        cls = type(thing)
        self._hidden.update((cls, name) for name in getattr(thing, "__dict__", ()) if _is_method(cls, name))

    def hides(self, cls: type, attributes: Iterable[Any]) -> str | None:
        """Return the first attribute that hides a method of `cls` which no object that was met hides."""
        return next((name for name in attributes if _is_method(cls, name) and (cls, name) not in self._hidden), None)

    def is_met(self, cls: type) -> bool:
        """Return whether the walk has met an object of this class."""
        return any(met is cls for met in self._classes.values())

    def constant_named(self, name: Any) -> Any:
        """Return the constant of that name.

        Raises:
            GameError: This environment holds none of that name.
        """
        plain, _, place = name.partition("#") if type(name) is str else ("", "", "")
        known = self._constants.get(plain, ())
        index = int(place) if place.isdecimal() and len(place) < 7 else 0
        if index < len(known):
            return known[index]
        if plain in _HARMLESS:
            return _HARMLESS[plain]
        module, _, _ = _parts(name)
        if module == self.home or module.startswith(f"{self.home}."):
            found = _look_up(name)
            if isinstance(found, (type, types.FunctionType)) and name_of(found) == name:
                return found
        raise GameError(f"the snapshot refers to {name!r:.80}, which this environment does not have")

    def _is_found(self, thing: Any) -> bool:
        return isinstance(getattr(thing, "__module__", None), str) and _look_up(name_of(thing)) is thing


def _is_method(cls: type, name: Any) -> bool:
    held = next((base.__dict__[name] for base in cls.__mro__ if name in base.__dict__), None)
    return isinstance(held, (types.FunctionType, classmethod, staticmethod))


def _parts(name: Any) -> tuple[str, str, list[str]]:
    if type(name) is not str or len(name) > _LONGEST:
        raise GameError(f"the snapshot holds {name!r:.60} where a name is needed")
    module, colon, rest = name.partition(":")
    return module, colon, rest.split(".")


def _look_up(name: str) -> Any:
    """Return what `name` leads to in modules that are already imported, without running a line of theirs."""
    module, _, steps = _parts(name)
    if module not in sys.modules:
        return None
    found: Any = sys.modules[module]
    for step in steps:
        inside = getattr(found, "__dict__", None) if isinstance(found, (types.ModuleType, type)) else None
        if inside is None or step not in inside:
            return None
        found = inside[step]
    return found
