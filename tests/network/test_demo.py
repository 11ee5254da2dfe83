"""The main job on one machine: a lobby, two processes, a real network, and both in the same state at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.network.program import Program, all_gone, children_of, is_gone, program, within

BAD_NETWORK = ["--latency-ms", "60", "--jitter-ms", "20", "--loss", "0.05"]


def parity(running: Program, frames: int) -> None:
    assert running.code() == 0, running.said
    result = running.result()
    assert result["parity"] is True
    assert result["frames"] == frames
    assert len(set(result["checksums"])) == 1
    assert len(result["checksums"]) == 2
    assert "Both peers agree" in running.said


NIGHTLY = pytest.mark.nightly
PLAYED = [
    ("pong", "webrtc"),
    pytest.param("duel", "relay", marks=NIGHTLY),
    pytest.param("pong", "relay", marks=NIGHTLY),
    pytest.param("duel", "webrtc", marks=NIGHTLY),
]


@pytest.mark.parametrize(("game", "transport"), PLAYED)
def test_both_peers_agree_on_a_bad_network(game: str, transport: str, tmp_path: Path) -> None:
    replay = tmp_path / "match.rbr"
    arguments = ["--game", game, "--transport", transport, "--frames", "300", "--replay", str(replay), "--json"]
    with program("demo", *arguments, *BAD_NETWORK) as running:
        parity(running, 300)
        result = running.result()
    assert result["rollbacks"] > 20
    assert result["resimulated"] > result["rollbacks"]
    assert result["rtt_ms"] > 110
    assert result["paths"] == [transport] * 2
    assert sum(peer["rollbacks"] for peer in result["peers"]) == result["rollbacks"]
    assert result["replay"] == str(replay)
    verified = within("replay", "verify", str(replay), "--json")
    assert verified.code == 0 and json.loads(verified.out)[0]["frames"] == 300


@pytest.mark.nightly
def test_people_read_a_sentence_and_progress(tmp_path: Path) -> None:
    replay = tmp_path / "match.rbr"
    with program("demo", "--frames", "120", "--replay", str(replay)) as running:
        assert running.code() == 0
        assert running.out.startswith("Both peers agree: after 120 frames and ")
        assert f"The replay is in {replay}" in running.out
        assert "of 120 frames" in running.said
        assert "\x1b" not in running.said + running.out


@pytest.mark.nightly
def test_lockstep_agrees_without_any_rollback(tmp_path: Path) -> None:
    arguments = ["--frames", "90", "--window", "0", "--latency-ms", "20", "--replay", str(tmp_path / "r.rbr"), "--json"]
    with program("demo", *arguments) as running:
        parity(running, 90)
        assert running.result()["rollbacks"] == 0


@pytest.mark.nightly
def test_a_game_of_ones_own_that_is_over_early_ends_there(tmp_path: Path) -> None:
    (tmp_path / "short_game.py").write_text(
        "class Short:\n"
        "    players = 2\n"
        "    frame = 0\n"
        "    over = property(lambda self: self.frame >= 50)\n"
        "    def step(self, actions):\n"
        "        print('games may print')\n"
        "        self.frame += 1\n"
        "    def save(self): return {'frame': self.frame}\n"
        "    def load(self, state): self.frame = state['frame']\n"
    )
    name = f"{tmp_path / 'short_game.py'}:Short"
    with program("demo", "--game", name, "--replay", str(tmp_path / "r.rbr"), "--json") as running:
        parity(running, 50)
        assert running.result()["ended"] == ["over", "over"]


def test_a_game_that_differs_on_both_sides_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "unsound_game.py").write_text(
        "import os\n"
        "class Unsound:\n"
        "    players = 2\n"
        "    frame = 0\n"
        "    def step(self, actions): self.frame += 1 if self.frame < 30 else os.getpid() % 1000 + 1\n"
        "    def save(self): return {'frame': self.frame}\n"
        "    def load(self, state): self.frame = state['frame']\n"
    )
    name = f"{tmp_path / 'unsound_game.py'}:Unsound"
    with program("demo", "--game", name, "--frames", "200", "--replay", str(tmp_path / "r.rbr"), "--json") as running:
        assert running.code() == 1
        assert running.result()["parity"] is False
        assert "do not agree" in running.said


def started(tmp_path: Path, *arguments: str) -> Program:
    return Program("demo", "--frames", "5000", "--replay", str(tmp_path / "match.rbr"), *arguments)


@pytest.mark.parametrize("victim", [0, pytest.param(1, marks=NIGHTLY)])
def test_a_killed_peer_is_told_and_the_other_one_ends_in_time(victim: int, tmp_path: Path) -> None:
    running = started(tmp_path, "--disconnect-after", "1.5", "--json")
    try:
        running.wait_for("peer-1: peer-2 is ready")
        running.wait_for("peer-2: peer-1 is ready")
        time.sleep(1.0)  # the first frame is agreed for a moment later
        children = children_of(running.process.pid)
        assert len(children) == 2
        os.kill(children[victim], signal.SIGKILL)
        assert running.code(within=20) == 3
        result = running.result()
        assert result["parity"] is False
        assert f"The process of peer-{victim + 1} ended before the match did: it was ended by SIGKILL" in result["verdict"]
        assert f"peer-{victim + 1} was lost: nothing was heard for 1.5 s" in result["verdict"]
        if victim == 1:
            assert Path(result["replay"]).exists()
        assert all_gone(children)
    finally:
        running.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_and_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    running = started(tmp_path)
    try:
        running.wait_for("peer-1: peer-2 is ready")
        children = children_of(running.process.pid)
        assert len(children) == 2
        running.send(number)
        assert running.code(within=15) == 128 + number
        assert "The demo was stopped" in running.said
        assert all_gone(children)
    finally:
        running.close()


def test_it_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    running = started(tmp_path)
    try:
        children: list[int] = []
        while not children:
            children = children_of(running.process.pid)
            assert running.process.poll() is None
        running.send(signal.SIGINT)
        assert running.code(within=15) == 130
        assert all_gone(children)
    finally:
        running.close()


def test_the_peers_do_not_outlive_a_killed_demo(tmp_path: Path) -> None:
    running = started(tmp_path)
    try:
        running.wait_for("peer-1: peer-2 is ready")
        children = children_of(running.process.pid)
        running.send(signal.SIGKILL)
        running.process.wait(10)
        assert len(children) == 2
        assert all_gone(children)
    finally:
        running.close()


def test_even_a_child_that_would_stay_dies_with_its_parent() -> None:
    code = (
        "import asyncio, os, signal\n"
        "from rollback.cli.pipes import Child\n"
        "async def main():\n"
        "    child = await Child.start('it', 'tests.cli.echo_child', {'stays': True})\n"
        "    await child.hear()\n"
        "    print(child.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert parent.returncode == -signal.SIGKILL
    assert all_gone([int(parent.stdout)])


def test_a_process_that_runs_is_not_gone() -> None:
    assert not is_gone(os.getpid())
