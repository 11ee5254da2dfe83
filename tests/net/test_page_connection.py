from __future__ import annotations

import asyncio

import pytest

from rollback.errors import NetworkError
from rollback.net.bulk_line import BulkLine
from rollback.net.ice import IceOptions
from rollback.net.line import Line
from rollback.net.page_connection import ANSWER_WITHIN, PageConnection
from tests.net.pages import ADDRESS, Page, Web
from tests.net.virtual_time import now, run


class Two:
    """Two lines of two pages, and what they hear."""

    def __init__(self, kind=Line):
        self.web = Web()
        self.pages = Page(self.web, "ann"), Page(self.web, "bob")
        self.lines = tuple(kind(IceOptions(), None, self.maker(page)) for page in self.pages)
        self.log = [], []
        for line, log in zip(self.lines, self.log, strict=True):
            line.on_datagram = line.on_bulk = line.on_blob = log.append
            line.on_lost = lambda reason, log=log: log.append(("lost", reason))
            line.on_goodbye = lambda reason, log=log: log.append(("goodbye", reason))

    @staticmethod
    def maker(page):
        return lambda options: PageConnection(page.port, options)

    async def open(self):
        ann, bob = self.lines
        await ann.accept(await bob.answer(await ann.offer()))
        await asyncio.sleep(1)
        assert not ann.is_open, "without an address"
        bob.add_candidate(ADDRESS, "0")
        await asyncio.sleep(1)
        assert ann.is_open and bob.is_open
        return ann, bob

    async def close(self):
        await asyncio.gather(*(line.close() for line in self.lines))
        assert asyncio.all_tasks() == {asyncio.current_task()}


def two(play, kind=Line):
    async def main():
        pair = Two(kind)
        try:
            await play(pair)
        finally:
            await pair.close()

    run(main())


def test_two_pages_carry_datagrams_and_blobs_and_a_goodbye():
    async def play(pair):
        ann, bob = await pair.open()
        assert ann.send(b"ping") and bob.send(b"") and ann.send_blob(bytes(100_000))
        await asyncio.sleep(1)
        assert pair.log == ([b""], [b"ping", bytes(100_000)])
        begin = now()
        await ann.close("enough")
        assert 0 < now() - begin < 0.2, "the goodbye was acknowledged, and nobody waited for longer"
        await asyncio.sleep(1)
        assert pair.log[1][2:] == [("goodbye", "enough"), ("lost", "the other side closed the connection")]
        assert not pair.pages[0].connections

    two(play)


def test_a_connection_for_bulk_knows_when_there_is_room_again():
    async def play(pair):
        ann, _ = await pair.open()
        channel = pair.pages[0].connections["peer1"].channels[0]
        assert channel.bufferedAmountLowThreshold > 0
        room = []
        ann.on_room = lambda: room.append(1)
        channel.bufferedAmount = 1 << 20
        assert not ann.send_bulk(b"\x06x")
        channel.bufferedAmount = 0
        channel.happen("bufferedamountlow")
        assert room == [1] and ann.send_bulk(b"\x06x")

    two(play, BulkLine)


def test_it_is_opened_on_the_page_with_all_its_channels_and_not_before_it_is_described():
    async def main():
        page = Page(Web(), "ann")
        options = IceOptions.checked([{"urls": "turn:x", "username": "u", "credential": "c"}])
        connection = PageConnection(page.port, options)
        connection.channel("inputs", 0, ordered=False, max_retransmits=0)
        connection.channel("control", 1, ordered=True)
        connection.add_candidate(ADDRESS, "0")
        assert page.told == []
        await connection.describe("offer")
        first = page.told[0]
        assert (first["tell"], first["what"], first["peer"]) == ("peer", "open", "peer1")
        assert first["ice_servers"] == [{"urls": ["turn:x"], "username": "u", "credential": "c"}]
        assert first["channels"] == [
            {"label": "inputs", "id": 0, "ordered": False, "max_retransmits": 0},
            {"label": "control", "id": 1, "ordered": True, "max_retransmits": None},
        ]
        await connection.close()
        await connection.close()
        assert [message["what"] for message in page.told] == ["open", "describe", "close"]

    run(main())


