"""Lists, tuples, deques, sets and dicts as kinds. Knows no paths and no numbering."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from enum import Enum
from typing import Any, Final

from rollback.envs.plans.kinds import Kind
from rollback.envs.plans.leaves import is_atom, is_left_alone
from rollback.envs.plans.names import Names
from rollback.errors import GameError
from rollback.state.trees import is_key

__all__ = ["DEQUE", "DICT", "FROZENSET", "LIST", "PAIRS", "SET", "TUPLE", "content_of", "in_order", "refill"]

_CONTENTS: Final = (bytearray, OrderedDict, deque, set, dict, list)  # what classes may be made from, and add attributes to
_DICTS: Final = {dict: "", OrderedDict: "OrderedDict", defaultdict: "defaultdict"}


class _SequenceKind(Kind):
    """Lists, tuples, deques, sets and frozensets.

    Args:
        cls: The type.
        name: Its name in the structure.
    """

    form = "places"

    def __init__(self, cls: type, name: str) -> None:
        self.cls = cls
        self.name = name
        self.is_immutable = cls in (tuple, frozenset)

    def about(self, thing: Any, names: Names, path: str) -> Any:
        if self.cls is tuple and type(thing) is not tuple:
            return names.of_class(type(thing))
        return thing.maxlen if self.cls is deque else ""

    def split(self, thing: Any) -> Any:
        return in_order(thing) if self.cls in (set, frozenset) else list(thing)

    def check(self, about: Any, value: Any, names: Names) -> None:
        if self.cls is deque:
            if about is not None and (type(about) is not int or about < len(value) or about > 2**31):
                raise GameError(f"the snapshot holds a deque of {len(value)} entries and at most {about!r:.20}")
        elif self.cls is tuple and about != "":
            cls = names.class_named(about)
            if not issubclass(cls, tuple) or len(getattr(cls, "_fields", ())) != len(value) or cls.__dictoffset__:
                raise GameError(f"the snapshot holds a {about!r:.80} of {len(value)} entries: it has none such")
        elif about != "":
            raise GameError(f"the snapshot says {about!r:.40} about a {self.name}")

    def fits(self, thing: Any, about: Any, value: Any, names: Names) -> bool:
        return self.cls is not deque or thing.maxlen == about

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        if self.cls is deque:
            return deque(maxlen=about)
        if not self.is_immutable:
            return self.cls()
        return self.cls(value) if about == "" else tuple.__new__(names.class_named(about), value)

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        if self.cls is list:  # a window among the entries stays
            value = [
                thing[place] if entry is None and place < len(thing) and is_left_alone(thing[place]) else entry
                for place, entry in enumerate(value)
            ]
        if not self.is_immutable:
            refill(self.cls, thing, value)


class _DictKind(Kind):
    """Dicts whose keys stand in a state tree as they are; their order is part of what is known about them."""

    name = "dict"
    form = "names"

    def about(self, thing: Any, names: Names, path: str) -> Any:
        factory = getattr(thing, "default_factory", None) if type(thing) is defaultdict else None
        named = "" if factory is None else names.of_constant(factory, f"{path}.default_factory")
        return (_DICTS[type(thing)], named, tuple(thing))

    def split(self, thing: Any) -> Any:
        return dict(thing)

    def check(self, about: Any, value: Any, names: Names) -> None:
        form, factory, keys = about
        if form not in _DICTS.values() or type(keys) is not tuple:
            raise GameError(f"the snapshot holds a dict of the form {form!r:.40}")
        if len(keys) != len(value) or not all(is_key(key, 0) and key in value for key in keys):
            raise GameError("the snapshot holds a dict that has other keys than are listed")
        if factory != "":
            names.constant_named(factory)

    def fits(self, thing: Any, about: Any, value: Any, names: Names) -> bool:
        factory = None if about[1] == "" else names.constant_named(about[1])
        return _DICTS.get(type(thing)) == about[0] and getattr(thing, "default_factory", None) is factory

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        if about[0] == "defaultdict":
            return defaultdict(None if about[1] == "" else names.constant_named(about[1]))
        return OrderedDict() if about[0] == "OrderedDict" else {}

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        kept = {key: thing[key] for key in about[2] if value[key] is None and is_left_alone(thing.get(key))}
        thing.clear()
        for key in about[2]:
            thing[key] = kept.get(key, value[key])


DICT: Final = _DictKind()


class _PairsKind(Kind):
    """Dicts whose keys are objects, or texts of a class of their own: key, entry, key, entry ..."""

    name = "dict of objects"
    form = "places"

    def about(self, thing: Any, names: Names, path: str) -> Any:
        return _DictKind.about(DICT, thing, names, path)[:2]

    def split(self, thing: Any) -> Any:
        return [part for pair in thing.items() for part in pair]

    def check(self, about: Any, value: Any, names: Names) -> None:
        form, factory = about
        DICT.check((form, factory, ()), {}, names)
        if len(value) % 2:
            raise GameError("the snapshot holds a dict with a key that has no entry")

    def fits(self, thing: Any, about: Any, value: Any, names: Names) -> bool:
        return DICT.fits(thing, about, value, names)

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        return DICT.shell(about, value, names)

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        thing.clear()
        thing.update(zip(value[::2], value[1::2], strict=True))


LIST: Final = _SequenceKind(list, "list")
TUPLE: Final = _SequenceKind(tuple, "tuple")
DEQUE: Final = _SequenceKind(deque, "deque")
SET: Final = _SequenceKind(set, "set")
FROZENSET: Final = _SequenceKind(frozenset, "frozenset")
PAIRS: Final = _PairsKind()


def content_of(cls: type) -> Any:
    """Return the built-in container that `cls` is made from and adds attributes to, or None."""
    for base in _CONTENTS:
        if issubclass(cls, base) and cls is not base:
            return base
    return None


def refill(cls: Any, thing: Any, entries: Any) -> None:
    """Replace what a container contains, by the methods of the built-in type itself."""
    if cls is list or cls is bytearray:
        cls.__setitem__(thing, slice(None), entries)
        return
    cls.clear(thing)
    if cls in (dict, OrderedDict):
        for key, value in entries.items():
            cls.__setitem__(thing, key, value)
    else:
        (cls.extend if cls is deque else cls.update)(thing, entries)


def in_order(things: Any) -> list[Any]:
    """Return what a set holds in an order that does not depend on where things lie in memory, as far as there is one."""
    kinds = set(map(type, things))
    if kinds == {int} or kinds == {str} or kinds == {float}:
        return sorted(things)
    return sorted(things, key=_rank)


def _rank(thing: Any) -> tuple[str, str]:
    if not is_atom(thing) and not isinstance(thing, (tuple, Enum)):
        inside = getattr(thing, "__dict__", {})
        thing = {name: inside[name] for name in sorted(inside) if is_atom(inside[name])}
    return (type(thing).__qualname__, repr(thing))
