"""The addresses that both sides of one try told after their descriptions. Knows their number; cannot read them."""

from __future__ import annotations

from typing import Final

from rollback.net.signals import candidate_fits

__all__ = ["MOST", "Candidates"]

MOST: Final = 32  # of each side; a machine with several networks and a TURN server has about ten


class Candidates:
    """Those of one attempt.

    Attributes:
        said: Ours, with the section they belong to: said again to a side that comes late.
    """

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self._taken: set[tuple[str, str]] = set()

    def say(self, candidate: str, mid: str) -> bool:
        """Note one of ours; return whether to say it."""
        if len(self.said) >= MOST or (candidate, mid) in self.said or not candidate_fits(candidate, mid):
            return False
        self.said.append((candidate, mid))
        return True

    def take(self, candidate: str, mid: str) -> bool:
        """Note one of the other side; return whether to use it."""
        if len(self._taken) >= MOST or (candidate, mid) in self._taken:
            return False
        self._taken.add((candidate, mid))
        return True
