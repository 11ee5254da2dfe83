"""The input delay that lets a frame rarely roll back more than a few frames. Knows measured lines; knows no inputs.

A rollback is as deep as an input is late, less the delay. So the delay is what is left of the lateness over a depth that nobody
sees; it follows the line slowly, one frame at a time, for a change of delay is felt in the hands.
"""

from __future__ import annotations

import math
from typing import Final

from rollback.core.endpoint import Endpoint
from rollback.core.queues import LocalInputs

__all__ = ["HIGHEST", "AutoDelay"]

DEEPEST: Final = 4  # frames of rollback that go unseen
HIGHEST: Final = 8  # frames of delay; more is felt worse than the rollbacks it saves
PATIENCE: Final = 3  # looks in a row that must agree before the delay changes


class AutoDelay:
    """Chooses the delay of our own players."""

    def __init__(self, fps: int) -> None:
        self._fps = fps
        self._votes = 0

    def wanted(self, endpoints: list[Endpoint]) -> int:
        """Return the delay in frames that the slowest line asks for."""
        lines = [endpoint.line for endpoint in endpoints if endpoint.live]
        late = max([(line.rtt / 2 + 2 * line.jitter) * self._fps for line in lines], default=0.0)
        return min(HIGHEST, max(0, math.ceil(late) - DEEPEST))

    def begin(self, local: LocalInputs, endpoints: list[Endpoint]) -> None:
        """Choose the delay before frame 0."""
        for player in local.delays:
            local.set_delay(player, self.wanted(endpoints))

    def follow(self, local: LocalInputs, endpoints: list[Endpoint]) -> None:
        """Change the delay by a frame, if the lines have asked for it for a while."""
        wanted, delay = self.wanted(endpoints), min(local.delays.values())
        step = (wanted > delay) - (wanted < delay)
        if step == 0 or self._votes * step < 0:
            self._votes = 0
        self._votes += step
        if abs(self._votes) >= PATIENCE:
            self._votes = 0
            for player in local.delays:
                local.set_delay(player, delay + step)
