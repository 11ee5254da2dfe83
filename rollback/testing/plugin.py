"""The pytest fixtures, found by pytest wherever this package is installed. Imports the rest only when one is asked for.

It is loaded in every test run of everybody who has the package, so it imports pytest, which is there, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rollback.sim.report import MatchReport
    from rollback.testing.clock import HandClock
    from rollback.testing.pair import LossyPair

__all__ = ["lossy_pair", "virtual_clock", "virtual_match"]


@pytest.fixture
def virtual_match() -> Callable[..., MatchReport]:
    """Play a whole match of a game over a virtual network.

    `report = virtual_match(Game, link="wifi", seed=1, frames=600)` fails the test if the peers came apart, or if the
    match proves nothing; see `rollback.testing.play_match`.
    """
    from rollback.testing.stage import play_match

    return play_match


@pytest.fixture
def virtual_clock() -> HandClock:
    """Time that passes when the test says so.

    `virtual_clock()` shows it, `virtual_clock.advance(0.5)` moves it on; see `rollback.testing.HandClock`.
    """
    from rollback.testing.clock import HandClock

    return HandClock()


@pytest.fixture
def lossy_pair(virtual_clock: HandClock) -> Callable[..., LossyPair]:
    """Join two sessions of a game by a seeded, lossy link.

    `pair = lossy_pair(Game, seed=1).run(300)` has `pair.states` and `pair.differences`. Their time is `virtual_clock`;
    see `rollback.testing.LossyPair`.
    """
    from rollback.testing.pair import LossyPair

    def join(game: Any, **settings: Any) -> LossyPair:
        return LossyPair(game, **{"clock": virtual_clock, **settings})

    return join
