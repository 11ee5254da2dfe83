"""What is compiled for one structure: which objects are always the same ones, which atoms vary. Knows no source code.

An object is fixed when the same object has been in its place at every save: it is compared by identity and filled again.
Any other is looked at anew with every save, and made anew by every load.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Final

from rollback.envs.plans.arena import VIEW, owner_of
from rollback.envs.plans.arrays import ARRAY, RAW
from rollback.envs.plans.containers import DEQUE, DICT, FROZENSET, LIST, SET, TUPLE
from rollback.envs.plans.kinds import OwnKind
from rollback.envs.plans.leaves_random import Slot
from rollback.envs.plans.names import Names
from rollback.envs.plans.objects import CONTENT, METHOD, OBJECT, WEAK, slots_of
from rollback.envs.plans.values import BITS, BYTES, COIN, COUNT, ENUM, GENERATOR, OLD, RANDOM, SHAPE, SPACE
from rollback.envs.plans.walk import Node, Picture

__all__ = ["LENGTH", "Layout", "Unsuited"]

MAX_ENTRIES: Final = 8000  # of a structure that is compiled: a line each, 20 us to compile
LENGTH: Final = "len"  # stands for the length among the entries that vary

_CONTAINERS: Final = frozenset({OBJECT, LIST, DEQUE, DICT, SET})
_VALUES: Final = frozenset({RAW, RANDOM, OLD, BYTES, SHAPE})
_ANEW: Final = frozenset({TUPLE, FROZENSET, ENUM, COIN, COUNT})  # always made anew: who holds them makes no difference
_FIXED_ONLY: Final = frozenset({SPACE, METHOD, WEAK, VIEW, BITS})
_SUITED: Final = frozenset({ARRAY, GENERATOR, *_CONTAINERS, *_VALUES, *_ANEW, *_FIXED_ONLY})


class Unsuited(Exception):
    """The structure holds something that only the walk can save."""


class Layout:
    """One structure, ready to be compiled.

    Args:
        picture: What the walk has just seen.
        structure: Its structure, the object that all snapshots of it share.
        unstable: Paths at which more than one object has been seen.
        varying: Path and key of all atoms that have changed, and of lists whose length has.
        names: Of the plan.

    Attributes:
        nodes: All objects.
        entries: Of each of them, the entries themselves by key.
        fixed: Whether each is the same object at every save.
        slots: By number of a generator, its place.
        bits: Numbers of bit generators that are saved through a slot.
        constants: What the source code calls by name.
    """

    def __init__(
        self, picture: Picture, structure: Any, unstable: Set[str], varying: Set[tuple[str, Any]], names: Names
    ) -> None:
        self.nodes = picture.nodes
        self.structure = structure
        self.varying = varying
        self.names = names
        self.fixed = [node.path not in unstable for node in self.nodes]
        self.constants: dict[str, Any] = {}
        self._named: dict[int, str] = {}
        self.slots: dict[int, Slot] = {}
        self.bits: set[int] = set()
        self.entries = [self._entries(node) for node in self.nodes]
        if sum(map(len, self.entries)) + len(self.nodes) > MAX_ENTRIES:
            raise Unsuited("it is too large")
        self._place_generators()
        for place, node in enumerate(self.nodes):
            self._examine(place, node)

    def name(self, thing: Any) -> str:
        """Return what the source code calls an object, which is kept alive."""
        if thing is None or thing is True or thing is False:
            return repr(thing)
        name = self._named.get(id(thing))
        if name is None:
            name = self._named[id(thing)] = f"c{len(self._named)}"
            self.constants[name] = thing
        return name

    def is_kept(self, place: int) -> bool:
        """Return whether loading leaves this very object in its place."""
        return self.fixed[place] and self.nodes[place].kind not in _ANEW and place not in self.slots

    def is_left_alone(self, place: int, key: Any) -> bool:
        """Return whether the entry is no atom, but a window that is written as None."""
        node = self.nodes[place]
        return key not in (node.links or {}) and node.value[key] is None and self.entries[place][key] is not None

    def is_varying(self, place: int, key: Any) -> bool:
        """Return whether the entry is an atom that has been seen to change."""
        node = self.nodes[place]
        return key not in (node.links or {}) and (node.path, key) in self.varying

    def is_whole(self, place: int) -> bool:
        """Return whether a list is copied as a whole: it holds only atoms, and many, or now more and now fewer."""
        node = self.nodes[place]
        if node.links:
            return False
        if node.kind is DICT:
            return len(node.value) > 16
        return node.kind in (SET, FROZENSET) or len(node.value) > 8 or (node.path, LENGTH) in self.varying

    def _entries(self, node: Node) -> dict[Any, Any]:
        if node.kind.form == "value":
            return {}
        entries = node.kind.split(node.thing)
        return dict(enumerate(entries)) if node.kind.form == "places" else entries

    def _place_generators(self) -> None:
        holders: dict[int, list[int]] = {}
        for place, node in enumerate(self.nodes):
            for target in (node.links or {}).values():
                if type(target) is int:
                    holders.setdefault(target, []).append(place)
        slots: list[Slot] = []
        for place, node in enumerate(self.nodes):
            if node.kind is GENERATOR:
                bits = (node.links or {})["bit_generator"]
                if type(bits) is not int or holders[bits] != [place]:
                    raise Unsuited("two generators share their bits")
                self.slots[place] = Slot(node.thing, slots)
                self.bits.add(bits)
                slots.append(self.slots[place])

    def _examine(self, place: int, node: Node) -> None:
        kind, links = node.kind, node.links or {}
        is_fixed = self.fixed[place] or place in self.bits
        if isinstance(kind, OwnKind) or kind in _FIXED_ONLY or place == 0:
            if not is_fixed:
                raise Unsuited(f"{node.path} is another object each time")
        elif kind not in _SUITED:
            raise Unsuited(f"{node.path} is a {kind.name}")
        if kind in (SET, FROZENSET) and links:
            raise Unsuited(f"{node.path} holds objects without an order")
        if kind in (METHOD, WEAK, VIEW, SPACE):
            for key, target in links.items():
                if type(target) is int and not self.is_kept(target) and key != "_np_random":
                    raise Unsuited(f"{node.path} belongs to an object that is another each time")
        if kind is OBJECT:
            self._examine_object(place, node)
        elif kind.form != "value" and any(self.is_left_alone(place, key) for key in node.value if kind is DICT):
            raise Unsuited(f"{node.path} holds windows")
        elif kind.form == "places" and any(self.is_left_alone(place, key) for key in self.entries[place]):
            raise Unsuited(f"{node.path} holds windows")

    def _examine_object(self, place: int, node: Node) -> None:
        slots = slots_of(type(node.thing))
        if CONTENT in self.entries[place] or not slots.keys() <= self.entries[place].keys():
            raise Unsuited(f"{node.path} is more than its attributes")
        if not self.fixed[place] and any(self.is_left_alone(place, key) for key in self.entries[place]):
            raise Unsuited(f"{node.path} holds a window and is another object each time")

    def lasting(self) -> list[Any]:
        """Return all fixed objects, and the arrays that own the memory of fixed ones."""
        things = [node.thing for node, is_fixed in zip(self.nodes, self.fixed, strict=True) if is_fixed]
        return things + [owner_of(thing) for thing in things if type(thing).__name__ == "ndarray"]
