"""The episode points of a run, in bounded memory: a thinned curve of all, and the newest one by one. Knows no page.

The curve groups consecutive episodes, `stride` in each: the last number, step and epsilon of a group, the means of all
else. Where it has too many groups, two become one.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rollback.studio.points import Row
from rollback.studio.thinning import LEAST, MOST, OF

__all__ = ["Curve"]

_EPISODE, _STEP, _REWARD, _LENGTH, _EPSILON, _EXTRA = range(6)
MOST_EXTRAS: Final = 16  # further numbers of a point that are kept


class Curve:
    """Points in the order of their numbers.

    Args:
        most: Groups of the thinned curve, at least 2.
        kept: Newest points that are kept one by one.

    Attributes:
        most: Groups of the thinned curve.
        kept: Newest points that are kept one by one.
        last: The newest episode; 0 before the first.
        stride: Episodes in a group.
    """

    def __init__(self, most: int, kept: int) -> None:
        self.most = most
        self.kept = kept
        self._groups: list[_Group] = []
        self._pieces: deque[tuple[int, int, int, bytes]] = deque()  # first, last, how many, and they as JSON: it is small
        self._count = 0
        self.last = 0
        self.stride = 1

    def add(self, rows: Sequence[Row]) -> list[Row]:
        """Take points; return those that are new."""
        new = [row for row in rows if row[_EPISODE] > self.last]
        if not new:
            return new
        is_shared = False
        for row in new:
            count = _count(row)
            is_shared = is_shared or count > 1
            while self.stride < count:  # old episodes of a long log have no lines of their own
                self._halve()
            if not self._groups or self._groups[-1].count >= self.stride:
                if len(self._groups) >= self.most:
                    self._halve()
                if not self._groups or self._groups[-1].count >= self.stride:
                    self._groups.append(_Group())
            self._groups[-1].add(row)
        self.last = new[-1][_EPISODE]
        if is_shared:  # they are no points
            self._pieces.clear()
            self._count = 0
            return new
        self._pieces.append((new[0][_EPISODE], self.last, len(new), json.dumps(new, separators=(",", ":")).encode()))
        self._count += len(new)
        while self._count > self.kept and len(self._pieces) > 1:
            self._count -= self._pieces.popleft()[2]
        return new

    def since(self, episode: int, most: int) -> list[Row] | None:
        """Return the points after an episode, at most so many; None if some of them are not kept any more."""
        if episode >= self.last:
            return []
        if not self._pieces or self._pieces[0][0] > episode + 1:
            return None
        found: list[Row] = []
        for _, last, _, content in self._pieces:
            if last > episode:
                found += [row for row in json.loads(content) if row[_EPISODE] > episode]
                if len(found) >= most:
                    break
        return found[:most]

    @property
    def last_step(self) -> int:
        """Steps at the newest point."""
        return self._groups[-1].step if self._groups else 0

    def thinned(self) -> dict[str, Any]:
        """Return the whole curve as plain values: `stride`, `last`, and `rows` like points, means in groups of `stride`."""
        return {"stride": self.stride, "last": self.last, "rows": [group.row() for group in self._groups]}

    def _halve(self) -> None:
        pairs: Iterable[tuple[_Group, ...]] = (tuple(self._groups[at : at + 2]) for at in range(0, len(self._groups), 2))
        self._groups = [_joined(pair) for pair in pairs]
        self.stride *= 2


class _Group:
    __slots__ = ("count", "episode", "epsilon", "extra", "length", "reward", "step")

    def __init__(self) -> None:
        self.count = self.episode = self.step = 0
        self.reward = self.length = self.epsilon = 0.0
        self.extra: dict[str, float] = {}

    def add(self, row: Row) -> None:
        count = _count(row)
        self.count += count
        self.episode, self.step, self.epsilon = row[_EPISODE], row[_STEP], row[_EPSILON]
        self.reward += count * (row[_REWARD] or 0.0)
        self.length += count * row[_LENGTH]
        for name, value in (row[_EXTRA] if len(row) > _EXTRA else {}).items():
            if count > 1 and name in (OF, LEAST, MOST):
                continue
            if name in self.extra or len(self.extra) < MOST_EXTRAS:
                self.extra[name] = self.extra.get(name, 0.0) + count * (value or 0.0)

    def row(self) -> Row:
        told: Row = [self.episode, self.step, self.reward / self.count, self.length / self.count, self.epsilon]
        if self.extra:
            told.append({name: value / self.count for name, value in self.extra.items()})
        return told


def _count(row: Row) -> int:
    """Return how many episodes a row stands for."""
    of = row[_EXTRA].get(OF, 1) if len(row) > _EXTRA else 1
    return of if type(of) is int and 1 <= of <= row[_EPISODE] else 1


def _joined(groups: Sequence[_Group]) -> _Group:
    joined = _Group()
    for group in groups:
        joined.count += group.count
        joined.episode, joined.step, joined.epsilon = group.episode, group.step, group.epsilon
        joined.reward += group.reward
        joined.length += group.length
        for name, value in group.extra.items():
            joined.extra[name] = joined.extra.get(name, 0.0) + value
    return joined
