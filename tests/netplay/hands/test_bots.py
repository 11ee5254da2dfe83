"""The command line's bots play legally, and a misspelt one is told the closest."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.errors import UsageError
from rollback.games import Duel, Pong
from rollback.netplay.hands.bots import BOTS, bot_act, check_bot, stand_in


@pytest.mark.parametrize("game", [Pong, Duel])
@pytest.mark.parametrize("name", BOTS)
def test_a_bot_plays_legally_and_does_something(name: str, game: Any) -> None:
    made = game()
    acts = [bot_act(name, made, player, 3) for player in range(2)]
    seen = set()
    for _ in range(300):
        actions = [act(made, player) for player, act in enumerate(acts)]
        for codec, action in zip(made.codecs, actions, strict=True):
            assert codec.decode(codec.encode(action)) == action
        seen.add(tuple(actions))
        made.step(actions)
    assert len(seen) > 3


def test_the_same_seed_plays_the_same() -> None:
    one, other, third = (bot_act("random", Pong(), 0, seed) for seed in (1, 1, 2))
    game = Pong()
    played = [[act(game, 0) for _ in range(200)] for act in (one, other, third)]
    assert played[0] == played[1] != played[2]


@pytest.mark.parametrize(("name", "told"), [("bst", "did you mean best?"), ("", "best is the game's own bot")])
def test_an_unknown_bot_is_told(name: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_bot(name)
    assert told in str(caught.value)
    with pytest.raises(UsageError):
        bot_act(name, Pong(), 0, 0)


@pytest.mark.parametrize("game", [Pong, Duel])
def test_whoever_is_lost_is_played_for_each_in_its_own_way(game: Any) -> None:
    made, act = game(), stand_in()
    seen = set()
    for _ in range(300):
        actions = [act(made, player) for player in range(2)]
        for codec, action in zip(made.codecs, actions, strict=True):
            assert codec.decode(codec.encode(action)) == action
        seen.add(tuple(actions))
        made.step(actions)
    assert len({first for first, _ in seen}) > 1 < len({second for _, second in seen})
