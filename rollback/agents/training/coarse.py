"""Coarse views of Pong and Duel for a table: which row an observation is, and what can be chosen there. Learns nothing.

Whole numbers only, so that everybody finds the same row. What is not in a view the table cannot know: in Duel the corner and
the clock, in Pong the points and what walls will do to the ball.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rollback.agents.fitting import hash_of
from rollback.agents.training.duel_choices import CHOICES, LOOK, PRESSED
from rollback.agents.training.duel_health import ahead_in
from rollback.games.duel import Duel
from rollback.games.duel_moves import ATTACKS, GUARD, HEALTH, Stance
from rollback.games.pong import HALF_WIDTH, Pong

__all__ = ["COARSE", "NOWHERE", "Coarse", "greedy"]

NOWHERE: Final = -1  # the row of what nothing can be done in


@dataclass(frozen=True, slots=True)
class Coarse:
    """A game as a table sees it.

    Attributes:
        name: Of the game.
        kind: Its class.
        rows: How many there are.
        look: Frames of a choice.
        choices: What can be chosen; the first is to do nothing.
        pressed: The action, by choice and by the frame of it.
        row: Which row an observation is, `NOWHERE` for none.
        ahead: By how much a player is ahead in a game.
        unit: What of that is worth one.
        facts: What the rows are made of, for the hash that says whether a table fits.
    """

    name: str
    kind: type[Any]
    rows: int
    look: int
    choices: tuple[str, ...]
    pressed: tuple[tuple[Any, ...], ...]
    row: Callable[[Sequence[int]], int]
    ahead: Callable[[Any, int], int]
    unit: int
    facts: tuple[Any, ...]

    @property
    def hash(self) -> str:
        """The hash of what a row and a choice mean."""
        return hash_of([self.name, self.look, list(self.choices), [list(each) for each in self.facts]])


def greedy(table: Sequence[Sequence[float]]) -> bytes:
    """Return the best choice of each row, the first of several."""
    return bytes([row.index(max(row)) for row in table])


# --- Pong: how far the ball is above or below the own paddle, where it is, and where it moves ---

_STEP: Final = 600  # of heights: a third of a paddle
_OFF: Final = 6  # of them up or down, and more is no farther
_COLUMNS: Final = 5
_COLUMN: Final = 2 * HALF_WIDTH // _COLUMNS + 1
_SLOPES: Final = (-240, -60, 60, 240)
_PONG_FACTS: Final = ((_STEP, _OFF), (_COLUMNS, _COLUMN), _SLOPES)


def pong_row(observation: Sequence[int]) -> int:
    """Return the row of what `Pong.observe` shows."""
    own, _, x, y, vx, vy, _, _, _ = observation
    off = (y - own + _STEP // 2) // _STEP
    off = _OFF if off > _OFF else -_OFF if off < -_OFF else off
    column = (x + HALF_WIDTH) // _COLUMN
    column = 0 if column < 0 else _COLUMNS - 1 if column >= _COLUMNS else column
    return (((off + _OFF) * _COLUMNS + column) * 2 + (vx < 0)) * (len(_SLOPES) + 1) + bisect_right(_SLOPES, vy)


def _points_ahead(game: Pong, player: int) -> int:
    return game.points[player] - game.points[1 - player]


# --- Duel: the distance, what the own fighter and the other one are at, and whose guard is low ---

_DISTANCES: Final = (700, 951, 1_200, 1_451, 1_750, 2_200)
_KINDS: Final = 12  # of what the other is at
_OWN: Final = 3  # free, dashing, a punch connected
_EARLY: Final = 6  # frames of a kick in which there is much time yet
_LATE: Final = 6  # frames of stun or recovery that are too few for a punch
_FIGHT: Final = 1
_PUNCH, _KICK, _DASH, _HIT = int(Stance.PUNCH), int(Stance.KICK), int(Stance.DASH), int(Stance.HIT)
_ATTACKS: Final = tuple(ATTACKS.get(stance) for stance in Stance)
_MOVES: Final = {Stance.READY: 0, Stance.FORWARD: 0, Stance.BACK: 1, Stance.DASH: 2, Stance.RETREAT: 3, Stance.CRUSHED: 11}
_KIND: Final = tuple(_MOVES.get(stance, 0) for stance in Stance)
_STUNNED: Final = frozenset({int(Stance.HIT), int(Stance.BLOCK)})
_DUEL_FACTS: Final = (_DISTANCES, (_KINDS, _OWN, _EARLY, _LATE))


def duel_row(observation: Sequence[int]) -> int:
    """Return the row of what `Duel.observe` shows; `NOWHERE` where the own fighter can begin nothing."""
    distance, _, stance, _, _, guard, _, _, _, theirs, age, _, their_guard, stun, _, phase, _ = observation
    if phase != _FIGHT:
        return NOWHERE
    if stance <= Stance.BACK:
        own = 0
    elif stance == _DASH:
        own = 1
    elif stance == _PUNCH and theirs == _HIT:
        own = 2
    else:
        return NOWHERE
    attack = _ATTACKS[theirs]
    if attack is not None:
        if age < attack.startup + attack.active:
            kind = 4 if theirs == _PUNCH else 5 if age < _EARLY else 6
        else:
            kind = 7 if attack.total - age > _LATE else 8
    elif theirs in _STUNNED:
        kind = 9 if stun > _LATE else 10
    else:
        kind = _KIND[theirs]
    place = (bisect_right(_DISTANCES, distance) * _KINDS + kind) * _OWN + own
    return (place * 2 + (guard <= GUARD // 2)) * 2 + (their_guard <= GUARD // 2)


COARSE: Final = {
    "pong": Coarse(
        "pong",
        Pong,
        (2 * _OFF + 1) * _COLUMNS * 2 * (len(_SLOPES) + 1),
        4,
        ("still", "up", "down"),
        tuple(((up, down),) * 4 for up, down in ((False, False), (True, False), (False, True))),
        pong_row,
        _points_ahead,
        1,
        _PONG_FACTS,
    ),
    "duel": Coarse(
        "duel",
        Duel,
        (len(_DISTANCES) + 1) * _KINDS * _OWN * 4,
        LOOK,
        CHOICES,
        PRESSED,
        duel_row,
        ahead_in,
        HEALTH,
        _DUEL_FACTS,
    ),
}
