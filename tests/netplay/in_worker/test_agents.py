"""A trained agent that a page hands over plays as it does from a file and is named; what is none is refused in one sentence."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.checkpoints.limits import MAX_FILE
from rollback.agents.races import RACES, rooms
from rollback.agents.training import make_algorithm
from rollback.errors import RollbackError
from rollback.games import Pong
from rollback.netplay.hands.bots import HandedAgent, bot_act
from rollback.netplay.in_worker.agents import LONGEST, agent_of
from rollback.netplay.in_worker.alone import _name
from rollback.replays import Replay
from rollback.state import checksum
from tests.agents.tables import shortest_ways
from tests.netplay.in_worker.own_page import OwnPage
from tests.netplay.in_worker.test_in_room import Rooms
from tests.netplay.peers import until
from tests.netplay.quick_time import run

AGENT = {"bot": "agent", "agent": {"name": "tetris-best"}}
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


@cache
def tetris() -> bytes:
    return make_algorithm("cross-entropy", "tetris", {}, 1).checkpoint().to_bytes()


@cache
def pong() -> bytes:
    return make_algorithm("self-play", "pong", {}, 1).checkpoint().to_bytes()


def played(*, times: int = 1, offers: dict[str, Any] | None = None, **begin: Any) -> OwnPage:
    """Return the page when so many matches have ended, or one has failed."""

    async def play() -> OwnPage:
        page = OwnPage(offers)
        page.say("begin", **{"mode": "solo", "game": "tetris", "seed": 7, "frames": 40, **AGENT, "data": tetris(), **begin})
        for _ in range(times - 1):
            await page.has("ended")
            page.say("again")
        await until(lambda: len(page.all("ended")) == times or bool(page.all("failed")))
        await page.leave()
        return page

    page: OwnPage = run(play())
    return page


def test_it_plays_to_the_end_by_its_name_and_the_replay_holds_the_match(tmp_path: Path) -> None:
    page = played(times=2)
    assert page.all("failed") == []
    players = [{"name": "you", "controller": "human"}, {"name": "tetris-best", "controller": "bot"}]
    assert [begun["players"] for begun in page.all("begun")] == [players, players], "again is against the same one"
    first, second = page.all("ended")
    assert first["checksum"] != second["checksum"], "of another seed"
    (tmp_path / "it.rbr").write_bytes(first["data"])
    replay = Replay.open(tmp_path / "it.rbr")
    assert list(replay.header.names) == ["you", "tetris-best"] and replay.complete


def test_it_makes_the_moves_that_it_makes_from_its_file(tmp_path: Path) -> None:
    Checkpoint.load(pong()).save(tmp_path / "it.npz")
    told = played(game="pong", frames=90, data=pong()).last("ended")
    game = Pong()
    game.reset(7)
    act = bot_act(str(tmp_path / "it.npz"), game, 1, 7)
    for _ in range(90):
        game.step([game.idle(0), act(game, 1)])
    assert told["checksum"] == f"{checksum(game.save()):016x}"
    assert told["checksum"] != played(game="pong", frames=90, bot="random").last("ended")["checksum"]


def test_on_a_map_for_two_it_walks_and_several_of_it_would_be_told_apart() -> None:
    race = RACES["rooms"]
    walker: dict[str, Any] = {"agent": {"name": "walker"}, "data": shortest_ways().to_bytes()}
    page = played(game=race, offers={race: {"full": race}}, frames=200, **walker)
    assert [player["name"] for player in page.last("begun")["players"]] == ["you", "walker"]
    assert page.last("ended")["scores"][1] > page.last("ended")["scores"][0] == 0
    agent = agent_of(walker["agent"], walker["data"])
    assert [_name(player, agent, 3) for player in range(3)] == ["you", "walker 1", "walker 2"]


def test_in_gridworld_it_plays_on_the_map_that_it_learned(tmp_path: Path) -> None:
    page = played(game="gridworld", agent={"name": "walker"}, data=shortest_ways().to_bytes(), frames=60)
    assert page.last("begun")["game"] == "gridworld" and page.all("failed") == []
    (tmp_path / "it.rbr").write_bytes(page.last("ended")["data"])
    replay = Replay.open(tmp_path / "it.rbr")
    assert replay.header.game == RACES["rooms"] and replay.verify(rooms()).ok
    elsewhere = shortest_ways(environment="gym:rollback/GridWorld-v0?layout=mars").to_bytes()
    refused = played(game="gridworld", agent={"name": "walker"}, data=elsewhere).last("failed")["message"]
    assert refused.startswith("walker does not fit: the checkpoint was trained on") and "the map handover" in refused


def test_in_a_room_it_plays_our_seat_and_the_others_are_told_that_it_is_a_bot() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        rooms.enter("ann", data=pong(), bot="agent", agent={"name": "pong-best"}, latency_ms=60, jitter_ms=20, loss=0.05)
        rooms.enter("bob", latency_ms=60)
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    ann, bob = (rooms.all(name, "ended")[0] for name in ("ann", "bob"))
    assert ann["checksum"] == bob["checksum"] and ann["frames"] == bob["frames"] == 120
    assert ann["rollbacks"] + bob["rollbacks"] > 0, "the premise, or it proves nothing"
    assert rooms.all("bob", "begun")[0]["players"][0] == {"name": "ann", "controller": "bot"}
    assert rooms.all("ann", "begun")[0]["buttons"] == []


@pytest.mark.parametrize("game", ["pong", "tetris"])
def test_what_really_happened_names_the_very_agent(game: str) -> None:
    page = played(game=game, study=True, bot="agent" if game == "tetris" else "best")
    start = json.loads(b"".join(each["data"] for each in page.all("data")).splitlines()[0])
    assert start["record"] == "start"
    assert start.get("agent") == (Checkpoint.load(tetris()).hash if game == "tetris" else None)


FLIPPED = bytearray(tetris())
FLIPPED[len(FLIPPED) // 2] ^= 1
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"data": None}, "tetris-best is empty: an agent is the file FILE.npz that training saved"),
    ({"data": b""}, "tetris-best is empty"),
    ({"data": PICTURE}, "tetris-best is no checkpoint: it does not begin as an .npz file does"),
    ({"data": tetris()[:-9]}, "tetris-best is no checkpoint: its end is cut off"),
    ({"data": bytes(FLIPPED)}, "tetris-best is damaged: its bytes are not those that were saved"),
    ({"game": "pong"}, "tetris-best does not fit: the checkpoint was trained on tetris, and cannot play Pong"),
    ({"data": b"\x08\x09" + bytes(50)}, "tetris-best is an ONNX model, which no browser can play here: take a FILE.npz"),
    ({"agent": {"name": "deep.onnx"}}, "deep.onnx is an ONNX model"),
    ({"agent": None}, "agent must be a table with the name of the agent, not None"),
    ({"agent": {"name": "\x1b\n"}}, "agent must be a table with the name"),
    ({"agent": {"name": 7}}, "agent must be a table with the name"),
    ({"bot": "runs/it.npz"}, "bot must be best, random, or agent with the bytes of one, not the file 'runs/it.npz'"),
]


@pytest.mark.parametrize(("begin", "says"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_none_is_one_sentence_that_names_it(begin: dict[str, Any], says: str) -> None:
    page = played(**begin)
    failed = page.last("failed")
    assert failed["message"].startswith(says) and failed["traceback"] == "" and "\n" not in failed["message"]
    assert page.all("begun") == page.all("ended") == []


def test_what_is_too_large_is_refused_before_it_is_taken_apart() -> None:
    with pytest.raises(RollbackError, match=f"^it has {MAX_FILE + 1} bytes and more than {MAX_FILE}"):
        agent_of({"name": "it"}, bytes(MAX_FILE + 1))


def test_after_one_that_is_none_a_match_is_played() -> None:
    async def play() -> OwnPage:
        page = OwnPage()
        page.say("begin", mode="solo", game="tetris", data=PICTURE, **AGENT)
        await page.has("failed")
        page.say("begin", mode="solo", game="tetris", frames=20, data=tetris(), **AGENT)
        await page.has("ended")
        await page.leave()
        return page

    assert run(play()).last("ended")["frames"] == 20


def test_a_name_is_shown_in_one_printable_line() -> None:
    agent = agent_of({"name": " a\u202eb\n" + "x" * 10_000}, tetris())
    assert agent.name.isprintable() and len(agent.name) <= LONGEST


@given(st.text(max_size=20), st.binary(max_size=60) | st.integers(0, len(tetris()) - 1))
def test_whatever_is_handed_over_is_read_or_refused_in_one_line(name: str, given: bytes | int) -> None:
    data = given if isinstance(given, bytes) else tetris()[:given]
    try:
        agent = agent_of({"name": name}, data)
    except RollbackError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert isinstance(agent, HandedAgent), "cut or made up, none is one"
        raise AssertionError("nothing that was cut or made up is an agent")
