"""200 seeded matches over bad links: every settled input is the one that was given, and all peers end in one state."""

from __future__ import annotations

import random

import pytest

from rollback import Ended, SessionConfig, Synchronized
from rollback.games import Duel, Pong
from tests.cases import more_at_night
from tests.core.games import Sums
from tests.core.network import Link, Match

FRAMES = 240
SEATS = {
    2: [((0,), (1,))],
    3: [((0,), (1,), (2,)), ((0, 2), (1,)), ((1,), (0, 2))],
    4: [((0,), (1,), (2,), (3,)), ((0, 3), (1, 2)), ((2,), (0, 1, 3)), ((3, 1), (0,), (2,))],
}


def match_of(seed: int) -> Match:
    """Draw a match from the seed: game, seats, delays, window and links."""
    dice = random.Random(seed)
    make = [Pong, Duel, lambda: Sums(3), lambda: Sums(4)][seed % 4]
    seats = dice.choice(SEATS[make().players])
    window = (0, 1, 8, 12)[seed // 4 % 4]
    configs = [
        SessionConfig(input_delay=dice.randint(0, 4), prediction_window=window, desync_interval=1, seed=seed, interrupt_after=2)
        for _ in seats
    ]
    links = {
        (a, b): Link(dice.randint(0, 12), dice.randint(0, 4), dice.uniform(0, 0.3), dice.uniform(0, 0.2))
        for a in range(len(seats))
        for b in range(len(seats))
        if a != b
    }
    return Match(make, seats, configs, links, seed=seed, end=FRAMES)


@pytest.mark.parametrize("block", more_at_night(range(20), 4))
def test_every_peer_settles_what_was_given_and_ends_in_the_state_of_a_plain_run(block: int) -> None:
    rollbacks = lost = 0
    for seed in range(block * 10, block * 10 + 10):
        match = match_of(seed)
        match.finish()
        match.check(FRAMES)
        for peer in match.peers:
            # No desync, no interruption, nothing but the beginning and the end; nothing that arrived was wrong.
            assert [type(event) for event in peer.events if type(event) is not Synchronized] == [Ended], peer.events
            assert peer.events[-1] == Ended("end_at", FRAMES)
            assert set(peer.session.stats().dropped) <= {"stranger"}, peer.session.stats().dropped
            assert peer.session.stats().settled == FRAMES - 1
        for player in range(match.peers[0].game.players):
            inputs = {done.inputs[player] for done in match.peers[0].frames}
            assert len(inputs) > 2, f"player {player} did nothing: the match proves nothing"
        rollbacks += match.rollbacks
        lost += match.lost
    assert rollbacks > 100
    assert lost > 100
