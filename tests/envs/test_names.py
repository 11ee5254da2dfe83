"""A game is found by every way to name it, and every name that leads nowhere says where to go instead."""

from __future__ import annotations

import pickle
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs import canonical_name, game_factory
from rollback.envs.names import RACES, SHORT_NAMES, comes_with_us
from rollback.errors import GameError
from rollback.games import Duel, Pong

GAME = """
class Counter:
    players = 2

    def __init__(self):
        self.count = 0

    def step(self, actions):
        self.count += 1

    def save(self):
        return {"count": self.count}

    def load(self, state):
        self.count = state["count"]
"""


@pytest.fixture(autouse=True)
def _no_module_stays() -> Iterator[None]:
    modules, path = set(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if getattr(sys.modules[name], "__file__", "") and "site-packages" not in str(sys.modules[name].__file__):
            sys.modules.pop(name, None)


def written(folder: Path, text: str, name: str = "my_own_game.py") -> str:
    file = folder / name
    file.write_text(textwrap.dedent(text))
    return str(file)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pong", Pong),
        ("Pong", Pong),
        (" DUEL ", Duel),
        ("rollback.games:Pong", Pong),
        ("rollback.games.pong:Pong", Pong),
        ("rollback.games.duel:Duel", Duel),
    ],
)
def test_a_built_in_game_has_several_names(name: str, kind: type) -> None:
    assert type(game_factory(name)()) is kind
    assert canonical_name(name) == f"rollback.games:{kind.__name__}"


def test_each_call_makes_a_game_of_its_own() -> None:
    make = game_factory("pong")
    assert make() is not make()


def test_another_name_stays_as_it_is() -> None:
    assert canonical_name("my.module:Game") == "my.module:Game"
    assert canonical_name("games/my.py:Game") == "games/my.py:Game"


def test_a_file_holds_a_game(tmp_path: Path) -> None:
    game = game_factory(written(tmp_path, GAME) + ":Counter")()
    game.step([0, 0])
    assert game.save() == {"count": 1}


def test_two_files_of_one_name_are_two_games(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = game_factory(written(tmp_path / "a", GAME) + ":Counter")()
    other = game_factory(written(tmp_path / "b", GAME.replace("+= 1", "+= 2")) + ":Counter")()
    one.step([0, 0])
    other.step([0, 0])
    assert (one.save(), other.save()) == ({"count": 1}, {"count": 2})
    assert type(game_factory(str(tmp_path / "a" / "my_own_game.py") + ":Counter")()) is type(one)
    assert type(game_factory(str(tmp_path / "b" / "my_own_game.py") + ":Counter")()) is type(other)


def test_a_file_may_import_what_lies_beside_it(tmp_path: Path) -> None:
    written(tmp_path, "PLAYERS = 2\n", "beside_it.py")
    name = written(tmp_path, "import beside_it\n" + GAME.replace("players = 2", "players = beside_it.PLAYERS"))
    assert game_factory(name + ":Counter")().players == 2


def test_a_module_in_the_current_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, GAME, "found_here.py")
    monkeypatch.chdir(tmp_path)
    assert game_factory("found_here:Counter")().players == 2


def test_a_function_may_make_the_game(tmp_path: Path) -> None:
    name = written(tmp_path, GAME + "\ndef made():\n    return Counter()\n")
    assert game_factory(name + ":made")().players == 2


def test_a_factory_can_be_sent_to_another_process() -> None:
    assert type(pickle.loads(pickle.dumps(game_factory("duel")))()) is Duel


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ponk", "did you mean pong?"),
        ("dual", "did you mean duel?"),
        ("rollback.games:Pogn", "did you mean Pong?"),
        ("rollback.gamez:Pong", "rollback.games"),
        ("rollback.games:dice", "is no game but a module"),
        ("gym:CartPole-v99", "did you mean CartPole-v1"),
        ("pettingzoo:mpe2.simpel_tag_v3", "did you mean mpe2.simple_tag_v3"),
        ("", "names no game"),
        ("   ", "names no game"),
        ("not a module:Game", "names no game"),
        ("os:sep", "is no game but a str"),
        ("json:loads", "could not be made: TypeError"),
        ("builtins:dict", "without a method step()"),
        ("no/such/file.py:Game", "there is no file"),
        ("rollback.games:", "has no ''"),
    ],
)
def test_a_name_that_leads_nowhere_says_where_to_go(name: str, told: str) -> None:
    with pytest.raises(GameError) as caught:
        game_factory(name)()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_must_be_a_string() -> None:
    with pytest.raises(GameError, match="names no game"):
        game_factory(None)  # type: ignore[arg-type]


