"""Data sets of matches over a real network: from the library and from the commands."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy
import pytest

from rollback.envs.data.replay import export_transitions
from rollback.games import Pong
from rollback.replays import Replay
from rollback.types import Ended
from tests.envs.transition_matches import TIMING, read_lines, settled
from tests.network.program import program, within
from tests.network.test_play import BAD, until
from tests.network.test_play import two as two_players


@pytest.mark.nightly
async def test_play_writes_what_really_happened(tmp_path):
    async with two_players(frames=150, replay=tmp_path, **BAD) as (_, ann, bob):
        ann.options["transitions"], bob.options["transitions"] = tmp_path / "ann.jsonl", tmp_path / "bob.npz"
        one, other = await asyncio.gather(ann.play(), bob.play())
    assert one.ended == Ended("end_at", 150) and one.stats.rollbacks > 3
    assert (one.transitions, other.transitions) == (tmp_path / "ann.jsonl", tmp_path / "bob.npz")
    assert one.problem == other.problem == ""
    rows = read_lines(one.transitions)
    export_transitions(Replay.open(other.replay), tmp_path / "replayed.jsonl", Pong())
    assert settled(rows) == settled(read_lines(tmp_path / "replayed.jsonl")) and len(rows) == 150
    with numpy.load(other.transitions) as data:
        assert data["observation_0"].tolist() == [row["observation"][0] for row in rows]
        assert (data["rtt_ms"][60:, 0] > 90).all() and numpy.isnan(data["rtt_ms"][:, 1]).all()
        assert data["rollback_depth"].max() > 0 and (data["seconds"][1:] > data["seconds"][:-1]).all()


@pytest.mark.nightly
async def test_who_leaves_has_a_data_set_of_what_settled(tmp_path):
    async with two_players(transitions=None, latency_ms=20) as (_, ann, bob):
        ann.options["transitions"] = tmp_path / "ann.npz"
        tasks = [asyncio.create_task(player.play()) for player in (ann, bob)]
        await until(lambda: ann.frame > 60)
        ann.stop.set()
        result, _ = await asyncio.gather(*tasks)
    with numpy.load(result.transitions) as data:
        assert 30 < len(data["frame"]) <= result.frames


def test_a_demo_writes_a_file_for_each_peer_that_agree(tmp_path: Path) -> None:
    arguments = ["--frames", "200", "--latency-ms", "50", "--loss", "0.05", "--replay", str(tmp_path / "match.rbr"), "--json"]
    with program("demo", *arguments, "--transitions", str(tmp_path / "match.npz")) as running:
        assert running.code() == 0, running.said
        result = running.result()
    files = [str(tmp_path / f"match.peer-{number}.npz") for number in (1, 2)]
    assert result["transitions"] == files and result["rollbacks"] > 5
    exported = within("replay", "export", str(tmp_path / "match.rbr"), "--transitions", str(tmp_path / "replayed.npz"))
    assert exported.code == 0, exported.said
    arrays = []
    for file in (*files, tmp_path / "replayed.npz"):
        with numpy.load(file) as data:
            arrays.append({name: data[name].tobytes() for name in data if name not in TIMING})
            assert len(data["frame"]) == 200
    assert arrays[0] == arrays[1] == arrays[2]


@pytest.mark.nightly
def test_play_says_where_the_data_set_is(tmp_path: Path) -> None:
    from signaling.serve import running as lobby

    async def both() -> list[tuple[str, str]]:
        async with lobby() as server:
            room = server.open_room(players=2)
            common = [room, "--server", server.url, "--game", "pong", "--bot", "best", "--frames", "60"]

            def one(number: int) -> tuple[str, str]:
                target = tmp_path / f"{number}.jsonl"
                more = ["--ice-address", "127.0.0.1", "--replay", str(tmp_path / f"{number}.rbr"), "--transitions", str(target)]
                with program("play", *common, *more) as playing:
                    assert playing.code() == 0, playing.said
                    return playing.out, str(target)

            return list(await asyncio.gather(*[asyncio.to_thread(one, number) for number in (1, 2)]))

    said = asyncio.run(both())
    assert all(f"The transitions are in {target}" in out for out, target in said)
    assert settled(read_lines(tmp_path / "1.jsonl")) == settled(read_lines(tmp_path / "2.jsonl"))
