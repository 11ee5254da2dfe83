"""Games for one match after the other: fresh ones, but for environments that are made dearly. Knows no match.

A game that was played could carry something into the next match that no reset clears, and results would depend on which
worker played what. So each match gets a fresh game: a plain Python object, made in microseconds. An environment takes from
2 ms (CartPole) to half a second (Atari) to make, as much as a match takes to play. Its game is proved when it is made, to
go on from a loaded snapshot as it did before, in this instance and in another (`rollback.envs.saving`), and its `reset`
begins with loading the snapshot of the untouched environment: what was played before leaves no trace. Those are played
again, unless the match went wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from rollback.game import Game

__all__ = ["Lender", "Loan"]

KEPT: Final = 17  # games of a kind: one for each of 16 peers, and one for the plain run


class Lender:
    """Lends games of one kind; each is in one match at a time, also with several threads.

    Args:
        make: Makes fresh ones.
    """

    __slots__ = ("_idle", "_make")

    def __init__(self, make: Callable[[], Game]) -> None:
        self._make = make
        self._idle: list[Game] = []

    def lend(self) -> Loan:
        """Return the games of one match, to be used in `with`."""
        return Loan(self._make, self._idle)


class Loan:
    """What makes the games of one match; call it for each. They are to be reset before anything else is done with them."""

    __slots__ = ("_idle", "_lent", "_make")

    def __init__(self, make: Callable[[], Game], idle: list[Game]) -> None:
        self._make, self._idle = make, idle
        self._lent: list[Game] = []

    def __call__(self) -> Game:
        """Return one more game."""
        try:
            game = self._idle.pop()
        except IndexError:
            game = self._make()
        self._lent.append(game)
        return game

    def __enter__(self) -> Loan:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            room = KEPT - len(self._idle)
            self._idle.extend([game for game in self._lent if _is_environment(game)][: max(room, 0)])


def _is_environment(game: Any) -> bool:
    module = sys.modules.get("rollback.envs.environment_game")  # what was never imported made no game
    return module is not None and isinstance(game, module.EnvironmentGame)
