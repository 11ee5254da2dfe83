"""Where JavaScript comes in: messages reach a match, bytes go beside texts, and what escapes is told to the page."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable
from typing import Any

from rollback.net.page_port import PagePort
from rollback.netplay.in_worker.entry import MOST_TOLD, start
from tests.netplay.peers import until
from tests.netplay.quick_time import QuickLoop

Said = list[tuple[dict[str, Any], bytes | None]]


def worker(do: Callable[[PagePort, Said], Any]) -> Said:
    """Start the worker's Python, let `do` play the page, and return what it was told."""
    said: Said = []

    async def live() -> None:
        port = start(lambda text, data: said.append((json.loads(text), data)), '{"pong": {"full": "rollback.games:Pong"}}')
        await do(port, said)

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        runner.run(live())
    return said


def test_a_match_is_played_from_messages_alone() -> None:
    async def page(port: PagePort, said: Said) -> None:
        port.take(json.dumps({"do": "begin", "mode": "solo", "game": "pong", "frames": 5}))
        await until(lambda: any(message["tell"] == "ended" for message, _ in said))
        port.take('{"do":"leave"}')
        await until(lambda: said[-1][0]["tell"] == "leaveLobby")

    said = worker(page)
    assert [data is not None for message, data in said if message["tell"] == "ended"] == [True]
    assert said[0][0]["tell"] == "begun"


def test_what_was_loaded_is_not_looked_through_again() -> None:
    async def page(port: PagePort, said: Said) -> None:
        assert gc.get_freeze_count() > 10_000

    gc.unfreeze()  # the tests' own are frozen too, and again by the worker
    worker(page)


def test_what_escapes_is_told_and_not_for_ever() -> None:
    async def page(port: PagePort, said: Said) -> None:
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": "a task was destroyed"})
        for _ in range(2 * MOST_TOLD):
            loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(0.1)

    said = [message for message, _ in worker(page)]
    assert len(said) == MOST_TOLD and {message["tell"] for message in said} == {"failed"}
    assert said[0]["message"] == "a task was destroyed" and said[0]["name"] == "Error"
    assert said[1]["name"] == "ZeroDivisionError" and "1 / 0" in said[1]["traceback"]
