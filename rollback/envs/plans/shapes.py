"""The structures a plan has met lately, each with what varies in it and its compiled code. Decides when to compile.

Compiling costs some milliseconds, a walk some tenths of one; so a structure is compiled when it has been walked a few times,
and each further time twice as many walks are waited for. Atoms and lists that have changed between walks are known then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Set
from typing import Any, Final

from rollback.envs.plans.layout import LENGTH, Layout, Unsuited
from rollback.envs.plans.names import Names
from rollback.envs.plans.source import Quick, compiled
from rollback.envs.plans.walk import Picture

__all__ = ["Shape", "Shapes"]

_KEPT: Final = 8  # structures: more alternate in no environment that is quick
_TRIED: Final = 3  # of them, when the newest does not fit: a miss costs about a microsecond
_FIRST: Final = 2  # walks before the first compilation
_LONGEST: Final = 256  # walks between two compilations at most


class Shape:
    """One structure.

    Attributes:
        structure: The object that all its snapshots share.
        quick: Its code, if it is compiled.
    """

    def __init__(self, structure: tuple[Any, ...]) -> None:
        self.structure = structure
        self.quick: Quick | None = None
        self._walks = 0
        self._wait = _FIRST
        self._values: list[Any] = []
        self._left_alone: dict[tuple[str, Any], Any] = {}

    def walked(self, picture: Picture, unstable: Set[str], varying: set[tuple[str, Any]], names: Names) -> None:
        """Learn from a walk what varies, and compile if it is time."""
        values = [(node.path, node.kind.form, node.value) for node in picture.nodes if node.kind.form != "value"]
        for (path, form, now), (_, _, before) in zip(values, self._values, strict=False):
            if form == "places" and len(now) != len(before):
                varying.add((path, LENGTH))
            keys = range(min(len(now), len(before))) if form == "places" else now.keys() & before.keys()
            varying.update((path, key) for key in keys if now[key] is not before[key])
        alone = picture.left_alone
        varying.update(at for at in alone.keys() & self._left_alone.keys() if alone[at] is not self._left_alone[at])
        self._values, self._left_alone = values, alone
        self._walks += 1
        if self._walks >= self._wait:
            self._walks, self._wait = 0, min(self._wait * 2, _LONGEST)
            try:
                self.quick = compiled(Layout(picture, self.structure, unstable, varying, names))
            except Unsuited:
                self.quick, self._wait = None, _LONGEST


class Shapes:
    """The structures of one plan, newest last."""

    def __init__(self) -> None:
        self._shapes: OrderedDict[tuple[Any, ...], Shape] = OrderedDict()
        self._varying: set[tuple[str, Any]] = set()

    def known(self, structure: Any) -> Shape | None:
        """Return the shape whose snapshots hold this very object, if it is still kept."""
        return next((shape for shape in self._shapes.values() if shape.structure is structure), None)

    def others(self, structure: Any) -> Iterator[Shape]:
        """Yield the few compiled shapes used last, but the one in use, which did not fit."""
        recent = [shape for shape in self._shapes.values() if shape.quick is not None and shape.structure is not structure]
        yield from recent[: -_TRIED - 1 : -1]

    def seen(self, picture: Picture, unstable: Set[str], names: Names) -> Shape:
        """Return the shape of what a walk has seen."""
        structure = picture.structure
        shape = self._shapes.get(structure)
        if shape is None:
            shape = self._shapes[structure] = Shape(structure)
            while len(self._shapes) > _KEPT:
                self._shapes.popitem(last=False)
        self._shapes.move_to_end(structure)
        shape.walked(picture, unstable, self._varying, names)
        return shape
