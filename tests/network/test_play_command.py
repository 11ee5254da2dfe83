"""`rollback serve` in one process and `rollback play` in two others are a match, and every mishap has its sentence."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases import more_at_night
from tests.network.program import Program, program, within

PLAYER = ["--bot", "best", "--ice-address", "127.0.0.1"]


class Served:
    """A lobby and its first room."""

    def __init__(self, running: Program) -> None:
        self.running = running
        running.wait_for(r"\{.*\}\n", where="out")
        told = json.loads(running.out)
        self.url, self.room, self.port = told["url"], told["room"], told["port"]
        self.told = told

    @contextlib.contextmanager
    def player(self, *arguments: str, room: str | None = None, by: list[str] = PLAYER, **more: Any) -> Iterator[Program]:
        place = [self.room if room is None else room] if room != "" else []
        with program("play", *place, "--server", self.url, *by, *arguments, **more) as running:
            yield running


@pytest.fixture
def served() -> Iterator[Served]:
    with program("serve", "--port", "0", "--json") as running:
        yield Served(running)


def replay_of(tmp_path: Path, name: str) -> list[str]:
    return ["--replay", str(tmp_path / f"{name}.rbr")]


@pytest.mark.parametrize("transport", more_at_night(["webrtc", "relay"], 1))
def test_two_players_meet_in_a_room_and_agree(served: Served, transport: str, tmp_path: Path) -> None:
    common = ["--frames", "120", "--transport", transport, "--json"]
    with (
        served.player("--name", "ann", *common, *replay_of(tmp_path, "ann")) as ann,
        served.player("--name", "bob", *common, *replay_of(tmp_path, "bob")) as bob,
    ):
        assert (ann.code(), bob.code()) == (0, 0), ann.said + bob.said
        results = [ann.result(), bob.result()]
    assert results[0]["checksum"] == results[1]["checksum"]
    assert [result["frames"] for result in results] == [120, 120]
    assert sorted(result["player"] for result in results) == [0, 1]
    assert {result["path"] for result in results} == {transport}
    assert all(Path(result["replay"]).exists() for result in results)


def test_a_room_can_be_opened_by_who_plays_first_and_takes_its_game_along(served: Served, tmp_path: Path) -> None:
    common = ["--frames", "90", "--latency-ms", "30", "--loss", "0.1"]
    with served.player("--game", "duel", *common, *replay_of(tmp_path, "a"), room="") as first:
        found = first.wait_for(r"rollback play (\S+)")
        with served.player(*common, *replay_of(tmp_path, "b"), room=found[1]) as second:
            assert (first.code(), second.code()) == (0, 0), first.said + second.said
            assert "The match came to its end at frame 90. The score is 0 to 0, yours first." in first.out
            assert "The replay is in" in second.out
            assert second.out.splitlines()[-1] == f"To check the replay: rollback replay verify {tmp_path / 'b.rbr'}"


def test_a_window_is_a_player_too(served: Served, tmp_path: Path) -> None:
    by = ["--window", "--ice-address", "127.0.0.1"]
    common = ["--frames", "90"]
    environment = {"SDL_VIDEODRIVER": "dummy"}
    with (
        served.player(*common, *replay_of(tmp_path, "a"), by=by, environment=environment) as window,
        served.player(*common, *replay_of(tmp_path, "b")) as bot,
    ):
        assert (window.code(), bot.code()) == (0, 0), window.said + bot.said


def test_a_player_that_leaves_is_told_at_once(served: Served, tmp_path: Path) -> None:
    with (
        served.player("--name", "ann", *replay_of(tmp_path, "a")) as ann,
        served.player("--name", "bob", "--disconnect-after", "60", *replay_of(tmp_path, "b")) as bob,
    ):
        ann.wait_for("bob is ready")
        bob.wait_for("ann is ready")
        ann.send(signal.SIGINT)
        assert ann.code(within=15) == 130
        assert "You left" in ann.said
        assert bob.code(within=15) == 3
        assert "ann left" in bob.said


@pytest.mark.nightly
def test_a_killed_player_is_noticed_in_time_and_the_replay_is_saved(served: Served, tmp_path: Path) -> None:
    options = ["--on-disconnect", "end", "--disconnect-after", "1.5"]
    with (
        served.player("--name", "ann", *options, *replay_of(tmp_path, "a")) as ann,
        served.player("--name", "bob", *options, *replay_of(tmp_path, "b")) as bob,
    ):
        ann.wait_for("bob is ready")
        bob.wait_for("ann is ready")
        time.sleep(1.0)  # the first frame is agreed for a moment later
        ann.send(signal.SIGKILL)
        assert bob.code(within=20) == 3
        assert "ann was lost: nothing was heard for 1.5 s" in bob.said
        assert (tmp_path / "b.rbr").exists()
    with program("replay", "verify", str(tmp_path / "b.rbr"), "--json") as verifying:
        verifying.code()
        assert verifying.result()[0]["complete"] is True


@pytest.mark.nightly
def test_the_match_goes_on_when_the_lobby_is_killed(served: Served, tmp_path: Path) -> None:
    common = ["--frames", "240", "--transport", "webrtc", "--json"]
    with (
        served.player("--name", "ann", *common, *replay_of(tmp_path, "a")) as ann,
        served.player("--name", "bob", *common, *replay_of(tmp_path, "b")) as bob,
    ):
        ann.wait_for("bob is ready")
        bob.wait_for("ann is ready")
        served.running.send(signal.SIGKILL)
        assert (ann.code(), bob.code()) == (0, 0), ann.said + bob.said
        assert ann.result()["checksum"] == bob.result()["checksum"]
        assert ann.result()["frames"] == 240


def test_a_mismatch_is_named_on_both_sides_with_its_mend(served: Served, tmp_path: Path) -> None:
    for version in ("1", "2"):
        folder = tmp_path / version
        folder.mkdir()
        (folder / "versioned.py").write_text(
            f"from rollback.games import Pong\nclass Versioned(Pong):\n    version = '{version}'\n"
        )
    games = [["--game", f"{tmp_path / version / 'versioned.py'}:Versioned"] for version in ("1", "2")]
    with served.player("--name", "ann", *games[0], *replay_of(tmp_path, "a"), room="") as ann:
        told = ann.wait_for(r"rollback play (\S+) .*--game (\S+)")
        assert told[2] == games[0][1]
        with served.player("--name", "bob", *games[1], *replay_of(tmp_path, "b"), room=told[1]) as bob:
            assert (ann.code(), bob.code()) == (3, 3)
        assert "game_version is '1' here and '2' there" in ann.said
        assert "game_version is '2' here and '1' there" in bob.said


def test_a_room_with_a_game_of_somebody_elses_is_not_run(served: Served, tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text("from rollback.games import Pong\nclass Theirs(Pong): pass\n")
    with served.player("--game", f"{tmp_path / 'theirs.py'}:Theirs", room="") as host:
        found = host.wait_for(r"rollback play (\S+)")
        guest = within("play", found[1], "--server", served.url, *PLAYER)
        assert guest.code == 2
        assert "is not built in: name your copy of it with --game" in guest.said


def test_a_wrong_code_is_one_sentence(served: Served) -> None:
    for code in ("0000-0000", "nonsense"):
        done = within("play", code, "--server", served.url, *PLAYER)
        assert done.code == 3
        assert done.said.count("\n") == 1
        assert "there is no room" in done.said or "is no room code" in done.said


def test_a_closed_port_is_one_sentence() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with program("play", "K7QW-3MZP", "--server", url, *PLAYER) as running:
            assert running.code() == 3
            assert running.said.count("\n") == 1
            assert "no lobby answers at" in running.said


def test_a_port_in_use_is_one_sentence(served: Served) -> None:
    with program("serve", "--port", str(served.port)) as second:
        assert second.code() == 3
        assert second.said == (
            f"rollback: port {served.port} on 127.0.0.1 is in use already: choose another one, or 0 for any free one\n"
        )


def test_the_lobby_says_where_it_is_and_what_to_type() -> None:
    with program("serve", "--port", "0", "--game", "duel") as running:
        running.wait_for("until Ctrl-C", where="out")
        assert "In 2 other terminals: rollback play " in running.out
        assert "The lobby is at http://127.0.0.1:" in running.out
        room = running.out.partition("rollback play ")[2].split()[0]
        url = running.out.partition("The lobby is at ")[2].split()[0]
        assert f"In a browser: {url}/?room={room}\n" in running.out
        running.send(signal.SIGINT)
        assert running.code(within=15) == 130


def test_a_program_is_told_the_room_at_once(served: Served) -> None:
    assert (served.told["game"], served.told["players"]) == ("pong", 2)
    assert served.told["page"] == f"{served.told['url']}/?room={served.room}"
    served.running.send(signal.SIGTERM)
    assert served.running.code(within=15) == 143


def test_waiting_for_others_can_be_given_up(served: Served) -> None:
    with served.player() as running:
        running.wait_for("waiting for 1 more player")
        running.send(signal.SIGINT)
        assert running.code(within=15) == 130
        assert "You left before the match began" in running.said


def test_another_game_than_the_rooms_is_refused_before_anybody_waits(served: Served) -> None:
    player = within("play", served.room, "--server", served.url, *PLAYER, "--game", "duel")
    assert player.code == 2
    assert f"room {served.room} plays 'pong', and you named 'duel'" in player.said
    assert "waiting" not in player.said


def test_a_room_whose_match_is_over_names_the_way_to_another(served: Served, tmp_path: Path) -> None:
    with (
        served.player("--frames", "30", *replay_of(tmp_path, "a")) as ann,
        served.player("--frames", "30", *replay_of(tmp_path, "b")) as bob,
    ):
        assert (ann.code(), bob.code()) == (0, 0), ann.said + bob.said
    late = within("play", served.room, "--server", served.url, *PLAYER)
    assert late.code == 3
    assert f"its match has begun or is over; open another room with: rollback play --server {served.url}" in late.said
