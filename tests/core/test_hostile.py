"""A whole session under fire: it raises nothing, does not grow, counts what it drops, and the match goes on."""

from __future__ import annotations

import random
import re
import tracemalloc
from collections import Counter

import pytest

from rollback import DesyncFound, Ended, Local, P2PSession, PeerLeft, Remote, SessionConfig
from rollback.errors import WireError
from rollback.wire import Bye, Forward, Hello, Notice, decode_inputs, encode_inputs, encode_message
from rollback.wire.inputs import INPUTS, MORE, encode_more
from rollback.wire.limits import MAX_DATAGRAM, MAX_INBOX
from rollback.wire.matches import mark
from rollback.wire.runs import payload_lengths
from tests.core.games import Sums
from tests.core.network import Link, Match, Peer, message_in
from tests.wire.golden import datagrams

REASON = re.compile(r"[a-z]+( [a-z]+)?")
GOLDEN = datagrams()


def flipped(data: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]


def poison(dice: random.Random, real: bytes) -> bytes:
    """Draw a datagram of any bad kind."""
    kind = dice.randrange(6)
    if kind == 0:
        return dice.randbytes(dice.randrange(60))
    if kind == 1:
        return real[: dice.randrange(len(real))]
    if kind == 2:
        return flipped(real, dice)
    if kind == 3:
        return flipped(dice.choice(GOLDEN), dice)
    if kind == 4:
        return bytes([0, dice.randrange(5)]) + b"\x91" * dice.choice([3, 200, 700, 1_000, 2_000]) + b"\x90"
    return dice.randbytes(1) + bytes([dice.randrange(128, 256)]) + dice.randbytes(dice.randrange(20))


def harmless(data: bytes, peer: Peer) -> bool:
    """Whether a session has to drop the datagram, whatever it knows: it lies about nothing that could be true."""
    message = message_in(data)
    if message is not None:
        return False
    if len(data) < 2 or not data[1] & INPUTS:
        return True
    try:
        inputs = decode_inputs(data, peer.session.known, b"\0", 256, payload_lengths(1))
    except WireError:
        return True
    return inputs.flags >> 5 & 3 != 0 or inputs.ack > peer.session.frame + 100 or inputs.ack < -1


def test_whatever_comes_a_session_raises_nothing_and_ends_somehow() -> None:
    """Inputs that were changed on the way cannot be told from real ones; the checksums find what they did."""
    reasons: Counter[str] = Counter()
    for seed in range(25):
        dice = random.Random(seed)
        config = SessionConfig(desync_interval=4, on_desync="report", on_disconnect="end")
        match = Match(Sums, config=config, link=Link(2, 2, 0.05), seed=seed, end=200)

        def tap(sender: int, to: int, data: bytes, dice: random.Random = dice) -> bytes:
            return poison(dice, data) if dice.random() < 0.2 else data

        match.tap = tap
        match.until(lambda match=match: any(peer.happened(Ended) for peer in match.peers), 6_000)
        for peer in match.peers:
            assert [done.frame for done in peer.frames] == list(range(len(peer.frames)))
            reasons.update(peer.session.stats().dropped)
    assert reasons.total() > 100
    assert all(REASON.fullmatch(reason) for reason in reasons) and len(reasons) < 25


@pytest.mark.parametrize("seed", range(8))
def test_what_must_be_dropped_does_the_match_no_harm(seed: int) -> None:
    dice = random.Random(seed)
    config = SessionConfig(input_delay=1, desync_interval=8)
    match = Match(Sums, config=config, link=Link(2, 2, 0.1), seed=seed, end=200, hold=0.5)
    injected = 0

    def tap(sender: int, to: int, data: bytes) -> bytes:
        nonlocal injected
        for _ in range(3):
            bad = poison(dice, data)
            if harmless(bad, match.peers[to]):
                injected += 1
                match.peers[to].session.receive(f"p{sender}", bad)
        return data

    match.tap = tap
    match.finish().check(200)
    dropped = sum((Counter(peer.session.stats().dropped) for peer in match.peers), Counter())
    assert injected > 500
    assert dropped.total() >= injected * 0.9, "what was dropped was counted"
    assert {"truncated", "kind", "match"} <= set(dropped)
    assert all(REASON.fullmatch(reason) for reason in dropped) and len(dropped) < 25
    assert not any(peer.happened(DesyncFound) for peer in match.peers)


def playing(end: int = 100) -> Match:
    match = Match(Sums, config=SessionConfig(input_delay=1, desync_interval=8), link=Link(1), end=end).started()
    match.rounds(20)
    return match


