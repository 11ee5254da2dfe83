"""Games that a lobby could offer, each with one thing about it."""

from __future__ import annotations

from typing import Any

from rollback.games import Pong


class Faulty(Pong):
    """Cannot be stepped past frame 30."""

    def step(self, actions: Any) -> None:
        super().step(actions)
        self.word += 1
        if self.pause and self.pause < 60:
            raise ZeroDivisionError("the ball is nowhere")


class Slow(Pong):
    """Waits for every move."""

    has_noop = False


class Deaf(Pong):
    """Knows no keys."""

    keys = None  # type: ignore[assignment]
