from __future__ import annotations

import asyncio
import sys
import types

import pytest

from rollback.net.page_channel import PageChannel
from rollback.net.page_values import bytes_from_page, bytes_to_page, callback_for_page
from tests.net.pages import Channel, Uint8Array, Web
from tests.net.virtual_time import run


def joined(web=None):
    """Return a channel of the page that is open, and what its other end hears."""
    web = web or Web()
    one, other, heard = Channel(web), Channel(web), []
    one.other, other.other = other, one
    other.listen(lambda event, data=None: heard.append((event, data.to_bytes() if data else None)))
    one.readyState = other.readyState = "open"
    return one, heard


def listened(channel):
    log = []
    for event in ("open", "message", "close", "bufferedamountlow"):
        channel.on(event, lambda *what, event=event: log.append((event, *what)))
    return log


def test_before_the_pages_channel_is_there_it_is_connecting_and_sends_nothing():
    channel = PageChannel()
    channel.send(b"lost")
    assert (channel.readyState, channel.bufferedAmount) == ("connecting", 0)


def test_what_was_set_before_holds_for_the_pages_channel_and_what_is_set_later_too():
    channel, (theirs, _) = PageChannel(), joined()
    channel.bufferedAmountLowThreshold = 5
    channel.attach(theirs)
    assert theirs.bufferedAmountLowThreshold == channel.bufferedAmountLowThreshold == 5
    channel.bufferedAmountLowThreshold = 7
    theirs.bufferedAmount = 99
    assert theirs.bufferedAmountLowThreshold == 7 and channel.bufferedAmount == 99


def test_datagrams_go_out_and_come_in_as_bytes():
    async def main():
        channel, (theirs, heard) = PageChannel(), joined()
        log = listened(channel)
        channel.attach(theirs)
        channel.send(b"out")
        channel.send(b"")
        theirs.happen("message", Uint8Array(b"in"))
        theirs.happen("message", "a text")
        theirs.happen("bufferedamountlow")
        await asyncio.sleep(1)
        assert log == [("open",), ("message", b"in"), ("message", "a text"), ("bufferedamountlow",)]
        assert [data for event, data in heard] == [b"out", b""]

    run(main())


@pytest.mark.parametrize("early", [[("open", None)], [("open", None), ("message", Uint8Array(b"1"))], []])
def test_what_came_before_python_listened_comes_first_and_in_order(early):
    channel, (theirs, _) = PageChannel(), joined()
    theirs.held = early
    log = listened(channel)
    channel.attach(theirs)
    theirs.happen("message", Uint8Array(b"2"))
    assert log == [("open",), *([("message", b"1")] if len(early) == 2 else []), ("message", b"2")]


def test_it_is_open_when_the_page_says_so_and_once():
    channel, theirs = PageChannel(), Channel(Web())
    log = listened(channel)
    channel.attach(theirs)
    assert log == [] and channel.readyState == "connecting"
    theirs.happen("open")
    theirs.callback("open")
    assert log == [("open",)] and channel.readyState == "open"


def test_its_end_is_told_once_and_nothing_is_sent_after_it():
    async def main():
        channel, (theirs, heard) = PageChannel(), joined()
        log = listened(channel)
        channel.attach(theirs)
        theirs.callback("close")
        theirs.callback("close")
        channel.send(b"too late")
        await asyncio.sleep(1)
        assert log == [("open",), ("close",)] and channel.readyState == "closed" and heard == []

    run(main())


def test_what_javascript_throws_at_a_send_is_only_a_lost_message():
    channel, (theirs, _) = PageChannel(), joined()
    channel.attach(theirs)
    theirs.fault = RuntimeError("InvalidStateError")
    channel.send(b"x")
    assert channel.readyState == "open", "its close is told by itself"


def test_once_closed_it_hears_nothing_and_takes_no_channel():
    channel, (theirs, _) = PageChannel(), joined()
    log = listened(channel)
    channel.attach(theirs)
    channel.close()
    channel.close()
    assert theirs.closed and log == [("open",)]
    late, (second, _) = PageChannel(), joined()
    late.close()
    late.attach(second)
    assert second.closed and late.bufferedAmount == 0


def test_a_second_channel_for_the_same_number_is_closed():
    channel, (first, _), (second, _) = PageChannel(), joined(), joined()
    channel.attach(first)
    channel.attach(second)
    assert second.closed and not first.closed


@pytest.mark.parametrize("given", [b"ab", bytearray(b"ab"), memoryview(b"ab"), Uint8Array(b"ab")])
def test_bytes_of_any_kind_are_bytes(given):
    assert bytes_from_page(given) == b"ab" and type(bytes_from_page(given)) is bytes


@pytest.mark.parametrize("given", [None, 5, True, 1.5, [1], {}])
def test_what_is_no_bytes_is_nothing(given):
    assert bytes_from_page(given) is None


def test_in_a_browser_values_cross_as_pyodide_wants_them(monkeypatch):
    let_go = []

    class Proxy:
        def __init__(self, callback):
            self.callback = callback

        def destroy(self):
            let_go.append(self.callback)

    ffi = types.ModuleType("pyodide.ffi")
    ffi.to_js, ffi.create_proxy = (lambda data: ("Uint8Array", data)), Proxy
    monkeypatch.setitem(sys.modules, "pyodide", types.ModuleType("pyodide"))
    monkeypatch.setitem(sys.modules, "pyodide.ffi", ffi)
    assert bytes_to_page(b"x") == b"x" and callback_for_page(print)[0] is print
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert bytes_to_page(b"x") == ("Uint8Array", b"x")
    channel, theirs = PageChannel(), Channel(Web())
    channel.attach(theirs)
    assert isinstance(theirs.callback, Proxy), "a bare function would be gone after the call"
    assert let_go == []
    channel.close()
    assert len(let_go) == 1
