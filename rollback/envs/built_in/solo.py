"""A built-in game as a Gymnasium environment: player 0 against, or beside, scripted ones. Knows no rule of any game."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import gymnasium

from rollback.envs.built_in.bots import SpaceBot
from rollback.envs.built_in.keys import keys_to_action
from rollback.envs.built_in.opponents import Opponents
from rollback.envs.built_in.views import (
    Reward,
    Seat,
    checked_mode,
    checked_reward,
    checked_seed,
    ended,
    metadata_of,
    rewards_of,
    show,
    standing,
)
from rollback.errors import GameError, UsageError
from rollback.games.dice import advance, spread
from rollback.types import Policy

__all__ = ["BuiltInSolo"]

_SKIPPED: Final = (1, 600)  # frames a step


class BuiltInSolo(gymnasium.Env[Any, Any]):
    """A built-in game seen by player 0; the other players are part of the environment.

    An observation is what the game's `observe(0)` returns, named by `game.observed`. A step is over (`terminated`) when
    the match is. `reset(seed=...)` starts the match that the game's own `reset(seed)` starts, with opponents of the same
    seed; a reset without one goes on to the next of the last seed's matches.

    `get_state` and `set_state` take a snapshot, with the opponents' memories, and return to it, in this environment or in
    another of the same making; an opponent that is a plain function has no memory that could be saved.

    Args:
        game: The game; it belongs to the environment from now on.
        name: Of the environment.
        opponent: Who plays the others, see `Opponents`.
        reward: `score`: the change of player 0's score; `margin`: less the mean change of the others'; `survival`, where
            players can be out (Tetris): -1 for going out, and as much in all for the others' going.
        frame_skip: Frames a step lasts: player 0's action is held, the others choose anew each frame, and the rewards
            add up.
        render_mode: What `render()` returns: None, `rgb_array` or `ansi`.
        choices: Actions of a game of numbered ones, where its codec has room for more.
        tabular: The observation is one number, as `game.state_index(0)` counts them; as it does not show the time, a match
            whose time is up without a winner is truncated.

    Attributes:
        game: The game as it stands.
    """

    def __init__(
        self,
        game: Any,
        name: str,
        *,
        opponent: Any = "scripted",
        reward: Reward = "margin",
        frame_skip: int = 1,
        render_mode: str | None = None,
        choices: int | None = None,
        tabular: bool = False,
    ) -> None:
        least, most = _SKIPPED
        if type(frame_skip) is not int or not least <= frame_skip <= most:
            raise UsageError(f"frame_skip must be a whole number from {least} to {most}, not {frame_skip!r:.80}")
        self.game = game
        self.metadata = metadata_of(name, max(1, round(game.fps / frame_skip)))
        self.render_mode = checked_mode(render_mode)
        self.reward = checked_reward(reward, game)
        self.frame_skip = frame_skip
        self._seat = Seat(game, 0, choices=choices, tabular=tabular)
        self.observation_space = self._seat.observation_space
        self.action_space = self._seat.action_space
        others = [Seat(game, player, choices=choices, tabular=tabular) for player in range(1, game.players)]
        self._opponents = Opponents(game, others, opponent)
        self._seed = 0  # of the match
        self._word = 0  # of the seeds that nobody gave; 0: not drawn yet

    def reset(self, *, seed: int | None = None, options: Mapping[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start a match; `options` is not looked at."""
        if seed is not None:
            seed = checked_seed(seed)
            super().reset(seed=seed)
            self._word = spread(seed)
        else:
            word = self._word or spread(int(self.np_random.integers(1 << 32)))
            seed = self._word = advance(word)
        self._seed = seed
        self.game.reset(seed)
        self._opponents.begin(self.game, seed)
        return self._seat.observe(self.game), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Advance `frame_skip` frames, fewer if the match ends before.

        Raises:
            ActionError: The action lies outside the space; nothing has happened.
        """
        game, opponents = self.game, self._opponents
        own = self._seat.action(action)
        reward = 0.0
        for _ in range(self.frame_skip):
            before = standing(game, self.reward)
            game.step([own, *opponents.act(game)])
            reward += rewards_of(before, standing(game, self.reward), self.reward)[0]
            if game.over:
                break
        terminated, truncated = ended(game, self._seat.tabular)
        return self._seat.observe(game), reward, terminated, truncated, {}

    def get_state(self) -> dict[str, Any]:
        """Return a snapshot: a state tree, if the opponents' memories are, that nothing changes afterwards."""
        return {"game": self.game.save(), "seed": self._seed, "word": self._word, "memories": self._opponents.memories}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Return to a snapshot, without keeping it.

        Raises:
            GameError: It is none of this environment's.
        """
        try:
            game, seed, word, memories = state["game"], state["seed"], state["word"], state["memories"]
            if type(seed) is not int or type(word) is not int or seed < 0 or word < 0:
                raise TypeError(state)
            memories = tuple(memories)
            if len(memories) != len(self._opponents.memories):
                raise TypeError(state)
        except (KeyError, TypeError):
            raise GameError(f"set_state takes what get_state of {self.metadata['name']} returned, not {state!r:.100}") from None
        self.game.load(game)
        if seed != self._seed:  # bots differ from match to match
            self._opponents.begin(self.game, seed)
        self._opponents.memories = memories
        self._seed, self._word = seed, word

    def render(self) -> Any:
        """Return the picture as `render_mode` says: an array, height x width x 3, or text."""
        return show(self.game, self.render_mode)

    @property
    def noop_action(self) -> Any:
        """The action that does nothing; None where there is none, as in placements of Tetris."""
        return self._seat.noop(self.game)

    def keys(self) -> dict[str, int]:
        """Return which key presses which button (or makes which action), by the names of keys."""
        return self.game.keys(0)  # type: ignore[no-any-return]

    def bot(self, seed: int = 0) -> Policy | None:
        """Return the game's own bot for player 0, None where it could make nothing of single numbers (`tabular`)."""
        return None if self._seat.tabular else SpaceBot(self.game, self._seat, seed)

    def get_keys_to_action(self) -> dict[tuple[int, ...], Any]:
        """Return which keys make which action, as `gymnasium.utils.play` has it; up to three keys count together."""
        return keys_to_action(self.game, self._seat)
