"""A sentence ends with one mark."""

from __future__ import annotations

import pytest

from rollback.cli.sentences import ended, why_ended


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("bob left", "bob left."),
        ("is the game running there?", "is the game running there?"),
        ("You left.", "You left."),
        ("no!\n", "no!"),
        ("frame 3:", "frame 3:."),
    ],
)
def test_no_sentence_ends_twice(given: str, told: str) -> None:
    assert ended(given) == told


TRACEBACK = """step raised at frame 9:
Traceback (most recent call last):
  File "/home/ann/games/mine.py", line 12, in step
    self.move()
  File "/home/ann/games/parts.py", line 3, in move
    return 1 // 0
           ~~^^~~
ZeroDivisionError: integer division or modulo by zero
"""


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("bob left", "bob left"),
        ("", ""),
        (TRACEBACK, "step raised at frame 9: ZeroDivisionError: integer division or modulo by zero (parts.py, line 3)"),
        ("step raised at frame 9:\nTraceback\n  x\nValueError: no", "step raised at frame 9: ValueError: no"),
    ],
)
def test_what_a_game_raised_is_told_with_its_place(reason: str, told: str) -> None:
    assert why_ended(reason) == told
