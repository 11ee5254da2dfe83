import asyncio

import pytest
from engineio.packet import MESSAGE, PING, Packet

from signaling.outbox import Outbox
from tests.net.virtual_time import run


def packets(*contents):
    return [Packet(MESSAGE, data=content) for content in contents]


def handed(outbox):
    """Return what the library's writer gets at one time, as `AsyncSocket.poll` takes it."""

    async def poll():
        taken = [await outbox.get()]
        while True:
            try:
                taken.append(outbox.get_nowait())
            except asyncio.QueueEmpty:
                return [each if each is None else each.data for each in taken]

    return poll()


def test_the_writer_gets_one_event_at_a_time_and_an_attachment_with_its_announcement():
    async def main():
        outbox = Outbox()
        for packet in packets('2["a"]', '51-["b"]', b"bytes", '61-7["c"]', b"more", '2["d"]'):
            await outbox.put(packet)
        outbox.put_nowait(None)
        got = [await handed(outbox) for _ in range(5)]
        assert got == [['2["a"]'], ['51-["b"]', b"bytes"], ['61-7["c"]', b"more"], ['2["d"]'], [None]]
        assert outbox.empty() and outbox.bytes == 0

    run(main())


def test_what_waits_is_counted_until_it_is_handed_over():
    async def main():
        outbox = Outbox()
        for packet in (*packets("12345", b"123"), Packet(PING)):
            outbox.put_nowait(packet)
        assert (outbox.qsize(), outbox.bytes) == (3, 8)
        await handed(outbox)
        assert (outbox.qsize(), outbox.bytes) == (2, 3)

    run(main())


def test_a_writer_that_waits_is_woken_and_one_that_gives_up_takes_nothing():
    async def main():
        outbox = Outbox()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(outbox.get(), 1.0)
        waiting = asyncio.create_task(handed(outbox))
        await asyncio.sleep(1.0)
        outbox.put_nowait(packets("x")[0])
        assert await waiting == ["x"] and outbox.bytes == 0
        outbox.task_done()
        await asyncio.wait_for(outbox.join(), 1.0)

    run(main())
