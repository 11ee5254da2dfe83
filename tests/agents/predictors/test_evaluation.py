"""What is told of a predictor: the engine's own counts, paired with repeating, and the same every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollback import Default, RepeatLast, UsageError
from rollback.agents.predictors import Evaluation, NGram, evaluate_predictor
from rollback.games import Duel, GridWorld, Pong, Tetris
from tests.agents.predictors.traces import chance, of_sums, pattern, recorded, traitor
from tests.core.games import Sums

MAKES = {"pong": Pong, "duel": Duel, "gridworld": lambda: GridWorld(players=2), "tetris": lambda: Tetris(players=2)}


def of(*columns: Any, **more: Any) -> Evaluation:
    return evaluate_predictor(of_sums(*columns), more.pop("delay", 3), more.pop("jitter", 2), game=Sums, **more)


@pytest.mark.parametrize("name", MAKES)
@pytest.mark.parametrize("delay", [3, 6])
def test_on_no_match_of_bots_it_costs_more_than_one_in_fifty(name: str, delay: int) -> None:
    found = evaluate_predictor(recorded(MAKES[name], 900, seed=5), delay, 2, game=MAKES[name])
    assert len(found.traces) == 2 and found.repeat_last.rollbacks_a_second > 2
    assert found.worst <= 1.02
    assert found.mean_depth >= delay - 2 and found.p95_depth <= 8


def test_a_player_of_habits_is_foreseen() -> None:
    found = of(pattern(4000), pattern(4000, ((0, 5), (3, 4))))
    assert found.ratio.value < 0.2 and found.ratio.low <= found.ratio.value <= found.ratio.high
    assert found.saved.value == pytest.approx(found.repeat_last.rollbacks_a_second - found.rollbacks_a_second)
    assert found.resimulated_a_second < found.repeat_last.resimulated_a_second / 4
    assert all(ours is not None and theirs is not None and ours < theirs  # at every horizon
               for ours, theirs in zip(found.miss_rate, found.repeat_last.miss_rate, strict=True))  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_who_breaks_every_habit_costs_at_most_one_in_fifty(seed: int) -> None:
    found = of(traitor(4000, seed), chance(4000, seed))
    assert min(trace.repeated for trace in found.traces) > 300
    assert found.worst <= 1.02


def test_to_repeat_is_one_times_itself() -> None:
    found = of(chance(800, 1), chance(800, 2), predictor=RepeatLast())
    assert found.figures == found.repeat_last and found.saved.value == 0
    assert (found.ratio.low, found.ratio.high, found.worst) == (1, 1, 1)


def test_the_misses_by_horizon_begin_with_the_next_frame() -> None:
    found = of(pattern(600, ((0, 9), (1, 9))), chance(600, 2), predictor=RepeatLast(), delay=5, jitter=0)
    assert len(found.miss_rate) == 5
    assert None not in found.miss_rate
    assert found.miss_rate[4] > 0.2 > found.miss_rate[0] > 0  # type: ignore[operator]
    assert found.mean_depth <= 5 == found.p95_depth


def test_a_bad_guesser_is_shown_as_what_it_is() -> None:
    found = of([b"\1"] * 600, chance(600, 2), predictor=Default())
    assert found.traces[1].rollbacks > 100 > found.traces[1].repeated == 1
    assert found.worst > 100 and found.saved.value < 0


def test_it_is_the_same_every_time_and_another_with_another_seed() -> None:
    columns = chance(900, 1), traitor(900, 2)
    assert of(*columns) == of(*columns)
    assert of(*columns, seed=1).figures != of(*columns, seed=2).figures


def test_files_are_taken_as_well(tmp_path: Path) -> None:
    from rollback.replays import ReplayWriter

    replay = recorded(Pong, 400)
    for name in ("a.rbk", "b.rbk"):
        with ReplayWriter(tmp_path / name, replay.header) as writer:
            writer.add_all(0, list(replay))
    found = evaluate_predictor([tmp_path / "a.rbk", str(tmp_path / "b.rbk")], 3, 2)
    assert [trace.name for trace in found.traces] == ["a.rbk", "a.rbk", "b.rbk", "b.rbk"]
    assert [trace.viewer for trace in found.traces] == [0, 1, 0, 1]
    assert sum(trace.rollbacks for trace in found.traces) > 50
    assert evaluate_predictor(tmp_path / "a.rbk", 3, 2).traces == found.traces[:2]


@pytest.mark.parametrize(
    "wrong", [{"delay": -1}, {"delay": 61}, {"jitter": 1.5}, {"jitter": True}, {"window": 99}, {"loss": 1.0}, {"loss": "much"}]
)
def test_numbers_out_of_their_limits_are_named(wrong: dict[str, Any]) -> None:
    name, value = next(iter(wrong.items()))
    with pytest.raises(UsageError, match=f"{name} must be .*not {value!r}"):
        evaluate_predictor([], **wrong)


def test_without_a_recording_nothing_is_told() -> None:
    with pytest.raises(UsageError, match="give at least one replay"):
        evaluate_predictor([], 3, 2)


def test_each_recording_is_begun_without_anything_learned() -> None:
    replay = of_sums(pattern(900), pattern(900))
    once, twice = (evaluate_predictor([replay] * times, 3, 0, NGram(2), game=Sums) for times in (1, 2))
    assert [trace.rollbacks for trace in twice.traces] == [trace.rollbacks for trace in once.traces] * 2
