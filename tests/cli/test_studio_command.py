"""`rollback studio`: what it refuses, and which game a checkpoint is played in. Its servers are met in tests/network."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette

from rollback.agents.training import ALGORITHMS, algorithm_named
from rollback.cli import studio
from rollback.cli.agent_games import game_for, race_offers
from rollback.cli.app import run
from rollback.cli.studio_opponents import Opponents
from rollback.envs.names import game_factory
from rollback.errors import CheckpointError, UsageError
from signaling.web_pages import WebPages
from tests.agents.tables import shortest_ways


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--host", "0.0.0.0"], "give the studio a token, or serve it on 127.0.0.1"),
        (["--host", "192.0.2.1"], "give the studio a token"),
        (["--token", "short"], "a token has at least 16"),
        (["--origin", "lab"], "an origin is https:// and a name"),
        (["--port", "70000"], "--port"),
        (["--ice-server", "nonsense"], "nonsense"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["studio", *words, *(["--port", "0"] if "--port" not in words else []), "--runs", str(tmp_path / "runs")]) == 2
    said = capsys.readouterr()
    told = [line for line in said.err.splitlines() if line.startswith("rollback:")]
    assert len(told) == 1 and says in told[0] and said.out == ""


def test_a_folder_in_which_no_run_could_be_kept_is_refused_at_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").write_text("no folder")
    folders = {"/proc/x": "cannot be made", "/proc": "cannot be written", str(tmp_path / "file"): "cannot be made"}
    for folder, says in folders.items():  # whoever may write everywhere cannot write there
        assert run(["studio", "--port", "0", "--no-open", "--runs", folder]) == 2, folder
        told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("rollback:")]
        assert len(told) == 1 and says in told[0] and folder in told[0] and "--runs" in told[0]
    studio._check_folder(tmp_path / "new" / "runs")
    assert list((tmp_path / "new" / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "game"),
    [
        ("gridworld", "rollback.agents.races:halls"),
        ("gridworld?layout=rooms", "rollback.agents.races:rooms"),
        ("gym:rollback/GridWorld-v0?layout=cliff&limit=90", "rollback.agents.races:cliff"),
        ("gym:rollback/GridWorld-v0", "rollback.agents.races:rooms"),
        ("tetris", "tetris"),
        ("pong", "pong"),
    ],
)
def test_what_was_trained_is_played_in_a_game_for_two(environment: str, game: str):
    assert game_for(environment) == game
    assert game_factory(game)().players == 2


def test_everything_that_can_be_trained_can_be_played_against():
    for name in ALGORITHMS:
        for environment in algorithm_named(name).environments:
            assert game_for(environment), environment


@pytest.mark.parametrize("environment", ["gym:CartPole-v1", "gridworld?layout=nowhere", "my_file.py:Game", ""])
def test_what_is_for_nobody_else_is_refused_in_one_sentence(environment: str):
    with pytest.raises(UsageError, match="nobody can play against what was trained on"):
        game_for(environment)


def test_browsers_are_offered_the_races_and_find_them_in_what_they_get():
    pages = WebPages(race_offers())
    for full in race_offers():
        assert pages.games[full]["full"] == full and pages.games[full]["players"] == [2]


@pytest.mark.parametrize(("display", "is_terminal", "opens"), [("", True, False), (":0", True, True), (":0", False, False)])
def test_a_browser_is_opened_only_where_there_is_a_screen(
    display: str, is_terminal: bool, opens: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(studio.sys, "platform", "linux")
    monkeypatch.setattr(studio.sys, "stdout", SimpleNamespace(isatty=lambda: is_terminal))
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", display)
    assert studio._has_screen() is opens


class Lobby:
    """As much of a lobby as opponents look at; it opens no room."""

    url, port = "http://127.0.0.1:9", 9

    def open_room(self, **_: Any) -> str:
        raise AssertionError("no room may be opened")


def test_a_checkpoint_that_does_not_fit_opens_no_room_and_starts_no_process(tmp_path: Path):
    trained = tmp_path / "best.npz"
    shortest_ways("rooms").save(trained)
    (tmp_path / "broken.npz").write_bytes(b"no checkpoint")

    async def tried(path: Path, environment: str) -> None:
        opponents = Opponents(Lobby())  # type: ignore[arg-type]
        try:
            await opponents.open(path, environment)
        finally:
            assert opponents.rooms == []
            await opponents.close()

    with pytest.raises(CheckpointError, match="cannot play on the map halls"):
        asyncio.run(tried(trained, "gridworld?layout=halls"))
    with pytest.raises(CheckpointError):
        asyncio.run(tried(tmp_path / "broken.npz", "gridworld?layout=rooms"))
    with pytest.raises(UsageError, match="nobody can play against"):
        asyncio.run(tried(trained, "gym:CartPole-v1"))


def answered(opponents: Opponents, host: str, path: str) -> tuple[int, str]:
    """Return the status of what a browser gets for a path, and where it is sent."""
    came: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        came.append(dict(message))

    scope = {
        "type": "http", "method": "GET", "scheme": "http", "path": path, "query_string": b"",
        "headers": [(b"host", host.encode())], "server": ("127.0.0.1", 8100),
    }  # fmt: skip
    asyncio.run(Starlette(routes=[opponents.route()])(scope, receive, send))
    headers = dict(came[0]["headers"])
    return came[0]["status"], headers.get(b"location", b"").decode()


def test_the_way_to_a_room_leads_to_the_lobby_at_whatever_host_was_asked():
    opponents = Opponents(Lobby())  # type: ignore[arg-type]
    opponents._playing["K7QW-3MZP"] = None  # type: ignore[assignment]
    for host, leads_to in (("lab.example.org:8100", "lab.example.org"), ("[::1]:8100", "[::1]"), ("10.0.0.7", "10.0.0.7")):
        assert answered(opponents, host, "/play/K7QW-3MZP") == (303, f"http://{leads_to}:9/?room=K7QW-3MZP")
        assert answered(opponents, host, "/play/AAAA-AAAA") == (404, "")
    del opponents._playing["K7QW-3MZP"]
    asyncio.run(opponents.close())
