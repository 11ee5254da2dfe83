"""A data channel that the page opened and gave to this worker, or will give. Knows no connection and no message's meaning."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from rollback.net.page_values import bytes_from_page, bytes_to_page, callback_for_page
from rollback.net.transport import ignore, tell

__all__ = ["PageChannel"]


class PageChannel:
    """See `rollback.net.peer_connection.Channel`; connecting until `attach` brings the page's channel and that is open."""

    def __init__(self) -> None:
        self.readyState = "connecting"
        self._threshold = 0
        self._handlers: dict[str, Callable[..., None]] = {}
        self._channel: Any = None
        self._let_go: Callable[[], None] = ignore

    @property
    def bufferedAmount(self) -> int:
        """Bytes that wait to leave."""
        return 0 if self._channel is None else int(self._channel.bufferedAmount)

    @property
    def bufferedAmountLowThreshold(self) -> int:
        """At how many of them `bufferedamountlow` is told."""
        return self._threshold

    @bufferedAmountLowThreshold.setter
    def bufferedAmountLowThreshold(self, amount: int) -> None:
        self._threshold = amount
        if self._channel is not None:
            self._channel.bufferedAmountLowThreshold = amount

    def on(self, event: str, handler: Callable[..., None]) -> None:
        """Call `handler` at an event, see `Channel`; the last one that was given."""
        self._handlers[event] = handler

    def send(self, data: bytes) -> None:
        """Send a message; lost where the channel is not open."""
        if self._channel is not None and self.readyState == "open":
            with contextlib.suppress(Exception):  # what JavaScript throws where it just closed; that is told by itself
                self._channel.send(bytes_to_page(data))

    def attach(self, channel: Any) -> None:
        """Take the page's channel, see `PagePort.take_channel`; a second one is closed."""
        if self._channel is not None or self.readyState == "closed":
            channel.close()
            return
        self._channel = channel
        channel.bufferedAmountLowThreshold = self._threshold
        callback, self._let_go = callback_for_page(self._happened)
        channel.listen(callback)
        if str(channel.readyState) == "open":
            self._open()

    def close(self) -> None:
        """Hear nothing more, and close the page's channel where there is one."""
        self.readyState = "closed"
        self._handlers.clear()
        if self._channel is not None:
            with contextlib.suppress(Exception):  # it may be gone with its connection
                self._channel.close()
        self._channel = None
        self._let_go()
        self._let_go = ignore

    def _happened(self, event: str, data: Any = None) -> None:
        if event == "message":
            self._open()  # where the word of it is still behind
            self._tell("message", bytes_from_page(data))
        elif event == "open":
            self._open()
        elif event == "close" and self.readyState != "closed":
            self.readyState = "closed"
            self._tell("close")
        elif event == "bufferedamountlow":
            self._tell("bufferedamountlow")

    def _open(self) -> None:
        if self.readyState == "connecting":
            self.readyState = "open"
            self._tell("open")

    def _tell(self, event: str, *what: Any) -> None:
        if event in self._handlers:
            tell(self._handlers[event], *what)  # what it raises must not end in JavaScript
