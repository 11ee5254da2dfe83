"""Games that differ on purpose: the detector finds each one, names the frame, and raises no false alarm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from rollback import DesyncFound, Ended, GameError, SessionConfig
from rollback.wire import decode_inputs
from rollback.wire.runs import payload_lengths
from tests.core.games import Opaque, OpaqueWithDigest, Sums
from tests.core.network import Link, Match, message_in


class Drifting(Sums):
    """Adds one to its state in one step, if it is told to: the same in every replay, but not on every peer."""

    at = -1

    def step(self, actions: Sequence[Any]) -> None:
        if self.steps == self.at:
            self.value += 1
        super().step(actions)


class DriftingOpaque(OpaqueWithDigest):
    at = -1

    def step(self, actions: Sequence[Any]) -> None:
        if self.steps == self.at:
            self.value += 1
        super().step(actions)


def drifting(at: int, link: Link = Link(2), make: Any = Drifting, **settings: Any) -> Match:  # noqa: B008
    match = Match(make, config=SessionConfig(**settings), link=link, end=200)
    match.peers[1].game.at = at
    return match


@pytest.mark.parametrize("make", [Drifting, DriftingOpaque])
@pytest.mark.parametrize(("at", "interval", "frame"), [(55, 10, 60), (60, 10, 70), (59, 60, 60)])
@pytest.mark.parametrize("save", ["every", "sparse"])
def test_both_sides_find_the_first_checked_frame_that_differs(make: Any, at: int, interval: int, frame: int, save: Any) -> None:
    match = drifting(at, Link(2, 2, 0.2), make, desync_interval=interval, on_desync="report", save=save).finish()
    for peer in match.peers:
        found = peer.happened(DesyncFound)
        assert (found[0].frame, found[0].peer) == (frame, f"p{1 - peer.number}")
        assert [event.frame for event in found] == sorted({event.frame for event in found}), "each frame once, rising"
        assert peer.happened(Ended) == [Ended("end_at", 200)], "report only tells"


@pytest.mark.parametrize("interval", [1, 2, 5])
@pytest.mark.parametrize("delay", [0, 2, 8])
def test_checksums_closer_than_the_round_trip_still_find_what_differs(interval: int, delay: int) -> None:
    match = drifting(40, Link(delay, 2, 0.1), desync_interval=interval, on_desync="report", prediction_window=12).finish()
    for peer in match.peers:
        found = [event.frame for event in peer.happened(DesyncFound)]
        assert found and found[0] > 40
        assert found[0] <= 100 + 6 * delay, "one checksum every few round trips is the least"


@pytest.mark.parametrize("seed", range(10))
def test_stop_ends_the_match_on_both_sides_and_says_where(seed: int) -> None:
    match = Match(Drifting, config=SessionConfig(desync_interval=10), link=Link(3, 1, 0.1), seed=seed, end=200)
    match.peers[seed % 2].game.at = 33
    match.finish()
    for peer in match.peers:
        (ended,) = peer.happened(Ended)
        assert "desync" in ended.reason and "states of frame 40 differ" in ended.reason
        assert 40 <= ended.frame < 100
    assert [event.frame for peer in match.peers for event in peer.happened(DesyncFound)] in ([40], [40, 40])


def test_a_state_that_differs_only_at_the_very_end_is_found_too() -> None:
    match = drifting(199, desync_interval=60, on_desync="report")
    match.letters = True
    match.finish()
    assert [[event.frame for event in peer.happened(DesyncFound)] for peer in match.peers] == [[200], [200]]


def test_with_three_peers_everybody_learns_of_it() -> None:
    config = SessionConfig(desync_interval=10, on_desync="report")
    match = Match(lambda: type("Three", (Drifting,), {})(3), ((0,), (1,), (2,)), config, Link(2), end=120)
    match.peers[2].game.at = 44
    match.finish()
    first = [{(event.frame, event.peer) for event in peer.happened(DesyncFound) if event.frame == 50} for peer in match.peers]
    assert first == [{(50, "p2")}, {(50, "p2")}, {(50, "p0"), (50, "p1")}]


def test_without_checksums_none_travel_and_nothing_is_found() -> None:
    sums = []

    def note(sender: int, to: int, datagram: bytes) -> bytes:
        if message_in(datagram) is None:
            sums.append(decode_inputs(datagram, 100, bytes(1), 256, payload_lengths(1)).checksum)
        return datagram

    for interval, travel in ((0, False), (10, True)):
        sums.clear()
        match = drifting(20, desync_interval=interval, on_desync="report")
        match.tap = note
        match.finish()
        assert any(value is not None for value in sums) == travel
        assert bool(match.peers[0].happened(DesyncFound)) == travel


def test_an_opaque_game_with_a_digest_is_checked_and_keeps_parity() -> None:
    for seed in range(6):
        config = SessionConfig(desync_interval=1, input_delay=0)
        match = Match(OpaqueWithDigest, config=config, link=Link(3, 2, 0.2), seed=seed, end=100, hold=0.4).finish()
        match.check(100)
        assert match.rollbacks > 10


def test_an_opaque_game_without_a_digest_is_refused_while_checksums_are_on() -> None:
    with pytest.raises(GameError, match=r"add digest\(\), or set desync_interval=0") as caught:
        Match(Opaque).started()
    assert "Opaque is no state tree" in str(caught.value)


def test_an_opaque_game_without_a_digest_plays_while_checksums_are_off() -> None:
    config = SessionConfig(desync_interval=0, input_delay=0)
    match = Match(Opaque, config=config, link=Link(3, 1, 0.1), end=100, hold=0.4).finish().check(100)
    assert match.rollbacks > 10


@pytest.mark.parametrize("interval", [1, 2, 7, 64, 1000])
def test_no_interval_raises_a_false_alarm(interval: int) -> None:
    for seed in range(4):
        config = SessionConfig(desync_interval=interval, input_delay=0, on_desync="stop")
        match = Match(lambda: Sums(3), ((0,), (1,), (2,)), config, Link(3, 3, 0.25), seed=seed, end=150, hold=0.4)
        match.finish().check(150)
        assert match.rollbacks > 20
