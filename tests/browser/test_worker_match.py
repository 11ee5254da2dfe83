"""The match in a worker: what the page says reaches Python in order and what Python says the page, without a proxy left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.stage import Tab
from tests.netplay.in_worker.own_page import OwnPage
from tests.netplay.quick_time import run

LISTEN = """() => {
    window.told = [];
    window.bytes = [];
    python.onMatch = ({ text, data }) => {
        told.push(JSON.parse(text));
        if (data) bytes.push([data instanceof Uint8Array, data.byteLength]);
    };
    window.say = (message) => python.tellMatch({ text: JSON.stringify(message) });
    say({ do: "visible", visible: true });
    window.all = (tell) => told.filter((message) => message.tell === tell);
}"""


@pytest.fixture
def match(python: Tab) -> Iterator[Tab]:
    """The shared Python, listened to; it plays nothing afterwards."""
    python.evaluate(LISTEN)
    yield python
    python.evaluate("() => say({ do: 'leave' })")
    python.until("() => all('leaveLobby').length > 0")
    python.evaluate("() => { python.onMatch = null; }")


def begin(tab: Tab, **wishes: Any) -> None:
    tab.evaluate("(wishes) => say({ do: 'begin', mode: 'solo', game: 'pong', ...wishes })", wishes)


def played_here(**wishes: Any) -> str:
    async def play() -> OwnPage:
        page = OwnPage()
        page.say("begin", mode="solo", **wishes)
        await page.has("ended")
        await page.leave()
        return page

    return str(run(play()).last("ended")["checksum"])


@pytest.mark.parametrize("game", ["pong", "duel", "gridworld", "tetris"])
def test_the_same_match_ends_in_the_same_state_as_here(match: Tab, game: str) -> None:
    begin(match, game=game, seed=11, frames=60)
    match.until("() => all('ended').length > 0")
    ended = match.evaluate("() => all('ended')[0]")
    assert ended["checksum"] == played_here(game=game, seed=11, frames=60)
    assert match.evaluate("() => bytes") == [[True, match.evaluate("() => bytes[0][1]")]]
    assert match.evaluate("() => all('failed')") == []


def test_pictures_come_in_order_and_none_while_nobody_sees_them(match: Tab) -> None:
    begin(match, frames=100)
    match.until("() => all('picture').length > 20")
    match.evaluate("() => { say({ do: 'visible', visible: false }); say({ do: 'pause' }); say({ do: 'pause' }); }")
    match.until("() => all('ended').length > 0")
    frames = match.evaluate("() => all('picture').map(({ frame }) => frame)")
    assert frames == sorted(frames) and 20 < len(frames) < 100


def test_keys_reach_the_game_while_it_runs(match: Tab) -> None:
    begin(match, seed=3)
    paddle = "all('picture').at(-1).primitives.filter(([kind, x]) => kind === 'rect' && x < 0.1 && x > 0)[0][2]"
    match.until("() => all('picture').length > 5")
    before = match.evaluate(f"() => {paddle}")
    match.evaluate("() => say({ do: 'keys', held: ['up'] })")
    match.until(f"() => {paddle} < {before} - 0.1")
    match.evaluate("() => say({ do: 'keys', held: ['up', 'down'] })")


def test_what_comes_before_python_is_there_waits_in_order(tab: Tab) -> None:
    tab.evaluate(
        """() => {
            window.told = [];
            window.python = new PyodideWorker({ onMatch: ({ text }) => told.push(JSON.parse(text)) });
            window.say = (message) => python.tellMatch({ text: JSON.stringify(message) });
            window.started = python.init();
            for (let turn = 0; turn < 300; turn++) say({ do: "keys", held: ["down"] });
            say({ do: "visible", visible: false });
            say({ do: "begin", mode: "solo", game: "pong", seed: 11, frames: 30 });
            say({ do: "begin", mode: "solo", game: "duel", seed: 11, frames: 30 });
        }"""
    )
    tab.until("() => told.filter(({ tell }) => tell === 'ended').length === 2")
    told = tab.evaluate("() => told")
    ends = [message for message in told if message["tell"] == "ended"]
    assert [ends[0]["reason"], ends[1]["reason"]] == ["left", "end_at"] and ends[1]["scores"] is not None
    assert [message["game"] for message in told if message["tell"] == "begun"][-1] == "duel"
    assert not any(message["tell"] == "picture" for message in told)
    tab.evaluate("() => python.destroy()")


ESCAPES = """
import asyncio

