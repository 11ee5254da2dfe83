"""The walk: from an environment to a picture of everything reachable from it, in an order that is the same on every peer.

Breadth first, attributes by name, so that the path of an object is the shortest one. Knows kinds; makes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rollback.envs.plans.arena import VIEW, owner_of, shared_memory
from rollback.envs.plans.arrays import ARRAY
from rollback.envs.plans.kinds import Kind, OwnKind
from rollback.envs.plans.leaves import is_atom, is_left_alone
from rollback.envs.plans.names import Names
from rollback.envs.plans.objects import CONTENT
from rollback.envs.plans.table import kind_of
from rollback.envs.plans.values import COIN, ENUM
from rollback.errors import GameError

__all__ = ["MAX_OBJECTS", "Node", "Picture", "chain_of", "joined", "walk"]

MAX_OBJECTS: Final = 200_000  # of one environment; more are no state that could be saved every frame
_MAX_PATH: Final = 300  # characters; longer ones, of long chains of objects, are cut and numbered
_MAX_CHAIN: Final = 64  # wrappers around each other
_INNER: Final = ("env", "aec_env", "par_env")  # what wrappers of Gymnasium and PettingZoo call the one inside
_MAX_NAMED: Final = 20  # things that cannot be saved, in a message


@dataclass(slots=True)
class Node:
    """One object: where it was found first, and what it is made of.

    Attributes:
        links: By entry: the number of another node, or the name of a constant.
        value: Its atoms, or what a kind without entries writes.
    """

    path: str
    kind: Kind
    thing: Any
    about: Any = ""
    value: Any = None
    links: dict[Any, int | str] | None = None


@dataclass(slots=True)
class Picture:
    """What a walk saw; its structure and the values of its nodes are what is saved.

    Attributes:
        nodes: All objects, in the order in which they were met.
        chain: The paths of the environment and its wrappers: no snapshot replaces these objects.
        left_alone: By path and key, what only shows the environment.
        unsaved: By path, the sentence about what cannot be saved.
    """

    nodes: list[Node]
    chain: frozenset[str]
    left_alone: dict[tuple[str, Any], Any]
    unsaved: dict[str, str]

    @property
    def structure(self) -> tuple[Any, ...]:
        """What is known about all objects but their values: equal for snapshots of the same shape."""
        return tuple((node.path, node.kind.name, node.about, tuple((node.links or {}).items())) for node in self.nodes)


def chain_of(root: Any) -> list[Any]:
    """Return the environment and what it wraps, outermost first: looked up in the objects themselves, nothing is run."""
    chain = [root]
    while len(chain) < _MAX_CHAIN:
        inside = [inner for name in _INNER if (inner := _attributes(chain[-1]).get(name)) is not None]
        if not inside or not _attributes(inside[0]) or any(inside[0] is link for link in chain):
            break
        chain.append(inside[0])
    return chain


def _attributes(thing: Any) -> dict[str, Any]:
    inside = getattr(thing, "__dict__", None)
    return inside if type(inside) is dict else {}


def joined(path: str, key: Any) -> str:
    """Return the path of an entry."""
    if type(key) is str and (key.isidentifier() or key == CONTENT):
        return f"{path}{key}" if key == CONTENT else f"{path}.{key}"
    return f"{path}[{key!r}]"


def walk(root: Any, names: Names, own: Callable[[Any], Any]) -> Picture:
    """Walk everything reachable from `root`.

    Args:
        root: The environment, with its wrappers.
        names: Takes the names of classes and constants.
        own: Returns how an object saves itself, or None.

    Raises:
        GameError: There are more objects than could be saved every frame.
    """
    return _Walk(names, own).run(root)


class _Walk:
    def __init__(self, names: Names, own: Callable[[Any], Any]) -> None:
        self.names = names
        self.own = own
        self.nodes: list[Node] = []
        self.places: dict[int, int] = {}
        self.paths: set[str] = set()
        self.named: dict[int, str] = {}
        self.left_alone: dict[tuple[str, Any], Any] = {}
        self.unsaved: dict[str, str] = {}

    def run(self, root: Any) -> Picture:
        chain = chain_of(root)
        self.named = {id(link): "env" + ".env" * place for place, link in enumerate(chain)}
        if len(chain) > 1:
            self.named[id(chain[-1])] = "env.unwrapped"
        self.target(root, "env")
        for node in self.nodes:  # grows while it is walked
            self.expand(node)
        self.share_memory()
        return Picture(self.nodes, frozenset(self.named.values()), self.left_alone, self.unsaved)

    def target(self, thing: Any, path: str) -> int | str | None:
        """Return the number of the node of `thing`, the name of a constant, or None for what cannot be saved."""
        place = self.places.get(id(thing))
        if place is not None:
            return place
        path = self.named.get(id(thing), path)
        own = self.own(thing)
        kind = OwnKind(own) if own is not None else kind_of(thing)
        if kind is None:
            return self.names.of_constant(thing, path)
        if not isinstance(kind, Kind):
            self.refuse(thing, path)
            return None
        place = len(self.nodes)
        if kind is not ENUM and kind is not COIN:  # whether two places hold the same number says nothing
            self.places[id(thing)] = place
        if place >= MAX_OBJECTS:
            raise GameError(f"{type(thing).__name__} at {path[:80]} is one of more than {MAX_OBJECTS} objects to save")
        if len(path) > _MAX_PATH or path in self.paths:
            path = f"{path[: _MAX_PATH // 2]} #{place}"
        self.paths.add(path)
        self.nodes.append(Node(path, kind, thing))  # which keeps it alive, so that its id stays its own
        return place

    def expand(self, node: Node) -> None:
        node.about = node.kind.about(node.thing, self.names, node.path)
        entries = node.kind.split(node.thing)
        if node.kind.form == "value":
            node.value = entries
            return
        is_list = node.kind.form == "places"
        node.value, node.links = [None] * len(entries) if is_list else {}, {}
        for key, entry in enumerate(entries) if is_list else entries.items():
            if is_atom(entry):
                node.value[key] = entry
            elif is_left_alone(entry):
                self.left_alone[node.path, key] = entry
                node.value[key] = None
            else:
                target = self.target(entry, joined(node.path, key))
                if target is None:
                    node.value[key] = None
                else:
                    node.links[key] = target

    def share_memory(self) -> None:
        shared = shared_memory([node.thing for node in self.nodes if node.kind is ARRAY])
        for node in list(self.nodes) if shared else ():
            owner = owner_of(node.thing) if node.kind is ARRAY else None
            if owner is None or owner is node.thing or id(owner) not in shared:
                continue
            memory = self.target(owner, f"{node.path}.base")
            if type(memory) is int and self.nodes[memory].value is None:
                self.expand(self.nodes[memory])
            node.kind, node.value = VIEW, None
            self.expand(node)

    def refuse(self, thing: Any, path: str) -> None:
        cls = type(thing)
        package = cls.__module__.partition(".")[0]
        if len(self.unsaved) < _MAX_NAMED:
            self.unsaved[path] = f"{path} is a {cls.__name__} ({package})"
