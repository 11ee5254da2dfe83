"""A scripted player of GridWorld. Knows the map and what `GridWorld.observe` shows; knows no game and keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback.games.dice import advance, below, spread
from rollback.games.gridworld_layouts import Layout, layout_named
from rollback.games.gridworld_sight import Sight, sight_of, ways
from rollback.games.gridworld_wishes import wish
from rollback.games.pong_bot import per_mille

__all__ = ["GridWorldBot"]

_STAY: Final = 0
_ACT: Final = 5
_BOLD: Final = 6  # one decision in so many goes for what a partner is nearer to: perhaps nobody plays there
_RESTLESS: Final = 12  # one in so many takes a step although there is nothing to do: perhaps it is in somebody's way


class GridWorldBot:
    """Plays every layout; a policy, see `rollback.types.Policy`.

    It walks the shortest way to what is worth most: the goal, a key, what the order lacks; it leaves to others what
    they are nearer to, and walks around them.

    Args:
        layout: The one that is played: its name, or a `Layout`.
        players: How many play.
        pace: Frames of a move.
        skill: 1 never hesitates, 0 at every second step.
        seed: Of its ways and hesitations; give two bots two seeds.
    """

    def __init__(
        self, layout: str | Layout = "handover", players: int = 2, *, pace: int = 8, skill: float = 0.8, seed: int = 0
    ) -> None:
        self.layout = layout_named(layout)
        self.players = players
        self.pace = pace
        self.doubt = (1000 - per_mille(skill)) // 2
        self.seed = spread(seed)

    def act(self, observation: Sequence[int], memory: Any) -> tuple[int, tuple[int, int, int]]:
        """Return the action, and the memory: generator, what is pressed, frames it hesitates."""
        word, pressed, left = memory or (self.seed, _STAY, 0)
        sight = sight_of(self.layout, self.players, observation)
        if sight.own.wait > 0:
            return pressed, (word, pressed, left)
        if sight.own.wait < 0 or sight.pause:
            return _STAY, (word, _STAY, left)
        if left > 0:
            return _STAY, (word, _STAY, left - 1)
        word = advance(word)
        if below(word, 1000) < self.doubt:
            word = advance(word)
            return _STAY, (word, _STAY, below(word, 2 * self.pace))
        word = advance(word)
        action = self._move(sight, word)
        return action, (word, action, 0)

    def _move(self, sight: Sight, word: int) -> int:
        layout, own = self.layout, sight.own
        keys = sight.doors | own.held
        free = ways(layout, own.cell, keys, ())
        target = wish(layout, sight, free, bold=not word % _BOLD)
        if target < 0:
            return self._sidestep(sight, word, keys) if not word // 8 % _RESTLESS else _STAY
        side = target - own.cell
        if not layout.floor[target] and side in layout.offsets:  # beside it: turn to it, and use it when it is ready
            way = layout.offsets.index(side)
            return way if own.facing != way else self._use(sight, target)
        ahead = ways(layout, own.cell, keys, sight.occupied, word // 64 % 4)
        goals = [target] if layout.floor[target] else [target + step for step in layout.offsets[1:] if target + step in ahead]
        reached = [ahead[cell] for cell in goals if cell in ahead]
        if reached:
            return min(reached).action
        return self._sidestep(sight, word, keys) if word // 256 % 2 else _STAY

    def _use(self, sight: Sight, cell: int) -> int:
        """Return act, or stay while a pot boils."""
        letter, number = self.layout.stations[cell]
        boils = letter == "P" and sight.pots[number] and sight.cooking[number]
        return _STAY if boils else _ACT

    def _sidestep(self, sight: Sight, word: int, keys: int) -> int:
        """Return a move to any cell beside this one that is free."""
        near = ways(self.layout, sight.own.cell, keys, sight.occupied)
        moves = sorted(way.action for way in near.values() if way.length == 1)
        return moves[below(advance(word), len(moves))] if moves else _STAY
