"""Sends bulk to one peer by the best path there is, at a pace that leaves room for the inputs. Knows paths by their rates.

What a path takes in one turn of the event loop is what the inputs may have to wait for, so each path says how much that is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol

from rollback.errors import WireError
from rollback.net.flow import TAKEN, Inflow, Outflow, is_bulk_message
from rollback.net.transport import ignore, tell

__all__ = ["Bulk", "BulkPath", "State"]

ANSWER_WITHIN: Final = 0.05  # seconds; an answer for each message would double the datagrams of a path
EARLY: Final = 0.0005  # seconds; a timer may fire a little before its time, and must not wait for another turn then

State = Literal["open", "opening", "shut"]


class BulkPath(Protocol):
    """A way for bulk, and how much of it may be taken."""

    @property
    def longest(self) -> int:
        """Bytes of a message."""

    @property
    def share(self) -> int:
        """Bytes that may leave together."""

    @property
    def pace(self) -> float:
        """Seconds from one share to the next."""

    @property
    def patience(self) -> float:
        """Seconds without an answer after which all is sent again; 0 where nothing is lost while the path is open."""

    def state(self) -> State:
        """Return whether the path is open; one that is opening is worth waiting for."""

    def want(self) -> None:
        """Take note that there is something to send or answer."""

    def send(self, message: bytes) -> bool:
        """Send a message; False: not now, try again after `pace`, or when `Bulk.pump` is called."""


class Bulk:
    """The bulk to and from one peer.

    Args:
        paths: Best first; one that is `shut` is passed over.
        on_blob: Called with every blob that arrives.
        dropped: What was refused, by reason.
    """

    def __init__(self, paths: Sequence[BulkPath], on_blob: Callable[[bytes], None], dropped: Counter[str]) -> None:
        self.on_drained: Callable[[], None] = ignore
        self._paths = list(paths)
        self._on_blob = on_blob
        self._dropped = dropped
        self._out = Outflow()
        self._in = Inflow()
        self._path: BulkPath | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None
        self._next_share = 0.0
        self._left = 0  # bytes that may still leave in this share
        self._progress = 0.0  # when the receiver last took something, or all was sent again
        self._taken = 0
        self._closed = False

    def __bool__(self) -> bool:
        """Whether something was not acknowledged yet."""
        return bool(self._out)

    def add_path(self, path: BulkPath) -> None:
        """Add a path, worse than those there are."""
        self._paths.append(path)

    def send(self, blob: bytes) -> bool:
        """Send a blob; False where more than 16 MiB wait already."""
        if self._closed or not self._out.add(blob):
            return False
        self.pump()
        return True

    def take(self, message: bytes) -> None:
        """Take a message of the other side, by whichever path it came."""
        if self._closed:
            return
        try:
            if not is_bulk_message(message):
                raise WireError("malformed", "no message of bulk")
            if message[0] == TAKEN:
                self._out.take(message)
            else:
                for blob in self._in.take(message):
                    tell(self._on_blob, blob)
        except WireError as error:
            self._dropped[error.reason] += 1
            return
        if message[0] == TAKEN:
            if not self._out:
                self.on_drained()
        elif self._in.is_urgent:
            self._answer()
        elif self._answer_timer is None:
            self._answer_timer = asyncio.get_running_loop().call_later(ANSWER_WITHIN, self._answer)
        self.pump()

    def forget(self) -> None:
        """Let go what was not acknowledged: the peer left."""
        self._out = Outflow()

    def pump(self) -> None:
        """Send what is due; called by whoever learns that a path opened, closed or has room."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._closed:
            return
        path = self._choose()
        if path is None or not self._out:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._repeat_where_lost(path, now)
        if now >= self._next_share - EARLY:
            self._next_share, self._left = now + path.pace, path.share
        while self._left > 0 and self._out.is_due:
            message = self._out.message(path.longest)
            if not path.send(message):
                self._next_share = max(self._next_share, now + path.pace)
                break
            self._out.sent(message)
            self._left -= len(message)
        if self._out.is_due:
            self._timer = loop.call_at(self._next_share, self.pump)
        elif path.patience:
            self._timer = loop.call_at(self._progress + path.patience, self.pump)

    def close(self) -> None:
        """Let everything go."""
        self._closed = True
        for timer in (self._timer, self._answer_timer):
            if timer is not None:
                timer.cancel()
        self.on_drained()

    def _choose(self) -> BulkPath | None:
        """Return the path to take, None while there is none."""
        if self._path is not None and self._path.state() == "shut":
            self._path = None  # should it open again, then as a new one
        best = None
        for path in self._paths:
            if self._out:
                path.want()
            if (state := path.state()) != "shut":
                best = path if state == "open" else None
                break
        if best is not None and best is not self._path:
            self._path = best
            self._next_share = 0.0
            self._out.rewind()
            self._progress = asyncio.get_running_loop().time()
            if self._in.answer is not None:
                best.send(self._in.answer)  # the one before may have been lost with its path
        return best

    def _repeat_where_lost(self, path: BulkPath, now: float) -> None:
        if self._out.taken != self._taken or not path.patience:
            self._taken, self._progress = self._out.taken, now
        elif now >= self._progress + path.patience:
            self._progress = now
            self._out.rewind()

    def _answer(self) -> None:
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None
        answer, path = self._in.answer, self._choose()
        if answer is None or path is None:
            return  # the next path begins with an answer
        if path.send(answer):
            self._in.answered()
        else:
            self._answer_timer = asyncio.get_running_loop().call_later(ANSWER_WITHIN, self._answer)
