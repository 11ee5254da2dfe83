"""A predictor that learns each player's habits while it plays with them. Knows inputs; knows no game and no checkpoint."""

from __future__ import annotations

from typing import Any, Final, Self

from rollback.agents.predictors.gate import Gate, History
from rollback.agents.predictors.runs import Runs
from rollback.core.past import Past
from rollback.errors import ConfigError

__all__ = ["MOST_ORDER", "NGram"]

MOST_ORDER: Final = 8


class NGram:
    """Guesses by what a player did after the same before: n-grams over runs of equal inputs, with back-off, behind the gate.

    It begins with nothing, learns from each input as it becomes known, and repeats the last input until its own guesses would
    have caused fewer rollbacks. Each session gets a memory of its own, of bounded size.

    Args:
        order: How many runs of equal inputs before the present one the longest context holds, 0 to 8.
        gated: Whether it is only in charge while that pays; False shows what it does alone, and promises nothing.

    Raises:
        ConfigError: `order` is no such number.
    """

    def __init__(self, order: int = 2, *, gated: bool = True) -> None:
        if type(order) is not int or not 0 <= order <= MOST_ORDER:
            raise ConfigError(f"order must be a whole number of runs from 0 to {MOST_ORDER}, not {order!r:.80}")
        self.order = order
        self.gated = gated
        self._gates: dict[int, Gate] = {}

    def begin(self, past: Past) -> Self:
        """Return one with the same settings that has learned nothing, for a session."""
        return type(self)(self.order, gated=self.gated)

    def predict(self, player: int, frame: int, last_input: bytes, history: History, game: Any) -> bytes:
        """Return the guess; see `rollback.config.Predictor`."""
        gate = self._gates.get(player)
        if gate is None:
            gate = self._gates[player] = Gate(Runs(self.order), is_open=not self.gated)
        return gate.predict(frame, last_input, history)

    def gates(self) -> dict[int, Gate]:
        """Return what was counted of each player that was guessed."""
        return dict(self._gates)

    def __repr__(self) -> str:
        return f"NGram(order={self.order}" + ("" if self.gated else ", gated=False") + ")"
