import asyncio

import pytest

from signaling import gate
from signaling.buckets import Bucket
from signaling.frames import FrameCheck
from signaling.gate import Gate, Link, address_of
from signaling.limits import Limits, Rate
from signaling.refusals import Refusal


class Wire:
    """The web server's side of one connection."""

    def __init__(self, *messages):
        self.incoming = asyncio.Queue()
        self.sent = []
        for message in messages:
            self.say(message)

    def say(self, message):
        kind = "text" if isinstance(message, str) else "bytes"
        self.incoming.put_nowait({"type": "websocket.receive", kind: message})

    async def receive(self):
        return await self.incoming.get()

    async def send(self, message):
        self.sent.append(message)


UNLIMITED = Rate(1e6, 1e6)


def link_on(wire, rate=UNLIMITED):
    return Link("c1", "192.0.2.1", wire.receive, wire.send, FrameCheck({"join"}, 100), Bucket(rate, now=0.0))


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 5), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 5), "2001:db8:1:2::/64"),
        (("::ffff:192.0.2.7", 5), "192.0.2.7"),
        (("testclient", 5), "testclient"),
        (None, "unknown"),
    ],
)
def test_connections_are_counted_by_what_one_customer_has(client, address):
    assert address_of({"client": client}) == address


async def test_proper_messages_pass_and_an_improper_one_ends_the_connection():
    wire = Wire("40", '42["join",{}]', '42["disconnect"]', "3")
    link = link_on(wire)
    assert (await link.receive())["text"] == "40"
    assert (await link.receive())["text"] == '42["join",{}]'
    assert (await link.receive())["type"] == "websocket.disconnect"
    assert (await link.receive())["type"] == "websocket.disconnect"
    assert wire.incoming.qsize() == 1  # nothing is read any more


async def test_a_flood_of_messages_ends_the_connection():
    link = link_on(Wire(*["3"] * 5), Rate(0, 3))
    kinds = [(await link.receive())["type"] for _ in range(5)]
    assert kinds == ["websocket.receive"] * 3 + ["websocket.disconnect"] * 2


async def test_ending_a_link_wakes_who_waits_for_a_message():
    link = link_on(Wire())
    waiting = asyncio.create_task(link.receive())
    await asyncio.sleep(0)
    link.end()
    assert (await waiting)["type"] == "websocket.disconnect"
    assert waiting.cancelling() == 0


async def test_a_cancellation_that_is_not_our_own_goes_on():
    waiting = asyncio.create_task(link_on(Wire()).receive())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_receiver_that_takes_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(gate, "SEND_PATIENCE", 0.0)
    wire = Wire()
    link = link_on(wire)

    async def stuck(message):
        await asyncio.Event().wait()

    link._send = stuck
    with pytest.raises(OSError, match="takes nothing"):
        await link.send({"type": "websocket.send", "text": "x"})
    assert (await link.receive())["type"] == "websocket.disconnect"


async def run_gate(app, wire, *, scope=(), opened=lambda link: None):
    closed = []

    async def note(link):
        closed.append(link.key)

    guarded = Gate(app, limits=Limits(), events={"join"}, opened=opened, closed=note)
    await guarded(
        {"type": "websocket", "client": ("192.0.2.1", 1), "query_string": b"", **dict(scope)}, wire.receive, wire.send
    )
    return closed


async def test_every_link_that_was_opened_is_closed_also_after_an_error(caplog):
    async def broken(scope, receive, send):
        raise ValueError("whatever a library may raise")

    assert await run_gate(broken, Wire()) == ["c1"]
    assert "ended with an error" in caplog.text


async def test_who_is_turned_away_is_never_served():
    async def never(scope, receive, send):
        raise AssertionError("served")

    def refuse(link):
        raise Refusal("busy", "too many")

    wire = Wire("connect")
    assert await run_gate(never, wire, opened=refuse) == []
    assert wire.sent == [{"type": "websocket.close", "code": 1008, "reason": "too many"}]


@pytest.mark.parametrize("field", [b"sid=abc", b"%73id=abc", b"s%69%64=abc", b"sid="])
async def test_the_id_of_somebody_elses_session_is_refused(field):
    wire = Wire("connect")
    assert await run_gate(None, wire, scope={"query_string": b"EIO=4&transport=websocket&" + field}) == []
    assert wire.sent[0]["type"] == "websocket.close"


async def test_http_requests_get_a_sentence():
    wire = Wire()
    await run_gate(None, wire, scope={"type": "http"})
    assert wire.sent[0]["status"] == 400
    assert b"WebSocket only" in wire.sent[1]["body"]
