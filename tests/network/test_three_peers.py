"""Three real processes over WebRTC: one is killed, the lobby too, all come back, somebody watches, and all end in one state."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollback.errors import ReplayError
from rollback.replays import Replay
from tests.network.program import Program, program

GAME = f"{Path(__file__).parent / 'trio.py'}:Trio"
NAMES = ("ann", "bob", "cid")
LOST_AFTER = "1.5"  # seconds: shorter than a process takes to come back, so that the loss is agreed on first
PATIENCE = 120.0  # seconds for all of a match on a busy machine


class Table:
    """A lobby that remembers its rooms, and three bots at its first room."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack, frames: int, on_disconnect: str) -> None:
        self.folder = folder
        self.environment = {"ROLLBACK_STATE_DIR": str(folder / "state")}
        self._stack = stack
        self.lobby = self._serve(0)
        told = json.loads(self.lobby.out)
        self.url, self.room, self.port = told["url"], told["room"], told["port"]
        self._play = ["--bot", "best", "--ice-address", "127.0.0.1", "--on-disconnect", on_disconnect, "--json"]
        self._play += ["--frames", str(frames), "--disconnect-after", LOST_AFTER]
        self.players = {name: self.play(name) for name in NAMES}

    def run(self, command: str, *arguments: str) -> Program:
        """Start somebody in the room."""
        place = [self.room, "--server", self.url, "--game", GAME]
        return self._stack.enter_context(program(command, *place, *arguments, environment=self.environment))

    def play(self, name: str, *more: str) -> Program:
        replay = self.folder / f"{name}{'-again' if more else ''}.rbr"
        return self.run("play", "--name", name, *self._play, "--replay", str(replay), *more)

    def watch(self, name: str, *more: str) -> Program:
        return self.run("watch", "--name", name, "--json", "--replay", str(self.folder / f"{name}.rbr"), *more)

    def restart_lobby(self) -> None:
        """Kill the lobby, and start it on the same port with the same secret."""
        self.lobby.send(signal.SIGKILL)
        self.lobby.code()
        self.lobby = self._serve(self.port)

    def kill(self, name: str) -> None:
        """End a player without a word."""
        self.players[name].send(signal.SIGKILL)
        self.players[name].code()

    def wait_for_frame(self, frame: int, patience: float = 30.0) -> None:
        """Wait until ann has recorded so many frames, which it writes every second."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            with contextlib.suppress(ReplayError):  # it is begun with the first settled frame
                if Replay.open(self.folder / "ann.rbr").end >= frame:
                    return
            time.sleep(0.05)
        raise AssertionError(f"ann did not come to frame {frame} within {patience:g} s")

    def resume(self, name: str) -> float:
        """Let a player come back; return the seconds from the start of its process to its first own frame."""
        began = time.monotonic()
        self.players[name] = self.play(name, "--resume")
        self.players[name].wait_for("this side plays from frame")
        return time.monotonic() - began

    def _serve(self, port: int) -> Program:
        options = ["--port", str(port), "--json", "--game", GAME, "--secret-file", str(self.folder / "secret")]
        lobby = self._stack.enter_context(program("serve", *options, environment=self.environment))
        lobby.wait_for(r"\{.*\}\n", where="out")
        return lobby


@contextlib.contextmanager
def table(folder: Path, frames: int, on_disconnect: str) -> Iterator[Table]:
    """Yield a table at which a match runs."""
    with contextlib.ExitStack() as stack:
        made = Table(folder, stack, frames, on_disconnect)
        for player in made.players.values():
            player.wait_for(r"is ready\n(?:.*\n)*.*is ready\n")
        yield made


def verified(path: str) -> dict[str, Any]:
    """Return what `rollback replay verify` says of a replay."""
    with program("replay", "verify", path, "--game", GAME, "--json") as verifying:
        assert verifying.code() == 0, verifying.out + verifying.said
        (told,) = verifying.result()
    return told


def hold_to_one_end(everybody: dict[str, Program], frames: int) -> dict[str, Any]:
    """Hold that all ended in one state, and that the replay of each verifies; return what each told."""
    told = {}
    for name, each in everybody.items():
        assert each.code(PATIENCE) == 0, f"{name}: {each.said}"
        told[name] = each.result()
    assert {(each["ended"], each["frames"]) for each in told.values()} == {("end_at", frames)}, told
    assert len({each["checksum"] for each in told.values()}) == 1, told
    for name, each in told.items():
        verdict = verified(each["replay"])
        assert verdict["ok"] and verdict["complete"], (name, verdict)
    return told


def a_night_out(folder: Path, victim: str, frames: int, on_disconnect: str, times: int) -> None:
    with table(folder, frames, on_disconnect) as at:
        at.wait_for_frame(360)  # past the keyframe that is passed on first: who comes sooner sees the match from its beginning
        watchers = {"eve": at.watch("eve"), "dan": at.watch("dan", "--direct", "--ice-address", "127.0.0.1")}
        for watcher in watchers.values():
            watcher.wait_for("the match is shown by (the lobby|ann|bob|cid)")
        for round_number in range(times):
            at.kill(victim)
            at.restart_lobby()
            others = [name for name in NAMES if name != victim]
            for name in others:
                at.players[name].wait_for(rf"(?:{victim} is lost[^$]*){{{round_number + 1}}}")
            seconds = at.resume(victim)
            print(f"{victim} plays again {seconds:.2f} s after its process was started ({on_disconnect})")
            assert seconds < 30  # it has to be 10 on a machine that has nothing else to do, see docs/playing.md
            for name in others:
                at.players[name].wait_for(rf"(?:{victim} plays from frame[^$]*){{{round_number + 1}}}")
        told = hold_to_one_end(at.players | watchers, frames)
    assert told["eve"]["first"] > 0 and told["dan"]["first"] > 0  # they came in the middle
    assert told["eve"]["desyncs"] == told["dan"]["desyncs"] == []
    assert any("plays on for player" in at.players[name].said for name in NAMES) is (on_disconnect == "takeover")
    assert not list((folder / "state" / "rooms").glob("*.token"))  # who left has no way back


@pytest.mark.nightly
def test_who_was_killed_comes_back_and_all_end_in_one_state(tmp_path: Path) -> None:
    a_night_out(tmp_path, "ann", 2100, "takeover", 1)


@pytest.mark.nightly
@pytest.mark.parametrize("on_disconnect", ["idle", "takeover", "pause"])
@pytest.mark.parametrize("victim", NAMES)
def test_the_same_process_is_killed_again_and_again(tmp_path: Path, victim: str, on_disconnect: str) -> None:
    a_night_out(tmp_path, victim, 3600, on_disconnect, 3)


def test_there_is_nothing_to_resume_where_nobody_died(tmp_path: Path) -> None:
    environment = {"ROLLBACK_STATE_DIR": str(tmp_path)}
    with program("play", "K7QW-3MZP", "--bot", "best", "--resume", environment=environment) as running:
        assert running.code() == 2
    assert "there is nothing to resume in room K7QW-3MZP: " in running.said and "leave it out" in running.said
    with program("play", "--bot", "best", "--resume", environment=environment) as running:
        assert running.code() == 2
    assert "--resume goes back into a room: give its code" in running.said
