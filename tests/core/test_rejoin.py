"""A peer that died comes back with a new process, and takes its players back at a frame on which all agree."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import Cut, Ended, PeerJoined, SessionConfig, TakeOver
from tests.core.games import Sums
from tests.core.network import Link
from tests.core.returning import Returning

FPS = 60
LINE = Link(2)


def press(game: Any, player: int) -> int:
    """Return what a stand-in does: something else than nothing, and not always the same."""
    return 3 + game.steps // 8 % 3


WAYS = {"idle": "idle", "pause": "pause", "takeover": TakeOver(press)}
QUICK = {"interrupt_after": 0.3, "disconnect_after": 1.0, "rejoin_grace": 20.0}


def playing(count: int, way: str, link: Link = LINE, seed: int = 0, end: int | None = None, **settings: Any) -> Returning:
    config = SessionConfig(**{**QUICK, "on_disconnect": WAYS[way], **settings})
    return Returning(lambda: Sums(count), [(n,) for n in range(count)], config, link, seed=seed, end=end).started()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [0, 1])
def test_the_one_of_two_who_died_comes_back(way: str, number: int) -> None:
    match = playing(2, way, end=700)
    match.rounds(100)
    match.kill(number)
    match.rounds(3 * FPS)
    other = match.peers[1 - number]
    assert bool(other.happened(Cut)) == (way != "pause")
    peer = match.come(number)
    assert other.happened(PeerJoined) == [PeerJoined(f"p{number}", (number,), peer.happened(PeerJoined)[0].frame)]
    match.finish().check_states()
    for each in match.peers:
        assert each.happened(Ended) == [Ended("end_at", 700)]
