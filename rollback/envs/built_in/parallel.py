"""A built-in game as a PettingZoo environment. Knows agents, episodes and their snapshots; knows no rule of any game."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from gymnasium import spaces

from rollback.envs.built_in.bots import SpaceBot
from rollback.envs.built_in.keys import keys_to_action
from rollback.envs.built_in.views import (
    Reward,
    Seat,
    box_of,
    checked_mode,
    checked_reward,
    checked_seed,
    ended,
    metadata_of,
    rewards_of,
    show,
    standing,
)
from rollback.errors import GameError, MissingAction, MissingPackage, UsageError
from rollback.games.dice import advance, spread
from rollback.types import Policy

try:
    from pettingzoo import ParallelEnv
    from pettingzoo.utils.conversions import parallel_to_aec
except ImportError:
    raise MissingPackage("a built-in game as a PettingZoo environment", "pettingzoo", "pettingzoo") from None

__all__ = ["BuiltInParallel", "turn_by_turn"]

_ENTROPY: Final = 1 << 32


class BuiltInParallel(ParallelEnv):  # type: ignore[misc]
    """All players of a built-in game, each frame one step of all of them.

    Agents are `player_0`, `player_1` ...; all of them end together: terminated when the game is over, truncated after
    `max_cycles` steps. An observation is an array of whole numbers, the one that the game's `observe(player)` returns;
    `game.observed` names them. `reset(seed)` starts the match that the game's own `reset(seed)` starts; a reset without
    a seed goes on to the next of the last seed's matches.

    `get_state` and `set_state` take a snapshot and return to it, in this environment or in another of the same making.

    Args:
        game: The game; it belongs to the environment from now on.
        name: Of the environment, such as `pong_v0`.
        reward: `score`: the change of the player's own score; `margin`: less the mean change of the others' scores,
            so that the rewards of a step sum to 0; `survival`, where players can be out (Tetris): -1 for who goes out,
            shared among the others as their gain.
        render_mode: What `render()` returns: None, `rgb_array` or `ansi`.
        max_cycles: Steps after which a match is cut short; None: it is played to its end.
        choices: Actions of a game of numbered ones, where its codec has room for more.
        tabular: Observations are single numbers, as `game.state_index(player)` counts them; as these do not show the time,
            a match whose time is up without a winner is truncated.

    Attributes:
        game: The game as it stands.
        cycle: Steps since the last reset.
    """

    def __init__(
        self,
        game: Any,
        name: str,
        *,
        reward: Reward = "margin",
        render_mode: str | None = None,
        max_cycles: int | None = None,
        choices: int | None = None,
        tabular: bool = False,
    ) -> None:
        if max_cycles is not None and (type(max_cycles) is not int or max_cycles < 1):
            raise UsageError(f"max_cycles must be None or a whole number of at least 1, not {max_cycles!r:.80}")
        self.game = game
        self.metadata = metadata_of(name, game.fps)
        self.render_mode = checked_mode(render_mode)
        self.reward = checked_reward(reward, game)
        self.max_cycles = max_cycles
        self.tabular = tabular
        self.possible_agents = [f"player_{player}" for player in range(game.players)]
        self.agents: list[str] = []
        self.cycle = 0
        self.state_space = box_of(game, game.players)
        self._seats = [Seat(game, player, choices=choices, tabular=tabular) for player in range(game.players)]
        self._by_agent = dict(zip(self.possible_agents, self._seats, strict=True))
        self._word = 0  # of the seeds that nobody gave; 0: not drawn yet

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """Return what the agent can be shown: always the same object."""
        return self._seat(agent).observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """Return what the agent can do: always the same object."""
        return self._seat(agent).action_space

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Start a match; `options` is not looked at."""
        if seed is not None:
            seed = checked_seed(seed)
            self._word = spread(seed)
        else:
            if not self._word:
                entropy = np.random.SeedSequence().entropy
                self._word = spread(int(entropy) % _ENTROPY)  # type: ignore[arg-type]
            seed = self._word = advance(self._word)
        self.game.reset(seed)
        self.cycle = 0
        self.agents = self.possible_agents[:]
        return self._observations(), {agent: {} for agent in self.agents}

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Advance one frame by one action of every agent.

        Raises:
            MissingAction: An agent's action is not there.
            ActionError: An action lies outside its space; nothing has happened.
            UsageError: The match is over or has not begun, or an action is of nobody.
        """
        agents, game = self.agents, self.game
        if not agents:
            if actions:
                raise UsageError(f"{self.metadata['name']} is between two matches: call reset() before step()")
            return {}, {}, {}, {}, {}
        try:
            taken = [seat.action(actions[agent]) for agent, seat in self._by_agent.items()]
        except KeyError as error:
            raise MissingAction(f"step needs one action of every agent, and there is none of {error.args[0]}") from None
        if len(actions) != len(taken):
            strange = next(agent for agent in actions if agent not in self._by_agent)
            raise UsageError(f"{strange!r:.80} is no agent of {self.metadata['name']}: they are {', '.join(agents)}")
        before = standing(game, self.reward)
        game.step(taken)
        self.cycle += 1
        rewards = dict(zip(agents, rewards_of(before, standing(game, self.reward), self.reward), strict=True))
        is_over, is_cut = ended(game, self.tabular)
        is_cut = is_cut or (not is_over and self.max_cycles is not None and self.cycle >= self.max_cycles)
        if is_over or is_cut:
            self.agents = []
        return (
            self._observations(),
            rewards,
            dict.fromkeys(agents, is_over),
            dict.fromkeys(agents, is_cut),
            {agent: {} for agent in agents},
        )

    def get_state(self) -> dict[str, Any]:
        """Return a snapshot: a state tree that nothing changes afterwards."""
        return {"game": self.game.save(), "cycle": self.cycle, "live": bool(self.agents), "word": self._word}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Return to a snapshot, without keeping it.

        Raises:
            GameError: It is none of this environment's.
        """
        try:
            game, cycle, live, word = state["game"], state["cycle"], state["live"], state["word"]
            if type(cycle) is not int or type(live) is not bool or type(word) is not int or cycle < 0 or word < 0:
                raise TypeError(state)
        except (KeyError, TypeError):
            raise GameError(f"set_state takes what get_state of {self.metadata['name']} returned, not {state!r:.100}") from None
        self.game.load(game)
        self.cycle, self._word = cycle, word
        self.agents = self.possible_agents[:] if live else []

    def state(self) -> Any:
        """Return the view of all players: their observations by the game, one after the other."""
        game = self.game
        return np.array([value for player in range(game.players) for value in game.observe(player)], dtype=np.int32)

    def render(self) -> Any:
        """Return the picture as `render_mode` says: an array, height x width x 3, or text."""
        return show(self.game, self.render_mode)

    def close(self) -> None:
        """Do nothing: no window and no process is open."""

    @property
    def noop_action(self) -> dict[str, Any] | None:
        """The action by which each agent does nothing; None where there is none, as in placements of Tetris."""
        actions = {agent: seat.noop(self.game) for agent, seat in self._by_agent.items()}
        return None if any(action is None for action in actions.values()) else actions

    def keys(self, agent: str) -> dict[str, int]:
        """Return which key presses which of the agent's buttons (or makes which action), by the names of keys."""
        return self.game.keys(self._seat(agent).player)  # type: ignore[no-any-return]

    def get_keys_to_action(self, agent: str = "player_0") -> dict[tuple[int, ...], Any]:
        """Return which keys make which action, as `gymnasium.utils.play` has it; agents may mean them differently."""
        return keys_to_action(self.game, self._seat(agent))

    def bot(self, agent: str, seed: int = 0) -> Policy | None:
        """Return the game's own bot for the agent, None where it could make nothing of single numbers (`tabular`)."""
        seat = self._seat(agent)
        return None if seat.tabular else SpaceBot(self.game, seat, seed)

    def _seat(self, agent: str) -> Seat:
        try:
            return self._by_agent[agent]
        except (KeyError, TypeError):
            known = ", ".join(self.possible_agents)
            raise UsageError(f"{agent!r:.80} is no agent of {self.metadata['name']}: they are {known}") from None

    def _observations(self) -> dict[str, Any]:
        game = self.game
        return {agent: seat.observe(game) for agent, seat in self._by_agent.items()}


def turn_by_turn(environment: BuiltInParallel) -> Any:
    """Return the form in which agents act one after the other (AEC); the game steps when all of them have acted."""
    return parallel_to_aec(environment)
