"""A block of lines stays in its place, is written only where it changed, and is left behind in the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.cli.screen import Screen
from tests.cli.terminal import LookedAt

BLOCK = ["one", "two", "three"]


@pytest.fixture
def terminal() -> LookedAt:
    return LookedAt(40, 12)


def test_a_block_is_shown(terminal: LookedAt) -> None:
    Screen(terminal).show(BLOCK)
    assert terminal.lines[:4] == [*BLOCK, ""]


def test_a_changed_line_is_written_in_its_place_and_no_other(terminal: LookedAt) -> None:
    screen = Screen(terminal)
    screen.show(BLOCK)
    screen.show(["one", "TWO", "three"])
    assert terminal.lines[:4] == ["one", "TWO", "three", ""]
    assert "TWO" in terminal.written[-1]
    assert "one" not in terminal.written[-1]


def test_a_picture_is_one_write_between_the_marks_of_a_synchronized_update(terminal: LookedAt) -> None:
    screen = Screen(terminal)
    for block in (BLOCK, ["x", "y", "z"]):
        terminal.written.clear()
        screen.show(block)
        assert len(terminal.written) == 1
        assert terminal.written[0].startswith("\x1b[?2026h")
        assert terminal.written[0].endswith("\x1b[?2026l")


def test_what_was_on_the_screen_stays_above(terminal: LookedAt) -> None:
    terminal.write("$ rollback demo\r\n")
    screen = Screen(terminal)
    screen.show(BLOCK)
    screen.show(["a", "b", "c"])
    assert terminal.lines[:4] == ["$ rollback demo", "a", "b", "c"]


def test_a_block_at_the_bottom_scrolls_once_and_then_stays(terminal: LookedAt) -> None:
    for number in range(11):
        terminal.write(f"line {number}\r\n")
    screen = Screen(terminal)
    screen.show(BLOCK)
    first = terminal.lines
    screen.show(["A", "two", "C"])
    assert [line for line in terminal.lines if line.startswith("line")] == [line for line in first if line.startswith("line")]
    assert terminal.lines[-4:] == ["A", "two", "C", ""]


def test_a_shorter_block_leaves_nothing_of_the_longer_one(terminal: LookedAt) -> None:
    screen = Screen(terminal)
    screen.show(BLOCK)
    screen.show(["only this"])
    assert terminal.lines[:3] == ["only this", "", ""]


def test_a_shorter_line_leaves_nothing_of_the_longer_one(terminal: LookedAt) -> None:
    screen = Screen(terminal)
    screen.show(["a long line of text"])
    screen.show(["short"])
    assert terminal.lines[0] == "short"


def test_the_cursor_is_hidden_meanwhile_and_comes_back(terminal: LookedAt) -> None:
    screen = Screen(terminal)
    screen.show(BLOCK)
    assert terminal.screen.cursor.hidden
    screen.close()
    assert not terminal.screen.cursor.hidden
    terminal.write("after")
    assert terminal.lines[:4] == [*BLOCK, "after"]


def test_closing_what_was_never_shown_writes_nothing(terminal: LookedAt) -> None:
    Screen(terminal).close()
    assert terminal.written == []


def test_closing_twice_writes_once(terminal: LookedAt) -> None:
    screen = Screen(terminal)
    screen.show(BLOCK)
    screen.close()
    count = len(terminal.written)
    screen.close()
    assert len(terminal.written) == count


def test_a_resized_terminal_is_painted_anew(terminal: LookedAt, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(terminal)
    sizes = [(39, 11)]
    monkeypatch.setattr(Screen, "size", property(lambda self: sizes[-1]))
    screen.show(BLOCK)
    terminal.screen.resize(12, 30)
    sizes.append((29, 11))
    screen.show(BLOCK)
    assert "\x1b[2J" in terminal.written[-1]
    assert terminal.lines[:4] == [*BLOCK, ""]


def test_without_a_terminal_the_size_is_the_usual_one(terminal: LookedAt) -> None:
    assert Screen(terminal).size == (79, 23)


def test_more_lines_than_fit_are_cut(terminal: LookedAt) -> None:
    screen = Screen(terminal)
    screen.show([f"line {number}" for number in range(100)])
    assert terminal.written[-1].count("\n") == 23


def test_a_terminal_that_is_gone_is_no_trouble() -> None:
    class Gone(LookedAt):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    screen = Screen(Gone(10, 10))
    screen.show(BLOCK)
    screen.show(BLOCK)
    screen.close()


@given(st.lists(st.lists(st.text("abc ", max_size=8), max_size=6), min_size=1, max_size=8))
def test_the_newest_block_is_what_is_seen(blocks: list[list[str]]) -> None:
    terminal = LookedAt(20, 12)
    screen = Screen(terminal)
    for block in blocks:
        screen.show(block)
    expected = [line.rstrip() for line in blocks[-1]]
    assert terminal.lines[: len(expected)] == expected
    assert not any(terminal.lines[len(expected) :])
