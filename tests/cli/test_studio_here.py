"""Checkpoints of a studio for the browser beside it: what is offered, to whom it is shown, and the way there."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from rollback.agents.checkpoints import RunFolder, Runs
from rollback.cli.studio_here import MOST, AgentsHere, shelf_for_studio
from rollback.errors import CheckpointError, UsageError
from signaling.agent_shelf import AgentShelf
from signaling.web_pages import WebPages
from signaling.web_shelf import Stock
from tests.agents.tables import shortest_ways
from tests.signaling.http import ask

ROOMS = "rollback.agents.races:rooms"
GAMES = {ROOMS: {}, "tetris": {}}
LEARNED_ON = "gridworld?layout=rooms"
FACTS = {"algorithm": "q-learning", "environment": LEARNED_ON, "parameters": {}, "seed": 1, "episodes": 0}


@pytest.fixture
def shelf() -> AgentShelf:
    return shelf_for_studio()


@pytest.fixture
def learned(tmp_path: Path) -> RunFolder:
    """A run whose newest checkpoint knows its rooms."""
    folder = Runs(tmp_path / "runs").create(FACTS, "learned")
    folder.keep(shortest_ways("rooms"))
    return folder


def offered(here: AgentsHere, checkpoint: Path, environment: str = LEARNED_ON) -> dict[str, Any]:
    return asyncio.run(here.offer(checkpoint, environment))


def led(here: AgentsHere, url: str, host: str = "127.0.0.1:8100") -> tuple[int, dict[str, str]]:
    """Return status and headers of what a browser gets for a path of the studio."""
    path, _, query = url.partition("?")
    status, headers, _ = asyncio.run(ask(Starlette(routes=[here.route()]), path, query=query.encode(), host=host))
    return status, headers


def test_what_is_offered_is_on_the_shelf_and_the_way_leads_to_the_page_that_plays_it(shelf: AgentShelf, learned: RunFolder):
    here = AgentsHere(shelf, GAMES, 9)
    told = offered(here, learned.path / "last-1.npz")
    agent = shelf.find(told["agent"])
    assert agent is not None and agent.content == (learned.path / "last-1.npz").read_bytes()
    assert (told["agent"], told["game"], told["sha256"]) == (f"learned-last-1-{agent.sha256[:8]}", ROOMS, agent.sha256)
    for host, leads_to in (("lab.example.org:8100", "lab.example.org"), ("[::1]:8100", "[::1]"), ("10.0.0.7", "10.0.0.7")):
        status, headers = led(here, told["url"], host)
        assert (status, headers["location"]) == (303, f"http://{leads_to}:9/?solo={agent.name}&game={ROOMS}")
        pair, *flags = headers["set-cookie"].lower().split("; ")
        assert pair == "=".join(shelf.cookie).lower() and {"httponly", "path=/assets", "samesite=strict"} <= set(flags)
        assert headers["cache-control"] == "no-store"


def test_who_was_not_led_there_by_the_studio_sees_no_agent(shelf: AgentShelf, learned: RunFolder):
    here = AgentsHere(shelf, GAMES, 9)
    told = offered(here, learned.path / "last-1.npz")
    url = told["url"]
    path, _, key = url.partition("?key=")
    for wrong in (path, f"{path}?key=", f"{path}?key={key}x", f"{path}?key=%C3%A4", f"/here/other?key={key}"):
        status, headers = led(here, wrong)
        assert status == 404 and "set-cookie" not in headers
    pages = Starlette(routes=WebPages({}, agents=shelf, look=lambda: Stock({}, {}, {}, {}, ())).routes)
    _, _, body = asyncio.run(ask(pages, "/assets/manifest.json"))
    assert json.loads(body)["agents"] == []
    agent = shelf.find(told["agent"])
    assert agent is not None
    assert asyncio.run(ask(pages, agent.address))[0] == 404
    _, headers = led(here, url)
    cookie = headers["set-cookie"].partition(";")[0]
    assert asyncio.run(ask(pages, agent.address, cookie=cookie))[2] == agent.content


def test_each_studio_has_a_key_of_its_own():
    assert len({shelf_for_studio().cookie for _ in range(20)}) == 20


def test_a_link_leads_to_the_agent_as_it_was_when_it_was_offered(shelf: AgentShelf, learned: RunFolder):
    here, place = AgentsHere(shelf, GAMES, 9), learned.path / "best.npz"
    told = []
    for episode in (1, 2):
        shortest_ways("rooms", episode=episode).save(place)
        told.append(offered(here, place))
        assert offered(here, place) == told[-1], "as long as it is the same it is offered once"
    for episode, each in enumerate(told, 1):
        agent = shelf.find(each["agent"])
        assert agent is not None and agent.sha256 == each["sha256"] and f"{episode} episodes" in agent.title
        assert led(here, each["url"])[1]["location"].endswith(f"/?solo={agent.name}&game={ROOMS}")
    assert len(shelf.told({"headers": [(b"cookie", "=".join(shelf.cookie).encode())]})) == 2


@pytest.mark.parametrize(("one", "other"), [(("a-b", "c"), ("a", "b-c")), (("a", "x" * 64), ("b", "x" * 64))])
def test_no_checkpoint_of_another_run_takes_the_place_of_one_or_has_too_long_a_name(
    one: tuple[str, str], other: tuple[str, str], shelf: AgentShelf, tmp_path: Path
):
    here, told = AgentsHere(shelf, GAMES, 9), []
    for episode, (run, name) in enumerate((one, other)):
        folder = Runs(tmp_path / "runs").create(FACTS, run)
        told.append(offered(here, folder.save(shortest_ways("rooms", episode=episode), name)))
    for each in told:
        agent = shelf.find(each["agent"])
        assert agent is not None and agent.sha256 == each["sha256"]


def test_those_offered_first_make_place(shelf: AgentShelf, learned: RunFolder):
    here = AgentsHere(shelf, GAMES, 9)
    urls = []
    for number in range(MOST + 1):
        place = learned.path / f"own-{number}.npz"
        shortest_ways("rooms", episode=number).save(place)
        urls.append(offered(here, place)["url"])
    assert [led(here, url)[0] for url in urls] == [404] + [303] * MOST


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (LEARNED_ON, ""),
        ("tetris", ""),
        ("pong", "browsers cannot be given pong: press Play against it, and play it from a terminal"),
        ("gym:CartPole-v1", "nobody can play against what was trained on 'gym:CartPole-v1' from here"),
        ("my_file.py:Game", "nobody can play against what was trained on"),
    ],
)
def test_what_browsers_cannot_play_is_said_beforehand_and_not_offered(
    environment: str, said: str, shelf: AgentShelf, learned: RunFolder
):
    here = AgentsHere(shelf, GAMES, 9)
    assert here.problem(environment).startswith(said) and bool(here.problem(environment)) == bool(said)
    if said:
        with pytest.raises(UsageError, match=said[:30]):
            offered(here, learned.path / "last-1.npz", environment)
        assert shelf.told({"headers": [(b"cookie", "=".join(shelf.cookie).encode())]}) == []


def test_a_checkpoint_that_is_none_or_fits_another_map_is_not_offered(shelf: AgentShelf, learned: RunFolder):
    here = AgentsHere(shelf, {**GAMES, "rollback.agents.races:halls": {}}, 9)
    with pytest.raises(CheckpointError, match="cannot play on the map halls"):
        offered(here, learned.path / "last-1.npz", "gridworld?layout=halls")
    (learned.path / "broken.npz").write_bytes(b"no checkpoint")
    with pytest.raises(CheckpointError):
        offered(here, learned.path / "broken.npz")
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        offered(here, learned.path / "gone.npz")
