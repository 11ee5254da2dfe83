"""How a log of episodes stays small however long a run trains: old ones share lines. Knows lines; knows no training.

Of the newest 65,536 episodes at least each has its own line. The older ones share at most 32,768, each of them the same power
of two of consecutive episodes: `of` says how many, `reward`, `length` and all else are their means, `least` and `most` the
smallest and the greatest reward, and `episode`, `step` and `epsilon` those at their end. Until 131,072 no two share a line.

What a log holds is decided by its episodes alone, and not by when it was thinned: groups begin at multiples of their size, two
of a size become one, and where a power of two does not come out even smaller ones stand between. So a run that goes on writes
the same log as one that was never stopped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from rollback.agents.checkpoints.atomic import replacing
from rollback.studio.letters import written

__all__ = ["EPISODE", "LEAST", "MOST", "OF", "boundary", "thin"]

GROUPS: Final = 2**15  # lines of old episodes; all three are powers of two
NEWEST: Final = 2**16  # episodes that have lines of their own: more than are trained between two checkpoints
TURN: Final = 2**17  # after so many episodes more the log is written anew: seldom, for it is written whole
OF, LEAST, MOST = "of", "least", "most"
EPISODE: Final = re.compile(rb'\{"episode":(\d{1,18}),(?:"of":(\d{1,18}),)?')  # how a line begins; to read it all is slow
_AT_ONCE: Final = 4096  # lines
_BLOCK: Final = 64  # episodes that are put together in the quick way: 0.8 us each, against 6
_ORDER: Final = ("step", "reward", LEAST, MOST, "length", "epsilon")
_NO_JSON: Final = re.compile(r":(?!-?\d)|\\")  # a value that is no number, or a name that JSON writes otherwise
_LAST: Final = ("step", "epsilon")  # of which a group has the last one's

Values = dict[str, Any]


def boundary(episodes: int) -> int:
    """Return up to which episode lines are shared in a log of so many."""
    return max(0, episodes // TURN * TURN - NEWEST)


def thin(log: Path, episodes: int) -> bool:
    """Write a log anew with shared lines, whole or not at all; return whether there was anything to put together.

    Args:
        log: It must end with a whole line, and nobody may write to it.
        episodes: Those that a checkpoint holds: no younger one is touched.

    Raises:
        OSError: The disk does not do it; the log is as it was.
    """
    end = boundary(episodes)
    pile = _Pile(max(1, 1 << (max(end - 1, 0) // GROUPS).bit_length()))
    with open(log, "rb") as file, replacing(log) as kept:
        lines = _parts(file)
        for part in lines:
            is_old = True
            at = 0
            while at < len(part) and is_old:
                at, is_old = _take(part, at, end, pile)
            kept.write(pile.finished())
            if not is_old:
                kept.write(pile.rest())
                kept.writelines(part[at:])
                kept.writelines(line for rest in lines for line in rest)
        kept.write(pile.rest())
        if not pile.is_changed:
            kept.close()  # nothing of it is wanted
    return pile.is_changed


class _Pile:
    """Groups in their order, the last ones still open: (first episode but one, how many, values or the line that says them)."""

    def __init__(self, stride: int) -> None:
        self.stride = stride
        self.is_changed = False
        self._open: list[tuple[int, int, Values | bytes]] = []
        self._done: list[bytes] = []

    def put(self, start: int, size: int, values: Values | bytes) -> None:
        groups = self._open
        while groups and size < self.stride and groups[-1][1] == size:
            before, _, left = groups[-1]
            if before + size != start or before % (2 * size):
                break
            groups.pop()
            start, size, values = before, 2 * size, _joined(_read(left), _read(values))
            self.is_changed = True
        groups.append((start, size, values))
        if size >= self.stride:  # what stands before it finds no partner any more
            self._close()

    def _close(self) -> None:
        self._done += [
            values if isinstance(values, bytes) else _line(start + size, size, values) for start, size, values in self._open
        ]
        self._open.clear()

    def keep(self, lines: Sequence[bytes]) -> None:
        """Take whole groups as they are."""
        self._close()
        self._done += lines

    def finished(self) -> bytes:
        content, self._done = b"".join(self._done), []
        return content

    def rest(self) -> bytes:
        self._close()
        return self.finished()


def _parts(file: BinaryIO) -> Iterator[list[bytes]]:
    while part := list(islice(file, _AT_ONCE)):
        yield part


def _take(part: Sequence[bytes], at: int, end: int, pile: _Pile) -> tuple[int, bool]:
    """Put the next line, or many at once, on the pile; return which comes next, and whether this one was old enough."""
    line = part[at]
    found = EPISODE.match(line)
    if found is None:  # what is no point stays where it is
        pile.put(-1, pile.stride, line)
        return at + 1, True
    episode, size = int(found[1]), int(found[2] or 1)
    if episode > end:
        return at, False
    if size == pile.stride and at == 0 and _is_full(part, episode, size, end):
        pile.keep(part)
        return len(part), True
    block = min(pile.stride, _BLOCK)
    if size == 1 < block and (episode - 1) % block == 0:
        count = min(len(part) - at, end - episode + 1) // block * block
        blocks = _blocks(part[at : at + count], episode, block) if count else None
        if blocks is not None:
            pile.is_changed = True
            for number, values in enumerate(blocks):
                pile.put(episode - 1 + number * block, block, values)
            return at + count, True
    pile.put(episode - size, size, line)
    return at + 1, True


def _is_full(part: Sequence[bytes], first: int, size: int, end: int) -> bool:
    """Return whether all lines are groups of a size: so many episodes do not go into so few lines otherwise."""
    last = EPISODE.match(part[-1])
    return last is not None and first + size * (len(part) - 1) == int(last[1]) <= end


def _blocks(lines: Sequence[bytes], first: int, size: int) -> list[Values] | None:
    """Put together single episodes that all have the same names; None if they have not, or if one is missing."""
    names = [name.encode() for name in _read(lines[0])]
    content = b"".join(lines).replace(b'{"%b":' % names[0], b"")
    for name in names[1:]:
        content = content.replace(b',"%b":' % name, b",")
    try:
        numbers = json.loads(b"[%b]" % content.replace(b"}\n", b",").rstrip(b","))
        columns = {name.decode(): numbers[at :: len(names)] for at, name in enumerate(names)}
        if len(numbers) != len(names) * len(lines) or columns["episode"] != list(range(first, first + len(lines))):
            return None
        ends: dict[str, list[Any]] = {name: columns[name][size - 1 :: size] for name in _LAST}
        rewards = [columns["reward"][at : at + size] for at in range(0, len(lines), size)]
        means = {name: _means(column, size) for name, column in columns.items() if name not in ("episode", *_LAST)}
        told = {**ends, **means, LEAST: list(map(min, rewards)), MOST: list(map(max, rewards))}
    except (ValueError, TypeError, KeyError, RecursionError):  # other names, or what is no number
        return None
    return [dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True)]


def _means(column: list[float], size: int) -> list[float]:
    while size > 1:
        column = [(left + right) / 2 for left, right in zip(column[::2], column[1::2], strict=True)]
        size //= 2
    return column


def _read(line: Values | bytes) -> Values:
    if not isinstance(line, bytes):
        return line
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}


def _joined(left: Mapping[str, Any], right: Mapping[str, Any]) -> Values:
    joined = {name: right.get(name) for name in _LAST}
    for name in [*left, *(name for name in right if name not in left)]:
        if name not in ("episode", OF, LEAST, MOST, *_LAST):
            joined[name] = _mean(left.get(name), right.get(name))
    for name, choose in ((LEAST, min), (MOST, max)):
        known = [each for side in (left, right) if (each := side.get(name, side.get("reward"))) is not None]
        joined[name] = choose(known) if known else None
    return joined


def _mean(left: Any, right: Any) -> Any:
    """Return the mean; what is no number, as NaN is none in a log, leaves the other's."""
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return right if isinstance(right, int | float) else left
    return (left + right) / 2


def _line(episode: int, size: int, values: Values) -> bytes:
    told = {"episode": episode, OF: size, **{name: values.get(name) for name in _ORDER}}
    told |= {name: value for name, value in values.items() if name not in told}
    line = ",".join([f'"{name}":{value!r}' for name, value in told.items()])  # JSON's own way takes three times as long
    if line.isascii() and line.isprintable() and not _NO_JSON.search(line) and line.count('"') == 2 * len(told):
        return b"{%b}\n" % line.encode()
    return written(told) + b"\n"
