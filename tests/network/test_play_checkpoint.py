"""A checkpoint plays a peer of another process in a room, and what is recorded of it is a replay like any other."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agents.tables import shortest_ways
from tests.network.program import program, within

GAME = "pettingzoo:rollback.envs.gridworld_v0?layout=race&pace=2"


def test_a_checkpoint_plays_a_bot_in_a_room_and_wins(tmp_path: Path) -> None:
    trained = tmp_path / "best.npz"
    shortest_ways("race").save(trained)
    common = ["--frames", "200", "--ice-address", "127.0.0.1", "--latency-ms", "30", "--jitter-ms", "10", "--json"]
    with program("serve", "--port", "0", "--json") as lobby:
        lobby.wait_for(r"\{.*\}\n", where="out")
        server = ["--server", json.loads(lobby.out)["url"]]
        replay = str(tmp_path / "a.rbr")
        with program("play", *server, "--game", GAME, "--bot", str(trained), *common, "--replay", replay) as learned:
            room = learned.wait_for(r"rollback play (\S+)")[1]
            with program("play", room, *server, "--bot", "random", *common, "--replay", str(tmp_path / "b.rbr")) as other:
                assert (learned.code(), other.code()) == (0, 0), learned.said + other.said
                mine, theirs = learned.result(), other.result()
    assert mine["checksum"] == theirs["checksum"] and mine["frames"] == theirs["frames"] == 200
    assert mine["rollbacks"] + theirs["rollbacks"] > 0, "without a guess that was wrong it proves little"
    verified = within("replay", "verify", replay, "--game", GAME)
    assert verified.code == 0, verified.said
    assert mine["scores"][mine["player"]] > theirs["scores"][theirs["player"]]
