"""What one page is told next, so that nothing grows where a page is slow. Knows runs; knows no sockets and no clock.

Nothing waits here for a page but marks of how far it is: a page that listens again gets the newest picture, the points
since, or, where it is too far behind, the whole thinned curve. Of each kind one event is on its way at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rollback.studio.limits import Limits
from rollback.studio.run import Run

__all__ = ["Viewer"]

SNAPSHOT, POINTS, UPDATE = "snapshot", "points", "update"


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a page is with a run."""

    generation: int
    last: int


@dataclass(slots=True)
class Viewer:
    """One page.

    Attributes:
        watching: The run whose pictures it wants; empty: the current one.
        is_behind: Whether it was told less than all, and needs a snapshot.
    """

    watching: str = ""
    is_behind: bool = True
    _on_way: set[str] = field(default_factory=set)
    _marks: dict[str, _Mark] = field(default_factory=dict)
    _seen: tuple[str, int] = ("", 0)

    def watched(self, runs: Sequence[Run], current: Run | None) -> Run | None:
        """Return the run whose pictures it gets."""
        return next((run for run in runs if run.name == self.watching), current)

    def due(
        self,
        runs: Sequence[Run],
        current: Run | None,
        snapshot: Callable[[Sequence[Run]], dict[str, Any]],
        limits: Limits,
        *,
        is_drained: bool = True,
    ) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield what is to be sent now: which acknowledgement is waited for, the event, and its payload.

        Args:
            runs: All, newest first.
            current: Whose pictures are sent where none was chosen.
            snapshot: Returns a snapshot with the curves of some runs.
            limits: Of the studio.
            is_drained: Whether what was sent before is out.
        """
        if self.is_behind:
            if is_drained and not self._on_way:
                self.is_behind = False
                told = [run for run in runs if run.is_read][: limits.curves]
                self._marks = {run.name: _Mark(run.generation, run.curve.last) for run in told}
                self._seen = ("", 0)
                self._on_way.add(SNAPSHOT)
                yield SNAPSHOT, SNAPSHOT, snapshot(told)
            return
        if SNAPSHOT in self._on_way:
            return
        if POINTS not in self._on_way and (told_points := self._points(runs, limits)) is not None:
            self._on_way.add(POINTS)
            yield POINTS, *told_points
        run = self.watched(runs, current)
        if UPDATE not in self._on_way and run is not None and run.picture is not None:
            if self._seen != (run.name, run.picture_number):
                self._seen = (run.name, run.picture_number)
                self._on_way.add(UPDATE)
                yield UPDATE, UPDATE, run.picture

    def acknowledged(self, kind: str) -> None:
        """Learn that it has taken what was on its way."""
        self._on_way.discard(kind)

    def _points(self, runs: Sequence[Run], limits: Limits) -> tuple[str, dict[str, Any]] | None:
        turns = {name: turn for turn, name in enumerate(self._marks)}
        for run in sorted((run for run in runs if run.is_read), key=lambda run: turns.get(run.name, -1)):
            mark = self._marks.get(run.name)
            if mark is not None and mark.generation == run.generation:
                if mark.last >= run.curve.last:
                    continue
                rows = run.curve.since(mark.last, limits.points_at_once)
                if rows is not None:
                    # The next turn is that of the others: one that is always new would let them wait for ever.
                    del self._marks[run.name]
                    self._marks[run.name] = _Mark(run.generation, rows[-1][0])
                    return POINTS, {"run": run.name, "generation": run.generation, "rows": rows}
            elif mark is None and len(self._marks) >= 4 * limits.listed:
                self._marks.clear()
            self._marks.pop(run.name, None)
            self._marks[run.name] = _Mark(run.generation, run.curve.last)
            return "curve", run.curve_told()
        return None
