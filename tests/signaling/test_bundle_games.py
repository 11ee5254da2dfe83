import pytest

from rollback.errors import GameError
from signaling.bundle_games import game_files


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder that is a place of modules."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def lay(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path = path.with_name(path.name + ".py") if "." not in path.name else path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def places(name):
    return [place for place, _ in game_files(name)[1]]


def test_a_file_comes_with_what_it_imports_from_beside_it_and_with_nothing_else(folder):
    lay(
        folder, game="import rules\nimport json\nfrom rollback import UInt\n", rules="from deep import more\n", secret="KEY = 1"
    )
    lay(folder, deep="import rules\n")
    name, files = game_files(f"{folder}/game.py:Game")
    assert name == "served_games/game.py:Game"
    assert sorted(place for place, _ in files) == ["served_games/deep.py", "served_games/game.py", "served_games/rules.py"]


def test_a_package_beside_a_file_comes_whole(folder):
    lay(folder, game="def later():\n    import levels.first\n")
    (folder / "levels/.hidden").mkdir(parents=True)
    for name in ("__init__.py", "first.py", "map.json", "key.pem", ".hidden/a.py", ".env.py"):
        (folder / "levels" / name).write_text("1")
    assert places(f"{folder}/game.py:Game") == [
        "served_games/game.py",
        "served_games/levels/map.json",
        "served_games/levels/first.py",
        "served_games/levels/__init__.py",
    ]


def test_a_module_of_one_file_keeps_its_name(folder):
    lay(folder, lonely_module="import neighbour_module\n", neighbour_module="")
    assert game_files("lonely_module:Game")[0] == "lonely_module:Game"
    assert places("lonely_module:Game") == ["lonely_module.py", "neighbour_module.py"]


@pytest.mark.parametrize(
    "name", ["some_package.inner:Game", "gym:some_package.inner:Id-v0?a=b", "pettingzoo:some_package.inner"]
)
def test_a_package_of_a_game_comes_whole_and_nothing_is_run(folder, name):
    (folder / "some_package/__pycache__").mkdir(parents=True)
    for file in ("__init__.py", "inner.py", "data.csv", "code.so", "__pycache__/inner.py"):
        (folder / "some_package" / file).write_text("raise SystemExit('this was run')")
    assert game_files(name)[0] == name
    assert places(name) == ["some_package/__init__.py", "some_package/data.csv", "some_package/inner.py"]


@pytest.mark.parametrize(
    "name", ["gym:CartPole-v1", "gym:rollback/Pong-v0", "pettingzoo:rollback.envs.pong_v0", "rollback.games:Pong"]
)
def test_what_is_there_already_brings_nothing(name):
    assert game_files(name) == (name, [])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/game.py:Game", "no file 'nowhere/game.py'"),
        ("no_such_module_here:Game", "no module 'no_such_module_here'"),
        ("gym:no_such_module_here:Id-v0", "no module 'no_such_module_here'"),
        ("msgpack_that.is.not:Game", "no module 'msgpack_that'"),
        ("sys:Game", "sys of 'sys:Game' is not written in Python"),
    ],
)
def test_what_cannot_be_found_is_named(name, words):
    with pytest.raises(GameError, match=words):
        game_files(name)


def test_a_file_that_is_no_python_is_named(folder):
    lay(folder, game="def (")
    with pytest.raises(GameError, match=r"game\.py cannot be served: invalid syntax"):
        game_files(f"{folder}/game.py:Game")


def test_a_link_out_of_a_package_is_not_followed(folder):
    (folder / "linked").mkdir()
    (folder / "linked/__init__.py").write_text("")
    (folder / "outside.json").write_text("{}")
    (folder / "linked/inside.json").symlink_to(folder / "outside.json")
    assert places("linked:Game") == ["linked/__init__.py"]
