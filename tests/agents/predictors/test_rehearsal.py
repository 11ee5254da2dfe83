"""A recorded match as one peer lived it: it ends in the same state whatever is guessed, and the engine counts what it cost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback import Default, RepeatLast, UsageError
from rollback.agents.predictors import NGram
from rollback.agents.predictors.lateness import arrivals
from rollback.agents.predictors.rehearsal import rehearse
from rollback.games import Pong
from tests.agents.predictors.traces import chance, pattern, recorded
from tests.core.games import Sums


def plain(rows: list[tuple[bytes, ...]]) -> Any:
    game = Sums(len(rows[0]))
    game.reset(0)
    for row in rows:
        game.step([data[0] for data in row])
    return game.save()


class Wild:
    """Guesses anything, of the right width."""

    def predict(self, player: int, frame: int, last_input: bytes, history: Any, game: Any) -> bytes:
        return bytes([(frame * 37 + player * 11 + game.steps) & 255])


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    delay=st.integers(0, 8),
    jitter=st.integers(0, 12),
    loss=st.floats(0, 0.4),
    players=st.integers(2, 4),
    which=st.integers(0, 3),
)
def test_whatever_is_guessed_the_match_ends_in_the_same_state(
    seed: int, delay: int, jitter: int, loss: float, players: int, which: int
) -> None:
    rows = list(zip(*[chance(150, seed + player) for player in range(players)], strict=True))
    ticks = [arrivals(150, delay, jitter, loss, f"{seed}: {player}") for player in range(players)]
    predictor = [RepeatLast(), Wild(), NGram(2, gated=False), NGram(1)][which]
    lived = rehearse(Sums(players), rows, seed % players, ticks, predictor)
    assert lived.state == plain(rows)
    assert lived.frames == 150


def test_rollbacks_are_as_many_as_changes_come_late_and_as_deep_as_they_are_late() -> None:
    rows = [(bytes([frame // 10 % 2]), b"\0") for frame in range(100)]
    lived = rehearse(Sums(), rows, 1, [arrivals(100, 3, 0, 0, ""), []], RepeatLast())
    assert lived.rollbacks == 9
    assert lived.depths == {3: 9} and lived.resimulated == 27
    assert lived.guesses[3] > 90 and lived.misses == {3: 27}
    assert lived.stalls == 0


def test_what_comes_later_than_the_window_is_waited_for() -> None:
    rows = [(bytes([frame // 10 % 2]), b"\0") for frame in range(100)]
    lived = rehearse(Sums(), rows, 1, [arrivals(100, 12, 0, 0, ""), []], RepeatLast(), window=8)
    assert lived.stalls >= 4 and max(lived.depths) <= 8
    assert lived.state == plain(rows)


def test_in_time_nothing_is_guessed() -> None:
    rows = list(zip(pattern(80), pattern(80), strict=True))
    lived = rehearse(Sums(), rows, 0, [[], arrivals(80, 0, 0, 0, "")], RepeatLast())
    assert (lived.rollbacks, lived.guesses) == (0, {})


def test_a_match_that_is_over_ends_there() -> None:
    replay = recorded(Pong, 5000)
    assert replay.frames < 5000, "or it is not over"
    ticks = [arrivals(replay.frames, 4, 2, 0, f"{player}") for player in range(2)]
    lived = rehearse(Pong(), list(replay), 0, ticks, Default(), seed=1)
    assert lived.frames == replay.frames and lived.rollbacks > 100


def test_a_game_that_cannot_follow_the_recording_is_named() -> None:
    class Broken(Sums):
        def step(self, actions: Any) -> None:
            if self.steps == 30:
                raise ValueError("no further")
            super().step(actions)

    rows = list(zip(pattern(60), pattern(60), strict=True))
    with pytest.raises(UsageError, match=r"raised on the recorded inputs of frame 30:[\s\S]*no further"):
        rehearse(Broken(), rows, 0, [[], arrivals(60, 3, 0, 0, "")], RepeatLast())


def test_an_input_is_here_with_any_later_datagram() -> None:
    ticks = arrivals(2000, 3, 5, 0.2, "x")
    assert ticks == sorted(ticks) and arrivals(2000, 3, 5, 0.2, "x") == ticks != arrivals(2000, 3, 5, 0.2, "y")
    late = [tick - frame for frame, tick in enumerate(ticks[:-10])]
    assert min(late) == 3 and max(late) > 8, "a lost datagram makes its input later than any other comes"
    assert arrivals(5, 2, 0, 0, "") == [2, 3, 4, 5, 6]
