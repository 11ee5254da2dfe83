"""Who takes part: names, what each is called, and what is told of a wrong one at once."""

from __future__ import annotations

import pytest

from rollback.errors import UsageError
from rollback.games import Pong
from rollback.sim.league.entrants import check_entrants, labels_of, names_of
from tests.sim.league.games import Sums

HERE = "tests.sim.league.games"


@pytest.mark.parametrize(
    ("agents", "labels"),
    [
        (["best", "random"], ["best", "random"]),
        (["best", "scripted"], ["best", "scripted"]),
        (["best", "best", "idle"], ["best #1", "best #2", "idle"]),
        (["bots/a.py:Bot", "my.bots:Other"], ["Bot", "Other"]),
        (["bots/a.py:Bot", "bots/b.py:Bot"], ["a.py:Bot", "b.py:Bot"]),
        (["x/a.py:Bot", "y/a.py:Bot"], ["x/a.py:Bot", "y/a.py:Bot"]),
        (["runs/1/best.npz", "runs/2/best.npz"], ["runs/1/best.npz", "runs/2/best.npz"]),
        (["runs/1/best.npz", "runs/1/last.npz"], ["best.npz", "last.npz"]),
        (["a:Bot?depth=1", "a:Bot?depth=2", "a:Bot"], ["Bot?depth=1", "Bot?depth=2", "Bot"]),
        ([r"bots\a.py:Bot"], ["Bot"]),
    ],
)
def test_each_is_called_by_as_little_as_tells_it_from_the_others(agents, labels):
    assert labels_of(agents) == labels
    assert len(set(labels)) == len(labels)


def test_scripted_is_another_word_for_best():
    assert names_of(["scripted", "best", "idle"]) == ("best", "best", "idle")


@pytest.mark.parametrize(
    ("agents", "said"),
    [
        ("best", "agents must be a list of 1 to 256 names"),
        ([], "agents must be a list of 1 to 256 names"),
        (["best"] * 257, "agents must be a list of 1 to 256 names"),
        (["bset"], "did you mean best"),
        ([7], "names no player"),
    ],
)
def test_a_wrong_list_is_said_in_one_sentence(agents, said):
    with pytest.raises(UsageError, match=said):
        names_of(agents)


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (f"{HERE}:Nobody", "has no 'Nobody'"),
        (f"{HERE}:Broken", "games:Broken cannot be made: OSError: no weights here"),
        (f"{HERE}:Dares?less=1", "has a setting 'less'"),
        ("nowhere/weights.npz", r"nowhere/weights\.npz cannot be read: No such file"),
    ],
)
def test_a_name_that_leads_nowhere_is_told_before_the_first_match(agent, said):
    with pytest.raises(UsageError, match=said):
        check_entrants(Sums(), ["idle", agent])


def test_those_that_can_play_pass():
    check_entrants(Sums(3), ["random", "idle", f"{HERE}:Dares?more=3"])
    check_entrants(Pong(), ["best", "random"])


def test_the_best_of_a_game_without_a_bot_is_nobody():
    with pytest.raises(UsageError, match=r"^this game has no scripted bot, so nobody can play it as best: name another player"):
        check_entrants(Sums(3), ["random", "best"])
