"""What each connection may still do: rates, patience, and how many come from one address. Knows no rooms."""

from __future__ import annotations

from collections import Counter

from signaling.buckets import Bucket, BucketTable
from signaling.limits import Limits, Rate
from signaling.refusals import Refusal

__all__ = ["Visitor", "Visitors"]

FEED_MESSAGE: float = 2048  # bytes that reading a message of a feed costs, however small it is
DROPPED_DATAGRAM: float = 0.1  # of a refusal: a sender slightly too fast is slowed down for ever, a flood ends in seconds


class Visitor:
    """One connection's allowance.

    Args:
        address: Where it comes from.
        limits: The limits of the lobby.
        now: The time of its arrival.
    """

    def __init__(self, address: str, limits: Limits, *, now: float) -> None:
        self.address = address
        self.outside_since: float | None = now
        self._limits = limits
        self._signals = Bucket(limits.signals, now=now)
        self._requests = Bucket(limits.requests, now=now)
        self._relays = Bucket(limits.relays_per_peer, now=now)
        self._feed = Bucket(limits.feed_rate, now=now)
        self._patience = Bucket(limits.patience, now=now)

    def spend_request(self, *, now: float) -> None:
        """Count a request, or raise `Refusal` (`busy`)."""
        if not self._requests.take(now=now):
            raise Refusal("busy", f"too many requests: {self._limits.requests.per_second:g} a second are answered")

    def spend_signal(self, *, now: float) -> None:
        """Count a signal, or raise `Refusal` (`busy`)."""
        if not self._signals.take(now=now):
            raise Refusal("busy", f"too many signals: {self._limits.signals.per_second:g} a second are passed on")

    def spend_relay(self, *, others: int, now: float) -> bool:
        """Count a datagram in a room with so many others; False: it is to be dropped."""
        peers = max(2, others)
        per_peer = self._limits.relays_per_peer
        if self._relays.rate.per_second != per_peer.per_second * peers:
            self._relays = Bucket(Rate(per_peer.per_second * peers, per_peer.burst * peers), now=now)
        return self._relays.take(now=now)

    def spend_feed(self, size: int, *, now: float) -> bool:
        """Count a message of a feed; False: it is to be dropped."""
        return self._feed.take(now=now, amount=size + FEED_MESSAGE)

    def try_patience(self, amount: float = 1.0, *, now: float) -> bool:
        """Count a refusal; False: this connection has had enough of them."""
        return self._patience.take(now=now, amount=amount)


class Visitors:
    """All connections of a lobby.

    Args:
        limits: The limits of the lobby.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._visitors: dict[str, Visitor] = {}
        self._per_address: Counter[str] = Counter()
        self._joins = BucketTable(limits.joins)

    def __len__(self) -> int:
        return len(self._visitors)

    def arrive(self, connection: str, address: str, *, now: float) -> None:
        """Count a connection.

        Raises:
            Refusal: `busy`: there are too many, at all or from this address.
        """
        if len(self._visitors) >= self._limits.connections:
            raise Refusal("busy", f"this lobby has {len(self._visitors)} connections already: try again later")
        if self._per_address[address] >= self._limits.connections_per_address:
            raise Refusal("busy", f"{self._per_address[address]} connections come from your address already: close some")
        self._per_address[address] += 1
        self._visitors[connection] = Visitor(address, self._limits, now=now)

    def depart(self, connection: str) -> None:
        """Forget a connection."""
        visitor = self._visitors.pop(connection, None)
        if visitor is not None:
            self._per_address[visitor.address] -= 1
            if not self._per_address[visitor.address]:
                del self._per_address[visitor.address]

    def find(self, connection: str) -> Visitor | None:
        """Return a connection's allowance, None for one that is gone."""
        return self._visitors.get(connection)

    def spend_join(self, visitor: Visitor, *, now: float) -> None:
        """Count an attempt to enter a room, whatever connection of an address makes it.

        Raises:
            Refusal: `busy`.
        """
        if not self._joins.take(visitor.address, now=now):
            per_minute = self._limits.joins.per_second * 60
            raise Refusal("busy", f"too many joins from your address: {per_minute:g} a minute are taken, wait a little")

    def overdue(self, *, now: float) -> list[str]:
        """Return the connections that are in no room for too long."""
        return [
            connection
            for connection, visitor in self._visitors.items()
            if visitor.outside_since is not None and now - visitor.outside_since >= self._limits.join_within
        ]
