"""Games for the tests of the harness: a sound one for any number of players, and some that are broken on purpose."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Any

WORD = 0xFFFFFFFFFFFFFFFF


class Mixer:
    """Mixes every action into one number: no two histories of inputs lead to the same state."""

    def __init__(self, players: int = 2) -> None:
        self.players = players
        self.reset(0)

    def reset(self, seed: int) -> None:
        self.value = seed + 1
        self.steps = 0

    def step(self, actions: Sequence[Any]) -> None:
        for player, action in enumerate(actions):
            self.value = (self.value * 6364136223846793005 + (action + 1) * (player + 3)) & WORD
        self.steps += 1

    def save(self) -> Any:
        return (self.value, self.steps)

    def load(self, state: Any) -> None:
        self.value, self.steps = state


class DeepDesync(Mixer):
    """Loses its way when it is rolled back by three frames or more, after frame 200."""

    def load(self, state: Any) -> None:
        deep = self.steps - state[1] >= 3 and state[1] > 200
        super().load(state)
        self.value ^= deep


class Forgetful(Mixer):
    """Keeps a counter that is not in its snapshot, and plays by it."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.unsaved = 0

    def step(self, actions: Sequence[Any]) -> None:
        self.unsaved += 1
        super().step(actions)
        self.value = self.value + self.unsaved & WORD


class Mutating(Mixer):
    """Goes on changing the snapshot that it handed out."""

    def reset(self, seed: int) -> None:
        self.state = [seed + 1, 0]

    def step(self, actions: Sequence[Any]) -> None:
        for player, action in enumerate(actions):
            self.state[0] = (self.state[0] * 6364136223846793005 + (action + 1) * (player + 3)) & WORD
        self.state[1] += 1

    def save(self) -> Any:
        return self.state

    def load(self, state: Any) -> None:
        self.state = state


class Raising(Mixer):
    """Cannot be stepped past frame 50, whatever the inputs are."""

    def step(self, actions: Sequence[Any]) -> None:
        if self.steps == 50:
            raise ArithmeticError("no way on")
        super().step(actions)


class Race(Mixer):
    """Is over when the actions add up; says so in some predicted states and takes it back in others."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.total = 0

    @property
    def over(self) -> bool:
        return self.total >= 40

    def step(self, actions: Sequence[Any]) -> None:
        super().step(actions)
        self.total += sum(action % 3 == 2 for action in actions)

    def save(self) -> Any:
        return (self.value, self.steps, self.total)

    def load(self, state: Any) -> None:
        self.value, self.steps, self.total = state


class Sleepy(Mixer):
    """Kills its process at frame 30 of some seeds, without a word."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.seed = seed

    def step(self, actions: Sequence[Any]) -> None:
        if self.steps == 30 and self.seed in (3, 5):
            os._exit(7)
        super().step(actions)


class Hanging(Mixer):
    """Never comes back from frame 30 of seed 1."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.seed = seed

    def step(self, actions: Sequence[Any]) -> None:
        if self.steps == 30 and self.seed == 1:
            threading.Event().wait()  # for ever, and without taking a processor from other tests
        super().step(actions)


class Opaque(Mixer):
    """Has snapshots that are no state trees."""

    class Memento:
        def __init__(self, value: int, steps: int) -> None:
            self.value, self.steps = value, steps

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Opaque.Memento) and (self.value, self.steps) == (other.value, other.steps)

        __hash__ = None  # type: ignore[assignment]

    def save(self) -> Any:
        return Opaque.Memento(self.value, self.steps)

    def load(self, state: Any) -> None:
        self.value, self.steps = state.value, state.steps


class Digested(Opaque):
    """The same, and says what checksums should look at."""

    def digest(self) -> Any:
        return (self.value, self.steps)
