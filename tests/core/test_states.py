"""The table of what a peer can be to us: complete, reachable, and final where it should be."""

from __future__ import annotations

from rollback.core.states import LIVE, TRANSITIONS, Cause, Peer, after
from tests.cases import every


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(Peer)


def test_every_cause_means_something_somewhere() -> None:
    assert {cause for causes in TRANSITIONS.values() for cause in causes} == set(Cause)


def test_every_state_can_be_reached_from_the_first() -> None:
    reached, waiting = {Peer.SYNCHRONIZING}, [Peer.SYNCHRONIZING]
    while waiting:
        for state in TRANSITIONS[waiting.pop()].values():
            if state not in reached:
                reached.add(state)
                waiting.append(state)
    assert reached == set(Peer)


@every("state", Peer)
@every("cause", Cause)
def test_a_cause_that_means_nothing_changes_nothing(state: Peer, cause: Cause) -> None:
    assert after(state, cause) is TRANSITIONS[state].get(cause, state)


def test_who_is_gone_or_refused_stays_so_until_it_is_admitted() -> None:
    for cause in Cause:
        assert after(Peer.GONE, cause) is (Peer.ADMITTED if cause is Cause.ADMITTED else Peer.GONE)
        assert after(Peer.REFUSED, cause) is Peer.REFUSED


def test_a_peer_is_never_lost_before_it_could_be_heard_again() -> None:
    assert after(Peer.INTERRUPTED, Cause.HEARD) is Peer.RUNNING
    assert after(Peer.LOST, Cause.HEARD) is Peer.RUNNING
    assert after(Peer.LEFT, Cause.HEARD) is Peer.LEFT, "who said goodbye does not come back by a late datagram"


def test_the_match_counts_on_whoever_is_not_gone() -> None:
    assert frozenset({Peer.SYNCHRONIZING, Peer.RUNNING, Peer.INTERRUPTED}) == LIVE
