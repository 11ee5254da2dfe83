"""A player of Tetris by script. Knows what `Tetris.observe` shows and where pieces can go; knows no game, keeps nothing.

It judges every place a piece can be dropped into by the features of `tetris_features`, weighed as published there or as
learned, decides once a piece, and then presses its keys one after the other, as fast as its skill allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from rollback.errors import UsageError
from rollback.games.dice import advance, below, spread
from rollback.games.pong_bot import per_mille
from rollback.games.tetris_board import ACTIONS, ROWS, afterstates, board_of, fits
from rollback.games.tetris_features import BCTS, FEATURES, value
from rollback.games.tetris_pieces import COLUMNS, KICKS, ORIENTED, SPAWN_X, SPAWN_Y
from rollback.games.tetris_rules import GRAVITY, NEXT, ROW

__all__ = ["TetrisBot"]

# What `observe` shows after the own rows.
_PIECE: Final = ROWS
_X: Final = ROWS + 1
_ROTATION: Final = ROWS + 3
_HOLD: Final = ROWS + 5
_HELD: Final = ROWS + 6
_QUEUE: Final = ROWS + 7
_LEVEL: Final = _QUEUE + NEXT + 3

_NOTHING, _LEFT, _RIGHT, _HARD, _TURN_RIGHT, _TURN_LEFT, _SWAP = range(7)
_PRESSES: Final = tuple(
    tuple(place == pressed for place in range(8)) for pressed in (-1, 0, 1, 3, 4, 5, 6)
)  # by what is pressed; the first presses nothing

_WAYS: Final = ((), (1,), (1, 1), (3,))  # the turns pressed for each rotation

_TAP: Final = 2  # frames a key stays down, at least
_SWEEP: Final = 3  # columns from which on a key is held until the piece is there
_PATIENCE: Final = 14  # keys for one piece; who needs more is stuck, and drops
_AGAIN: Final = 20  # frames after which a drop that did nothing is tried again: over a line it is seen late
_BLUR: Final = 9_000  # how much a player without any skill misjudges a field by, at most


class TetrisBot:
    """Plays Tetris; a policy, see `rollback.types.Policy`.

    Args:
        skill: 0 is slow and clumsy, 1 quick and exact.
        seed: Of its mistakes; give two bots two seeds.
        actions: What an action of the game is, see `rollback.games.Tetris`.
        weights: What it judges a field by, whole numbers in the order of `tetris_features.FEATURES`.

    Raises:
        UsageError: An argument is outside its limits.
    """

    def __init__(
        self,
        skill: float = 0.7,
        seed: int = 0,
        actions: Literal["buttons", "placements"] = "buttons",
        weights: Sequence[int] = BCTS,
    ) -> None:
        lack = 1000 - per_mille(skill)
        self.blur = _BLUR * lack // 1000
        self.slips = lack // 8  # times of a thousand that it ends up a column off
        self.pause = 1 + lack // 80  # frames between two keys
        self.thought = 2 + lack // 28  # frames before the first one
        self.seed = spread(seed)
        if actions not in ("buttons", "placements"):
            raise UsageError(f'actions must be "buttons" or "placements", not {actions!r:.60}')
        self.buttons = actions == "buttons"
        self.weights = tuple(weights)
        if len(self.weights) != len(FEATURES) or not all(type(weight) is int for weight in self.weights):
            raise UsageError(f"weights must be {len(FEATURES)} whole numbers, not {weights!r:.80}")

    def act(self, observation: tuple[int, ...], memory: Any) -> tuple[Any, Any]:
        """Return the action, and the memory.

        For placements it is the generator. For buttons it is the generator, the piece and what follows it as they were
        decided on, the rotation and x it shall have, whether it is to be put aside, what is pressed, for how many frames
        it stays so, and the keys pressed for this piece.
        """
        if not self.buttons:
            word = advance(memory or self.seed)
            judged = self._judged(observation, word)
            return judged[0][1] if judged else SPAWN_X, word
        word, known, rotation, x, swap, pressed, left, keys = memory or (self.seed, (), 0, 0, 0, 0, 0, 0)
        now = (observation[_PIECE], observation[_HOLD], *observation[_QUEUE : _QUEUE + NEXT])
        if now != tuple(known):
            word = advance(advance(word))
            rotation, x, swap = self._plan(observation, word)
            left = self.thought + below(word, self.thought) - 1
            return _PRESSES[_NOTHING], (word, now, rotation, x, swap, _NOTHING, left, 0)
        way = x - observation[_X]
        if pressed in (_LEFT, _RIGHT) and left == 0 and (way < 0) == (pressed == _LEFT) and way and keys <= _PATIENCE:
            return _PRESSES[pressed], (word, now, rotation, x, swap, pressed, 0, keys)  # held until it is there
        if left > 0:
            return _PRESSES[pressed], (word, now, rotation, x, swap, pressed, left - 1, keys)
        word = advance(word)
        if pressed:  # every key comes up before the next goes down
            wait = _AGAIN if pressed in (_HARD, _SWAP) else self.pause + below(word, self.pause) - 1
            return _PRESSES[_NOTHING], (word, now, rotation, x, swap, _NOTHING, wait, keys)
        turns = (rotation - observation[_ROTATION]) % 4
        if keys >= _PATIENCE:
            pressed = _HARD
        elif swap:
            pressed = _SWAP
        elif turns:
            pressed = _TURN_LEFT if turns == 3 else _TURN_RIGHT
        else:
            pressed = _LEFT if way < 0 else _RIGHT if way > 0 else _HARD
        return _PRESSES[pressed], (word, now, rotation, x, swap, pressed, _TAP - 1, keys + 1)

    def _judged(self, observation: Sequence[int], word: int) -> list[tuple[int, int]]:
        """Return all placements with what they look worth, each judged a little wrongly; the best first."""
        board, piece = board_of(observation[:ROWS]), observation[_PIECE]
        found = list(afterstates(board, piece))
        other = observation[_HOLD] or observation[_QUEUE]
        if not observation[_HELD] and other != piece and fits(board, 4 * other, SPAWN_X, SPAWN_Y[other]):
            found += afterstates(board, other, hold=True)
        judged = []
        for after in found:
            word = advance(word)
            judged.append((below(word, self.blur + 1) - value(after, self.weights), after.action))
        return sorted(judged)

    def _plan(self, observation: Sequence[int], word: int) -> tuple[int, int, int]:
        """Return the rotation and x that the piece shall have, and whether it is to be put aside first.

        It is the best placement that the keys can reach in time; where none can be, the piece is to fall as it is.
        """
        board, other = board_of(observation[:ROWS]), observation[_HOLD] or observation[_QUEUE]
        sinking = GRAVITY[observation[_LEVEL]]
        for _, action in self._judged(observation, word):
            swap, wished = divmod(action, ACTIONS // 2)
            piece = other if swap else observation[_PIECE]
            rotation, column = divmod(wished, COLUMNS)
            oriented = ORIENTED[4 * piece + rotation]
            if below(word, 1000) < self.slips:
                column += 1 if word & 1 else -1
            x = max(oriented.least_x, min(oriented.greatest_x, column + oriented.least_x))
            if arrives(board, piece, rotation, x, sinking * 2 * self.thought, sinking * (_TAP + 2 * self.pause)):
                return rotation, x, swap
        return 0, SPAWN_X, 0


def arrives(board: int, piece: int, rotation: int, x: int, first: int, each: int) -> bool:
    """Whether keys bring a piece to a rotation and x before what lies is in its way.

    Args:
        board: The field.
        piece: 1 to 7; it starts where pieces appear.
        rotation: Quarter turns.
        x: Of its box.
        first: Parts of a row it falls before the first key.
        each: Parts of a row it falls between two keys.
    """
    now, place, y = 0, SPAWN_X, SPAWN_Y[piece]
    fallen = first
    for turn in _WAYS[rotation]:
        y = _sunk(board, 4 * piece + now, place, y, fallen // ROW)
        after = (now + turn) % 4
        for right, up in KICKS[piece][now, after]:
            if fits(board, 4 * piece + after, place + right, y + up):
                now, place, y = after, place + right, y + up
                break
        else:
            return False
        fallen = fallen % ROW + each
    while place != x:
        y = _sunk(board, 4 * piece + now, place, y, fallen // ROW)
        place += 1 if x > place else -1
        if not fits(board, 4 * piece + now, place, y):
            return False
        fallen = fallen % ROW + each
    return True


def _sunk(board: int, shape: int, x: int, y: int, rows: int) -> int:
    while rows > 0 and fits(board, shape, x, y - 1):
        rows -= 1
        y -= 1
    return y
