"""The state of Python's own random generator as plain values, and back. Knows no checkpoint.

A generator that goes on from a saved state draws what the one that was saved would have drawn.
"""

from __future__ import annotations

import random
from typing import Any, Final

from rollback.errors import CheckpointError

__all__ = ["generator_from", "state_of"]

_VERSION: Final = 3  # of the state, since Python 3.2
_WORDS: Final = 625  # of 32 bits, the last of them being the place among the others


def state_of(generator: random.Random) -> list[Any]:
    """Return the state of a generator, to be a checkpoint's `random_state` or a part of it."""
    version, words, following = generator.getstate()
    return [version, list(words), following]


def generator_from(state: Any) -> random.Random:
    """Return a generator that goes on where the one of this state stood.

    Raises:
        CheckpointError: It is no such state.
    """
    generator = random.Random(0)
    try:
        version, words, following = state
        is_state = (
            version == _VERSION and len(words) == _WORDS and all(type(word) is int and 0 <= word < 2**32 for word in words)
        )
        if is_state and words[-1] < _WORDS and (following is None or type(following) is float):
            generator.setstate((version, tuple(words), following))
            return generator
    except (TypeError, ValueError, OverflowError):
        pass
    raise CheckpointError("the random state of the checkpoint is none of Python's generator: it cannot go on from there")
