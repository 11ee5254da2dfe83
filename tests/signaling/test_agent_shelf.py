"""The shelf of agents: what is told of them, who sees them, and what is served under a hash."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from rollback.errors import UsageError
from signaling.agent_shelf import LARGEST, MOST, MOST_BYTES, RESERVED, Agent, AgentShelf, is_agent_name
from signaling.pages import SafeHeaders
from signaling.served_file import FOR_EVER
from signaling.web_pages import WebPages
from signaling.web_shelf import Stock
from tests.signaling.http import ask

NOTHING = Stock({}, {}, {}, {}, ())


def agent(name="stacker", content=b"PK agent", game="tetris"):
    return Agent(name, game, f"The {name}", content)


def app_of(shelf):
    return SafeHeaders(Starlette(routes=WebPages(agents=shelf, look=lambda: NOTHING).routes))


async def listed(app, **headers):
    status, _, body = await ask(app, "/assets/manifest.json", **headers)
    assert status == 200
    return json.loads(body)["agents"]


@pytest.fixture(scope="module")
def open_shelf():
    shelf = AgentShelf()
    shelf.add(agent())
    return shelf


@pytest.fixture(scope="module")
def app(open_shelf):
    return app_of(open_shelf)


async def test_the_manifest_lists_what_is_offered_and_the_bytes_lie_under_their_hash(app):
    (told,) = await listed(app)
    digest = hashlib.sha256(b"PK agent").hexdigest()
    assert told == {"name": "stacker", "game": "tetris", "title": "The stacker", "sha256": digest, "size": 8}
    status, headers, body = await ask(app, f"/assets/agents/{digest}.npz")
    assert (status, body, headers["content-length"]) == (200, b"PK agent", "8")
    assert headers["cache-control"] == FOR_EVER and headers["content-type"] == "application/octet-stream"
    for name in ("content-security-policy", "x-content-type-options", "cross-origin-resource-policy"):
        assert headers[name]
    assert (await ask(app, f"/assets/agents/{digest}.npz", if_none_match=headers["etag"]))[0] == 304


@pytest.mark.parametrize(
    "place", ["", "stacker.npz", "0" * 64 + ".npz", "../agents", f"{hashlib.sha256(b'PK agent').hexdigest()}"]
)
async def test_nothing_else_is_found_there(app, place):
    assert (await ask(app, f"/assets/agents/{place}"))[0] == 404


async def test_a_server_without_agents_lists_none():
    assert await listed(app_of(None)) == []


async def test_one_that_is_not_listed_is_served_to_who_knows_its_hash():
    shelf = AgentShelf()
    shelf.add(agent(), is_listed=False)
    app = app_of(shelf)
    assert await listed(app) == []
    assert (await ask(app, agent().address))[2] == b"PK agent"


async def test_an_agent_of_a_game_that_browsers_do_not_get_is_not_listed():
    shelf = AgentShelf()
    shelf.add(agent(game="my_file.py:Game"))
    assert await listed(app_of(shelf)) == []


async def test_a_shelf_with_a_key_shows_itself_only_to_who_brings_the_cookie():
    shelf = AgentShelf(key="k" * 40)
    shelf.add(agent())
    app = app_of(shelf)
    name, value = shelf.cookie
    other = AgentShelf(key="m" * 40).cookie
    assert other[0] != name, "two studios on one host must not take each other's place"
    for cookie in ("", f"{name}=", f"{name}={value}x", f"{other[0]}={value}", value, f"x{name}={value}", f"{name}=\xff"):
        assert await listed(app, cookie=cookie) == []
        assert (await ask(app, agent().address, cookie=cookie))[0] == 404
    for cookie in (f"{name}={value}", f"a=b; {name}={value};c", f" {name}={value} "):
        assert [each["name"] for each in await listed(app, cookie=cookie)] == ["stacker"]
        status, headers, body = await ask(app, agent().address, cookie=cookie)
        assert (status, body) == (200, b"PK agent") and headers["cache-control"].startswith("private, ")


def test_what_is_offered_later_takes_the_place_of_the_oldest():
    shelf = AgentShelf(most=3, most_bytes=100)
    for number in range(3):
        shelf.offer(agent(f"a{number}", bytes(20)))
    shelf.offer(agent("a0", b"newer"))  # in place of its older self, and the newest now
    assert [each["name"] for each in shelf.told({"headers": ()})] == ["a1", "a2", "a0"]
    shelf.offer(agent("a3", b"x"))
    assert [each["name"] for each in shelf.told({"headers": ()})] == ["a2", "a0", "a3"]
    shelf.offer(agent("large", bytes(90)))
    assert [each["name"] for each in shelf.told({"headers": ()})] == ["a0", "a3", "large"]
    assert shelf.find("a0").content == b"newer" and shelf.find("a1") is None
    with pytest.raises(UsageError, match="at most 100 are offered"):
        shelf.offer(agent("larger", bytes(101)))


def test_what_a_command_names_must_have_room_and_a_name_of_its_own():
    shelf = AgentShelf(most_bytes=100)
    shelf.add(agent("one", bytes(60)))
    with pytest.raises(UsageError, match="two agents are called one: give one of them another name"):
        shelf.add(agent("one", b"other"))
    with pytest.raises(UsageError, match="all agents together have more than"):
        shelf.add(agent("two", bytes(41)))
    full = AgentShelf()
    for number in range(MOST):
        full.add(agent(f"a{number}"))
    with pytest.raises(UsageError, match="64 agents are offered already"):
        full.add(agent("more"))


@pytest.mark.parametrize("name", [*RESERVED, "", "Best", "a b", "-a", "a" * 65, "ä", "a\n", "../a", "a/b", "a?b", None])
def test_a_name_must_be_good_in_an_address_and_mean_nothing_else(name):
    if name is not None:
        assert not is_agent_name(name)
        with pytest.raises(UsageError, match="an agent cannot be called"):
            agent(name)


@given(name=st.text(alphabet="abz019-_AB /.=?&\n\0", max_size=70))
def test_what_may_be_a_name_needs_no_quoting_anywhere(name):
    if is_agent_name(name):
        assert 1 <= len(name) <= 64 and set(name) <= set("abz019-_") and name[0] not in "-_"


def test_one_that_is_too_large_is_refused_and_a_long_title_is_cut():
    with pytest.raises(UsageError, match="browsers get at most 66 MiB"):
        agent(content=bytes(LARGEST + 1))
    assert len(Agent("a", "tetris", "x" * 1000, b"").title) == 200


def test_the_page_tells_what_an_agent_may_be_called_and_how_many_there_may_be():
    page = (Path(__file__).resolve().parents[2] / "docs" / "browser.md").read_text(encoding="utf-8")
    told = " ".join(page.partition("## Trained agents")[2].partition("\n## ")[0].split())
    *most, last = [f"`{name}`" for name in RESERVED]
    assert f"the first a letter or a digit, and none of {', '.join(most)} and {last}. " in told
    assert f"There may be {MOST}, of {LARGEST >> 20} MiB each and {MOST_BYTES >> 20} MiB together." in told
