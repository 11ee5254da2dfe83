"""Matches of hours: numbers of frames that wrap round in the datagrams, and readers that never fall behind."""

from __future__ import annotations

import random
from collections import deque

from rollback import Local, P2PSession, Remote, SessionConfig
from tests.core.games import Sums

FRAMES = 66_500  # past 65,536, where the 16 bits of a frame wrap round, and past twice 32,768


def test_a_match_goes_on_past_the_frames_that_sixteen_bits_can_tell() -> None:
    dice = random.Random(7)
    config = SessionConfig(input_delay=1, desync_interval=64)
    sessions = [
        P2PSession(Sums(), [Local(), Remote("b")], config, nonce=1),
        P2PSession(Sums(), [Remote("a"), Local()], config, nonce=2),
    ]
    lines: list[deque[tuple[int, bytes]]] = [deque(), deque()]  # by receiver
    settled, rounds, held = [0, 0], 0, [0, 0]
    checks = [0, 0]
    for session in sessions:
        session.end_at(FRAMES)
    while not all(session.finished for session in sessions):
        rounds += 1
        assert rounds < 2 * FRAMES
        for me, session in enumerate(sessions):
            line = lines[me]
            while line and line[0][0] <= rounds:
                session.receive("ba"[me], line.popleft()[1])
            if rounds % 11 == me:
                held[me] = dice.randrange(256)
            session.tick({me: held[me]}, now=rounds / 60)
            for _, datagram in session.outgoing(now=rounds / 60):
                if dice.random() > 0.02:
                    lines[1 - me].append((rounds + 2, datagram))
            if rounds % 40 == 0:
                for done in session.confirmed_frames():
                    assert done.frame == settled[me]
                    settled[me] += 1
                    checks[me] = (checks[me] * 31 + done.inputs[0][0] * 257 + done.inputs[1][0]) % 2**61
    for me, session in enumerate(sessions):
        for done in session.confirmed_frames():
            assert done.frame == settled[me]
            settled[me] += 1
            checks[me] = (checks[me] * 31 + done.inputs[0][0] * 257 + done.inputs[1][0]) % 2**61
    assert settled == [FRAMES, FRAMES]
    assert checks[0] == checks[1]
    assert sessions[0].game.save() == sessions[1].game.save()
    assert sum(session.stats().rollbacks for session in sessions) > 5_000
    assert all(session.stats().dropped == {} for session in sessions)
