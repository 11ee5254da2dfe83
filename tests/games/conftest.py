"""What the tests of the games share: playing a match with bots or with drawn actions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rollback.games import Duel, Pong, bots

Match = Callable[..., Iterator[tuple[Any, tuple[Any, ...]]]]


@pytest.fixture(params=[Pong, Duel], ids=["pong", "duel"])
def make(request: pytest.FixtureRequest) -> type[Pong] | type[Duel]:
    """Each built-in game in turn."""
    return request.param


@pytest.fixture
def bot_match() -> Match:
    """A function that yields the game and the actions before each step of a match between two bots."""

    def play(make: Any, seed: int, frames: int) -> Iterator[tuple[Any, tuple[Any, ...]]]:
        game = make()
        game.reset(seed)
        acts = [bots.act_with(bots.bot_for(game, player, seed)) for player in range(game.players)]
        for _ in range(frames):
            if game.over:
                return
            actions = tuple(act(game, player) for player, act in enumerate(acts))
            yield game, actions
            game.step(actions)

    return play


@pytest.fixture
def drawn_actions() -> Callable[[Any, int, int], list[tuple[Any, ...]]]:
    """A function that draws actions from a seed, each held for a while, so that moves come to their end."""

    def draw(game: Any, seed: int, frames: int) -> list[tuple[Any, ...]]:
        dice = random.Random(seed)
        rows = []
        held = [codec.decode(bytes(codec.size)) for codec in game.codecs]
        for _ in range(frames):
            for player, codec in enumerate(game.codecs):
                if dice.random() < 0.2:
                    held[player] = codec.decode(dice.randbytes(codec.size))
            rows.append(tuple(held))
        return rows

    return draw