def dropped_by(match: Match, *data: bytes) -> dict[str, int]:
    """Let p0 receive datagrams as if they came from p1; return what it dropped."""
    session = match.peers[0].session
    before = Counter(session.stats().dropped)
    for datagram in data:
        session.receive("p1", datagram)
    match.round()
    return dict(Counter(session.stats().dropped) - before)


def test_each_kind_of_bad_datagram_is_counted_by_its_reason() -> None:
    match = playing()
    known = match.peers[0].session.known
    frame = match.peers[0].session.frame
    for data, reason in [
        (b"", "truncated"),
        (b"\0", "truncated"),
        (b"\0\x1f", "kind"),
        (b"\0\x7f", "match"),
        (mark(encode_message(Bye("left", -1, -1, True)), 1), "match"),
        (b"\0\1\xc1", "msgpack"),
        (encode_message(Notice(-1))[:-1], "msgpack"),
        (b"\0\2\x90", "field"),
        (encode_message(Forward(5, -1, 0, -1, -1, b"")), "misplaced"),
        (encode_inputs(INPUTS, known + 1, -1, 0, -1, b"", b"\x10"), "truncated"),
        (encode_inputs(INPUTS, known + 1, -1, 0, -1, b"", b"\x05\x01"), "token"),
        (encode_inputs(INPUTS | MORE, known, -1, 0, -1, b"\xff\xff\xff\xff\1", b""), "number"),
        (encode_inputs(INPUTS | MORE, known, -1, 0, -1, encode_more(b"\0\x09\x90"), b""), "kind"),
        (encode_inputs(INPUTS | 1 << 5, known, -1, 0, -1, b"", b""), "match"),
        (encode_inputs(INPUTS, known, frame + 50, 0, frame, b"", b""), "ack"),
        (encode_inputs(INPUTS, known, 5, 0, -30, b"", b""), "ack"),
        (encode_inputs(INPUTS, known + 1, 0, 0, 0, b"", b"\x1f\1\0\1" * 5_000), "oversized"),
        (encode_message(Bye("x", 1, 1)) + bytes(MAX_DATAGRAM), "oversized"),
    ]:
        assert dropped_by(match, data) == {reason: 1}, data[:40]
    match.finish().check(100)


def test_a_single_byte_is_no_input() -> None:
    """Nearly all datagrams repeat the one before but for their first byte; one with nothing else must not."""
    match = playing()
    match.blocked = {(1, 0)}
    match.rounds(3)
    known = match.peers[0].session.known
    again = encode_inputs(INPUTS, known, known - 3, 0, known - 3, b"", b"")
    singles = [bytes([value]) for value in range(256)]
    assert dropped_by(match, again, *singles[:128], b"") == {"truncated": 129}
    assert dropped_by(match, again, *singles[128:], b"") == {"truncated": 129}
    assert match.peers[0].session.known == known
    match.blocked = set()
    match.finish().check(100)


def test_an_acknowledgement_of_what_was_never_sent_moves_nothing() -> None:
    match = playing()
    session = match.peers[0].session
    settled, confirmed = session.settled, session.confirmed
    for ack in (session.frame + 2, session.frame + 1_000, 30_000):
        assert dropped_by(match, encode_inputs(INPUTS, session.known, ack, 0, ack, b"", b"")) == {"ack": 1}
    assert settled <= session.settled <= settled + 3 and session.confirmed <= confirmed + 3
    match.finish().check(100)


def test_a_confirmation_of_frames_that_are_not_simulated_yet_does_not_settle_them() -> None:
    match = playing()
    session = match.peers[0].session
    for _ in range(30):
        for frame in (session.frame, session.frame + 1, session.frame + 60, 2**40):
            session.receive("p1", encode_message(Bye("ended", frame, frame, False, True)))
        match.round()
        assert session.settled <= session.confirmed < session.frame


def test_a_goodbye_cannot_confirm_what_its_sender_does_not_hold() -> None:
    match = playing()
    session = match.peers[0].session
    match.blocked = {(0, 1), (1, 0)}
    match.rounds(20)
    session.receive("p1", encode_message(Bye("left", -1, 2**40)))
    match.round()
    assert match.peers[0].happened(PeerLeft)
    assert session.settled <= session.confirmed < session.frame
    frames = match.peers[0].frames
    assert [done.frame for done in frames] == list(range(len(frames)))


