"""A GridWorld to learn on: its name, how its situations are counted, where episodes start and where never. Learns nothing.

What is held out: of all pairs of a cell to start from and a spot of the goal (most maps have one spot), 200, or half of
them where there are fewer than 400, for the final figure; and of the others 100, or two fifths, which a training may look at
to see whether it is good enough or better than before. Which ones does not depend on any seed: agents of several seeds are
compared on the same. Training never *starts* in either. It does walk through these cells, for a table knows nothing of what
it never met; what is tested is whether the way is known from everywhere, and not only from where it was always begun.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from rollback.errors import UsageError
from rollback.games.gridworld import EPISODE, MAX_LIMIT, GridWorld
from rollback.games.gridworld_layouts import LAYOUTS, layout_named

__all__ = ["ENVIRONMENTS", "HELD_OUT", "LOOKED_AT", "Course", "Start"]

_Row = TypeVar("_Row")
Start = tuple[int, int]  # the cell of the player, and the number of the goal's spot

HELD_OUT: Final = 200
LOOKED_AT: Final = 100
ID: Final = "gym:rollback/GridWorld-v0"
_USUAL: Final = {ID: "rooms", "gridworld": "halls", "rollback.games:GridWorld": "halls"}  # without a layout in the name
_FORM: Final = "write gridworld?layout=NAME, or gym:rollback/GridWorld-v0?layout=NAME"
_LONGEST: Final = 1000  # characters
_SPLIT: Final = 20_240_601  # any number: the seed of which starts are held out


def _names() -> tuple[str, ...]:
    alone = [layout.name for layout in LAYOUTS.values() if layout.least == 1 and not layout.is_kitchen]
    return tuple(f"gridworld?layout={name}" for name in sorted(alone, key=lambda name: name != "halls"))


ENVIRONMENTS: Final = _names()


class Course:
    """One map for one player, a move each step.

    Args:
        name: `gridworld?layout=NAME` or `gym:rollback/GridWorld-v0?layout=NAME`, also with `limit=MOVES`.

    Raises:
        UsageError: It names no map that a table can learn; the message says which are.

    Attributes:
        environment: The name as commands take it.
        layout: The map.
        limit: Moves after which an episode is cut.
        starts: Where episodes start.
        held_out: Where none does, for the final figure.
        looked_at: Where none does either, to see how it gets on.
        spots: How many spots the goal has.
        rows: How many situations there are.
        base: By cell, the first of the numbers of its situations.
    """

    def __init__(self, name: str) -> None:
        layout, self.limit = _parsed(name)
        self.layout = layout_named(layout)
        if self.layout.least > 1 or self.layout.is_kitchen or not self.layout.spots:
            raise UsageError(f"the layout {layout!r} cannot be learned by a table: take one of {', '.join(_learnable())}")
        query = f"layout={layout}" + (f"&limit={self.limit}" if self.limit != EPISODE else "")
        self.environment = f"{ID}?{query}"
        self.spots = len(self.layout.spots)
        self.keys = 1 << len(self.layout.keys)
        self.rows = (max(self.layout.rank) + 1) * self.keys**2 * self.spots
        self.base = [rank * self.keys**2 * self.spots for rank in self.layout.rank]
        pairs = [(home, spot) for home in self.layout.homes for spot in range(self.spots)]
        random.Random(_SPLIT).shuffle(pairs)
        count = min(HELD_OUT, len(pairs) // 2)
        self.held_out: tuple[Start, ...] = tuple(sorted(pairs[:count]))
        further = count + min(LOOKED_AT, 2 * (len(pairs) - count) // 5)
        self.looked_at: tuple[Start, ...] = tuple(sorted(pairs[count:further]))
        self.starts: tuple[Start, ...] = tuple(sorted(pairs[further:]))

    def game(self) -> GridWorld:
        """Return a game of this map for one player, a move a step."""
        return GridWorld(1, self.layout, pace=1, limit=self.limit)

    def begin(self, game: GridWorld, start: Start) -> None:
        """Put a game where an episode begins."""
        game.reset(0)  # the seed decides the start alone, and that is given
        game.cells[0], game.spot = start

    def views(self, table: Sequence[_Row]) -> list[list[_Row]]:
        """Return the rows of a table by what is in hand, which doors are open and where the goal is; and then by cell.

        They are the rows themselves, so what is learned in one is learned in the other. A cell that nobody can enter has the
        row of another one, and nobody ever looks there.
        """
        return [[table[base + situation] for base in self.base] for situation in range(self.keys**2 * self.spots)]

    def row(self, game: GridWorld) -> int:
        """Return the number of the situation: `state_index` of a match, in which the goal's spot counts too."""
        return self.base[game.cells[0]] + (game.held[0] * self.keys + game.doors) * self.spots + game.spot


def _learnable() -> list[str]:
    return [name.partition("=")[2] for name in ENVIRONMENTS]


def _parsed(name: Any) -> tuple[str, int]:
    """Return layout and limit."""
    if not isinstance(name, str) or len(name) > _LONGEST:
        raise UsageError(f"{name!r:.80} names no environment to train on: {_FORM}")
    place, _, query = name.strip().partition("?")
    usual = _USUAL.get(place, _USUAL.get(place.lower()))
    if usual is None:
        raise UsageError(f"tables are learned on GridWorld for one player, not on {name!r:.80}: {_FORM}")
    try:
        settings = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=8))
    except ValueError:
        raise UsageError(f"the settings of {name!r:.80} are not written as ?key=value&key=value: {_FORM}") from None
    unknown = [key for key in settings if key not in ("layout", "limit")]
    if unknown:
        raise UsageError(f"{unknown[0]!r:.60} in {name!r:.80} cannot be set for training: take layout and limit")
    layout, limit = settings.get("layout", usual), settings.get("limit", str(EPISODE))
    if layout not in _learnable():
        raise UsageError(f"the layout {layout!r:.60} cannot be learned by a table: take one of {', '.join(_learnable())}")
    if not limit.isascii() or not limit.isdigit() or len(limit) > 9 or not 1 <= int(limit) <= MAX_LIMIT:
        raise UsageError(f"limit in {name!r:.80} must be a whole number of moves from 1 to {MAX_LIMIT}, not {limit!r:.60}")
    return layout, int(limit)