class Env:
    def reset(self, seed=None):
        loop = asyncio.get_event_loop()
        loop.call_soon(lambda: 1 / 0)
        asyncio.ensure_future(self.fail())
        return 0

    async def fail(self):
        raise LookupError("nobody awaits this")

    def step(self, action):
        import gc
        gc.collect()
        return 0, 0.0, False, False, {}

env = Env()
"""


def test_whatever_escapes_in_python_is_told_with_its_traceback(match: Tab) -> None:
    match.evaluate("async (code) => { await python.initEnv(code); await python.reset(1); }", ESCAPES)
    match.until("async () => { await python.step(0); return all('failed').length === 2; }")
    failed = {message["name"]: message for message in match.evaluate("() => all('failed')")}
    assert set(failed) == {"ZeroDivisionError", "LookupError"}
    assert failed["LookupError"]["message"] == "nobody awaits this" and "in fail" in failed["LookupError"]["traceback"]


@pytest.mark.parametrize("text", ["{", "null", "[]", '"keys"', '{"do":"dance"}', '{"do":7}', "{}", '{"do":"channelEvent"}'])
def test_a_message_that_means_nothing_ends_nothing(match: Tab, text: str) -> None:
    match.evaluate("(text) => python.tellMatch({ text })", text)
    begin(match, frames=10)
    match.until("() => all('ended').length > 0")
    assert match.evaluate("() => all('ended')[0].frames") == 10


FAKE = """async () => {
    const { WorkerMatch } = await import("/web/worker-match.js");
    const { MovedChannel, RelayedChannel } = await import("/web/worker-channel.js");
    window.posted = [];
    window.taken = [];
    const port = {
        take: (text, data) => taken.push([JSON.parse(text), data && [...data]]),
        take_channel: (peer, number, channel) => { taken.push([peer, number]); window.channel = channel; },
    };
    const entry = Object.assign((post) => { window.say = post; return port; }, { destroy: () => posted.push("destroyed") });
    const runtime = {
        manifest: { games: { cart: { full: "gym:Cart-v1" }, pong: { full: "rollback.games:Pong" } }, needs: ["numpy"] },
        pyodide: { runPython: () => entry, loadedPackages: {} },
        install: (packages) => new Promise((resolve, reject) => Object.assign(window, { packages, resolve, reject })),
    };
    const match = new WorkerMatch((payload, transfer) => posted.push([payload, transfer.length]), () => {});
    const receive = (message, data, channel) => match.receive({ text: JSON.stringify(message), data, channel });
"""


def in_page(tab: Tab, body: str) -> Any:
    """Run `body` in the page with a worker's match whose Python is played."""
    return tab.evaluate(f"{FAKE}{body}\n}}")


def test_keys_that_are_old_news_are_not_kept(tab: Tab) -> None:
    taken = in_page(
        tab,
        """
        for (const held of [["up"], ["down"], []]) receive({ do: "keys", held });
        receive({ do: "begin", game: "pong" });
        receive({ do: "keys", held: ["left"] });
        receive({ do: "lobby", event: "feed" }, new Uint8Array([1, 2]));
        match.start(runtime);
        receive({ do: "leave" });
        return taken;
        """,
    )
    assert [message["do"] for message, _ in taken] == ["begin", "keys", "lobby", "leave"]
    assert taken[1][0]["held"] == ["left"] and taken[2][1] == [1, 2]


def test_packages_are_there_before_the_game_begins_and_what_follows_waits(tab: Tab) -> None:
    before, packages, after = in_page(
        tab,
        """
        match.start(runtime);
        receive({ do: "begin", game: "cart" });
        receive({ do: "leave" });
        const before = taken.length;
        runtime.pyodide.loadedPackages.numpy = "here";
        resolve();
        await new Promise((done) => setTimeout(done));
        return [before, packages, taken.map(([message]) => message.do)];
        """,
    )
    assert before == 0 and packages == ["numpy"] and after == ["begin", "leave"]


def test_packages_that_do_not_come_are_told_and_the_game_does_not_begin(tab: Tab) -> None:
    taken, posted = in_page(
        tab,
        """
        match.start(runtime);
        receive({ do: "begin", game: "cart" });
        receive({ do: "leave" });
        reject(new Error("numpy could not be installed"));
        await new Promise((done) => setTimeout(done));
        return [taken, posted.filter((each) => each !== "destroyed").map(([{ text }]) => JSON.parse(text))];
        """,
    )
    assert [message["do"] for message, _ in taken] == ["leave"]
    assert posted[0]["tell"] == "failed" and posted[0]["message"] == "numpy could not be installed"


def test_bytes_move_to_the_page_and_the_function_that_starts_python_is_let_go(tab: Tab) -> None:
    posted = in_page(
        tab,
        """
        match.start(runtime);
        say('{"tell":"feed"}', new Uint8Array([7]));
        say('{"tell":"news"}', undefined);
        return posted.map((each) => Array.isArray(each) ? [each[0].text, each[0].data && [...each[0].data], each[1]] : each);
        """,
    )
    assert posted == ["destroyed", ['{"tell":"feed"}', [7], 1], ['{"tell":"news"}', None, 0]]


def test_a_moved_channel_keeps_what_comes_until_python_listens(tab: Tab) -> None:
    heard = in_page(
        tab,
        """
        const real = Object.assign(new EventTarget(), { readyState: "open", bufferedAmount: 3 });
        real.close = () => { real.readyState = "closed"; };
        receive({ do: "channel", peer: "p", number: 1, relayed: false }, undefined, real);
        const message = (data) => real.dispatchEvent(new MessageEvent("message", { data }));
        real.dispatchEvent(new Event("open"));
        message(new Uint8Array([1]).buffer);
        match.start(runtime);
        message("text");
        const heard = [];
        channel.listen((event, data) => heard.push([event, data instanceof Uint8Array ? [...data] : data]));
        message(new Uint8Array([2]).buffer);
        real.dispatchEvent(new Event("bufferedamountlow"));
        channel.bufferedAmountLowThreshold = 9;
        const facts = [real.binaryType, channel.readyState, channel.bufferedAmount, real.bufferedAmountLowThreshold];
        channel.close();
        message(new Uint8Array([3]).buffer);
        return [heard, facts, real.readyState];
        """,
    )
    events, facts, state = heard
    assert events == [["open", None], ["message", [1]], ["message", "text"], ["message", [2]], ["bufferedamountlow", None]]
    assert facts == ["arraybuffer", "open", 3, 9] and state == "closed"


def test_a_relayed_channel_counts_what_has_not_left_and_says_when_it_has(tab: Tab) -> None:
    states, buffered, heard, sent = in_page(
        tab,
        """
        match.start(runtime);
        receive({ do: "channel", peer: "p", number: 1, relayed: true });
        const event = (event, more = {}, data) => receive({ do: "channelEvent", peer: "p", number: 1, event, ...more }, data);
        const states = [channel.readyState], buffered = [], heard = [];
        channel.send(new Uint8Array(5));
        event("message", {}, new Uint8Array([4]));
        event("open");
        states.push(channel.readyState);
        channel.bufferedAmountLowThreshold = 100;
        channel.listen((event, data) => heard.push([event, data && [...data]]));
        for (const size of [150, 50]) { channel.send(new Uint8Array(size)); buffered.push(channel.bufferedAmount); }
        for (const amount of [60, 60, 80]) { event("drained", { amount }); buffered.push(channel.bufferedAmount); }
        event("close");
        event("message", {}, new Uint8Array([5]));
        states.push(channel.readyState);
        channel.send(new Uint8Array(1));
        const payloads = posted.filter((each) => each !== "destroyed").map(([payload]) => payload);
        const sent = payloads.map(({ text, data }) => [JSON.parse(text), data.byteLength]);
        return [states, buffered, heard, sent];
        """,
    )
    assert states == ["connecting", "open", "closed"] and buffered == [150, 200, 140, 80, 0]
    assert heard == [["message", [4]], ["open", None], ["bufferedamountlow", None], ["close", None]]
    order = {"tell": "channelSend", "peer": "p", "number": 1}
    assert sent == [[order, 150], [order, 50]]


def test_a_message_that_cannot_be_read_is_told(tab: Tab) -> None:
    told = in_page(tab, "match.receive({ text: '{' }); return JSON.parse(posted[0][0].text);")
    assert told["tell"] == "failed" and told["name"] == "SyntaxError"


COLLECTED = """
import gc
import json
from rollback.netplay.collector import quiet

class Env:
    def reset(self, seed=None):
        with quiet() as collector:
            told = {"off": not gc.isenabled(), "small": collector.offer(1.0)}
            for _ in range(2000):
                circle = []
                circle.append(circle)
            told["collected"] = collector.offer(1.0)
            told["left"] = gc.get_count()[0]
            told["collections"] = sum(collector.collections)
        told["on"] = gc.isenabled()
        return json.dumps(told)

    def step(self, action):
        return 0, 0.0, False, False, {}

env = Env()
"""


def test_garbage_is_collected_at_chosen_moments_there_too(match: Tab) -> None:
    told = json.loads(
        match.evaluate("async (code) => { await python.initEnv(code); return (await python.reset(1)).observation; }", COLLECTED)
    )
    assert told["off"] and told["on"] and not told["small"]
    assert told["collected"] and told["collections"] == 1 and told["left"] < 700
