"""Direct connections that a page makes for its worker: in a network of their own, for on loopback no browser makes any."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.arena import Arena
from tests.browser.stage import Tab

CHANNELS = [
    {"label": "inputs", "id": 0, "ordered": False, "max_retransmits": 0},
    {"label": "control", "id": 1, "ordered": True, "max_retransmits": None},
]

# Two sides in one page. Each has a worker's ear: what would be posted to it is kept, and a channel goes to a real worker.
SIDES = """async (transfer) => {
    const { Peers, PyodideWorker } = window;
    const side = async (key) => {
        const told = [];
        const kept = [];
        const worker = new PyodideWorker({
            url: "/pages/peer-worker.js",
            onMatch: ({ text, data }) => kept.push({ ...JSON.parse(text), data: data ? Array.from(data) : null }),
        });
        await worker.init();
        const post = (message, data, channel) => {
            if (channel) worker.tellMatch({ text: JSON.stringify(message), channel }, [channel]);
            told.push({ ...message, data: data ? Array.from(data) : null });
        };
        const peers = new Peers(post, { transfer });
        let asked = 0;
        const ask = async (order) => {
            const ask = ++asked;
            await peers.order({ peer: key, ask, ...order });
            return told.find((each) => each.ask === ask);
        };
        return { key, peers, told, kept, worker, ask, order: (order) => peers.order({ peer: key, ...order }) };
    };
    window.ann = await side("to ben");
    window.ben = await side("to ann");
    window.candidates = (from) => from.told.filter(({ what }) => what === "candidate");
    window.connect = async (channels) => {
        for (const each of [ann, ben]) each.order({ what: "open", ice_servers: [], channels });
        const offer = await ann.ask({ what: "describe", kind: "offer" });
        await ben.ask({ what: "take", kind: "offer", sdp: offer.sdp });
        const answer = await ben.ask({ what: "describe", kind: "answer" });
        await ann.ask({ what: "take", kind: "answer", sdp: answer.sdp });
        const passed = [0, 0];
        window.trickle = setInterval(() => {
            [[ann, ben], [ben, ann]].forEach(([from, to], place) => {
                for (const { candidate, mid } of candidates(from).slice(passed[place])) {
                    to.order({ what: "candidate", candidate, mid });
                    passed[place] += 1;
                }
            });
        }, 10);
        return [offer.sdp, answer.sdp];
    };
    window.opened = (side) => (side.kept.length ? side.kept : side.told).filter((each) => (each.event ?? each.tell) === "open");
}"""


@pytest.fixture
def page(arena: Arena) -> Tab:
    """A page in the network."""
    arena.serve(lobby=True, fresh=False)  # it has the pages of the tests
    tab = arena.open("/pages/room.html")
    tab.until("() => 'Peers' in window")
    return tab


def connect(page: Tab, *, transfer: bool) -> list[str]:
    page.evaluate(SIDES, transfer)
    descriptions = page.evaluate("(channels) => connect(channels)", CHANNELS)
    page.until("() => opened(ann).length === 2 && opened(ben).length === 2")
    return descriptions


def told(page: Tab, side: str) -> list[dict[str, Any]]:
    return page.evaluate(f"() => {side}.told")


def test_a_channel_is_moved_into_the_worker_before_it_opens_and_carries_bytes_there(page: Tab) -> None:
    connect(page, transfer=True)
    (first, *_) = told(page, "ann")
    assert (first["do"], first["relayed"], first["number"]) == ("channel", False, 0)
    assert (
        page.evaluate("() => ann.kept.filter(({ tell }) => tell === 'moved').map(({ state }) => state)") == ["connecting"] * 2
    )
    for number in (0, 1):
        message = {"peer": "to ben", "number": number, "send": [number, 0, 255]}
        page.evaluate("(text) => ann.worker.tellMatch({ text })", json.dumps(message))
        page.until(f"() => ben.kept.some((each) => each.tell === 'message' && each.number === {number})")
    came = page.evaluate("() => ben.kept.filter(({ tell }) => tell === 'message').map(({ data }) => data)")
    assert sorted(came) == [[0, 0, 255], [1, 0, 255]]
    assert page.evaluate("() => ann.told.filter((each) => each.do === 'channelEvent')") == [], "nothing passes the page"
    assert page.evaluate("() => ann.peers.facts") == {"peers": 1, "moved": 2, "relayed": 0}


def test_candidates_come_one_by_one_and_only_after_the_description(page: Tab) -> None:
    descriptions = connect(page, transfer=True)
    for side in ("ann", "ben"):
        order = [each["what"] for each in told(page, side) if each["do"] == "peer"]
        assert "candidate" in order and order.index("described") < order.index("candidate")
        states = [each["state"] for each in told(page, side) if each.get("what") == "state"]
        assert states[-1] == "connected"
    assert all("a=candidate:" not in description for description in descriptions), "the description does not wait for them"


def test_candidates_that_come_before_the_description_wait_for_it(page: Tab) -> None:
    page.evaluate(SIDES, True)
    page.evaluate(
        """async (channels) => {
            for (const each of [ann, ben]) each.order({ what: "open", ice_servers: [], channels });
            const offer = await ann.ask({ what: "describe", kind: "offer" });
            await ben.ask({ what: "take", kind: "offer", sdp: offer.sdp });
            window.answer = await ben.ask({ what: "describe", kind: "answer" });
        }""",
        CHANNELS,
    )
    page.until("() => candidates(ben).length > 0")
    page.evaluate(
        """async () => {
            for (const { candidate, mid } of candidates(ben)) ann.order({ what: "candidate", candidate, mid });
            ann.order({ what: "candidate", candidate: "candidate:nonsense", mid: "7" });
            await ann.ask({ what: "take", kind: "answer", sdp: answer.sdp });
        }"""
    )
    page.until("() => opened(ann).length === 2 && opened(ben).length === 2")


def test_where_channels_stay_on_the_page_it_relays_and_says_what_left_the_buffer(page: Tab) -> None:
    connect(page, transfer=False)
    assert [each["relayed"] for each in told(page, "ann") if each["do"] == "channel"] == [True, True]
    page.evaluate(
        """() => {
            for (let n = 0; n < 8; n += 1) ann.peers.send({ peer: "to ben", number: 1 }, new Uint8Array(1000).fill(n));
        }"""
    )
    page.until("() => ben.told.filter(({ event }) => event === 'message').length === 8")
    came = [each for each in told(page, "ben") if each.get("event") == "message"]
    assert [(len(each["data"]), each["data"][0]) for each in came] == [(1000, n) for n in range(8)]
    page.until(
        "() => ann.told.filter(({ event }) => event === 'drained').reduce((sum, { amount }) => sum + amount, 0) === 8000"
    )
    assert page.evaluate("() => ann.peers.facts") == {"peers": 1, "moved": 0, "relayed": 2}


def test_what_is_sent_before_a_relayed_channel_opens_is_lost_and_leaves_the_buffer(page: Tab) -> None:
    page.evaluate(SIDES, False)
    page.evaluate("(channels) => ann.order({ what: 'open', ice_servers: [], channels })", CHANNELS)
    page.evaluate("() => ann.peers.send({ peer: 'to ben', number: 0 }, new Uint8Array(10))")
    assert told(page, "ann")[-1] == {
        "do": "channelEvent", "peer": "to ben", "number": 0, "event": "drained", "amount": 10, "data": None,
    }  # fmt: skip


def test_closing_is_seen_by_the_other_side_at_once(page: Tab) -> None:
    connect(page, transfer=True)
    page.evaluate("() => ann.order({ what: 'close' })")
    page.until("() => ben.kept.filter(({ tell }) => tell === 'close').length === 2", 10.0)
    page.evaluate("() => { ann.told.length = 0; ann.order({ what: 'candidate', candidate: 'x', mid: '0' }); }")
    assert page.evaluate("() => [ann.told, ann.peers.facts.peers]") == [[], 0]


def test_what_cannot_be_understood_is_answered_as_failed(page: Tab) -> None:
    page.evaluate(SIDES, True)
    page.evaluate("(channels) => ann.order({ what: 'open', ice_servers: [], channels })", CHANNELS)
    wrong = page.evaluate("() => ann.ask({ what: 'take', kind: 'offer', sdp: 'v=0 nonsense' })")
    assert wrong["what"] == "failed" and wrong["error"]
    absent = page.evaluate("() => ben.ask({ what: 'describe', kind: 'offer' })")
    assert (absent["what"], absent["error"]) == ("failed", "there is no such connection")
    page.evaluate("() => ben.order({ what: 'open', ice_servers: [{ urls: 'nonsense' }], channels: [] })")
    assert told(page, "ben")[-1]["state"] == "failed"


def test_without_webrtc_the_connection_fails_at_once_and_nothing_raises(page: Tab) -> None:
    page.evaluate(SIDES, True)
    page.evaluate("(channels) => { delete window.RTCPeerConnection; ann.order({ what: 'open', channels }); }", CHANNELS)
    assert [each["state"] for each in told(page, "ann")] == ["failed"]
    asked = page.evaluate("() => ann.ask({ what: 'describe', kind: 'offer' })")
    assert (asked["what"], asked["error"]) == ("failed", "this browser has no WebRTC")


def test_a_browser_that_cannot_move_channels_relays_them(page: Tab) -> None:
    page.evaluate(SIDES, True)
    page.evaluate(
        """() => {
            const refuse = () => { throw new DOMException("not here", "DataCloneError"); };
            for (const each of [ann, ben]) each.worker.tellMatch = refuse;
        }"""
    )
    page.evaluate("(channels) => connect(channels)", CHANNELS)
    page.until("() => opened(ann).length === 2 && opened(ben).length === 2")
    assert [each["relayed"] for each in told(page, "ann") if each["do"] == "channel"] == [True, True]
