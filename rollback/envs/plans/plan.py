"""The generated saver: a plan of how to save one environment, made by walking it. Knows no game and no frames.

A snapshot is a dict. `structure` says what there is: for every object its path, kind and class, and which other objects it
refers to; the other entries hold the values, by path. The structure is one shared object as long as it does not change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rollback.envs.plans.build import STRUCTURE, build
from rollback.envs.plans.names import Names
from rollback.envs.plans.shapes import Shape, Shapes
from rollback.envs.plans.walk import Node, Picture, chain_of, joined, walk
from rollback.errors import GameError

__all__ = ["Plan"]

_NOTHING: Final = object()  # no snapshot has this for its structure


class Plan:
    """Saves an environment with all its wrappers, and loads what it, or a plan of an equal environment, has saved.

    Args:
        root: The environment, with its wrappers.
        own: Asked for every object that is met: how it saves itself (`name`, `save()`, `load(tree)`), or None.

    Attributes:
        left_alone: What only shows the environment and is no state: windows, surfaces, clocks, fonts.
        unsaved: What cannot be saved, each a sentence; if there is any, `save` and `load` raise.
        wrappers: The wrappers whose state is saved, and how many values it has.
        quick_save: What `save` tries first: compiled code, another with every structure. It returns None where that is not
            what the environment is made of now. For who saves several in a hurry.
    """

    def __init__(self, root: Any, *, own: Callable[[Any], Any] | None = None) -> None:
        self._root = root
        self._ask = own
        self._owned: dict[int, tuple[Any, Any]] = {}
        self._names = Names(tuple(type(link) for link in chain_of(root)))
        self._seen: dict[str, Any] = {}
        self._unstable: set[str] = set()
        self._shapes = Shapes()
        self._quick_structure: Any = _NOTHING
        self.quick_save: Callable[[], dict[str, Any] | None] = _never
        self._quick_load: Callable[[Any], Any] = _never
        self._look()

    @property
    def left_alone(self) -> tuple[str, ...]:
        """Paths of what only shows the environment, each with its type."""
        found = self._picture.left_alone
        return tuple(f"{joined(path, key)} ({type(thing).__name__})" for (path, key), thing in found.items())

    @property
    def unsaved(self) -> tuple[str, ...]:
        """What cannot be saved, such as `env.unwrapped.world is a b2World (Box2D)`."""
        return tuple(self._picture.unsaved.values())

    @property
    def wrappers(self) -> tuple[str, ...]:
        """The wrappers around the environment that have state, such as `TimeLimit: 2 values`."""
        chain = {id(link) for link in chain_of(self._root)[:-1]}
        found = []
        for node in self._picture.nodes:
            if id(node.thing) in chain and node.value:
                found.append(f"{type(node.thing).__name__}: {len(node.value)} values")
        return tuple(found)

    def save(self) -> dict[str, Any]:
        """Return a state tree of everything that is state now; it is never changed afterwards.

        Raises:
            GameError: Something cannot be saved; it is named.
        """
        tree = self.quick_save()
        return self._save() if tree is None else tree

    def load(self, tree: Any) -> None:
        """Bring the environment into a saved state; nothing of `tree` is kept or changed.

        Raises:
            GameError: The tree is no snapshot of such an environment.
        """
        structure = tree.get(STRUCTURE) if type(tree) is dict else None
        if structure is self._quick_structure and self._quick_load(tree):
            return
        known = self._shapes.known(structure)
        if known is not None and known.quick is not None and known.quick.load(tree):
            return
        build(tree, self._look(), self._names, self._is_stable)

    def _save(self) -> dict[str, Any]:
        """Walk, and compile what the walk has seen often enough."""
        for shape in self._shapes.others(self._quick_structure):
            tree = shape.quick.save() if shape.quick is not None else None
            if tree is not None:
                self._use(shape)
                return tree
        picture = self._look()
        if picture.unsaved:
            raise GameError(f"this environment cannot be saved: {'; '.join(picture.unsaved.values())}")
        shape = self._shapes.seen(picture, self._unstable, self._names)
        self._use(shape)
        tree = {node.path: node.value for node in picture.nodes}
        tree[STRUCTURE] = shape.structure
        return tree

    def _use(self, shape: Shape) -> None:
        if shape.quick is None:
            self._quick_structure, self.quick_save, self._quick_load = _NOTHING, _never, _never
        else:
            self._quick_structure, self.quick_save, self._quick_load = shape.structure, shape.quick.save, shape.quick.load

    def _look(self) -> Picture:
        picture = self._picture = walk(self._root, self._names, self._own)
        for node in picture.nodes:
            if self._seen.setdefault(node.path, node.thing) is not node.thing:
                self._unstable.add(node.path)
        self._seen = {node.path: node.thing for node in picture.nodes}
        return picture

    def _is_stable(self, node: Node) -> bool:
        return node.path not in self._unstable

    def _own(self, thing: Any) -> Any:
        if self._ask is None:
            return None
        known = self._owned.get(id(thing))
        if known is not None and known[0] is thing:
            return known[1]
        state = self._ask(thing)
        if state is not None:
            self._owned[id(thing)] = (thing, state)
        return state


def _never(*_: Any) -> Any:
    """Stand for code that is not compiled yet."""
    return None
