"""Who is heard but sends nothing to go on with holds a match for a while, and is missed then; nobody else is."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import Cut, PeerLost, TakeOver
from rollback.wire import Forward, decode_inputs, encode_inputs
from rollback.wire.inputs import INPUTS
from rollback.wire.runs import payload_lengths
from tests.core.losses import FPS, Group, group, reason, reasons
from tests.core.network import Link, message_in

PATIENCE = 15
WHY = "it was heard, but the match got nothing to go on with for 15 s"


def hold_up(match: Group, who: int, towards: set[int] | None = None) -> None:
    """Let a peer speak on, but with no input later than the present one, and confirm nothing either."""
    inputs_until = match.peers[who].session.frame

    def tap(sender: int, to: int, data: bytes) -> bytes | None:
        if sender != who or (towards is not None and to not in towards):
            return data
        message = message_in(data)
        if isinstance(message, Forward):
            return None
        if message is not None or not data[1] & INPUTS:
            return data
        told = decode_inputs(data, inputs_until, b"\0", 1 << 16, payload_lengths(1))
        if told.newest <= inputs_until:
            return data
        return encode_inputs(INPUTS, inputs_until, inputs_until - 8, 0, inputs_until - 8, b"", b"")

    match.tap = tap


def seconds_until_cut(match: Group, others: list[int], limit: int = 60) -> float:
    since = match.round_number
    match.until(lambda: all(match.peers[number].happened(Cut) for number in others), limit * FPS)
    return (match.round_number - since) / FPS


@pytest.mark.parametrize("count", [3, 4])
def test_who_is_heard_but_never_goes_on_is_missed_after_a_while(count: int) -> None:
    match = group(count, Link(1), end=200)
    hold_up(match, 1)
    others = [number for number in range(count) if number != 1]
    assert PATIENCE <= seconds_until_cut(match, others) < PATIENCE + 3
    for number in others:
        assert match.peers[number].happened(PeerLost) == [PeerLost("p1", (1,), WHY)] or count == 4
    match.until(lambda: all(reason(match.peers[number]) for number in others), 600)
    assert [reason(match.peers[number]) for number in others] == ["end_at"] * (count - 1)


def test_of_two_the_one_who_holds_the_other_up_is_lost_to_it() -> None:
    match = group(2, Link(1), on_disconnect="end", end=300)
    hold_up(match, 0)
    match.until(lambda: bool(reason(match.peers[1])), 20 * FPS)
    assert reason(match.peers[1]) == f"p0 was lost: {WHY}"


def test_with_pause_who_holds_everybody_up_is_given_the_grace_too() -> None:
    match = group(3, Link(1), on_disconnect="pause", rejoin_grace=4.0)
    hold_up(match, 2)
    assert PATIENCE + 4 <= seconds_until_cut(match, [0, 1]) < PATIENCE + 7


def test_who_stalls_because_of_a_third_is_not_blamed() -> None:
    match = group(4, Link(2, 1, 0.05), end=200)
    hold_up(match, 3)
    match.until(lambda: bool(reason(match.peers[0])), 40 * FPS)
    assert [reason(peer) for peer in match.peers[:3]] == ["end_at"] * 3
    for peer in match.peers[:3]:
        assert {lost.peer for lost in peer.happened(PeerLost)} <= {"p3"}


def test_what_one_withholds_from_another_comes_by_a_third() -> None:
    match = group(3, Link(1), end=300)
    hold_up(match, 2, towards={0})
    match.to_the_end(900)
    assert reasons(match)[:2] == ["end_at", "end_at"] and not any(peer.happened(Cut) for peer in match.peers[:2])


def test_a_long_pause_by_consent_is_nobodys_fault() -> None:
    match = group(3, Link(2, 1, 0.05))
    match.peers[1].session.pause("the door", now=match.peers[1].now)
    match.rounds(2 * PATIENCE * FPS)
    match.peers[1].session.resume(now=match.peers[1].now)
    match.to_the_end().agree()
    assert reasons(match) == ["end_at"] * 3


def test_a_process_in_a_debugger_is_waited_for_under_pause() -> None:
    match = group(3, Link(2, 1, 0.05), on_disconnect="pause", rejoin_grace=60.0)
    match.kill(1)
    match.rounds((PATIENCE + 10) * FPS)
    match.peers[1].stopped = False
    match.to_the_end().agree()
    assert reasons(match) == ["end_at"] * 3 and not any(peer.happened(Cut) for peer in match.peers)


def test_who_sleeps_itself_blames_nobody() -> None:
    match = group(3, Link(1), on_disconnect="pause", rejoin_grace=60.0)
    match.kill(0, 1)
    match.rounds((PATIENCE + 5) * FPS)
    for peer in match.peers:
        peer.stopped = False
    match.to_the_end().agree()
    assert reasons(match) == ["end_at"] * 3


def test_who_plays_for_another_and_does_not_is_missed_too() -> None:
    def policy(game: Any, player: int) -> int:
        return game.steps % 100

    match = group(4, Link(1), end=300, on_disconnect=TakeOver(policy))
    match.kill(3)
    match.until(lambda: all(peer.happened(Cut) for peer in match.living), 200)
    match.rounds(10)
    match.tap = lambda sender, to, data: None if sender == 0 and isinstance(message_in(data), Forward) else data
    match.until(lambda: bool(reason(match.peers[1]) and reason(match.peers[2])), 30 * FPS)
    assert reasons(match)[1:3] == ["end_at", "end_at"]
    assert [lost.peer for lost in match.peers[1].happened(PeerLost)] == ["p3", "p0"]


def test_a_slow_peer_goes_on_and_so_is_never_missed() -> None:
    match = group(3, Link(1), end=90)
    slow = match.peers[2]
    for _ in range(30):
        slow.stopped = True
        match.rounds(50)  # less than what counts as lost
        slow.stopped = False
        match.round()
    assert not any(peer.happened(Cut) for peer in match.peers)
    match.to_the_end().agree()
    assert reasons(match) == ["end_at"] * 3
