"""What a training came to, told: figures with intervals, what was aimed at, the line that goes on, and the bar meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rollback.agents.training import EpisodePoint
from rollback.cli.progress import progress
from rollback.cli.train_ends import ENOUGH, Ends
from rollback.cli.train_outcome import Outcome, interval_of, main_figure
from rollback.cli.train_run import _View, algorithm_for
from rollback.errors import UsageError
from rollback.studio.points import lines_of
from tests.cli.terminal import LookedAtTerminal


def outcome(**changes: Any) -> Outcome:
    told: dict[str, Any] = {
        "run": "mine", "folder": Path("runs/mine"), "algorithm": "q-learning", "environment": "gridworld", "seed": 1,
        "episodes": 1234, "steps": 56_789, "seconds": 2.0, "steps_per_second": 28_394.5, "until": None, "is_reached": None,
        "evaluation": {}, "newest": Path("runs/mine/last-2.npz"), "best": None,
    }  # fmt: skip
    return Outcome(**(told | changes))


def test_the_agent_to_be_taken_is_the_one_that_reached_what_was_to_be_reached():
    best = Path("runs/mine/best.npz")
    for is_reached, name in ((True, "last-2.npz"), (False, "best.npz"), (None, "best.npz")):
        assert outcome(best=best, is_reached=is_reached).agent == Path("runs/mine") / name
    assert outcome().agent == Path("runs/mine/last-2.npz")


def test_a_share_has_the_interval_of_so_many_tries():
    evaluation = {"success": 0.9, "length": 12.0, "starts": 200.0, "held_out": 1.0}
    found = interval_of(evaluation)
    assert found is not None and (round(found.low, 3), round(found.high, 3)) == (0.851, 0.934)  # Wilson's, from a table
    assert main_figure(evaluation) == ("success", 0.9)
    assert "90.0 % goals reached" in outcome(evaluation=evaluation).figure


def test_an_interval_of_the_evaluation_itself_is_taken():
    evaluation = {"lines": 598.0, "lines_low": 596.0, "lines_high": 599.0, "games": 50.0}
    found = interval_of(evaluation)
    assert found is not None and (found.low, found.high) == (596.0, 599.0)
    assert "598 lines a game" in outcome(evaluation=evaluation).figure and "596 to 599" in outcome(evaluation=evaluation).figure


def test_what_has_no_interval_is_told_without_one():
    assert interval_of({}) is None and main_figure({}) is None and outcome().figure == ""
    assert interval_of({"lines": 598.0, "games": 5.0}) is None
    assert "(5 played)" in outcome(evaluation={"lines": 598.0, "games": 5.0}).figure


def test_a_map_without_starts_kept_back_is_told_as_such():
    figure = outcome(evaluation={"success": 1.0, "length": 2.0, "starts": 3.0, "held_out": 0.0}).figure
    assert "starts it was trained from" in figure and "not trained from" not in figure


@pytest.mark.parametrize(("is_reached", "says"), [(True, "Reached: 0.9"), (False, "Not reached: 0.9")])
def test_what_was_aimed_at_is_told(is_reached: bool, says: str):
    assert any(line.startswith(says) for line in outcome(until=0.9, is_reached=is_reached).lines)
    assert not any("eached" in line for line in outcome().lines)


def test_the_line_that_goes_on_names_the_folder_only_where_it_is_another():
    assert outcome(ends=("--steps", "9")).again == "rollback train --resume mine --steps 9"
    assert outcome(folder=Path("my runs/mine")).again == "rollback train --resume mine --runs 'my runs'"
    assert outcome(caught=130).sentence.startswith("Stopped after 1,234 episodes")


def test_what_plays_no_game_of_two_is_told_without_commands_for_it():
    best = Path("my runs/mine/best.npz")
    made = outcome(environment="pong", best=best)
    assert made.simulate[:6] == ["rollback", "simulate", "--game", "pong", "--agents", str(best)]
    assert any(line.endswith("rollback play --game pong --bot 'my runs/mine/best.npz'") for line in made.lines)
    assert outcome(environment="pong").simulate[5] == "runs/mine/last-2.npz", "the newest, where there is no best one"
    for unknown in (outcome(environment="my_game:Game"), outcome(newest=None)):
        assert unknown.simulate == unknown.play == [] and unknown.as_values()["play"] == ""


@pytest.mark.parametrize(
    ("environment", "algorithm"),
    [
        ("gridworld", "q-learning"), ("gridworld?layout=keys", "q-learning"), ("gym:rollback/GridWorld-v0", "q-learning"),
        ("tetris", "cross-entropy"), ("pong", "self-play"), ("duel", "self-play"),
    ],
)  # fmt: skip
def test_the_environment_says_who_learns_it(environment: str, algorithm: str):
    assert algorithm_for(environment) == algorithm


def test_an_environment_that_nobody_learns_is_told_with_the_closest():
    with pytest.raises(UsageError, match="did you mean tetris"):
        algorithm_for("tetri")


def test_a_training_without_an_end_gets_one_and_a_resumed_one_gets_as_much_again():
    assert Ends().settled("q-learning").steps == ENOUGH["q-learning"]
    assert Ends().settled("q-learning", 10**7).steps == 2 * 10**7
    assert Ends().settled("self-play", environment="duel").steps > ENOUGH["self-play"], "Duel takes longer than Pong"
    for ends in (Ends(episodes=5), Ends(steps=7), Ends(until=0.5)):
        assert ends.settled("q-learning", 10**7) == ends
    assert Ends(episodes=5, steps=7, until=0.5).words == ["--episodes", "5", "--steps", "7", "--until", "0.5"]


def test_the_bar_tells_episode_reward_epsilon_and_how_well_it_played_last():
    screen = LookedAtTerminal(120, 8)
    console = Console(file=screen, force_terminal=True, width=120, legacy_windows=False, color_system=None)
    with progress("training", 1000, console=console) as bar:
        view = _View(bar, by_episodes=False)
        view.take({"is": "figures"})
        view.take(lines_of(EpisodePoint(number, 10 * number, float(number % 2), 10, 0.25) for number in range(1, 9)))
        view.figure = ("success", 0.875)
        view.show(80, 8)
        (line,) = [line for line in screen.lines if line]
        assert line.startswith("episode 8  reward 0.5  epsilon 0.25  success 0.875") and "80/1000" in line
        view.show(900, 90)  # at once after the other one: too early for another look
        assert "900" not in "".join(screen.lines)
