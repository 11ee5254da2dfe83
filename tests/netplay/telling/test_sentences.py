"""A sentence ends with one mark."""

from __future__ import annotations

import pytest

from rollback.cli.app import run
from rollback.netplay.telling.sentences import FLAGS, ended, why_ended, with_flags


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


@pytest.mark.parametrize(("field", "flag"), FLAGS.items())
def test_a_setting_that_peers_do_not_share_has_the_name_of_its_option(field: str, flag: str) -> None:
    told = f"bob cannot play with us: {field} is 1 here and 2 there; set the same {field} in both configurations"
    expected = f"bob cannot play with us: {flag} is 1 here and 2 there; give {flag} the same value on both sides"
    assert with_flags(told) == why_ended(told) == expected


@pytest.mark.parametrize("flag", FLAGS.values())
def test_every_option_that_is_named_is_there(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["play", "--help"]) == 0
    assert flag in capsys.readouterr().out


@pytest.mark.parametrize(
    "sentence",
    [
        "bob cannot play with us: game_version is '1' here and '2' there; install the same version",
        "bob cannot play with us: codecs is a; b here and c there; use the same",
        "bob left",
        "",
    ],
)
def test_any_other_sentence_stays_as_it_is(sentence: str) -> None:
    assert with_flags(sentence) == sentence
