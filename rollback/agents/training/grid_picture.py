"""What a page draws of a table that is learning GridWorld: map, agent, trail, values, arrows. Plain values; knows no page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rollback.agents.training.grid_course import Course
from rollback.games.gridworld import GridWorld

__all__ = ["TRAIL", "grid_picture"]

TRAIL: Final = 300  # cells of it that are kept: an episode of the usual length


def grid_picture(
    course: Course, game: GridWorld, table: Sequence[Sequence[float]], first: float, trail: Iterable[int]
) -> dict[str, Any]:
    """Return a picture of bounded size: at most 960 cells, and `TRAIL` of the trail.

    Args:
        course: The map.
        game: As it stands.
        table: What was learned.
        first: The value of what was never tried.
        trail: The cells the episode came through.

    Returns:
        `kind` gridworld, `layout`, `width`, `height`; `cells`, the rows of the map in letters, as
        `rollback.games.gridworld_layouts.LETTERS` explains them; `agent` and `goal` as [x, y]; `trail`, a list of them, the
        agent's own last; `values` and `arrows`, by cell in the order of the rows: the best value and its move (1 up, 2 down,
        3 left, 4 right), None and 0 where nothing was learned or nobody can stand. With keys, they are those for the
        keys in hand and the doors open now: `held` and `open`, the letters. `reward` and `length` of the episode so far.
    """
    layout = course.layout
    held, doors, spot = game.held[0], game.doors, game.spot
    situation = (held * course.keys + doors) * course.spots + spot
    values: list[float | None] = []
    arrows: list[int] = []
    for cell, rank in enumerate(layout.rank):
        row = table[course.base[cell] + situation] if rank >= 0 else ()
        if not any([value != first for value in row]) or cell == layout.spots[spot]:
            values.append(None)
            arrows.append(0)
        else:
            best = max(row)
            values.append(round(best, 3))
            arrows.append(1 + row.index(best))
    width = layout.width
    return {
        "kind": "gridworld",
        "layout": layout.name,
        "width": width,
        "height": layout.height,
        "cells": list(layout.rows),
        "agent": _place(game.cells[0], width),
        "goal": _place(layout.spots[spot], width),
        "trail": [_place(cell, width) for cell in (*trail, game.cells[0])][-TRAIL:],
        "values": values,
        "arrows": arrows,
        "held": "".join(letter for number, letter in enumerate("abc") if held >> number & 1),
        "open": "".join(letter for number, letter in enumerate("ABC") if doors >> number & 1),
        "reward": float(game.points[0]),
        "length": game.clock,
    }


def _place(cell: int, width: int) -> list[int]:
    return [cell % width, cell // width]
