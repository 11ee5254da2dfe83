"""What a run came to: counts, medians with their intervals, and the failures. Knows results; knows no backend and no table.

The order of the results does not matter, and neither does what played them: crashes that were mended by another try do not
show. It holds eight bytes for each number, and no result but the first hundred failures.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from rollback.sim.pool.columns import columns_of
from rollback.sim.pool.intervals import Interval, median
from rollback.sim.pool.result import STATUSES, MatchResult

__all__ = ["Failure", "Group", "Spread", "Summary", "summarize"]

MOST_FAILURES: Final = 100  # whoever mends the first hundred runs it again anyway
MOST_VALUES: Final = 100  # of a tag: with more it tells single matches from each other, not kinds of them
MOST_NAMES: Final = 500  # of tags, and of stats: nobody reads more
LONGEST_REASON: Final = 300  # characters
GREATEST: Final = 1e300  # what is greater is as good as infinite, and sums of it are
_PARTS: Final = re.compile(r"([0-9]{1,18})|([^0-9]+)")
PLAYED: Final = ("ok", "truncated")
Held = TypeVar("Held")


@dataclass(frozen=True, slots=True)
class Spread:
    """How a number is spread over the matches that were played to an end and have it; what is not finite is left out.

    Attributes:
        count: How many have it.
        median: The middle one.
        interval: Where the median lies with 95 % certainty; None for fewer than six.
        mean: Their mean.
        least: The smallest.
        most: The greatest.
    """

    count: int
    median: float
    interval: Interval | None
    mean: float
    least: float
    most: float

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        interval = None if self.interval is None else [self.interval.low, self.interval.high]
        told = {"count": self.count, "median": self.median, "interval": interval}
        return {**told, "mean": self.mean, "least": self.least, "most": self.most}


@dataclass(frozen=True, slots=True)
class Group:
    """Matches that have something in common.

    Attributes:
        matches: How many.
        statuses: How many of each status; all five are there.
        scores: Of each player, by number.
    """

    matches: int
    statuses: Mapping[str, int]
    scores: tuple[Spread | None, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        scores = [each and each.to_dict() for each in self.scores]
        return {"matches": self.matches, "statuses": dict(self.statuses), "scores": scores}


@dataclass(frozen=True, slots=True, order=True)
class Failure:
    """A match that is neither ok nor truncated.

    Attributes:
        index: Its place among the specs.
        seed: What it was played with.
        status: `error`, `crashed` or `timeout`.
        reason: The last line of what went wrong.
        command: What plays it again; empty where there is no command.
    """

    index: int
    seed: int
    status: str
    reason: str
    command: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to.

    Attributes:
        all: All matches.
        stats: Of each measured number, by its name; in nested ones `depths.3` or `rollbacks[0]`.
        tags: By the name of a tag and its value as text, the matches that have it.
        failed: How many are neither ok nor truncated.
        failures: The first hundred of them, by index.
        digest: SHA-256s of all results added up, in hexadecimal: two runs with the same one came to the same results.
        left_out: What is not here because there is too much of it, in sentences.
    """

    all: Group
    stats: Mapping[str, Spread]
    tags: Mapping[str, Mapping[str, Group]]
    failed: int
    failures: tuple[Failure, ...]
    digest: str
    left_out: tuple[str, ...]

    @property
    def matches(self) -> int:
        """How many matches there are."""
        return self.all.matches

    @property
    def statuses(self) -> Mapping[str, int]:
        """How many there are of each status."""
        return self.all.statuses

    @property
    def scores(self) -> tuple[Spread | None, ...]:
        """How the scores of each player are spread; None for one who never had a finite score."""
        return self.all.scores

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return {
            **self.all.to_dict(),
            "stats": {name: spread.to_dict() for name, spread in self.stats.items()},
            "tags": {name: {value: group.to_dict() for value, group in of.items()} for name, of in self.tags.items()},
            "failed": self.failed,
            "failures": [failure.to_dict() for failure in self.failures],
            "digest": self.digest,
            "left_out": list(self.left_out),
        }


