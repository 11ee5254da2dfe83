"""The way of a newcomer's game along a feed: a state that the game cannot take is refused, whatever it makes the game raise."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import pytest

from rollback import Local, P2PSession, Remote, SessionConfig
from rollback.core.boarding import Boarding
from rollback.core.follower import STRIKES
from rollback.state import checksum
from rollback.wire.feed import Keyframe, Part, encode_feed
from rollback.wire.tree import pack_tree
from tests.core.games import Sums


class Choosy(Sums):
    """A game that raises what it was given."""

    def load(self, state: Any) -> None:
        raise KeyError(state)


@pytest.mark.parametrize("state", [10**6000, "\x1b[2J", [1], None], ids=["huge", "escapes", "list", "nothing"])
def test_a_state_that_the_game_does_not_take_is_refused_in_a_printable_sentence(state: Any) -> None:
    session = P2PSession(Choosy(), [Local(), Remote("p1")], SessionConfig(), joining=True)
    boarding = Boarding(session._sim, session._confirmation)
    data = pack_tree(state)
    total = int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
    for frame in range(STRIKES):
        told = Keyframe(frame, len(data), total, checksum(state), {}, (1, 1), {}, {}, {})
        for message in (told, Part(frame, 0, data)):
            boarding.follower.hear(encode_feed(message))
        boarding.advance(16)
    assert boarding.problem is not None and boarding.problem.isprintable()
    assert "cannot load the state of frame" in boarding.problem and boarding.first == -1
