"""How sure a share or a median is, of so many values. Knows numbers; knows no match and no player."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rollback.errors import UsageError

__all__ = ["Interval", "Median", "median", "wilson"]

Z: Final = 1.959963984540054  # the normal distribution has 95 % between -Z and Z
TAIL: Final = 0.025
FEWEST: Final = 6  # below it even least and greatest hold the median in less than 95 % of all samples


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a value lies, in 95 of 100 samples.

    Attributes:
        low: Not below this.
        high: Not above this.
    """

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Median:
    """A median of a sample.

    Attributes:
        value: The middle value, or the mean of the two in the middle.
        interval: Where the median lies of what the sample was drawn from; None for fewer than six values, which cannot tell.
    """

    value: float
    interval: Interval | None


def wilson(wins: float, matches: int) -> Interval:
    """Return the 95 % interval of the share that `wins` of `matches` are (Wilson 1927, the score interval).

    Args:
        wins: How many were won; a draw may count as half.
        matches: How many were played; of none the share may be anything from 0 to 1.

    Raises:
        UsageError: More were won than played, or less than none.
    """
    if not 0 <= wins <= matches:
        raise UsageError(f"wins must be from 0 to the number of matches, which is {matches!r}, not {wins!r}")
    if matches == 0:
        return Interval(0.0, 1.0)
    share, square = wins / matches, Z * Z
    middle = share + square / (2 * matches)
    half = Z * math.sqrt(share * (1 - share) / matches + square / (4 * matches * matches))
    scale = 1 + square / matches
    # All or none: the formula gives 1 or 0, and rounding may miss it.
    return Interval(
        0.0 if wins == 0 else max(0.0, (middle - half) / scale),
        1.0 if wins == matches else min(1.0, (middle + half) / scale),
    )


def median(values: Iterable[float]) -> Median:
    """Return the median of values in any order, with its 95 % interval, which is made of two of the values themselves.

    Of n draws the number below the true median is binomial, whatever they were drawn from (David and Nagaraja, Order
    Statistics, 7.1): nothing is assumed, and nothing is drawn at random.

    Raises:
        UsageError: There is no value, or one is no number.
    """
    ordered = sorted(values)
    count = len(ordered)
    if not ordered or any(math.isnan(value) for value in ordered):
        raise UsageError("a median is of at least one number: leave out what is none")
    middle = count // 2
    if count % 2 or ordered[middle - 1] == ordered[middle]:
        value = float(ordered[middle])
    else:
        value = (ordered[middle - 1] + ordered[middle]) / 2
    rank = _rank(count)
    return Median(value, Interval(float(ordered[rank - 1]), float(ordered[count - rank])) if rank else None)


def _rank(count: int) -> int:
    """Return the greatest rank k for which fewer than k of `count` coin tosses show heads in at most 2.5 % of all cases.

    The values of rank k from below and from above are the ends of the interval; 0 where there is no such rank.
    """
    if count < FEWEST:
        return 0
    start = max(0, int(count / 2 - 5 * math.sqrt(count)))  # ten standard deviations: what lies below is less than 1e-22
    below, whole = 0.0, math.lgamma(count + 1) - count * math.log(2)
    for heads in range(start, count):
        below += math.exp(whole - math.lgamma(heads + 1) - math.lgamma(count - heads + 1))
        if below > TAIL:
            return heads
    return 0
