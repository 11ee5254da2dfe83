"""Saved agents for browsers: the game each is for, its name, and what is refused, and `rollback serve --agent` with them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest

from rollback.agents.checkpoints import Runs
from rollback.agents.training import make_algorithm
from rollback.cli import interrupts, serve
from rollback.cli.app import run
from rollback.cli.served_agents import served_agents
from rollback.envs.names import game_factory
from rollback.errors import UsageError
from signaling import web_pages
from signaling.study import desk
from signaling.study.desk import StudyDesk
from signaling.web_shelf import Stock
from tests.agents.tables import shortest_ways

ROOMS = "rollback.agents.races:rooms"


@pytest.fixture
def walker(tmp_path: Path) -> Path:
    """An agent that knows its rooms, in no run's folder."""
    path = tmp_path / "walker.npz"
    shortest_ways("rooms").save(path)
    return path


def served(*given: object, game: str = "pong") -> list[Any]:
    return served_agents([str(each) for each in given], game, game_factory(game)())


@pytest.mark.parametrize("game", ["pong", ROOMS])
def test_an_agent_is_for_the_named_game_where_it_fits_and_else_for_the_one_it_was_trained_on(walker: Path, game: str):
    (agent,) = served(walker, game=game)
    assert (agent.name, agent.game, agent.title) == ("walker", ROOMS, "walker (q-learning, 0 episodes)")
    assert agent.content == walker.read_bytes() and agent.sha256 == hashlib.sha256(walker.read_bytes()).hexdigest()


def test_a_table_is_for_the_named_game_itself_where_that_is_its_map(walker: Path, tmp_path: Path):
    own = tmp_path / "mine.py"
    own.write_text("from rollback.agents.races import rooms\n", encoding="utf-8")
    assert served(walker, game=f"{own}:rooms")[0].game == f"{own}:rooms"


@pytest.mark.parametrize("algorithm, environment", [("cross-entropy", "tetris"), ("self-play", "pong"), ("self-play", "duel")])
def test_whatever_is_trained_for_a_built_in_game_is_served_for_it(algorithm: str, environment: str, tmp_path: Path):
    place = tmp_path / "a.npz"
    make_algorithm(algorithm, environment, {}, 1).checkpoint().save(place)
    assert [agent.game for agent in served(place)] == [environment]


def test_a_checkpoint_of_a_run_is_called_by_both_and_one_can_be_named(tmp_path: Path):
    facts = {"algorithm": "q-learning", "environment": "gridworld?layout=rooms", "parameters": {}, "seed": 1, "episodes": 0}
    folder = Runs(tmp_path / "runs").create(facts, "rooms_1")
    best = folder.path / "best.npz"
    shortest_ways("rooms").save(best)
    alone = tmp_path / "Elsewhere 2" / "best.npz"  # a reserved name needs its folder's, without a run too
    alone.parent.mkdir()
    alone.write_bytes(best.read_bytes())
    odd = tmp_path / "My Agent=2.npz"
    odd.write_bytes(best.read_bytes())
    long = folder.path / f"{'x' * 64}.npz"
    long.write_bytes(best.read_bytes())
    names = [agent.name for agent in served(best, f"partner={best}", alone, odd, long)]
    assert names == ["rooms_1-best", "partner", "elsewhere-2-best", "my-agent-2", "x" * 64]