def test_a_misspelt_file_is_told_the_closest_one(tmp_path: Path) -> None:
    written(tmp_path, GAME)
    with pytest.raises(GameError, match=r"did you mean my_own_game\.py\?"):
        game_factory(str(tmp_path / "my_own_gmae.py") + ":Counter")


def test_a_file_without_a_class_is_told_its_games(tmp_path: Path) -> None:
    name = written(tmp_path, GAME)
    with pytest.raises(GameError, match=r"no game in it: write .*my_own_game\.py:Counter"):
        game_factory(name)


def test_a_file_without_games_says_so(tmp_path: Path) -> None:
    with pytest.raises(GameError, match="it holds no game"):
        game_factory(written(tmp_path, "x = 1\n"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\ny = nothing_here\n", r"NameError: name 'nothing_here' is not defined \(broken\.py, line 2\)"),
        ("def f(:\n", r"SyntaxError: .* \(broken\.py, line 1\)"),
        ("import no_such_package_at_all\n", "ModuleNotFoundError: No module named 'no_such_package_at_all'"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
    ],
)
def test_what_is_wrong_in_the_users_file_is_told_by_its_last_line(tmp_path: Path, text: str, told: str) -> None:
    name = written(tmp_path, text, "broken.py")
    with pytest.raises(GameError, match=told) as caught:
        game_factory(name + ":Game")
    assert "\n" not in str(caught.value)
    assert "broken" not in sys.modules  # mended, it can be run again


def test_a_module_that_lacks_another_one_is_not_called_missing_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "import no_such_package_at_all\n", "needs_another.py")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GameError, match="needs_another cannot be imported: ModuleNotFoundError"):
        game_factory("needs_another:Game")


def test_a_constructor_that_raises_is_told_with_its_line(tmp_path: Path) -> None:
    name = written(tmp_path, "class Bad:\n    def __init__(self):\n        raise ValueError('no luck')\n")
    with pytest.raises(GameError, match=r"could not be made: ValueError: no luck \(my_own_game\.py, line 3\)"):
        game_factory(name + ":Bad")()


