"""Somebody new takes a seat that was open from the beginning."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import Ended, Local, Open, P2PSession, PeerJoined, Remote, SessionConfig, UsageError
from tests.core.games import Sums
from tests.core.network import Link
from tests.core.returning import Returning

LINE = Link(2)


def open_match(count: int, absent: tuple[int, ...], link: Link = LINE, seed: int = 0, **more: Any) -> Returning:
    config = SessionConfig(**{"on_disconnect": "idle", "disconnect_after": 1.0, **more})
    match = Returning(lambda: Sums(count), [(n,) for n in range(count)], config, link, seed=seed, absent=absent)
    match.until(lambda: all(peer.session.frame > 0 for peer in match.living))
    return match


def over_soon(match: Returning) -> None:
    end = max(peer.session.frame for peer in match.living) + 90
    for peer in match.living:
        peer.session.end_at(end)
    match.finish()
    match.check_states()


def test_an_open_player_idles_until_somebody_takes_it() -> None:
    match = open_match(3, (1,))
    match.rounds(150)
    match.come(1)
    match.rounds(60)
    over_soon(match)
    frame = match.peers[0].happened(PeerJoined)[0].frame
    idle = match.peers[0].idle[1]
    assert all(match.truth[at][1] == idle for at in range(frame + 2))
    assert any(match.truth[at][1] != idle for at in range(frame + 2, len(match.truth)))


@pytest.mark.parametrize("seed", range(6))
def test_somebody_comes_late_over_a_bad_line(seed: int) -> None:
    count = 2 + seed % 3
    match = open_match(count, (seed % count,), Link(seed % 4, 2, 0.15), seed, prediction_window=(8, 0)[seed % 2])
    match.rounds(100 + seed)
    match.come(seed % count)
    match.rounds(60)
    over_soon(match)


def test_one_alone_plays_until_somebody_comes() -> None:
    match = open_match(2, (1,))
    match.rounds(200)
    assert match.peers[0].session.frame > 190
    match.watch_stops()
    match.come(1)
    match.rounds(60)
    assert match.stops[0] <= 6
    over_soon(match)


def test_all_seats_but_one_fill_up_one_after_the_other() -> None:
    match = open_match(4, (0, 2, 3))
    for number in (2, 0, 3):
        match.rounds(40)
        match.come(number)
    match.rounds(60)
    over_soon(match)
    for peer in match.peers[1:2]:
        assert [event.peer for event in peer.happened(PeerJoined)] == ["p2", "p0", "p3"]


def test_who_came_late_may_die_and_come_back() -> None:
    match = open_match(3, (2,))
    match.rounds(60)
    match.come(2)
    match.rounds(30)
    match.kill(2)
    match.rounds(100)
    match.come(2)
    match.rounds(30)
    over_soon(match)


def test_an_open_player_needs_no_handshake_and_has_no_line() -> None:
    match = open_match(3, (2,))
    match.rounds(30)
    assert set(match.peers[0].session.stats().peers) == {"p1"}
    match.come(2)
    assert set(match.peers[0].session.stats().peers) == {"p1", "p2"}


def alone(**more: Any) -> P2PSession:
    session = P2PSession(Sums(3), [Local(), Remote("bob"), Open()], SessionConfig(**more), nonce=1)
    assert session.reason == "synchronizing"
    return session


def test_before_the_match_nobody_is_admitted() -> None:
    with pytest.raises(UsageError, match="the match has not begun here: name all who are there from the start"):
        alone().admit("eve", 2)


WRONG = [
    ("p2", 0, "player 0 is our own: admit somebody to one of another peer"),
    ("p2", 3, "player must be a number from 0 to 2, not 3"),
    ("p2", "2", "player must be a number from 0 to 2, not '2'"),
    ("p2", True, "player must be a number from 0 to 2, not True"),
    ("", 2, "a peer needs a name, not ''"),
    (7, 2, "a peer needs a name, not 7"),
    ("p1", 2, "'p1' is the peer of player 1: a peer has one place, and its name is its own"),
    ("eve", 1, "player 1 is played by 'p1': only a new process of the same name can take its place"),
]


@pytest.mark.parametrize(("peer", "player", "says"), WRONG)
def test_who_cannot_be_admitted_is_told_in_one_sentence(peer: Any, player: Any, says: str) -> None:
    match = open_match(3, (2,))
    with pytest.raises(UsageError, match="^" + says.replace("(", r"\(")):
        match.peers[0].session.admit(peer, player)
    match.rounds(5)
    assert match.peers[0].session.reason == "running"


def test_after_the_end_nobody_is_admitted() -> None:
    match = open_match(3, (2,))
    for peer in match.living:
        peer.session.end_at(40)
    match.finish()
    assert match.peers[0].happened(Ended)
    with pytest.raises(UsageError, match="the match has ended here: nobody can come into it any more"):
        match.peers[0].session.admit("p2", 2)


def test_a_match_without_checksums_cannot_be_joined() -> None:
    match = open_match(3, (2,), desync_interval=0)
    with pytest.raises(UsageError, match="desync_interval"):
        match.peers[0].session.admit("p2", 2)


class Opaque(Sums):
    """Its snapshots are objects that cannot be sent."""

    class Box:
        def __init__(self, held: Any) -> None:
            self.held = held

    def save(self) -> Any:
        return Opaque.Box(super().save())

    def load(self, state: Any) -> None:
        super().load(state.held)

    def digest(self) -> Any:
        return (self.value, self.steps)


def test_a_match_whose_states_cannot_be_sent_cannot_be_joined() -> None:
    match = Returning(lambda: Opaque(2), [(0,), (1,)], SessionConfig(on_disconnect="idle"), LINE, absent=(1,))
    match.until(lambda: match.peers[0].session.frame > 0)
    with pytest.raises(UsageError, match="the snapshots of Opaque are no state trees"):
        match.peers[0].session.admit("p1", 1)


def test_admitting_somebody_twice_changes_nothing() -> None:
    match = open_match(3, (2,))
    match.start(2)
    for _ in range(3):
        match.admit(2)
        match.rounds(2)
    match.until(lambda: match.is_in(2))
    assert [event.peer for event in match.peers[0].happened(PeerJoined)] == ["p2"]
    over_soon(match)


def test_nobody_comes_in_who_is_not_admitted_everywhere() -> None:
    match = open_match(3, (2,))
    match.watch_stops()
    peer = match.start(2)
    match.admit(2, by=[0])
    match.rounds(240)
    assert not peer.happened(PeerJoined) and match.stops[0] <= 6 and match.stops[1] <= 6, "and nobody waits for it"
    match.admit(2, by=[1])
    match.until(lambda: match.is_in(2))
    over_soon(match)
