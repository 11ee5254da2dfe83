"""The page of players with a client that acts as the test says: hands that press real keys and touch. Knows no match."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

from tests.browser.stage import Stage, Tab

PONG: Final = [{"label": "up", "keys": ["up", "w"]}, {"label": "down", "keys": ["down", "s"]}]
PLAYERS: Final = [{"name": "ann", "controller": "human"}, {"name": "bob", "controller": "human"}]
SCREEN: Final = "() => document.body.dataset.screen"


class ActingPage:
    """The page.

    Attributes:
        tab: Where it is.
    """

    def __init__(self, stage: Stage, tab: Tab) -> None:
        self._stage = stage
        self.tab = tab
        self._session: Any = None

    def visit(self, address: str = "") -> None:
        """Go to the page with what an address may wish."""
        self.tab.visit(f"/pages/fake.html{address}")
        self.tab.until("() => window.isOpen")

    def tell(self, name: str, told: Any) -> None:
        """Act as if the worker or the lobby had told something."""
        self.tab.evaluate("([name, told]) => client.tell(name, told)", [name, told])

    def asked(self, name: str) -> list[Any]:
        """Return what the page asked of the client under that name."""
        return list(self.tab.evaluate("(name) => client.asked(name)", name))

    def begin(self, **changes: Any) -> None:
        """Act as if a match began."""
        begun = {"game": "pong", "player": 0, "players": PLAYERS, "keys": "↑/w up", "fps": 60, "buttons": PONG}
        self.tell("begun", begun | changes)

    def text(self, selector: str) -> str:
        """Return what an element says, if it is shown."""
        return str(self.tab.evaluate("(selector) => document.querySelector(selector).innerText", selector)).strip()

    @property
    def screen(self) -> str:
        """The screen that is shown."""
        return str(self.tab.evaluate(SCREEN))

    @property
    def trouble(self) -> str:
        """The sentence of trouble, empty without one."""
        is_shown = self.tab.evaluate("() => !document.querySelector('#alert').hidden")
        return self.text("#alert-text") if is_shown else ""

    def key(self, what: str, key: str) -> None:
        """Do something with the keyboard: `press`, `down`, `up` or `type`."""
        self._stage.run(getattr(self.tab._page.keyboard, what)(key))

    def size(self, width: int, height: int) -> None:
        """Make the window as large as that."""
        self._stage.run(self.tab._page.set_viewport_size({"width": width, "height": height}))

    def calm(self, wish: Literal["reduce", "no-preference"]) -> None:
        """Say whether the reader wants less motion: that is, `reduce`."""
        self._stage.run(self.tab._page.emulate_media(reduced_motion=wish))

    def touch(self, what: str, *points: tuple[float, float, int]) -> None:
        """Have fingers at these places, each with its number: `touchStart`, `touchMove` or `touchEnd`."""
        told = {"type": what, "touchPoints": [{"x": x, "y": y, "id": number} for x, y, number in points]}
        self._stage.run(self._send("Input.dispatchTouchEvent", told))

    def look(self, name: str, *given: Any) -> Any:
        """Return what a function of `pages/looks.js` sees."""
        return self.tab.evaluate("([name, given]) => look[name](...given)", [name, list(given)])

    def until_screen(self, screen: str) -> None:
        """Wait for a screen."""
        self.tab.until(f"() => document.body.dataset.screen === '{screen}'")

    async def _send(self, method: str, told: dict[str, Any]) -> None:
        if self._session is None:
            self._session = await self.tab._page.context.new_cdp_session(self.tab._page)
        await self._session.send(method, told)


@contextmanager
def acting_page(stage: Stage, address: str = "") -> Iterator[ActingPage]:
    """Open the page, and hold afterwards that nothing left the origin, broke the policy or went wrong."""
    tab = stage.open(f"/pages/fake.html{address}")
    page = ActingPage(stage, tab)
    page.size(1280, 800)
    tab.until("() => window.isOpen")
    yield page
    assert tab.evaluate("() => window.breaches") == []
    assert tab.violations == [] and tab.strangers == [] and tab.errors == []
    page.calm("no-preference")
    tab.evaluate("() => sessionStorage.clear()")
    tab.close()
