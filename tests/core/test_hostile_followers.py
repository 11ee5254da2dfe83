"""Followers that mean harm: what they ask for costs the player little, whatever and however often they ask."""

from __future__ import annotations

import random
from hashlib import blake2b
from typing import Any

import pytest

from rollback import Local, P2PSession, Raw, Remote, SessionConfig
from rollback.core.follower import Follower
from rollback.core.sponsor import BEAT, BURST, RATE
from rollback.errors import UsageError
from rollback.wire.feed import MAX_STATE, MAX_WANT, WHOLE, Rows, Want, decode_feed, encode_feed
from rollback.wire.limits import MAX_DATAGRAM
from rollback.wire.slices import packed_slices
from rollback.wire.tree import pack_tree
from tests.core.audience import Hall, Heavy, plain_config
from tests.core.games import Sums
from tests.core.network import Match


class Wide(Heavy):
    """Inputs of 64 bytes a player that nothing can make smaller."""

    size = 2_000

    def __init__(self, players: int = 2) -> None:
        super().__init__(players)
        self.codecs = [Raw(64)] * players

    def step(self, actions: Any) -> None:
        super().step([sum(action) for action in actions])


def hosting(make: Any, rounds: int, followers: int, **options: Any) -> tuple[Match, P2PSession]:
    match = Match(make, config=plain_config(), seed=1, end=100_000, **options)
    match.rounds(rounds)
    session = match.peers[0].session
    for number in range(followers):
        session.admit(f"e{number}")
    return match, session


def sum_of(tree: Any) -> int:
    return int.from_bytes(blake2b(b"".join(packed_slices(tree)), digest_size=8).digest(), "little")


def test_a_message_larger_than_any_request_is_dropped_unread() -> None:
    match, session = hosting(Sums, 100, 1)
    wide = b"\0\x1b" + pack_tree((tuple(range(1000)), 0, 0, 0, False))
    assert len(encode_feed(Want(1 << 40, 1 << 24, 2**64 - 1, 1 << 40, True))) <= MAX_WANT < len(wide) <= MAX_DATAGRAM
    session.receive_reliable("e0", wide)
    match.rounds(2)
    assert session._sponsor.dropped == {"oversized": 1}


def test_rows_asked_for_again_and_again_by_many_stay_within_the_rate_of_all() -> None:
    dice = random.Random(5)
    match, session = hosting(Wide, 900, 32, act=lambda peer, player: dice.randbytes(64))
    session.receive_reliable("e0", encode_feed(Want()))
    sent = rows = 0
    for turn in range(300):
        source = session._sponsor._source
        for number in range(32):
            ask = Want() if turn % 6 == number % 5 else Want(_newest(source), WHOLE, 0, source.end - 700 + number)
            session.receive_reliable(f"e{number}", encode_feed(ask))
        match.round()
        for _, blob in session.outgoing_reliable():
            sent += len(blob)
            rows += isinstance(decode_feed(blob), Rows)
    assert rows > 200, "or nothing was asked for"
    assert sent <= 2 * BURST + RATE * 300 / 60 * 1.1


def _newest(source: Any) -> int:
    return source._packed[-1].frame if source._packed else 0


def test_who_is_up_to_date_gets_each_beat_while_others_ask_for_all_again_and_again() -> None:
    dice = random.Random(5)
    match = Match(Wide, config=plain_config(), seed=1, end=100_000, act=lambda peer, player: dice.randbytes(64))
    hall = Hall(match)
    hall.rounds(900)
    session = match.peers[0].session
    eve = hall.enter("eve")
    hall.until(lambda: eve.session.progress == 1.0)
    for number in range(31):
        session.admit(f"e{number}")
    latest = []
    for turn in range(300):
        source = session._sponsor._source
        for number in range(31):
            ask = Want() if turn % 6 == number % 5 else Want(_newest(source), WHOLE, 0, source.end - 700 + number)
            session.receive_reliable(f"e{number}", encode_feed(ask))
        hall.round()
        latest.append(session.settled - eve.session.known)
    assert max(latest) <= 2 * BEAT * 60 + 2


def test_followers_that_know_states_and_acknowledge_nothing_hold_a_bounded_number_of_them() -> None:
    """Each asks for another state by its right sum, as if it had half of it from somebody else, and goes silent."""
    size = 3_000_000
    match, session = hosting(type("Heavy", (Heavy,), {"size": size}), 100, 24)
    most = 0
    for number in range(24):
        source = session._sponsor._source
        for _ in range(30):
            states = {frame: tree for frame, (tree, _) in source._states.items() if frame <= source.end}
            if states:
                session.receive_reliable(f"e{number}", encode_feed(Want(max(states), 0, sum_of(states[max(states)]))))
                break
            match.round()
        for _ in range(40):
            match.round()
            session.outgoing_reliable()
            most = max(most, sum(len(packed.data) for packed in source._packed))
    assert size < most <= 2 * MAX_STATE + size


@pytest.mark.parametrize("seed", range(6))
def test_whatever_followers_ask_the_players_play_on_and_nothing_is_raised(seed: int) -> None:
    dice = random.Random(seed)
    match, session = hosting(type("Heavy", (Heavy,), {"size": 60_000}), 150, 5)
    follower = Follower()
    frames = [-1, 0, 30, 60, 90, 120, 150, 10_000, 1 << 40]
    before = session.frame
    for turn in range(400):
        for number in range(4):
            kind = dice.randrange(8)
            if kind == 0:
                blob = dice.randbytes(dice.randrange(40))
            elif kind == 1:
                blob = b"\0\x1b" + dice.randbytes(dice.randrange(60))
            else:
                offset = dice.choice([WHOLE, 0, 1, 5000, 12 * 1024, 60_500, MAX_STATE])
                frame = dice.choice([*frames, session.settled // 30 * 30])
                newest = dice.choice([*frames, session.settled, session.settled + 5])
                blob = encode_feed(Want(frame, offset, dice.getrandbits(64), newest, dice.random() < 0.5))
            session.receive_reliable(f"e{number}", blob)
        match.round()
        for to, blob in session.outgoing_reliable():
            if to == "e4":
                follower.hear(blob)
        for want in follower.wants(turn / 60):
            session.receive_reliable("e4", want)
        session._sponsor._dispatch.blobs[:] = session._sponsor._dispatch.blobs[-4096:]
    assert session.frame >= before + 399
    assert follower.keyframe is not None and follower.newest >= session.settled - 12, "and who asks properly is served"


def test_a_follower_that_was_dismissed_can_ask_as_it_likes() -> None:
    match, session = hosting(Sums, 60, 1)
    session.dismiss("e0")
    for _ in range(20):
        session.receive_reliable("e0", encode_feed(Want()))
        match.round()
    assert session.outgoing_reliable() == [] and not session._sponsor._wants


def test_blobs_of_strangers_are_refused_and_kept_nowhere() -> None:
    session = P2PSession(Sums(), [Local(), Remote("bob")], SessionConfig())
    for number in range(500):
        with pytest.raises(UsageError, match="nobody plays at peer"):
            session.receive_reliable(f"stranger{number}", encode_feed(Want()))
    assert not session._sponsor._wants and not session._sponsor.feeds
