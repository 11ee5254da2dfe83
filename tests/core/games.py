"""Small games for the tests of the engine, each with one property that a test needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

WORD = 0xFFFFFFFFFFFFFFFF


class Sums:
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


class Spy(Sums):
    """Writes down every call, with the number of steps the state has behind it."""

    def __init__(self, players: int = 2) -> None:
        self.calls: list[tuple[str, int]] = []
        super().__init__(players)

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.calls.append(("reset", 0))

    def step(self, actions: Sequence[Any]) -> None:
        self.calls.append(("step", self.steps))
        super().step(actions)

    def save(self) -> Any:
        self.calls.append(("save", self.steps))
        return super().save()

    def load(self, state: Any) -> None:
        super().load(state)
        self.calls.append(("load", self.steps))


class Hooked(Sums):
    """Calls a function in every step, before it changes anything."""

    def __init__(self, players: int = 2) -> None:
        super().__init__(players)
        self.hook: Callable[[Hooked, Sequence[Any]], None] = lambda game, actions: None

    def step(self, actions: Sequence[Any]) -> None:
        self.hook(self, actions)
        super().step(actions)


class Race(Sums):
    """Is over as soon as the players' actions add up to a goal; refuses to be stepped after that."""

    goal = 40

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.total = 0

    @property
    def over(self) -> bool:
        return self.total >= self.goal

    def step(self, actions: Sequence[Any]) -> None:
        assert not self.over, "a state that is over was stepped"
        super().step(actions)
        self.total += sum(action % 3 == 2 for action in actions)

    def save(self) -> Any:
        return (self.value, self.steps, self.total)

    def load(self, state: Any) -> None:
        self.value, self.steps, self.total = state


class Opaque(Sums):
    """Has snapshots that are no state trees."""

    class Memento:
        def __init__(self, value: int, steps: int) -> None:
            self.value, self.steps = value, steps

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Opaque.Memento) and (self.value, self.steps) == (other.value, other.steps)

        def __hash__(self) -> int:
            return self.steps

    def save(self) -> Any:
        return Opaque.Memento(self.value, self.steps)

    def load(self, state: Any) -> None:
        self.value, self.steps = state.value, state.steps


class OpaqueWithDigest(Opaque):
    """Has snapshots that are no state trees, and says what checksums should look at."""

    def digest(self) -> Any:
        return (self.value, self.steps)


class Batched(Sums):
    """Replays whole batches itself, and counts them."""

    def __init__(self, players: int = 2) -> None:
        self.batches = 0
        super().__init__(players)

    def replay(self, batch: Sequence[Sequence[Any]]) -> list[Any]:
        self.batches += 1
        states = []
        for place, actions in enumerate(batch):
            if place:
                states.append(self.save())
            self.step(actions)
        return states


class BatchedRace(Race):
    """Replays whole batches itself, and returns early where the game is over."""

    def __init__(self, players: int = 2) -> None:
        self.batches = self.early = 0
        super().__init__(players)

    def replay(self, batch: Sequence[Sequence[Any]]) -> list[Any]:
        self.batches += 1
        states = []
        for place, actions in enumerate(batch):
            if place:
                if self.over:
                    self.early += 1
                    return states
                states.append(self.save())
            self.step(actions)
        return states
