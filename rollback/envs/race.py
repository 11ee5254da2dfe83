"""A race: every player has a copy of the environment, all from the same seed, side by side. Knows how copies are stepped."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Sequence
from operator import add
from typing import Any

from rollback.envs.codecs import fresh
from rollback.envs.controls import Control
from rollback.envs.environment_game import EnvironmentGame
from rollback.envs.making import made_quietly
from rollback.envs.painters import Painter
from rollback.envs.pictures import beside
from rollback.envs.probe import Episode
from rollback.envs.savers import Saver, saver_for
from rollback.errors import GameError

__all__ = ["RaceGame", "SideBySide", "episode_of", "proved"]


def episode_of(env: Any, draw: Callable[[random.Random], Any]) -> Episode:
    """Return how a Gymnasium environment is driven, by actions that `draw` gives."""
    ended = [True]

    def reset(seed: int) -> Any:
        ended[0] = False
        return env.reset(seed=seed)[0]

    def step(action: Any) -> Any:
        observation, reward, terminated, truncated, _ = env.step(fresh(action))
        ended[0] = bool(terminated or truncated)
        return observation, reward, bool(terminated), bool(truncated)

    return Episode(reset, step, draw, lambda: ended[0])


def proved(
    played: Sequence[Any],
    drive: Callable[[Any], Episode],
    saver: str | None,
    make: Callable[[], Any] | None,
    scout: Any,
) -> tuple[list[Saver], Painter]:
    """Return the savers of environments that are alike, and what draws them; the scout, if there is one, is probed.

    Args:
        played: The environments.
        drive: Returns how one is driven.
        saver: Name of the saver, None to choose.
        make: Makes one more, None where that cannot be done.
        scout: One that nobody plays, or None.
    """
    another = None if make is None else lambda: _driven(made_quietly(make), drive)
    painter = Painter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a checker says in the probe, it says again in the match
        if scout is not None:
            painter = Painter(scout, saver_for(scout, drive(scout), saver=saver, another=another))
        return [saver_for(env, drive(env), saver=saver, another=another) for env in played], painter


def _driven(env: Any, drive: Callable[[Any], Episode]) -> tuple[Any, Episode]:
    return env, drive(env)


class SideBySide:
    """The savers of several copies as one.

    Args:
        savers: One per copy, all of one kind.
    """

    def __init__(self, savers: Sequence[Saver]) -> None:
        self.savers = tuple(savers)
        self.name = savers[0].name
        self.notes = tuple(dict.fromkeys(note for saver in savers for note in saver.notes))
        self.is_opaque = savers[0].is_opaque
        self.wrappers = savers[0].wrappers
        self.left_alone = savers[0].left_alone
        self._saves = tuple(saver.save for saver in savers)

    def save(self) -> tuple[Any, ...]:
        """Return the state of each copy."""
        return tuple([save() for save in self._saves])

    def load(self, state: Any) -> None:
        """Load the state of each copy.

        Raises:
            GameError: `state` holds another number of copies, or one that its saver cannot take.
        """
        if type(state) is not tuple or len(state) != len(self.savers):
            raise GameError(f"this is a snapshot of another number of copies than {len(self.savers)}")
        for saver, own in zip(self.savers, state, strict=True):
            saver.load(own)

    def digest(self) -> tuple[Any, ...]:
        """Return what peers can compare of each copy."""
        return tuple([saver.digest() for saver in self.savers])

    def began(self, seed: int) -> None:
        """Tell each copy's saver of the reset."""
        for saver in self.savers:
            saver.began(seed)

    def stepped(self, actions: Any) -> None:
        """Not called: each copy's saver is told of its own steps."""


class RaceGame(EnvironmentGame):
    """One copy of a Gymnasium environment per player. Who is done waits for the others; then all begin the next episode.

    Args:
        copies: The copies, one per player.
        controls: The players.
        saver: Name of the saver, None to choose.
        make: Makes one more copy, None where that cannot be done.
        scout: A copy that nobody plays: the probe leaves traces, and so does drawing. None where there is none.
        settings: As for `EnvironmentGame`.
    """

    def __init__(
        self,
        copies: Sequence[Any],
        controls: Sequence[Control],
        *,
        saver: str | None = None,
        make: Callable[[], Any] | None = None,
        scout: Any = None,
        **settings: Any,
    ) -> None:
        self.copies = tuple(copies)
        savers, painter = proved([*copies], lambda env: episode_of(env, controls[0].draw), saver, make, scout)
        self._savers = savers
        tells = [saver.stepped if saver.name == "simulated again" else None for saver in savers]
        self._lanes = tuple(
            (player, copy.step, control.is_fresh, tells[player])
            for player, (copy, control) in enumerate(zip(copies, controls, strict=True))
        )
        super().__init__(controls, SideBySide(savers) if len(savers) > 1 else savers[0], painter=painter, **settings)

    def _begin(self, seed: int) -> None:
        observations, infos = zip(*[copy.reset(seed=seed) for copy in self.copies], strict=True)
        self.saver.began(seed)
        self._observations = tuple(map(self._seen, observations))
        self._infos = tuple(map(self._told, infos)) if any(infos) else ()
        self.alive = self._yes

    def step(self, actions: Sequence[Any]) -> None:
        """Play one frame: step the copy of everybody who is not done, or, after the end of an episode, reset all.

        Args:
            actions: One of each player; those of who is done are ignored.
        """
        if self.is_between:
            self._next_episode()
            return
        # One flat loop: it costs 1.2 us for one copy besides its own step (benchmarks/envs.py).
        alive, seen, view = self.alive, self._observations, self._seen
        observations: list[Any] = []
        rewards: list[float] = []
        infos: list[dict[str, Any]] = []
        is_told = False
        ended = False
        for player, step, is_fresh, tell in self._lanes:
            if not alive[player]:
                observations.append(seen[player])
                rewards.append(0.0)
                infos.append({})
                continue
            action = actions[player]
            observation, reward, terminated, truncated, info = step(action if is_fresh else fresh(action))
            if tell is not None:
                tell(action)
            observations.append(view(observation))
            rewards.append(reward if type(reward) is float else float(reward))
            if info:
                is_told = True
                infos.append(self._told(info))
            else:
                infos.append({})
            if terminated or truncated:
                ended = True
                self._done(player, bool(terminated), bool(truncated))
        self._observations = tuple(observations)
        self._infos = tuple(infos) if is_told else ()
        self.rewards = tuple(rewards)
        self.returns = tuple(map(add, self.returns, rewards))
        self.step_in_episode += 1
        if ended and True not in self.alive:
            self._end()

    def _bare(self, player: int) -> tuple[Any, tuple[Any, ...]]:
        return self.copies[player].unwrapped, ()

    def _rendered(self) -> Any:
        pairs = zip(self.copies, self._savers, strict=True)
        return beside([self._painter.shown(copy, saver) for copy, saver in pairs])
