"""The states of confirmed frames that a session hands out, for whoever records a match."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import SessionConfig
from tests.core.games import Sums
from tests.core.network import Link, Match


class Digested(Sums):
    def digest(self) -> Any:
        return [self.value]


class Opaque(Sums):
    def save(self) -> Any:
        return super().save(), object()

    def load(self, state: Any) -> None:
        super().load(state[0])


def state_after(match: Match, frames: int) -> Any:
    game: Any = Sums()
    game.reset(0)
    for done in match.peers[0].frames[:frames]:
        game.step(done.actions)
    return game.save()


@pytest.mark.parametrize("save", ["every", "sparse"])
@pytest.mark.parametrize("make", [Sums, Digested])
def test_a_state_that_is_handed_out_is_that_of_its_confirmed_frame(make: Any, save: Any) -> None:
    config = SessionConfig(save=save, desync_interval=8, input_delay=0)
    match = Match(make, config=config, link=Link(3, 2, 0.1), seed=4, end=200, hold=0.6)
    seen: dict[int, Any] = {}
    session = match.peers[0].session
    for _ in range(4000):
        if session.finished:
            break
        match.round()
        for frame in range(max(0, session.confirmed - 12), session.frame + 2):
            state = session.held_state(frame)
            assert state is None or frame <= session.confirmed + 1
            if state is not None:
                assert seen.setdefault(frame, state) == state
    assert match.rollbacks > 10 and len(seen) >= (25 if save == "sparse" else 199)
    assert all(state == state_after(match, frame) for frame, state in seen.items())
    assert save == "every" or make is Digested or set(range(0, 200, 8)) <= set(seen)


def test_what_is_no_state_tree_or_not_there_is_not_handed_out() -> None:
    match = Match(Opaque, config=SessionConfig(desync_interval=0), end=60).finish()
    session = match.peers[0].session
    assert [session.held_state(frame) for frame in range(-2, 70)] == [None] * 72
    whole = Match(Sums, config=SessionConfig(desync_interval=0), end=60).finish().peers[0].session
    assert whole.held_state(60) == whole.game.save() and whole.held_state(61) is None and whole.held_state(3) is None


def test_the_input_delays_are_told_and_cannot_be_changed_that_way() -> None:
    match = Match(Sums, config=SessionConfig(input_delay=3), end=60)
    session = match.peers[0].session
    session.input_delays.clear()
    assert session.input_delays == {0: 3}
    session.set_input_delay(0, 5)
    assert session.input_delays == {0: 5}
