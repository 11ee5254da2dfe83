import io
import subprocess
import sys
import zipfile

import pytest

from rollback.errors import UsageError
from signaling import bundle
from signaling.bundle import make_bundle

PLAY = """
import sys
sys.path[:0] = [sys.argv[1]]
for name in ("numpy", "aiortc", "socketio", "aiohttp", "gymnasium", "rich", "typer", "starlette", "multiprocessing"):
    sys.modules[name] = None
import msgpack, rollback, rollback.netplay, rollback.net.page_lobby
from rollback import SyncTestSession
from rollback.envs.names import game_factory
from rollback.sim.match import VirtualMatch
assert rollback.__file__.startswith(sys.argv[1]) and msgpack.__file__.startswith(sys.argv[1])
assert "fallback" in msgpack.Packer.__module__
for name in sys.argv[2:]:
    game = game_factory(name)()
    session = SyncTestSession(game)
    for frame in range(20):
        session.tick({player: game.idle(player) for player in range(game.players)})
    print(name, session.frame)
"""
GAME = """
from dataclasses import dataclass
import rules
class Count:
    players = 2
    def __init__(self): self.total = 0
    def idle(self, player): return 0
    def step(self, actions): self.total += rules.worth(actions)
    def save(self): return self.total
    def load(self, state): self.total = state
"""


def opened(made):
    return zipfile.ZipFile(io.BytesIO(made.content))


def test_the_same_files_make_the_same_bytes():
    first, second = make_bundle(), make_bundle()
    assert first.content == second.content and first.sha256 == second.sha256
    assert {entry.date_time for entry in opened(first).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_engine_and_the_games_are_in_it_and_what_opens_sockets_is_not():
    names = opened(make_bundle()).namelist()
    for folder in ("core", "games", "envs", "sim", "replays", "state", "wire", "testing", "net", "netplay"):
        assert f"rollback/{folder}/__init__.py" in names
    assert not [name for name in names if name.startswith(("rollback/cli", "rollback/studio", "signaling"))]
    assert not [name for name in names if name.endswith(("net/lobby.py", "net/lobby_link.py"))]
    assert not [name for name in names if name.endswith((".so", ".pyc", ".pyd")) or "__pycache__" in name]
    assert any(name.startswith("msgpack-") and "licenses" in name for name in names)


def test_it_is_small_enough_to_be_loaded_at_every_visit():
    assert len(make_bundle().content) < 1 << 20


def test_the_engine_and_a_game_of_the_user_are_played_from_it_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/count.py").write_text(GAME)
    (tmp_path / "mine/rules.py").write_text("def worth(actions): return sum(actions)\n")
    label = f"{tmp_path}/mine/count.py:Count"
    made = make_bundle({label: label})
    assert made.games == {label: "served_games/count.py:Count"} and made.needs == ()
    there = tmp_path / "there"
    opened(made).extractall(there)
    done = subprocess.run(
        [sys.executable, "-I", "-c", PLAY, str(there), "pong", "duel", f"{there}/{made.games[label]}"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["20", "20", "20"]


@pytest.mark.parametrize(
    ("name", "needs"),
    [("gym:CartPole-v1", ("gymnasium",)), ("pettingzoo:rollback.envs.pong_v0", ("pettingzoo",)), ("rollback.games:Pong", ())],
)
def test_a_game_says_which_packages_it_needs_besides(name, needs):
    made = make_bundle({name: name})
    assert made.needs == needs and made.games == {name: name}


def test_a_game_that_would_take_the_place_of_something_else_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for folder in "ab":
        (tmp_path / folder / "same.py").write_text(f"# {folder}")
    names = [f"{tmp_path}/{folder}/same.py:Game" for folder in "ab"]
    with pytest.raises(UsageError, match=r"brings served_games/same\.py, which something else is called already"):
        make_bundle({name: name for name in names})


def test_a_game_with_too_much_beside_it_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "LARGEST", 8 << 20)
    (tmp_path / "big.py").write_text("# " + "x" * (8 << 20))
    with pytest.raises(UsageError, match="too much for a browser: all its files may be 8 MiB"):
        make_bundle({"big": f"{tmp_path}/big.py:Game"})
