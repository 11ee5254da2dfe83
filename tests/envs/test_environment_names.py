"""Environments are found by name, with their settings; what leads nowhere is told in one sentence with what is close."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs import canonical_name, game_factory
from rollback.envs.environment_names import is_built_in
from rollback.errors import GameError, MissingPackage
from rollback.state import diff
from tests.envs.rough_matches import straight

SPLIT = """
import gymnasium
from gymnasium import spaces

class Rowers(gymnasium.Env):
    observation_space = spaces.Box(-1, 1, (1,))

    def __init__(self, parts=2, word="a", flag=False, none=1, weight=1.0):
        self.action_space = spaces.MultiDiscrete([3] * parts)
        self.given = (parts, word, flag, none, weight)
        self.steps = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.observation_space.low.copy(), {}

    def step(self, action):
        self.steps += 1
        return self.observation_space.low.copy(), float(sum(action)), self.steps > 9, False, {}

gymnasium.register("Rowers-v0", entry_point=Rowers)
"""
PARALLEL = """
from tests.envs.toy_environments import Cliffs as parallel_env
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "own_rowers.py").write_text(SPLIT)
    (tmp_path / "own_cliffs_v0.py").write_text(PARALLEL)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    import gymnasium

    gymnasium.registry.pop("Rowers-v0", None)
    for name in ("own_rowers", "own_cliffs_v0"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("name", "kind", "players"),
    [
        ("gym:CartPole-v1", "RaceGame", 2),
        ("gym:CartPole-v1?players=3", "RaceGame", 3),
        ("gym:CartPole-v1?share=turns", "TurnsGame", 2),
        ("gym:CartPole-v1?players=4&share=watch", "WatchGame", 4),
        (" gym:CartPole-v1?max_episode_steps=9 ", "RaceGame", 2),
        ("gym:rollback/Pong-v0?players=1", "RaceGame", 1),
        ("pettingzoo:rollback.envs.pong_v0", "ParallelGame", 2),
        ("pettingzoo:pong_v0", "ParallelGame", 2),
    ],
)
def test_an_environment_is_found_by_name(name: str, kind: str, players: int) -> None:
    game = game_factory(name)()
    assert type(game).__name__ == kind and game.players == players
    assert game.game_id == canonical_name(name)
    states = straight(game, 12)
    assert diff(straight(game_factory(name)(), 12)[-1], states[-1]) == []


def test_settings_go_to_the_environment_in_their_kinds(here: Path) -> None:
    game = game_factory("gym:own_rowers:Rowers-v0?parts=4&word=b%20c&flag=true&none=None&weight=-2.5e1&players=2")()
    assert type(game).__name__ == "SplitGame" and game.env.unwrapped.given == (4, "b c", True, None, -25.0)
    assert game.spaces(0)[1].nvec.tolist() == [3, 3]


def test_an_environment_is_split_by_name_where_it_can_be_and_raced_where_not(here: Path) -> None:
    assert type(game_factory("gym:own_rowers:Rowers-v0")()).__name__ == "SplitGame"
    assert type(game_factory("gym:own_rowers:Rowers-v0?parts=3")()).__name__ == "RaceGame"
    assert type(game_factory("gym:own_rowers:Rowers-v0?share=race")()).__name__ == "RaceGame"
    with pytest.raises(GameError, match="3 parts"):
        game_factory("gym:own_rowers:Rowers-v0?parts=3&share=split")()


def test_an_idle_action_is_among_the_settings(here: Path) -> None:
    assert not game_factory("gym:CartPole-v1")().has_noop
    game = game_factory("gym:CartPole-v1?idle=1")()
    assert game.has_noop and game.idle(1) == 1
    assert game.game_id == "gym:CartPole-v1?idle=1"  # peers who differ in it are told so
    assert not game_factory("gym:own_rowers:Rowers-v0")().has_noop
    split = game_factory("gym:own_rowers:Rowers-v0?idle=1,2")()
    assert split.has_noop and (split.idle(0), split.idle(1)) == (1, 2)
    four = game_factory("gym:own_rowers:Rowers-v0?parts=4&idle=1,2,0,1")()
    assert [four.idle(player).tolist() for player in range(2)] == [[1, 2], [0, 1]]
    each = game_factory("gym:own_rowers:Rowers-v0?idle=2")()
    assert each.has_noop and (each.idle(0), each.idle(1)) == (2, 2)
    assert game_factory("pettingzoo:own_cliffs_v0?idle=0")().has_noop


