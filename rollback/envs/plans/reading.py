"""Source code of `save` for one layout. Knows no loading.

What always was the same is compared by identity, the rest is looked at and copied; anything unlike returns None.
"""

from __future__ import annotations

from typing import Any, Final

import numpy

from rollback.envs.plans.arena import owner_of
from rollback.envs.plans.arrays import ARRAY, RAW
from rollback.envs.plans.containers import DEQUE, DICT, FROZENSET, LIST, SET, TUPLE, in_order
from rollback.envs.plans.kinds import OwnKind
from rollback.envs.plans.layout import Layout
from rollback.envs.plans.leaves import ATOMS, is_atom, is_left_alone
from rollback.envs.plans.leaves_random import Watch
from rollback.envs.plans.objects import METHOD, OBJECT, WEAK, slots_of
from rollback.envs.plans.values import BITS, BYTES, COIN, COUNT, ENUM, GENERATOR, OLD, RANDOM, SHAPE, SPACE
from rollback.state.arrays import is_array

__all__ = ["reading", "reading_names"]

_BY_VALUE: Final = (RAW, RANDOM, OLD, BYTES, SHAPE, COUNT, ENUM, COIN)


def reading(layout: Layout) -> list[str]:
    """Return the lines of `save()`; `layout.constants` gets what they call by name."""
    return _Reading(layout).lines


