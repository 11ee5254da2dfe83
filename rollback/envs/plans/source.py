"""Source code made for one structure: `save` and `load` without a walk. Decides nothing about when.

The text is ours, made from our own walk. What varies in it are the paths, names and keys of what was walked, of which a
snapshot may have brought some: plain strings and whole numbers as `repr` writes them; all else is a constant by a name of ours.
CartPole with its wrappers is saved in 2 us instead of 150.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rollback.envs.plans.layout import Layout
from rollback.envs.plans.reading import reading, reading_names
from rollback.envs.plans.writing import WRITING_NAMES, writing

__all__ = ["Quick", "compiled"]

_MISSES: Final = (KeyError, ValueError, TypeError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True)
class Quick:
    """Compiled code for one structure.

    Attributes:
        save: Returns a snapshot, or None when something is unlike the structure.
        load: Takes a snapshot of this structure that this plan has made, and returns whether it could be loaded.
    """

    save: Callable[[], dict[str, Any] | None]
    load: Callable[[dict[str, Any]], bool]


def compiled(layout: Layout) -> Quick:
    """Return the code for a layout."""
    lines = [*reading(layout), "", *writing(layout), ""]
    scope: dict[str, Any] = {**WRITING_NAMES, **reading_names(layout), **layout.constants, "misses": _MISSES}
    exec(compile("\n".join(lines), "<plan of an environment>", "exec"), scope)
    return Quick(scope["save"], scope["load"])
