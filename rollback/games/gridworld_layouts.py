"""The maps of GridWorld, drawn in letters, and what is where on them. Knows no player's place and no rule of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from rollback.errors import UsageError

__all__ = ["LAYOUTS", "LETTERS", "PAUSE", "STEPS", "Layout", "Station", "layout_named"]

MAX_WIDTH: Final = 40  # a terminal of 56 columns still has more than one for each cell
MAX_HEIGHT: Final = 24
PAUSE: Final = 7  # frames a round waits before it begins, for each frame of a move beyond the first: agents need none

# What a letter stands for.
LETTERS: Final = {
    "#": "wall",
    ".": "floor",
    "1": "where the first player starts; 2, 3 and 4 likewise",
    "a": "a key; b and c are other colours",
    "A": "the door that key a opens; B and C likewise",
    "G": "a spot of the goal",
    "~": "a cliff: whoever steps on it falls and starts again",
    "O": "a source of onions",
    "T": "a source of tomatoes",
    "=": "a counter: holds one thing, and is reached from all sides",
    "P": "a pot",
    "H": "the hatch where dishes are served",
}

Station = tuple[str, int]  # the letter of what is used, and which one of its letter it is
STEPS: Final = ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0))  # by action: stay, up, down, left, right
_KEYS: Final = "abc"
_DOORS: Final = "ABC"
_STATIONS: Final = "OT=PH"
_SOLID: Final = "#" + _STATIONS


@dataclass(frozen=True, slots=True)
class Layout:
    """A map, its prices, and what is found on it; a cell is the number `y * width + x`.

    Args:
        name: How it is called.
        rows: The map, walled all around; see `LETTERS`.
        least: Players it needs.
        goals: Times the goal has to be reached when several play (in turn by all together, or by one of them), 0 if the
            time alone ends a match.
        together: Whether points are everybody's.
        reward: Points for reaching the goal.
        price: Points that each move's time costs.
        fall: Points that falling off the cliff costs.

    Raises:
        UsageError: The map is too large, has no wall around it, an unknown letter or no start.

    Attributes:
        starts: The start cell of each player; as many as may play.
        floor: By cell: 0 what nobody can enter, 1 plain floor, 2 where entering has consequences.
        stations: By cell: what `act` uses there.
        keys: By cell: the number of the key that lies there in the beginning.
        doors: By cell: the number of the door; it is opened by the key of the same number.
        spots: The spots of the goal.
        counters: The cells of the counters, in the order of their numbers.
        pots: The cells of the pots.
        homes: Where a single player may start: all that can be reached without opening a door or falling.
        rank: By cell: its number among the cells that can be entered, -1 for the others.
        offsets: By action, 0 to 4: what to add to a cell.
    """

    name: str
    rows: tuple[str, ...]
    least: int = 1
    goals: int = 1
    together: bool = False
    reward: int = 100
    price: int = 1
    fall: int = 100
    width: int = field(init=False, repr=False, compare=False)
    height: int = field(init=False, repr=False, compare=False)
    starts: tuple[int, ...] = field(init=False, repr=False, compare=False)
    floor: tuple[int, ...] = field(init=False, repr=False, compare=False)
    stations: dict[int, Station] = field(init=False, repr=False, compare=False)
    keys: dict[int, int] = field(init=False, repr=False, compare=False)
    doors: dict[int, int] = field(init=False, repr=False, compare=False)
    cliffs: tuple[int, ...] = field(init=False, repr=False, compare=False)
    spots: tuple[int, ...] = field(init=False, repr=False, compare=False)
    counters: tuple[int, ...] = field(init=False, repr=False, compare=False)
    pots: tuple[int, ...] = field(init=False, repr=False, compare=False)
    homes: tuple[int, ...] = field(init=False, repr=False, compare=False)
    rank: tuple[int, ...] = field(init=False, repr=False, compare=False)
    offsets: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read the map."""
        self._check()
        text = "".join(self.rows)
        width = len(self.rows[0])
        where = {letter: tuple(cell for cell, found in enumerate(text) if found == letter) for letter in [*LETTERS, *"234bcBC"]}
        kinds = [0 if letter in _SOLID else 1 if letter in ".1234" else 2 for letter in text]
        ranks = iter(range(len(text)))

        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("width", width)
        put("height", len(self.rows))
        put("starts", tuple(cell for digit in "1234" for cell in where[digit]))
        put("floor", tuple(kinds))
        put("stations", {cell: (letter, number) for letter in _STATIONS for number, cell in enumerate(where[letter])})
        put("keys", {cell: number for number, letter in enumerate(_KEYS) for cell in where[letter]})
        put("doors", {cell: number for number, letter in enumerate(_DOORS) for cell in where[letter]})
        put("cliffs", where["~"])
        put("spots", where["G"])
        put("counters", where["="])
        put("pots", where["P"])
        put("rank", tuple(next(ranks) if kind else -1 for kind in kinds))
        put("offsets", tuple(across + down * width for across, down in STEPS))
        safe = [cell for cell, letter in enumerate(text) if kinds[cell] and letter not in f"{_DOORS}~"]
        put("homes", tuple(cell for cell in self.reached(self.starts[0], safe) if kinds[cell] == 1))

    def _check(self) -> None:
        rows = self.rows
        width = len(rows[0]) if rows else 0
        if not 3 <= width <= MAX_WIDTH or not 3 <= len(rows) <= MAX_HEIGHT or any(len(row) != width for row in rows):
            raise UsageError(f"layout {self.name!r}: a map is 3 to {MAX_HEIGHT} rows of the same 3 to {MAX_WIDTH} letters each")
        unknown = sorted(set("".join(rows)) - set(LETTERS) - set("234bcBC"))
        if unknown:
            raise UsageError(f"layout {self.name!r} has {unknown[0]!r} in its map: the letters are {' '.join(LETTERS)}")
        edge = rows[0] + rows[-1] + "".join(row[0] + row[-1] for row in rows)
        if any(letter not in _SOLID for letter in edge):
            raise UsageError(f"layout {self.name!r} is open at its edge: put # all around it")
        text = "".join(rows)
        counts = [text.count(digit) for digit in "1234"]
        if counts not in ([1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]):
            raise UsageError(f"layout {self.name!r} needs one start for each player: 1, or 1 and 2, and so on to 4")
        found = ["".join(sorted(letter for letter in text if letter in kinds)) for kinds in (_KEYS, _DOORS)]
        if found[0] not in ("", "a", "ab", "abc") or found[1] != found[0].upper():
            raise UsageError(f"layout {self.name!r} needs one key for each door: a for A, b for B and c for C, a first")
        if any(letter in text for letter in _STATIONS) and not all(letter in text for letter in "OTPH"):
            raise UsageError(f"layout {self.name!r} is half a kitchen: it needs O and T for food, a pot P and a hatch H")

    @property
    def is_kitchen(self) -> bool:
        """Whether dishes are cooked and served here."""
        return bool(self.pots)

    @property
    def prices(self) -> str:
        """All that is not on the map, in a few letters."""
        return f"{int(self.together)} {self.reward} {self.price} {self.fall}"

    def reached(self, start: int, allowed: Iterable[int]) -> tuple[int, ...]:
        """Return the cells that can be reached from `start` over `allowed` ones, itself included, in order of number."""
        allowed = set(allowed)
        seen, edge = {start}, [start]
        while edge:
            edge = sorted({cell + step for cell in edge for step in self.offsets[1:]} & allowed - seen)
            seen.update(edge)
        return tuple(sorted(seen))


