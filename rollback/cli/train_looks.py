"""The looks of `--until`: when a training is looked at, and when it plays well enough. Knows a run's folder; trains nothing.

They come after numbers of steps that the algorithm alone decides, and what they found is kept with the run, so that one
that was interrupted stops at the same step as one that was not.
"""

from __future__ import annotations

from itertools import takewhile
from math import isfinite
from typing import Any, Final

from rollback.agents.checkpoints import RunFolder

__all__ = ["IN_A_ROW", "Looks"]

IN_A_ROW: Final = 3  # looks that have to be good enough: the first one mostly is by luck
FIRST: Final = {"q-learning": 20_000, "cross-entropy": 20_000, "self-play": 200_000, "self-play-q-learning": 1_000_000}  # steps
SPACING: Final = 1.25  # each look at so many times the steps of the last: few looks, and at most a quarter too far
MOST: Final = 100  # looks: the last one would come after a hundred billion times the steps of the first
_KEPT: Final = "looks"  # where in `run.json`

_Row = tuple[int, int, float]  # which look, steps made at it, what it found


class Looks:
    """When the next look is due, and what was found at those before.

    Args:
        folder: The run, which this process trains.
        algorithm: What trains.
        steps: Made already; what was found later belongs to a training that is lost.
    """

    def __init__(self, folder: RunFolder, algorithm: str, steps: int) -> None:
        self._folder = folder
        self._first = FIRST.get(algorithm, 100_000)
        rows = _rows(folder.facts().get(_KEPT))
        if rows is None:  # it begins here, or had no aim until now
            rows = []
            while steps and self._due(len(rows)) < steps:
                rows.append((len(rows), 0, -1.0))
        self._rows = [row for row in rows if row[1] <= steps]
        self._write()

    @property
    def due(self) -> int:
        """Steps after which the next look is due."""
        return self._due(len(self._rows))

    def found(self, steps: int, figure: float | None) -> None:
        """Take what the look that was due has found, None where nothing could be said."""
        self._rows.append((len(self._rows), steps, -1.0 if figure is None else figure))
        self._write()

    def good(self, aim: float) -> int:
        """Return how many of the last looks in a row were good enough."""
        return len(list(takewhile(lambda row: row[2] >= aim, reversed(self._rows))))

    def was_at(self, steps: int) -> bool:
        """Return whether the last look was at just so many steps."""
        return bool(self._rows) and self._rows[-1][1] == steps

    def _due(self, number: int) -> int:
        due = float(self._first)
        for _ in range(number):
            due *= SPACING
        return int(due)

    def _write(self) -> None:
        self._folder.write_facts({**self._folder.facts(), _KEPT: [list(row) for row in self._rows]})


def _rows(kept: Any) -> list[_Row] | None:
    """Return what `run.json` says of the looks; None where it says nothing that can be gone by."""
    if not isinstance(kept, list) or len(kept) > MOST:
        return None
    for number, row in enumerate(kept):
        if not isinstance(row, list) or len(row) != 3 or row[0] != number or type(row[1]) is not int:
            return None
        if type(row[2]) not in (int, float) or not isfinite(row[2]):
            return None
    return [(number, at, float(figure)) for number, at, figure in kept]
