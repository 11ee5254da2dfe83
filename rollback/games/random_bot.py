"""A player of any game that presses whatever the dice say. Knows the game's codecs; knows no rule."""

from __future__ import annotations

from typing import Any, Final

from rollback.errors import UsageError
from rollback.game import Game, codecs_of
from rollback.games.dice import advance, below, spread

__all__ = ["RandomBot"]

_SHORTEST: Final = 2
_LONGEST: Final = 9  # frames an action is held: nobody presses another button sixty times a second


class RandomBot:
    """Draws legal actions by decoding random bytes with the codec of its player, and holds each for a few frames.

    Args:
        game: The game whose codecs make the actions; it is not kept.
        player: Whose codec.
        seed: Of the draws.
    """

    def __init__(self, game: Game, player: int = 0, seed: int = 0) -> None:
        codecs = codecs_of(game)
        if not isinstance(player, int) or isinstance(player, bool) or not 0 <= player < len(codecs):
            raise UsageError(f"player must be a whole number from 0 to {len(codecs) - 1}, not {player!r}")
        self.codec = codecs[player]
        self.seed = spread(seed, player)

    def act(self, observation: Any, memory: Any) -> tuple[Any, tuple[int, int, bytes]]:
        """Return an action, and the memory: generator, frames to hold on, the bytes that are held."""
        word, left, held = memory or (self.seed, 0, b"")
        if left <= 0:
            word = advance(word)
            left = _SHORTEST + below(word, _LONGEST - _SHORTEST + 1)
            drawn = bytearray()
            for _ in range(self.codec.size):
                word = advance(word)
                width = 1 + below(advance(word), 8)  # small numbers too: a codec of few values takes the rest for idle
                drawn.append(below(word, 1 << width))
            held = bytes(drawn)
        return self.codec.decode(held), (word, left - 1, held)
