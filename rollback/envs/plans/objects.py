"""Objects of ordinary classes, their methods, and weak references as kinds. Knows no paths and no numbering."""

from __future__ import annotations

import types
import weakref
from collections import OrderedDict, deque
from typing import Any, Final

from rollback.envs.plans.containers import content_of, refill
from rollback.envs.plans.kinds import Kind
from rollback.envs.plans.leaves import is_left_alone, kept_names
from rollback.envs.plans.names import Names, is_ordinary
from rollback.errors import GameError

__all__ = ["CONTENT", "METHOD", "OBJECT", "WEAK", "slots_of"]

CONTENT: Final = "()"  # the entry that holds what an object of a class made from a list, dict, set or deque contains
_BUILT_IN: Final = frozenset({"builtins", "collections", "numpy.random._generator", "numpy.random.mtrand", "random"})


class _ObjectKind(Kind):
    """Objects of ordinary Python classes: their `__dict__`, their slots, and what they contain where they are lists too."""

    name = "object"
    form = "names"
    is_lasting = True

    def about(self, thing: Any, names: Names, path: str) -> Any:
        names.note_hidden(thing)
        return names.of_class(type(thing))

    def split(self, thing: Any) -> Any:
        cls = type(thing)
        inside = getattr(thing, "__dict__", None) if cls.__dictoffset__ else None
        entries = dict(inside) if inside else {}
        for name, slot in slots_of(cls).items():
            try:
                entries[name] = slot.__get__(thing)
            except AttributeError:
                continue  # a slot may be empty
        kept = kept_names(cls)
        for name in [name for name in entries if type(name) is not str or name in kept]:
            del entries[name]
        content = content_of(cls)
        if content is not None:
            entries[CONTENT] = deque(thing, thing.maxlen) if content is deque else content(_plainly(content, thing))
        return {name: entries[name] for name in sorted(entries)}

    def check(self, about: Any, value: Any, names: Names) -> None:
        cls = names.class_named(about)
        if not is_ordinary(cls) and content_of(cls) is None:
            raise GameError(f"the snapshot holds an object of the class {about!r:.80}, which is not made from attributes")
        if hasattr(cls, "__del__") and not names.is_met(cls):
            raise GameError(f"the snapshot holds an object of the class {about!r:.80}, which does something when it goes")
        if hidden := names.hides(cls, value):  # a step of a peer's choosing, say
            raise GameError(f"the snapshot hides the method {hidden:.80} of {about!r:.80}, which nothing does here")
        if not cls.__dictoffset__ and not value.keys() <= slots_of(cls).keys() | {CONTENT}:
            raise GameError(f"the snapshot gives a {about!r:.80} attributes that it has no place for")

    def fits(self, thing: Any, about: Any, value: Any, names: Names) -> bool:
        return type(thing) is names.class_named(about)

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        cls = names.class_named(about)
        return (content_of(cls) or object).__new__(cls)

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        cls = type(thing)
        slots, kept = slots_of(cls), kept_names(cls)
        if cls.__dictoffset__:
            inside = thing.__dict__
            for name in [name for name in inside if name not in value and name not in kept]:
                del inside[name]
            inside.update(
                (name, entry)
                for name, entry in value.items()
                if name not in slots
                and name not in kept
                and name != CONTENT
                and not (entry is None and name in inside and is_left_alone(inside[name]))
            )
        for name, slot in slots.items():
            if name in kept:
                continue
            if name in value:
                slot.__set__(thing, value[name])
            else:
                try:
                    slot.__delete__(thing)
                except AttributeError:
                    continue  # it was empty
        if CONTENT in value:
            refill(content_of(cls), thing, value[CONTENT])


class _MethodKind(Kind):
    """Bound methods: the object may be another one after loading, so the method is bound again."""

    name = "method"
    form = "names"
    is_immutable = True

    def about(self, thing: Any, names: Names, path: str) -> Any:
        if type(thing) is not types.MethodType or type(thing.__self__).__module__ in _BUILT_IN:
            return thing.__name__
        return names.of_constant(thing.__func__, f"{path}.__func__")

    def split(self, thing: Any) -> Any:
        return {"__self__": thing.__self__}

    def check(self, about: Any, value: Any, names: Names) -> None:
        if value.keys() != {"__self__"} or type(about) is not str:
            raise GameError("the snapshot holds a method of nothing")

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        owner = value["__self__"]
        if type(owner).__module__ in _BUILT_IN and about.isidentifier() and not about.startswith("_"):
            return getattr(owner, about, None)
        return types.MethodType(names.constant_named(about), owner)


class _WeakKind(Kind):
    """Weak references without a callback."""

    name = "weak reference"
    form = "places"
    is_immutable = True

    def split(self, thing: Any) -> Any:
        return [thing()]

    def check(self, about: Any, value: Any, names: Names) -> None:
        if len(value) != 1:
            raise GameError("the snapshot holds a weak reference to several objects")

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        try:
            return weakref.ref(value[0]) if value[0] is not None else weakref.ref(set())
        except TypeError as error:
            raise GameError(f"the snapshot holds a weak reference that cannot be: {error}") from None


OBJECT: Final = _ObjectKind()
METHOD: Final = _MethodKind()
WEAK: Final = _WeakKind()


def slots_of(cls: type) -> dict[str, Any]:
    """Return the descriptors of the slots of a class by name; those of a base that are hidden by a class are left out."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        for name, entry in base.__dict__.items():
            if type(entry) is types.MemberDescriptorType and base.__flags__ & (1 << 9):
                found[name] = entry
    return found


def _plainly(content: Any, thing: Any) -> Any:
    return content.items(thing) if content in (dict, OrderedDict) else content.__iter__(thing)
