"""Episode points as lines of JSON: written once for the log and for the studio, read back as rows. Knows no file.

A quick training ends twenty thousand episodes a second, so a point may cost a microsecond and no more: the lines are made by
hand (0.8 us each, against 7 for a checked line of the log and a message), and the same bytes go to the disk and the studio.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, Final

from rollback.agents.training import EpisodePoint
from rollback.studio.letters import written

__all__ = ["COLUMNS", "MOST", "Row", "lines_of", "rows_of"]

# [episode, step, reward, length, epsilon] and, where there are further numbers, a mapping of them; `of` among them says that
# it is a line of so many episodes, see `thinning`.
Row = list[Any]
COLUMNS: Final = ("episode", "step", "reward", "length", "epsilon")
MOST: Final = 2**53 - 1  # episodes, and steps: a page counts no further
_LARGEST: Final = 10**90  # of other whole numbers: JSON takes some that no float holds, and clients none of over 100 digits
_NO_NUMBERS: Final = (b"nan", b"inf")


def lines_of(points: Iterable[EpisodePoint]) -> bytes:
    """Return points as lines, each one a JSON object."""
    points = list(points)
    lines = []
    for point in points:
        # float() and %d, for what comes from NumPy is written otherwise.
        extra = "".join([f',"{name}":{float(value)!r}' for name, value in point.extra.items()])
        start = '{"episode":%d,"step":%d,' % (point.episode, point.step)  # noqa: UP031
        lines.append(
            f'{start}"reward":{float(point.reward)!r},"length":{int(point.length)},"epsilon":{float(point.epsilon)!r}{extra}}}\n'
        )
    content = "".join(lines).encode()
    if any(word in content for word in _NO_NUMBERS):  # or a name of that kind; either way the slow way is right
        content = b"".join(_slowly(point) for point in points)
    return content


def rows_of(lines: bytes) -> list[Row]:
    """Return the points of whole lines; those that hold none are left out."""
    try:
        found = json.loads(b"[" + lines.rstrip(b"\n").replace(b"\n", b",") + b"]")
    except (ValueError, RecursionError):  # one of them is damaged: the others are not
        found = [_object(line) for line in lines.split(b"\n")]
    return [row for values in found if isinstance(values, dict) and (row := _row(values)) is not None]


def _slowly(point: EpisodePoint) -> bytes:
    told = {"episode": point.episode, "step": point.step, "reward": point.reward, "length": point.length}
    return written({**told, "epsilon": point.epsilon, **point.extra}) + b"\n"


def _object(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _row(values: dict[str, Any]) -> Row | None:
    row = [values.pop(name, None) for name in COLUMNS]
    episode, step, reward, length, epsilon = row
    if type(episode) is not int or type(step) is not int or not (0 <= episode <= MOST and 0 <= step <= MOST):
        return None
    if not (_is_figure(length) and (reward is None or _is_figure(reward)) and (epsilon is None or _is_figure(epsilon))):
        return None
    if values:
        row.append({name: value for name, value in values.items() if _is_figure(value)})
    return row


def _is_figure(value: Any) -> bool:
    return math.isfinite(value) if type(value) is float else type(value) is int and abs(value) <= _LARGEST