class _Reading:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.met: set[int] = {0}
        self.anew: list[int] = []
        self.kept: list[str] = []  # names of what one save leaves to the next
        base: dict[str, Any] = {"structure": layout.structure}
        self.body: list[str] = []
        for place, node in enumerate(layout.nodes):
            if place in layout.bits:
                continue
            if node.kind.form != "value":
                base[node.path] = node.value
            self.read(place)
        self.compare_identities()
        kept = ["    nonlocal " + ", ".join(self.kept)] if self.kept else []
        lines = ["def save():", *kept, "    try:", f"        t = {layout.name(base)}.copy()"]
        lines += [f"        {line}" for line in self.body]
        lines += ["    except misses:", "        return None", "    return t"]
        self.lines = ["def made():", f"    {' = '.join(['_', *self.kept])} = structure"]  # which is no atom
        self.lines += [*(f"    {line}" for line in lines), "    return save", "", "save = made()"]

    def say(self, line: str) -> None:
        self.body.append(line)

    def thing(self, place: int) -> str:
        return self.layout.name(self.layout.nodes[place].thing) if self.layout.fixed[place] else f"o{place}"

    def refuse(self, conditions: list[str]) -> None:
        for first in range(0, len(conditions), 24):
            self.say(f"if {' or '.join(conditions[first : first + 24])}: return None")

    def read(self, place: int) -> None:
        layout, node = self.layout, self.layout.nodes[place]
        kind, thing, path = node.kind, self.thing(place), repr(node.path)
        if not layout.fixed[place] and place not in layout.slots and kind not in (ENUM, COIN, COUNT):
            self.anew.append(place)
        if isinstance(kind, OwnKind):
            self.say(f"t[{path}] = {layout.name(kind.state.save)}()")
        elif kind is OBJECT:
            self.read_object(place)
        elif kind in (LIST, DEQUE, TUPLE, SET, FROZENSET, DICT):
            self.read_container(place)
        elif kind is ARRAY:
            self.read_array(place)
        elif kind is GENERATOR:
            bits = layout.nodes[(node.links or {})["bit_generator"]]  # type: ignore[index]
            slot = layout.name(layout.slots[place])
            unchanged = f"{thing} is {slot}.generator and {slot}.memory == {slot}.seen"
            self.say(f"t[{bits.path!r}] = {slot}.last if {unchanged} else {slot}.read({thing})")
        elif kind is BITS:
            self.say(f"t[{path}] = {layout.name(Watch(node.thing).state)}()")
        elif kind in _BY_VALUE:
            if kind is RAW:
                about = layout.name(kind.about)
                self.say(f"if {about}({thing}, names, {path}) != {layout.name(node.about)}: return None")
            self.say(f"t[{path}] = {layout.name(kind.split)}({thing})")
        elif kind is SPACE:
            self.say(f"x0 = {thing}._np_random")
            self.refuse(self.unlike(place, "_np_random", "x0"))
            self.met.update(target for target in (node.links or {}).values() if type(target) is int)
        elif kind is METHOD or kind is WEAK:
            self.say(f"x0 = {thing}{'.__self__' if kind is METHOD else '()'}")
            for key in layout.entries[place]:
                self.refuse(self.unlike(place, key, "x0"))
        else:  # a view: the memory is read with its owner, which is fixed
            self.met.update(target for target in (node.links or {}).values() if type(target) is int)

    def read_object(self, place: int) -> None:
        layout, node = self.layout, self.layout.nodes[place]
        thing, entries, slots = self.thing(place), layout.entries[place], slots_of(type(node.thing))
        named = {key: f"x{number}" for number, key in enumerate(entries)}
        if type(node.thing).__dictoffset__:
            inside = node.thing.__dict__
            if any(type(key) is not str for key in inside):
                self.say("return None")
                return
            # Each looked up by its name: in CPython 3.11 two thirds of what it takes to unpack all of them in their order.
            self.say(f"d = {thing}.__dict__")
            self.refuse([f"len(d) != {len(inside)}", *(f"{key!r} not in d" for key in inside if key not in named)])
            named.update((key, f"d[{key!r}]") for key in inside if key in named)
        for key in entries:
            if key in slots:
                self.say(f"{named[key]} = {layout.name(slots[key].__get__)}({thing})")
        self.read_entries(place, named)

    def read_container(self, place: int) -> None:
        layout, node = self.layout, self.layout.nodes[place]
        thing, kind = self.thing(place), node.kind
        if kind is DICT:
            self.say(f"if tuple({thing}) != {layout.name(node.about[2])}: return None")
            if node.about[0] == "defaultdict":
                self.say(f"if {thing}.default_factory is not {layout.name(node.thing.default_factory)}: return None")
        if kind is DEQUE and not layout.fixed[place]:
            self.say(f"if {thing}.maxlen != {node.about!r}: return None")
        if layout.is_whole(place):
            copied = "dict" if kind is DICT else "in_order" if kind in (SET, FROZENSET) else "list"
            self.say(f"t[{node.path!r}] = v = {copied}({thing})")
            atoms = "v.values()" if kind is DICT else "v"
            self.say(f"if not are_atoms(map(type, {atoms})) and not all(map(is_atom, {atoms})): return None")
            return
        named = {key: f"x{number}" for number, key in enumerate(layout.entries[place])}
        if not named:
            self.say(f"if {thing}: return None")
            return
        values = f"{thing}.values()" if kind is DICT else thing
        self.say(f"({', '.join(named.values())},) = {values}")
        self.read_entries(place, named)

    def read_entries(self, place: int, named: dict[Any, str]) -> None:
        """Compare all entries, and write those that vary into a copy of what never does.

        The copy is used again while they are what they were at the last save: nobody writes into snapshots.
        """
        layout, node = self.layout, self.layout.nodes[place]
        varying = [key for key in named if layout.is_varying(place, key) and not layout.is_left_alone(place, key)]
        values = {key: f"y{number}" for number, key in enumerate(varying)}
        conditions: list[str] = []
        for key, source in named.items():
            conditions += self.unlike(place, key, f"({values[key]} := {source})" if key in values else source, values.get(key))
        self.refuse(conditions)
        if varying:
            last = [f"l{len(self.kept) + number}" for number in range(len(varying))]
            copied = f"v{len(self.kept)}"
            self.kept += [*last, copied]
            self.say(f"if {' or '.join(f'{values[key]} is not {old}' for key, old in zip(varying, last, strict=True))}:")
            self.say(f"    {copied} = v = {layout.name(node.value)}.copy()")
            for key, old in zip(varying, last, strict=True):
                self.say(f"    v[{layout.name(key) if type(key) not in (str, int) else repr(key)}] = {old} = {values[key]}")
            self.say(f"t[{node.path!r}] = {copied}")

    def unlike(self, place: int, key: Any, source: str, value: str | None = None) -> list[str]:
        """Return the conditions under which an entry is unlike what was compiled; name an object that is met first.

        Args:
            place: Of the object.
            key: Of the entry.
            source: The entry, read once.
            value: What `source` calls it from then on.
        """
        layout, node = self.layout, self.layout.nodes[place]
        entry = layout.entries[place][key]
        target = (node.links or {}).get(key)
        if type(target) is int and not layout.fixed[target]:
            if target in self.met:
                return [f"{source} is not o{target}"]
            self.met.add(target)
            kind = layout.name(type(layout.nodes[target].thing))
            return [f"(o{target} := {source}).__class__ is not {kind}"]
        if type(target) is int:
            self.met.add(target)
        elif target is None and layout.is_varying(place, key):
            if value is None:  # a window
                return [f"not is_left_alone({source})"]
            if type(entry) is tuple:
                return [f"not is_atom({source})"]
            return [f"{source}.__class__ is not {layout.name(type(entry))} and not is_atom({value})"]
        return [f"{source} is not {layout.name(entry)}"]

    def read_array(self, place: int) -> None:
        layout, node = self.layout, self.layout.nodes[place]
        thing, path = self.thing(place), repr(node.path)
        if layout.fixed[place]:
            self.say(f"t[{path}] = {layout.name(node.thing.copy)}()")
            return
        orders = {"F": (2,), "": (0, 1, 3)}[node.about.replace("R", "")]
        written = 0 if "R" in node.about else 0x400
        others = (flags | more for flags in (0, 4, 0x100, 0x104) for more in (0, 0x2000))  # owned, aligned, to be written back
        flags = layout.name(frozenset(order | written | other for other in others for order in orders))
        dtype = layout.name(node.thing.dtype)
        self.say(f"if {thing}.dtype is not {dtype} and not is_array({thing}): return None")
        self.say(f"if {thing}.flags.num not in {flags}: return None")
        self.say(f"t[{path}] = {thing}.copy()")

    def compare_identities(self) -> None:
        """What is another object each time must be none of the others: sharing is structure."""
        nodes = self.layout.nodes
        ids = []
        for place in self.anew:
            thing = self.thing(place)
            owner = f"{thing} if {thing}.base is None else owner_of({thing})"
            ids.append(f"id({owner})" if nodes[place].kind is ARRAY else f"id({thing})")
        if len(ids) != 1:
            if ids:
                self.say(f"ids = {{{', '.join(ids)}}}")
                self.say(f"if len(ids) != {len(ids)} or not fixed.isdisjoint(ids): return None")
            return
        thing, is_array = self.thing(self.anew[0]), nodes[self.anew[0]].kind is ARRAY
        has_arrays = any(type(other) is numpy.ndarray for other in self.layout.lasting())
        if is_array and not has_arrays:  # then only what it is a view of can be one of them
            self.say(f"if {thing}.base is not None and {ids[0]} in fixed: return None")
        else:
            self.say(f"if {ids[0]} in fixed: return None")


def reading_names(layout: Layout) -> dict[str, Any]:
    """Return what the source code of every `save` calls by name."""
    return {
        "are_atoms": ATOMS.issuperset,
        "is_atom": is_atom,
        "is_left_alone": is_left_alone,
        "is_array": is_array,
        "in_order": in_order,
        "owner_of": owner_of,
        "fixed": frozenset(map(id, layout.lasting())),
        "structure": layout.structure,
        "names": layout.names,
        "ndarray": numpy.ndarray,
    }
