"""Who is heard and yet holds the match up: no inputs come of it. Knows frames and seconds; knows no claims and no bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rollback.config import SessionConfig

__all__ = ["Progress"]

PATIENCE: Final = 15.0  # seconds at least: whoever only thinks, loads or compiles for a while is still with us
STEP: Final = 1.0  # seconds that one look counts at most: what we slept through is nobody's fault


class Progress:
    """Counts for how long the match could not go on for want of each peer's inputs, though the peer was heard.

    Only the seconds of a stall count, from the last input that came; a peer that is itself held up by a third is ahead of
    that one in inputs, so the blame is not passed on.

    Attributes:
        patience: Seconds after which a peer is stuck; where the settings wait for the silent, so long is waited for the idle.
        late: Seats that have held us up for a while: somebody else may have their inputs.
        stuck: Those of them who did for longer than our patience.
    """

    def __init__(self, config: SessionConfig) -> None:
        grace = config.rejoin_grace if config.on_disconnect == "pause" else 0.0
        self.patience = max(2 * config.disconnect_after, PATIENCE) + grace
        self.late = self.stuck = 0
        self._soon = 2 * config.interrupt_after  # one that is held up by a third is silent to it for half of that
        self._looked = float("-inf")
        self._waits: dict[int, tuple[int, int, float]] = {}  # of a queue's seat: who makes it, its newest row, seconds

    def look(self, waited: Mapping[int, tuple[int, int]], needed: int, now: float) -> None:
        """Count on.

        Args:
            waited: Of each seat we wait for: the seat of the peer that it depends on, which we hear, and how far it has come:
                its newest input, and at the end of the match what it confirmed. None at all while the match stands for a reason
                that is nobody's fault.
            needed: The least of that with which the match can go on.
            now: The caller's clock.
        """
        since, self._looked = min(now - self._looked, STEP), now
        self.late = self.stuck = 0
        for seat, (maker, reached) in waited.items():
            before = self._waits.get(seat)
            seconds = 0.0
            if reached < needed and before is not None and before[:2] == (maker, reached):
                seconds = before[2] + since
                self.late |= (seconds > self._soon) << maker
                self.stuck |= (seconds > self.patience) << maker
            self._waits[seat] = maker, reached, seconds
