"""When a session wants to be woken, and what it sends then although nobody ticks it."""

from __future__ import annotations

import itertools

from rollback import PeerInterrupted, PeerLost
from tests.core.games import Sums
from tests.core.network import Link, Match


def test_a_session_that_is_not_ticked_still_sends_when_it_wants_to_be_woken() -> None:
    """A driver that is busy elsewhere calls `outgoing` at `wake_at`: the other side hears us and does not worry."""
    match = Match(Sums, link=Link(1)).started()
    match.rounds(30)
    session, now = match.peers[0].session, match.peers[0].now
    until, sent, woken = now + 3.0, [], 0
    while now < until:
        assert session.wake_at > now - 1e-9 or woken == 0
        now = max(now + 1e-3, session.wake_at)
        woken += 1
        sent += [now] * bool(session.outgoing(now=now))
    assert 6 <= woken <= 200
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert max(gaps) <= 0.4, "well under the silence after which a peer counts as interrupted"


def test_the_other_side_of_a_session_that_is_only_woken_does_not_worry() -> None:
    match = Match(Sums, link=Link(1)).started()
    match.rounds(30)
    busy, other = match.peers
    busy.stopped = True
    for _ in range(4 * 60):
        match.round()
        busy.now += 1 / 60
        if busy.now >= busy.session.wake_at:
            match.collect(busy)
    assert not other.happened(PeerInterrupted) and not other.happened(PeerLost)
    busy.stopped = False
    match.rounds(60)
    assert other.session.reason == "running"
