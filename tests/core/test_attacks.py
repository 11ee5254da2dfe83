"""What a hostile peer tried, and no longer gets away with."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from rollback import DesyncFound, Mismatch, SessionConfig
from rollback.types import Event, Resynced
from rollback.wire.blobs import Branches, Leaf, StateAt, encode_blob
from rollback.wire.inputs import INPUTS, MORE, decode_inputs, encode_inputs, encode_more
from rollback.wire.messages import Hello, Notice, decode_message, encode_message
from rollback.wire.runs import payload_lengths
from rollback.wire.tree import pack_tree
from tests.core.games import Sums
from tests.core.network import Link, Match, message_in


def playing(frames: int = 80, **settings: Any) -> Match:
    match = Match(Sums, config=SessionConfig(**settings), link=Link(1))
    match.until(lambda: match.peers[0].session.frame > frames)
    return match


def events(match: Match) -> list[Event]:
    return match.peers[0].events


@pytest.mark.parametrize("blob", [Leaf(60, (([],),), None), Branches(60, (), ((([],), 1),))])
def test_a_path_that_cannot_be_a_key_is_refused(blob: Any) -> None:
    match = playing(desync_interval=20)
    match.peers[0].session.receive_reliable("p1", encode_blob(blob))
    match.rounds(3)
    assert match.peers[0].session.stats().dropped["field"] == 1


def test_a_peer_that_confirms_nothing_cannot_make_us_settle_what_was_not_played() -> None:
    """It sends honest inputs, acknowledges nothing for longer than the rings hold, and then all at once."""
    match = playing(10, prediction_window=8, desync_interval=0)
    quiet, frames = True, 0

    def tap(sender: int, to: int, data: bytes) -> bytes:
        if sender == 1 and quiet and data[1] & INPUTS:
            inputs = decode_inputs(data, match.peers[0].session.frame, b"\0", 256, payload_lengths(1))
            return encode_inputs(INPUTS, inputs.newest, 5, 0, 5, b"", data[6:] if not inputs.flags & 15 else b"")
        return data

    match.tap = tap
    match.rounds(600)
    assert match.peers[0].session.frame < 256, "who confirms nothing is waited for"
    quiet = False
    match.rounds(200)
    for done in match.peers[0].frames:
        assert done.inputs[0] == match.peers[0].oracles[0].line[done.frame], done.frame
        frames += 1
    assert frames > 100


@pytest.mark.parametrize("field", ["sent", "echo", "held", "start"])
@pytest.mark.parametrize("value", [math.inf, 1e300, -1e300, 1e11, math.nan])
@pytest.mark.parametrize("delay", [0, "auto"])
def test_clocks_out_of_this_world_crash_nothing(field: str, value: float, delay: Any) -> None:
    match = Match(Sums, config=SessionConfig(input_delay=delay), link=Link(1), end=30)

    def tap(sender: int, to: int, data: bytes) -> bytes:
        hello = message_in(data)
        if sender == 1 and isinstance(hello, Hello) and match.round_number % 3 == 0:
            return encode_message(dataclasses.replace(hello, **{field: value}))
        return data

    match.tap = tap
    match.rounds(200)
    for peer in match.peers:
        assert all(math.isfinite(line.rtt) for line in peer.session.stats().peers.values())


def test_letters_full_of_entries_are_refused_before_they_cost_time() -> None:
    match = playing(desync_interval=20)
    session = match.peers[0].session
    letter = b"\0\x11" + pack_tree((10**9, (), [None] * 200_000))
    state = encode_blob(StateAt(60, [None] * 200_000))
    for _ in range(10):
        session.receive_reliable("p1", letter)
        session.receive_reliable("p1", state)
    match.rounds(10)
    dropped = session.stats().dropped
    assert dropped["unasked state"] == 10
    assert sum(dropped.values()) >= 20


def test_a_state_before_the_first_frame_is_refused() -> None:
    match = Match(Sums, [(1,), (0,)], SessionConfig(on_desync="resync"), Link(1), end=30)
    match.peers[0].session.receive_reliable("p1", encode_blob(StateAt(0, {"no": 1})))
    match.finish()
    assert match.peers[0].session.stats().dropped == {"old state": 1}


def test_a_state_that_comes_unasked_is_at_least_told_of() -> None:
    match = Match(Sums, [(1,), (0,)], SessionConfig(on_desync="resync", desync_interval=20), Link(1), end=400)
    match.until(lambda: match.peers[0].session.frame > 50)
    match.peers[0].session.receive_reliable("p1", encode_blob(StateAt(40, match.peers[0].game.save())))
    match.rounds(3)
    found = [event for event in events(match) if isinstance(event, DesyncFound | Resynced)]
    assert [type(event) for event in found[:2]] == [DesyncFound, Resynced]


def test_a_forged_letter_is_told_of_once() -> None:
    match = playing(desync_interval=20, on_desync="report")
    for _ in range(40):
        match.peers[0].session.receive_reliable("p1", encode_blob(Leaf(60, (), 5)))
        match.rounds(1)
    match.rounds(150)
    assert len([event for event in events(match) if isinstance(event, DesyncFound)]) <= 1


def test_a_flood_of_announced_ends_is_told_of_once() -> None:
    match = playing()
    session = match.peers[0].session
    session.end_at(500)
    for end in range(600, 800):
        more = encode_more(encode_message(Notice(end)))
        session.receive("p1", encode_inputs(INPUTS | MORE, session.known, session.known, 0, session.known, more, b""))
    match.rounds(2)
    assert len([event for event in events(match) if isinstance(event, Mismatch)]) == 1


def test_hellos_that_differ_in_everything_are_told_of_once_and_briefly() -> None:
    match = Match(Sums, config=SessionConfig(), link=Link(1))
    seen: list[bytes] = []
    match.tap = lambda sender, to, data: seen.append(data) if sender == 1 else data  # type: ignore[func-returns-value]
    match.rounds(10)
    hello = next(message for message in map(decode_message, seen) if isinstance(message, Hello))
    for nonce in range(1, 200):
        facts = {f"fact {index}": nonce for index in range(60)}
        session = match.peers[0].session
        session.receive("p1", encode_message(dataclasses.replace(hello, nonce=nonce, facts=facts)))
    match.rounds(5)
    assert 1 <= len([event for event in events(match) if isinstance(event, Mismatch)]) <= 20
