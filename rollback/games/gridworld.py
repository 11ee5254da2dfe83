"""GridWorld: walls, keys, doors, cliffs and a kitchen for one to four. Knows its rules; knows no frame, peer or screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rollback.errors import UsageError
from rollback.game import UInt
from rollback.games.dice import advance, below, spread
from rollback.games.drawing import Primitive
from rollback.games.gridworld_kitchen import Kitchen
from rollback.games.gridworld_layouts import PAUSE, Layout, layout_named
from rollback.games.gridworld_picture import picture
from rollback.games.gridworld_saved import restore, saved
from rollback.games.gridworld_view import observed_of, view_of
from rollback.games.text import paint

__all__ = ["ACT", "DOWN", "LEFT", "RIGHT", "STAY", "UP", "GridWorld"]

STAY, UP, DOWN, LEFT, RIGHT, ACT = range(6)

PACE: Final = 8  # frames: seven cells a second is brisk, and still steered by hand
MAX_PACE: Final = 60
MATCH: Final = 60 * 60  # frames
EPISODE: Final = 300  # moves of a single player: several times the longest way
MAX_LIMIT: Final = 1_000_000
MAX_GOALS: Final = 1_000


class GridWorld:
    """A world of cells for one to four players.

    An action is 0 stay, 1 up, 2 down, 3 left, 4 right or 5 act; any other number is stay. A move takes `pace` frames.
    What a player cannot enter it turns to, and `act` uses what it is turned to: takes an ingredient from a source, puts
    down or takes up on a counter, fills or empties a pot, serves at the hatch. Keys are picked up by stepping on them and
    open the door of their letter by walking into it; a door stays open for everybody.

    A cell that another player stands on cannot be entered, also if that player leaves it in this frame, so nobody
    swaps places. Of several who step onto one free cell one gets it: who, goes around with every frame.

    Layouts and their points (see `rollback.games.gridworld_layouts`):
        handover: 2 to 4 players on two sides of a counter. The ordered dish served: 20 for all; an order that runs out
            (60 moves' time): -5 for all.
        keys: 1 to 4 players, three rounds (one alone: one). The goal reached: 100 for all; every move's time: -1 for all.
        race: 1 to 4 players, first to reach the goal five times (one alone: once). The goal reached: 1 for who did.
        rooms: one player. The goal: 100; every move's time: -1.
        cliff: one player. As rooms; falling off the cliff: -100, and back to the start of the map.

    With one player the seed decides the cell it starts from, and nothing else: the way of learning tables. `pace=1`
    makes every frame a move; `state_index` names what a table has to tell apart.

    Args:
        players: 1 to 4, as the layout allows.
        layout: A name, or a `Layout` of your own.
        pace: Frames a move takes, 1 to 60.
        limit: Frames after which a match is over; None takes a minute, and 300 moves for a single player.
        goals: Times the goal has to be reached; None takes what the layout says, and 1 for a single player.
        seed: Of orders, of the goal's spots, of who goes first, of a single player's start.

    Raises:
        UsageError: A value out of its limits; the message names them.

    Attributes:
        layout: The map; nothing on it ever changes.
        game_version: All that decides what happens, in one line: peers with different ones are told so.
        cells: Where each player stands: y * layout.width + x.
        facing: What each is turned to: 1 up, 2 down, 3 left, 4 right.
        waits: Frames until each may move on; below zero after an act, and it stays there until act is let go.
        carried: What each has in hand, see `rollback.games.gridworld_kitchen.Item`.
        held: The keys each has: 1 for a, 2 for b, 4 for c, added up.
        loose: The keys that still lie where they were, likewise.
        doors: The doors that are open, likewise.
        spot: Which of the layout's spots the goal is at.
        points: What each has scored.
        won: How often each reached the goal.
        clock: Frames played.
        pause: Frames until the round begins.
        word: The generator.
        kitchen: Counters, pots and orders, where there are any.
    """

    fps = 60
    buttons = ("stay", "up", "down", "left", "right", "act")

    def __init__(
        self,
        players: int = 2,
        layout: str | Layout = "handover",
        *,
        pace: int = PACE,
        limit: int | None = None,
        goals: int | None = None,
        seed: int = 0,
    ) -> None:
        self.layout = found = layout_named(layout)
        self.players = _number(f"players of the layout {found.name!r}", players, found.least, len(found.starts))
        self.pace = _number("pace", pace, 1, MAX_PACE)
        alone = players == 1
        usual = EPISODE * pace if alone else MATCH
        self.limit = _number("limit", usual if limit is None else limit, 1, MAX_LIMIT)
        rounds = (1 if alone else found.goals) if found.spots else 0
        self.goals = _number("goals", rounds if goals is None else goals, 0, MAX_GOALS if found.spots else 0)
        self.game_version = f"{'/'.join(found.rows)} {found.prices} pace {pace} limit {self.limit} goals {self.goals}"
        self.codecs = (UInt(3),) * players
        self.observed = observed_of(self)
        self.kitchen = Kitchen(len(found.counters), len(found.pots), pace) if found.is_kitchen else None
        self._turns = tuple(tuple((first + player) % players for player in range(players)) for first in range(players))
        self._all_keys = (1 << len(found.keys)) - 1  # keys and doors are bits by the order of their letters
        self._entered = max(found.rank) + 1
        self._spots = max(1, len(found.spots)) if players > 1 else 1
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Start a match, or an episode."""
        self.word = spread(seed)
        self.points = [0] * self.players
        self.won = [0] * self.players
        self.clock = self.spot = 0
        self._begin()
        self.pause = 0
        if self.players == 1:
            self.cells[0] = self.layout.homes[below(self.word, len(self.layout.homes))]
        elif len(self.layout.spots) > 1:
            self.spot = below(self.word, len(self.layout.spots))
        if self.kitchen is not None:
            self.kitchen.open(advance(self.word))

    def _begin(self) -> None:
        """Put everything where a round begins."""
        self.cells = [*self.layout.starts[: self.players]]
        self.facing = [DOWN] * self.players
        self.waits = [0] * self.players
        self.carried = [0] * self.players
        self.held = [0] * self.players
        self.loose, self.doors = self._all_keys, 0
        self.pause = PAUSE * (self.pace - 1)

    def step(self, actions: Sequence[Any]) -> None:
        """Advance one frame; a match that is over stays as it is."""
        clock = self.clock
        if clock >= self.limit or self.is_won:
            return
        self.clock = clock + 1
        layout, kitchen, cells, waits = self.layout, self.kitchen, self.cells, self.waits
        if layout.price and not clock % self.pace:
            self._score(0, -layout.price, together=True)
        if self.pause:
            self.pause -= 1
            return
        if kitchen is not None:
            lost = kitchen.tick()
            if lost:
                self._score(0, lost, together=True)
        taken = cells.copy()  # also what was left in this frame: nobody follows at once, so nobody swaps
        for player in self._turns[(self.word + clock) % self.players]:
            action, wait = int(actions[player]), waits[player]
            if wait > 0:
                waits[player] = wait - 1
            elif wait:
                if wait < -1 or action != ACT:  # held down, act is done once
                    waits[player] = wait + 1
            elif 0 < action < ACT:
                self.facing[player] = action
                target = cells[player] + layout.offsets[action]
                kind = layout.floor[target]
                if kind and target not in taken and (kind == 1 or self._opens(player, target)):
                    cells[player] = target
                    waits[player] = self.pace - 1
                    if kind == 2 and self._meets(player, target):
                        break  # a new round: whoever comes later in this frame has not moved in it
                    taken.append(cells[player])  # `target`, or the start after a fall
            elif action == ACT and kitchen is not None:
                station = layout.stations.get(cells[player] + layout.offsets[self.facing[player]])
                if station is not None:
                    self.carried[player], points = kitchen.use(station, self.carried[player])
                    waits[player] = 1 - self.pace
                    if points:
                        self._score(player, points, together=True)

    def _opens(self, player: int, cell: int) -> bool:
        """Return whether a player can enter a cell that may have a door, and open it if so."""
        door = self.layout.doors.get(cell)
        if door is None or self.doors >> door & 1:
            return True
        if not self.held[player] >> door & 1:
            return False
        self.doors |= 1 << door
        return True

    def _meets(self, player: int, cell: int) -> bool:
        """Let a player have what it stepped on; return whether that began a new round."""
        layout = self.layout
        key = layout.keys.get(cell)
        if key is not None and self.loose >> key & 1:
            self.loose ^= 1 << key
            self.held[player] |= 1 << key
        elif cell in layout.cliffs:
            self._score(player, -layout.fall, together=layout.together)
            starts = (*layout.starts[player:], *layout.starts[:player])
            self.cells[player] = next(start for start in starts if start not in self.cells)
            self.waits[player] = 0
        elif self.goals and cell == layout.spots[self.spot]:
            self.won[player] += 1
            self._score(player, layout.reward, together=layout.together)
            if not self.is_won:
                self._begin()
                self._move_goal()
                return True
        return False

    def _move_goal(self) -> None:
        """Draw another spot for the goal; a single player's goal stays."""
        self.word = advance(self.word)
        spots = len(self.layout.spots)
        if spots > 1 and self.players > 1:
            self.spot = (self.spot + 1 + below(self.word, spots - 1)) % spots

    def _score(self, player: int, points: int, *, together: bool) -> None:
        if together:
            self.points = [before + points for before in self.points]
        else:
            self.points[player] += points

    @property
    def is_won(self) -> bool:
        """Whether the goal was reached as often as it has to be: by one player, or by all together."""
        return bool(self.goals) and (sum(self.won) if self.layout.together else max(self.won)) >= self.goals

    @property
    def over(self) -> bool:
        """Whether the goal was reached as often as it has to be, or the time is up."""
        return self.clock >= self.limit or self.is_won

    @property
    def states(self) -> int:
        """How many states a table for one player needs; 0 in a kitchen, which no table holds."""
        return 0 if self.kitchen is not None else self._entered * (self._all_keys + 1) ** 2 * self._spots

    def state_index(self, player: int = 0) -> int:
        """Return what a table calls the state of a player: cell, own keys, open doors (and the goal's spot) as one number.

        With one player and `pace=1` nothing else decides what comes next, but the time limit.

        Returns:
            0 to `states` - 1.

        Raises:
            UsageError: The layout has a kitchen.
        """
        if self.kitchen is not None:
            raise UsageError(f"the layout {self.layout.name!r} has too many states for a table: learn from observe(player)")
        keys = self._all_keys + 1
        place = (self.layout.rank[self.cells[player]] * keys + self.held[player]) * keys + self.doors
        return place * self._spots + self.spot

    def save(self) -> dict[str, Any]:
        """Return the state: a dict of whole numbers and tuples of them, none of which the game ever changes."""
        return saved(self)

    def load(self, state: Mapping[str, Any]) -> None:
        """Become a state that `save` of the same layout, pace and number of players returned.

        Raises:
            GameError: It is none; the game stays as it was.
        """
        restore(self, state)

    def scores(self) -> tuple[int, ...]:
        """Return the points of each player."""
        return tuple(self.points)

    def idle(self, player: int) -> int:
        """Return the action of staying."""
        return STAY

    def keys(self, player: int) -> dict[str, int]:
        """Return which key is which action, by the names of keys that terminals, windows and browsers share."""
        arrows = {"up": UP, "down": DOWN, "left": LEFT, "right": RIGHT}
        return {**arrows, "w": UP, "s": DOWN, "a": LEFT, "d": RIGHT, "space": ACT, "j": ACT}

    def observe(self, player: int) -> tuple[int, ...]:
        """Return what a player sees, as `observed` names it."""
        return view_of(self, player)

    def draw(self) -> list[Primitive]:
        """Return the picture as primitives of `rollback.games.drawing`."""
        return picture(self)

    def render(self, columns: int = 56, rows: int = 18, *, colour: bool = False) -> str:
        """Return the picture as text of `columns` x `rows` cells, with ANSI colours if asked."""
        return paint(self.draw(), columns, rows, colour=colour)


def _number(name: str, value: Any, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise UsageError(f"{name} must be a whole number from {least} to {most}, not {value!r:.60}")
    return value
