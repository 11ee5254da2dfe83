"""Actions drawn by chance, all of a space alike. Knows spaces and a generator; knows no environment.

Random bytes decoded by a codec are nearly all the idle action where a space is small; these are not.
"""

from __future__ import annotations

import random
from typing import Any, Final

import numpy as np
from gymnasium import spaces

from rollback.envs.codecs.spaces import fresh
from rollback.games.dice import advance, below, spread

__all__ = ["ChanceBot", "drawn"]

_SHORTEST: Final = 2
_LONGEST: Final = 9  # frames an action is held: nobody presses another button sixty times a second
_WIDE: Final = 10.0  # of components without bounds: most environments clip far below


def drawn(space: Any, dice: random.Random) -> Any:
    """Return an action of a space, all alike; components of a Box without bounds by a bell curve.

    Args:
        space: One that has a codec.
        dice: Where chance comes from; nothing else is asked.
    """
    if isinstance(space, spaces.Discrete):
        return np.dtype(space.dtype).type(int(space.start) + dice.randrange(int(space.n)))
    if isinstance(space, spaces.MultiBinary):
        flat = [dice.getrandbits(1) for _ in range(int(np.prod(space.shape)))]
        return np.array(flat, space.dtype).reshape(space.shape)
    if isinstance(space, spaces.MultiDiscrete):
        numbers = [
            dice.randrange(int(count)) + int(start) for count, start in zip(space.nvec.flat, space.start.flat, strict=True)
        ]
        return np.array(numbers, space.dtype).reshape(space.shape)
    if isinstance(space, spaces.Box):
        return _boxed(space, dice)
    if isinstance(space, spaces.Tuple):
        return tuple([drawn(part, dice) for part in space.spaces])
    if isinstance(space, spaces.Dict):
        return {key: drawn(part, dice) for key, part in space.spaces.items()}
    if isinstance(space, spaces.OneOf):
        place = dice.randrange(len(space.spaces))
        return np.int64(place), drawn(space.spaces[place], dice)
    raise TypeError(f"no actions are drawn from {space!r:.80}")


def _boxed(space: spaces.Box, dice: random.Random) -> Any:
    whole = space.dtype.kind != "f"
    numbers: list[float] = []
    for low, high in zip(space.low.flat, space.high.flat, strict=True):
        if whole:
            numbers.append(dice.randint(int(low), int(high)))
        elif np.isfinite(low) and np.isfinite(high):
            numbers.append(float(low) + (float(high) - float(low)) * dice.random())
        else:
            numbers.append(min(max(dice.gauss(0.0, _WIDE), float(low)), float(high)))
    made = np.array(numbers, space.dtype).reshape(space.shape)
    return made if whole else np.clip(made, space.low, space.high)  # rounding to the dtype must not leave the bounds


class ChanceBot:
    """A policy that draws actions of one space, and holds each for a few frames.

    Args:
        space: The space.
        player: Whose it is; players draw differently.
        seed: Of the draws.
    """

    def __init__(self, space: Any, player: int = 0, seed: int = 0) -> None:
        self._space = space
        self._seed = spread(seed, player)

    def act(self, observation: Any, memory: Any) -> tuple[Any, tuple[int, int, int]]:
        """Return an action, and the memory: generator, frames to hold on, the word of the action that is held."""
        word, left, held = memory or (self._seed, 0, 0)
        if left <= 0:
            held = word = advance(word)
            word = advance(word)
            left = _SHORTEST + below(word, _LONGEST - _SHORTEST + 1)
        return fresh(drawn(self._space, random.Random(held))), (word, left - 1, held)
