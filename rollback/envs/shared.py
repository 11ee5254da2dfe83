"""One Gymnasium environment for all: taken in turns, watched, or with its actions split. Knows who acts; knows no copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from sys import getrefcount
from typing import Any

from numpy import ndarray

from rollback.envs.controls import Control
from rollback.envs.environment_game import EnvironmentGame
from rollback.envs.kept_values import ALONE
from rollback.envs.race import proved, stepper
from rollback.envs.saving.probe import Episode
from rollback.errors import GameError

__all__ = ["SharedGame", "SplitGame", "TurnsGame", "WatchGame"]


class SharedGame(EnvironmentGame):
    """One environment, seen by all players; the kinds differ in whose actions count and who is rewarded.

    Args:
        env: The environment.
        controls: The players.
        drive: Returns how it, or another like it, is driven.
        saver: Name of the saver, None to choose.
        make: Makes another like it, None where that cannot be done.
        scout: Another one that nobody plays, for the probe and for drawing; None where there is none.
        settings: As for `EnvironmentGame`.
    """

    makes_actions = False  # of the players', so what reaches the environment is no value that is decoded once

    def __init__(
        self,
        env: Any,
        controls: Sequence[Control],
        drive: Callable[[Any], Episode],
        *,
        saver: str | None = None,
        make: Callable[[], Any] | None = None,
        scout: Any = None,
        **settings: Any,
    ) -> None:
        self.env = env
        (chosen,), painter = proved([env], drive, saver, make, scout)
        is_fresh = controls[0].is_fresh and not self.makes_actions
        self._step_environment = stepper(env.step, chosen, is_fresh=is_fresh)
        super().__init__(controls, chosen, painter=painter, **settings)

    def _begin(self, seed: int) -> None:
        observation, info = self.env.reset(seed=seed)
        self.saver.began(seed)
        self._observations = (self._seen(observation),)
        self._infos = (self._told(info),) if info else ()
        self.alive = self._yes

    def step(self, actions: Sequence[Any]) -> None:
        """Play one frame: step the environment, or, after the end of an episode, reset it.

        Args:
            actions: One of each player; those of who does not act now are ignored.
        """
        if self.is_between:
            self._next_episode()
            return
        observation, reward, terminated, truncated, info = self._step_environment(self._joined(actions))
        if (  # an array that nobody else holds is taken as it is, for nobody else can change it
            type(observation) is ndarray
            and getrefcount(observation) == ALONE
            and observation.base is None
            and observation.dtype is self._copies.dtype
        ):
            observation.setflags(False)  # type: ignore[call-arg]  # by place: naming it takes twice as long
        else:
            observation = self._seen(observation)
        self._observations = (observation,)
        self._infos = (self._told(info),) if info else ()
        self._reward(self._shares(reward, info))
        if terminated or truncated:
            self.alive = self._no
            self.terminated = self._yes if terminated else self._no
            self.truncated = self._yes if truncated else self._no
            self._end()

    def _joined(self, actions: Sequence[Any]) -> Any:
        """Return what the environment is stepped with."""
        raise NotImplementedError

    def _shares(self, reward: Any, info: Any) -> tuple[float, ...]:
        """Return everybody's reward."""
        raise NotImplementedError

    def _bare(self, player: int) -> tuple[Any, tuple[Any, ...]]:
        return self.env.unwrapped, ()

    def _rendered(self) -> Any:
        return self._painter.shown(self.env, self.saver)


class TurnsGame(SharedGame):
    """Players take turns by episode: the one whose number is the episode's, counted round, acts and is rewarded."""

    @property
    def acting(self) -> int:
        """The player whose turn it is."""
        return self.episode % self.players

    def _joined(self, actions: Sequence[Any]) -> Any:
        return actions[self.episode % self.players]

    def _shares(self, reward: Any, info: Any) -> tuple[float, ...]:
        shares = [0.0] * self.players
        shares[self.episode % self.players] = float(reward)
        return tuple(shares)


class WatchGame(SharedGame):
    """Player 0 acts and is rewarded; all others watch."""

    def __init__(self, env: Any, controls: Sequence[Control], drive: Callable[[Any], Episode], **settings: Any) -> None:
        self.watchers = tuple(range(1, len(controls)))
        super().__init__(env, controls, drive, **settings)

    def _joined(self, actions: Sequence[Any]) -> Any:
        return actions[0]

    def _shares(self, reward: Any, info: Any) -> tuple[float, ...]:
        return (float(reward), *self._zeros[1:])


class SplitGame(SharedGame):
    """Each player gives a part of the action. The reward is everybody's, unless the environment tells one of each.

    Args:
        env: The environment.
        controls: The players.
        drive: As for `SharedGame`.
        join: Makes one action of the players' parts.
        settings: As for `SharedGame`.
    """

    makes_actions = True

    def __init__(
        self,
        env: Any,
        controls: Sequence[Control],
        drive: Callable[[Any], Episode],
        *,
        join: Callable[[Sequence[Any]], Any],
        **settings: Any,
    ) -> None:
        self._join = join
        super().__init__(env, controls, drive, **settings)

    def _joined(self, actions: Sequence[Any]) -> Any:
        return self._join(actions)

    def _shares(self, reward: Any, info: Any) -> tuple[float, ...]:
        own = _rows(info["rewards"]) if info and "rewards" in info else None
        if own is None or len(own) != self.players:  # other environments mean something else by that word
            own = None if type(reward) is float else _rows(reward)
            if own is None:
                return (float(reward),) * self.players
        if len(own) != self.players:
            raise GameError(f"the environment rewards {len(own)} players, and {self.players} play: {reward!r:.80}")
        return tuple([float(share) for share in own])


def _rows(rewards: Any) -> Sequence[Any] | None:
    """Return rewards of several players as a sequence, None for one number."""
    if isinstance(rewards, Mapping):
        return list(rewards.values())
    several = isinstance(rewards, tuple | list) or (isinstance(rewards, ndarray) and rewards.ndim == 1)
    return rewards if several else None
