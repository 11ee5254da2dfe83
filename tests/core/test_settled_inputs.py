"""Readers of inputs alone hand out what readers of frames do, however many players a peer has."""

from __future__ import annotations

import pytest

from rollback import SessionConfig
from tests.core.games import Sums
from tests.core.network import Link, Match


@pytest.mark.parametrize("seats", [[[0], [1]], [[0, 1], [2]], [[0, 2], [1]], [[0], [1], [2]]], ids=str)
@pytest.mark.parametrize("every", [1, 7, 300])
def test_inputs_are_those_of_the_settled_frames_each_once_and_in_order(seats: list[list[int]], every: int) -> None:
    players = sum(map(len, seats))
    config = SessionConfig(input_delay=0)
    match = Match(lambda: Sums(players), config=config, seats=seats, link=Link(2, 1, 0.05), seed=2, end=400, hold=0.6)
    readers = [peer.session.subscribe_inputs() for peer in match.peers]
    found: list[list[tuple[bytes, ...]]] = [[] for _ in readers]

    def read() -> None:
        for reader, rows in zip(readers, found, strict=True):
            first, more = reader.take_inputs()
            assert first == len(rows)
            rows += more

    while not all(peer.session.finished for peer in match.peers):
        match.round()
        if match.round_number % every == 0:
            read()
    read()
    assert match.rollbacks > 10, "the premise"
    for peer, rows in zip(match.peers, found, strict=True):
        assert rows == [tuple(done.inputs) for done in peer.frames] and len(rows) == 400
        assert peer.session.subscribe_inputs().take_inputs() == (400, [])
