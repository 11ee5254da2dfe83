"""The pages on environments, held against the code: shares, savers, ids, keys, layouts, and where the figures go."""

from __future__ import annotations

import importlib
import re
import shlex

import gymnasium
import pytest

from rollback.envs import canonical_name, game_factory
from rollback.envs.gymnasium_games import SHARES
from rollback.envs.registration import REGISTERED
from rollback.envs.saving.savers import KINDS
from rollback.games import Duel, GridWorld, Pong, Tetris
from rollback.games.gridworld_layouts import LAYOUTS
from tests.docs.pages import ROOT, commands, prose, table

PAGE = ROOT / "docs" / "environments.md"
GAMES = ROOT / "docs" / "built-in-games.md"
README = ROOT / "README.md"


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_all_ways_to_share_are_told_and_no_other():
    assert [words(row[0])[0] for row in table(PAGE, "| share ")] == list(SHARES)


def test_all_savers_are_told_in_the_order_in_which_they_are_tried():
    told = [name for row in table(PAGE, "| saver ") for name in words(row[0])]
    assert told == list(KINDS)


def test_the_figures_stand_between_the_marks_that_the_benchmark_looks_for():
    text = PAGE.read_text(encoding="utf-8")
    source = (ROOT / "benchmarks" / "environments.py").read_text(encoding="utf-8")
    marks = [re.search(rf'^{name}: Final = "(.+)\\n"$', source, re.MULTILINE) for name in ("BEGIN", "END")]
    begin, end = (mark[1] + "\n" for mark in marks if mark is not None)
    assert text.count(begin) == text.count(end) == 1 and text.index(begin) < text.index(end)
    told = {words(row[0])[0] for row in table(PAGE, "| environment ")}
    assert told == set(re.findall(r'Case\("([^"]+)"', source)), "a table of all that is measured"


def test_every_environment_that_was_measured_agreed_in_all_its_matches_and_went_back():
    for row in table(PAGE, "| environment "):
        matches = int(row[7].split()[0])
        assert row[-1] == f"{matches} of {matches}" and int(row[8]) >= matches, row[0]


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ("gym:LunarLander-v3?share=race", ("LunarLander",)),
        ("gym:Ant-v5?share=race", ("InvertedPendulum", "Ant")),
        ("gym:CartPole-v1?share=race", ("CartPole", "Taxi")),
        ("pettingzoo:mpe2.simple_tag_v3", ("simple_tag", "simple_spread")),
        ("pettingzoo:pettingzoo.atari.pong_v3", ("ALE",)),
    ],
)
def test_the_readme_says_of_savers_what_was_measured(environment, names):
    kinds = {
        "simulated again": "simulated again",
        "mujoco": "simulator's own",
        "generated": "generated",
        "clone_state": "emulator's own",
    }
    (measured,) = [row[2] for row in table(PAGE, "| environment ") if words(row[0]) == [environment]]
    (told,) = [row[2] for row in table(README, "| environment ") if all(name in row[0] for name in names)]
    assert kinds[measured] in told


def test_the_readme_names_each_package_that_is_tried():
    told = " ".join(" ".join(row) for row in table(README, "| environment "))
    for name in ("CartPole", "Taxi", "LunarLander", "MuJoCo", "simple_tag", "simple_spread", "Pistonball", "ALE", "Tetris"):
        assert name in told


def test_all_ids_and_modules_of_the_built_in_games_are_told_and_there():
    rows = table(GAMES, "| game ")
    assert [name for row in rows for name in words(row[3])] == list(REGISTERED)
    for row in rows:
        (module,) = words(row[2])
        assert callable(importlib.import_module(module).parallel_env)
    for name in REGISTERED:
        gymnasium.spec(name)


def test_the_layouts_of_gridworld_are_told_with_how_many_may_play():
    rows = {words(row[0])[0]: row[1] for row in table(GAMES, "| layout ")}
    assert list(rows) == list(LAYOUTS)
    for name, told in rows.items():
        layout = LAYOUTS[name]
        most = len(layout.starts)
        assert told == (str(most) if layout.least == most else f"{layout.least} to {most}"), name


def test_the_keys_of_tetris_are_those_of_the_game():
    keys = Tetris().keys(0)
    for row in table(GAMES, "| button "):
        buttons = [Tetris().buttons.index(button.strip()) for button in row[0].split(",")]
        told = {word.lower() for word in re.findall(r"\b(space|down|up|[A-Z])\b", row[1])}
        if "arrows" in row[1]:
            told |= {"left", "right"}
        assert told == {key for key, button in keys.items() if button in buttons}, row[0]


@pytest.mark.parametrize(("section", "game"), [("Pong", Pong), ("Duel", Duel), ("GridWorld", GridWorld)])
def test_the_buttons_of_a_game_are_told_in_their_order(section, game):
    text = " ".join(prose(GAMES).partition(f"## {section}\n")[2].partition("\n## ")[0].split())
    places = [re.search(rf"\b{button}\b", text) for button in game().buttons]
    assert all(places) and [place.start() for place in places if place] == sorted(place.start() for place in places if place)


def test_every_environment_named_in_a_command_is_made():
    """The README's and the pages'; settings of the game and of the environment both."""
    lines = [line for page in (README, PAGE, GAMES) for line in commands(page)]
    named = {word for line in lines for word in shlex.split(line) if word.startswith(("gym:", "pettingzoo:"))}
    assert len(named) >= 5
    for name in sorted(named):
        game = game_factory(name)()
        assert game.game_id == canonical_name(name)