def summarize(results: Iterable[MatchResult]) -> Summary:
    """Return what results come to, in any order and from any backend; they may come one by one from `isimulate`.

    Args:
        results: Of one run or several; each is taken once.
    """
    everything = _Counting()
    stats: _Named[array[float]] = _Named("stats", lambda: array("d"))
    tags: _Named[_Values] = _Named("tags", _Values)
    failures: list[Failure] = []
    failed, digest = 0, 0
    for result in results:
        everything.take(result)
        digest += _digest(result)
        for name, value in result.tags.items():
            if (values := tags.of(str(name))) is not None:
                values.take(value, result)
        if result.status in PLAYED:
            for name, value in columns_of("", result.stats):
                if _is_number(value) and (numbers := stats.of(name[1:])) is not None:
                    numbers.append(value)
            continue
        failed += 1
        failures.append(Failure(result.index, result.seed, result.status, _reason(result.error), result.command))
        if len(failures) == 2 * MOST_FAILURES:
            failures = sorted(failures)[:MOST_FAILURES]
    spreads = {name: spread for name, numbers in stats.sorted() if (spread := _spread(numbers)) is not None}
    groups = {name: values.groups() for name, values in tags.sorted()}
    return Summary(
        all=everything.group(),
        stats=spreads,
        tags={name: of for name, of in groups.items() if of},
        failed=failed,
        failures=tuple(sorted(failures)[:MOST_FAILURES]),
        digest=f"{digest % 2**256:064x}",
        left_out=(
            *stats.left_out(),
            *tags.left_out(),
            *(f"the tag {name} has more than {MOST_VALUES} different values" for name, of in groups.items() if not of),
        ),
    )


class _Counting:
    """A group that is being counted."""

    def __init__(self) -> None:
        self._statuses = dict.fromkeys(STATUSES, 0)
        self._scores: list[array[float]] = []

    def take(self, result: MatchResult) -> None:
        self._statuses[result.status] += 1
        if result.status not in PLAYED:
            return
        for player, score in enumerate(result.scores):
            if player == len(self._scores):
                self._scores.append(array("d"))
            if _is_number(score):
                self._scores[player].append(score)

    def group(self) -> Group:
        return Group(sum(self._statuses.values()), self._statuses, tuple(_spread(numbers) for numbers in self._scores))


class _Values:
    """The values of a tag; none once there are too many, whichever came first."""

    def __init__(self) -> None:
        self._groups: dict[str, _Counting] = {}
        self._is_full = False

    def take(self, value: Any, result: MatchResult) -> None:
        if self._is_full:
            return
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        if text not in self._groups and len(self._groups) == MOST_VALUES:
            self._groups.clear()
            self._is_full = True
            return
        self._groups.setdefault(text, _Counting()).take(result)

    def groups(self) -> dict[str, Group]:
        return {text: self._groups[text].group() for text in sorted(self._groups, key=_natural)}


class _Named(Generic[Held]):
    """Things by name; none once there are too many names, whichever came first."""

    def __init__(self, kind: str, make: Callable[[], Held]) -> None:
        self._kind = kind
        self._make = make
        self._held: dict[str, Held] = {}
        self._is_full = False

    def of(self, name: str) -> Held | None:
        if self._is_full:
            return None
        if name not in self._held:
            if len(self._held) == MOST_NAMES:
                self._held.clear()
                self._is_full = True
                return None
            self._held[name] = self._make()
        return self._held[name]

    def sorted(self) -> list[tuple[str, Held]]:
        return sorted(self._held.items(), key=lambda pair: _natural(pair[0]))

    def left_out(self) -> tuple[str, ...]:
        return (f"there are more than {MOST_NAMES} names of {self._kind}",) if self._is_full else ()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -GREATEST <= value <= GREATEST


def _spread(numbers: array[float]) -> Spread | None:
    if not numbers:
        return None
    middle = median(numbers)
    mean = math.fsum(number / len(numbers) for number in numbers)  # exact, so that no order shows in it
    return Spread(len(numbers), middle.value, middle.interval, mean, min(numbers), max(numbers))


def _digest(result: MatchResult) -> int:
    told = f"{result.index} {result.seed} {result.status} {result.digest}"
    return int.from_bytes(hashlib.sha256(told.encode()).digest(), "big")


def _reason(error: str) -> str:
    return next((line.strip()[:LONGEST_REASON] for line in reversed(error.splitlines()) if line.strip()), "")


def _natural(name: str) -> tuple[bool, float, list[tuple[int, str]], str]:
    """Return what puts 9 before 10: numbers first, and the digits in a name by their value."""
    try:
        number = float(name)
    except ValueError:
        number = math.nan
    parts = [(int(digits), "") if digits else (-1, text) for digits, text in _PARTS.findall(name)]
    return math.isnan(number), 0.0 if math.isnan(number) else number, parts, name
