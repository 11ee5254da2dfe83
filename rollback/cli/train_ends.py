"""When a training ends: after episodes, after steps, or when it plays well enough. Knows algorithms by name; trains nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rollback.errors import UsageError

__all__ = ["Ends"]

# Steps after which each has usually learned what it will.
ENOUGH: Final = {
    "q-learning": 300_000,
    "cross-entropy": 200_000,
    "self-play": 3_000_000,
    "self-play on duel": 15_000_000,
    "self-play-q-learning": 14_000_000,
}
BEST: Final = {"cross-entropy": 600.0}  # what each can reach at the most; of the others it is a share


@dataclass(frozen=True, slots=True)
class Ends:
    """When a training stops, whichever comes first.

    Attributes:
        episodes: After so many in all; 0: no matter.
        steps: After so many in all; 0: no matter, or what is usually enough if nothing else is said.
        until: How well it is to play where it was not trained; looked at after numbers of steps that the algorithm alone
            decides, so that the same command stops at the same step.
    """

    episodes: int = 0
    steps: int = 0
    until: float | None = None

    def settled(self, algorithm: str, done: int = 0, environment: str = "") -> Ends:
        """Return them with an end in any case, behind the steps that are done.

        Args:
            algorithm: What trains.
            done: Steps so far.
            environment: On what it trains; some takes longer.

        Raises:
            UsageError: What is to be reached cannot be.
        """
        most = BEST.get(algorithm, 1.0)
        if self.until is not None and not 0 <= self.until <= most:
            raise UsageError(
                f"--until takes a number from 0 to {most:g} for {algorithm}, such as {0.95 * most:g}, not {self.until:g}"
            )
        if self.episodes or self.steps or self.until is not None:
            return self
        usual = ENOUGH.get(f"{algorithm} on {environment}", ENOUGH.get(algorithm, 1_000_000))
        return Ends(steps=max(usual, 2 * done))

    def check_ahead(self, steps: int, episodes: int) -> None:
        """Check that a run can go on to them.

        Args:
            steps: Made already.
            episodes: Made already.

        Raises:
            UsageError: One of them lies behind it.
        """
        for option, most, made in (("--steps", self.steps, steps), ("--episodes", self.episodes, episodes)):
            if 0 < most <= made:
                raise UsageError(f"{made:,} {option[2:]} are made already: give {option} more than that, not {most:,}")

    @property
    def words(self) -> list[str]:
        """Return them as options."""
        given = [("--episodes", self.episodes), ("--steps", self.steps)]
        words = [word for name, count in given if count for word in (name, str(count))]
        return words if self.until is None else [*words, "--until", f"{self.until:g}"]
