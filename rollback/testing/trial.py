"""A game under test and how it is played: fresh, by random legal actions, match after match. Asks no question."""

from __future__ import annotations

import copy
import functools
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from rollback.errors import GameError
from rollback.game import Game, codecs_of
from rollback.state import Difference, checksum, diff, why_not_tree
from rollback.testing.environment_facts import environment_of

__all__ = ["Failed", "NotAsked", "Trial", "shown_differences"]

_SHORTEST, _LONGEST = 1, 12  # frames an action is held: long enough to get somewhere, short enough to change one's mind
_SHOWN: Final = 5  # differences in a sentence


class Failed(Exception):
    """The answer to a question is no.

    Attributes:
        frame: The frame it was found at.
        differences: Where states differ.
    """

    def __init__(self, sentence: str, frame: int | None, differences: Sequence[Difference] = ()) -> None:
        super().__init__(sentence)
        self.frame = frame
        self.differences = tuple(differences)


class NotAsked(Exception):
    """A question cannot be put to this game; the message says why, as what follows a "because"."""


class Trial:
    """The game under test; questions play it through here.

    Args:
        make: Makes fresh games.
        frames: Frames of each question; a game that is over earlier starts again with the next seed.
        distance: Frames a rollback goes back.
        seed: Of the actions, and of the first `reset`.

    Attributes:
        why_opaque: Why the snapshots are no state trees; empty when they are.
        is_environment: Whether it is an environment's game.
        is_replayed: Whether a load of it plays the episode again.
        ended: Episodes of an environment that ended in the matches.
        longest: Steps of the longest of them; of the unfinished one, where none ended.

    Raises:
        Failed: The game cannot even be saved once.
        GameError: Its snapshots cannot be compared.
    """

    def __init__(self, make: Callable[[], Game], frames: int, distance: int, seed: int) -> None:
        self.make = make
        self.frames = frames
        self.distance = distance
        self.seed = seed
        game = self.fresh(seed)
        own = environment_of(game)
        self.is_environment = own is not None
        self.is_replayed = own is not None and own.saver.name == "simulated again"
        self.kind = type(game).__name__ if own is None else own.game_id
        self.ended = self.longest = 0
        self._has_digest = callable(getattr(game, "digest", None))
        self.why_opaque = why_not_tree(self.call(game, "save", None)) or ""
        if self.why_opaque and not self._has_digest:
            raise GameError(
                f"{self.kind}.save() returns no state tree ({self.why_opaque}): add a method digest()"
                " that returns one, so that states can be compared"
            )

    @functools.cached_property
    def matches(self) -> list[tuple[int, int]]:
        """Seed and length of as many matches as fill the frames."""
        matches = []
        left, seed = self.frames, self.seed
        while left > 0:
            game = self.fresh(seed)
            played = 0
            for actions in self.actions(game, seed, left):
                self.step(game, actions, played)
                played += 1
                self._count_episode(game)
            matches.append((seed, max(played, 1)))
            if played == 0 or not callable(getattr(game, "reset", None)):
                break  # it is over at once, or would play the same match for ever
            left, seed = left - played, seed + 1
        return matches

    def actions(self, game: Game, seed: int, frames: int, *, watch_over: bool = True) -> Iterator[list[Any]]:
        """Yield legal actions for every player, each held for a few frames, until the game is over."""
        codecs = codecs_of(game)
        dice = random.Random(f"check {seed}")
        draw = getattr(environment_of(game), "sample", None)
        held: list[Any] = [b""] * len(codecs)
        until = [0] * len(codecs)
        for frame in range(frames):
            if watch_over and getattr(game, "over", False):
                return
            for player, codec in enumerate(codecs):
                if until[player] <= frame:
                    held[player] = codec.encode(draw(player, dice)) if draw else dice.randbytes(codec.size)
                    until[player] = frame + dice.randint(_SHORTEST, _LONGEST)
            yield [codec.decode(data) for codec, data in zip(codecs, held, strict=True)]

    def _count_episode(self, game: Game) -> None:
        own = environment_of(game)
        if own is None or (self.ended and not own.is_between):
            return
        self.ended += own.is_between
        self.longest = max(self.longest, own.step_in_episode)

    def fresh(self, seed: int) -> Game:
        """Return a game that was reset with `seed`, where it can be."""
        game = self.make()
        if callable(getattr(game, "reset", None)):
            self.call(game, "reset", 0, seed)
        return game

    def step(self, game: Game, actions: Sequence[Any], frame: int) -> None:
        """Step a game; what it raises is an answer."""
        self.call(game, "step", frame, actions)

    def call(self, game: Game, name: str, frame: int | None, *arguments: Any) -> Any:
        """Call a method of a game.

        Raises:
            Failed: It raised.
        """
        try:
            return getattr(game, name)(*arguments)
        except Exception as error:  # a game may raise anything, and that is an answer
            raise Failed(f"{name}() raised {type(error).__name__} at frame {frame}: {error}", frame) from error

    def seen(self, game: Game, frame: int | None) -> Any:
        """Return what checksums look at, owned by us."""
        return copy.deepcopy(self.call(game, "digest" if self._has_digest else "save", frame))

    def same(self, one: Game, other: Game, frame: int, why: str) -> None:
        """Hold that two games are in the same state.

        Raises:
            Failed: They are not; it names frame and paths.
        """
        self.compare(self.seen(one, frame), self.seen(other, frame), frame, why)

    def compare(self, left: Any, right: Any, frame: int, why: str) -> None:
        """Hold that two trees are the same.

        Raises:
            Failed: They are not; it names frame and paths.
        """
        if checksum(left) != checksum(right):
            differences = diff(left, right)
            raise Failed(f"At frame {frame} {why}{shown_differences(differences)}", frame, differences)


def shown_differences(differences: Sequence[Difference]) -> str:
    """Return the first few differences, to stand at the end of a sentence."""
    return f" ({'; '.join(map(str, differences[:_SHOWN]))})" if differences else ""
