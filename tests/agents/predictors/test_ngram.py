"""The predictor in real sessions: peers stay equal, each session learns for itself, and none costs more than one in fifty."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import ConfigError, P2PSession, RepeatLast, SessionConfig
from rollback.agents.predictors import Gate, NGram
from rollback.games import Duel, Pong
from rollback.games.bots import act_with, bot_for
from rollback.sim import Link, VirtualMatch
from rollback.types import Local, Remote
from tests.agents.predictors.traces import pattern
from tests.core.games import Sums

ROUGH = Link(50, 30, loss=0.05)


def match(predictor: Any, make: Any = Sums, players: int = 2, link: Link = ROUGH, frames: int = 1500, seed: int = 3) -> Any:
    if make is Sums:
        asked = [0] * players
        columns = [pattern(frames + 90, ((0, 5 + player), (1 + player, 4))) for player in range(players)]

        def act(game: Any, player: int) -> int:
            asked[player] += 1
            return columns[player][asked[player]][0]
    else:
        acts = [act_with(bot_for(make(players), player, seed)) for player in range(players)]

        def act(game: Any, player: int) -> Any:  # type: ignore[misc]
            return acts[player](game, player)

    config = SessionConfig(input_delay=1, predictor=predictor)
    return VirtualMatch(lambda: make(players), players, config, link, seed, act).run(frames)


@pytest.mark.parametrize("players", [2, 3])
def test_habits_are_learned_during_the_match_and_parity_is_kept(players: int) -> None:
    ours, theirs = match(NGram(), players=players), match(RepeatLast(), players=players)
    assert ours.passed and theirs.passed and ours.lost == theirs.lost > 0, "the same network for both"
    for ngram, repeat in zip(ours.rollbacks, theirs.rollbacks, strict=True):
        assert repeat > 200 and ngram < 0.6 * repeat
    assert sum(ours.resimulated) < sum(theirs.resimulated)


@pytest.mark.parametrize("make", [Pong, Duel])
def test_bots_are_guessed_no_worse_than_by_repeating(make: Any) -> None:
    games = {Pong: lambda players: Pong(), Duel: lambda players: Duel()}
    ours, theirs = match(NGram(), games[make]), match(RepeatLast(), games[make])
    assert ours.passed and theirs.passed
    for ngram, repeat in zip(ours.rollbacks, theirs.rollbacks, strict=True):
        assert repeat > 50 and ngram <= 1.02 * repeat


def test_an_ungated_one_keeps_parity_too() -> None:
    report = match(NGram(4, gated=False), frames=500)
    assert report.passed and sum(report.rollbacks) > 0


def test_one_object_in_several_settings_has_no_memory_in_common() -> None:
    shared = NGram()
    first = match(shared, frames=600)
    again = match(shared, frames=600)
    assert first.to_dict() == again.to_dict(), "what the first match taught is not known in the second"
    assert shared.gates() == {}


def test_each_session_has_a_gate_for_each_other_player() -> None:
    ngram = NGram(3)
    session = P2PSession(Sums(3), [Local(), Remote("b"), Remote("c")], SessionConfig(predictor=ngram))
    guess: Any = session._sim._guess
    assert isinstance(guess, NGram) and guess is not ngram and guess.order == 3
    for player in (1, 2):
        guess.predict(player, 5, b"\0", lambda frame: None, session.game)
    assert sorted(guess.gates()) == [1, 2] and all(isinstance(gate, Gate) for gate in guess.gates().values())


def test_it_can_be_asked_without_a_session() -> None:
    inputs = pattern(3000)
    ngram, wrong = NGram(2, gated=False), 0
    for frame in range(3, 3000):
        known = frame - 3
        guess = ngram.predict(0, frame, inputs[known], lambda at, known=known: inputs[at] if 0 <= at <= known else None, None)  # type: ignore[misc]
        wrong += frame > 300 and guess != inputs[frame]
    assert wrong == 0


@pytest.mark.parametrize("order", [-1, 9, 1.0, True, "2", None])
def test_an_order_is_a_number_of_runs(order: Any) -> None:
    with pytest.raises(ConfigError, match=f"order must be a whole number of runs from 0 to 8, not {order!r}"):
        NGram(order)


def test_it_names_itself() -> None:
    assert (repr(NGram()), repr(NGram(1, gated=False))) == ("NGram(order=2)", "NGram(order=1, gated=False)")
