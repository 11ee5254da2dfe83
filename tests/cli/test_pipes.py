"""A child hears and is heard, leaves when it should, and never outlives its parent."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from rollback.cli import pipes
from rollback.cli.pipes import Child
from rollback.errors import NetworkError

MODULE = "tests.cli.echo_child"


async def start(first: Mapping[str, Any] | None = None) -> Child:
    return await Child.start("the child", MODULE, first or {"number": 1})


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_lines_go_both_ways_and_a_print_is_no_line() -> None:
    child = await start()
    assert await child.hear() == {"heard": {"number": 1}}
    child.tell({"text": "ä\n日本", "list": [1, None, 2.5]})
    assert await child.hear() == {"heard": {"text": "ä\n日本", "list": [1, None, 2.5]}}
    assert await child.end() == 0
    assert not is_alive(child.pid)


async def test_a_child_whose_input_ends_leaves_by_itself() -> None:
    child = await start()
    await child.hear()
    code = await child.end()
    assert code == 0
    assert await child.hear() == {"gone": True}
    assert await child.hear() is None


async def test_a_child_that_does_not_leave_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "LEAVE_WITHIN", 0.2)
    child = await start({"stays": True})
    await child.hear()
    assert await child.end() == -signal.SIGKILL
    assert child.how_it_ended() == "it was ended by SIGKILL"


async def test_how_a_child_ended_is_told_with_its_last_words() -> None:
    child = await start()
    await child.hear()
    child.tell({"leave": 7})
    assert await child.hear() is None
    assert await child.end() == 7
    assert child.how_it_ended() == "it left with code 7: why it left"


async def test_telling_a_child_that_is_gone_is_harmless() -> None:
    child = await start()
    child.kill()
    await child.end()
    child.tell({"text": "x" * 100_000})
    child.kill()
    while await child.hear() is not None:
        pass
    assert child.how_it_ended() == "it was ended by SIGKILL"


async def test_a_running_child_is_said_to_run() -> None:
    child = await start()
    assert child.how_it_ended() == "it is still running"
    await child.end()


async def test_half_a_line_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    child = await start()
    await child.hear()
    child._process.stdout.feed_data(b'{"half": ')  # type: ignore[union-attr]
    child._process.stdout.feed_eof()  # type: ignore[union-attr]
    assert await child.hear() is None
    await child.end()


async def test_a_child_that_cannot_be_started_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(NetworkError, match="the child could not be started: No such file"):
        await start()


def test_numbers_of_libraries_travel_as_plain_ones() -> None:
    import numpy

    assert pipes._plain(numpy.float64(1.5)) == 1.5
    assert pipes._plain(numpy.int8(3)) == 3
    assert pipes._plain(object()).startswith("<object")
