"""What is said of a checkpoint: what it did in training, and apart from it what it does where it never trained."""

import pytest

from rollback.agents.training import EpisodePoint, make_algorithm
from rollback.studio import figures
from rollback.studio.figures import Figures, best_by


@pytest.fixture
def algorithm():
    return make_algorithm("q-learning", "gridworld?layout=halls", {}, 1)


def point(number, **extra):
    return EpisodePoint(number, 10 * number, float(number), 10, 0.5, extra)


def test_what_training_and_what_an_evaluation_came_to_have_names_of_their_own(algorithm, monkeypatch):
    monkeypatch.setattr(figures, "EVALUATED_WITHIN", 1e9)
    found = Figures()
    found.book([point(number, success=1.0) for number in range(1, 151)])
    told = found.of(algorithm)
    assert (told["training_success"], told["training_reward"], told["training_episodes"]) == (1.0, 100.5, 100.0)
    assert told["success"] == 0.0 and told["starts"] == 100.0, "nothing is learned: it gets there in training only"
    found.clear()
    assert not any(name.startswith("training_") for name in found.of(algorithm))


def test_where_an_evaluation_takes_long_the_means_do_not_pass_for_one(algorithm, monkeypatch):
    monkeypatch.setattr(figures, "EVALUATED_WITHIN", 0.0)
    found = Figures()
    found.book([point(1, success=1.0, lines=float("inf"))])
    assert found.of(algorithm) == {"training_success": 1.0, "training_reward": 1.0, "training_episodes": 1.0}


def test_one_slow_look_on_a_busy_machine_does_not_end_evaluations(algorithm, monkeypatch):
    costs = iter([0.01, 0.0001])
    monkeypatch.setattr(figures, "_seconds", lambda _: next(costs))
    assert "success" in Figures().of(algorithm)
    costs = iter([1.0])  # far too dear: not looked at again
    assert Figures().of(algorithm) == {}


@pytest.mark.parametrize(
    ("metrics", "by"),
    [
        ({"length": 3.0, "success": 0.5, "training_success": 1.0}, "success"),
        ({"reward": 3.0, "won": 0.5}, "won"),
        ({"training_reward": 3.0, "training_lines": 9.0}, "training_lines"),
        ({"length": 3.0}, ""),
        ({}, ""),
    ],
)
def test_the_best_is_chosen_by_an_evaluation_where_there_is_one(metrics, by):
    assert best_by(metrics) == by
