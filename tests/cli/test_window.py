"""The window without a screen: SDL's dummy driver paints into memory, and keys are put into its queue."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from rollback.cli import window
from rollback.cli.field import picture_of
from rollback.cli.pixels import packed
from rollback.cli.window import _Window, require_pygame
from rollback.cli.window_link import WindowLink
from rollback.errors import MissingPackage, UsageError
from rollback.games import Duel, Pong
from rollback.games.drawing import BACKGROUND, rgb


@pytest.fixture(autouse=True)
def _no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")


class Told:
    """Stands for the parent."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def tell(self, message: Any) -> None:
        self.lines.append(message)


@pytest.fixture
def opened() -> Iterator[tuple[Any, Told]]:
    told = Told()
    made = _Window(told, "a match")  # type: ignore[arg-type]
    yield made, told
    made._pygame.quit()


def colour_at(made: Any, x: float, y: float) -> tuple[int, ...]:
    surface = made._pygame.display.get_surface()
    width, height = surface.get_size()
    below = round(height * window._NOTE * 1.6)
    return tuple(surface.get_at((round(x * width), round(y * (height - below)))))[:3]


def test_primitives_are_painted_where_they_belong(opened: tuple[Any, Told]) -> None:
    made, _ = opened
    made._paint(
        {
            "draw": [
                ["rect", 0.1, 0.1, 0.2, 0.2, "red"],
                ["circle", 0.7, 0.7, 0.1, "#00ff00"],
                ["line", 0.5, 0.1, 0.5, 0.9, 0.02, "blue"],
                ["no such shape", 1, 2, 3],
            ]
        }
    )
    assert colour_at(made, 0.2, 0.2) == rgb("red")
    assert colour_at(made, 0.7, 0.7) == (0, 255, 0)
    assert colour_at(made, 0.5, 0.4) == rgb("blue")
    assert colour_at(made, 0.9, 0.1) == rgb(window.BACKGROUND)


@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_text_stands_where_it_is_aligned(opened: tuple[Any, Told], align: str) -> None:
    made, _ = opened
    made._paint({"draw": [["text", 0.5, 0.5, 0.2, "HHHH", "white", align]]})
    surface = made._pygame.display.get_surface()
    width, height = surface.get_size()
    lit = [x for x in range(width) if any(surface.get_at((x, y))[0] > 200 for y in range(0, height, 3))]
    middle = (lit[0] + lit[-1]) / 2 / width
    assert {"left": middle > 0.52, "center": 0.48 < middle < 0.52, "right": middle < 0.48}[align]


@pytest.mark.parametrize("game", [Pong(), Duel()])
def test_the_built_in_games_are_painted(opened: tuple[Any, Told], game: Any) -> None:
    made, _ = opened
    made._note = "↑/w up  ↓/s down"
    made._paint(picture_of(game))
    surface = made._pygame.display.get_surface()
    seen = {tuple(surface.get_at((x, y)))[:3] for x in range(0, 960, 7) for y in range(0, 600, 7)}
    assert len(seen) > 2


def test_a_game_that_only_has_text_is_shown_as_text(opened: tuple[Any, Told]) -> None:
    made, _ = opened
    made._paint({"text": "###\n###"})
    surface = made._pygame.display.get_surface()
    assert any(surface.get_at((x, y))[0] > 100 for x in range(100) for y in range(100))


def key_event(made: Any, kind: str, key: str) -> None:
    pygame = made._pygame
    pygame.event.post(pygame.event.Event(getattr(pygame, kind), key=getattr(pygame, key)))


def test_keys_are_told_when_they_change(opened: tuple[Any, Told]) -> None:
    made, told = opened
    made._pump()
    told.lines.clear()
    for kind, key in (("KEYDOWN", "K_UP"), ("KEYDOWN", "K_j"), ("KEYUP", "K_UP"), ("KEYDOWN", "K_RETURN")):
        key_event(made, kind, key)
        assert made._pump() is False
    assert told.lines == [{"keys": ["up"]}, {"keys": ["j", "up"]}, {"keys": ["j"]}, {"keys": ["enter", "j"]}]
    made._pump()
    assert len(told.lines) == 4


def test_nothing_is_held_when_the_window_loses_the_focus(opened: tuple[Any, Told]) -> None:
    made, told = opened
    made._pump()
    key_event(made, "KEYDOWN", "K_UP")
    made._pump()
    made._pygame.event.post(made._pygame.event.Event(made._pygame.WINDOWFOCUSLOST))
    made._pump()
    assert told.lines[-1] == {"keys": []}


def test_a_closed_window_is_told_and_ends(opened: tuple[Any, Told]) -> None:
    made, told = opened
    made._pygame.event.post(made._pygame.event.Event(made._pygame.QUIT))
    made.run()
    assert told.lines == [{"open": True}, {"closed": True}]


async def test_the_window_is_a_process_that_paints_as_fast_as_it_is_told() -> None:
    link = await WindowLink.open("a match")
    try:
        for _ in range(3):
            link.offer(Pong(), "note")
            assert not link._is_free
            link.offer(Pong(), "this one is left out")
            async with asyncio.timeout(20):
                while not link._is_free:
                    await asyncio.sleep(0)
        assert link.held() == frozenset()
        assert not link.closed.is_set()
    finally:
        await link.close()
    assert link._child.how_it_ended() == "it left with code 0"


async def test_a_window_that_was_killed_counts_as_closed() -> None:
    link = await WindowLink.open("a match")
    link._child.kill()
    async with asyncio.timeout(20):
        await link.closed.wait()
    await link.close()


async def test_without_a_screen_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no_such_driver")
    with pytest.raises(UsageError, match=r"no window can be opened: .*is there a screen"):
        await WindowLink.open("a match")


def test_without_pygame_there_is_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackage, match=r'pip install "rollback\[window\]"'):
        require_pygame()


def test_pixels_are_enlarged_in_proportion_and_stand_in_the_middle(opened: tuple[Any, Told]) -> None:
    import numpy

    made, _ = opened
    pixels = numpy.zeros((2, 2, 3), dtype="uint8")
    pixels[0], pixels[1] = (255, 0, 0), (0, 0, 255)
    made._paint(packed(pixels))
    assert colour_at(made, 0.5, 0.25) == (255, 0, 0)
    assert colour_at(made, 0.5, 0.75) == (0, 0, 255)
    assert colour_at(made, 0.02, 0.5) == rgb(BACKGROUND)