def test_a_file_named_by_somebody_else_is_not_run(tmp_path: Path) -> None:
    name = written(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w').close()\n" + GAME)
    with pytest.raises(GameError, match="not run because somebody else names it"):
        game_factory(name + ":Counter", is_trusted=False)
    assert not (tmp_path / "ran").exists()


def test_of_what_somebody_else_names_only_the_built_in_games_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module may lie beside the replay that names it, in a folder of downloads."""
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n" + GAME)
    monkeypatch.chdir(tmp_path)
    for name in ["evil:Counter", "this:Game", "os:getcwd", "rollback.cli.app:run", "rollback.agents.races:race_of"]:
        assert not comes_with_us(name)
        with pytest.raises(GameError, match="not imported because somebody else names it"):
            game_factory(name, is_trusted=False)
    assert not (tmp_path / "ran").exists()
    assert type(game_factory("rollback.games:Pong", is_trusted=False)()) is Pong


@given(st.text(max_size=30))
def test_any_text_is_a_game_or_one_sentence(name: str) -> None:
    try:
        game_factory(name, is_trusted=False)
    except GameError as error:
        assert str(error)


@pytest.mark.parametrize("short", SHORT_NAMES)
def test_every_short_name_leads_to_a_game_also_for_others(short: str) -> None:
    game = game_factory(short, is_trusted=False)()
    assert type(game).__name__.lower() == short and canonical_name(short) == SHORT_NAMES[short]


ENVIRONMENTS = """
import gymnasium
from gymnasium import Env, spaces

class Duo(Env):
    action_space = spaces.MultiDiscrete([3, 3])
    observation_space = spaces.Discrete(9)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = 4
        return self.place, {}

    def step(self, action):
        self.place = (self.place + int(action[0]) - int(action[1])) % 9
        return self.place, 1.0, False, False, {}

class Saved(Duo):
    def save(self):
        return self.place

    def load(self, state):
        self.place = state

def made():
    return Duo()

gymnasium.register("OwnDuo-v0", entry_point=Duo)
"""


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder people stand in, with an environment of theirs."""
    written(tmp_path, ENVIRONMENTS, "own_duo.py")
    written(tmp_path, "from tests.envs.toy_environments import Cliffs\nparallel_env = Cliffs\n", "own_cliffs.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    yield tmp_path
    for known in [known for known in gymnasium.registry if known.startswith("OwnDuo")]:
        gymnasium.registry.pop(known)
    for module in ("own_duo", "own_cliffs"):
        sys.modules.pop(module, None)


@pytest.mark.parametrize(
    ("name", "kind", "players"),
    [
        ("own_duo.py:Duo", "SplitGame", 2),
        ("./own_duo.py:made", "SplitGame", 2),
        ("own_duo:Duo", "SplitGame", 2),
        ("own_duo:Saved", "SplitGame", 2),  # an environment, also with methods of a game
        ("gym:own_duo:OwnDuo-v0", "SplitGame", 2),
        ("gym:own_duo.py:OwnDuo-v0?share=race&players=3", "RaceGame", 3),
        ("own_cliffs.py:Cliffs", "ParallelGame", 3),
        ("own_cliffs:parallel_env", "ParallelGame", 3),
        ("pettingzoo:own_cliffs", "ParallelGame", 3),
    ],
)
def test_an_environment_in_a_file_of_ones_own_is_a_game(beside: Path, name: str, kind: str, players: int) -> None:
    game = game_factory(name)()
    assert type(game).__name__ == kind and game.players == players
    assert type(pickle.loads(pickle.dumps(game_factory(name)))()).__name__ == kind


def test_a_file_with_an_environment_is_told_its_classes(beside: Path) -> None:
    with pytest.raises(GameError, match=r"write own_duo\.py:Duo or own_duo\.py:Saved$"):
        game_factory("own_duo.py")


def test_an_environment_that_is_registered_nowhere_is_named_without_gym(beside: Path) -> None:
    with pytest.raises(GameError, match=r"write \./own_duo\.py:Duo, without gym:"):
        game_factory("gym:./own_duo.py:Duo")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\ndef f(:\n", r"SyntaxError: .* \(own_broken\.py, line 2\)"),
        ("x = 1\nx.y\n", r"AttributeError: .* \(own_broken\.py, line 2\)"),
        ("raise SystemExit(3)\n", r"SystemExit: 3 \(own_broken\.py, line 1\)"),
        (
            "import gymnasium\ngymnasium.register('OwnDuoBroken-v0', entry_point='own_broken:Nothing')\n",
            "AttributeError: module 'own_broken' has no attribute 'Nothing'$",
        ),
    ],
)
@pytest.mark.parametrize("place", ["own_broken", "./own_broken.py"])
def test_a_module_of_environments_that_is_broken_is_told_in_one_sentence(
    beside: Path, text: str, told: str, place: str
) -> None:
    written(beside, text, "own_broken.py")
    try:
        with pytest.raises(GameError, match=told) as caught:
            game_factory(f"gym:{place}:OwnDuoBroken-v0")()
        assert "\n" not in str(caught.value)
    finally:
        sys.modules.pop("own_broken", None)


def test_a_place_that_is_no_module_is_told_what_to_write() -> None:
    with pytest.raises(GameError, match=r"'\./duo' is no module: write gym:module:Id-v0"):
        game_factory("gym:./duo:Duo-v0")


@pytest.mark.parametrize("name", RACES)
def test_the_races_are_found_by_whoever_has_this_package(name: str) -> None:
    """By the very name: what makes any map, or lies beside it, is nobody else's to call."""
    assert comes_with_us(name) and game_factory(name, is_trusted=False)().players == 2
    for other in (f"{name}_", f"{name}.func_globals", name.replace(":", "."), f"x.{name}", f"./{name}"):
        assert not comes_with_us(other)
