"""A policy as a guess: the very one that plays is foreseen, another one is found out, and a bad one harms nobody."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import ConfigError, SessionConfig, UsageError
from rollback.agents.predictors import PolicyPredictor, evaluate_predictor
from rollback.errors import CheckpointError
from rollback.games import Duel, GridWorld, Pong
from rollback.games.bots import act_with, bot_for
from rollback.sim import Link, VirtualMatch
from tests.agents.predictors.traces import chance, of_sums, recorded
from tests.agents.tables import shortest_ways
from tests.core.games import Sums


@pytest.mark.parametrize("make", [Pong, Duel])
def test_the_very_policy_that_plays_is_foreseen_with_its_memory(make: Any) -> None:
    replay = recorded(make, 900, seed=4)
    alone = evaluate_predictor(replay, 3, 2, PolicyPredictor(bot_for(make(), 1, 4), 1, delay=0, gated=False))
    assert alone.traces[0].rollbacks == 0 < 60 < alone.traces[0].repeated
    gated = evaluate_predictor(replay, 3, 2, PolicyPredictor(bot_for(make(), 1, 4), 1, delay=0))
    assert gated.traces[0].rollbacks < 0.8 * gated.traces[0].repeated
    assert gated.traces[1].rollbacks == gated.traces[1].repeated, "nobody said who player 0 is: its last input is repeated"


def test_another_player_than_was_thought_is_found_out() -> None:
    replay = recorded(Pong, 900, seed=4)
    alone = evaluate_predictor(replay, 3, 2, PolicyPredictor(bot_for(Pong(), 0, 99), delay=0, gated=False))
    assert alone.worst > 1.2, "or there is nothing to find out"
    assert evaluate_predictor(replay, 3, 2, PolicyPredictor(bot_for(Pong(), 0, 99), delay=0)).worst <= 1.02


def act_of_race() -> Any:
    bots = [act_with(bot_for(GridWorld(layout="race"), player, 3)) for player in range(2)]
    return lambda game, player: bots[player](game, player)


@pytest.mark.parametrize("gated", [True, False])
def test_a_checkpoint_guesses_in_a_session_and_parity_is_kept(gated: bool) -> None:
    predictor = PolicyPredictor(shortest_ways("race"), delay=1, gated=gated)
    config = SessionConfig(input_delay=1, predictor=predictor)
    make = lambda: GridWorld(layout="race")  # noqa: E731
    report = VirtualMatch(make, 2, config, Link(50, 30, loss=0.05), 5, act_of_race()).run(600)
    assert report.passed and report.lost > 0 and sum(report.rollbacks) > 10


class Mood:
    """Raises, or answers what is no action, from some call on."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.calls = answer, 0

    def act(self, observation: Any, memory: Any) -> Any:
        self.calls += 1
        if self.calls < 40:
            return 1, None
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("answer", [ValueError("no"), None, (300, None), ("left", None), (1,), RecursionError()])
@pytest.mark.parametrize("gated", [True, False])
def test_a_policy_that_fails_harms_nothing(answer: Any, gated: bool) -> None:
    mood = Mood(answer)
    config = SessionConfig(input_delay=0, predictor=PolicyPredictor(mood, delay=0, gated=gated))
    report = VirtualMatch(Sums, 2, config, Link(50, 30, loss=0.05), 5).run(300)
    assert report.passed and mood.calls >= 40 and sum(report.rollbacks) > 20


def test_a_policy_that_guesses_wildly_costs_at_most_one_in_fifty() -> None:
    class Wild:
        def act(self, observation: Any, memory: Any) -> tuple[int, int]:
            return ((memory or 0) * 5 + 3) % 8, (memory or 0) + 1

    columns = chance(1500, 1), chance(1500, 2)
    found = evaluate_predictor(of_sums(*columns), 4, 2, PolicyPredictor(Wild(), delay=0), game=Sums)
    assert found.worst <= 1.02
    alone = evaluate_predictor(of_sums(*columns), 4, 2, PolicyPredictor(Wild(), delay=0, gated=False), game=Sums)
    assert alone.worst > 2


def test_without_a_session_the_game_as_it_stands_is_looked_at() -> None:
    class Sees:
        def act(self, observation: Any, memory: Any) -> tuple[int, None]:
            return observation, None

    class Shows(Sums):
        def observe(self, player: int) -> int:
            return self.steps + player

    game = Shows()
    game.steps = 41
    predictor = PolicyPredictor(Sees(), gated=False)
    assert predictor.predict(1, 0, b"\0", lambda frame: None, game) == b"\x2a"
    assert list(predictor.gates()) == [1]


def test_what_cannot_guess_is_refused_with_a_sentence(tmp_path: Any) -> None:
    with pytest.raises(UsageError, match=r"a policy \(something with act\), a Checkpoint or a file of one is needed, not 3"):
        PolicyPredictor(3)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="delay must be a whole number of frames from 0 to 60, not 61"):
        PolicyPredictor(Mood(None), delay=61)
    with pytest.raises(CheckpointError):
        PolicyPredictor(tmp_path / "none.npz")
    predictor = PolicyPredictor(shortest_ways("race"), 1)
    with pytest.raises(CheckpointError):
        VirtualMatch(Pong, 2, SessionConfig(predictor=predictor))
    assert repr(predictor) == "PolicyPredictor(Checkpoint, delay=2)"
