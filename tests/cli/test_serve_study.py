"""`rollback serve --study`: what is wrong with a study is told before anything is served, and where participants go."""

import hashlib
import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from rollback.cli.app import run
from rollback.cli.serve_study import begin_study, read_study
from signaling.study.desk import StudyDesk
from tests.agents.tables import shortest_ways

SMALL = 'title = "T"\nconsent = "Do you?"\n'


GAMES = """
class Own1:
    players = 1
    def step(self, actions): pass
    def save(self): return 0
    def load(self, state): pass
class Own3(Own1):
    players = 3
"""


def study(folder, text):
    path, game = folder / "study.toml", folder / "own.py"
    game.write_text(GAMES, encoding="utf-8")
    path.write_text(SMALL + text.replace("{game}", f"{game}:Own"), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('game = "pnog"\n', "pong"),
        ('game = "pong"\nepisodes = 0\n', "line 4: episodes must be a whole number"),
        ('game = "{game}3"\n', "is for 3, and participants play in pairs"),
    ],
)
def test_a_study_that_cannot_be_is_told_before_anything_is_served(tmp_path, capsys, text, said):
    assert run(["serve", "--study", str(study(tmp_path, text))]) == 2
    told = capsys.readouterr()
    assert said in told.err and told.out == ""
    assert not (tmp_path / "study-data").exists()


def test_the_example_is_a_study():
    plan = read_study(Path(__file__).resolve().parents[2] / "examples" / "study" / "study.toml")
    assert plan.needs_partner and plan.episodes == 2 and plan.folder.name == "study-data"


def test_the_example_with_an_agent_plays_what_the_first_of_its_two_commands_leaves(tmp_path, monkeypatch):
    root = Path(__file__).resolve().parents[2]
    page, file = ((root / place).read_text(encoding="utf-8") for place in ("docs/studies.md", "examples/study/partner.toml"))
    (told,) = re.findall(r"```console\n(rollback train .*)\n(rollback serve --study examples/study/partner.toml)\n```", page)
    assert all(f"#   {line}\n" in file for line in told)
    copy = tmp_path / "examples" / "study" / "partner.toml"
    copy.parent.mkdir(parents=True)
    copy.write_text(file, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    train = told[0].replace(" --until 585 --workers 2", " --steps 300 --evaluate 0")  # or it takes a quarter of a minute
    assert run(shlex.split(train)[1:]) == 0
    plan = read_study(copy)
    assert plan.agent.content == (tmp_path / "runs" / "partner" / "best.npz").read_bytes() and plan.agent.game == "tetris"
    assert plan.folder.name == "partner-data" and plan.input_delay == 0


def test_a_game_for_one_can_be_studied_without_pairs(tmp_path):
    plan = read_study(study(tmp_path, 'game = "{game}1"\nopponent = "best"\n'))
    assert plan.game.endswith("own.py:Own1") and not plan.needs_partner


@pytest.mark.parametrize("as_json", [False, True])
def test_the_link_is_told_and_rooms_are_opened_in_the_lobby(tmp_path, capsys, as_json):
    plan = read_study(study(tmp_path, 'game = "pong"\n'))
    opened = []
    server = SimpleNamespace(
        url="http://127.0.0.1:8", host="127.0.0.1", port=8, open_room=lambda **told: opened.append(told) or "R"
    )
    desk = StudyDesk(plan)
    try:
        begin_study(desk, server, {} if as_json else {"pong": None}, as_json=as_json)
        assert desk.open_room() == "R" and opened == [{"players": 2, "game": "pong", "kept": False}]
    finally:
        desk.close()
    told = capsys.readouterr()
    if as_json:
        assert json.loads(told.out)["study"] == "http://127.0.0.1:8/?study=1&participant=ID"
        assert json.loads(told.out)["data"] == str(tmp_path / "study-data")
    else:
        assert "http://127.0.0.1:8/?study=1&participant=ID" in told.out and told.err == ""


def test_who_cannot_play_here_is_told_to_whoever_serves(tmp_path, capsys):
    desk = StudyDesk(read_study(study(tmp_path, 'game = "pong"\n')))
    desk.close()
    begin_study(desk, SimpleNamespace(url="u", host="h", port=1), {}, as_json=False)
    assert "nobody can take part" in capsys.readouterr().err


ROOMS = "rollback.agents.races:rooms"


@pytest.mark.parametrize(
    ("game", "opponent", "said"),
    [
        (ROOMS, "gone.npz", "there is no checkpoint"),
        (ROOMS, "own.npz", "own.npz is no checkpoint"),
        (ROOMS, "model.npz", "model.npz is an ONNX model, which no browser can play"),
        ("pong", "learned.npz", f'or play what it was trained on, by game = "{ROOMS}"'),
        ("gridworld", "learned.npz", "cannot play on the map handover"),
        ("{game}1", "learned.npz", "is for one, and an agent needs somebody to play against: name a game for two"),
    ],
)
def test_an_agent_that_nobody_can_play_against_is_told_before_anything_is_served(tmp_path, capsys, game, opponent, said):
    shortest_ways("rooms").save(tmp_path / "learned.npz")
    (tmp_path / "own.npz").write_bytes(b"no checkpoint")
    (tmp_path / "model.npz").write_bytes(b"\x08\x07 model")
    path = study(tmp_path, f'game = "{game}"\nopponent = "{opponent}"\n')
    assert run(["serve", "--study", str(path)]) == 2
    told = capsys.readouterr()
    assert f"{path}, line 4: opponent: " in told.err and said in told.err and told.err.count("\n") == 1
    assert not (tmp_path / "study-data").exists()


@pytest.mark.parametrize("as_json", [False, True])
def test_which_agent_it_is_is_told_by_its_hash_to_whoever_serves(tmp_path, capsys, as_json):
    (tmp_path / "agents").mkdir()
    shortest_ways("rooms").save(tmp_path / "agents" / "partner.npz")
    plan = read_study(study(tmp_path, f'game = "{ROOMS}"\nopponent = "agents/partner.npz"\n'))
    digest = hashlib.sha256((tmp_path / "agents" / "partner.npz").read_bytes()).hexdigest()
    assert (plan.agent.sha256, plan.agent.game, plan.needs_partner) == (digest, ROOMS, False)
    desk = StudyDesk(plan)
    desk.close()
    begin_study(desk, SimpleNamespace(url="u", host="h", port=1), {ROOMS: None}, as_json=as_json)
    told = capsys.readouterr()
    assert f"{digest}" in told.out and told.err == ""
    if as_json:
        assert json.loads(told.out)["agent"] == digest
    else:
        assert f"They play agents/partner.npz: SHA-256 {digest}" in told.out
