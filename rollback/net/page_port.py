"""The Python end of the bridge between a browser's worker and its page. Knows messages; no lobby and no connection.

A message is a mapping that travels as JSON, with bytes beside it. What comes from the page says `do`, what goes there
says `tell`. The page is ours, so what it says wrongly is a bug of ours: it is counted, and ends nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from rollback.errors import NetworkError
from rollback.net.lobby_refusal import LobbyRefusal
from rollback.net.mailbox import Mailbox
from rollback.net.page_values import bytes_from_page, bytes_to_page
from rollback.net.transport import tell
from rollback.net.words import plain_words

__all__ = ["KINDS", "LOST", "PagePort"]

KINDS: Final = ("begin", "lobby", "keys", "visible", "pause", "again", "leave")  # that wait for somebody to take them
KEPT: Final = 4096  # of each: the feed of a match that is watched fills up while the game is loaded
LOST: Final = ("lost", "timeout", "unreachable", "over", "none")  # codes of the page itself: no lobby said no
Take = Callable[[dict[str, Any], bytes | None], None]


class PagePort:
    """Takes what the page says to whoever is there for it, and says what it is told to.

    Args:
        post: Takes a text and bytes, or None for none, to the page; in a browser a function of the worker's JavaScript.

    Attributes:
        dropped: What came and was not understood, or came too late, by reason.
    """

    def __init__(self, post: Callable[[str, Any], object]) -> None:
        self.dropped: Counter[str] = Counter()
        self._post = post
        self._boxes = {kind: Mailbox(KEPT) for kind in KINDS}
        self._peers: dict[str, tuple[Take, Callable[[int, Any], None]]] = {}
        self._asked: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._keys = itertools.count(1)

    def post(self, message: Mapping[str, Any], data: bytes | None = None) -> None:
        """Say something to the page."""
        text = json.dumps(message, allow_nan=False, separators=(",", ":"))
        self._post(text, None if data is None else bytes_to_page(data))

    def on(self, kind: str, take: Take | None) -> None:
        """Call `take` with each message of a kind (see `KINDS`) and its bytes, those that wait first; None: nobody."""
        self._boxes[kind].handler = take

    async def ask(self, message: Mapping[str, Any], within: float) -> Mapping[str, Any]:
        """Say something that the page answers, and return the answer.

        Raises:
            LobbyRefusal: The answer is the lobby's no.
            NetworkError: The page could not do it, or said nothing for `within` seconds.
        """
        number = next(self._numbers)
        answer: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            self.post({**message, "ask": number})
            async with asyncio.timeout(within):
                return await answer
        except TimeoutError:
            raise NetworkError(f"the page did not answer within {within:g} s") from None
        finally:
            del self._asked[number]

    def add_peer(self, take: Take, take_channel: Callable[[int, Any], None]) -> str:
        """Return the key of a new peer connection; what the page says of it, and its channels, come to these."""
        key = f"peer{next(self._keys)}"
        self._peers[key] = take, take_channel
        return key

    def remove_peer(self, key: str) -> None:
        """Hear no more of a peer connection."""
        self._peers.pop(key, None)

    def take(self, text: str, data: Any = None) -> None:
        """Take a message of the page and its bytes; called by the worker's JavaScript. Never raises."""
        try:
            message = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            message = None
        match message:
            case {"do": "answer" | "peer", "ask": int(number)}:
                self._answered(number, message)
            case {"do": "peer", "peer": str(key)} if key in self._peers:
                tell(self._peers[key][0], message, None)
            case {"do": "peer"}:
                self.dropped["of a connection that is closed"] += 1
            case {"do": str(kind)} if kind in self._boxes:
                self._boxes[kind].put(message, bytes_from_page(data))
            case _:
                self.dropped["malformed"] += 1

    def take_channel(self, key: str, number: int, channel: Any) -> None:
        """Take a data channel of a peer connection; called by the worker's JavaScript. Never raises.

        Args:
            key: Of the peer connection.
            number: The channel's id.
            channel: What has `send`, `bufferedAmount`, `bufferedAmountLowThreshold`, `readyState`, `close` and
                `listen(callback)`, which calls `callback(event, data)` with `open`, `message`, `close` and
                `bufferedamountlow`, what came before first.
        """
        if key in self._peers:
            tell(self._peers[key][1], number, channel)
            return
        self.dropped["of a connection that is closed"] += 1
        with contextlib.suppress(Exception):  # whatever JavaScript throws: nobody needs it any more
            channel.close()

    def _answered(self, number: int, answer: Mapping[str, Any]) -> None:
        asked = self._asked.get(number)
        if asked is None or asked.done():
            self.dropped["too late"] += 1
            return
        match answer:
            case {"error": {"code": str(code), "sentence": str(sentence)}} if code not in LOST:
                asked.set_exception(LobbyRefusal(code, plain_words(sentence)))
            case {"error": {"sentence": str(sentence)}} | {"error": str(sentence)}:
                asked.set_exception(NetworkError(plain_words(sentence)))
            case {"result": dict(result)}:
                asked.set_result(result)
            case {"error": _}:
                asked.set_exception(NetworkError("the page could not do what was asked"))
            case _:
                asked.set_result(answer)
