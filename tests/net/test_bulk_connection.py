from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from rollback.net.bulk_connection import IDLE, OPEN_BURST, PATIENCE, REST, BulkConnection
from tests.net.lines import Wires
from tests.net.virtual_time import run

TIMEOUT = 10.0


class Side:
    """One side's connection for bulk; its signals go to the other."""

    def __init__(self, wires, *, offers):
        self.said, self.got, self.changes, self.other = [], [], 0, None
        self.connection = BulkConnection(
            offers=offers, signal=self.signal, make_line=wires.make_bulk, timeout=TIMEOUT, dropped=Counter()
        )
        self.connection.on_message = self.got.append
        self.connection.on_change = self.changed

    def changed(self):
        self.changes += 1

    async def signal(self, data):
        self.said.append(data)
        asyncio.get_running_loop().call_soon(self.other.connection.take, data)

    @property
    def state(self):
        return self.connection.state()


def scene(play):
    async def main():
        wires = Wires()
        ann, bob = Side(wires, offers=True), Side(wires, offers=False)
        ann.other, bob.other = bob, ann
        await play(wires, ann, bob)
        await asyncio.gather(ann.connection.close(), bob.connection.close())
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert all(line.is_closed for line in wires.lines.values())

    run(main())


@pytest.mark.parametrize("who", ["the offering side", "the answering side", "both"])
def test_either_side_may_begin(who):
    async def play(wires, ann, bob):
        assert ann.state == bob.state == "shut" and not wires.lines
        if who != "the answering side":
            ann.connection.want()
            assert ann.state == "opening"
        if who != "the offering side":
            bob.connection.want()
        await asyncio.sleep(0.1)
        assert ann.state == bob.state == "open" and ann.changes and bob.changes
        assert len(wires.bulk_lines) == 2
        assert ann.connection.send(b"ping") and bob.connection.send(b"pong")
        await asyncio.sleep(0.1)
        assert (ann.got, bob.got) == ([b"pong"], [b"ping"])
        assert all("bulk" in data and "webrtc" not in data for data in ann.said + bob.said), "told from those of the inputs"

    scene(play)


def test_it_is_closed_when_it_is_not_used_and_opened_again_when_it_is():
    async def play(wires, ann, bob):
        ann.connection.want()
        await asyncio.sleep(1)
        for _ in range(5):
            await asyncio.sleep(IDLE - 2)
            assert ann.state == "open" and ann.connection.send(b"x")
        await asyncio.sleep(IDLE + 1)
        assert ann.state == bob.state == "shut" and all(line.is_closed for line in wires.bulk_lines)
        bob.connection.want()
        await asyncio.sleep(1)
        assert ann.state == bob.state == "open" and len(wires.bulk_lines) == 4

    scene(play)


def test_one_that_does_not_open_is_waited_for_only_a_while_and_tried_again_later():
    async def play(wires, ann, bob):
        wires.bulk_silent = True
        ann.connection.want()
        await asyncio.sleep(PATIENCE - 0.1)
        assert ann.state == "opening"
        before = ann.changes
        await asyncio.sleep(0.2)
        assert ann.state == "shut" and ann.changes > before
        await asyncio.sleep(TIMEOUT)
        made = len(wires.bulk_lines)
        ann.connection.want()
        await asyncio.sleep(1)
        assert len(wires.bulk_lines) == made, "it failed just now"
        wires.bulk_silent = False
        await asyncio.sleep(REST)
        ann.connection.want()
        await asyncio.sleep(1)
        assert ann.state == bob.state == "open"

    scene(play)


def test_one_that_is_lost_is_told_and_can_be_opened_at_once():
    async def play(wires, ann, bob):
        ann.connection.want()
        await asyncio.sleep(1)
        before = ann.changes
        wires.cut()
        await asyncio.sleep(0.1)
        assert ann.state == bob.state == "shut" and ann.changes > before
        ann.connection.want()
        await asyncio.sleep(1)
        assert ann.state == bob.state == "open"

    scene(play)


def test_a_connection_that_flaps_is_opened_at_a_bounded_rate():
    async def play(wires, ann, bob):
        for _ in range(600):
            ann.connection.want()
            await asyncio.sleep(0.1)
            wires.cut()
        assert 2 * OPEN_BURST <= len(wires.bulk_lines) <= 2 * (OPEN_BURST + 60 / 5 + 1)

    scene(play)


def test_offers_without_end_open_a_bounded_number_of_connections():
    async def play(wires, ann, bob):
        for number in range(600):
            bob.connection.take({"bulk": "offer", "attempt": f"x{number}", "sdp": "no line"})
            await asyncio.sleep(0.1)
        assert 1 <= len(wires.bulk_lines) <= 60 + 8
        assert bob.connection._dropped["too many calls"] > 400

    scene(play)


def test_none_is_opened_while_not_even_the_inputs_have_one():
    async def play(wires, ann, bob):
        ann.connection.may_open = lambda: False
        ann.connection.want()
        await asyncio.sleep(1)
        assert ann.state == "shut" and not wires.lines

    scene(play)


@pytest.mark.parametrize("signal", [{"bulk": "dance"}, {"bulk": "offer", "attempt": "", "sdp": ""}, {"bulk": 3}])
def test_a_signal_that_breaks_the_rules_opens_nothing(signal):
    async def play(wires, ann, bob):
        bob.connection.take(signal)
        assert bob.connection._dropped == {"malformed signal": 1}
        await asyncio.sleep(1)
        assert not wires.lines

    scene(play)


def test_an_answer_out_of_nowhere_opens_nothing():
    async def play(wires, ann, bob):
        ann.connection.take({"bulk": "answer", "attempt": "x", "sdp": "line 0"})
        await asyncio.sleep(1)
        assert not wires.lines

    scene(play)


def test_what_is_closed_opens_nothing_more_whoever_asks():
    async def play(wires, ann, bob):
        await bob.connection.close()
        ann.connection.want()
        bob.connection.want()
        await asyncio.sleep(1)
        assert bob.state == "shut" and not any(line.is_open for line in wires.lines.values())
        assert [data["bulk"] for data in bob.said] == []

    scene(play)
