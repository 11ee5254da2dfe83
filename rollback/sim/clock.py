"""A clock of a peer that runs on virtual time, too fast or too slow. Knows seconds; knows no peer and no frames."""

from __future__ import annotations

__all__ = ["VirtualClock"]


class VirtualClock:
    """What one peer takes for the time.

    Virtual time is the same for all and begins at 0; a peer's own time begins at 0 too, and runs at its own speed. What
    the peer's session is told is the own time after an origin, for no two clocks show the same.

    Args:
        origin: What the clock shows when virtual time begins.
        skew_ppm: By how many millionths it is too fast; negative: too slow.
    """

    __slots__ = ("_speed", "origin")

    def __init__(self, origin: float = 0.0, skew_ppm: float = 0.0) -> None:
        self.origin = origin
        self._speed = 1.0 + skew_ppm * 1e-6

    def own(self, virtual: float) -> float:
        """Return the peer's own time at an instant of virtual time."""
        return virtual * self._speed

    def virtual(self, own: float) -> float:
        """Return the instant at which the peer's own time is `own`."""
        return own / self._speed

    def shows(self, virtual: float) -> float:
        """Return what the clock shows at an instant of virtual time."""
        return self.origin + virtual * self._speed
