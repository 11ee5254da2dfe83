"""What a player does next, from what it did before: counted over runs of equal inputs. Knows no game.

Buttons are held: an input is followed by itself most of the time, and what tells something is when that ends. So the
symbols are runs (an input, and for how many frames), and a context is the run that lasts, how long it has lasted, and the
`order` runs before it; where a long context was not met often enough, the next shorter one is asked (back-off), and where
none is sure, the guess is that the run goes on. Each context keeps one candidate and a counter that saturates, as branch
predictors of processors do (J. E. Smith, "A study of branch prediction strategies", 1981): little memory, and quick to
change its mind when the player does.
"""

from __future__ import annotations

from typing import Final

__all__ = ["MOST_CELLS", "Runs"]

LONGEST: Final = 240  # frames of a run: past that nothing is learned, and it is guessed to go on
MOST_CELLS: Final = 8192  # contexts with a run's length, about 1 MiB of them a player
SURE: Final = 3  # times a candidate must have been right more often than wrong
SATURATED: Final = 8

Node = dict[int, list[object]]  # by frames the present run has lasted
Key = tuple[object, ...]


class Runs:
    """One player's habits, and a guess that can be led on over the frames that are not known.

    Args:
        order: How many runs before the present one the longest context holds, 0 to 8.
    """

    __slots__ = ("_ahead", "_ahead_lasted", "_ahead_nodes", "_ahead_past", "_cells", "_lasted", "_levels", "_nodes", "_now",
                 "_order", "_past")  # fmt: skip

    remembers: Final = True

    def __init__(self, order: int) -> None:
        self._order = order
        self._levels: list[dict[Key, Node]] = [{} for _ in range(2 * order + 1)]
        self._cells = 0
        self._now: bytes | None = None
        self._lasted = 0
        self._past: tuple[tuple[bytes, int], ...] = ()
        self._nodes: list[Node] = []
        self.restart()

    @property
    def cells(self) -> int:
        """How many contexts are kept, at most `MOST_CELLS`."""
        return self._cells

    def learn(self, frame: int, value: bytes) -> None:
        """Take the next known input."""
        lasted, now = self._lasted, self._now
        if lasted <= LONGEST:
            for node in self._nodes:
                cell = node.get(lasted)
                if cell is None:
                    node[lasted] = [value, 1]
                    self._cells += 1
                elif cell[0] == value:
                    if cell[1] < SATURATED:  # type: ignore[operator]
                        cell[1] += 1  # type: ignore[operator]
                elif cell[1]:
                    cell[1] -= 1  # type: ignore[operator]
                else:
                    cell[0], cell[1] = value, 1
        if value == now:
            self._lasted = lasted + 1
            return
        if now is not None:
            self._past = ((now, lasted), *self._past[: self._order - 1]) if self._order else ()
        self._now, self._lasted = value, 1
        if self._cells > MOST_CELLS - LONGEST * len(self._levels):
            self._forget()
        self._nodes = [level.setdefault(key, {}) for level, key in zip(self._levels, _keys(value, self._past), strict=False)][
            ::-1
        ]

    def restart(self) -> None:
        """Begin to guess anew from the newest known input on."""
        self._ahead, self._ahead_lasted, self._ahead_past = self._now, self._lasted, self._past
        self._ahead_nodes = self._nodes

    def guess(self, frame: int, last: bytes) -> bytes:
        """Return the guess for the frame after the one guessed before, or after the newest known one."""
        lasted, now = self._ahead_lasted, self._ahead
        if now is None:
            return last
        for node in self._ahead_nodes:
            cell = node.get(lasted)
            if cell is not None and cell[1] >= SURE:  # type: ignore[operator]
                value: bytes = cell[0]  # type: ignore[assignment]
                break
        else:
            value = now
        if value == now:
            self._ahead_lasted = lasted + 1
        else:
            self._ahead_past = ((now, lasted), *self._ahead_past[: self._order - 1]) if self._order else ()
            self._ahead, self._ahead_lasted = value, 1
            found = [level.get(key) for level, key in zip(self._levels, _keys(value, self._ahead_past), strict=False)]
            self._ahead_nodes = [node for node in reversed(found) if node is not None]
        return value

    def _forget(self) -> None:
        """Drop the older half of what each level holds."""
        for level in self._levels:
            for key in list(level)[: (len(level) + 1) // 2]:
                del level[key]
        self._cells = sum([len(node) for level in self._levels for node in level.values()])


def _keys(now: bytes, past: tuple[tuple[bytes, int], ...]) -> list[Key]:
    """Return the contexts, shortest first: the present run, what came before it, and how long that lasted, and so on."""
    keys: list[Key] = [(now,)]
    for count in range(len(past)):
        known = past[:count]
        keys.append((now, *known, past[count][0]))
        keys.append((now, *known, past[count]))
    return keys