def test_a_module_of_ones_own_has_a_parallel_environment(here: Path) -> None:
    game = game_factory("pettingzoo:own_cliffs_v0?climbers=4&longest=5&episodes=1&saver=generated")()
    assert game.players == 4 and game.saver.name == "generated"
    straight(game, 5)
    assert game.over
    other = game.another()
    assert (
        other.players == 4
        and other.game_id == game.game_id == "pettingzoo:own_cliffs_v0?climbers=4&episodes=1&longest=5&saver=generated"
    )


def test_it_is_made_with_a_picture_where_it_has_one() -> None:
    game = game_factory("gym:CartPole-v1?players=2")()
    assert game.copies[0].render_mode == "rgb_array" and game.render().shape == (400, 1200, 3)
    assert game_factory("pettingzoo:rollback.envs.pong_v0")().render().ndim == 3
    assert isinstance(game_factory("gym:FrozenLake-v1?render_mode=ansi&players=1")().render(), str)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("gym:CartPole-v1?share=race&players=2", "gym:CartPole-v1?players=2&share=race"),
        (" gym:CartPole-v1 ", "gym:CartPole-v1"),
        ("pettingzoo:pong_v0", "pettingzoo:rollback.envs.pong_v0"),
        ("pettingzoo:simple_tag_v3?b=True&a=x%20y", "pettingzoo:mpe2.simple_tag_v3?a=x%20y&b=True"),
        ("pettingzoo:pistonball_v6", "pettingzoo:pettingzoo.butterfly.pistonball_v6"),
        ("pettingzoo:butterfly.pistonball_v6?n_pistons=4", "pettingzoo:pettingzoo.butterfly.pistonball_v6?n_pistons=4"),
        ("pettingzoo:my.own_v1", "pettingzoo:my.own_v1"),
        ("gym:?", "gym:?"),
    ],
)
def test_a_name_has_one_way_of_writing(written: str, canonical: str) -> None:
    assert canonical_name(written) == canonical
    assert canonical_name(canonical) == canonical


