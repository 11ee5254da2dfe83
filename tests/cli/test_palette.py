"""Colours are shown as well as the terminal can, or not at all."""

from __future__ import annotations

import re

import pytest

from rollback.cli.layout import width_of
from rollback.cli.palette import Depth, Palette
from rollback.games import Pong
from tests.cases import every
from tests.cli.terminal import LookedAt

STYLES = ["title", "faint", "label", "value", "good", "fair", "poor", "left", "right"]


@every("style", STYLES)
@every("depth", ["none", "standard", "256", "truecolor"])
def test_every_style_is_text_and_ends_after_it(depth: Depth, style: str) -> None:
    text = Palette(depth).styled("hello", style)
    assert width_of(text) == 5
    assert ("\x1b" in text) is (depth != "none")
    if depth != "none":
        assert text.endswith("\x1b[0m")


def test_true_colours_become_what_the_terminal_has() -> None:
    text = "\x1b[38;2;255;0;0mred\x1b[0m"
    assert Palette("truecolor").fitted(text) == text
    assert re.fullmatch(r"\x1b\[38;5;\d+mred\x1b\[0m", Palette("256").fitted(text))
    assert re.fullmatch(r"\x1b\[(3|9)\dmred\x1b\[0m", Palette("standard").fitted(text))
    assert Palette("none").fitted(text) == "red"


@pytest.mark.parametrize("depth", ["standard", "256"])
def test_no_true_colour_is_left_in_a_picture(depth: Depth) -> None:
    assert "38;2;" not in Palette(depth).fitted(Pong().render(colour=True))


def test_a_stream_that_is_no_terminal_has_no_colours() -> None:
    assert Palette.of(LookedAt(80, 24)).depth == "none"


@pytest.mark.parametrize(
    ("environment", "depth"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color", "COLORTERM": ""}, "256"),
        ({"TERM": "xterm", "COLORTERM": ""}, "standard"),
        ({"TERM": "dumb", "COLORTERM": ""}, "none"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "none"),
    ],
)
def test_the_environment_tells_the_depth(environment: dict[str, str], depth: Depth, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = LookedAt(80, 24)
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Palette.of(terminal).depth == depth
