"""Nested values as flat columns, and back: `stats.depths.3`, `scores[0]`. Knows names; knows no file format.

A dot stands before a name, brackets around a place in a list; a backslash before a dot, bracket or backslash in a name. What
is empty, or nested deeper than anybody reads, stays one value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from rollback.errors import UsageError

__all__ = ["columns_of", "tree_of"]

DEEPEST: Final = 8
_STEP: Final = re.compile(r"\.((?:[^.\[\]\\]|\\.)*)|\[(\d{1,6})\]", re.DOTALL)
_SPECIAL: Final = re.compile(r"([.\[\]\\])")


def columns_of(name: str, value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield (column, value) of everything in a value that is no dictionary and no list itself.

    Args:
        name: The column of the whole.
        value: Anything that JSON can hold.
        depth: How deep it lies already.
    """
    if not isinstance(value, Mapping | list | tuple) or not value or depth == DEEPEST:
        yield name, value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            escaped = _SPECIAL.sub(r"\\\1", str(key))
            yield from columns_of(f"{name}.{escaped}", entry, depth + 1)
    else:
        for place, entry in enumerate(value):
            yield from columns_of(f"{name}[{place}]", entry, depth + 1)


def tree_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return what the columns hold, as it was before.

    Raises:
        UsageError: A column's name is none of ours, or two cannot be in one tree.
    """
    tree: dict[str | int, Any] = {}
    for column, value in pairs:
        node = tree
        *path, last = _steps(column)
        for step in path:
            node = node.setdefault(step, _Node())
            if not isinstance(node, _Node):
                raise UsageError(f"the column {column[:80]!r} lies in another one that holds a value")
        if last in node:
            raise UsageError(f"the column {column[:80]!r} is there twice, or others lie in it")
        node[last] = value
    return {str(name): _joined(entry) for name, entry in tree.items()}


class _Node(dict[str | int, Any]):
    """A dictionary or list that is being put together, in contrast to a value that is one."""


def _steps(column: str) -> Sequence[str | int]:
    steps: list[str | int] = []
    place, text = 0, f".{column}"
    while place < len(text):
        step = _STEP.match(text, place)
        if step is None:
            raise UsageError(f"{column[:80]!r} is no name of a column: names with dots, and places in brackets, make one")
        steps.append(int(step[2]) if step[2] is not None else re.sub(r"\\(.)", r"\1", step[1], flags=re.DOTALL))
        place = step.end()
    return steps


def _joined(node: Any) -> Any:
    if not isinstance(node, _Node):
        return node
    entries = {step: _joined(entry) for step, entry in node.items()}
    if all(isinstance(step, str) for step in entries):
        return entries
    if sorted(entries, key=str) != sorted(range(len(entries)), key=str):
        raise UsageError(f"a list has the places {', '.join(map(str, list(entries)[:5]))}: it needs all from 0 on")
    return [entries[place] for place in range(len(entries))]
