"""Games and players for the pool: quick and fair ones for any number of players, and some that go wrong in one way each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rollback.errors import GameError
from rollback.game import Bits

MADE: list[Any] = []  # every `Noted`, as it is made


class Sums:
    """Adds up what is pressed, in a way that depends on the order; over after `last` frames."""

    last = 40

    def __init__(self, players: int = 2) -> None:
        self.players = players
        self.reset(0)

    def reset(self, seed: int) -> None:
        self.value, self.steps, self.points = seed % 1_000_003, 0, (0,) * self.players

    def step(self, actions: Sequence[Any]) -> None:
        for player, action in enumerate(actions):
            self.value = (self.value * 31 + (player + 1) * int(action)) % 1_000_003
        self.points = tuple(map(lambda points, action: points + int(action), self.points, actions))
        self.steps += 1

    def save(self) -> Any:
        return self.value, self.steps, self.points

    def load(self, state: Any) -> None:
        self.value, self.steps, self.points = state

    def observe(self, player: int) -> tuple[int, int]:
        return self.value, self.points[player]

    def scores(self) -> Sequence[Any]:
        return self.points

    @property
    def over(self) -> bool:
        return self.steps >= self.last


class Alone(Sums):
    def __init__(self) -> None:
        super().__init__(1)


class Long(Sums):
    """Never over within the frames of a test, though it can be."""

    last = 1_000_000


class Endless(Sums):
    """Has no end at all, and no scores."""

    over = property()  # type: ignore[assignment]
    scores = property()  # type: ignore[assignment]


class Counting(Sums):
    """Counts in NumPy's numbers, as many do."""

    def scores(self) -> Sequence[Any]:
        return [np.int64(self.points[0]), np.float32(0.5)]


class Opaque(Sums):
    """Its snapshot is no state tree."""

    def save(self) -> Any:
        return _Box((self.value, self.steps, self.points))

    def load(self, state: Any) -> None:
        super().load(state.held)


class _Box:
    def __init__(self, held: Any) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Box) and self.held == other.held


class Raising(Sums):
    def step(self, actions: Sequence[Any]) -> None:
        super().step(actions)
        if self.steps == 7:
            raise ArithmeticError("seven is too many")


class Leaving(Sums):
    def step(self, actions: Sequence[Any]) -> None:
        raise SystemExit(3)


class Unmade(Sums):
    def __init__(self) -> None:
        raise GameError("it cannot be made today")


class Stubborn(Sums):
    """Goes round in circles, and catches what would stop it."""

    def step(self, actions: Sequence[Any]) -> None:
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass


class Noted(Sums):
    """Tells that it was made."""

    def __init__(self) -> None:
        super().__init__(2)
        MADE.append(self)


class Forgetful(Sums):
    """Plays by a counter that its snapshots do not hold: over a network it loses its way."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.unsaved = 0

    def step(self, actions: Sequence[Any]) -> None:
        self.unsaved += 1
        super().step([int(action) + self.unsaved for action in actions])


class Buttons(Sums):
    """Its actions are rows of buttons; it is told whether they came as its codec makes them."""

    def __init__(self) -> None:
        super().__init__(2)
        self.codecs = (Bits(3), Bits(3))

    def step(self, actions: Sequence[Any]) -> None:
        assert all(type(button) is bool for action in actions for button in action)
        super().step([sum(action) for action in actions])


class Rising:
    """Plays how often it was asked: all it knows is in its memory."""

    def act(self, observation: Any, memory: Any) -> tuple[int, int]:
        memory = (memory or 0) + 1
        return memory % 256, memory


class Constant:
    def __init__(self, value: int = 3) -> None:
        self.value = value

    def act(self, observation: Any, memory: Any) -> tuple[int, Any]:
        return self.value, None


class Told:
    """Plays what it was told when it was made."""

    def __init__(self, game: Any, player: int, *, seed: int, factor: float = 1) -> None:
        self.value = int((player * 10 + seed % 5 + game.players) * factor) % 256

    def act(self, observation: Any, memory: Any) -> tuple[int, Any]:
        return self.value, None


class Seeing:
    """Plays by what it sees."""

    def act(self, observation: Any, memory: Any) -> tuple[int, Any]:
        return (observation[0] + observation[1]) % 256, None


class Sown:
    """Names a seed and no player."""

    def __init__(self, seed: int) -> None:
        self.value = seed % 256

    def act(self, observation: Any, memory: Any) -> tuple[int, Any]:
        return self.value, None


class Wild:
    """Answers with what is no action, after an action that is equal to it."""

    def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
        return (1, True) if memory is None else (1.0, True)


class Unsure:
    """Presses the same buttons in different words."""

    def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
        memory = (memory or 0) + 1
        return [(1, 0, 1), (True, False, True), [1, 0, 1], (np.bool_(True), 0, 1.0)][memory % 4], memory


def make_constant(game: Any, value: int) -> Constant:
    return Constant(value)


def make_nothing() -> int:
    return 5


READY = Constant(9)
NUMBER = 5
