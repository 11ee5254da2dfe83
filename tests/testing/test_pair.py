"""Two sessions over a lossy link stand at the same frame in the same state, however often they are stopped in between."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.config import SessionConfig
from rollback.errors import UsageError
from rollback.games import Duel, Pong
from rollback.sim import Link
from rollback.testing import HandClock, LossyPair
from rollback.types import DesyncFound, Synchronized
from tests.testing.broken_games import Sound, UnsavedField


class Short(Sound):
    @property
    def over(self) -> bool:
        return self.frame >= 80


class Three(Sound):
    players = 3

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.numbers = [seed % 7, 0, 0]


class Opaque(Sound):
    def save(self) -> Any:
        return Saved(super().save())

    def load(self, state: Any) -> None:
        super().load(state.tree)

    def digest(self) -> Any:
        return {"numbers": list(self.numbers), "frame": self.frame}


class Saved:
    def __init__(self, tree: Any) -> None:
        self.tree = tree


def plain(pair: LossyPair, inputs: list[Any]) -> Any:
    """Return the state of a plain run of the actions given."""
    game = type(pair.games[0])()
    game.reset(0)
    for actions in inputs:
        game.step(actions)
    return game.save()


@pytest.mark.parametrize("game", [Sound, Pong, Duel, Three, Opaque, "pong"])
@pytest.mark.parametrize("seed", range(3))
def test_both_sides_hold_the_same_state_after_rollbacks_and_losses(game: Any, seed: int) -> None:
    pair = LossyPair(game, seed=seed).run(250)
    assert pair.states[0] == pair.states[1] and pair.differences == []
    assert pair.rollbacks > 0 and pair.lost > 0
    assert pair.frame == 250 and not pair.ended


def test_the_states_are_those_of_the_frame_and_not_of_the_present() -> None:
    pair = LossyPair(Sound, seed=4)
    for frames in (1, 30, 7, 100):
        before = pair.frame
        pair.run(frames)
        assert pair.frame == before + frames
        assert [state["frame"] for state in pair.states] == [pair.frame, pair.frame]
        assert all(session.frame >= pair.frame for session in pair.sessions)


def test_the_states_are_those_of_a_plain_run_of_the_same_actions() -> None:
    pair = LossyPair(Sound, act=lambda game, player: 3 + player)
    pair.run(60)
    assert pair.states[0] == plain(pair, [(3, 4)] * 60)


def test_states_belong_to_the_test() -> None:
    pair = LossyPair(Sound, seed=1).run(20)
    kept = pair.states
    kept[0]["numbers"][0] = -1
    pair.run(20)
    assert pair.differences == [] and pair.states[0]["numbers"][0] != -1


def test_the_same_seed_is_the_same_match_and_another_one_is_not() -> None:
    def told(seed: int) -> Any:
        pair = LossyPair(Sound, seed=seed).run(150)
        return pair.states, pair.rollbacks, pair.lost, pair.clock.now

    assert told(5) == told(5) != told(6)


def test_a_broken_game_shows_where_it_differs() -> None:
    pair = LossyPair(UnsavedField, seed=3).run(300)
    assert [difference.path for difference in pair.differences] == ["numbers[0]"]
    assert any(isinstance(event, DesyncFound) for event in pair.events[0])


def test_a_match_that_is_over_ends_the_run_on_both_sides_at_the_same_frame() -> None:
    pair = LossyPair(Short, seed=2).run(200)
    assert pair.ended and pair.frame == 80
    assert pair.states[0] == pair.states[1] and pair.states[0]["frame"] == 80
    with pytest.raises(UsageError, match="the match has ended at frame 80: make another pair"):
        pair.run(1)


def test_the_clock_of_the_test_is_moved_on_by_as_long_as_the_frames_take() -> None:
    clock = HandClock(100.0)
    pair = LossyPair(Sound, clock=clock, config=SessionConfig(fps=30)).run(60)
    assert pair.clock is clock
    assert 102.0 <= clock.now < 104.0


def test_sessions_can_be_meddled_with_between_two_runs() -> None:
    pair = LossyPair(Sound, seed=8).run(50)
    pair.sessions[0].set_input_delay(0, 5)
    pair.run(50)
    assert pair.differences == [] and pair.frame == 100


def test_events_are_kept_by_side() -> None:
    pair = LossyPair(Sound, seed=8).run(5)
    assert pair.events[0][0] == Synchronized("p1") and pair.events[1][0] == Synchronized("p0")


def test_links_may_differ_by_direction() -> None:
    pair = LossyPair(Sound, link={(0, 1): Link(latency_ms=20), (1, 0): Link(latency_ms=80, loss=0.3)}, seed=1).run(200)
    assert pair.differences == [] and pair.lost > 10


def test_a_line_that_is_dead_is_said_to_be() -> None:
    pair = LossyPair(Sound, link=Link(loss=1.0))
    with pytest.raises(AssertionError, match=r"nothing moved for 60 s: the sides stand at frame 0 \(synchronizing\)"):
        pair.run(10)


def test_before_a_run_there_are_no_states() -> None:
    with pytest.raises(UsageError, match=r"call run\(frames\) first"):
        _ = LossyPair(Sound).states


@pytest.mark.parametrize("frames", [0, -3, 1.5, True, "9"])
def test_frames_have_limits(frames: Any) -> None:
    with pytest.raises(UsageError, match="a whole number of frames from 1 on"):
        LossyPair(Sound).run(frames)


def test_a_game_for_one_and_a_game_for_all_are_refused() -> None:
    class Alone(Sound):
        players = 1

    game = Sound()
    for make in (Alone, lambda: game):
        with pytest.raises(UsageError, match="a game for two players at least, and a new one at each call"):
            LossyPair(make)
