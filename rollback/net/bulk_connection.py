"""The connection for bulk to one peer: opened when something is to be sent, closed when nothing was for a while.

Either side may begin. The signals are those of any negotiation under another key, `bulk` for `webrtc`. Knows no aiortc.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, cast

from rollback.net.allowance import Allowance
from rollback.net.bulk import State
from rollback.net.negotiable import Negotiable
from rollback.net.negotiation import Negotiation
from rollback.net.signals import read_signal
from rollback.net.transport import ignore

__all__ = ["IDLE", "KEY", "PATIENCE", "BulkConnection"]

KEY: Final = "bulk"
IDLE: Final = 10.0  # seconds without a message, after which the connection is closed; dead or unused, it comes to the same
PATIENCE: Final = 2.0  # seconds that bulk waits for the connection to open before it takes another path
REST: Final = 30.0  # seconds after a try that failed until the next; meanwhile there are other paths
OPEN_PACE: Final = 5.0  # seconds between two connections in the long run, whoever asks for them
OPEN_BURST: Final = 4


class BulkNegotiable(Negotiable, Protocol):
    """What is needed of a line; see `rollback.net.bulk_line.BulkLine`."""

    on_bulk: Callable[[bytes], None]
    on_room: Callable[[], None]

    def send_bulk(self, message: bytes, /) -> bool:
        """Send a message; False: not now."""


class BulkConnection:
    """A path for bulk, see `rollback.net.bulk.BulkPath`.

    Args:
        offers: Whether this side makes the offers.
        signal: Sends a signal to the peer.
        make_line: Makes a new line.
        timeout: Seconds that it may take to open.
        dropped: What was refused, by reason.

    Attributes:
        on_message: Called with every message that arrives.
        on_change: Called when the path opens, closes or has room.
        may_open: Asked before a try: False while not even the inputs have a connection.
    """

    longest: Final = 4 * 1160  # bytes of a message: four of aiortc's packets, full ones
    share: Final = 12 * 1024
    pace: Final = 0.005
    patience: Final = 0.0

    def __init__(
        self,
        *,
        offers: bool,
        signal: Callable[[dict[str, Any]], Awaitable[None]],
        make_line: Callable[[], BulkNegotiable],
        timeout: float,
        dropped: Counter[str],
    ) -> None:
        self.on_message: Callable[[bytes], None] = ignore
        self.on_change: Callable[[], None] = ignore
        self.may_open: Callable[[], bool] = lambda: True
        self._offers = offers
        self._signal = signal
        self._make_line = make_line
        self._timeout = timeout
        self._dropped = dropped
        self._negotiation: Negotiation | None = None
        self._task: asyncio.Task[None] | None = None
        self._endings: set[asyncio.Task[None]] = set()
        self._allowance = Allowance(pace=OPEN_PACE, burst=OPEN_BURST)
        self._not_before = 0.0
        self._began = 0.0
        self._used = 0.0
        self._opened_once = False
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    def state(self) -> State:
        """Return whether the connection is open, or may soon be."""
        if self._line is not None and self._line.is_open:
            return "open"
        if self._negotiation is not None and _now() < self._began + PATIENCE and self.may_open():
            return "opening"
        return "shut"

    def want(self) -> None:
        """Open the connection, unless that failed just now."""
        if self._negotiation is not None or self._closed or not self.may_open() or _now() < self._not_before:
            return
        if self._allowance.take(_now()):
            self._begin(None)

    def send(self, message: bytes) -> bool:
        """Send a message; False: not now."""
        if self._line is None or not self._line.send_bulk(message):
            return False
        self._used = _now()
        return True

    def take(self, signal: dict[str, Any]) -> None:
        """Take a signal of the peer."""
        if self._closed:
            return
        plain = {**signal, "webrtc": signal.get(KEY)}
        if self._negotiation is not None:
            self._negotiation.take(plain)
        elif (said := read_signal(plain)) is None:
            self._dropped["malformed signal"] += 1
        elif said.what == ("want" if self._offers else "offer"):
            if self._allowance.take(_now()):
                self._begin(said if said.what == "offer" else None)
            else:
                self._dropped["too many calls"] += 1

    def shut(self) -> None:
        """Close the connection, or give up the try; `want` opens another."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._negotiation is not None and self._task is not None:
            ending = asyncio.create_task(_end(self._negotiation, self._task), name="closing a bulk connection")
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            self._negotiation = self._task = None

    async def close(self) -> None:
        """Close the connection for good."""
        self._closed = True
        self.shut()
        await asyncio.gather(*self._endings)

    @property
    def _line(self) -> BulkNegotiable | None:
        return None if self._negotiation is None else cast("BulkNegotiable | None", self._negotiation.line)

    def _begin(self, spark: Any) -> None:
        self._began = self._used = _now()
        self._opened_once = False
        negotiation = self._negotiation = Negotiation(
            offers=self._offers, signal=self._say, make_line=self._make, timeout=self._timeout, dropped=self._dropped
        )
        negotiation.on_open = lambda: self._opened(negotiation)
        negotiation.on_end = lambda reason, left: self._ended(negotiation)
        self._task = asyncio.create_task(negotiation.run(spark), name="bulk connection")
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._look)

    def _make(self) -> BulkNegotiable:
        line = self._make_line()
        line.on_bulk = self._message
        line.on_room = lambda: self.on_change()
        return line

    def _message(self, message: bytes) -> None:
        self._used = _now()
        self.on_message(message)

    async def _say(self, signal: dict[str, Any]) -> None:
        await self._signal({KEY: signal.pop("webrtc"), **signal})

    def _opened(self, negotiation: Negotiation) -> None:
        if negotiation is self._negotiation:
            self._opened_once = True
            self.on_change()

    def _ended(self, negotiation: Negotiation) -> None:
        if negotiation is self._negotiation:
            if not self._opened_once:
                self._not_before = _now() + REST
            self.shut()
            self.on_change()

    def _look(self) -> None:
        """Take another path where the try takes long, and close what is not used."""
        self._timer = None
        if self._opened_once and _now() >= self._used + IDLE:
            self.shut()
        elif self._negotiation is not None:
            due = self._used + IDLE if self._opened_once else _now() + PATIENCE
            self._timer = asyncio.get_running_loop().call_at(due, self._look)
        self.on_change()


async def _end(negotiation: Negotiation, task: asyncio.Task[None]) -> None:
    task.cancel()
    if negotiation.line is not None:
        await negotiation.line.close()
    await asyncio.gather(task, return_exceptions=True)


def _now() -> float:
    return asyncio.get_running_loop().time()
