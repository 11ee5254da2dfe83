"""A check takes as many frames as its time allows: reckoned from a pace that is measured on the clock that is given."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from rollback.testing import check_game
from rollback.testing.budget import FEWEST, SECONDS, Pace, affordable, pace_of
from rollback.testing.trial import Failed, Trial
from tests.testing.broken_games import Sound

QUICK = Pace(1e-4, 1e-5, 1e-5, 1e-5, 1e-5)


class Watch:
    """A clock that games move on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def slow_game(watch: Watch, made: float, step: float, save: float, load: float) -> type:
    class Slow(Sound):
        def __init__(self) -> None:
            watch.now += made
            super().__init__()

        def step(self, actions: Any) -> None:
            watch.now += step
            super().step(actions)

        def save(self) -> Any:
            watch.now += save
            return super().save()

        def load(self, state: Any) -> None:
            watch.now += load
            super().load(state)

    return Slow


def test_the_pace_is_what_the_clock_says() -> None:
    watch = Watch()
    pace = pace_of(Trial(slow_game(watch, 0.5, 0.03, 0.002, 0.004), 300, 8, 0), watch)
    assert (pace.made, pace.step, pace.save, pace.load) == pytest.approx((0.5, 0.03, 0.002, 0.004))
    assert pace.look == 0.0, "copies and checksums do not move this clock"
    assert not pace.is_replayed


def test_a_game_that_raises_is_a_finding() -> None:
    class Raising(Sound):
        def step(self, actions: Any) -> None:
            raise ArithmeticError("no")

    with pytest.raises(Failed, match="ArithmeticError"):
        pace_of(Trial(Raising, 300, 8, 0))


@pytest.mark.parametrize("frames", [1, 7, 300, 100_000])
def test_a_quick_game_gets_what_was_asked_for(frames: int) -> None:
    assert affordable(QUICK, frames, 8, seconds=1e6) == frames


@pytest.mark.parametrize(
    ("pace", "frames"),
    [
        (QUICK, 300),
        (Pace(0.01, 1e-3, 1e-4, 1e-4, 1e-4), 300),
        (Pace(0.01, 4e-3, 1e-4, 1e-4, 1e-4), 200),
        (Pace(0.02, 1.4e-3, 1e-5, 1e-3, 1e-3, is_replayed=True), 70),
        (Pace(0.5, 4.5e-4, 1e-5, 1e-3, 0.13, is_replayed=True), 30),
        (Pace(10, 1, 1, 1, 1), FEWEST),
    ],
)
def test_a_slow_game_gets_fewer_frames_and_never_too_few(pace: Pace, frames: int) -> None:
    found = affordable(pace, 300, 8)
    assert found == frames
    assert found == FEWEST or pace.seconds(found) <= SECONDS


def test_fewer_frames_than_the_fewest_stay_what_they_are() -> None:
    assert affordable(Pace(10, 1, 1, 1, 1), 3, 8) == 3


def test_everything_that_takes_time_counts() -> None:
    basis = QUICK.seconds(100)
    for place in range(5):
        costs = [1e-4, 1e-5, 1e-5, 1e-5, 1e-5]
        costs[place] *= 50
        assert Pace(*costs).seconds(100) > basis
    assert QUICK.seconds(100, 60) > basis
    assert QUICK.seconds(200) > basis


@pytest.mark.parametrize("distance", [8, 20])
def test_a_check_does_as_much_as_is_reckoned_with(distance: int) -> None:
    """Each in its turn takes a second, and all else nothing: then the seconds are how often it was done."""
    done: Counter[str] = Counter()

    class Counting(Sound):
        def __init__(self) -> None:
            done["made"] += 1
            super().__init__()

        def step(self, actions: Any) -> None:
            done["step"] += 1
            super().step(actions)

        def save(self) -> Any:
            done["save"] += 1
            return super().save()

        def load(self, state: Any) -> None:
            done["load"] += 1
            super().load(state)

    frames = 150
    assert check_game(Counting, frames, distance=distance, other_process=False).passed
    measured = {name: done[name] - frames for name in ("step", "save", "load")}  # the costs, which have a limit of their own
    measured["made"] = done["made"]
    for place, name in enumerate(("made", "step", "save", "look", "load")):
        if name in measured:
            reckoned = Pace(*[float(place == other) for other in range(5)]).seconds(frames, distance)
            assert reckoned == pytest.approx(measured[name], rel=0.25), name


def test_where_a_load_plays_the_episode_again_twice_the_frames_take_four_times_as_long() -> None:
    pace = Pace(0, 1e-3, 0, 0, 0, is_replayed=True)
    assert 3.4 < pace.seconds(20_000) / pace.seconds(10_000) < 4.1
