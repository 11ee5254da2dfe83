"""Who plays what with whom, and when frame 0 begins. Knows hellos, clocks and facts; knows no frames and no transport.

Every peer greets every other until both know that they can play together and how their clocks differ (the sample with the
shortest round trip says it best, as in NTP). When all are ready, the peer of the lowest player names an instant, told to each
on that peer's own clock, and repeats it until it is understood.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rollback.config import MAX_DELAY
from rollback.core.endpoint import Endpoint, Greeting
from rollback.core.states import Peer
from rollback.game import MAX_PLAYERS
from rollback.types import Mismatch
from rollback.wire.messages import Fact, Hello

__all__ = ["CHANGING", "COMING", "HELLO_EVERY", "Handshake"]

CHANGING: Final = MAX_DELAY + 1  # told as the delay of who follows the line: none that can be meant
HELLO_EVERY: Final = 0.05  # seconds: five exchanges in a quarter of a second on a good line
LONGEST_WAIT: Final = 30.0  # seconds until a start that can be meant: two round trips and the head start, many times over
MOST_TOLD: Final = 20  # mismatches of one hello that become events; a hello may claim any number of facts
HEAD_START: Final = 0.1  # seconds from naming the instant to the instant, on top of two round trips
COMING: Final = (Peer.ADMITTED, Peer.JOINING)  # on their way into a running match

MENDS: Final = {
    "protocol": "install the same version of rollback on both sides",
    "game_id": "choose the same game on both sides",
    "game_version": "install the same version of the game on both sides",
    "players": "make both sessions for the same number of players",
    "codecs": "use the same action codecs: the games differ",
    "fps": "set the same fps in both configurations",
    "seed": "set the same seed in both configurations",
    "on_disconnect": "set the same on_disconnect in both configurations",
    "on_desync": "set the same on_desync in both configurations",
    "desync_interval": "set the same desync_interval in both configurations",
    "rejoin_grace": "set the same rejoin_grace in both configurations",
    "extra": "make `extra` the same in both configurations",
    "seats": "let each player stand at exactly one peer",
}


class Handshake:
    """The greetings of one session with all its peers.

    Attributes:
        start: The instant at which frame 0 begins, on our clock; None until it is agreed.
    """

    def __init__(
        self,
        nonce: int,
        facts: Mapping[str, Fact],
        window: int,
        delay: int,
        players: Mapping[int, str],
        endpoints: list[Endpoint],
        *,
        joining: bool = False,
    ) -> None:
        self.nonce = nonce
        self.facts = facts
        self.start: float | None = None
        self._window = window
        self._delay = delay
        self._players = players
        self._endpoints = endpoints
        self._joining = joining  # we come into a running match: nobody leads, for nothing begins
        others = [endpoint.seat for endpoint in endpoints if endpoint.state is not Peer.GONE]
        self._leads = not joining and min(players) < min(others, default=MAX_PLAYERS)

    def hear(self, endpoint: Endpoint, hello: Hello, now: float) -> list[Mismatch]:
        """Take a peer's hello; return what keeps us from playing together."""
        if endpoint.state is not Peer.REFUSED and endpoint.greeting.nonce not in (0, hello.nonce):
            endpoint.greeting = Greeting()  # it was started anew before the match began: so is the greeting
        greeting = endpoint.greeting
        greeting.is_joining = hello.joining
        greeting.they_heard = greeting.they_heard or hello.heard == self.nonce
        if greeting.nonce == 0:
            greeting.nonce = hello.nonce
            found = self._compare(endpoint, hello)
            if found:
                return found
            greeting.agreed = True
            endpoint.window, endpoint.delay, endpoint.controllers = hello.window, hello.delay, dict(hello.players)
        greeting.heard_at, greeting.heard_sent = now, hello.sent
        greeting.ready, greeting.running = hello.ready, hello.running
        greeting.answer = not hello.done
        if not math.isnan(hello.echo):
            rtt = now - hello.echo - hello.held
            if 0 <= rtt < LONGEST_WAIT and 0 <= hello.held < LONGEST_WAIT:
                greeting.samples += 1
                endpoint.line.sample(rtt)
                if rtt < greeting.best:
                    greeting.best = rtt
                    greeting.offset = hello.sent - now + rtt / 2  # their clock less ours
        if self.start is None and not self._leads and not self._joining and not math.isnan(hello.start):
            # A clock that was measured wrongly must not make us wait for hours: begin, and let the pacing even it out.
            self.start = hello.start if hello.start < now + LONGEST_WAIT else now
        return []

    def decide(self, now: float) -> None:
        """Name the start instant, if that is ours to do and all are ready."""
        others = [endpoint.greeting for endpoint in self._endpoints if endpoint.state is not Peer.GONE]
        if self.start is None and self._leads and self.ready and all(greeting.ready for greeting in others):
            slowest = max((greeting.best for greeting in others), default=0.0)
            self.start = now + HEAD_START + 2 * slowest

    @property
    def ready(self) -> bool:
        """Whether we have agreed with every peer, know that it heard us, and have measured its clock."""
        return all(endpoint.greeting.done for endpoint in self._endpoints if endpoint.state is not Peer.GONE)

    def hellos(self, now: float) -> Iterator[tuple[Endpoint, Hello]]:
        """Yield the hellos that are due: to peers still greeting, and one answer to each hello of a late one."""
        for endpoint in self._endpoints:
            greeting = endpoint.greeting
            settled = self.start is not None and greeting.running
            if self._joining or endpoint.state in COMING:
                settled = greeting.done and greeting.ready
                if not greeting.nonce and not self._joining:
                    continue  # it has not begun
            if (settled and not greeting.answer) or now < greeting.next_at or endpoint.state is Peer.GONE:
                continue
            greeting.next_at = now + HELLO_EVERY
            greeting.answer = False
            yield endpoint, self._hello(endpoint, now)

    def _hello(self, endpoint: Endpoint, now: float) -> Hello:
        greeting = endpoint.greeting
        start = math.nan if self.start is None or not self._leads else self.start + greeting.offset
        comes = self._joining or endpoint.state in COMING
        return Hello(
            nonce=self.nonce,
            heard=greeting.nonce,
            sent=now,
            echo=greeting.heard_sent,
            held=now - greeting.heard_at,
            ready=greeting.done if comes else self.ready,
            running=self.start is not None,
            done=greeting.done and greeting.ready if comes else self.start is not None and greeting.running,
            start=start,
            facts=dict(self.facts),
            window=self._window,
            delay=self._delay,
            players=dict(self._players),
            joining=self._joining,
        )

    def _compare(self, endpoint: Endpoint, hello: Hello) -> list[Mismatch]:
        found = [
            _mismatch(endpoint.name, name, self.facts.get(name), hello.facts.get(name))
            for name in [*self.facts, *(name for name in hello.facts if name not in self.facts)]
            if not _same(self.facts.get(name), hello.facts.get(name))
        ]
        if not found and tuple(sorted(hello.players)) != endpoint.queue.players:
            found.append(_mismatch(endpoint.name, "seats", endpoint.queue.players, tuple(sorted(hello.players))))
        return found[:MOST_TOLD]


def _same(ours: Fact, theirs: Fact) -> bool:
    return ours == theirs and type(ours) is type(theirs)


def _mismatch(peer: str, field: str, ours: Any, theirs: Any) -> Mismatch:
    return Mismatch(peer, field, ours, theirs, MENDS.get(field, "make it the same on both sides"))
