"""The command line's bots play legally, and a misspelt one is told the closest."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.agents.training import make_algorithm
from rollback.errors import CheckpointError, UsageError
from rollback.games import Duel, Pong, Tetris
from rollback.netplay.hands.bots import BOTS, HandedAgent, bot_act, check_bot, stand_in


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


def test_an_agent_that_came_as_bytes_is_read_once_and_plays_as_from_its_file(tmp_path: Any) -> None:
    checkpoint = make_algorithm("cross-entropy", "tetris", {}, 1).checkpoint()
    checkpoint.save(tmp_path / "it.npz")
    agent = HandedAgent.read((tmp_path / "it.npz").read_bytes(), "tetris-best")
    assert agent.sha256 == checkpoint.hash and agent.agent == checkpoint
    games = [Tetris(), Tetris()]
    acts = [bot_act(bot, game, 1, 3) for bot, game in zip((agent, str(tmp_path / "it.npz")), games, strict=True)]
    for _ in range(120):
        for game, act in zip(games, acts, strict=True):
            game.step([game.idle(0), act(game, 1)])
    assert games[0].save() == games[1].save() != Tetris().save()


def test_one_that_does_not_fit_or_is_none_is_named() -> None:
    content = make_algorithm("cross-entropy", "tetris", {}, 1).checkpoint().to_bytes()
    with pytest.raises(CheckpointError, match=r"^tetris-best does not fit: the checkpoint was trained on tetris"):
        bot_act(HandedAgent.read(content, "tetris-best"), Pong(), 1, 0)
    with pytest.raises(CheckpointError, match=r"^tetris-best is no checkpoint"):
        HandedAgent.read(content[:-1], "tetris-best")
