"""Many recorded matches at once: the lines of the files in their order, whatever one of them does to its process."""

from __future__ import annotations

import io
import json
import sys

import pytest

from rollback.cli import replay_verify
from rollback.cli.app import run
from rollback.errors import UsageError
from rollback.sim.pool import simulating
from tests.cli.terminal import LookedAtTerminal
from tests.sim.pool.recordings import recorded

ODD = """
import os
import threading
from rollback.games import Pong

class Odd(Pong):
    def reset(self, seed):
        super().reset(seed)
        if seed == 13:
            os._exit(7)
        if seed == 14:
            threading.Event().wait()
        if seed == 15:
            raise LookupError("no \\x1b[2J board")
"""


@pytest.fixture
def odd(tmp_path):
    (tmp_path / "odd_games.py").write_text(ODD)
    return f"{tmp_path / 'odd_games.py'}:Odd"


@pytest.fixture
def runs(monkeypatch):
    """Note what is asked of `isimulate`."""
    asked = []
    real = simulating.isimulate

    def watched(specs, **how):
        asked.append((len(specs), how["backend"], how["workers"]))
        return real(specs, **{**how, "backend": "serial"})

    monkeypatch.setattr(simulating, "isimulate", watched)
    return asked


def test_a_file_that_ends_or_hangs_its_process_is_told_in_a_line_and_the_rest_go_on(odd, tmp_path, capsys):
    seeds = [1, 13, 2, 14, 3]
    files = [recorded(tmp_path / f"{seed}.rbr", seed=seed, spoilt=seed == 2) for seed in seeds]
    assert run(["replay", "verify", *files, "--game", odd, "--workers", "2", "--timeout", "2"]) == 2
    said = capsys.readouterr()
    same, different, last = said.out.splitlines()
    assert same.startswith(f"{files[0]}: same: all 40 frames agree") and last.startswith(f"{files[4]}: same: ")
    assert different.startswith(f"{files[2]}: DIFFERENT: the state before frame 21 differs")
    killed, hung = said.err.splitlines()
    assert killed == f"{files[1]}: not checked: playing it ended the process, 2 times"
    assert hung == f"{files[3]}: not checked: it was not done after 2 s, and was ended"


def test_one_process_and_several_say_the_same(tmp_path, capsys):
    files = [recorded(tmp_path / f"{seed}.rbr", seed=seed, spoilt=seed % 3 == 2) for seed in range(7)]
    (tmp_path / "text.rbr").write_text("no replay")
    files[4:4] = [str(tmp_path / "text.rbr"), recorded(tmp_path / "trap.rbr", name="trap.py:Game"), str(tmp_path / "none.rbr")]
    assert run(["replay", "verify", *files]) == 2
    one = capsys.readouterr()
    assert run(["replay", "verify", *files, "--workers", "2"]) == 2
    two = capsys.readouterr()
    assert (two.out, two.err) == (one.out, one.err) and len(one.out.splitlines()) == 7 and len(one.err.splitlines()) == 3
    assert [line.split(":")[0] for line in one.out.splitlines()] == [*files[:4], *files[7:]]
    assert f"rollback replay verify {tmp_path / 'trap.rbr'} --game trap.py:Game" in one.err


@pytest.mark.parametrize(
    ("count", "options", "asked"),
    [
        (1, [], []),
        (3, [], []),
        (3, ["--workers", "1"], []),
        (3, ["--game", "pong"], []),
        (3, ["--game", "rollback.games:Pong", "--workers", "2"], [(3, "process", 2)]),
        (1, ["--workers", "2"], [(1, "serial", 1)]),
        (2, ["--timeout", "9", "--workers", "1"], [(2, "process", 1)]),
        (2, ["--backend", "process", "--workers", "1"], [(2, "process", 1)]),
        (2, ["--backend", "serial"], [(2, "serial", 2)]),
    ],
)
def test_processes_are_begun_only_where_they_are_asked_for_or_pay(count, options, asked, runs, tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    files = [recorded(tmp_path / f"{seed}.rbr", seed=seed) for seed in range(count)]
    assert run(["replay", "verify", *files, *options]) == 0
    assert runs == asked


def test_large_files_and_games_of_ones_own_are_played_by_processes(runs, odd, tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    files = [recorded(tmp_path / f"{seed}.rbr", seed=seed) for seed in range(3)]
    assert run(["replay", "verify", *files, "--game", odd]) == 0
    monkeypatch.setattr(replay_verify, "_SMALL", 100)
    assert run(["replay", "verify", *files]) == 0
    assert run(["replay", "verify", files[0]]) == 0
    assert runs == [(3, "process", 2), (3, "process", 2)]


def test_a_file_that_cannot_be_played_is_told_without_what_would_steer_a_terminal(odd, tmp_path, capsys):
    files = [recorded(tmp_path / f"{seed}.rbr", seed=seed) for seed in (15, 1)]
    assert run(["replay", "verify", *files, "--game", odd, "--workers", "1"]) in (1, 2)
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err and "board" in said.out + said.err
    assert f"{files[1]}: same: " in said.out


def test_json_holds_every_file_in_order(tmp_path, capsys):
    files = [recorded(tmp_path / f"{seed}.rbr", seed=seed, spoilt=seed == 1) for seed in range(3)]
    assert run(["replay", "verify", *files, "--json"]) == 1
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert [(each["file"], each["ok"]) for each in told] == [(files[0], True), (files[1], False), (files[2], True)]
    assert said.err == "" and all("trouble" not in each and "named" not in each for each in told)


def test_on_a_terminal_a_bar_stands_below_the_lines_and_is_gone_in_the_end(tmp_path, monkeypatch):
    files = [recorded(tmp_path / f"{seed}.rbr", seed=seed) for seed in range(3)]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    screen = LookedAtTerminal(120, 10)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", screen)
    assert run(["replay", "verify", *[f"{seed}.rbr" for seed in range(3)]]) == 0
    lines = [line for line in screen.lines if line]
    assert [line.split(": all")[0] for line in lines] == ["0.rbr: same", "1.rbr: same", "2.rbr: same"] and len(files) == 3
    assert any("files" in text for text in screen.written)


def test_a_pipe_gets_the_lines_alone(tmp_path, monkeypatch):
    file = recorded(tmp_path / "a.rbr")
    screen, out = LookedAtTerminal(120, 10), io.StringIO()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", out)
    assert run(["replay", "verify", file]) == 0
    assert out.getvalue().count("\n") == 1 and out.getvalue().startswith(f"{file}: same: ")
    assert not any("same" in text for text in screen.written)


def test_a_run_that_cannot_begin_is_told(tmp_path, monkeypatch, capsys):
    def refused(specs, **how):
        raise UsageError("no more processes")

    monkeypatch.setattr(simulating, "isimulate", refused)
    files = [recorded(tmp_path / f"{seed}.rbr", seed=seed) for seed in range(2)]
    assert run(["replay", "verify", *files, "--workers", "2"]) == 2
    assert capsys.readouterr().err == "rollback: no more processes\n"


@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_on_ray_the_bytes_of_the_files_travel_and_the_lines_are_the_same(tmp_path, capsys):
    pytest.importorskip("ray")
    files = [
        *(recorded(tmp_path / f"{seed}.rbr", seed=seed, spoilt=seed == 1) for seed in range(4)),
        str(tmp_path / "none.rbr"),
    ]
    assert run(["replay", "verify", *files]) == 2
    one = capsys.readouterr()
    assert run(["replay", "verify", *files, "--backend", "ray", "--workers", "2"]) == 2
    assert capsys.readouterr() == one and len(one.out.splitlines()) == 4
