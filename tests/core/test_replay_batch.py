"""Games that replay whole batches: the same states in one call, also where the batch ends early."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import Ended, SessionConfig
from tests.cases import more_at_night
from tests.core.games import Batched, BatchedRace, Race, Sums
from tests.core.network import Link, Match


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("save", ["every", "sparse"])
def test_a_batch_leads_to_the_same_states_as_single_steps(seed: int, save: Any) -> None:
    config = SessionConfig(input_delay=seed % 3, desync_interval=seed % 2 * 8 or 1, save=save)
    match = Match(Batched, config=config, link=Link(3, 3, 0.15), seed=seed, end=200, hold=0.6)
    match.finish().check(200)
    assert match.peers[0].game.batches > 10


def test_one_peer_may_replay_in_batches_and_the_other_in_steps() -> None:
    made: list[Any] = []

    def make() -> Any:
        made.append([Batched, Sums][len(made) % 2]())
        return made[-1]

    config = SessionConfig(input_delay=0, desync_interval=1, game_id="sums")
    match = Match(make, config=config, link=Link(3, 2, 0.1), end=150, hold=0.6).finish().check(150)
    assert match.peers[0].game.batches > 10 and match.rollbacks > 20


@pytest.mark.parametrize("seeds", more_at_night([range(20), range(20, 60)], 1), ids=str)
def test_a_batch_may_return_early_where_the_game_is_over(seeds: range) -> None:
    early = 0
    for seed in seeds:
        config = SessionConfig(input_delay=0, desync_interval=1)
        matches = [
            Match(make, config=config, link=Link(4, 3, 0.1), seed=seed, hold=0.4).finish().check()
            for make in (BatchedRace, Race)
        ]
        for match in matches:
            (end,) = {peer.happened(Ended)[0] for peer in match.peers}
            assert end.reason == "over"
            assert match.peers[0].game.over
            assert match.plain([done.inputs for done in match.peers[0].frames]).over
        early += sum(peer.game.early for peer in matches[0].peers)
    assert early > 0, "no batch ended early: the test proves nothing"


def test_a_batch_that_raises_is_replayed_step_by_step() -> None:
    class Failing(Batched):
        def replay(self, batch: Any) -> Any:
            super().replay(batch)
            raise RuntimeError("the other runtime is gone")

    config = SessionConfig(input_delay=0, desync_interval=1)
    match = Match(Failing, config=config, link=Link(3, 2, 0.1), end=120, hold=0.6).finish().check(120)
    assert match.peers[0].game.batches > 10


def test_a_batch_is_asked_for_all_frames_of_a_rollback_at_once() -> None:
    class Noting(Batched):
        def __init__(self, players: int = 2) -> None:
            self.lengths: list[int] = []
            super().__init__(players)

        def replay(self, batch: Any) -> Any:
            self.lengths.append(len(batch))
            return super().replay(batch)

    config = SessionConfig(input_delay=0)
    match = Match(Noting, config=config, link=Link(3), end=150, hold=0.6).finish().check(150)
    for peer in match.peers:
        deep = [again for _, _, _, again in peer.ticks if again > 1]
        assert peer.game.lengths == deep
