"""The bar of a long command: what it shows, where it shows nothing, and that it stays out of the way of the data."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from rich.console import Console

from rollback.cli.progress import Bar, is_watched, progress
from tests.cli.terminal import LookedAt, LookedAtTerminal


class Clock:
    """Seconds that a test moves on."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen() -> LookedAtTerminal:
    return LookedAtTerminal(100, 12)


def console_on(screen: LookedAt) -> Console:
    return Console(file=screen, force_terminal=True, width=100, legacy_windows=False, color_system=None)


def bottom(screen: LookedAt) -> str:
    return next((line for line in reversed(screen.lines) if line), "")


def shown(bar: Bar, screen: LookedAt) -> str:
    assert bar._rows is not None
    bar._rows.refresh()
    return bottom(screen)


def test_it_shows_how_many_of_how_many_how_quickly_and_how_long_it_will_take(screen):
    clock = Clock()
    with progress("matches", 200, console=console_on(screen), clock=clock) as bar:
        assert bar.is_shown
        for _ in range(5):
            clock.now += 1.0
            bar.advance(10)
        words = shown(bar, screen).split()
        assert words[0] == "matches" and words[-4:] == ["50/200", "10.0/s", "0:15", "left"]
        clock.now += 1.0
        bar.on_progress(200, 200)
        assert shown(bar, screen).split()[2] == "200/200" and "left" not in bottom(screen)
    assert bottom(screen) == "", "nothing stays of it"


def test_where_nobody_knows_how_many_there_are_it_counts_and_tells_how_long_it_has_taken(screen):
    clock = Clock()
    with progress("matches", console=console_on(screen), clock=clock) as bar:
        bar.on_progress(1, None)
        clock.now += 3725.0
        bar.on_progress(2, None)
        words = shown(bar, screen).split()
        assert words[0] == "matches" and words[-2:] == ["2", "1:02:05"], "a rate of one in an hour is none"


@pytest.mark.parametrize(("each", "says"), [(0.001, "1000/s"), (0.1, "10.0/s"), (4.0, "0.2/s"), (19.0, "3.2/min")])
def test_the_rate_is_told_in_a_unit_that_can_be_read(each, says, screen):
    clock = Clock()
    with progress("files", 1000, console=console_on(screen), clock=clock) as bar:
        for _ in range(6):
            clock.now += each
            bar.advance()
        assert says in shown(bar, screen)


def test_a_total_that_is_learnt_later_is_shown_and_a_lost_one_is_kept(screen):
    with progress("matches", console=console_on(screen), clock=Clock()) as bar:
        bar.on_progress(3, 9)
        assert "3/9" in shown(bar, screen)
        bar.on_progress(4, None)
        assert "4/9" in shown(bar, screen) and (bar.done, bar.total) == (4, 9)


def test_what_is_done_now_is_told_as_it_is_written(screen):
    with progress("making it", console=console_on(screen), clock=Clock()) as bar:
        bar.tell("[bold]rollback[/] of 8")
        assert shown(bar, screen).startswith("[bold]rollback[/] of 8")


def test_lines_that_are_printed_meanwhile_stand_above_the_bar_and_all_stay(screen):
    with progress("files", 3, console=console_on(screen), clock=Clock()) as bar:
        for name in ("a", "b", "c"):
            bar.line(f"{name}.rbr: same", screen)
            bar.advance()
        lines = [line for line in screen.lines if line]
        assert lines[:3] == ["a.rbr: same", "b.rbr: same", "c.rbr: same"]
        assert shown(bar, screen).startswith("files") and "3/3" in bottom(screen)
    assert [line for line in screen.lines if line] == ["a.rbr: same", "b.rbr: same", "c.rbr: same"]


def test_a_line_for_a_pipe_goes_there_and_not_to_the_terminal(screen, monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with progress("files", 3, console=console_on(screen), clock=Clock()) as bar:
        bar.line("a.rbr: same")
        print("b.rbr: same")
        assert sys.stdout is out, "stdout is never taken over"
    assert out.getvalue() == "a.rbr: same\nb.rbr: same\n" and not any("same" in text for text in screen.written)


def test_an_exception_takes_the_bar_away_and_gives_the_cursor_back(screen):
    with pytest.raises(KeyboardInterrupt), progress("matches", 9, console=console_on(screen), clock=Clock()):
        raise KeyboardInterrupt
    assert bottom(screen) == "" and "\x1b[?25h" in "".join(screen.written)


@pytest.mark.parametrize(
    ("stream", "term", "watched"),
    [
        (Tty(), "xterm", True), (Tty(), "dumb", False), (Tty(), "unknown", False),
        (io.StringIO(), "xterm", False), (None, "", False),
    ],
)  # fmt: skip
def test_it_is_shown_on_terminals_that_can_move_their_cursor(stream, term, watched, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", term)
    assert is_watched() is watched


def test_without_a_terminal_it_counts_and_writes_nothing(capsys):
    with progress("matches", 3) as bar:
        bar.advance()
        bar.tell("something")
        bar.on_progress(3, 3)
        bar.line("data")
        assert not bar.is_shown and (bar.done, bar.total) == (3, 3)
    said = capsys.readouterr()
    assert said.out == "data\n" and said.err == ""


def test_without_a_terminal_nothing_is_loaded_for_it():
    code = (
        "import sys\nfrom rollback.cli.progress import progress\nwith progress('x', 2) as bar: bar.advance()\n"
        "print([name for name in sys.modules if name.partition('.')[0] == 'rich'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n", done.stdout


def test_a_program_without_stdout_prints_nowhere(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with progress("files", 1) as bar:
        bar.line("nobody reads this")
