import asyncio

import pytest

from rollback.wire.feed import Keyframe, Part, Rows, encode_feed
from signaling.fanout import BYTES, EVERY, PIECE, PIECES, READERS, FanOut
from signaling.feed import Feed
from tests.net.virtual_time import now, run


def keyframe(frame, size):
    out = [encode_feed(Keyframe(frame, size, 0, 0, {}, (1,), {}, {}, {}))]
    return out + [encode_feed(Part(frame, at, bytes(min(12_000, size - at)))) for at in range(0, size, 12_000)]


def rows(first, size=10):
    return encode_feed(Rows(first, 1, bytes(size)))


class Outlet:
    """A reader's connection that takes everything, or only `room` bytes."""

    def __init__(self, key, room=1 << 40):
        self.key, self.room, self.got, self.at = key, room, b"", []

    def can_push(self):
        return len(self.got) < self.room

    def push(self, frames):
        self.got += frames
        self.at.append(now())


class Hall:
    def __init__(self, *outlets):
        self.outlets, self.feed = list(outlets), Feed(1 << 24, bytes)
        self.fan = FanOut(self.feed, lambda: self.outlets)

    def take(self, *messages):
        for message in messages:
            self.feed.take("m1", message, free=lambda: 1 << 26)
        self.fan.tell()


def test_news_go_to_everybody_at_once_and_then_several_times_a_second():
    async def main():
        hall = Hall(*(Outlet(f"c{number}") for number in range(20)))
        running = asyncio.create_task(hall.fan.run())
        hall.take(*keyframe(0, 10))
        await asyncio.sleep(1.0)
        began = now()
        for first in range(60):
            hall.take(rows(first))
            await asyncio.sleep(1 / 60)
        await asyncio.sleep(1.0)
        expected = b"".join(keyframe(0, 10) + [rows(first) for first in range(60)])
        for outlet in hall.outlets:
            assert outlet.got == expected
            assert outlet.at[1] - began < EVERY and 15 <= len(outlet.at[1:]) <= 21
        await running

    run(main())


def test_it_ends_by_itself_without_news_and_can_be_started_again():
    async def main():
        hall = Hall(Outlet("c1"))
        hall.take(*keyframe(0, 10))
        await hall.fan.run()
        assert not hall.fan.is_running and hall.outlets[0].got
        hall.take(rows(0))
        await hall.fan.run()
        assert hall.outlets[0].got.endswith(rows(0))

    run(main())


def test_it_stops_when_it_is_told_to_though_somebody_never_takes_all():
    async def main():
        hall = Hall(Outlet("c1", room=0))
        hall.take(*keyframe(0, 10))
        running = asyncio.create_task(hall.fan.run())
        await asyncio.sleep(60.0)
        assert not running.done()
        hall.fan.end()
        await asyncio.wait_for(running, 1.0)

    run(main())


def test_who_takes_nothing_is_written_nothing_and_goes_on_with_the_newest_keyframe():
    async def main():
        slow, quick = Outlet("slow", room=1), Outlet("quick")
        hall = Hall(slow, quick)
        running = asyncio.create_task(hall.fan.run())
        for first in range(0, 600):
            if first % 60 == 0:
                hall.take(*keyframe(first, 1000))
            hall.take(rows(first))
            await asyncio.sleep(1 / 60)
        assert len(slow.got) <= PIECE and len(slow.at) == 1
        slow.room, slow.got = 1 << 40, b""
        await asyncio.sleep(1.0)
        assert slow.got == b"".join(keyframe(540, 1000) + [rows(first) for first in range(540, 600)])
        assert rows(300) in quick.got and quick.got.endswith(rows(599))
        hall.fan.end()
        await running

    run(main())


@pytest.mark.parametrize(("readers", "size"), [(300, 10), (16, 1 << 20)])
def test_between_two_moments_in_which_others_may_run_only_so_much_is_written(readers, size):
    async def main():
        hall, writes = Hall(), []

        class Counting(Outlet):
            def push(self, frames):
                writes[-1].append(len(frames))

        async def look():
            while True:
                writes.append([])
                await asyncio.sleep(1e-5)

        hall.outlets = [Counting(f"c{number}") for number in range(readers)]
        hall.take(*keyframe(0, size))
        looking = asyncio.create_task(look())
        await asyncio.sleep(0)  # so that it looks before the first is written to
        await hall.fan._round()
        looking.cancel()
        assert sum(map(sum, writes)) >= readers * min(size, PIECE * PIECES)
        assert max(map(sum, writes)) <= BYTES + PIECES * (PIECE + 20_000)
        if size == 10:
            assert max(map(len, writes)) <= 2 * READERS

    run(main())


def test_who_asks_anew_is_given_all_of_it_once_more_and_nobody_else_is():
    async def main():
        hall = Hall(Outlet("c1"), Outlet("c2"))
        running = asyncio.create_task(hall.fan.run())
        hall.take(*keyframe(0, 10), rows(0))
        await asyncio.sleep(1.0)
        everything = b"".join([*keyframe(0, 10), rows(0)])
        assert [outlet.got for outlet in hall.outlets] == [everything] * 2
        hall.fan.restart("c1")
        hall.fan.tell()
        await asyncio.sleep(1.0)
        assert [outlet.got for outlet in hall.outlets] == [2 * everything, everything]
        await running

    run(main())
