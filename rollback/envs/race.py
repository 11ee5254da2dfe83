"""A race: every player has a copy of the environment, all from the same seed, side by side. Knows how copies are stepped."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Sequence
from sys import getrefcount
from typing import Any

from numpy import ndarray

from rollback.envs.codecs.spaces import fresh
from rollback.envs.controls import Control
from rollback.envs.environment_game import EnvironmentGame
from rollback.envs.kept_values import ALONE
from rollback.envs.making import made_quietly
from rollback.envs.painters import Painter
from rollback.envs.pictures import beside
from rollback.envs.saving.plan_saver import PlanSaver
from rollback.envs.saving.probe import Episode
from rollback.envs.saving.savers import Saver, saver_for
from rollback.errors import GameError

__all__ = ["RaceGame", "SideBySide", "episode_of", "proved", "stepper"]


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


def stepper(step: Callable[[Any], Any], saver: Saver, *, is_fresh: bool) -> Callable[[Any], Any]:
    """Return what steps an environment with an action that it may keep and change, and tells the saver where it asks for it.

    Args:
        step: Of the environment.
        saver: Of the environment.
        is_fresh: Whether actions may go to the environment as they are.
    """
    tell = saver.stepped if saver.name == "simulated again" else None
    if tell is None and is_fresh:
        return step

    def stepped(action: Any) -> Any:
        results = step(fresh(action))
        if tell is not None:
            tell(action)
        return results

    return stepped


class SideBySide:
    """The savers of several copies as one.

    Args:
        savers: One per copy, all of one kind.

    Attributes:
        save: Returns the state of each copy.
    """

    def __init__(self, savers: Sequence[Saver]) -> None:
        self.savers = tuple(savers)
        self.name = savers[0].name
        self.notes = tuple(dict.fromkeys(note for saver in savers for note in saver.notes))
        self.is_opaque = savers[0].is_opaque
        self.wrappers = savers[0].wrappers
        self.left_alone = savers[0].left_alone
        self._saves = tuple(saver.save for saver in savers)
        self._plans = [saver.plan for saver in savers if isinstance(saver, PlanSaver)]
        self.save = self._save_plans if len(self._plans) == len(savers) == 2 else self._save_all

    def _save_plans(self) -> tuple[Any, ...]:
        one, two = self._plans  # the usual match, with as few calls as can be
        return one.quick_save() or one.save(), two.quick_save() or two.save()

    def _save_all(self) -> tuple[Any, ...]:
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
        self._lanes = tuple(
            (player, stepper(copy.step, savers[player], is_fresh=control.is_fresh))
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
        # One flat loop, and no object that is not needed: 0.6 us a copy besides its own step (benchmarks/envs.py). An array
        # that nobody else holds is taken as it is, for nobody else can change it.
        view, alive, dtype = self._seen, self.alive, self._copies.dtype
        observations: list[Any] = []
        rewards: list[float] = []
        told: dict[int, dict[str, Any]] = {}
        ended = False
        for player, step in self._lanes:
            if not alive[player]:
                observations.append(self._observations[player])
                rewards.append(0.0)
                continue
            observation, reward, terminated, truncated, info = step(actions[player])
            if (
                type(observation) is ndarray
                and getrefcount(observation) == ALONE
                and observation.base is None
                and observation.dtype is dtype
            ):
                observation.setflags(False)  # type: ignore[call-arg]  # by place: naming it takes twice as long
                observations.append(observation)
            else:
                observations.append(view(observation))
            rewards.append(reward if type(reward) is float else float(reward))
            if info:
                told[player] = self._told(info)
            if terminated or truncated:
                ended = True
                self._done(player, bool(terminated), bool(truncated))
        self._observations = tuple(observations)
        self._infos = tuple([told.get(player, {}) for player in range(self.players)]) if told else ()
        self._reward(tuple(rewards))
        if ended and True not in self.alive:
            self._end()

    def _bare(self, player: int) -> tuple[Any, tuple[Any, ...]]:
        return self.copies[player].unwrapped, ()

    def _rendered(self) -> Any:
        pairs = zip(self.copies, self._savers, strict=True)
        return beside([self._painter.shown(copy, saver) for copy, saver in pairs])
