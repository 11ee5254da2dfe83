"""A callback that may be assigned late: what comes before is kept, up to a bound. Knows not what it carries."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Mailbox"]


class Mailbox:
    """Hands what arrives to `handler`, at once when there is one, and on its assignment when not.

    What a handler raises goes to the event loop's exception handler: it must not end the connection it came from.

    Args:
        bound: How much is kept; the oldest goes first.
    """

    __slots__ = ("_handler", "_kept")

    def __init__(self, bound: int) -> None:
        self._kept: deque[tuple[Any, ...]] = deque(maxlen=bound)
        self._handler: Callable[..., None] | None = None

    @property
    def handler(self) -> Callable[..., None] | None:
        """The callback."""
        return self._handler

    @handler.setter
    def handler(self, handler: Callable[..., None] | None) -> None:
        self._handler = handler
        # The handler may assign another one, or None, while it is handed the kept ones.
        while self._kept and self._handler is not None:
            self._call(self._handler, self._kept.popleft())

    def put(self, *what: Any) -> None:
        """Hand over, or keep."""
        if self._handler is None or self._kept:
            self._kept.append(what)
        else:
            self._call(self._handler, what)

    @staticmethod
    def _call(handler: Callable[..., None], what: tuple[Any, ...]) -> None:
        try:
            handler(*what)
        except Exception as error:
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"{handler!r} failed on what a lobby delivered", "exception": error}
            )
