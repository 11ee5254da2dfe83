"""A game that raises in `step`: on guessed inputs nobody's fault, on known ones the end of the match for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from rollback import Ended, PeerLeft, SessionConfig
from tests.core.games import Sums
from tests.core.network import Link, Match, Peer


class Opposed(Sums):
    """Cannot be stepped when both players do the same; `act` below never lets them, but a guess may."""

    def __init__(self, players: int = 2) -> None:
        self.raised = 0
        super().__init__(players)

    def step(self, actions: Sequence[Any]) -> None:
        self.value += 1  # a step that raises has changed the game by then
        if actions[0] == actions[1]:
            self.raised += 1
            raise ArithmeticError(f"both players did {actions[0]}")
        super().step(actions)


class Doomed(Sums):
    """Raises at its 50th step, if it is told to."""

    doomed = True

    def step(self, actions: Sequence[Any]) -> None:
        if self.doomed and self.steps == 50:
            raise ZeroDivisionError("the ball met itself")
        super().step(actions)


def opposed(peer: Peer, player: int) -> int:
    """Act by the frame at which the action will be taken, so that asking again gives the same answer."""
    return 1 + (player + (peer.captured + 1) // 5) % 2


@pytest.mark.parametrize("save", ["every", "sparse"])
@pytest.mark.parametrize("seed", range(6))
def test_a_step_that_raises_on_guessed_inputs_is_taken_back_and_waits(save: Any, seed: int) -> None:
    config = SessionConfig(input_delay=0, prediction_window=8, save=save, desync_interval=1)
    match = Match(Opposed, config=config, link=Link(3, 2, 0.1), seed=seed, end=120, act=opposed)
    match.finish().check(120)
    for peer in match.peers:
        assert peer.happened(Ended) == [Ended("end_at", 120)]
        assert any(reason == "stalled" and not advanced for _, advanced, reason, _ in peer.ticks)
    assert sum(peer.game.raised for peer in match.peers) > 10, "no guess made a step raise: the test proves nothing"


def test_while_it_waits_the_frame_that_raised_is_not_passed() -> None:
    config = SessionConfig(input_delay=0, prediction_window=12)
    match = Match(Opposed, config=config, link=Link(4), end=120, act=opposed).started()
    waits = 0
    for _ in range(100):
        raised = [peer.game.raised for peer in match.peers]
        match.round()
        for peer, before in zip(match.peers, raised, strict=True):
            if peer.game.raised > before:
                waits += 1
                assert peer.session.reason == "stalled"
                assert peer.session.known < peer.session.frame, "it waits for inputs that are not here yet"
    assert waits > 10
    match.finish().check(120)


@pytest.mark.parametrize("window", [0, 8])
def test_a_step_that_raises_on_known_inputs_ends_the_match_on_every_peer(window: int) -> None:
    config = SessionConfig(prediction_window=window)
    match = Match(Doomed, config=config, link=Link(3, 1, 0.1), end=200).finish()
    for peer in match.peers:
        (ended,) = peer.happened(Ended)
        assert ended.frame == 50 == peer.session.frame
        assert ended.reason.startswith("step raised at frame 50:\n")
        assert "Traceback" in ended.reason and 'raise ZeroDivisionError("the ball met itself")' in ended.reason
        assert peer.session.reason == "ended"
        assert [done.frame for done in peer.frames] == list(range(len(peer.frames)))
        assert peer.game.save() == match.plain([done.inputs for done in match.peers[0].frames][:50]).save()


def test_a_step_that_raises_on_one_peer_only_tells_the_other_why() -> None:
    match = Match(Doomed, link=Link(2), end=200)
    match.peers[1].game.doomed = False
    match.finish()
    raised, other = match.peers
    assert "ZeroDivisionError: the ball met itself" in raised.happened(Ended)[0].reason
    assert "Traceback" in raised.happened(Ended)[0].reason
    assert other.happened(PeerLeft)[0].reason == "the game raised ZeroDivisionError: the ball met itself"
    assert other.happened(Ended)[0].reason == "p0: the game raised ZeroDivisionError: the ball met itself"
    assert "Traceback" not in other.happened(Ended)[0].reason


def test_a_very_long_message_of_an_exception_still_reaches_the_other_side() -> None:
    class Verbose(Sums):
        loud = True

        def step(self, actions: Sequence[Any]) -> None:
            if self.loud and self.steps == 20:
                raise ValueError("no " * 20_000)
            super().step(actions)

    match = Match(Verbose, link=Link(1), end=100)
    match.peers[1].game.loud = False
    match.finish()
    assert match.peers[1].happened(Ended)[0].reason.startswith("p0: the game raised ValueError: no no no")
