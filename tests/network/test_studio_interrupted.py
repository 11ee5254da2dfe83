"""The studio as a program that is ended while its runs are just beginning: in good order, and nobody is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
import socketio

from rollback.agents.checkpoints import Runs
from tests.network.program import PATIENCE, Program

# In a session of its own, as a terminal starts it: Ctrl-C there reaches the trainings too, and who is left is found by it.
WORDS = [sys.executable, "-c", "import os; os.setsid(); from rollback.cli import main; main()"]


def left_of(session: int) -> list[int]:
    """Return the processes of a session that still run."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, own, *_ = place.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(own) == session and state != "Z":
            found.append(int(place.parent.name))
    return found


async def start(url: str, seeds: range) -> list[str]:
    """Start runs, and return as soon as they are begun to be started."""
    async with socketio.AsyncSimpleClient() as page:
        await page.connect(url, transports=["websocket"])
        asked = [
            page.client.call("start", {"env": "gridworld?layout=rooms", "seed": seed}, timeout=round(PATIENCE))
            for seed in seeds
        ]
        return [answer["state"] for answer in await asyncio.gather(*asked)]


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.nightly)])
def test_a_studio_that_is_ended_while_its_runs_begin_says_nothing_odd_and_leaves_nobody(number: signal.Signals, tmp_path: Path):
    with contextlib.closing(Program("studio", "--port", "0", "--json", "--runs", str(tmp_path), words=WORDS)) as studio:
        studio.wait_for(r"\{.*\}\n", where="out")
        session = studio.process.pid
        states = asyncio.run(start(json.loads(studio.out)["url"], range(3)))
        assert states == ["starting"] * 3, "the premise: none of them trains yet"
        os.killpg(session, number)
        assert studio.code() == 128 + number
        assert [line for line in studio.said.splitlines() if not line.startswith("To play against agents")] == []
        until = time.monotonic() + PATIENCE
        while left := left_of(session):
            assert time.monotonic() < until, left
            time.sleep(0.02)
    runs = [listed.folder for listed in Runs(tmp_path).listed()]
    assert len(runs) == 3 and not any(run.is_taken() for run in runs)
    for run in runs:
        assert run.facts()["environment"] == "gridworld?layout=rooms"
