"""Bots that react late and have no memory: which checkpoints would need one, and that this is said."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import SessionConfig
from rollback.agents.predictors import DelayedBot, ExactPredictor
from rollback.agents.training import make_algorithm
from rollback.games import Duel, GridWorld, Pong, Tetris
from rollback.games.bots import RandomBot, act_with, bot_for
from rollback.sim import Link, VirtualMatch
from tests.agents.tables import shortest_ways


def played(bot: DelayedBot, make: Any) -> Any:
    """Play it as player 1 against dice, over a line for which it is slow enough."""
    exact = ExactPredictor({1: bot})
    config = SessionConfig(input_delay=2, predictor=exact, extra=exact.extra)
    dice = act_with(RandomBot(make(), 0, 4))
    act = lambda game, player: exact.act(game, 1) if player else dice(game, 0)  # noqa: E731
    return VirtualMatch(make, 2, config, Link(60, 30), 4, act).run(frames=120)


@pytest.mark.parametrize(
    ("algorithm", "make"),
    [("self-play", Duel), ("self-play-q-learning", Duel), ("self-play-q-learning", Pong), ("cross-entropy", Tetris)],
)
def test_a_checkpoint_that_keeps_something_in_mind_is_foreseen_and_warned_of(algorithm: str, make: Any) -> None:
    learned = make_algorithm(algorithm, make.__name__.lower(), {}, 1).checkpoint()
    with pytest.warns(UserWarning, match="that plays player 1 keeps something in mind .* a DelayedBot has no memory") as told:
        report = played(DelayedBot(learned, k=10), make)
    assert report.passed and report.rollbacks[0] == 0
    assert len(told) == 2, "once in the session of each peer"


@pytest.mark.parametrize(
    ("source", "make"),
    [
        (lambda: make_algorithm("self-play", "pong", {}, 1).checkpoint(), Pong),
        (lambda: shortest_ways("race"), lambda: GridWorld(layout="race")),
        (lambda: bot_for(Pong(), 1), Pong),
    ],
    ids=["weights of Pong", "a table of GridWorld", "a policy that somebody made and knows"],
)
def test_one_that_keeps_nothing_is_not_warned_of(source: Any, make: Any) -> None:
    bot = DelayedBot(source(), k=10)
    assert played(bot, make).passed, "a warning would be an error here"
