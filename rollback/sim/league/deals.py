"""One-player games: everybody plays the same seeds alone, and the scores are compared seed by seed. Knows no game.

A seed that is easy is easy for all, so the difference of two agents on the same seeds is known better than their means are.
"""

from __future__ import annotations

from rollback.sim.league.scoresheet import Mean, Scoresheet

__all__ = ["Deals"]


class Deals:
    """What everybody scored on the same seeds; a seed is dropped as soon as all have played it.

    Args:
        agents: How many there are.

    Attributes:
        sheet: Means and failures by agent, and points by pair: a seed is as good as a match of all against all.
        differences: `differences[a][b]` is by how much a scored more than b on the same seed.
    """

    def __init__(self, agents: int) -> None:
        self.sheet = Scoresheet(agents)
        self.differences = [[Mean() for _ in range(agents)] for _ in range(agents)]
        self._waiting: dict[int, dict[int, float | None]] = {}

    def add(self, deal: int, agent: int, score: float, *, is_truncated: bool = False) -> None:
        """Count a match of one agent on one seed."""
        self.sheet.score(agent, score, is_truncated=is_truncated)
        self._take(deal, agent, score)

    def fail(self, deal: int, agent: int) -> None:
        """Count one that came to no end: the others are still compared on that seed."""
        self.sheet.fail((agent,))
        self._take(deal, agent, None)

    def _take(self, deal: int, agent: int, score: float | None) -> None:
        scores = self._waiting.setdefault(deal, {})
        scores[agent] = score
        if len(scores) == len(self.sheet.tallies):
            del self._waiting[deal]
            self._compare({number: found for number, found in sorted(scores.items()) if found is not None})

    def _compare(self, scores: dict[int, float]) -> None:
        if len(scores) < 2:
            return
        self.sheet.place(tuple(scores), list(scores.values()))
        for left, mine in scores.items():
            for right, theirs in scores.items():
                if left != right:
                    self.differences[left][right].add(mine - theirs)
