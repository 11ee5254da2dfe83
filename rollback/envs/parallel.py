"""PettingZoo environments whose agents act at the same time, as games. Knows agents that come and go; knows no match."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rollback.envs.codecs.spaces import fresh
from rollback.envs.controls import Control, check_count, controls_for
from rollback.envs.environment_game import EnvironmentGame
from rollback.envs.gymnasium_games import rate_of
from rollback.envs.keys import KeyTable
from rollback.envs.making import made_quietly, said
from rollback.envs.race import proved
from rollback.envs.saving.probe import Episode
from rollback.envs.versions import version_of
from rollback.errors import GameError, MissingPackage

__all__ = ["ParallelGame", "from_parallel_env"]


def from_parallel_env(
    env: Any,
    *,
    idle: Any = None,
    keys: Mapping[Any, Any] | None = None,
    bits: int | None = None,
    saver: str | None = None,
    episodes: int | None = None,
) -> EnvironmentGame:
    """Return a game of a PettingZoo environment; its `possible_agents` are the players.

    Args:
        env: A ParallelEnv, which then belongs to the game, a function that makes one, or the name of a module with a
            function `parallel_env`. An AEC environment is converted where its metadata say that it may be.
        idle: The action that does nothing, for all players or by agent; None asks the environment, then the space.
        keys: From keys to actions, for all players or a table for each agent; None asks the environment.
        bits: Bits of each number of a Box, for actions that are too wide; None keeps them exact.
        saver: The name of the only saver to try; None takes the first one that proves right.
        episodes: After how many episodes the match is over; None goes on.

    Raises:
        GameError: It has no fixed agents, or too many, its actions cannot travel, or it cannot be saved.
        MissingPackage: PettingZoo, or the environment's package, is not installed.
    """
    make: Callable[[], Any]
    if isinstance(env, str):
        from rollback.envs.environment_names import maker_of_module

        make, name = maker_of_module(env, {}), env
    elif _is_environment(env):
        make, name = lambda: _copied(env), ""
    elif callable(env):
        make, name = env, ""
    else:
        raise GameError(f"{env!r:.80} is no environment: give a ParallelEnv, a function that makes one, or a module's name")
    first = _parallel(env if _is_environment(env) else made_quietly(make, name or "the environment"))
    agents = _agents(first)
    spaces = [(first.observation_space(agent), first.action_space(agent)) for agent in agents]
    controls = controls_for(first, agents, spaces, idle=idle, bits=bits)
    table = KeyTable(keys, first)
    table.check(controls)
    is_given = env is first
    game = ParallelGame(
        first if is_given else _parallel(made_quietly(make, name or "the environment")),
        agents,
        controls,
        saver=saver,
        make=None if is_given else lambda: _parallel(make()),
        scout=None if is_given else first,
        episodes=episodes,
        fps=rate_of(first),
        keys=table,
        again=lambda: from_parallel_env(
            name or make, idle=idle, keys=keys, bits=bits, saver=saver, episodes=episodes
        ),
    )  # fmt: skip
    game.game_id = f"pettingzoo:{name or type(first.unwrapped).__module__}"
    game.game_version = version_of(first, game.saver.name)
    return game


class ParallelGame(EnvironmentGame):
    """A ParallelEnv: each agent is a player. One that died stays dead until the next episode, whatever it does.

    Args:
        env: The environment.
        ids: Its agents, as it calls them.
        controls: The players.
        saver: Name of the saver, None to choose.
        make: Makes another such environment, None where that cannot be done.
        scout: Another one that nobody plays, for the probe and for drawing; None where there is none.
        settings: As for `EnvironmentGame`.
    """

    def __init__(
        self,
        env: Any,
        ids: Sequence[Any],
        controls: Sequence[Control],
        *,
        saver: str | None = None,
        make: Callable[[], Any] | None = None,
        scout: Any = None,
        **settings: Any,
    ) -> None:
        self.env = env
        self._ids = tuple(ids)
        self._seats = tuple(
            (player, agent, control.is_fresh) for player, (agent, control) in enumerate(zip(ids, controls, strict=True))
        )
        draws = {agent: control.draw for agent, control in zip(ids, controls, strict=True)}

        def drive(each: Any) -> Episode:
            return _episode_of(each, draws)

        (chosen,), painter = proved([env], drive, saver, make, scout)
        self._tell = chosen.stepped if chosen.name == "simulated again" else None
        self._step_environment = env.step
        super().__init__(controls, chosen, painter=painter, **settings)

    def _begin(self, seed: int) -> None:
        observations, infos = self.env.reset(seed=seed)
        self.saver.began(seed)
        present = self.env.agents
        self.alive = tuple([agent in present for agent in self._ids])
        self._observations = tuple([self._seen(observations.get(agent)) for agent in self._ids])
        told = tuple([self._told((infos or {}).get(agent)) for agent in self._ids])
        self._infos = told if any(told) else ()

    def step(self, actions: Sequence[Any]) -> None:
        """Play one frame: step the environment, or, after the end of an episode, reset it.

        Args:
            actions: One of each player; those of agents that are not there are ignored.
        """
        if self.is_between:
            self._next_episode()
            return
        # One flat loop over the agents, with their earlier rows at hand: most are alive in most frames.
        env, before, view = self.env, self.alive, self._seen
        present = env.agents
        chosen = {}
        for player, agent, is_fresh in self._seats:
            if before[player]:
                action = actions[player]
                chosen[agent] = action if is_fresh else fresh(action)
            elif agent in present:  # dead in our books, but the environment still asks for it
                chosen[agent] = fresh(self.controls[player].idle)
        told = dict(chosen) if self._tell is not None else None
        seen, rewarded, terminated, truncated, infos = self._step_environment(chosen)
        if told is not None and self._tell is not None:
            self._tell(told)
        present = env.agents
        observations, rewards = list(self._observations), []
        kept_infos: list[dict[str, Any]] = []
        alive, ended = [], False
        for player, agent, _ in self._seats:
            is_here = agent in present
            if not before[player] and (not is_here or self.terminated[player] or self.truncated[player]):
                alive.append(False)
                rewards.append(0.0)
                kept_infos.append({})
                continue
            if agent in seen:
                observations[player] = view(seen[agent])
            reward = rewarded.get(agent, 0.0)
            rewards.append(reward if type(reward) is float else float(reward))
            info = infos.get(agent) if infos else None
            kept_infos.append(self._told(info) if info else {})
            is_terminated, is_truncated = terminated.get(agent), truncated.get(agent)
            if is_terminated or is_truncated or not is_here:
                alive.append(False)
                ended = True
                self._done(player, bool(is_terminated) or not is_truncated, bool(is_truncated))
            else:
                alive.append(True)
        self.alive = tuple(alive)
        self._observations = tuple(observations)
        self._infos = tuple(kept_infos) if any(kept_infos) else ()
        self._reward(tuple(rewards))
        if not present or (ended and True not in alive):
            self._end()

    def _bare(self, player: int) -> tuple[Any, tuple[Any, ...]]:
        return getattr(self.env, "unwrapped", self.env), (self._ids[player],)

    def _rendered(self) -> Any:
        return self._painter.shown(self.env, self.saver)


def _episode_of(env: Any, draws: Mapping[Any, Callable[[random.Random], Any]]) -> Episode:
    ended = [True]

    def reset(seed: int) -> Any:
        observations = env.reset(seed=seed)[0]
        ended[0] = not env.agents
        return observations

    def step(actions: Any) -> Any:
        results = env.step({agent: fresh(actions[agent]) for agent in env.agents})[:4]
        _, _, terminated, truncated = results
        ended[0] = not env.agents or all(terminated.get(agent) or truncated.get(agent) for agent in env.agents)
        return results

    return Episode(reset, step, lambda dice: {agent: draw(dice) for agent, draw in draws.items()}, lambda: ended[0])


def _is_environment(env: Any) -> bool:
    return not isinstance(env, type) and callable(getattr(env, "step", None)) and callable(getattr(env, "reset", None))


def _parallel(env: Any) -> Any:
    """Return the environment, or for one whose agents act one after the other its conversion."""
    if not _is_environment(env):
        raise GameError(f"{env!r:.80} is no PettingZoo environment: it has no step and reset")
    if not callable(getattr(env, "last", None)):
        if not callable(getattr(env, "action_space", None)) or not callable(getattr(env, "observation_space", None)):
            raise GameError(
                f"{type(env).__name__} is no PettingZoo environment: observation_space(agent) and action_space(agent) are"
                " missing; for one of Gymnasium use from_gymnasium"
            )
        return env
    kind = type(env.unwrapped).__name__
    if not (getattr(env, "metadata", None) or {}).get("is_parallelizable"):
        raise GameError(
            f"in {kind} the agents act one after the other (its metadata do not say is_parallelizable), so a frame has no"
            " action of every player: choose an environment with a parallel_env"
        )
    try:
        from pettingzoo.utils.conversions import aec_to_parallel
    except ImportError:
        raise MissingPackage(f"to play {kind}", "pettingzoo", "pettingzoo") from None
    try:
        return aec_to_parallel(env)
    except Exception as error:
        raise GameError(f"{kind} cannot be made parallel: {said(error)}") from error


def _agents(env: Any) -> tuple[Any, ...]:
    kind = type(env.unwrapped).__name__ if hasattr(env, "unwrapped") else type(env).__name__
    agents = getattr(env, "possible_agents", None)
    if not agents:
        raise GameError(f"{kind} has no possible_agents: the players of a match must be known before it begins")
    check_count(len(agents), kind)
    return tuple(agents)


def _copied(env: Any) -> Any:
    try:
        return copy.deepcopy(env)
    except Exception as error:
        raise GameError(
            f"{type(env).__name__} cannot be made again ({said(error)}): give a function that makes it instead"
        ) from error
