"""Who plays here: a bot, the terminal's keyboard or a window, and what is shown meanwhile. Knows no lobby."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, Final, Protocol, Self

from rollback.cli.field import picture_of
from rollback.cli.keyboard import Keyboard
from rollback.cli.palette import Palette
from rollback.cli.play_view import compose
from rollback.cli.screen import Screen
from rollback.cli.window_link import WindowLink
from rollback.core.session import P2PSession
from rollback.game import Game
from rollback.netplay.hands.bots import bot_act
from rollback.netplay.hands.buttons import Buttons
from rollback.netplay.hands.pause_key import PauseKey
from rollback.netplay.hands.turns import Turns
from rollback.netplay.telling.stats import Rate, stats_values
from rollback.netplay.thinking import WAIT
from rollback.types import Tick

__all__ = ["BotHands", "Hands", "TerminalHands", "WindowHands"]

PICTURE_EVERY: Final = 1 / 20  # seconds between two pictures on a terminal, which are painted between frames
NUMBERS_EVERY: Final = 0.5  # seconds between two looks at the counters


class Hands(Protocol):
    """One player at this peer; used in `async with`, once the room is entered.

    Attributes:
        controller: What the others are told.
        closed: Set when the player closed what it looked at.
    """

    controller: str
    closed: asyncio.Event

    def act(self, game: Any, player: int) -> Any:
        """Return the action of this frame."""

    def frame(self, session: P2PSession, tick: Tick) -> None:
        """Show a frame, if it is time to."""

    def tell(self, sentence: str) -> None:
        """Tell what happened."""

    def held(self) -> Collection[str]:
        """Return the names of the keys that are held."""

    def rest(self) -> None:
        """The match is over; another one may follow."""

    async def __aenter__(self) -> Self:
        """Take what is needed."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""


class BotHands:
    """A bot; what happens is told in lines on stderr."""

    controller = "bot"

    def __init__(self, name: str, game: Game, player: int, seed: int) -> None:
        self.act = bot_act(name, game, player, seed)
        self.closed = asyncio.Event()

    def frame(self, session: P2PSession, tick: Tick) -> None:
        """Show nothing."""

    def tell(self, sentence: str) -> None:
        """Print it."""
        print(sentence, file=sys.stderr)

    def held(self) -> Collection[str]:
        """Return nothing."""
        return ()

    def rest(self) -> None:
        """Do nothing."""

    async def __aenter__(self) -> Self:
        """Take nothing."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give nothing back."""


def _chosen(buttons: Buttons, turns: Turns | None, held: Collection[str], game: Any, player: int) -> Any:
    """Return the action of the keys that are held, `WAIT` where a decision is due and nothing is decided."""
    if turns is not None and turns.waits(game, player, held, now=time.monotonic()):
        return WAIT
    return buttons.action(held)


def _legend(buttons: Buttons, pause: PauseKey, turns: Turns | None, tick: Tick) -> str:
    return f"{buttons.legend()}{pause.legend}{turns.legend(tick.reason) if turns else ''}"


class _Shown:
    """What a picture of a running match says besides the field, looked at twice a second."""

    def __init__(self) -> None:
        self.stats: dict[str, Any] = {}
        self.rollbacks = Rate()
        self._next = 0.0

    def look(self, session: P2PSession, now: float) -> None:
        if now >= self._next:
            self._next = now + NUMBERS_EVERY
            self.stats = stats_values(session.stats())
            self.rollbacks.add(self.stats["rollbacks"], now=now)


