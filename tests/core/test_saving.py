"""How often snapshots are taken: every frame, sparsely, or as the size of a state suggests; the states are the same."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import SessionConfig
from rollback.core.queues import InputQueue
from rollback.core.simulation import NOTHING, Simulation
from rollback.game import codecs_of
from tests.cases import more_at_night
from tests.core.games import Spy, Sums
from tests.core.network import Link, Match


class Heavy(Spy):
    """Has a state of 64 KiB."""

    def save(self) -> Any:
        return (*super().save(), bytes(64 * 1024))

    def load(self, state: Any) -> None:
        super().load(state[:2])


def saves(match: Match) -> int:
    return sum(1 for peer in match.peers for name, _ in peer.game.calls if name == "save")


def played(make: Any, save: Any, *, seed: int = 1, window: int = 8, interval: int = 0) -> Match:
    config = SessionConfig(save=save, prediction_window=window, desync_interval=interval, input_delay=0)
    match = Match(make, config=config, link=Link(2, 2, 0.1), seed=seed, end=150, hold=0.6).finish().check(150)
    assert match.rollbacks > 10
    return match


@pytest.mark.parametrize("seed", more_at_night(range(6), 2))
@pytest.mark.parametrize("window", [1, 3, 8, 12, 60])
@pytest.mark.parametrize("interval", [0, 1, 16])
def test_however_snapshots_are_taken_the_states_are_the_same(seed: int, window: int, interval: int) -> None:
    matches = [played(Spy, save, seed=seed, window=window, interval=interval) for save in ("every", "sparse", "auto")]
    states = [match.plain([done.inputs for done in match.peers[0].frames]).save() for match in matches]
    assert [match.peers[1].game.save() for match in matches] == states


def test_sparse_saves_less_often() -> None:
    assert saves(played(Spy, "sparse")) < 0.6 * saves(played(Spy, "every"))


def test_auto_saves_small_states_every_frame_and_large_ones_sparsely() -> None:
    assert saves(played(Spy, "auto")) == saves(played(Spy, "every"))
    assert saves(played(Heavy, "auto")) == saves(played(Heavy, "sparse"))
    assert saves(played(Heavy, "auto")) < 0.6 * saves(played(Heavy, "every"))


@pytest.mark.parametrize("save", ["every", "sparse"])
@pytest.mark.parametrize("seeds", more_at_night([range(4), range(4, 12)], 1), ids=str)
def test_450_frames_at_15_percent_loss_never_lack_a_snapshot(seeds: range, save: Any) -> None:
    """Snapshots kept every few frames and dropped by age made four matches of ten diverge elsewhere."""
    for seed in seeds:
        config = SessionConfig(save=save, prediction_window=8, input_delay=seed % 3, desync_interval=16)
        link = Link(3, 4, 0.15, 0.05)
        match = Match(lambda: Spy(3), ((0,), (1,), (2,)), config, link, seed=seed, end=450, hold=0.7).finish()
        match.check(450)
        assert match.rollbacks > 50 and match.lost > 100


def test_a_snapshot_is_never_handed_out_twice_in_a_changed_form() -> None:
    """The engine owns what `save` returned: a game that keeps it and changes it is at fault, the engine never is."""

    class Listed(Spy):
        def save(self) -> Any:
            return {"value": [self.value], "steps": self.steps}

        def load(self, state: Any) -> None:
            assert set(state) == {"value", "steps"} and len(state["value"]) == 1
            self.value, self.steps = state["value"][0], state["steps"]

    played(Listed, "every", interval=1)
    played(Listed, "sparse", interval=1)


def test_a_slot_that_a_later_frame_took_is_no_snapshot_of_an_earlier_one() -> None:
    """Held before the present, the ring was written further than the frame says."""
    codecs = codecs_of(Sums())
    queue = InputQueue((0, 1), (b"\0", b"\0"))
    sim = Simulation(Sums(), codecs, [queue], SessionConfig(prediction_window=12))
    sim.start()
    for _ in range(22):
        queue.append(b"\1\2")
        assert sim.advance()
    sim.frame, sim.held = 20, True
    assert sim.present == 22
    assert sim.tree_at(5) is NOTHING
    assert sim.tree_at(19) is not NOTHING
