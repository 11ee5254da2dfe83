"""Environments that each break one rule of playing by rollback, on purpose, and honest ones that look like them.

What each does is its docstring. Imported by other processes too.
"""

from __future__ import annotations

import array
import itertools
import os
import queue
import random
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

from rollback.envs import from_gymnasium
from rollback.envs.environment_game import EnvironmentGame

WORDS = ("ash", "birch", "cedar", "elm")
steps_taken = 0


class Field(gymnasium.Env[Any, Any]):
    """Sound: a place on a line that drifts by its own generator; an episode is 25 steps."""

    observation_space = spaces.Box(-1000, 1000, (2,), np.float64)
    action_space = spaces.Discrete(3)
    metadata: ClassVar[dict[str, Any]] = {"render_fps": 40}

    def __init__(self) -> None:
        self.place = np.zeros(2)
        self.clock = 0

    def noop_action(self) -> int:
        return 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place = np.zeros(2)
        self.clock = 0
        return self.place.copy(), {}

    def step(self, action: Any) -> Any:
        self.clock += 1
        self.place[0] += self.np_random.normal() + int(action)
        self.place[1] = self.clock
        return self.place.copy(), float(self.place[0]), self.clock >= 25, False, {}


class Rewarding(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Adds what `bonus` says to every reward."""

    def bonus(self) -> float:
        return 0.0

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, float(reward) + self.bonus(), terminated, truncated, info


# Broken ones: chance and time.


class GlobalDice(Rewarding):
    """Draws from the generator that all of the process shares."""

    def bonus(self) -> float:
        return random.random()


class GlobalNumpy(Rewarding):
    """Draws from numpy's shared generator."""

    def bonus(self) -> float:
        return float(np.random.rand())


class WallClock(Rewarding):
    """Pays by the time of day."""

    def bonus(self) -> float:
        return time.time()


class Dated(Rewarding):
    """Pays by the month, which no two games of one process can tell."""

    def bonus(self) -> float:
        return float(time.time() // 2_600_000)


class Unique(Rewarding):
    """Pays by a number that nobody else in the world has."""

    def bonus(self) -> float:
        return float(uuid.uuid4().int % 1000)


class Urandom(Rewarding):
    """Asks the machine for chance."""

    def bonus(self) -> float:
        return float(os.urandom(1)[0])


class Hashing(Rewarding):
    """Pays by hash() of a string, which differs from process to process."""

    def bonus(self) -> float:
        return float(hash("a word") % 1000)


# Broken ones: state where no saver looks.


class ClassCounter(Rewarding):
    """Counts in its class."""

    count = 0

    def bonus(self) -> float:
        ClassCounter.count += 1
        return float(ClassCounter.count)


class SlyClassCounter(ClassCounter):
    """Counts in its class, and begins anew at every reset."""

    def reset(self, **settings: Any) -> Any:
        ClassCounter.count = 0
        return self.env.reset(**settings)


class ModuleCounter(Rewarding):
    """Counts in its module."""

    def bonus(self) -> float:
        global steps_taken
        steps_taken += 1
        return float(steps_taken)


class ClosureCounter(Rewarding):
    """Counts in a variable that a function encloses."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        count = 0

        def counted() -> float:
            nonlocal count
            count += 1
            return float(count)

        self.counted = counted

    def bonus(self) -> float:
        return self.counted()


class BufferCounter(Rewarding):
    """Counts in memory that a view shows, and no reset begins anew."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.buffer = memoryview(bytearray(8))

    def bonus(self) -> float:
        self.buffer[0] = (self.buffer[0] + 1) % 256
        return float(self.buffer[0])


class ArrayCounter(Rewarding):
    """Counts in an array of the standard library, and no reset begins anew."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.counts = array.array("q", [0])

    def bonus(self) -> float:
        self.counts[0] += 1
        return float(self.counts[0])


class Generating(Rewarding):
    """Counts in a generator that runs, and no reset begins anew."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.numbers = self._numbers()

    def _numbers(self) -> Iterator[float]:
        number = 0.0
        while True:
            yield number
            number += 1

    def bonus(self) -> float:
        return next(self.numbers)


class Threaded(Rewarding):
    """Lets a thread count, and no reset tells it to begin anew."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.questions: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.answers: queue.SimpleQueue[float] = queue.SimpleQueue()
        self.worker = threading.Thread(target=self._count, daemon=True)
        self.worker.start()

    def _count(self) -> None:
        for count in itertools.count():
            self.questions.get()
            self.answers.put(float(count))

    def bonus(self) -> float:
        self.questions.put(1)
        return self.answers.get()


# Broken ones: states of their own.


class Lending(Field):
    """Hands out its own array in get_state, and goes on writing into it."""

    def get_state(self) -> Any:
        return {"place": self.place, "clock": self.clock, "dice": self.np_random.bit_generator.state}

    def set_state(self, state: Any) -> None:
        self.place = np.array(state["place"])
        self.clock = state["clock"]
        self.np_random.bit_generator.state = state["dice"]


class Borrowing(Lending):
    """Keeps the array of the state that set_state is given."""

    def get_state(self) -> Any:
        return super().get_state() | {"place": self.place.copy()}

    def set_state(self, state: Any) -> None:
        super().set_state(state)
        self.place = state["place"]


class Forgetting(Lending):
    """Leaves one field out of get_state."""

    def get_state(self) -> Any:
        return {"place": self.place.copy(), "dice": self.np_random.bit_generator.state}

    def set_state(self, state: Any) -> None:
        super().set_state(state | {"clock": self.clock})


class Ignoring(Lending):
    """Has a set_state that does nothing."""

    def get_state(self) -> Any:
        return super().get_state() | {"place": self.place.copy()}

    def set_state(self, state: Any) -> None:
        pass


# Honest ones.


class OwnDice(Rewarding):
    """Draws from the generator that reset seeds."""

    def bonus(self) -> float:
        return float(self.env.unwrapped.np_random.random())


class StepCounter(Rewarding):
    """Counts its steps in an attribute, from every reset on."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.count = 0

    def reset(self, **settings: Any) -> Any:
        self.count = 0
        return self.env.reset(**settings)

    def bonus(self) -> float:
        self.count += 1
        return float(self.count)


class Watched(Rewarding):
    """Reads a clock for its statistics, and pays nobody by it."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.took = 0.0

    def bonus(self) -> float:
        time.perf_counter()
        return 0.0


class Iterating(Rewarding):
    """Counts by itertools.count, begun anew by every reset."""

    def reset(self, **settings: Any) -> Any:
        self.numbers = itertools.count()
        return self.env.reset(**settings)

    def bonus(self) -> float:
        return float(next(self.numbers))


class Buffered(BufferCounter):
    """Counts in memory that a view shows, from every reset on: no saver but playing again can take it back."""

    def reset(self, **settings: Any) -> Any:
        self.buffer = memoryview(bytearray(8))
        return self.env.reset(**settings)


class Arrayed(ArrayCounter):
    """Counts in an array of the standard library, from every reset on."""

    def reset(self, **settings: Any) -> Any:
        self.counts = array.array("q", [0])
        return self.env.reset(**settings)


class Copying(Lending):
    """Saves itself rightly."""

    def get_state(self) -> Any:
        return super().get_state() | {"place": self.place.copy()}


class Making:
    """Makes games of an environment, or of a wrapper around the sound one; other processes can import it.

    Args:
        kind: The class.
    """

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def env(self) -> Any:
        return self.kind(Field()) if issubclass(self.kind, gymnasium.Wrapper) else self.kind()

    def __call__(self) -> EnvironmentGame:
        return from_gymnasium(self.env, players=2, share="race")
