"""Signals cancel the work in good order, and become the exit code that shells know."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from rollback.cli.interrupts import run_until_interrupted


def test_the_code_of_the_work_is_returned() -> None:
    async def work() -> int:
        return 3

    assert run_until_interrupted(work()) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_and_the_work_may_tidy_up(number: signal.Signals) -> None:
    tidied = []

    async def work() -> int:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            tidied.append(True)
        return 0

    assert run_until_interrupted(work()) == 128 + number
    assert tidied == [True]


def test_work_that_ends_all_the_same_keeps_its_code() -> None:
    async def work() -> int:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return 4
        return 0

    assert run_until_interrupted(work()) == 4


def test_what_the_work_raises_is_raised() -> None:
    async def work() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_until_interrupted(work())


def test_a_cancellation_of_its_own_is_not_taken_for_a_signal() -> None:
    async def work() -> int:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_until_interrupted(work())


def test_the_handlers_are_those_of_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)

    async def work() -> int:
        return 0

    run_until_interrupted(work())
    assert signal.getsignal(signal.SIGTERM) is before