def test_a_file_that_changes_later_changes_nothing(walker: Path):
    before = walker.read_bytes()
    (agent,) = served(walker)
    walker.write_bytes(b"something else")
    assert agent.content == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path / "no.npz", "there is no checkpoint"),
        (lambda path: path, "is no file, so no checkpoint"),
        (lambda path: path / "cut.npz", "cut.npz"),
        (lambda path: path / "foreign.npz", "is no checkpoint"),
        (lambda path: path / "model.onnx", "model.onnx is an ONNX model, which no browser can play"),
        (lambda path: path / "model.npz", "model.npz is an ONNX model, which no browser can play"),
        (lambda path: path / "cartpole.npz", "nobody can play against what was trained on 'gym:CartPole-v1'"),
        (lambda path: path / "empty.npz", "is empty, so no checkpoint: choose a FILE.npz that a training saved"),
        (lambda path: path / "numpy.npz", "another program wrote it; choose a FILE.npz that a training saved"),
        (lambda path: path / "picture.npz", "does not begin as an .npz file does; choose a FILE.npz that a training saved"),
        (lambda path: f"A b={path / 'good.npz'}", "an agent cannot be called 'A b'"),
        (lambda path: f"A b={path / 'no.npz'}", "an agent cannot be called 'A b'"),
        (lambda path: f"={path / 'good.npz'}", "takes FILE.npz or NAME=FILE.npz, and '="),
        (lambda path: "name=", "lacks the FILE"),
        (lambda path: f"best={path / 'good.npz'}", "an agent cannot be called 'best'"),
        (lambda path: f"A={path / 'good.npz'}", "an agent cannot be called 'A'"),
    ],
)
def test_what_cannot_be_served_is_one_sentence_before_anything_is(make: Any, said: str, tmp_path: Path, capsys: Any):
    good = shortest_ways("rooms")
    good.save(tmp_path / "good.npz")
    (tmp_path / "cut.npz").write_bytes(good.to_bytes()[:-100])
    (tmp_path / "foreign.npz").write_bytes(b"PK\3\4 and no more")
    (tmp_path / "model.onnx").write_bytes(b"\x08\x07 model")
    (tmp_path / "model.npz").write_bytes(b"\x08\x07 model")
    (tmp_path / "empty.npz").touch()
    (tmp_path / "picture.npz").write_bytes(b"\x89PNG")
    numpy.savez(tmp_path / "numpy.npz", values=[1.0])
    shortest_ways("rooms", environment="gym:CartPole-v1").save(tmp_path / "cartpole.npz")
    assert run(["serve", "--port", "0", "--agent", str(make(tmp_path))]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("rollback: --agent ") and said in told.err
    assert told.err.count("\n") == 1 and told.out == ""
    assert told.err.count(str(tmp_path)) <= 1 or "ONNX" in said, "a file is named once"


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the command would serve; nothing is served, and nothing of others is looked for."""
    made: list[Any] = []
    real = web_pages.WebPages
    monkeypatch.setitem(real.__init__.__kwdefaults__, "look", lambda: Stock({}, {}, {}, {}, ()))
    monkeypatch.setattr(web_pages, "WebPages", lambda *given, **named: made.append(real(*given, **named)) or made[-1])
    monkeypatch.setattr(interrupts, "run_until_interrupted", lambda work: work.close() or 0)
    return made


def test_the_command_offers_agents_and_the_games_they_need(walker: Path, pages: list[Any]):
    assert run(["serve", "--agent", str(walker), "--agent", f"other={walker}"]) == 0
    told = pages[0].agents.told({"headers": ()})
    assert [each["name"] for each in told] == ["walker", "other"] and {each["game"] for each in told} == {ROOMS}
    assert pages[0].games[ROOMS]["players"] == [2]


def test_two_of_one_name_are_refused(walker: Path, pages: list[Any], capsys: Any):
    assert run(["serve", "--agent", str(walker), "--agent", str(walker)]) == 2
    assert "two agents are called walker: give one of them another name" in capsys.readouterr().err


def test_an_agent_of_a_game_that_browsers_cannot_be_given_is_refused(walker: Path):
    with pytest.raises(UsageError, match="nobody can play the agent walker: browsers cannot be given its game"):
        serve._put_on_shelf(SimpleNamespace(games={"pong": {}}), served(walker))  # type: ignore[arg-type]


def test_a_study_plays_the_agent_of_its_file_and_lists_it_nowhere(
    walker: Path, tmp_path: Path, pages: list[Any], monkeypatch: Any
):
    desks: list[StudyDesk] = []
    monkeypatch.setattr(desk, "StudyDesk", lambda *given, **named: desks.append(StudyDesk(*given, **named)) or desks[-1])
    study = tmp_path / "study.toml"
    study.write_text(f'title = "T"\nconsent = "C?"\ngame = "{ROOMS}"\nopponent = "walker.npz"\n', encoding="utf-8")
    assert run(["serve", "--study", str(study)]) == 0
    desks[0].close()
    shelf = pages[0].agents
    assert shelf.told({"headers": ()}) == []
    digest = hashlib.sha256(walker.read_bytes()).hexdigest()
    assert shelf.file({"headers": (), "path": f"/assets/agents/{digest}.npz"}) is not None
    opened = json.loads((tmp_path / "study-data" / "events.jsonl").read_text().splitlines()[0])
    assert opened["agent"] == {"file": "walker.npz", "sha256": digest}
    assert (tmp_path / "study-data" / "opponent.npz").read_bytes() == walker.read_bytes()
