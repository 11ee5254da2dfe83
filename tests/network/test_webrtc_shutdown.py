"""A process that is interrupted in a match leaves quietly: no task destroyed, nothing unclosed, nothing logged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """
import asyncio, logging, sys
from rollback.net.direct_or_relay import make_transport
from tests.net.room import Room

logging.basicConfig(level=logging.INFO)  # aioice tells every candidate at this level

async def main(connected):
    room = Room("ann", "bob")
    ann, bob = (
        make_transport(room[me], [peer], ice_addresses=["127.0.0.1"]) for me, peer in (("ann", "bob"), ("bob", "ann"))
    )
    bob.on_datagram = lambda peer, datagram: print("heard", datagram.decode(), flush=True)
    try:
        if connected:
            await asyncio.gather(ann.start(), bob.start())
            print("ready", flush=True)
        else:
            asyncio.get_running_loop().call_later(0.2, lambda: print("ready", flush=True))
            await ann.start()
        await asyncio.sleep(60)
    finally:
        if connected:
            ann.send("bob", b"bye")
        await asyncio.gather(ann.close("interrupted"), bob.close("interrupted"))

try:
    asyncio.run(main(sys.argv[1] == "connected"))
except KeyboardInterrupt:
    print("left", flush=True)
"""


@pytest.mark.parametrize("when", ["connected", "connecting"])
def test_an_interrupt_says_bye_and_leaves_nothing_behind(when):
    process = subprocess.Popen(
        [sys.executable, "-W", "default", "-c", PROGRAM, when],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert out.splitlines() == (["heard bye", "left"] if when == "connected" else ["left"])
    assert err == ""
    assert process.returncode == 0
