"""Whom a newcomer asks for the present of a match: the lowest of those who play, or who is there if that one keeps silent."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import Ended, SessionConfig
from rollback.core.feed import Phase
from tests.core.games import Spy, Sums
from tests.core.network import Link
from tests.core.returning import Returning

FPS = 60
CONFIG = SessionConfig(game_id="sums", on_disconnect="idle", interrupt_after=0.3, disconnect_after=1.0)


def without_the_third(make: Any = lambda: Sums(3)) -> Returning:
    """Return a match of three after the loss of the third."""
    match = Returning(make, [(0,), (1,), (2,)], CONFIG, Link(2)).started()
    match.rounds(100)
    match.kill(2)
    match.rounds(3 * FPS)
    return match


def is_asked(match: Returning, number: int) -> bool:
    """Whether somebody was asked by the newcomer, and has not been told that it is in."""
    feed = match.peers[number].session._sponsor.feeds.get("p2")
    return feed is not None and feed.phase is not Phase.IDLE


@pytest.mark.parametrize("later", [0, 6, 15])
def test_whoever_is_greeted_first_only_the_lowest_is_asked(later):
    match = without_the_third()
    match.start(2)
    match.admit(2, by=(1,))
    match.rounds(later)
    match.admit(2, by=(0,))
    asked = set()
    for _ in range(10 * FPS):
        match.round()
        asked |= {number for number in (0, 1) if is_asked(match, number)}
        if match.is_in(2):
            break
    assert match.is_in(2)
    assert asked == {0}


def test_who_is_not_greeted_by_the_lowest_asks_another_before_long():
    match = without_the_third()
    match.start(2)
    match.admit(2, by=(1,))
    match.until(lambda: is_asked(match, 1), 2 * FPS)
    assert not is_asked(match, 0)
    assert match.peers[2].session.reason == "synchronizing"


def test_a_game_is_not_in_the_state_it_was_given_when_peers_would_see_it():
    class Forgetful(Sums):
        def load(self, state: Any) -> None:
            super().load(state)
            self.value ^= 1

    match = without_the_third()
    peer = match.start(2, make=lambda: Forgetful(3))
    match.admit(2)
    match.until(lambda: bool(peer.happened(Ended)), 10 * FPS)
    (ended,) = peer.happened(Ended)
    assert "not in the state of frame" in ended.reason
    assert not peer.frames, "nothing settled where nothing was believed"
    assert all(not each.happened(Ended) for each in match.peers[:2])


def test_a_state_that_peers_compare_by_a_digest_is_not_looked_through():
    class Digesting(Spy):
        digests = 0

        def digest(self) -> Any:
            Digesting.digests += 1
            return (self.value,)

    match = without_the_third(lambda: Digesting(3))
    digests = Digesting.digests
    peer = match.come(2)
    saved = [steps for what, steps in peer.session.game.calls if what == "save"]
    loaded = [steps for what, steps in peer.session.game.calls if what == "load"]
    assert loaded and Digesting.digests > digests
    assert saved.count(loaded[0]) <= 1  # for its snapshot, and not to be compared