def test_a_factory_can_be_sent_to_another_process() -> None:
    make = pickle.loads(pickle.dumps(game_factory("gym:CartPole-v1?players=3")))
    assert make().players == 3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gym:CartPol-v1", "did you mean CartPole-v1"),
        ("gym:cartpole-v1", "did you mean CartPole-v1"),
        ("gym:CartPole-v77", "did you mean CartPole-v1"),
        ("gym:Taxi-v3", "Please use `Taxi-v4`"),
        ("gym:qqqqqqqqqqqq-v0", "gymnasium.pprint_registry"),
        ("gym:NoSuch-v0", "gymnasium.pprint_registry"),
        ("gym:no_such_module:Thing-v0", "there is no module 'no_such_module'"),
        ("gym:CartPole-v1?players=17", "1 to 16"),
        ("gym:CartPole-v1?players=two", "must be a whole number"),
        ("gym:CartPole-v1?players=0", "1 to 16"),
        ("gym:CartPole-v1?share=4", "must be a word"),
        ("gym:CartPole-v1?share=both", "share must be one of 'race', 'turns', 'watch', 'split'"),
        ("gym:CartPole-v1?episodes=0", "episodes must be"),
        ("gym:CartPole-v1?saver=magic", "no saver 'magic'"),
        ("gym:CartPole-v1?colour=red", "there is no setting 'colour': the game's are players, share"),
        ("gym:CartPole-v1?shar=race", "there is no setting 'shar', did you mean share?"),
        ("pettingzoo:rollback.envs.pong_v0?episode=3", "there is no setting 'episode', did you mean episodes?"),
        ("gym:CartPole-v1?players=0", "somebody has to play"),
        ("gym:CartPole-v1?idle=7", "idle"),
        ("gym:CartPole-v1?idle=left", "idle"),
        ("gym:CartPole-v1?render_mode=human", "opens a window"),
        ("gym:CartPole-v1?players", "not written as"),
        ("gym:CartPole-v1?a=1&a=2", "twice"),
        ("gym:CartPole-v1?1a=1", "no name of a setting"),
        ("gym:CartPole-v1?" + "&".join(f"k{number}=1" for number in range(17)), "at most 16"),
        ("gym:" + "x" * 1001, "1005 characters"),
        ("gym:", "names no environment"),
        ("gym:a b", "names no environment"),
        ("pettingzoo:", "names no environment"),
        ("pettingzoo:mpe2.simple_tga_v3", "did you mean mpe2.simple_tag_v3"),
        ("pettingzoo:pistonbal_v6", "did you mean pettingzoo.butterfly.pistonball_v6"),
        ("pettingzoo:rollback.envs.ponk_v0", "did you mean rollback.envs.pong_v0"),
        ("pettingzoo:zzzzzz", "there is no module 'zzzzzz'"),
        ("pettingzoo:json", "neither parallel_env"),
        ("pettingzoo:not-a-module", "is no module"),
        ("pettingzoo:classic.tictactoe_v3", "act one after the other"),
    ],
)
def test_a_name_that_leads_nowhere_says_where_to_go(name: str, told: str) -> None:
    with pytest.raises(GameError) as caught:
        game_factory(name)()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("hidden", "name", "told"),
    [
        ("gymnasium", "gym:CartPole-v1", "gymnasium: pip install gymnasium"),
        ("ale_py", "gym:ALE/Nothing-v5", "ale-py: pip install ale-py"),
        ("mujoco", "gym:Ant-v5", "pip install"),
        ("chess", "pettingzoo:classic.chess_v6", "chess: pip install chess"),
        ("mpe2", "pettingzoo:mpe2.simple_tag_v3", "mpe2: pip install mpe2"),
        ("multi_agent_ale_py", "pettingzoo:multi_agent_ale_py.thing_v0", "pip install multi-agent-ale-py"),
    ],
)
def test_a_package_that_is_missing_is_told_with_the_line_that_installs_it(
    hidden: str, name: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gymnasium

    import rollback.envs

    for module in list(sys.modules):
        own = (
            module.startswith(("rollback.envs.", "gymnasium.envs.mujoco", "pettingzoo.classic"))
            and module != "rollback.envs.names"
        )
        if module == hidden or module.startswith(f"{hidden}.") or own:
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, hidden, None)
    for known in [known for known in gymnasium.registry if known.startswith("ALE/")]:
        monkeypatch.delitem(gymnasium.registry, known)
    for public in rollback.envs.__all__:
        monkeypatch.delitem(vars(rollback.envs), public, raising=False)
    from rollback.envs.environment_names import environment_factory

    with pytest.raises(Exception) as caught:
        environment_factory(name)()
    assert type(caught.value).__name__ == MissingPackage.__name__
    assert told in str(caught.value) and "\n" not in str(caught.value)


# What somebody else names.


@pytest.mark.parametrize(
    "name",
    [
        "gym:rollback/Pong-v0",
        "gym:rollback/Pong-v0?players=1&share=race",
        "pettingzoo:rollback.envs.pong_v0",
        "pettingzoo:pong_v0",
    ],
)
def test_our_own_environments_may_be_named_by_others(name: str) -> None:
    assert game_factory(name, is_trusted=False)().players >= 1


@pytest.mark.parametrize(
    "name",
    [
        "gym:CartPole-v1",
        "gym:evil:rollback/Pong-v0",
        "gym:rollback/../Pong-v0",
        "gym:os:rollback/Pong-v0",
        "pettingzoo:mpe2.simple_tag_v3",
        "pettingzoo:rollback.envs.names",
        "pettingzoo:rollback.envs.evil.thing_v0",
        "pettingzoo:rollback.envs_v0",
        "pettingzoo:evil_v0",
    ],
)
def test_what_others_name_is_not_imported(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("evil.py", "evil_v0.py"):
        (tmp_path / module).write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GameError, match="not made because somebody else names it"):
        game_factory(name, is_trusted=False)
    assert not (tmp_path / "ran").exists()
    assert not is_built_in(name)


@given(st.text(max_size=30), st.sampled_from(["gym:", "pettingzoo:", "gym:rollback/", "pettingzoo:rollback.envs."]))
def test_any_text_from_others_is_an_environment_of_ours_or_one_sentence(text: str, prefix: str) -> None:
    try:
        game_factory(prefix + text, is_trusted=False)
    except (GameError, MissingPackage) as error:
        assert str(error)
