"""What stands between the web server and the library that speaks Socket.IO."""

import asyncio

import pytest

from rollback.studio import door as module
from rollback.studio.door import LINK, Door, Link
from rollback.studio.limits import Limits, Rate
from rollback.studio.origins import Origins
from tests.cases import every


def incoming(*texts):
    """Return what the web server hands on: these texts, then nothing for ever."""
    left = list(texts)

    async def receive():
        if not left:
            await asyncio.Event().wait()
        content = left.pop(0)
        return {"type": "websocket.receive", "bytes" if isinstance(content, bytes) else "text": content}

    return receive


async def nothing(message):
    pass


def link(*texts, limits=None, send=nothing):
    return Link(1, incoming(*texts), send, limits or Limits())


async def taken(each):
    """Return the texts that pass, until the page is gone."""
    texts = []
    while (message := await each.receive())["type"] == "websocket.receive":
        texts.append(message["text"])
    return texts


async def test_proper_messages_pass_and_after_an_improper_one_the_page_is_gone():
    each = link("40", '42["stop"]', "3", "nonsense", '42["stop"]')
    assert await taken(each) == ["40", '42["stop"]', "3"]
    assert (await each.receive())["type"] == "websocket.disconnect"


@every("wrong", [b"42", "2probe", "5", '42["' + "x" * 200 + '"]'])
async def test_what_is_no_message_is_never_handed_on(wrong):
    assert await taken(link("40", wrong, limits=Limits(message_bytes=100))) == ["40"]


async def test_a_page_that_sends_too_often_is_gone():
    assert len(await taken(link("40", *["3"] * 50, limits=Limits(messages=Rate(0.001, 10))))) == 10


async def test_a_link_that_is_ended_stops_waiting_at_once():
    each = link("40")
    await each.receive()
    waiting = asyncio.create_task(each.receive())
    await asyncio.sleep(0)
    each.end()
    assert (await waiting)["type"] == "websocket.disconnect"


async def test_a_task_that_is_cancelled_by_somebody_else_stays_so():
    waiting = asyncio.create_task(link().receive())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_page_that_takes_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "SEND_PATIENCE", 0.01)

    async def never(message):
        await asyncio.Event().wait()

    each = link("40", send=never)
    with pytest.raises(OSError, match="the page takes nothing"):
        await each.send({"type": "websocket.send", "text": "42"})
    assert (await each.receive())["type"] == "websocket.disconnect"


class Visit:
    """One connection to a door."""

    def __init__(self, door, origin="http://127.0.0.1:8100", query=b""):
        self.sent, self.door = [], door
        headers = [(b"host", b"127.0.0.1:8100"), (b"origin", origin.encode())]
        self.scope = {"type": "websocket", "scheme": "ws", "headers": headers, "query_string": query}

    async def send(self, message):
        self.sent.append(message)

    async def come(self, *texts):
        await self.door(self.scope, incoming("hello", *texts), self.send)


def door(app, closed=lambda link: None, **limits):
    return Door(app, Origins(), Limits(**limits), closed)


async def test_a_foreign_page_and_a_borrowed_session_never_reach_the_library():
    async def inside(scope, receive, send):
        pytest.fail("it was let in")

    for visit in (Visit(door(inside), "http://evil.example"), Visit(door(inside), query=b"EIO=4&sid=abc")):
        await visit.come()
        assert [message["type"] for message in visit.sent] == ["websocket.close"]


async def test_only_so_many_are_let_in_and_each_that_goes_makes_room():
    gone, let_in, leave = [], asyncio.Event(), asyncio.Event()

    async def inside(scope, receive, send):
        assert isinstance(scope[LINK], Link)
        let_in.set()
        await leave.wait()

    single = door(inside, gone.append, clients=1)
    first = asyncio.create_task(Visit(single).come())
    await let_in.wait()
    second = Visit(single)
    await second.come()
    assert "as many as may be" in second.sent[0]["reason"]
    leave.set()
    await first
    third = Visit(single)
    await third.come()
    assert third.sent == [] and len(gone) == 2


async def test_an_error_inside_ends_the_connection_and_nothing_else(caplog):
    gone = []

    async def inside(scope, receive, send):
        raise ZeroDivisionError

    await Visit(door(inside, gone.append)).come()
    assert len(gone) == 1 and "a connection ended with an error" in caplog.text


async def test_who_does_not_say_its_token_in_time_is_sent_away(monkeypatch):
    monkeypatch.setattr(module, "ENTER_WITHIN", 0.01)
    told = []

    async def inside(scope, receive, send):
        await receive()
        told.append((await receive())["type"])

    patient = Visit(door(inside))
    async with asyncio.timeout(30):
        await patient.door(patient.scope, incoming("40"), patient.send)
    assert told == ["websocket.disconnect"]


async def test_all_connections_end_when_the_door_is_closed():
    let_in = asyncio.Event()

    async def inside(scope, receive, send):
        await receive()
        let_in.set()
        await taken(scope[LINK])

    busy = door(inside)
    coming = asyncio.create_task(busy(Visit(busy).scope, incoming("40"), nothing))
    await let_in.wait()
    busy.close()
    async with asyncio.timeout(30):
        await coming


async def test_a_plain_request_is_told_what_this_is():
    visit = Visit(door(nothing))
    visit.scope["type"] = "http"
    await visit.come()
    assert visit.sent[0]["status"] == 400 and b"WebSocket only" in visit.sent[1]["body"]
