"""A value that an option cannot have: what was given, and all that is allowed, whichever limit was broken."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import pytest
import typer

from rollback.cli.app import run
from rollback.cli.wrong_values import wrong_value


class Colour(Enum):
    """What one may choose."""

    RED = "red"
    BLUE = "blue"


def command(
    plain: int = 0,
    least: Annotated[int | None, typer.Option(min=1)] = None,
    most: Annotated[float, typer.Option(max=2.5)] = 0,
    share: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    several: Annotated[list[int] | None, typer.Option("--several", "-s", min=3)] = None,
    colour: Colour = Colour.RED,
    way: Annotated[Literal["up", "down"], typer.Option()] = "up",
    word: str = "",
    anything: Any = None,
) -> None:
    """Do nothing."""


def told(name: str, *words: str, flags: tuple[str, ...] = ()) -> str:
    option = SimpleNamespace(name=name, opts=[f"--{name}", *flags])
    context = SimpleNamespace(command=SimpleNamespace(callback=command))
    return wrong_value(SimpleNamespace(param=option, ctx=context), words)


@pytest.mark.parametrize(
    ("name", "words", "sentence"),
    [
        ("plain", ["--plain", "1e6"], "--plain must be a whole number, not 1e6"),
        ("least", ["--least", "0"], "--least must be a whole number of at least 1, not 0"),
        ("least", ["x", "--least=two words"], "--least must be a whole number of at least 1, not 'two words'"),
        ("most", ["--most", "3"], "--most must be a number of at most 2.5, not 3"),
        ("share", ["--share", "nan"], "--share must be a number from 0 to 1, not nan"),
        ("share", ["--share", ""], "--share must be a number from 0 to 1, not ''"),
        ("share", ["--share", "0.5", "--share", "-1"], "--share must be a number from 0 to 1, not -1"),
        ("several", ["--several", "2", "-s", "4"], "--several must be a whole number of at least 3, not 2"),
        ("several", ["-s", "2", "--several", "4"], "-s must be a whole number of at least 3, not 2"),
        ("colour", ["--colour", "green"], "--colour must be one of red, blue, not green"),
        ("way", ["--way", "left"], "--way must be one of up, down, not left"),
        (
            "plain",
            ["--plain", "9" * 50 + "\x1b[31m" + "x" * 99],
            "--plain must be a whole number, not '" + "9" * 50 + "\\x1b[31mxxxxx'",
        ),
    ],
)
def test_the_sentence_names_what_was_given_and_all_that_is_allowed(name: str, words: list[str], sentence: str) -> None:
    assert told(name, *words, flags=("-s",) if name == "several" else ()) == sentence


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("word", ["--word", "x"]),
        ("anything", ["--anything", "x"]),
        ("share", ["--share", "0.5"]),
        ("share", ["--share"]),
        ("share", ["3"]),
        ("nosuch", ["--nosuch", "3"]),
    ],
)
def test_of_what_no_declaration_speaks_it_says_nothing(name: str, words: list[str]) -> None:
    assert told(name, *words) == ""
    assert wrong_value(ValueError("other"), words) == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("demo --loss 3", "--loss must be a number from 0 to 1, not 3; rollback demo --help"),
        ("train gridworld --steps 1e6", "--steps must be a whole number from 1 to 1000000000000, not 1e6; rollback train"),
        ("train gridworld --until abc", "--until must be a number, not abc"),
        ("serve --port 80x", "--port must be a whole number from 0 to 65535, not 80x"),
        ("serve --port=70000", "--port must be a whole number from 0 to 65535, not 70000"),
        ("train gridworld --seed -1", "--seed must be a whole number from 0 to 9007199254740991, not -1"),
        ("simulate --matches 0", "--matches must be a whole number from 1 to 10000000, not 0"),
        ("demo --transport pigeon", "--transport must be one of auto, webrtc, relay, not pigeon"),
        ("simulate --schedule cup", "--schedule must be one of round-robin, league, not cup"),
        ("simulate --batch none", "rollback: --batch: 'none' is no whole number from 1 to 1000000, nor auto"),
        ("demo --input-delay 99", "rollback: --input-delay: '99' is no whole number from 0 to 60, nor auto"),
    ],
)
def test_every_command_says_it_so(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words.split()) == 2
    said = capsys.readouterr()
    assert said.err.startswith("rollback: ") and sentence in said.err and said.err.count("\n") == 1 and said.out == ""
    assert "Input should be" not in said.err
