"""Data sets written by the driver, as it plays, leaves and fails."""

from __future__ import annotations

import asyncio

import pytest

from rollback.envs import record_transitions
from rollback.types import Ended
from tests.envs.transition_matches import read_lines, settled
from tests.netplay.peers import Mix, peers, play_all, until
from tests.netplay.quick_time import run


def recording(peer, path):
    return record_transitions(peer.session, Mix(peer.session.game.players), path=path)


async def play_recorded(both, paths):
    sets = [recording(peer, path) for peer, path in zip(both, paths, strict=True)]
    async with asyncio.TaskGroup() as group:
        for peer, data in zip(both, sets, strict=True):
            group.create_task(peer.play(transitions=data))
    return sets


@pytest.mark.parametrize("seed", range(3))
def test_the_files_of_both_peers_are_the_same_and_whole(seed, tmp_path):
    paths = [tmp_path / f"{seed}-{me}.jsonl" for me in range(2)]

    async def main():
        both = peers(frames=200, seed=seed, latency_ms=45, jitter_ms=30, loss=0.1)
        return both, await play_recorded(both, paths)

    both, sets = run(main())
    assert all(peer.session.stats().rollbacks > 0 and peer.transport.lost > 0 for peer in both)
    assert [data.problem for data in sets] == ["", ""]
    one, other = (read_lines(path) for path in paths)
    assert settled(one) == settled(other) and len(one) == 200
    assert one[150]["controller"] == ["human", "human"]
    assert all(row["rtt_ms"][1] > 50 for row in one[30:])
    assert [row["action"] for row in one] == [[data[0] for data in inputs] for inputs in both[0].settled]


def test_who_is_cancelled_leaves_a_whole_file(tmp_path):
    async def main():
        both = peers(latency_ms=20)
        data = recording(both[0], tmp_path / "ann.npz")
        tasks = [asyncio.create_task(both[0].play(transitions=data)), asyncio.create_task(both[1].play())]
        await until(lambda: both[0].session.frame > 60)
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return both[0], data

    peer, data = run(main())
    assert (tmp_path / "ann.npz").exists() and data.problem == ""
    assert 40 < data.frames <= peer.session.frame


def test_who_fails_leaves_a_whole_file(tmp_path):
    async def main():
        both = peers(latency_ms=20)
        data = recording(both[0], tmp_path / "ann.jsonl")

        def act(game, player):
            if game.steps > 50:
                raise RuntimeError("no more")
            return 3

        other = asyncio.create_task(both[1].play())
        with pytest.raises(RuntimeError, match="no more"):
            await both[0].play(act=act, transitions=data)
        both[1].stop.set()
        await other

    run(main())
    rows = read_lines(tmp_path / "ann.jsonl")
    assert 30 < len(rows) <= 52 and [row["frame"] for row in rows] == list(range(len(rows)))


def test_a_match_that_does_not_begin_leaves_no_file(tmp_path):
    async def main():
        both = peers()
        data = recording(both[0], tmp_path / "ann.jsonl")
        both[0].stop.set()
        await asyncio.gather(both[0].play(transitions=data), return_exceptions=True)
        return both[0]

    peer = run(main())
    assert peer.session.frame == 0 and list(tmp_path.iterdir()) == []


def test_a_replay_beside_it_takes_nothing_from_it(tmp_path):
    from rollback.netplay.recorder import Recorder
    from rollback.replays import Replay

    async def main():
        both = peers(frames=90, latency_ms=30)
        both[0].recorder = Recorder(both[0].session, tmp_path / "ann.rbr")
        data = recording(both[0], tmp_path / "ann.jsonl")
        async with asyncio.TaskGroup() as group:
            group.create_task(both[0].play(transitions=data))
            group.create_task(both[1].play())
        return both

    both = run(main())
    replay, rows = Replay.open(tmp_path / "ann.rbr"), read_lines(tmp_path / "ann.jsonl")
    assert both[0].ended == Ended("end_at", 90) and replay.complete and replay.frames == 90 == len(rows)
    assert [row["action"] for row in rows] == [[data[0] for data in inputs] for inputs in replay]


def test_without_one_nothing_changes():
    async def main():
        both = peers(frames=60, latency_ms=30)
        await play_all(both)
        return both

    ann, bob = run(main())
    assert ann.checksum == bob.checksum
