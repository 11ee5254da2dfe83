"""A second game that is stepped on settled inputs only, and what it tells of each frame. Knows no session and no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from rollback.envs.data.timing import UNTOLD, Timing
from rollback.errors import GameError, UsageError
from rollback.game import Game, codecs_of

__all__ = ["Retelling", "Rows", "Transition", "another_game"]


class Transition(NamedTuple):
    """One settled frame; tuples hold one entry a player.

    All but `timing` is the same on every peer.

    Attributes:
        frame: The frame f: from S_f to S_(f+1).
        episode: The episode that S_f belongs to.
        is_reset: Whether the frame only began the next episode: its actions were ignored, and `observations` are the last ones
            of the episode that ended.
        observations: What each player is shown of S_f; None where the game has no `observe`.
        actions: What each player did in this frame.
        rewards: What each player got for the frame.
        terminated: Whether the episode ended for each player, by the rules.
        truncated: Whether it was cut short for each player.
        controllers: Who acted: `human`, `bot` or a name, `take-over`, `idle`; None where that is not known here.
        timing: How the peer that recorded went through the frame.
    """

    frame: int
    episode: int
    is_reset: bool
    observations: tuple[Any, ...]
    actions: tuple[Any, ...]
    rewards: tuple[float, ...]
    terminated: tuple[bool, ...]
    truncated: tuple[bool, ...]
    controllers: tuple[str | None, ...]
    timing: Timing = UNTOLD


class Rows(Protocol):
    """Takes what happened, frame by frame, for a data set of one's own."""

    def add(self, row: Transition) -> None:
        """Take a frame."""

    def close(self) -> None:
        """Hear that no further frame comes."""


def another_game(game: Any, given: Any = None) -> Any:
    """Return a fresh game of the kind of `game`: what was given, or one that is made.

    Raises:
        UsageError: None can be made, or it is another game.
    """
    if given is game:
        raise UsageError("game must be a second, fresh one, not the one that is played: a data set steps its own")
    name = type(game).__name__
    try:
        made = given if given is not None else game.another() if hasattr(game, "another") else type(game)()
    except Exception as error:
        raise UsageError(f"no second {name} can be made ({error}): give a fresh one, as in game={name}(...)") from error
    ours, theirs = ([codec.describe() for codec in codecs_of(each)] for each in (made, game))
    if ours != theirs:
        raise GameError(
            f"the second game has the codecs {', '.join(ours)}, the first one {', '.join(theirs)}:"
            " give a game that was made like the one that is played"
        )
    return made


class Retelling:
    """A game on its way through a match that has happened.

    Args:
        game: A fresh game that nobody else uses.

    Attributes:
        game: The game.
    """

    def __init__(self, game: Game) -> None:
        self.game: Any = game
        self.players = len(codecs_of(game))
        self._observe = getattr(game, "observe", None)
        self._scores = getattr(game, "scores", None)
        self._is_environment = hasattr(game, "is_between")
        self._zeros, self._noes = (0.0,) * self.players, (False,) * self.players
        self._before = self._zeros

    def begin(self, seed: int) -> None:
        """Stand at frame 0."""
        if hasattr(self.game, "reset"):
            self.game.reset(seed)
        self.begin_here()

    def begin_here(self) -> None:
        """Go on from where the game stands."""
        self._before = self._points()

    def load(self, state: Any) -> None:
        """Go on from a state."""
        self.game.load(state)
        self.begin_here()

    def observations(self) -> tuple[Any, ...]:
        """Return what each player is shown now."""
        observe = self._observe
        return tuple([None if observe is None else observe(player) for player in range(self.players)])

    def step(self, frame: int, actions: Sequence[Any], controllers: tuple[str | None, ...], timing: Timing) -> Transition:
        """Play a frame, and return what happened; whatever the game raises comes out as it is."""
        game, observations = self.game, self.observations()
        if self._is_environment:
            episode, is_reset = game.episode, bool(game.is_between)
            game.step(actions)
            rewards = tuple([float(reward) for reward in game.rewards])
            terminated, truncated = (tuple([bool(flag) for flag in flags]) for flags in (game.terminated, game.truncated))
            if is_reset:
                rewards, terminated, truncated = self._zeros, self._noes, self._noes
        else:
            episode, is_reset = 0, False
            game.step(actions)
            points, truncated = self._points(), self._noes
            rewards = tuple([after - before for after, before in zip(points, self._before, strict=True)])
            self._before = points
            terminated = (bool(getattr(game, "over", False)),) * self.players
        return Transition(
            frame, episode, is_reset, observations, tuple(actions), rewards, terminated, truncated, controllers, timing
        )

    def _points(self) -> tuple[float, ...]:
        if self._is_environment or self._scores is None:
            return self._zeros
        return tuple([float(score) for score in self._scores()])
