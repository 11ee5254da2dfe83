"""The studio as a program: a page's commands over its socket, a checkpoint that waits in a room, and a person who comes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import socketio

from rollback.agents.checkpoints import Runs
from rollback.cli.studio_opponents import Opponents
from signaling.serve import running as lobby_running
from tests.agents.tables import shortest_ways
from tests.network.program import Program, all_gone, children_of, program, within

FACTS = {"algorithm": "q-learning", "environment": "gridworld?layout=rooms", "parameters": {}, "seed": 1, "episodes": 0}
WITHIN = 60.0  # seconds; a busy machine is no failure


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of runs with one that learned its rooms."""
    folder = Runs(tmp_path / "runs").create(FACTS, "learned")
    folder.keep(shortest_ways("rooms"))
    return tmp_path / "runs"


@pytest.fixture
def studio(runs: Path) -> Iterator[tuple[Program, dict[str, Any]]]:
    with program("studio", "--port", "0", "--json", "--runs", str(runs)) as running:
        running.wait_for(r"\{.*\}\n", where="out")
        yield running, json.loads(running.out)


def ask(url: str, command: str, token: str = "", **fields: Any) -> dict[str, Any]:
    """Return what the studio answers a page's command."""

    async def asked() -> Any:
        async with socketio.AsyncSimpleClient() as page:
            await page.connect(url, transports=["websocket"], auth={"token": token} if token else None)
            return await page.call(command, fields, timeout=round(WITHIN))

    answer: dict[str, Any] = asyncio.run(asyncio.wait_for(asked(), WITHIN))
    return answer


def leads_to(url: str) -> str:
    """Return where an address leads."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(url, timeout=WITHIN)
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.headers.get("location") or str(answer.code)
    raise AssertionError("it leads nowhere")


def test_a_checkpoint_of_the_studio_waits_in_a_room_and_plays_whoever_comes(studio, tmp_path: Path):
    running, told = studio
    answer = ask(told["url"], "play", run="learned", name="last-1")
    assert answer["ok"], answer
    room = answer["room"]
    assert answer["url"] == f"/play/{room}" and answer["game"] == "rollback.agents.races:rooms"
    assert leads_to(told["url"] + answer["url"]) == f"{told['lobby']}/?room={room}"
    words = ["play", room, "--server", told["lobby"], "--bot", "random", "--frames", "300", "--json"]
    with program(*words, "--ice-address", "127.0.0.1", "--replay", str(tmp_path / "mine.rbr")) as person:
        assert person.code() == 0, person.said
        mine = person.result()
    assert mine["frames"] == 300 and not mine["desync"]
    assert mine["scores"][1 - mine["player"]] > mine["scores"][mine["player"]], "what was learned was not played"
    opponents = children_of(running.process.pid)
    running.send(signal.SIGINT)
    assert running.code() == 130, running.said
    assert opponents and all_gone(opponents)
    replays = [str(tmp_path / "mine.rbr"), answer["replay"]]
    verified = within("replay", "verify", *replays)
    assert verified.code == 0, verified.said


def test_what_a_page_cannot_have_is_said_in_one_sentence(studio):
    _, told = studio
    assert "there is no checkpoint" in ask(told["url"], "play", run="learned", name="nobody")["error"]
    assert leads_to(f"{told['url']}/play/AAAA-BBBB") == "404"


def test_elsewhere_than_on_this_machine_the_studio_wants_a_token_and_pages_bring_it(runs: Path):
    token = "a-token-of-the-test"
    refused = within("studio", "--host", "0.0.0.0", "--port", "0", "--json", "--runs", str(runs))
    assert refused.code == 2 and "give the studio a token" in refused.said
    with program("studio", "--host", "0.0.0.0", "--port", "0", "--token", token, "--json", "--runs", str(runs)) as running:
        running.wait_for(r"\{.*\}\n", where="out")
        told = json.loads(running.out)
        assert told["page"] == f"{told['url']}/#token={token}"
        assert ask(told["url"], "ping", token)["ok"]
        with pytest.raises(socketio.exceptions.ConnectionError):
            ask(told["url"], "ping", "another-token-of-the-test")
        check_offered(told, token, (runs / "learned" / "last-1.npz").read_bytes())


def check_offered(told: dict[str, Any], token: str, content: bytes) -> None:
    """Hold that an agent is offered by the lobby, and to nobody but who was led there by the studio."""
    answer = ask(told["url"], "play_here", token, run="learned", name="last-1")
    game, bytes_at = "rollback.agents.races:rooms", f"{told['lobby']}/assets/agents/{answer['sha256']}.npz"
    name = f"learned-last-1-{answer['sha256'][:8]}"
    assert answer["ok"] and (answer["agent"], answer["game"]) == (name, game), answer
    assert agents_of(urllib.request.build_opener(), told["lobby"]) == []
    assert leads_to(bytes_at) == "404"
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with visitor.open(told["url"] + answer["url"], timeout=WITHIN) as page:
        assert page.status == 200 and page.url == f"{told['lobby']}/?solo={name}&game={game}"
    (agent,) = agents_of(visitor, told["lobby"])
    assert (agent["name"], agent["game"], agent["size"]) == (name, game, len(content))
    with visitor.open(bytes_at, timeout=WITHIN) as answered:
        assert answered.read() == content and "immutable" in answered.headers["cache-control"]


def agents_of(visitor: urllib.request.OpenerDirector, lobby: str) -> list[dict[str, Any]]:
    with visitor.open(f"{lobby}/assets/manifest.json", timeout=WITHIN) as answered:
        agents: list[dict[str, Any]] = json.load(answered)["agents"]
    return agents


def test_a_port_that_is_taken_is_said_and_nothing_stays_behind(studio, runs: Path):
    _, told = studio
    with program("studio", "--port", str(told["port"]), "--runs", str(runs)) as second:
        assert second.code() == 3 and "is in use already" in second.said


def test_one_that_waits_for_nobody_makes_place_and_leaves_in_the_end(runs: Path):
    checkpoint, before = runs / "learned" / "last-1.npz", children_of(os.getpid())

    async def crowd() -> None:
        async with lobby_running() as lobby:
            opponents = Opponents(lobby, most=1)
            first = (await opponents.open(checkpoint, "gridworld?layout=rooms"))["room"]
            second = (await opponents.open(checkpoint, "gridworld?layout=rooms"))["room"]
            assert first != second and opponents.rooms == [second]
            await opponents.close()
            assert opponents.rooms == []
            impatient = Opponents(lobby, alone=0.0)
            await impatient.open(checkpoint, "gridworld?layout=rooms")
            async with asyncio.timeout(WITHIN):
                while impatient.rooms:
                    await asyncio.sleep(0.05)
            await impatient.close()

    asyncio.run(crowd())
    assert set(children_of(os.getpid())) <= set(before)
