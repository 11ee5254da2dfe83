"""A window in a process of its own: paints what it is told, tells which keys are held. Knows pygame; knows no match.

The only file that imports pygame. As a process it can neither delay a frame nor be delayed by one, and it has the main
thread that some systems want for windows.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from rollback.cli.pipes import Parent
from rollback.cli.pixels import unpacked
from rollback.errors import MissingPackage, RollbackError
from rollback.games.drawing import ASPECT, BACKGROUND, rgb

__all__ = ["main", "require_pygame"]

HEIGHT: Final = 600
PICTURES_PER_SECOND: Final = 60
_NOTE: Final = 0.035  # height of the line below the picture, as a share
_KEY_NAMES: Final = {"return": "enter"}


def require_pygame() -> None:
    """Raise `MissingPackage` where there is no pygame."""
    from importlib.util import find_spec

    if find_spec("pygame") is None:
        raise MissingPackage("a window", "pygame-ce", "window")


class _Window:
    """The window, on the main thread."""

    def __init__(self, parent: Parent, title: str) -> None:
        os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"
        import pygame

        self._pygame = pygame
        self._parent = parent
        self._fonts: dict[int, Any] = {}
        self._held: set[str] = set()
        self._news = threading.Condition()
        self._picture: Mapping[str, Any] | None = None
        self._note = ""
        self._is_over = False
        pygame.display.init()
        pygame.font.init()
        pygame.display.set_mode((round(HEIGHT * ASPECT), HEIGHT), pygame.RESIZABLE)
        pygame.display.set_caption(title)

    def take(self, message: Mapping[str, Any]) -> None:
        """Take a line of the parent; called in another thread."""
        with self._news:
            self._picture = message.get("picture", self._picture)
            self._note = message.get("note", self._note)
            self._news.notify()

    def close(self) -> None:
        """End `run`; called in another thread."""
        with self._news:
            self._is_over = True
            self._news.notify()

    def run(self) -> None:
        """Paint and listen to the keyboard until the end."""
        pygame = self._pygame
        clock = pygame.time.Clock()
        self._parent.tell({"open": True})
        while not self._is_over:
            if self._pump():
                self._parent.tell({"closed": True})
                break
            with self._news:
                picture, self._picture = self._picture, None
            if picture is not None:
                self._paint(picture)
                pygame.display.flip()
                self._parent.tell({"painted": True})
            clock.tick(PICTURES_PER_SECOND * 2)  # twice as often as pictures come: a key is told in time for its frame
        pygame.quit()

    def _pump(self) -> bool:
        """Take what the window system tells; return whether the window was closed."""
        pygame, before = self._pygame, set(self._held)
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                return True
            if event.type == pygame.KEYDOWN:
                self._held.add(_key_name(pygame.key.name(event.key)))
            elif event.type == pygame.KEYUP:
                self._held.discard(_key_name(pygame.key.name(event.key)))
            elif event.type == pygame.WINDOWFOCUSLOST:
                self._held.clear()  # what is let go elsewhere is never told
        if self._held != before:
            self._parent.tell({"keys": sorted(self._held)})
        return False

    def _paint(self, picture: Mapping[str, Any]) -> None:
        surface: Any = self._pygame.display.get_surface()
        surface.fill(rgb(BACKGROUND))
        width, height = surface.get_size()
        below = round(height * _NOTE * 1.6)
        field = surface.subsurface((0, 0, width, max(1, height - below)))
        painters: Mapping[str, Callable[..., None]] = {
            "rect": self._rect,
            "circle": self._circle,
            "line": self._line,
            "text": self._text,
        }
        if "pixels" in picture:
            self._pixels(field, picture)
        for kind, *rest in picture.get("draw", ()):
            if painter := painters.get(kind):
                painter(field, *rest)
        for row, line in enumerate(str(picture.get("text", "")).split("\n")):
            self._text(field, 0.02, 0.05 + row * 0.045, 0.04, line, "silver", "left")
        if self._note:
            self._text(surface, 0.02, 1 - _NOTE * 0.8, _NOTE, self._note, "silver", "left")

    def _pixels(self, field: Any, picture: Mapping[str, Any]) -> None:
        """Show an array as large as fits, in the middle."""
        across, down, data = unpacked(picture)
        width, height = field.get_size()
        scale = min(width / across, height / down)
        size = (max(1, round(across * scale)), max(1, round(down * scale)))
        image = self._pygame.transform.scale(self._pygame.image.frombuffer(data, (across, down), "RGB"), size)
        field.blit(image, ((width - size[0]) // 2, (height - size[1]) // 2))

    def _rect(self, field: Any, x: float, y: float, width: float, height: float, colour: str) -> None:
        across, down = field.get_size()
        left, top = round(x * across), round(y * down)
        right, bottom = round((x + width) * across), round((y + height) * down)
        self._pygame.draw.rect(field, rgb(colour), (left, top, max(1, right - left), max(1, bottom - top)))

    def _circle(self, field: Any, x: float, y: float, radius: float, colour: str) -> None:
        across, down = field.get_size()
        place = (round(x * across), round(y * down))
        self._pygame.draw.circle(field, rgb(colour), place, max(1, round(radius * down)))

    def _line(self, field: Any, x1: float, y1: float, x2: float, y2: float, width: float, colour: str) -> None:
        across, down = field.get_size()
        start, end = ((round(x * across), round(y * down)) for x, y in ((x1, y1), (x2, y2)))
        thick = max(1, round(width * down))
        self._pygame.draw.line(field, rgb(colour), start, end, thick)
        for place in (start, end) if thick > 2 else ():
            self._pygame.draw.circle(field, rgb(colour), place, thick // 2)

    def _text(self, field: Any, x: float, y: float, size: float, string: str, colour: str, align: str = "left") -> None:
        if not string:
            return
        across, down = field.get_size()
        pixels = max(8, round(size * down))
        font = self._fonts.get(pixels)
        if font is None:
            font = self._fonts[pixels] = self._pygame.font.Font(None, round(pixels * 1.3))
        written = font.render(string, True, rgb(colour))
        left = x * across - {"left": 0.0, "center": 0.5, "right": 1.0}[align] * written.get_width()
        field.blit(written, (round(left), round(y * down - written.get_height() / 2)))


def _key_name(name: str) -> str:
    return _KEY_NAMES.get(name, name)


def main() -> None:
    """Open the window that the first line on stdin names."""
    parent = Parent()
    first = parent.first()
    try:
        require_pygame()
        window = _Window(parent, first["title"])
    except RollbackError as error:
        parent.tell({"error": str(error)})
        return
    except Exception as error:  # pygame.error; without the package the name does not even exist
        parent.tell({"error": f"no window can be opened: {error}: is there a screen? without one play from the terminal"})
        return
    parent.listen(window.take, window.close)
    window.run()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
