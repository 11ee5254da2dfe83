"""What comes of a desync in a driven match: both sides name it, write their bundles, and stop, go on, or are mended."""

from __future__ import annotations

import pytest

from rollback.config import SessionConfig
from rollback.netplay.recorder import Recorder
from rollback.replays import Replay
from rollback.types import DesyncFound, Ended, Resynced
from tests.netplay.peers import Mix, peers, play_all
from tests.netplay.quick_time import run


class Spoilt(Mix):
    """Goes wrong at a frame, on one peer only."""

    wrong_at = -1

    def step(self, actions):
        super().step(actions)
        if self.steps == self.wrong_at:
            self.value += 1


def match(folder, *, frames=300, wrong_at=50, at=1, file=True, seed=0, **settings):
    async def main():
        config = SessionConfig(seed=5, desync_interval=20, **settings)
        both = peers(config=config, make=Spoilt, frames=frames, seed=seed, latency_ms=30, jitter_ms=20, loss=0.05)
        both[at].game.wrong_at = wrong_at
        for peer in both:
            path = folder / f"{peer.name}.rbr" if file else None
            peer.recorder = Recorder(peer.session, path, names=("ann", "bob"), room="RIVER", bundles=folder)
        await play_all(both)
        return both

    return run(main())


@pytest.mark.parametrize("file", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_when_it_stops_the_match_both_sides_name_the_field_and_write_a_bundle(tmp_path, seed, file):
    both = match(tmp_path, seed=seed, file=file, on_desync="stop")
    bundles = set()
    for peer, other in zip(both, reversed(both), strict=True):
        (found,) = peer.happened(DesyncFound)
        assert (found.frame, found.peer) == (60, other.name)
        assert [each.path for each in found.differences] == ["value"]
        assert "the states of frame 60 differ" in peer.ended.reason
        assert peer.events.index(found) < peer.events.index(peer.ended)
        bundles.add(found.bundle)
        bundle = Replay.open(found.bundle)
        assert bundle.complete and bundle.frames >= 60 and bundle.header.seed == 5
        assert bundle.events[-1].data["peer"] == other.name
        assert bundle.keyframes[60]["value"] == found.differences[0].left
        is_right = bundle.verify(Mix()).ok
        assert is_right is (peer is both[0]), "the bundle of whom the game went wrong does not come out again"
        assert not peer.recorder.problem
    assert len(bundles) == 2
    ours, theirs = (peer.happened(DesyncFound)[0].differences[0] for peer in both)
    assert (ours.left, ours.right) == (theirs.right, theirs.left) and ours.left != ours.right
    assert len(list(tmp_path.iterdir())) == (4 if file else 2)


@pytest.mark.parametrize("at", [0, 1])
def test_resynced_they_go_on_to_the_end_in_one_state(tmp_path, at):
    both = match(tmp_path, at=at, on_desync="resync")
    for peer in both:
        told = [type(event) for event in peer.events if isinstance(event, DesyncFound | Resynced | Ended)]
        assert told == [DesyncFound, Resynced, Ended]
        assert peer.ended == Ended("end_at", 300)
        assert Replay.open(peer.happened(DesyncFound)[0].bundle).complete
        kinds = [event.kind for event in Replay.open(peer.recorder.path).events]
        assert kinds[:2] == ["desync", "resynced"]
    assert both[0].checksum == both[1].checksum


def test_who_only_reports_it_writes_a_few_bundles_and_plays_on(tmp_path):
    for peer in match(tmp_path, frames=400, on_desync="report", file=False):
        found = peer.happened(DesyncFound)
        assert len(found) > 8
        frames = sorted({event.frame for event in found})
        assert {event.frame for event in found if event.bundle is not None} == set(frames[:4])
        assert peer.ended == Ended("end_at", 400)
    assert len(list(tmp_path.iterdir())) == 8


def test_without_a_recorder_a_desync_is_told_all_the_same(tmp_path):
    async def main():
        both = peers(config=SessionConfig(desync_interval=20), make=Spoilt, frames=100)
        both[0].game.wrong_at = 30
        await play_all(both)
        return both

    for peer in run(main()):
        (found,) = peer.happened(DesyncFound)
        assert (found.frame, found.bundle) == (40, None)