def test_a_second_different_input_for_a_frame_is_dropped_and_counted() -> None:
    match = playing()
    session = match.peers[0].session
    frame = session.known
    first = match.peers[1].oracles[1].line[frame]
    before = match.peers[1].oracles[1].line[frame - 1]
    other = (first[0] + 1) % 256
    token = bytes([0x10 | frame % 15, before[0] ^ other if before[0] != other else 1])
    assert dropped_by(match, encode_inputs(INPUTS, frame, 3, 0, 3, b"", token)) == {"second input": 1}
    match.finish().check(100)


def test_a_repeated_datagram_is_no_second_input() -> None:
    match = Match(Sums, config=SessionConfig(input_delay=0), link=Link(2, 6, 0.2, 1.0), end=200, hold=0.3).finish()
    match.check(200)
    for peer in match.peers:
        assert "second input" not in peer.session.stats().dropped


def test_frames_far_ahead_are_left_for_later() -> None:
    """A peer that claims to be far ahead can fill the ring, not more; nothing that is still needed is overwritten."""
    match = playing(300)
    session = match.peers[0].session
    for newest in (session.known + 200, session.known + 1_000, session.known + 30_000):
        session.receive("p1", encode_inputs(INPUTS, newest, 0, 127, 0, b"", b""))
    match.round()
    assert session.known < session.frame + 130
    assert [done.frame for done in match.peers[0].frames] == list(range(len(match.peers[0].frames)))


def test_a_flood_pushes_out_its_oldest_and_is_counted() -> None:
    match = playing()
    session = match.peers[0].session
    for number in range(5 * MAX_INBOX):
        session.receive("p1", b"\0\x1fjunk %d" % number)
    assert session.stats().dropped["flood"] == 4 * MAX_INBOX
    match.round()
    assert session.stats().dropped["kind"] >= MAX_INBOX - 2
    match.finish().check(100)


@pytest.mark.parametrize("size", [20, MAX_DATAGRAM, 200_000])
def test_a_flood_does_not_fill_the_memory(size: int) -> None:
    """What is too large to be looked at is not kept either."""
    session = P2PSession(Sums(), [Local(), Remote("p1")])
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(2_000):
            session.receive("p1", number.to_bytes(4, "big") * (size // 4))
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert held < MAX_INBOX * (MAX_DATAGRAM + 200)
    assert session.stats().dropped["flood" if size <= MAX_DATAGRAM else "oversized"] > 1_000


@pytest.mark.nightly
def test_a_session_under_fire_for_long_does_not_grow() -> None:
    dice = random.Random(5)
    config = SessionConfig(on_disconnect="end", interrupt_after=50, disconnect_after=100, desync_interval=0)
    match = Match(Sums, config=config, link=Link(1)).started()
    for peer in match.peers:
        peer.ticks = _Forgetting()
        peer.frames = _Forgetting()
        peer.oracles = {}

    def fire(rounds: int) -> None:
        for _ in range(rounds):
            match.round()
            for peer in match.peers:
                for _ in range(5):
                    data = poison(dice, b"\x29\x80\0\0\0\0\x15\x01")
                    if harmless(data, peer):
                        peer.session.receive(f"p{1 - peer.number}", data)

    for peer in match.peers:
        peer.tick = _plain_tick(peer)  # type: ignore[method-assign]
    tracemalloc.start()
    try:
        fire(900)
        before = tracemalloc.get_traced_memory()[0]
        fire(900)
        assert tracemalloc.get_traced_memory()[0] - before < 60_000
    finally:
        tracemalloc.stop()
    assert match.peers[0].session.frame > 1_500


class _Forgetting(list):  # type: ignore[type-arg]
    """A list that keeps nothing."""

    def append(self, item: object) -> None:
        pass


def _plain_tick(peer: Peer):  # type: ignore[no-untyped-def]
    """Return a tick that notes nothing down."""

    def tick(act: object) -> None:
        peer.session.tick({peer.number: peer.session.frame // 8 & 3}, now=peer.now)
        peer.session.events()
        list(peer.session.confirmed_frames())

    return tick


def test_a_hello_in_the_middle_of_a_match_changes_nothing() -> None:
    match = playing()
    nan = float("nan")
    for nonce in (2, 77):
        hello = Hello(nonce, 1, 5.0, nan, 0.0, True, True, False, 1e9, {"seed": 9}, 900, 900, {0: "me", 1: "me"})
        match.peers[0].session.receive("p1", encode_message(hello))
        match.rounds(5)
    match.finish().check(100)
    assert [type(event) for event in match.peers[0].events][-1] is Ended
    assert match.peers[0].happened(Ended) == [Ended("end_at", 100)]
