"""Greetings at the edges of a match: just before it begins, and in the middle of it."""

from __future__ import annotations

from rollback import Ended, Local, P2PSession, PeerLost, Remote, SessionConfig, Synchronized
from tests.core.games import Sums
from tests.core.network import Link, Match


def test_nobody_is_interrupted_while_the_start_is_awaited() -> None:
    match = Match(Sums, link=Link(20), end=60, config=SessionConfig(prediction_window=30)).finish()
    for peer in match.peers:
        assert [type(event) for event in peer.events] == [Synchronized, Ended]


def test_another_process_under_the_same_name_neither_plays_nor_passes_for_the_old_one() -> None:
    match = Match(Sums, config=SessionConfig(on_disconnect="end")).started()
    old, other = match.peers
    other.stopped = True
    fresh = P2PSession(Sums(), [Remote("p0"), Local()], nonce=99)
    lost_at = None
    for number in range(600):
        match.round()
        fresh.tick({1: 1}, now=number / 60)
        for _, datagram in fresh.outgoing(now=number / 60):
            old.session.receive("p1", datagram)
        if old.happened(PeerLost) and lost_at is None:
            lost_at = number
    assert fresh.frame == 0, "a running match is not joined by greeting"
    assert lost_at is not None, "the greetings of another process kept the dead one alive"
