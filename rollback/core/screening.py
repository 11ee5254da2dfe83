"""A game that is given a state and then settled rows. Knows frames, inputs and checksums; knows no feed and no clock."""

from __future__ import annotations

from typing import Any, Final

from rollback.errors import GameError
from rollback.game import Game, codecs_of
from rollback.state import checksum
from rollback.types import Confirmed

__all__ = ["Screening"]

KEPT: Final = 256  # newest checksums


class Screening:
    """Shows a match.

    Args:
        game: The game.

    Attributes:
        codecs: One codec a player.
        widths: Bytes of each player's input.
        frame: Frames simulated; the game holds S_frame.
        is_loaded: Whether the game holds a state of the match.
        sums: Newest checksums of our states, by frame.
    """

    def __init__(self, game: Game) -> None:
        self.codecs = codecs_of(game)
        self.widths = tuple([codec.size for codec in self.codecs])
        self.frame = 0
        self.is_loaded = False
        self.sums: dict[int, int] = {}
        self._game: Any = game

    def load(self, frame: int, state: Any, told: int, seed: int) -> None:
        """Take over S_frame.

        Args:
            frame: The frame.
            state: The state.
            told: The checksum it must have.
            seed: Of the match.

        Raises:
            GameError: The game cannot take it, or is not in the state that was announced.
        """
        game = self._game
        try:
            if not self.is_loaded and hasattr(game, "reset"):
                game.reset(seed)
            game.load(state)
            right = self.digest() == told
        except Exception as error:  # whatever a state from outside does to a game
            raise GameError(f"the game cannot take the state of frame {frame}: {_told(error)}") from None
        if not right:
            raise GameError(f"the state of frame {frame} is not the one that was announced")
        self.frame, self.is_loaded = frame, True
        self.sums = {frame: told}

    def step(self, row: bytes) -> Confirmed:
        """Step on the joined inputs of all players.

        Raises:
            GameError: The game raised something: in the match as well, or the state was made to do so.
        """
        inputs, at = [], 0
        for width in self.widths:
            inputs.append(row[at : at + width])
            at += width
        actions = tuple([codec.decode(data) for codec, data in zip(self.codecs, inputs, strict=True)])
        try:
            self._game.step(actions)
        except Exception as error:
            raise GameError(f"step raised at frame {self.frame}: {_told(error)}") from None
        self.frame += 1
        return Confirmed(self.frame - 1, actions, tuple(inputs))

    def differs(self, told: dict[int, int], interval: int) -> int | None:
        """Compare what was told with our own checksums as far as both are here; return the first frame that differs.

        Args:
            told: Checksums by frame; those that were compared, or are of frames before the present, are taken out.
            interval: Frames between those that will be told; they may be told a little late.

        Raises:
            GameError: As `digest`.
        """
        if self.frame in told or self.frame % interval == 0:
            self.sums[self.frame] = self.digest()
            if len(self.sums) > KEPT:
                del self.sums[next(iter(self.sums))]
        for frame in [frame for frame in told if frame <= self.frame]:
            value = told.pop(frame)
            if self.sums.get(frame, value) != value:
                return frame
        return None

    def digest(self) -> int:
        """Return the checksum of the present.

        Raises:
            GameError: The game has none: a state from outside may be no tree any more after some steps.
        """
        try:
            digest = getattr(self._game, "digest", None)
            return checksum(self._game.save() if digest is None else digest())
        except Exception as error:
            raise GameError(f"the state of frame {self.frame} has no checksum: {_told(error)}") from None


def _told(error: Exception) -> str:
    try:
        return f"{error!r:.200}"
    except Exception:  # a huge number in it has no digits, for one
        return type(error).__name__
