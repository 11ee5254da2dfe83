"""What a peer may put where an environment game counts, and a clock that wrappers put into infos."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers

from rollback.config import SessionConfig
from rollback.envs import from_gymnasium
from rollback.errors import GameError
from rollback.sim import Link, VirtualMatch
from rollback.state import checksum
from rollback.wire import pack_tree, unpack_tree

FLAGS, NUMBERS = ("alive", "terminated", "truncated"), ("rewards", "returns", "earlier")
EMPTY = np.zeros((0, 5))
WRONG: tuple[tuple[str, Any], ...] = (
    *(("infos", value) for value in (None, 7, 1.5, True, EMPTY, [], "ab", {}, (1,))),
    *(("observations", value) for value in (None, EMPTY, [1, 2], (), "ab", {0: 1, 1: 2})),
    *(("seed", value) for value in (-1, True, 1.0, "1", None)),
    *(("episode", value) for value in (-1, False, 2.0)),
    *(("step", value) for value in (-(10**9), None)),
    *((name, value) for name in FLAGS for value in ((1, 0), ("", "yes"), [True, True], "ab", EMPTY)),
    *((name, value) for name in NUMBERS for value in ((1, 0), [0.0, 0.0], (None, 0.0), (0.0,), EMPTY)),
    ("is_between", 1),
    ("environment", None),
)


def race(wrap: Callable[[Any], Any] = lambda env: env) -> Any:
    return from_gymnasium(lambda: wrap(gymnasium.make("CartPole-v1")), 2, "race")


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_what_counts_nothing_is_refused_and_changes_nothing(number: int) -> None:
    name, value = WRONG[number]
    game = race()
    game.step([1, 0])
    good = unpack_tree(pack_tree(game.save()))
    game.step([1, 1])
    before = checksum(game.save())
    with pytest.raises(GameError) as refused:
        game.load(unpack_tree(pack_tree({**good, name: value})))
    assert len(str(refused.value)) < 300
    assert checksum(game.save()) == before
    game.load(good)
    assert checksum(game.save()) == checksum(good)


def test_the_seconds_of_an_episode_are_no_state() -> None:
    link = Link(latency_ms=80, jitter_ms=20, loss=0.05)
    config = SessionConfig(input_delay=0)
    match = VirtualMatch(lambda: race(wrappers.RecordEpisodeStatistics), config=config, link=link, seed=5)
    report = match.run(frames=90)
    assert match.peers[0].session.game.episode > 0  # type: ignore[attr-defined]
    assert sum(report.rollbacks) > 0
    assert report.parity


def test_the_other_statistics_of_an_episode_are_told() -> None:
    game = race(wrappers.RecordEpisodeStatistics)
    while not game.is_between:
        game.step([1, 1])
    last = [info["episode"] for info in game.infos if info]
    assert last
    assert all(entry.keys() == {"r", "l"} and entry["l"] == game.step_in_episode for entry in last)