def test_one_that_was_never_opened_is_closed_without_a_word():
    async def main():
        page = Page(Web(), "ann")
        connection = PageConnection(page.port, IceOptions())
        await connection.close()
        assert page.told == []
        with pytest.raises(NetworkError, match="this connection is closed"):
            await connection.describe("offer")

    run(main())


def test_what_the_browser_cannot_do_is_a_network_error_with_its_words():
    async def play(pair):
        ann, bob = pair.lines
        with pytest.raises(NetworkError, match="Failed to parse SessionDescription"):
            await ann.answer("v=0\r\ns=nobody\r\nm=application 9\r\n")
        pair.web.broken = "this browser has no WebRTC"
        with pytest.raises(NetworkError, match="this browser has no WebRTC"):
            await bob.offer()

    two(play)


def test_a_description_with_pictures_is_refused_before_the_page_sees_it():
    async def play(pair):
        with pytest.raises(NetworkError, match="it holds more than a data channel"):
            await pair.lines[0].answer("v=0\r\nm=application 9\r\nm=video 9\r\n")
        assert pair.pages[0].told == []

    two(play)


@pytest.mark.parametrize("what", ["offer", "accept"])
def test_a_page_that_does_not_answer_is_waited_for_so_long_and_no_longer(what):
    async def play(pair):
        ann, bob = pair.lines
        offer = await bob.offer() if what == "accept" else ""
        pair.pages[0].is_silent = True
        begin = now()
        with pytest.raises(NetworkError, match="the page did not answer"):
            await (ann.offer() if what == "offer" else ann.accept(offer))
        assert now() - begin == pytest.approx(ANSWER_WITHIN)

    two(play)


def test_a_page_whose_answer_is_none_is_a_network_error():
    async def main():
        page = Page(Web(), "ann")
        page.is_silent = True
        connection = PageConnection(page.port, IceOptions())
        asking = asyncio.create_task(connection.describe("offer"))
        await asyncio.sleep(0)
        page.say("peer", peer="peer1", what="described", ask=page.told[-1]["ask"], sdp=5)
        with pytest.raises(NetworkError, match="could not describe this side"):
            await asking
        await connection.close()

    run(main())


@pytest.mark.parametrize(("state", "reason"), [("failed", "ICE failed"), ("closed", "was closed"), ("disconnected", "")])
def test_only_a_state_that_is_final_loses_the_connection(state, reason):
    async def play(pair):
        await pair.open()
        pair.pages[0].say("peer", peer="peer1", what="state", state=state)
        await asyncio.sleep(0.1)
        lost = [what for what in pair.log[0] if what[0] == "lost"]
        assert (reason in lost[0][1] and not pair.lines[0].is_open) if reason else (not lost and pair.lines[0].is_open)

    two(play)


def test_own_addresses_are_told_as_the_page_finds_them_and_not_after_the_end():
    async def play(pair):
        ann, found = pair.lines[0], []
        ann.on_candidate = lambda candidate, mid: found.append((candidate, mid))
        await ann.offer()
        await asyncio.sleep(0.1)
        assert found == [(ADDRESS, "0"), (ADDRESS.replace("50000", "50001"), "0")]
        pair.pages[0].say("peer", peer="peer1", what="candidate", candidate=5, mid="0")
        await ann.close()
        pair.pages[0].say("peer", peer="peer1", what="candidate", candidate=ADDRESS, mid="0")
        await asyncio.sleep(0.1)
        assert len(found) == 2

    two(play)


def test_a_channel_that_nobody_asked_for_is_closed():
    async def play(pair):
        await pair.open()
        stranger = pair.pages[0].connections["peer1"].channels[0].__class__(pair.web)
        pair.pages[0].port.take_channel("peer1", 7, stranger)
        assert stranger.closed and pair.lines[0].is_open

    two(play)
