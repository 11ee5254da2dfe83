"""The demo and a player as a person sees them: on a pseudo terminal, with a keyboard, and given back in the end."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

from tests.network.program import PATIENCE, all_gone, children_of, program

# Whoever leads a session and opens a terminal has it as its own: then Ctrl-C is a signal, as in a real one.
ON_TERMINAL = "import os; os.close(os.open(os.ttyname(0), os.O_RDWR)); from rollback.cli import main; main()"

# Between these two the program paints: a terminal that knows them shows nothing half done, and neither does this one.
PAINTING, PAINTED = b"\x1b[?2026h", b"\x1b[?2026l"


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, columns: int, rows: int, *arguments: str) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.outside, self.inside = pty.openpty()
        fcntl.ioctl(self.inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self.inside)
        self.sent = b""
        self.shown = 0
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_TERMINAL, *arguments],
            stdin=self.inside,
            stdout=self.inside,
            stderr=self.inside,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def wait_for(self, said: str, times: int = 1) -> None:
        until = time.monotonic() + PATIENCE
        while self.text.count(said) < times:
            assert time.monotonic() < until, f"{said!r} did not come:\n{self.text}"
            self.read(0.2)

    def read(self, seconds: float) -> None:
        ready, _, _ = select.select([self.outside], [], [], seconds)
        if ready:
            data = os.read(self.outside, 65536)
            self.sent += data
            half_done = self.sent.rfind(PAINTING)
            whole = half_done if half_done > self.sent.rfind(PAINTED) else len(self.sent)
            if whole > self.shown:
                self.stream.feed(self.sent[self.shown : whole])
                self.shown = whole

    def type(self, keys: bytes) -> None:
        os.write(self.outside, keys)

    def code(self) -> int:
        until = time.monotonic() + PATIENCE
        while (code := self.process.poll()) is None:
            assert time.monotonic() < until, self.text
            self.read(0.05)
        self.read(0.2)
        assert "Traceback" not in self.text, self.text
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.outside)
        os.close(self.inside)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def demo(terminals: list[Terminal], tmp_path: Path, columns: int, rows: int, *arguments: str) -> Terminal:
    terminal = Terminal(columns, rows, "demo", "--replay", str(tmp_path / "match.rbr"), *arguments)
    terminals.append(terminal)
    return terminal


@pytest.mark.parametrize(("columns", "rows"), [pytest.param(120, 32, marks=pytest.mark.nightly), (80, 24)])
def test_both_fields_are_seen_side_by_side_and_the_verdict_below(
    columns: int, rows: int, terminals: list[Terminal], tmp_path: Path
) -> None:
    terminal = demo(terminals, tmp_path, columns, rows, "--frames", "150", "--latency-ms", "40")
    terminal.wait_for("of 150 frames")
    terminal.wait_for("webrtc")
    terminal.wait_for("P1  ", times=2)  # each peer's field comes when its process shows its first picture
    lines = terminal.text.split("\n")
    assert any("peer-1" in line and "peer-2" in line for line in lines)
    assert any(line.count("rollbacks") == 2 for line in lines)
    assert terminal.code() == 0
    assert "Both peers agree" in terminal.text
    assert "150 of 150 frames" in terminal.text
    assert not terminal.screen.cursor.hidden
    assert termios.tcgetattr(terminal.inside) == terminal.before


@pytest.mark.nightly
def test_the_picture_does_not_flicker(terminals: list[Terminal], tmp_path: Path) -> None:
    terminal = demo(terminals, tmp_path, 120, 32, "--frames", "120")
    terminal.code()
    assert terminal.sent.count(PAINTING) == terminal.sent.count(PAINTED) > 20
    assert b"\x1b[2J" not in terminal.sent


def paddle_row(terminal: Terminal, column: int) -> float:
    """Return the middle of the left paddle of the left field."""
    rows = [row for row, line in enumerate(terminal.screen.display) if 4 <= row <= 18 and line[column] in "█▆▂▀▄▔"]
    return sum(rows) / len(rows) if rows else -1.0


def test_a_person_can_play_and_the_terminal_is_given_back(terminals: list[Terminal], tmp_path: Path) -> None:
    terminal = demo(terminals, tmp_path, 120, 32, "--frames", "3000", "--keyboard")
    terminal.wait_for("you, player 1")
    terminal.wait_for("your keys:  ↑/w up  ↓/s down")
    terminal.wait_for("webrtc")
    assert termios.tcgetattr(terminal.inside) != terminal.before
    places = []
    for key in (b"w", b"s"):
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            terminal.type(key)
            terminal.read(0.03)
            terminal.read(0.03)
        places.append(paddle_row(terminal, 3))
    assert 0 < places[0] < places[1], terminal.text
    children = children_of(terminal.process.pid)
    assert len(children) == 2
    terminal.type(b"\x03")
    assert terminal.code() == 128 + signal.SIGINT
    assert "The demo was stopped at frame" in terminal.text
    assert termios.tcgetattr(terminal.inside) == terminal.before
    assert not terminal.screen.cursor.hidden
    assert all_gone(children)


@pytest.mark.nightly
def test_a_resized_terminal_is_painted_anew(terminals: list[Terminal], tmp_path: Path) -> None:
    terminal = demo(terminals, tmp_path, 120, 32, "--frames", "300")
    terminal.wait_for("of 300 frames")
    terminal.screen.resize(24, 80)
    fcntl.ioctl(terminal.inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    assert terminal.code() == 0
    assert b"\x1b[2J" in terminal.sent
    assert "300 of 300 frames" in terminal.text


def test_keyboard_without_a_picture_is_refused(terminals: list[Terminal], tmp_path: Path) -> None:
    terminal = demo(terminals, tmp_path, 120, 32, "--keyboard", "--no-view")
    assert terminal.code() == 2
    assert "--keyboard needs the picture on a terminal" in terminal.text


def test_a_player_at_a_terminal_sees_the_field_and_the_keys(terminals: list[Terminal], tmp_path: Path) -> None:
    with program("serve", "--port", "0", "--json") as server:
        server.wait_for(r"\{.*\}\n", where="out")
        told = json.loads(server.out)
        common = ["play", told["room"], "--server", told["url"], "--ice-address", "127.0.0.1", "--replay"]
        terminal = Terminal(80, 24, *common, str(tmp_path / "a.rbr"))
        terminals.append(terminal)
        terminal.wait_for("waiting for 1 more player")
        with program(*common, str(tmp_path / "b.rbr"), "--bot", "best", "--name", "bob") as bot:
            terminal.wait_for("↑/w up  ↓/s down  p pauses  Ctrl-C leaves")
            terminal.wait_for("round trip")
            assert f"room {told['room']}" in terminal.text
            terminal.type(b"\x03")
            assert terminal.code() == 130
            assert bot.code() == 3
            assert "player left" in bot.said
    assert "You left at frame" in terminal.text
    assert termios.tcgetattr(terminal.inside) == terminal.before
    assert not terminal.screen.cursor.hidden
