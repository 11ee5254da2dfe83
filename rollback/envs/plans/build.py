"""From a snapshot back to objects: everything is checked and made first, then filled in. Knows kinds; walks nothing.

An object of the environment is filled again where it can be, so that references from outside (bound methods, C code, views)
stay right; others are made new, without `__init__`, and only of classes that the environment itself has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rollback.envs.plans.kinds import OwnKind
from rollback.envs.plans.leaves import is_atom
from rollback.envs.plans.names import Names
from rollback.envs.plans.objects import CONTENT
from rollback.envs.plans.table import KINDS, LATE
from rollback.envs.plans.walk import MAX_OBJECTS, Node, Picture
from rollback.errors import GameError
from rollback.state import is_tree
from rollback.state.trees import is_key

__all__ = ["STRUCTURE", "build"]

STRUCTURE: Final = "structure"  # where a snapshot describes itself
_MISTAKES: Final = (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError, RuntimeError)


def build(tree: Any, present: Picture, names: Names, is_stable: Callable[[Node], bool]) -> None:
    """Bring the environment into the state that `tree` holds.

    Args:
        tree: What a plan saved, maybe of another environment, or what a peer made up.
        present: What the environment is made of now.
        names: What the snapshot may name.
        is_stable: Returns whether an object has always been at its place, so that it is filled again.

    Raises:
        GameError: The tree is no snapshot of such an environment. Nothing has changed then, unless an object refuses
            what it is filled with.
    """
    try:
        _Build(tree, present, names, is_stable).run()
    except GameError:
        raise
    except _MISTAKES as error:
        raise GameError(f"this snapshot cannot be loaded: {type(error).__name__}: {error!s:.120}") from None


class _Build:
    def __init__(self, tree: Any, present: Picture, names: Names, is_stable: Callable[[Node], bool]) -> None:
        if type(tree) is not dict or type(tree.get(STRUCTURE)) is not tuple or not is_tree(tree):
            raise GameError("this is no snapshot of an environment: it does not describe its structure")
        self.names = names
        self.there = {node.path: node for node in present.nodes}
        self.is_stable = is_stable
        self.wanted = [self.read(entry, tree) for entry in self.entries(tree[STRUCTURE])]
        self.things: list[Any] = [None] * len(self.wanted)
        self.state: list[str] = ["unmade"] * len(self.wanted)
        if len({node.path for node in self.wanted}) != len(self.wanted):
            raise GameError("the snapshot describes one object twice")
        if tree.keys() - {STRUCTURE} - {node.path for node in self.wanted}:
            raise GameError("the snapshot holds values of objects that it does not describe")
        self.chain = present.chain
        if self.wanted[0].path != "env" or not self.chain <= {node.path for node in self.wanted}:
            raise GameError("the snapshot is one of another environment, or of one with other wrappers")

    def entries(self, structure: Any) -> Any:
        if not 0 < len(structure) <= MAX_OBJECTS:
            raise GameError(f"the snapshot describes {len(structure)} objects, 1 to {MAX_OBJECTS} are allowed")
        return structure

    def read(self, entry: Any, tree: Mapping[Any, Any]) -> Node:
        path, kind_name, about, links = entry
        if type(path) is not str or type(links) is not tuple or type(kind_name) is not str:
            raise GameError("the snapshot describes an object in another form")
        if kind_name == OwnKind.name:
            return Node(path, self.own_kind(path, about), None, about, tree[path], {})
        kind = KINDS.get(kind_name)
        if kind is None:
            raise GameError(f"the snapshot holds a {kind_name!r:.40}, which is no kind of object")
        node = Node(path, kind, None, about, tree.get(path), dict(links))
        self.check_entries(node)
        return node

    def own_kind(self, path: str, about: Any) -> OwnKind:
        there = self.there.get(path)
        if there is None or not isinstance(there.kind, OwnKind) or there.about != about:
            raise GameError(f"the snapshot holds {path[:80]} as saved by {about!r:.40}, which is not so here")
        return there.kind

    def check_entries(self, node: Node) -> None:
        """Refuse entries that are neither atoms nor links, then what the kind refuses."""
        links = node.links or {}
        value: Any = node.value
        entries: Any = value
        if node.kind.form == "value":
            if links or value is None:
                raise GameError(f"the snapshot holds {node.path[:80]} without its value")
        else:
            is_list = node.kind.form == "places"
            if type(value).__name__ != ("list" if is_list else "dict"):
                raise GameError(f"the snapshot holds {node.path[:80]} without its entries")
            if not all(map(is_atom, value if is_list else value.values())):
                raise GameError(f"the snapshot holds {node.path[:80]} with entries that stand by themselves")
            for key in links:
                if not (type(key) is int and 0 <= key < len(value) if is_list else is_key(key, 0) and key not in value):
                    raise GameError(f"the snapshot links {node.path[:80]} at {key!r:.40}, where no link can be")
            if node.kind.name in ("object", "space", "method", "generator", "view"):
                if not all(type(key) is str for key in (*value, *links)):
                    raise GameError(f"the snapshot gives {node.path[:80]} attributes that are no names")
            entries = value if is_list else {**value, **links}
        node.kind.check(node.about, entries, self.names)

    def run(self) -> None:
        for place, node in enumerate(self.wanted):
            for key, target in (node.links or {}).items():
                if type(target) is int and not 0 <= target < len(self.wanted):
                    raise GameError(f"the snapshot links {node.path[:80]} at {key!r:.40} to an object that it does not hold")
                if type(target) is not int:
                    self.names.constant_named(target)
            self.reuse(place, node)
        for place in range(len(self.wanted)):
            self.make(place)
        for place in sorted(range(len(self.wanted)), key=lambda place: self.rank(self.wanted[place])):
            self.fill(place)

    def rank(self, node: Node) -> int:
        """Return when an object is filled: what hashes its entries, or takes them from another, comes after those."""
        return 1 if node.kind in LATE else 2 if CONTENT in (node.links or ()) else 0

    def reuse(self, place: int, node: Node) -> None:
        """Take the object that is there, if it is of this kind and can be filled with this."""
        there = self.there.get(node.path)
        if there is None or there.kind.name != node.kind.name or (node.kind.is_immutable and node.kind.name != "view"):
            is_fit = False
        elif node.kind.name == "view":
            is_fit = False
        else:
            is_fit = (node.kind.is_lasting or isinstance(node.kind, OwnKind) or self.is_stable(there)) and node.kind.fits(
                there.thing, node.about, node.value, self.names
            )
        if there is not None and is_fit:
            self.things[place], self.state[place] = there.thing, "made"
        elif node.path in self.chain:
            raise GameError(f"the snapshot holds a {node.about!r:.80} at {node.path}, this environment is another")

    def make(self, place: int) -> Any:
        """Return the object with this number, made if it is not there yet."""
        if self.state[place] == "making":
            raise GameError("the snapshot holds an immutable object that contains itself")
        if self.state[place] == "unmade":
            self.state[place] = "making"
            node = self.wanted[place]
            value = self.whole(node) if node.kind.is_immutable and node.kind.form != "value" else node.value
            if node.kind.name == "frozenset":  # what is hashed has to be there first
                for target in (node.links or {}).values():
                    if type(target) is int:
                        self.fill(target)
            kept = self.kept(node, value)
            self.things[place] = kept if kept is not None else node.kind.shell(node.about, value, self.names)
            self.state[place] = "made"
        return self.things[place]

    def kept(self, node: Node, value: Any) -> Any:
        """Return the immutable object that is there, if it is made of the very same."""
        there = self.there.get(node.path)
        if there is None or there.kind is not node.kind or there.about != node.about or node.kind.form == "value":
            return None
        now = node.kind.split(there.thing)
        is_dict = type(now) is dict
        if len(now) != len(value) or (is_dict and now.keys() != value.keys()):
            return None
        pairs = ((now[key], value[key]) for key in now) if is_dict else zip(now, value, strict=True)
        return there.thing if node.kind.name != "frozenset" and all(old is new for old, new in pairs) else None

    def whole(self, node: Node) -> Any:
        """Return all entries: atoms, objects and constants."""
        value: Any = node.value.copy()
        for key, target in (node.links or {}).items():
            value[key] = self.make(target) if type(target) is int else self.names.constant_named(target)
        return value

    def fill(self, place: int) -> None:
        node = self.wanted[place]
        self.make(place)
        if self.state[place] == "filled" or node.kind.is_immutable:
            return
        self.state[place] = "filled"
        value = node.value if node.kind.form == "value" else self.whole(node)
        node.kind.fill(self.things[place], node.about, value)
