"""`rollback watch` in a process of its own: what it shows, how it leaves, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases import every
from tests.network.program import PROGRAM, program, within

BOT = ["--bot", "best", "--ice-address", "127.0.0.1", "--json"]
PATIENCE = 60.0


@pytest.fixture
def told() -> Iterator[dict[str, Any]]:
    with program("serve", "--port", "0", "--json") as running:
        running.wait_for(r"\{.*\}\n", where="out")
        yield json.loads(running.out)


def player(told: dict[str, Any], name: str, tmp_path: Path, *more: str) -> Any:
    replay = ["--replay", str(tmp_path / f"{name}.rbr")]
    return program("play", told["room"], "--server", told["url"], "--name", name, *BOT, *replay, *more)


def watcher(told: dict[str, Any], *more: str, room: str = "") -> Any:
    return program("watch", room or told["room"], "--server", told["url"], *more)


@pytest.mark.nightly
def test_matches_that_follow_each_other_are_seen_to_their_ends(told: dict[str, Any], tmp_path: Path) -> None:
    common = ["--frames", "150", "--matches", "2"]
    with watcher(told, "--json", "--replay", str(tmp_path / "eve.rbr"), "--delay", "0.5") as eve:
        eve.wait_for("waiting for players")
        with player(told, "ann", tmp_path, *common) as ann, player(told, "bob", tmp_path, *common) as bob:
            assert (ann.code(), bob.code(), eve.code()) == (0, 0, 0), ann.said + bob.said + eve.said
            played, seen = ([json.loads(line) for line in each.out.splitlines()] for each in (ann, eve))
    assert [each["checksum"] for each in seen] == [each["checksum"] for each in played] and len(seen) == 2
    assert [each["match"] for each in seen] == [0, 1] and sorted(seen[0]["players"]) == ["ann", "bob"]
    assert [Path(each["replay"]).name for each in seen] == ["eve.rbr", "eve-2.rbr"]
    assert [Path(each["replay"]).name for each in played] == ["ann.rbr", "ann-2.rbr"]
    with program("replay", "verify", *(each["replay"] for each in seen)) as verifying:
        assert verifying.code() == 0, verifying.out + verifying.said


def test_ctrl_c_leaves_cleanly_before_and_in_a_match(told: dict[str, Any], tmp_path: Path) -> None:
    with watcher(told) as eve:
        eve.wait_for("waiting for players")
        eve.send(signal.SIGINT)
        assert eve.code(within=15) == 130
    with (
        player(told, "ann", tmp_path, "--frames", "600"),
        player(told, "bob", tmp_path, "--frames", "600"),
        watcher(told, "--replay", str(tmp_path / "eve.rbr")) as eve,
    ):
        eve.wait_for("the match is shown by the lobby")
        time.sleep(0.5)
        eve.send(signal.SIGINT)
        assert eve.code(within=15) == 130
    verified = within("replay", "verify", str(tmp_path / "eve.rbr"), "--json")
    assert verified.code == 0 and json.loads(verified.out)[0]["complete"]


@every(
    ("arguments", "code", "says"),
    [
        (["--delay", "301"], 2, "300"),
        (["--ice-address", "nowhere"], 2, "--ice-address cannot be used"),
        (["--game", "pnog"], 2, "pong"),
        (["--game", "duel"], 2, "plays 'pong', and you named 'duel'"),
        (["--server", "http://127.0.0.1:9"], 3, "no lobby answers at http://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(told: dict[str, Any], arguments: list[str], code: int, says: str) -> None:
    eve = within("watch", told["room"], "--server", told["url"], *arguments)
    assert eve.code == code
    assert says in eve.said and len(eve.said.strip().splitlines()) == 1 and not eve.out


def test_a_room_that_is_none_is_one_sentence(told: dict[str, Any]) -> None:
    with watcher(told, room="ZZZZ-ZZZZ") as eve:
        assert eve.code() == 3
    assert "ZZZZ-ZZZZ" in eve.said and len(eve.said.strip().splitlines()) == 1


@pytest.mark.nightly
def test_the_picture_is_shown_on_a_terminal(told: dict[str, Any], tmp_path: Path) -> None:
    outside, inside = pty.openpty()
    words = ["watch", told["room"], "--server", told["url"]]
    shown = b""

    def read() -> None:
        nonlocal shown
        while True:
            try:
                data = os.read(outside, 65536)
            except OSError:
                return
            if not data:
                return
            shown += data

    process = subprocess.Popen(
        [*PROGRAM, *words], stdin=inside, stdout=subprocess.PIPE, stderr=inside, env=os.environ | {"TERM": "xterm-256color"}
    )
    os.close(inside)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        with player(told, "ann", tmp_path, "--frames", "240") as ann, player(told, "bob", tmp_path, "--frames", "240") as bob:
            assert (ann.code(), bob.code()) == (0, 0)
        out, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
        reader.join(PATIENCE)
        os.close(outside)
    assert process.returncode == 0, shown.decode(errors="replace")
    assert "The match came to its end at frame 240." in out.decode()
    picture = shown.decode(errors="replace")
    for word in ("ann (bot)", "bob (bot)", "s behind", "speed", "Ctrl-C leaves", "\x1b[?25h"):
        assert word in picture


def test_it_explains_itself() -> None:
    done = subprocess.run([*PROGRAM, "watch", "--help"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0
    for word in ("--delay", "--direct", "--replay", "--no-view", "--json", "Ctrl-C leaves"):
        assert word in done.stdout
