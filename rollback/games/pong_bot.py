"""A scripted player of Pong. Knows what `Pong.observe` shows; knows no game and keeps nothing itself.

It taps its keys as people do, foresees where the ball will arrive, and is the less exact the faster the ball is.
"""

from __future__ import annotations

from typing import Any, Final

from rollback.errors import UsageError
from rollback.games.dice import advance, below, spread

__all__ = ["PongBot", "per_mille"]

_UP: Final = (True, False)
_DOWN: Final = (False, True)
_NONE: Final = (False, False)
_ACTIONS: Final = (_NONE, _UP, _DOWN)

_REACH: Final = 14_500  # where the ball's middle is when a paddle hits it
_WALL: Final = 9_700
_STEP: Final = 340  # a paddle's speed
_CALM: Final = 400  # nearer to the goal than this it only fidgets


def per_mille(skill: float) -> int:
    """Return a skill of 0 to 1 as a whole number of thousandths.

    Raises:
        UsageError: It is no number from 0 to 1.
    """
    if not isinstance(skill, int | float) or isinstance(skill, bool) or not 0 <= skill <= 1:
        raise UsageError(f"skill must be a number from 0 (hopeless) to 1 (best), not {skill!r}")
    return round(skill * 1000)


class PongBot:
    """Plays Pong; a policy, see `rollback.types.Policy`.

    Args:
        skill: 0 aims badly, 1 exactly.
        seed: Of its mistakes; give two bots two seeds.
    """

    def __init__(self, skill: float = 0.7, seed: int = 0) -> None:
        self.blur = 1000 - per_mille(skill)
        self.seed = spread(seed)

    def act(self, observation: tuple[int, ...], memory: Any) -> tuple[tuple[bool, bool], tuple[int, ...]]:
        """Return the buttons, and the memory: generator, frames the tap lasts, what it presses, aim, whether aimed."""
        word, left, pressed, error, aimed = memory or (self.seed, 0, 0, 0, 0)
        own, _, x, y, vx, vy, _, _, pause = observation
        coming = vx < 0 and not pause
        if coming and not aimed:
            word = advance(word)
            error = self._error(word, -vx)
        if left > 0:
            return _ACTIONS[pressed], (word, left - 1, pressed, error, int(coming))
        goal = arrival(x, y, vx, vy) + error if coming else y // 3
        way = goal - own
        word = advance(word)
        if pressed:  # let go between taps
            pressed, left = 0, 2 + below(word, 3)
        elif abs(way) > _CALM:
            pressed, left = (2 if way > 0 else 1), min(14, abs(way) // _STEP)
        else:
            pressed, left = below(word, 3), 2 + below(advance(word), 5)
        return _ACTIONS[pressed], (word, left, pressed, error, int(coming))

    def _error(self, word: int, speed: int) -> int:
        """Return how far off this return will be aimed."""
        blur = self.blur * 21 * speed // 1000
        return below(word, 2 * blur + 1) - blur


def arrival(x: int, y: int, vx: int, vy: int) -> int:
    """Return the height at which a ball that comes from the right reaches the left paddle, walls included."""
    frames = max(0, x + _REACH) // -vx
    y += vy * frames
    while not -_WALL <= y <= _WALL:
        y = 2 * _WALL - y if y > _WALL else -2 * _WALL - y
    return y
