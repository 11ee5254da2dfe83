"""Games that break one rule each, on purpose: what each does wrong is its docstring. Imported by other processes too."""

from __future__ import annotations

import os
import random
import time
from typing import Any

WORDS = ("ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine")


class Sound:
    """Breaks no rule: two numbers that wander, with dice that are saved."""

    players = 2

    def __init__(self) -> None:
        self.reset(0)

    def reset(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.numbers = [seed % 7, 0]
        self.frame = 0

    def step(self, actions: Any) -> None:
        self.frame += 1
        for player, action in enumerate(actions):
            self.numbers[player] += action + self.dice.randrange(3)

    def save(self) -> Any:
        return {"numbers": list(self.numbers), "frame": self.frame, "dice": self.dice.getstate()}

    def load(self, state: Any) -> None:
        self.numbers = list(state["numbers"])
        self.frame = state["frame"]
        self.dice.setstate(state["dice"])


class SetOrder(Sound):
    """Loops over a set of strings, and who comes first gets most."""

    def step(self, actions: Any) -> None:
        super().step(actions)
        for place, word in enumerate(set(WORDS)):
            self.numbers[0] += place * WORDS.index(word)


class GlobalRandom(Sound):
    """Draws from the generator that all of the process shares."""

    def step(self, actions: Any) -> None:
        super().step(actions)
        self.numbers[1] += random.randrange(1000)


class GlobalRandomSeeded(GlobalRandom):
    """Seeds the shared generator in `reset`, and believes that this is enough."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        random.seed(seed)


class Clock(Sound):
    """Moves by the time that has passed."""

    def step(self, actions: Any) -> None:
        super().step(actions)
        self.numbers[0] += time.perf_counter_ns()


class Calendar(Sound):
    """Plays otherwise in another month: no two games of one process can tell."""

    def step(self, actions: Any) -> None:
        super().step(actions)
        self.numbers[0] += int(time.time() // 2_600_000)


class UnsavedField(Sound):
    """Every fiftieth step is another one, and the counter of steps is not saved."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.hidden = 0

    def step(self, actions: Any) -> None:
        super().step(actions)
        self.hidden += 1
        if self.hidden % 50 == 0:
            self.numbers[0] = 0


class UnsavedWithin(Sound):
    """The same, in an object of the game."""

    class Wind:
        def __init__(self) -> None:
            self.speed = 0

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.wind = self.Wind()

    def step(self, actions: Any) -> None:
        super().step(actions)
        self.wind.speed = (self.wind.speed + actions[0]) % 9
        self.numbers[1] += self.wind.speed


class MutatedSnapshot(Sound):
    """Hands out its own list, and goes on changing it."""

    def save(self) -> Any:
        return super().save() | {"numbers": self.numbers}


class KeptReference(Sound):
    """Keeps the list that it was given, and changes it."""

    def load(self, state: Any) -> None:
        super().load(state)
        self.numbers = state["numbers"]


class SleepingReference(Sound):
    """Keeps the list of what it loads, and never changes it in place - until somebody adds a line that does."""

    def step(self, actions: Any) -> None:
        self.frame += 1
        self.numbers = [number + action for number, action in zip(self.numbers, actions, strict=True)]

    def load(self, state: Any) -> None:
        super().load(state)
        self.numbers = state["numbers"]


class FloatOrder(Sound):
    """Adds floats up in the order in which they came, and `load` puts them into another one."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.parts = {place: 0.1 * (place + 1) for place in (7, 2, 9, 4, 1, 8)}

    def step(self, actions: Any) -> None:
        super().step(actions)
        total = 0.0
        for part in self.parts.values():
            total += part
        self.parts[actions[0] % 10] = total / 3.7

    def save(self) -> Any:
        return super().save() | {"parts": tuple(sorted(self.parts.items()))}

    def load(self, state: Any) -> None:
        super().load(state)
        self.parts = dict(state["parts"])


class HashOfString(Sound):
    """Takes hash() of a string for a number."""

    def step(self, actions: Any) -> None:
        super().step(actions)
        self.numbers[1] += hash(WORDS[actions[1] % len(WORDS)]) % 1000


class DictOrder(Sound):
    """The first key of a dict is served first, and the order of keys is lost where a snapshot travels."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.queue = {"zoe": 3, "ann": 5}

    def step(self, actions: Any) -> None:
        super().step(actions)
        name = next(iter(self.queue))
        self.numbers[0] += self.queue.pop(name)
        self.queue[name] = 3 + actions[0] % 4

    def save(self) -> Any:
        return super().save() | {"queue": dict(self.queue)}

    def load(self, state: Any) -> None:
        super().load(state)
        self.queue = dict(state["queue"])


class RaisesElsewhere(Sound):
    """Looks at its surroundings, and raises where they are others."""

    def step(self, actions: Any) -> None:
        super().step(actions)
        if os.environ.get("PYTHONHASHSEED") in ("1", "2", "3"):
            raise RuntimeError("this is another process")


class Slow(Sound):
    """Breaks no rule, and takes its time."""

    def step(self, actions: Any) -> None:
        super().step(actions)
        sum(range(30_000))
