"""Inputs of one peer passed on by another: to those who do not hear it, and for slots that somebody plays for.

Knows rows by frame and what each peer told that it holds; knows no timers but how often the same is said again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from rollback.core.agreement import Agreement, seats_in
from rollback.core.endpoint import Endpoint
from rollback.core.queues import MASK, InputQueue
from rollback.core.states import Peer
from rollback.wire.limits import MAX_TOKENS, RING
from rollback.wire.messages import Forward
from rollback.wire.runs import Change, change_between, encode_runs

__all__ = ["Forwarding"]

AGAIN: Final = 0.05  # seconds until what was forwarded is forwarded again, if the receiver did not tell that it came
PATIENCE: Final = 0.25  # seconds until all who can forward do, if the one whose turn it is does not get through
HEARD: Final = (Peer.RUNNING, Peer.INTERRUPTED)


class Forwarding:
    """What we pass on.

    Args:
        agreement: The roster, and what the others told that they hold.
        endpoints: The other peers, by seat.
        own: Our own players' inputs.
    """

    def __init__(self, agreement: Agreement, endpoints: dict[int, Endpoint], own: InputQueue) -> None:
        self._agreement = agreement
        self._endpoints = endpoints
        self._own = own
        self._said: dict[tuple[int, int], tuple[int, int, int, float]] = {}  # (to, whose) -> base, newest, confirmed, when
        self._stuck: dict[tuple[int, int], tuple[int, float]] = {}  # (to, whose) -> base, since when

    def due(self, now: float, fresh: int) -> Iterator[tuple[Endpoint, Forward]]:
        """Yield what is to be sent now, and to whom.

        Args:
            now: The caller's clock.
            fresh: Seats whose claims are new.
        """
        agreement = self._agreement
        withheld = agreement.withheld
        for to in agreement.others:
            endpoint = self._endpoints[to]
            if endpoint.state not in HEARD:
                continue
            claim = agreement.claims.get(to)
            wanted = dict(claim.held) if claim is not None and fresh >> to & 1 else {}
            if agreement.adopted and agreement.lowest == agreement.me:
                for seat in seats_in(agreement.adopted):
                    wanted[seat] = max(wanted.get(seat, -1), endpoint.confirmed)
            for seat, base in sorted(wanted.items()):
                if seat in (to, agreement.me) or seat not in self._endpoints:
                    continue
                queue, confirmed = self._endpoints[seat].queue, self._endpoints[seat].confirmed
                known = min(queue.known, withheld.get(seat, queue.known))
                if queue.cut or known < base or queue.known - base >= RING or not self._my_turn(to, seat, base, now):
                    continue
                said = self._said.get((to, seat))
                # With nothing new to pass on but what the other confirmed, seldom: the receiver does not tell that it has it.
                if said is None or said[:3] != (base, known, confirmed) or now - said[3] >= AGAIN:
                    self._said[to, seat] = base, known, confirmed, now
                    yield endpoint, self._forward(seat, base, known, to)

    def _my_turn(self, to: int, seat: int, base: int, now: float) -> bool:
        """Whether it is ours to forward: the lowest who has more than the receiver; after a while, everybody who has."""
        agreement, claims = self._agreement, self._agreement.claims
        if agreement.adopted >> seat & 1:
            return True
        before = self._stuck.get((to, seat))
        if before is None or before[0] != base:
            self._stuck[to, seat] = before = base, now
        if now - before[1] > PATIENCE:
            return True
        bit = 1 << seat
        for other in agreement.others:
            if other >= agreement.me:
                break
            if other in (to, seat) or other not in claims:
                continue
            hears = not (claims[other].silent | agreement.lost) & bit
            if hears or claims[other].held.get(seat, -1) > base:
                return False
        return True

    def _forward(self, seat: int, base: int, known: int, to: int) -> Forward:
        endpoint = self._endpoints[seat]
        queue = endpoint.queue
        tokens, newest = encode_runs(changes_since(queue, base, known), base, known, MAX_TOKENS)
        claim = self._agreement.claims.get(seat)
        acked = claim.held.get(to, -1) if claim is not None else -1
        acked = max(acked, endpoint.confirmed)  # it hears the other, perhaps, and is not heard: it tells of what it lacks only
        return Forward(seat, base, newest, endpoint.confirmed, acked, tokens)


def changes_since(queue: InputQueue, base: int, known: int) -> deque[Change]:
    """Return the changes of a queue's rows after `base` and up to `known`; the ring must still reach that far."""
    before = queue.rows[base & MASK] if base >= 0 else queue.idle
    changes: deque[Change] = deque()
    for frame in range(base + 1, known + 1):
        row = queue.rows[frame & MASK]
        if row != before:
            changes.append((frame, *change_between(before, row)))
            before = row
    return changes
