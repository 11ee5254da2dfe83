"""Pauses by consent: everybody stops within a round trip, says why, and goes on as if nothing had been."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rollback import (
    Ended,
    Local,
    P2PSession,
    PeerInterrupted,
    PeerLeft,
    PeerLost,
    Remote,
    SessionConfig,
    UsageError,
)
from rollback.core.pausing import LEAST, TOLD
from rollback.types import Paused, Resumed
from rollback.wire import Notice, decode_inputs, decode_message, encode_inputs, encode_message
from rollback.wire.inputs import INPUTS, MORE, encode_more
from rollback.wire.limits import MAX_HOT, MAX_PAUSE
from rollback.wire.runs import payload_lengths
from tests.core.games import Sums
from tests.core.network import Link, Match, Peer

FPS = 60
SEATS = {2: ((0,), (1,)), 3: ((0,), (1,), (2,)), 4: ((0, 3), (1,), (2,))}


def playing(link: Link = Link(2), seed: int = 0, end: int | None = 400, peers: int = 2, **settings: Any) -> Match:  # noqa: B008
    """Return a match that has been going on for a second."""
    make = Sums if peers == 2 else lambda: Sums(4 if peers == 4 else 3)
    match = Match(make, SEATS[peers], config=SessionConfig(**settings), link=link, seed=seed, end=end).started()
    match.rounds(FPS)
    return match


def pause(peer: Peer, reason: str = "the tab is hidden") -> None:
    peer.session.pause(reason, now=peer.now)


def resume(peer: Peer) -> None:
    peer.session.resume(now=peer.now)


def frames(match: Match) -> list[int]:
    return [peer.session.frame for peer in match.peers]


def stalls(match: Match) -> list[int]:
    return [peer.session.stats().stalls for peer in match.peers]


@pytest.mark.parametrize("peers", [2, 3, 4])
@pytest.mark.parametrize("seed", range(4))
def test_everybody_stops_and_goes_on_and_nothing_has_changed(seed: int, peers: int) -> None:
    match = playing(Link(3, 2, 0.1), seed, peers=peers)
    before = stalls(match)
    pause(match.peers[1])
    match.rounds(30)  # with a tenth lost, some datagram says it to everybody
    stood = frames(match)
    assert max(stood) - min(stood) <= 8, "within the window"
    assert all(peer.session.reason == "paused" for peer in match.peers)
    match.rounds(5 * FPS)
    assert frames(match) == stood
    assert stalls(match) == before, "who waits by consent is not stalled"
    for peer in match.peers:
        assert peer.session.confirmed == peer.session.frame - 1 or peer.session.known == min(stood) + 1
    resume(match.peers[1])
    match.finish().check(400)
    assert match.rollbacks > 0  # the premise
    for peer in match.peers:
        who = "" if peer.number == 1 else "p1"
        assert peer.happened(Paused) == [Paused(who, "the tab is hidden")]
        assert peer.happened(Resumed) == [Resumed(who)]
        assert not peer.happened(PeerInterrupted) and not peer.happened(PeerLost)
        assert peer.happened(Ended) == [Ended("end_at", 400)]


def test_the_others_stop_half_a_round_trip_later_and_no_more_is_simulated_here() -> None:
    match = playing(Link(4))
    first, second = match.peers
    at = frames(match)
    pause(first)
    match.rounds(1)
    assert first.session.frame == at[0] and first.session.reason == "paused"
    match.rounds(10)
    assert second.session.reason == "paused"
    assert second.session.frame - at[1] <= 5


def test_no_tick_is_needed_to_say_it() -> None:
    match = playing(Link(1))
    first, second = match.peers
    pause(first)
    match.collect(first)
    first.stopped = True  # the page is frozen at once
    match.rounds(10)
    assert second.happened(Paused) == [Paused("p0", "the tab is hidden")]
    assert second.session.reason == "paused"


def test_a_page_that_only_sends_heartbeats_is_waited_for() -> None:
    match = playing(Link(1))
    first, second = match.peers
    pause(first)
    first.stopped = True
    for _ in range(20 * FPS):
        match.round()
        if first.now >= first.session.wake_at:
            match.collect(first)
    assert not second.happened(PeerInterrupted) and not second.happened(PeerLost)
    assert second.session.reason == "paused"
    first.stopped = False
    resume(first)
    match.finish().check(400)
    assert not first.happened(PeerInterrupted)


def test_a_pause_lasts_longer_than_the_grace_of_a_lost_peer() -> None:
    match = playing(Link(1), disconnect_after=1.0, rejoin_grace=2.0)
    pause(match.peers[0])
    match.rounds(20 * FPS)
    assert not any(peer.happened(Ended) for peer in match.peers)
    resume(match.peers[0])
    match.finish().check(400)


def test_it_goes_on_when_the_last_one_resumed() -> None:
    match = playing(Link(2), peers=3)
    first, second, third = match.peers
    pause(first, "a call")
    match.rounds(20)
    pause(third, "the door")
    match.rounds(20)
    stood = frames(match)
    resume(first)
    match.rounds(60)
    assert frames(match) == stood
    assert second.happened(Paused) == [Paused("p0", "a call"), Paused("p2", "the door")]
    assert second.happened(Resumed) == [Resumed("p0")], "told at once, though the match still waits"
    resume(third)
    match.finish().check(400)
    assert second.happened(Resumed) == [Resumed("p0"), Resumed("p2")]


@pytest.mark.parametrize("seed", range(8))
def test_pauses_over_a_bad_line_never_leave_anybody_behind(seed: int) -> None:
    dice = random.Random(seed)
    match = playing(Link(3, 6, 0.25, 0.2), seed, end=300, disconnect_after=60.0, peers=dice.choice((2, 3)))
    for _ in range(40):
        peer = dice.choice(match.peers)
        dice.choice((pause, resume))(peer)
        match.rounds(dice.randint(0, 15))
    for peer in match.peers:
        resume(peer)
    match.finish().check(300)
    assert sum(len(peer.happened(Paused)) for peer in match.peers) > 10
    for peer in match.peers:
        for other in ("", *(other.name for other in match.peers)):
            told = [type(event) for event in peer.events if isinstance(event, Paused | Resumed) and event.peer == other]
            assert told.count(Resumed) <= told.count(Paused) and told[-1:] != [Paused]


def test_a_resume_whose_datagrams_are_all_lost_for_a_while_is_heard_later() -> None:
    """Both stand still: no newer frame will ever tell that the pause is over, so it must be said again and again."""
    match = playing(Link(2), disconnect_after=60.0)
    first, second = match.peers
    pause(first)
    match.rounds(30)
    match.blocked = {(0, 1)}
    resume(first)
    match.rounds(round(4 * TOLD * FPS))
    assert second.session.reason == "paused" and first.session.reason == "stalled"
    match.blocked = set()
    match.until(lambda: bool(second.happened(Resumed)), 60)
    match.finish().check(400)


def test_an_overtaken_datagram_of_the_pause_does_not_pause_again() -> None:
    match = playing(Link(1))
    first, second = match.peers
    kept: list[bytes] = []

    def keep(sender: int, to: int, datagram: bytes) -> bytes:
        if sender == 0:
            kept.append(datagram)
        return datagram

    match.tap = keep
    pause(first)
    match.rounds(20)
    match.tap = None
    resume(first)
    match.rounds(20)
    for datagram in kept:
        second.session.receive("p0", datagram)
    match.rounds(20)
    assert second.session.reason == "running"
    assert second.happened(Paused) == [Paused("p0", "the tab is hidden")] and len(second.happened(Resumed)) == 1


def test_pausing_again_changes_the_reason_and_the_same_reason_says_nothing() -> None:
    match = playing(Link(1))
    first, second = match.peers
    for reason in ("a call", "a call", "a long call"):
        pause(first, reason)
        match.rounds(20)
    assert first.happened(Paused) == [Paused("", "a call"), Paused("", "a long call")]
    assert second.happened(Paused) == [Paused("p0", "a call"), Paused("p0", "a long call")]
    assert not second.happened(Resumed)
    resume(first)
    resume(first)
    match.finish().check(400)
    assert first.happened(Resumed) == [Resumed("")]


def test_a_reason_may_be_empty_or_odd() -> None:
    match = playing(Link(1))
    first, second = match.peers
    pause(first, "")
    match.rounds(10)
    assert second.happened(Paused) == [Paused("p0", "")] and second.session.reason == "paused"
    pause(first, "half \ud83d of a face")
    match.rounds(10)
    assert second.happened(Paused)[1:] == [Paused("p0", "half ? of a face")]


@pytest.mark.parametrize("reason", [None, 7, b"away", "x" * (MAX_PAUSE + 1)])
def test_a_reason_that_is_none_or_too_long_is_refused(reason: Any) -> None:
    match = playing()
    with pytest.raises(UsageError, match=f"a text of at most {MAX_PAUSE} characters, not "):
        match.peers[0].session.pause(reason, now=match.peers[0].now)
    match.finish().check(400)
    assert not match.peers[0].happened(Paused)


def test_a_pause_before_the_start_holds_frame_0() -> None:
    match = Match(Sums, link=Link(2), end=100)
    first, second = match.peers
    first.session.pause("not yet", now=0.0)
    match.rounds(2 * FPS)
    assert first.session.frame == 0 and second.session.frame <= 8
    assert [peer.session.reason for peer in match.peers] == ["paused", "paused"]
    resume(first)
    match.finish().check(100)


def test_lockstep_pauses_too() -> None:
    match = playing(Link(1), prediction_window=0, input_delay=1, end=100)
    pause(match.peers[0])
    match.rounds(20)
    stood = frames(match)
    match.rounds(60)
    assert frames(match) == stood and stood[0] < 100
    resume(match.peers[0])
    match.finish().check(100)


def test_leaving_while_paused_is_leaving() -> None:
    match = playing(Link(2))
    first, second = match.peers
    pause(first)
    match.rounds(20)
    first.session.leave(now=first.now)
    match.finish()
    assert second.happened(PeerLeft) == [PeerLeft("p0", (0,), "left")]
    assert second.happened(Ended)[0].reason == "p0 left"


def test_who_does_not_want_to_wait_leaves() -> None:
    match = playing(Link(2), on_disconnect="idle", peers=3)
    first, _, third = match.peers
    pause(first)
    match.rounds(20)
    third.session.leave(now=third.now, reason="no time")
    match.rounds(60)
    assert third.session.reason == "ended"
    assert first.happened(PeerLeft) == [PeerLeft("p2", (2,), "no time")]


def test_the_pause_of_a_lost_peer_is_over() -> None:
    match = playing(Link(2), end=300, on_disconnect="idle", disconnect_after=1.0)
    first, second = match.peers
    pause(second)
    match.rounds(20)
    assert first.session.reason == "paused"
    second.stopped = True
    match.finish()
    assert first.happened(Resumed) == [Resumed("p1")]
    assert first.happened(Ended) == [Ended("end_at", 300)]


def test_end_at_may_be_named_while_everybody_waits() -> None:
    match = playing(Link(2), end=None)
    pause(match.peers[0])
    match.rounds(20)
    match.peers[0].session.end_at(200)
    match.rounds(60)
    resume(match.peers[0])
    match.finish().check(200)


def test_a_pause_at_the_very_end_holds_up_nobody() -> None:
    match = playing(Link(2), end=70)
    first, second = match.peers
    match.until(lambda: first.session.frame == 70)
    pause(first)
    match.finish().check(70)
    pause(first)
    resume(first)
    assert second.session.finished and first.session.finished


def test_a_game_that_pauses_in_its_step_stops_after_that_frame() -> None:
    class Asking(Sums):
        session: Any = None

        def step(self, actions: Any) -> None:
            super().step(actions)
            if self.session is not None and self.session.frame == 90:
                self.session.pause("from within", now=1.5)

    match = Match(Asking, link=Link(2), end=200).started()
    match.peers[0].game.session = match.peers[0].session
    match.rounds(200)
    stood = frames(match)
    assert 90 <= stood[0] <= 92 and match.peers[0].session.reason == "paused"
    assert match.peers[1].happened(Paused) == [Paused("p0", "from within")]
    match.peers[0].game.session = None
    resume(match.peers[0])
    match.finish().check(200)


def notices(match: Match, sender: int, count: int) -> list[tuple[int, Notice | None]]:
    """Return the notices in what a peer sends in the next rounds, with the rounds since the first."""
    seen: list[tuple[int, Notice | None]] = []
    start = match.round_number

    def look(who: int, to: int, datagram: bytes) -> bytes:
        if who == sender and datagram[1] & INPUTS:
            more = decode_inputs(datagram, match.peers[to].session.known, b"\0\0", 1 << 20, payload_lengths(1)).more
            message = None if more is None else decode_message(more)
            assert message is None or isinstance(message, Notice)
            seen.append((match.round_number - start, message))
        return datagram

    match.tap = look
    match.rounds(count)
    match.tap = None
    return seen


def test_every_datagram_says_it_while_it_lasts_and_for_a_second_after_then_now_and_then() -> None:
    match = playing(Link(1), end=None)
    first, _ = match.peers
    assert not any(notice for _, notice in notices(match, 0, 60)), "a match without a pause pays nothing"
    pause(first, "a call")
    seen = notices(match, 0, 60)
    assert {notice for _, notice in seen} == {Notice(-1, "a call", None, 1)} and len(seen) >= 60
    resume(first)
    seen = notices(match, 0, 240)
    during = [notice for at, notice in seen if at < TOLD * FPS - 3]
    assert set(during) == {Notice(-1, "", None, 2)}
    later = [notice for at, notice in seen if at > TOLD * FPS + 5]
    assert 3 <= sum(notice is not None for notice in later) <= 12


def test_the_longest_reason_rides_with_the_most_inputs() -> None:
    longest = []

    def measure(sender: int, to: int, datagram: bytes) -> bytes:
        longest.append(len(datagram))
        return datagram

    match = playing(Link(2), end=None, input_delay=60, prediction_window=60)
    match.tap = measure
    match.act = lambda peer, player: random.Random(f"{peer.session.frame} {player}").randrange(256)
    match.blocked = {(1, 0)}
    match.rounds(25)
    pause(match.peers[0], "é" * MAX_PAUSE)
    match.rounds(20)
    assert max(longest) < MAX_HOT
    assert match.peers[1].happened(Paused) == [Paused("p0", "é" * MAX_PAUSE)]
    match.blocked = set()
    resume(match.peers[0])
    match.rounds(60)
    assert {peer.session.reason for peer in match.peers} == {"running"}


def spoken(match: Match, notice: Notice) -> bytes:
    """Return a datagram of p1 for p0 that says no more than the notice."""
    newest = match.peers[1].session.confirmed
    return encode_inputs(INPUTS | MORE, newest, newest, 0, newest, encode_more(encode_message(notice)), b"")


def test_a_flood_of_pauses_is_followed_ten_times_a_second_at_most() -> None:
    match = playing(Link(1), end=None)
    first, _ = match.peers
    first.events.clear()
    turns = 0
    for _ in range(2 * FPS):
        for _ in range(21):
            turns += 1
            first.session.receive("p1", spoken(match, Notice(-1, f"because {turns}", None, turns)))
        match.round()
    told = len(first.happened(Paused)) + len(first.happened(Resumed))
    assert 5 <= told <= 2 / LEAST + 2
    first.session.receive("p1", spoken(match, Notice(-1, "", None, turns + turns % 2 + 2)))
    match.rounds(30)
    assert first.session.reason == "running"


@pytest.mark.parametrize(
    "fields",
    [
        [-1, "x" * (MAX_PAUSE + 1), None, 1],
        [-1, "pause", None, -1],
        [-1, "pause", None, 2**32],
        [-1, 7, None, 1],
        [-1, "pause", None],
    ],
)
def test_a_pause_that_breaks_a_rule_pauses_nobody(fields: list[Any]) -> None:
    import msgpack

    match = playing(Link(1))
    first, _ = match.peers
    more = encode_more(encode_message(Notice())[:2] + msgpack.packb(fields))
    newest = match.peers[1].session.confirmed
    first.session.receive("p1", encode_inputs(INPUTS | MORE, newest, newest, 0, newest, more, b""))
    match.rounds(10)
    assert not first.happened(Paused) and first.session.stats().dropped["field"] == 1
    match.finish().check(400)


def test_a_session_of_no_match_yet_can_be_paused_and_resumed() -> None:
    session = P2PSession(Sums(), [Local(), Remote("bob")])
    session.pause("wait", now=0.0)
    session.resume(now=0.1)
    assert session.events() == [Paused("", "wait"), Resumed("")]
