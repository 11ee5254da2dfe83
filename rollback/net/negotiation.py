"""Brings a direct connection to one peer about, again and again. Knows lines and signals; no aiortc and no lobby.

One task takes everything that happens from one queue, in order, so no two steps of a negotiation ever interleave.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from rollback.errors import NetworkError, RollbackError
from rollback.net.allowance import Allowance
from rollback.net.candidates import Candidates
from rollback.net.negotiable import Negotiable
from rollback.net.signals import MAX_TEXT, Said, read_signal
from rollback.net.transport import ignore

__all__ = ["FIRST_PAUSE", "LONGEST_PAUSE", "Negotiation"]

FIRST_PAUSE: Final = 1.0  # seconds before the second try
LONGEST_PAUSE: Final = 30.0  # doubling ends here
FAREWELL: Final = 1.0  # seconds a peer that said goodbye may take to close
QUEUE: Final = 64  # signals that may wait; a negotiation needs a handful
CALLS: Final = 8  # calls for a new connection that are heard at once: each costs a connection, and the old one
CALL_PACE: Final = 1.0  # seconds between them in the long run; an honest peer rests as long between its tries


@dataclass(frozen=True, slots=True)
class _Opened:
    line: Negotiable


@dataclass(frozen=True, slots=True)
class _Lost:
    line: Negotiable
    reason: str


@dataclass(frozen=True, slots=True)
class _Goodbye:
    line: Negotiable
    reason: str


@dataclass(frozen=True, slots=True)
class _Found:
    line: Negotiable
    candidate: str
    mid: str


@dataclass(frozen=True, slots=True)
class _Distrusted:
    reason: str


_Happening = _Opened | _Lost | _Goodbye | _Found | _Distrusted | Said


class Negotiation:
    """Keeps a direct connection to one peer: offers or answers, waits, holds, and tries again when it is lost.

    Args:
        offers: Whether this side makes the offers; the other side must not.
        signal: Sends a signal to the peer; `NetworkError` where it cannot.
        make_line: Makes a new line whose messages are already wired.
        timeout: Seconds a try may take.

    Attributes:
        on_open: Called when a connection is open; `line` is it.
        on_end: Called with the reason when a try failed or the connection was lost, and whether the peer said goodbye.
        line: The line of the present try or connection.
        dropped: Signals that broke the rules, by reason.
    """

    def __init__(
        self,
        *,
        offers: bool,
        signal: Callable[[dict[str, Any]], Awaitable[None]],
        make_line: Callable[[], Negotiable],
        timeout: float,
        dropped: Counter[str] | None = None,
    ) -> None:
        self.on_open: Callable[[], None] = ignore
        self.on_end: Callable[[str, bool], None] = ignore
        self.line: Negotiable | None = None
        self.dropped: Counter[str] = Counter() if dropped is None else dropped
        self._offers = offers
        self._signal = signal
        self._make_line = make_line
        self._timeout = timeout
        self._attempt = ""
        self._description = ""  # what we sent in this attempt: sent again when it is asked for again
        self._answered = False
        self._candidates = Candidates()
        self._queue: asyncio.Queue[_Happening] = asyncio.Queue()
        self._called = Allowance(pace=CALL_PACE, burst=CALLS)

    def take(self, signal: Any) -> None:
        """Queue a signal of the peer; whatever breaks the rules is dropped and counted."""
        if (said := read_signal(signal)) is None:
            self.dropped["malformed signal"] += 1
        elif self._queue.qsize() >= QUEUE:
            self.dropped["too many signals"] += 1
        elif self._calls(said) and not self._called.take(asyncio.get_running_loop().time()):
            self.dropped["too many calls"] += 1
        else:
            self._queue.put_nowait(said)

    def distrust(self, reason: str) -> None:
        """Give the open connection up and try anew: somebody knows better that it is dead."""
        if self.line is not None and self.line.is_open:
            self._queue.put_nowait(_Distrusted(reason))

    async def run(self, spark: Said | None = None) -> None:
        """Try, hold and try again until cancelled; begin with the answer to an offer, where one came already."""
        pause = FIRST_PAUSE
        while True:
            left = False
            try:
                async with asyncio.timeout(self._timeout):
                    await self._connect(spark)
            except TimeoutError:
                reason, spark = f"no direct connection within {self._timeout:g} s", None
            except NetworkError as error:
                reason, spark = str(error), None
            else:
                pause = FIRST_PAUSE
                self.on_open()
                reason, spark, left = await self._hold()
            await self._drop_line()
            self.on_end(reason, left)
            if spark is None:
                spark = await self._rest(None if left else pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _connect(self, spark: Said | None) -> None:
        if self._offers:
            await self._offer()
        elif spark is not None:
            await self._answer(spark)
        else:
            await self._say({"webrtc": "want", "have": ""})
        while self.line is None or not self.line.is_open:
            await self._negotiate(await self._queue.get())

    async def _negotiate(self, happening: _Happening) -> None:
        match happening:
            case _Lost(line, reason) if line is self.line:
                raise NetworkError(reason)
            case Said("refused", attempt, reason) if attempt == self._attempt:
                raise NetworkError(f"the other side refused a direct connection: {reason}")
            case Said("offer") as offer if not self._offers:
                await self._answer(offer)
            case Said("want", attempt) if self._offers and attempt != self._attempt:
                if self._answered:  # it held this attempt before, so it lost it
                    await self._drop_line()
                    await self._offer()
                else:  # it came too late to hear the offer
                    await self._say_description("offer")
            case Said("answer", attempt, answer) if attempt == self._attempt and self._offers:
                if self.line is not None and not self._answered:
                    self._answered = True
                    await self.line.accept(answer)
            case Said("candidate", attempt, candidate, mid) if attempt == self._attempt:
                if self.line is not None and (self._answered or not self._offers) and self._candidates.take(candidate, mid):
                    self.line.add_candidate(candidate, mid)
            case _Found(line, candidate, mid) if line is self.line and self._candidates.say(candidate, mid):
                await self._say_candidate(candidate, mid)
            case _:
                pass  # of an earlier attempt

    async def _hold(self) -> tuple[str, Said | None, bool]:
        """Wait for the end of the connection; return why, a signal that calls for a new one, and if the peer left."""
        while True:
            match await self._queue.get():
                case _Lost(line, reason) if line is self.line:
                    return reason, None, False
                case _Goodbye(line, reason) if line is self.line:
                    return reason, await self._see_off(), True
                case _Distrusted(reason):
                    return reason, None, False
                case Said(_, attempt) as call if self._calls(call) and attempt != self._attempt:
                    return "the other side started over", call, False
                case _:
                    pass

    async def _see_off(self) -> Said | None:
        # Closing at once could cut off our acknowledgement, and datagrams that the goodbye overtook.
        try:
            async with asyncio.timeout(FAREWELL):
                while True:
                    happening = await self._queue.get()
                    if isinstance(happening, Said) and self._calls(happening):
                        return happening
                    if isinstance(happening, _Lost) and happening.line is self.line:
                        return None
        except TimeoutError:
            return None

    async def _rest(self, pause: float | None) -> Said | None:
        """Wait before the next try, without end where `pause` is None; a call of the other side ends it early."""
        try:
            async with asyncio.timeout(pause):
                while True:
                    happening = await self._queue.get()
                    if isinstance(happening, Said) and self._calls(happening):
                        return happening
        except TimeoutError:
            return None

    def _calls(self, said: Said) -> bool:
        return said.what == ("want" if self._offers else "offer")

    async def _offer(self) -> None:
        self._attempt = secrets.token_hex(8)
        self._answered = False
        line = self._begin()
        try:
            self._description = await line.offer()
        except NetworkError as error:
            await self._refuse("", error)  # the other side has no attempt yet
            raise
        await self._say_description("offer")

    async def _answer(self, offer: Said) -> None:
        if self.line is not None and offer.attempt == self._attempt:
            return await self._say_description("answer")
        await self._drop_line()
        self._attempt = offer.attempt
        line = self._begin()
        try:
            self._description = await line.answer(offer.text)
        except NetworkError as error:
            await self._refuse(self._attempt, error)
            raise
        await self._say_description("answer")

    def _begin(self) -> Negotiable:
        line = self._make_line()
        line.on_open = lambda: self._queue.put_nowait(_Opened(line))
        line.on_lost = lambda reason: self._queue.put_nowait(_Lost(line, reason))
        line.on_goodbye = lambda reason: self._queue.put_nowait(_Goodbye(line, reason))
        line.on_candidate = lambda candidate, mid: self._queue.put_nowait(_Found(line, candidate, mid))
        self.line, self._candidates = line, Candidates()
        return line

    async def _drop_line(self) -> None:
        self._attempt = ""
        if self.line is not None:
            await self.line.close()
            self.line = None  # not before: whoever cancels us has to find the line that is still closing

    async def _refuse(self, attempt: str, error: NetworkError) -> None:
        # Without this the other side would learn it from its timeout.
        await self._say({"webrtc": "refused", "attempt": attempt, "reason": str(error)[:MAX_TEXT]})

    async def _say_description(self, kind: str) -> None:
        await self._say({"webrtc": kind, "attempt": self._attempt, "sdp": self._description})
        for candidate, mid in self._candidates.said:  # it is said again, and they belong to it
            await self._say_candidate(candidate, mid)

    async def _say_candidate(self, candidate: str, mid: str) -> None:
        await self._say({"webrtc": "candidate", "attempt": self._attempt, "candidate": candidate, "mid": mid})

    async def _say(self, signal: dict[str, Any]) -> None:
        try:
            await self._signal(signal)
        except NetworkError:
            raise
        except RollbackError as error:  # such as a member that is no longer in the room
            raise NetworkError(str(error)) from error
