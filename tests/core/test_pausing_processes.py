"""Processes that stand still without a word, for one, three and ten seconds, and go on as if nothing had been."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rollback import Cut, Ended, PeerInterrupted, PeerLost, PeerResumed, SessionConfig
from rollback.types import Paused, Resumed
from tests.cases import more_at_night
from tests.core.games import Sums
from tests.core.network import Link, Match, Peer

FPS = 60
SEATS = {2: ((0,), (1,)), 3: ((0,), (1,), (2,))}
LINKS = {"near": Link(1), "far": Link(4, 3, 0.1)}


def playing(peers: int, link: Link, seed: int = 0, end: int | None = 300, **settings: Any) -> Match:
    match = Match(lambda: Sums(peers), SEATS[peers], SessionConfig(**settings), link, seed=seed, end=end).started()
    match.rounds(FPS)
    return match


def stop(match: Match, peers: list[Peer], seconds: float, *, lost: bool) -> None:
    """Let some processes stand still; what is sent to them meanwhile waits in their socket, or is lost."""
    for peer in peers:
        peer.stopped = True
    ways = {(a.number, b.number) for a in match.peers for b in peers if a is not b}
    match.blocked = ways if lost else set()
    match.rounds(round(seconds * FPS))
    match.blocked = set()
    for peer in peers:
        peer.stopped = False


def longest_stand(peer: Peer, since: int) -> int:
    """Return the longest stretch of ticks that simulated nothing, from a tick on until the last frame."""
    longest = run = 0
    for frame, advanced, _, _ in peer.ticks[since:]:
        run = 0 if advanced or frame == 300 else run + 1
        longest = max(longest, run)
    return longest


@pytest.mark.parametrize("lost", [False, True], ids=["kept", "lost"])
@pytest.mark.parametrize("seconds", more_at_night([1, 10, 3], 2))
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("peers", [2, 3])
def test_a_stopped_process_goes_on_as_if_nothing_had_been(peers: int, link: str, seconds: int, lost: bool) -> None:
    match = playing(peers, LINKS[link], seconds)
    *others, last = match.peers
    woken = len(last.ticks)
    stop(match, [last], seconds, lost=lost)
    match.finish().check(300)
    for peer in match.peers:
        assert peer.happened(Ended) == [Ended("end_at", 300)] and not peer.happened(Cut)
    for peer in others:
        assert len(peer.happened(PeerInterrupted)) == len(peer.happened(PeerResumed)) == 1
        assert len(peer.happened(PeerLost)) == (1 if seconds > 5 else 0)
    assert not last.happened(PeerInterrupted) and not last.happened(PeerLost), "it blames nobody for its own sleep"
    # It goes on at once where it stood: one frame a tick, and rollbacks no deeper than the window.
    assert longest_stand(last, woken) <= 20
    assert max(resimulated for *_, resimulated in last.ticks[woken:]) <= 9


@pytest.mark.parametrize("seconds", more_at_night([1, 10, 3], 2))
def test_a_machine_with_all_peers_on_it_may_sleep(seconds: int) -> None:
    match = playing(3, LINKS["far"], seconds)
    stop(match, match.peers, seconds, lost=True)
    match.finish().check(300)
    for peer in match.peers:
        assert not peer.happened(PeerInterrupted) and not peer.happened(PeerLost)


def test_a_stopped_process_blames_nobody_though_its_socket_is_empty() -> None:
    """The silence of our own sleep is nobody else's: all timers begin again when we wake."""
    match = playing(2, Link(2), end=400)
    first, second = match.peers
    stop(match, [first], 4, lost=True)
    match.blocked = {(1, 0)}
    match.rounds(round(0.4 * FPS))  # less than `interrupt_after`, and far more than that after the last datagram
    assert first.happened(PeerInterrupted) == []
    match.rounds(round(0.3 * FPS))
    assert first.happened(PeerInterrupted) == [PeerInterrupted("p1")], "but from then on they count"
    match.blocked = set()
    match.finish().check(400)
    assert second.happened(PeerInterrupted) == [PeerInterrupted("p0")]


def test_who_sleeps_again_and_again_is_waited_for_again_and_again() -> None:
    match = playing(2, Link(2), end=600)
    first, second = match.peers
    for _ in range(4):
        stop(match, [second], 6, lost=False)
        match.rounds(FPS)
    match.finish().check(600)
    assert len(first.happened(PeerLost)) == len(first.happened(PeerResumed)) == 4


def test_a_process_that_is_stopped_in_its_own_pause_is_waited_for_too() -> None:
    match = playing(2, Link(2))
    first, second = match.peers
    second.session.pause("a debugger", now=second.now)
    match.rounds(20)
    stop(match, [second], 10, lost=True)
    match.rounds(FPS)
    assert first.session.reason == "paused" and len(first.happened(PeerResumed)) == 1
    second.session.resume(now=second.now)
    match.finish().check(300)


def told_last(peer: Peer) -> list[type[Any]]:
    """Return the last thing each peer was told to do, of pausing and going on."""
    last = {event.peer: type(event) for event in peer.events if isinstance(event, Paused | Resumed)}
    return list(last.values())


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(6, 120))])
def test_pauses_and_stops_in_any_order_over_any_line_leave_nobody_behind(seed: int) -> None:
    dice = random.Random(seed)
    count = dice.choice((2, 3))
    link = Link(dice.randint(0, 5), dice.randint(0, 5), dice.choice((0, 0.1, 0.3)), dice.choice((0, 0.2)))
    window, delay, given_up = dice.choice((0, 2, 8, 8)), dice.choice((0, 2)), dice.choice((2.0, 5.0, 60.0))
    match = playing(
        count, link, seed, None, prediction_window=window, input_delay=delay, disconnect_after=given_up, rejoin_grace=300.0
    )
    for _ in range(20):
        peer = dice.choice(match.peers)
        match dice.choice(("pause", "resume", "stop", "wake")):
            case "pause":
                peer.session.pause(f"reason {dice.randint(0, 3)}", now=peer.now)
            case "resume":
                peer.session.resume(now=peer.now)
            case "stop":
                peer.stopped = True
            case "wake":
                peer.stopped = False
        match.rounds(dice.choice((0, 1, 5, 20, 60, 200)))
    for peer in match.peers:
        peer.stopped = False
    match.rounds(200)
    for peer in match.peers:
        peer.session.resume(now=peer.now)
    match.rounds(200)
    end = max(peer.session.frame for peer in match.peers) + 60
    for peer in match.peers:
        peer.session.end_at(end)
    match.finish(4_000).check(end)
    for peer in match.peers:
        assert Paused not in told_last(peer), "whoever was told to wait was told to go on"
