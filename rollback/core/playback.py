"""How many settled frames to show in a tick: at pace, a fixed time behind, catching up at a bounded speed. Knows no game."""

from __future__ import annotations

from typing import Final

__all__ = ["MOST_STEPS", "Playback"]

MOST_STEPS: Final = 4  # frames in a tick while catching up: four times the speed, and no tick that takes ten times as long
CUSHION: Final = 0.2  # seconds kept in hand: rows come in batches ten times a second, and not on time
LATE: Final = 0.5  # seconds behind what is wanted, from which it catches up as fast as it may
SLIGHTLY_LATE: Final = 0.1  # and from which it runs a little faster, which nobody sees
FASTER: Final = 1.1
LONGEST_TICK: Final = 0.25  # seconds that count between two ticks: who slept is late, and catches up


class Playback:
    """The pace of one spectator.

    Args:
        delay: Seconds to stay behind the newest settled frame.
    """

    def __init__(self, delay: float) -> None:
        self.fps = 60
        self._delay = delay
        self._credit = 0.0
        self._shown_at: float | None = None

    @property
    def hold(self) -> int:
        """Frames to stay behind."""
        return round(self._delay * self.fps)

    def steps(self, behind: int, now: float, *, most: int, ended: bool) -> int:
        """Return how many frames to show now.

        Args:
            behind: Settled frames that are here and were not shown.
            now: The caller's clock.
            most: No more than this.
            ended: No further frames will come: the last are shown at pace, without staying behind.
        """
        elapsed = 0.0 if self._shown_at is None else min(LONGEST_TICK, max(0.0, now - self._shown_at))
        self._shown_at = now
        late = behind - self.hold - CUSHION * self.fps
        room = behind if ended else behind - self.hold
        if room <= 0:
            self._credit = 0.0
            return 0
        if late > LATE * self.fps:
            self._credit = 0.0
            return min(most, room)
        self._credit += elapsed * self.fps * (FASTER if late > SLIGHTLY_LATE * self.fps else 1.0)
        steps = min(int(self._credit + 1e-6), most, room)
        self._credit = min(self._credit - steps, 1.0)
        return steps
