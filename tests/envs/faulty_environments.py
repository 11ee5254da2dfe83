"""One small environment, sound, and each fault that a saver or an environment can have, one a class or wrapper."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable
from random import random as drawn
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from rollback.envs.saving.probe import Episode


class Walk(gymnasium.Env[Any, Any]):
    """Three numbers that wander; sound. Episodes end by chance after some 20 steps."""

    observation_space = spaces.Box(-1000, 1000, (3,), np.float64)
    action_space = spaces.Discrete(3)

    def __init__(self) -> None:
        self.place = np.zeros(3)
        self.clock = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place = np.zeros(3)
        self.clock = 0
        return self.place, {}

    def step(self, action: Any) -> Any:
        self.clock += 1
        self.place += self.np_random.normal(size=3) * (int(action) + 1)
        return self.place, float(self.place[0]), bool(self.np_random.random() < 0.05), False, {}


class Telling(Walk):
    """Saves itself rightly by get_state and set_state."""

    def get_state(self) -> Any:
        return {"place": self.place.copy(), "clock": self.clock, "dice": self.np_random.bit_generator.state}

    def set_state(self, state: Any) -> None:
        self.place = state["place"].copy()
        self.clock = state["clock"]
        self.np_random.bit_generator.state = state["dice"]


class Saving(Walk):
    """Saves itself rightly by save and load."""

    def save(self) -> Any:
        return Telling.get_state(self)  # type: ignore[arg-type]

    def load(self, state: Any) -> None:
        Telling.set_state(self, state)  # type: ignore[arg-type]


class Forgetting(Telling):
    """Forgets its generator."""

    def get_state(self) -> Any:
        return {"place": self.place.copy(), "clock": self.clock}

    def set_state(self, state: Any) -> None:
        self.place = state["place"].copy()
        self.clock = state["clock"]


class Lending(Telling):
    """Hands out its own array, which the next step writes into."""

    def get_state(self) -> Any:
        return {**super().get_state(), "place": self.place}


class Borrowing(Telling):
    """Keeps the array of the snapshot that it loads, and writes into it."""

    def set_state(self, state: Any) -> None:
        super().set_state(state)
        self.place = state["place"]


class Wordy(Telling):
    """Its state is no state tree."""

    def get_state(self) -> Any:
        return {**super().get_state(), "self": self}


class Refusing(Telling):
    """Raises when it is loaded."""

    def set_state(self, state: Any) -> None:
        raise RuntimeError("not now")


class WithPath(Walk):
    """Its save and load are for files."""

    def save(self, path: str) -> None:
        raise AssertionError(path)

    def load(self, path: str) -> None:
        raise AssertionError(path)


class Handled(Walk):
    """Holds a file, which nothing can save and nothing can copy."""

    def __init__(self) -> None:
        super().__init__()
        self.file = open(__file__, encoding="utf-8")

    def close(self) -> None:
        self.file.close()


class Bare(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Pays a bonus that grows, counted outside of all that is wrapped."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.count = 0

    def reset(self, **settings: Any) -> Any:
        self.count = 0
        return self.env.reset(**settings)

    def step(self, action: Any) -> Any:
        self.count += 1
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, float(reward) + self.count, terminated, truncated, info


class NoisyReward(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Asks the global generator."""

    def step(self, action: Any) -> Any:
        observation, _, terminated, truncated, info = self.env.step(action)
        return observation, random.uniform(0, 1), terminated, truncated, info


class QuietNoise(NoisyReward):
    """Asks it by a name of its own."""

    def step(self, action: Any) -> Any:
        return (*self.env.step(action)[:1], drawn(), False, False, {})


class NumpyNoise(NoisyReward):
    """Asks numpy's."""

    def step(self, action: Any) -> Any:
        return (*self.env.step(action)[:1], float(np.random.rand()), False, False, {})


class Hurried(NoisyReward):
    """Reads a clock."""

    def step(self, action: Any) -> Any:
        return (*self.env.step(action)[:1], time.perf_counter(), False, False, {})


class Unseeded(NoisyReward):
    """Makes itself a generator from nothing at every reset."""

    def reset(self, **settings: Any) -> Any:
        self.dice = np.random.default_rng()
        return self.env.reset(**settings)

    def step(self, action: Any) -> Any:
        return (*self.env.step(action)[:1], float(self.dice.random()), False, False, {})


class Harmless(NoisyReward):
    """Reads a clock and shows nobody."""

    def step(self, action: Any) -> Any:
        time.monotonic()
        return self.env.step(action)


class Shared(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Counts its steps in the class, and pays by it; a reset begins anew."""

    total = 0

    def reset(self, **settings: Any) -> Any:
        Shared.total = 0
        return self.env.reset(**settings)

    def step(self, action: Any) -> Any:
        Shared.total += 1
        observation, _, terminated, truncated, info = self.env.step(action)
        return observation, float(Shared.total), terminated, truncated, info


class Growing(Shared):
    """Counts in the class, and no reset ever begins anew."""

    steps = itertools.count()

    def reset(self, **settings: Any) -> Any:
        return self.env.reset(**settings)

    def step(self, action: Any) -> Any:
        return (*self.env.step(action)[:1], float(next(Growing.steps)), False, False, {})


def episode_of(env: Any) -> Episode:
    """Return how such an environment is driven."""
    ended = [True]

    def reset(seed: int) -> Any:
        ended[0] = False
        return env.reset(seed=seed)[0]

    def step(action: Any) -> Any:
        results = env.step(action)[:4]
        ended[0] = bool(results[2] or results[3])
        return results

    return Episode(reset, step, lambda dice: dice.randrange(3), lambda: ended[0])


def maker(make: Callable[[], Any]) -> Callable[[], tuple[Any, Episode]]:
    """Return what makes such environments with their drivers."""

    def made() -> tuple[Any, Episode]:
        env = make()
        return env, episode_of(env)

    return made
