"""What the interface talks to, with a worker that acts: what is handed over, in which order, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.real_server import RealServer
from tests.browser.stage import Tab

PREPARE = """(manifest) => {
    window.heard = [];
    window.wire = new BroadcastChannel("worker");
    wire.onmessage = ({ data }) => heard.push(data);
    window.client = new Client({ worker: "/pages/match-worker.js", manifest });
    window.told = [];
    const names = ["progress", "room", "begun", "picture", "stats", "news", "data", "ended", "failed", "state"];
    for (const name of names) client.on[name] = (event) => told.push([name, structuredClone(event)]);
    window.say = (message, bytes) => wire.postMessage({ say: { message, data: bytes && Uint8Array.from(bytes) } });
}"""


@pytest.fixture
def open_tab(lobby_server: RealServer) -> Iterator[Callable[..., Tab]]:
    """Opens pages with a client whose worker acts: ready at once, or when the test says so."""
    opened: list[Tab] = []

    def open_one(manifest: str = "at once") -> Tab:
        tab = lobby_server.open()
        prepare(tab, manifest)
        opened.append(tab)
        return tab

    yield open_one
    for tab in opened:
        assert tab.violations == [] and tab.strangers == [] and tab.errors == []


def prepare(tab: Tab, manifest: str = "at once") -> None:
    tab.until("() => 'Client' in window")
    tab.evaluate(PREPARE, manifest)


def create(tab: Tab, **wish: Any) -> str:
    made: dict[str, Any] = {"name": "ann", "game": "pong", "players": 2, **wish}
    return tab.evaluate("async (wish) => (await client.create(wish)).room", made)


def join(tab: Tab, room: str, **wish: Any) -> dict[str, Any]:
    return tab.evaluate("(wish) => outcome(client.join(wish))", {"name": "ben", "room": room, **wish})


def heard(tab: Tab, count: int) -> list[dict[str, Any]]:
    """Return what the worker heard, once it is so much."""
    tab.until(f"() => heard.length >= {count}")
    return tab.evaluate("() => heard")


def begin(tab: Tab, **settings: Any) -> None:
    tab.evaluate("(settings) => client.begin(settings)", settings)
    tab.until("() => heard.some((each) => each.event === 'welcome')")


def test_a_match_begins_when_the_engine_is_there_and_hears_what_came_before(open_tab: Callable[..., Tab]) -> None:
    ann, ben = open_tab("when it is told"), open_tab()
    room = create(ann)
    ann.evaluate("() => { client.begin({ bot: 'best', frames: 60 }); client.keys(['up']); }")
    join(ben, room)
    ben.evaluate("() => client.begin()")
    ben.until("() => heard.length > 2")
    ben.evaluate("() => say({ tell: 'relay', to: 'm1' }, [1, 2, 3])")
    ben.evaluate("() => say({ tell: 'ask', ask: 1, event: 'signal', payload: { to: 'm1', data: { n: 1 } } })")
    ben.until("() => heard.some((each) => each.do === 'answer')")
    assert ann.evaluate("() => [heard, client.facts().state]") == [[], {"engine": "loading", "lobby": "connected"}]
    ann.evaluate("() => wire.postMessage({ be: 'ready' })")
    came = heard(ann, 7)
    order = ["begin", "visible", "welcome", "members", "resume", "relay", "signal"]
    assert [each.get("event", each["do"]) for each in came] == order
    assert came[0] == {
        "do": "begin", "mode": "play", "game": "pong", "bot": "best", "frames": 60, "latency_ms": 0, "jitter_ms": 0, "loss": 0,
        "transport": "auto", "ice_servers": [], "data": None,
    }  # fmt: skip
    assert came[2]["again"] is False and came[2]["payload"]["me"]["loading"] is True
    assert (came[5]["payload"], came[5]["data"]) == ({"from": "m2"}, [1, 2, 3])
    ann.evaluate("() => { client.keys(['up', 'space']); client.pause(); client.again(); }")
    assert heard(ann, 10)[7:] == [
        {"do": "keys", "held": ["up", "space"], "data": None},
        {"do": "pause", "data": None},
        {"do": "again", "data": None},
    ]


def test_the_lobby_answers_the_worker_and_its_refusals_are_told_from_a_lost_connection(
    open_tab: Callable[..., Tab], lobby_server: RealServer
) -> None:
    ann = open_tab()
    create(ann)
    begin(ann)

    def ask(number: int, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        ann.evaluate("(message) => say(message)", {"tell": "ask", "ask": number, "event": event, "payload": payload})
        return ann.until(f"() => heard.find((each) => each.do === 'answer' && each.ask === {number})")

    assert ask(1, "loaded", {})["result"] == {"ok": True}
    ann.until("() => client.room.me.loading === undefined")
    refused = ask(2, "signal", {"to": "m9", "data": {}})["error"]
    assert refused["code"] == "unknown_member" and refused["sentence"].startswith("there is no other member")
    ann.evaluate("(message) => say(message)", {"tell": "ask", "ask": 3, "event": "signal", "payload": {"to": "m9", "data": {}}})
    lobby_server.stop()
    ann.until("() => !client.room.connected")
    assert ann.evaluate("() => client.facts().state.lobby") == "lost"
    lobby_server.start_again(secret=b"another one, so that the room is gone")
    assert ann.until("() => heard.find((each) => each.event === 'over')")["payload"]["code"] == "unknown_room"
    assert ann.evaluate("() => client.facts().lost.message").startswith("There is no way back into room ")


def test_what_the_worker_tells_reaches_the_interface_and_the_facts(open_tab: Callable[..., Tab]) -> None:
    ann = open_tab()
    create(ann)
    begin(ann)
    for message, data in [
        ({"tell": "begun", "game": "pong", "player": 0}, None),
        ({"tell": "picture", "frame": 1, "primitives": []}, None),
        ({"tell": "picture", "frame": 2, "pixels": {"width": 1, "height": 1, "channels": 1}}, [7]),
        ({"tell": "stats", "rtt_ms": 3}, None),
        ({"tell": "news", "sentence": "hello", "kind": "info"}, None),
        ({"tell": "data", "lines": 2}, [1, 2]),
        ({"tell": "unheard of"}, None),
        ({"tell": "ended", "reason": "over", "frames": 2}, [9, 9]),
        ({"tell": "failed", "name": "Error", "message": "step raised", "traceback": "line 1"}, None),
    ]:
        ann.evaluate("([message, data]) => say(message, data)", [message, data])
    ann.until("() => client.facts().failed")
    told = ann.evaluate("() => told.filter(([name]) => !['room', 'state'].includes(name))")
    assert [name for name, _ in told] == ["begun", "picture", "picture", "stats", "news", "data", "ended", "failed"]
    assert ann.evaluate("() => Array.from(told.find(([name]) => name === 'data')[1].data)") == [1, 2]
    facts = ann.evaluate("() => ({ ...client.facts(), picture: Array.from(client.facts().picture.data) })")
    assert facts["stats"]["dropped"] == 0, "of what went through the lobby"
    assert (facts["begun"]["player"], facts["stats"]["rtt_ms"], facts["pictures"], facts["picture"]) == (0, 3, 2, [7])
    assert facts["news"] == [{"sentence": "hello", "kind": "info"}] and facts["ended"]["frames"] == 2
    assert facts["state"]["engine"] == "ready", "a game that raises does not end the engine"
    ann.evaluate("() => say({ tell: 'begun', game: 'pong', player: 1 })")
    ann.until("() => client.facts().begun.player === 1")
    assert ann.evaluate("() => [client.facts().ended, client.facts().picture]") == [None, None], "of the rematch, nothing yet"
    ann.evaluate("() => client.begin()")
    assert ann.evaluate("() => [client.facts().failed, client.facts().news, client.facts().begun]") == [None, [], None]


def test_a_listener_that_throws_harms_nobody_else(open_tab: Callable[..., Tab]) -> None:
    ann = open_tab()
    ann.evaluate(
        """() => {
            window.reported = [];
            addEventListener("error", (event) => { reported.push(event.message); event.preventDefault(); });
            client.on.room = client.on.state = () => { throw new Error("mine"); };
        }"""
    )
    create(ann)
    assert ann.evaluate("() => client.room.members.length") == 1
    assert "Uncaught Error: mine" in ann.evaluate("() => reported")
    ann.errors.clear()


def test_a_worker_that_breaks_down_is_told_and_the_others_see_that_nobody_plays_there(open_tab: Callable[..., Tab]) -> None:
    ann, ben = open_tab(), open_tab()
    room = create(ann)
    join(ben, room)
    begin(ben)
    ben.evaluate("() => wire.postMessage({ be: 'broken' })")
    failed = ben.until("() => client.facts().failed")
    assert failed["name"] == "WorkerError" and "broke down" in failed["message"]
    assert ben.evaluate("() => client.facts().state") == {"engine": "failed", "lobby": "none"}
    ann.until("() => client.room.members[1]?.connected === false")
    again = join(ben, room)
    assert again["code"] == "engine" and again["message"] == failed["message"]


def test_an_engine_that_cannot_be_loaded_is_a_sentence(lobby_server: RealServer) -> None:
    tab = lobby_server.open()
    tab.until("() => 'Client' in window")
    tab.evaluate("() => { window.client = new Client({ manifest: '/pages/nothing.json' }); client.load(); }")
    failed = tab.until("() => client.facts().failed")
    assert failed["name"] == "DownloadError" and "could not be loaded: 404" in failed["message"]
    assert tab.evaluate("() => outcome(client.create({ game: 'pong' }))")["code"] == "engine"


def test_a_page_that_goes_is_missed_at_once_and_comes_back_as_the_same_member(open_tab: Callable[..., Tab]) -> None:
    ann, ben = open_tab(), open_tab()
    room = create(ann)
    join(ben, room)
    ann.until("() => client.room.members.length === 2")
    ben.evaluate("() => { location.href = 'about:blank'; }")
    ann.until("() => client.room.members[1]?.connected === false", 3.0)
    ben.visit("/pages/room.html")
    prepare(ben)
    back = join(ben, room)["value"]
    assert (back["me"]["id"], back["me"]["name"], back["me"]["life"], back["me"]["loading"]) == ("m2", "ben", 2, True)


def test_leaving_waits_for_the_worker_s_goodbye_and_not_for_ever(open_tab: Callable[..., Tab]) -> None:
    ann, ben = open_tab(), open_tab()
    room = create(ann)
    join(ben, room)
    begin(ben)
    ben.evaluate("() => { window.leaving = client.leave(); }")
    ben.until("() => heard.at(-1).do === 'leave'")
    assert ben.evaluate("() => client.room.room") == room, "the others still hear the goodbye"
    ben.evaluate("() => say({ tell: 'leaveLobby' })")
    ben.evaluate("() => leaving")
    ann.until("() => client.room.members.length === 1")
    assert ben.evaluate("() => [client.room, sessionStorage.length]") == [None, 0]
    assert join(ben, room)["value"]["me"]["id"] == "m3"
    begin(ben)
    ben.evaluate("() => client.leave()")  # the worker says nothing
    ann.until("() => client.room.members.length === 1")


def test_a_second_wish_to_enter_is_refused_while_the_first_is_under_way(open_tab: Callable[..., Tab]) -> None:
    ann = open_tab()
    came = ann.evaluate("() => Promise.all([1, 2].map(() => outcome(client.create({ game: 'pong' }))))")
    assert came[1]["code"] == "entering" and came[0]["value"]["seat"] == 0
    assert ann.evaluate("() => outcome(client.create({ game: 'pong' }))")["code"] == "in_room"


def test_a_spectator_begins_to_watch_and_bots_alone_need_no_room(open_tab: Callable[..., Tab]) -> None:
    ann, eve = open_tab(), open_tab()
    join(eve, create(ann), spectate=True)
    begin(eve)
    assert heard(eve, 1)[0]["mode"] == "watch"
    alone = open_tab()
    alone.evaluate("() => client.solo({ game: 'pong', bot: 'best' })")
    first, second = heard(alone, 2)
    assert (first["do"], first["mode"], first["bot"], second["do"]) == ("begin", "solo", "best", "visible")


def test_an_agent_goes_to_the_worker_as_bytes_beside_its_name(open_tab: Callable[..., Tab]) -> None:
    ann, alone = open_tab(), open_tab()
    create(ann)
    ann.evaluate("() => client.begin({ bot: 'best', agent: { name: 'paddle', data: Uint8Array.of(1, 2, 3) } })")
    alone.evaluate("() => client.solo({ game: 'pong', agent: { name: 'mine.npz', data: Uint8Array.of(4, 5), path: '/x' } })")
    for tab, name, mode, data in ((ann, "paddle", "play", [1, 2, 3]), (alone, "mine.npz", "solo", [4, 5])):
        begun, visible = heard(tab, 2)[:2]
        assert (begun["do"], begun["mode"], begun["bot"], begun["agent"]) == ("begin", mode, "agent", {"name": name})
        assert (begun["data"], visible["do"], visible["data"]) == (data, "visible", None)
    alone.evaluate("() => client.solo({ game: 'pong', bot: 'best' })")
    later = alone.until("() => heard.filter((each) => each.do === 'begin')[1]")
    assert later["bot"] == "best" and "agent" not in later and later["data"] is None, "the one before is forgotten"