class TerminalHands:
    """A person at this terminal."""

    controller = "human"

    def __init__(
        self, game: Game, player: int, title: str, keys: Mapping[str, Any] | None = None, *, by_turns: bool = False
    ) -> None:
        self.closed = asyncio.Event()
        self.path = ""
        self._buttons = Buttons(game, player, keys)
        self._title = title
        self._screen = Screen(sys.stderr)
        self._palette = Palette.of(sys.stderr)
        self._keyboard = Keyboard(write=self._screen.send)
        self._turns = Turns(self._buttons.names) if by_turns else None
        self._pause = PauseKey(self._buttons.names, is_known=not by_turns)
        self._shown = _Shown()
        self._news = ""
        self._is_showing = False
        self._next = 0.0

    def act(self, game: Any, player: int) -> Any:
        """Return the action of the keys that are held."""
        return _chosen(self._buttons, self._turns, self.held(), game, player)

    def frame(self, session: P2PSession, tick: Tick) -> None:
        """Paint the match, twenty times a second."""
        now = time.monotonic()
        if tick.reason != "synchronizing":
            self._pause.look(self._keyboard.held(), session, now)
        if tick.reason == "synchronizing" or (now < self._next and tick.reason != "ended"):
            return
        self._next, self._is_showing = now + PICTURE_EVERY, True
        self._shown.look(session, now)
        lines = compose(
            self._title,
            picture_of(session.game),
            self._shown.stats,
            self._shown.rollbacks.per_second,
            self.path,
            (
                f"{_legend(self._buttons, self._pause, self._turns, tick)}  Ctrl-C leaves",
                self._news,
            ),
            self._screen.size,
            self._palette,
        )
        self._screen.show(lines)

    def tell(self, sentence: str) -> None:
        """Show it below the picture, or print it before there is one."""
        self._news = sentence
        if not self._is_showing:
            print(sentence, file=sys.stderr)

    def held(self) -> Collection[str]:
        """Return the names of the keys that are held."""
        return self._keyboard.held()

    def rest(self) -> None:
        """Leave the picture of this match above, and begin the next one below."""
        self._screen.close()
        self._screen, self._is_showing, self._news = Screen(sys.stderr), False, ""

    async def __aenter__(self) -> Self:
        """Take the keyboard."""
        self._keyboard.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the terminal back."""
        self._screen.close()
        self._keyboard.__exit__(kind, error, trace)


class WindowHands:
    """A person at a window."""

    controller = "human"

    def __init__(
        self, game: Game, player: int, title: str, keys: Mapping[str, Any] | None = None, *, by_turns: bool = False
    ) -> None:
        self.closed = asyncio.Event()
        self.path = ""
        self._game = game
        self._buttons = Buttons(game, player, keys)
        self._turns = Turns(self._buttons.names) if by_turns else None
        self._pause = PauseKey(self._buttons.names, is_known=not by_turns)
        self._title = title
        self._link: WindowLink | None = None
        self._watching: asyncio.Task[None] | None = None
        self._shown = _Shown()

    def act(self, game: Any, player: int) -> Any:
        """Return the action of the keys that are held."""
        return _chosen(self._buttons, self._turns, self.held(), game, player)

    def frame(self, session: P2PSession, tick: Tick) -> None:
        """Offer the window a picture."""
        if self._link is None:
            return
        now = time.monotonic()
        if tick.reason != "synchronizing":
            self._pause.look(self._link.held(), session, now)
        self._shown.look(session, now)
        stats = self._shown.stats
        keys = _legend(self._buttons, self._pause, self._turns, tick)
        note = f"{keys}      round trip {stats['rtt_ms']:.0f} ms   rollbacks {stats['rollbacks']}"
        self._link.offer(session.game, "waiting for the others" if tick.reason == "synchronizing" else note)

    def tell(self, sentence: str) -> None:
        """Print it: the terminal is free."""
        print(sentence, file=sys.stderr)

    def held(self) -> Collection[str]:
        """Return the names of the keys that are held."""
        return self._link.held() if self._link else ()

    def rest(self) -> None:
        """Keep the last picture."""

    async def __aenter__(self) -> Self:
        """Open the window."""
        self._link = await WindowLink.open(self._title)
        self._watching = asyncio.create_task(self._watch(self._link))
        self._link.offer(self._game, "waiting for the others")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        if self._watching is not None:
            self._watching.cancel()
        if self._link is not None:
            await self._link.close()

    async def _watch(self, link: WindowLink) -> None:
        await link.closed.wait()
        self.closed.set()
