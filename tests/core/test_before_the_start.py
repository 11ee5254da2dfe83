"""What becomes of a peer that goes before frame 0."""

from __future__ import annotations

import pytest

from rollback import Ended, PeerLost, SessionConfig, Synchronized
from tests.core.games import Sums
from tests.core.network import Link, Match


@pytest.mark.parametrize("rounds", range(4, 40, 3))
def test_a_peer_that_dies_before_frame_0_is_lost_in_time(rounds: int) -> None:
    config = SessionConfig(on_disconnect="end", disconnect_after=1.0)
    match = Match(Sums, config=config, link=Link(1))
    survivor, other = match.peers
    match.rounds(rounds)
    other.stopped = True
    heard = bool(survivor.happened(Synchronized)) or survivor.session.frame > 0
    if not heard:
        return  # never heard of: it may still be starting, and waiting is the caller's decision
    match.until(lambda: bool(survivor.happened(Ended)), 120)
    assert survivor.happened(PeerLost)