def _layouts(*layouts: Layout) -> dict[str, Layout]:
    return {layout.name: layout for layout in layouts}


LAYOUTS: Final = _layouts(
    Layout(
        "handover",
        (
            "#############",
            "O.....=.....P",
            "#..1..=..2..#",
            "#..#..=..#..H",
            "#..4..=..3..#",
            "T.....=.....P",
            "#############",
        ),
        least=2,
        goals=0,
        together=True,
        price=0,
    ),
    Layout(
        "keys",
        (
            "#############",
            "#1..#..b#...#",
            "#...A...B...#",
            "#.a.#...#...#",
            "#.2.#...##C##",
            "#3..#...#...#",
            "#..4#c..#..G#",
            "#############",
        ),
        goals=3,
        together=True,
    ),
    Layout(
        "race",
        (
            "#############",
            "#1....G....2#",
            "#.##.#.#.##.#",
            "#G#...G...#G#",
            "#.##.#.#.##.#",
            "#4....G....3#",
            "#############",
        ),
        goals=5,
        reward=1,
        price=0,
    ),
    Layout(
        "rooms",
        (
            "#############",
            "#.....#.....#",
            "#...........#",
            "#.....#.....#",
            "##.######.###",
            "#.....#....G#",
            "#1..........#",
            "#############",
        ),
    ),
    Layout(
        "cliff",
        (
            "##############",
            "#............#",
            "#............#",
            "#............#",
            "#1~~~~~~~~~~G#",
            "##############",
        ),
    ),
    Layout(
        "halls",
        (
            "##################################",
            "#1.........#..........#..........#",
            "#..........#..........#..........#",
            "#.....................#..........#",
            "#..........#.....................#",
            "#..........#..........#..........#",
            "#..........#..........#..........#",
            "######.############.#######.######",
            "#..........#..........#..........#",
            "#..........#..........#..........#",
            "#..........#.....................#",
            "#.....................#..........#",
            "#..........#..........#..........#",
            "###.###########.##########.#######",
            "#..........#..........#..........#",
            "#..........#..........#..........#",
            "#.....................#..........#",
            "#..........#.....................#",
            "#..........#..........#.........G#",
            "##################################",
        ),
    ),
)


def layout_named(name: str | Layout) -> Layout:
    """Return the layout of that name; one of your own is returned as it is.

    Raises:
        UsageError: There is none of that name.
    """
    if isinstance(name, Layout):
        return name
    found = LAYOUTS.get(name) if isinstance(name, str) else None
    if found is None:
        raise UsageError(f"there is no layout {name!r}: take one of {', '.join(LAYOUTS)}, or a Layout of your own")
    return found
