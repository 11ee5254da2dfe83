from __future__ import annotations

import asyncio

import pytest

from rollback.netplay.stopping import unless
from tests.netplay.quick_time import now, run


async def wait(seconds, log=None):
    try:
        await asyncio.sleep(seconds)
    finally:
        if log is not None:
            log.append(now())


def test_work_that_ends_was_done():
    async def main():
        return await unless(asyncio.Event(), wait(1.0))

    assert run(main()) is True


def test_a_stop_cancels_the_work_and_waits_for_its_end():
    async def main():
        stop, log = asyncio.Event(), []
        asyncio.get_running_loop().call_later(2.0, stop.set)
        before = now()
        assert await unless(stop, wait(50.0, log)) is False
        assert log == [pytest.approx(before + 2.0, abs=0.01)]

    run(main())


def test_a_stop_of_before_counts():
    async def main():
        stop = asyncio.Event()
        stop.set()
        return await unless(stop, wait(1.0))

    assert run(main()) is False


def test_what_the_work_raises_comes_out():
    async def fail():
        await asyncio.sleep(0.1)
        raise KeyError("lost")

    async def main():
        with pytest.raises(KeyError, match="lost"):
            await unless(asyncio.Event(), fail())

    run(main())


def test_a_cancellation_takes_the_work_along():
    async def main():
        log = []
        task = asyncio.create_task(unless(asyncio.Event(), wait(50.0, log)))
        await asyncio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(log) == 1

    run(main())
