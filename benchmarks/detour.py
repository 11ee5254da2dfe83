"""Stands between the ICE agents of several processes, and passes datagrams on later, or loses them. Knows no WebRTC.

The sockets and all that they carry are real. Each agent sees the other at an address of this process, which is told of the
signals that go between the two; to be used by whoever carries those.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from collections.abc import Callable
from typing import Any

CANDIDATE = re.compile(r"(a=candidate:\S+ \d+ udp \d+ 127\.0\.0\.1 )(\d+)( typ host)")


class Detour:
    """Stands for both peers of each connection: what is sent to the one's address here leaves by that of the other.

    Args:
        one_way: Seconds by which each datagram comes later.
        loss: The share of them that is lost.
        seed: Of the losses.
    """

    def __init__(self, one_way: float, loss: float, seed: int) -> None:
        self._delay = one_way
        self._loss = loss
        self._random = random.Random(seed)
        self._ends: dict[str, dict[str, End]] = {}  # by connection, then by peer
        self.passed = self.lost = 0

    async def rewrite(self, name: str, signal: dict[str, Any]) -> dict[str, Any]:
        """Return a signal whose candidates are addresses here."""
        if "sdp" not in signal:
            return signal
        found = CANDIDATE.search(signal["sdp"])
        if found is None:
            raise SystemExit(f"no candidate to stand for in {signal['sdp']!r}")
        ends = self._ends.setdefault(signal["attempt"], {})
        if name not in ends:
            end = ends[name] = End(self, ("127.0.0.1", int(found[2])))
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: end, local_addr=("127.0.0.1", 0))
            for one, other in itertools.permutations(ends.values(), 2):
                one.other = other
        return {**signal, "sdp": CANDIDATE.sub(rf"\g<1>{ends[name].port}\g<3>", signal["sdp"])}

    def carry(self, deliver: Callable[[], None]) -> None:
        """Deliver a datagram, late or not at all."""
        if self._random.random() < self._loss:
            self.lost += 1
            return
        self.passed += 1
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, deliver)
        else:
            deliver()

    def close(self) -> None:
        """Close all addresses."""
        for end in (end for ends in self._ends.values() for end in ends.values()):
            end.transport.close()


class End(asyncio.DatagramProtocol):
    """The address that stands for one peer."""

    def __init__(self, detour: Detour, real: tuple[str, int]) -> None:
        self.other: End | None = None
        self._detour = detour
        self._real = real
        self.transport: Any = None
        self.port = 0

    def connection_made(self, transport: Any) -> None:
        """Take note of the own address."""
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, address: Any) -> None:
        """Pass on what was sent to this peer, from the address that stands for the other."""
        if (other := self.other) is not None:
            self._detour.carry(lambda: other.pass_on(data, self._real))

    def pass_on(self, data: bytes, to: tuple[str, int]) -> None:
        """Send from here, unless all is over."""
        if not self.transport.is_closing():
            self.transport.sendto(data, to)
