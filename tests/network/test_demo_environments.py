"""The demo plays environments: as many peers as players, each at the pace of the environment, and all in one state."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from rollback.cli.held_keys import TAP
from tests.network.program import program, within
from tests.network.test_demo_view import Terminal

PAIR_OF_KEYS = (b"z", b"x")


def played(tmp_path: Path, game: str, *arguments: str) -> tuple[dict[str, Any], str]:
    with program("demo", "--game", game, "--replay", str(tmp_path / "match.rbr"), "--json", *arguments) as running:
        assert running.code() == 0, running.said
        result = running.result()
        assert result["parity"] is True
        assert len(set(result["checksums"])) == 1
        return result, running.said


def test_three_peers_play_an_environment_and_agree(tmp_path: Path) -> None:
    arguments = ["--frames", "120", "--latency-ms", "60"]
    result, said = played(tmp_path, "pettingzoo:rollback.envs.gridworld_v0?players=3", *arguments)
    assert result["rollbacks"] > 0
    assert (result["frames"], len(result["checksums"]), result["paths"]) == (120, 3, ["webrtc"] * 3)
    assert "All 3 peers agree: after 120 frames" in said
    verified = within("replay", "verify", str(tmp_path / "match.rbr"))  # what is built in is played as it is named
    assert verified.code == 0, verified.said


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("game", "peers", "frames", "told"),
    [
        ("gym:CartPole-v1", 2, 200, "it is played in step (prediction window 0)"),
        ("gym:CartPole-v1?share=watch", 2, 100, "it is played in step"),
        ("gym:LunarLander-v3", 2, 200, "oing back plays the episode again from its start"),
        ("pettingzoo:mpe2.simple_tag_v3", 4, 60, "All 4 peers agree"),
        ("pettingzoo:rollback.envs.tetris_v0", 2, 300, "Both peers agree"),
        ("pettingzoo:rollback.envs.duel_v0", 2, 200, "Both peers agree"),
    ],
)
def test_environments_of_all_kinds_are_played(game: str, peers: int, frames: int, told: str, tmp_path: Path) -> None:
    result, said = played(tmp_path, game, "--frames", str(frames), "--latency-ms", "60", "--jitter-ms", "20", "--loss", "0.05")
    assert (result["frames"], len(result["checksums"])) == (frames, peers)
    if "simple_tag" not in game:  # ten frames a second and two of delay: its inputs mostly come in time
        assert (result["rollbacks"] == 0) is ("in step" in told)
    assert told in said
    verified = within("replay", "verify", str(tmp_path / "match.rbr"), "--game", game)
    assert verified.code == 0, verified.said


def look(terminal: Terminal, seconds: float) -> None:
    """Read what is shown for a while: a program whose picture nobody takes stands still."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        terminal.read(0.02)


@pytest.mark.nightly
def test_a_person_plays_step_by_step_with_keys_of_its_own(tmp_path: Path) -> None:
    keys = ["--keyboard", "--keys", "z=0,x=1"]
    terminal = Terminal(
        120, 34, "demo", "--game", "gym:CartPole-v1", "--replay", str(tmp_path / "m.rbr"), "--frames", "8", *keys
    )
    try:
        terminal.wait_for("your keys, one press a step:  z  x")
        terminal.wait_for("webrtc")
        look(terminal, 2.0)
        assert "0 of 8 frames" in terminal.text  # nothing happens while nothing is pressed
        for press in range(3):
            terminal.type(PAIR_OF_KEYS[press % 2])
            terminal.wait_for(f"{press + 1} of 8 frames")
            look(terminal, TAP + 0.1)  # a terminal does not tell when a key is let go: the same one counts again only then
        for press in range(100):
            if terminal.process.poll() is not None:
                break
            terminal.type(PAIR_OF_KEYS[press % 2])
            look(terminal, TAP + 0.1)
        assert terminal.code() == 0
        terminal.wait_for("Both peers agree: after 8 frames")
    finally:
        terminal.close()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--game", "gym:CartPole-v1?players=1"], "--game 'gym:CartPole-v1?share=race'"),
        (["--game", "gym:CartPole-v1", "--keys", "left=0"], "give --keyboard too, or leave --keys out"),
        (["--keys", "up=1"], "--keys is for environments"),
        (["--game", "gym:CartPole-v1", "--keys", "left=7"], "7 is no action of Discrete(2)"),
    ],
)
def test_what_cannot_be_played_is_told_before_anything_starts(arguments: list[str], told: str) -> None:
    done = within("demo", *arguments)
    assert done.code == 2
    assert told in done.said
    assert done.said.count("\n") == 1
