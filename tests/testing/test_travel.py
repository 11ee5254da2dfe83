"""A game must not care in which order the keys of its snapshots come back; what is missing in them is another question."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.games import Duel, Pong
from rollback.testing.travel import travels
from rollback.testing.trial import Failed, NotAsked, Trial
from tests.testing.broken_games import DictOrder, Sound, UnsavedField


class SortsKeys(DictOrder):
    """The same with its keys in order."""

    def step(self, actions: Any) -> None:
        name = sorted(self.queue)[0]
        self.numbers[0] += self.queue[name]
        self.queue[name] = 3 + actions[0] % 4


class Opaque(Sound):
    def save(self) -> Any:
        return object()

    def load(self, state: Any) -> None:
        pass

    def digest(self) -> Any:
        return self.numbers


class Huge(Sound):
    """A snapshot of more entries than are taken from a peer."""

    def save(self) -> Any:
        return super().save() | {"huge": [0] * 1_000_001}


@pytest.mark.parametrize("game", [Sound, SortsKeys, Pong, Duel, UnsavedField])
def test_a_game_that_does_not_ask_for_the_order_travels(game: type) -> None:
    assert travels(Trial(game, 90, 8, 0)) == "a snapshot that travelled restores the game too"


@pytest.mark.parametrize("seed", range(5))
def test_a_game_that_does_is_found_out(seed: int) -> None:
    with pytest.raises(Failed, match="sorts the keys") as caught:
        travels(Trial(DictOrder, 60, 8, seed))
    assert {difference.path for difference in caught.value.differences} >= {"numbers[0]"}


@pytest.mark.parametrize(("game", "why"), [(Opaque, "opaque"), (Huge, "too large to travel")])
def test_what_cannot_travel_is_not_asked(game: type, why: str) -> None:
    with pytest.raises(NotAsked, match=why):
        travels(Trial(game, 1, 8, 0))
