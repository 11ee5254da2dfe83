"""The spectators of `benchmarks/fanout.py`: many in one process, some of which read very slowly. Starts no server."""

from __future__ import annotations

import asyncio
import gc
import json
import struct
import sys
import time

import aiohttp

from rollback.wire.feed import Rows, decode_feed

MARK = b"\xfatime\xfb"
STAMP = struct.Struct("!d")


class Spectator:
    """A bare client, for 150 of them to cost less than what is measured."""

    def __init__(self, is_slow: bool) -> None:
        self.is_slow = is_slow
        self.delays: list[float] = []
        self.keyframes = self.rows = self.gaps = self.bytes = 0
        self.expected = -1
        self.is_open = False

    async def run(self, session: aiohttp.ClientSession, url: str, room: str) -> None:
        """Watch until cancelled."""
        async with session.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket", max_msg_size=0) as ws:
            await ws.send_str("40")
            wish = json.dumps(["join", {"room": room, "name": "eve", "spectate": True, "watch": True}])
            await ws.send_str(f"421{wish}")
            self.is_open = True
            async for message in ws:
                if message.type is aiohttp.WSMsgType.TEXT:
                    if message.data == "2":
                        await ws.send_str("3")
                elif message.type is aiohttp.WSMsgType.BINARY:
                    self._take(message.data)
                    if self.is_slow:
                        await asyncio.sleep(0.25)
            self.is_open = False

    def _take(self, data: bytes) -> None:
        self.bytes += len(data)
        at = data.find(MARK)
        if at >= 0 and not self.is_slow:
            self.delays.append(time.monotonic() - STAMP.unpack_from(data, at + len(MARK))[0])
        if data[1] == 24:
            self.keyframes += 1
            self.expected = -1
        elif data[1] == 26:
            said = decode_feed(data)
            assert isinstance(said, Rows)
            self.rows += 1
            self.gaps += self.expected not in (-1, said.first)
            self.expected = said.first + said.count


async def watch(url: str, room: str, count: int, slow: int) -> None:
    """Be many spectators. Reads commands, answers with figures."""
    spectators = [Spectator(number < slow) for number in range(count)]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        tasks = []
        for spectator in spectators:
            tasks.append(asyncio.create_task(spectator.run(session, url, room)))
            await asyncio.sleep(0.01)
        while not all(spectator.is_open or task.done() for spectator, task in zip(spectators, tasks, strict=True)):
            await asyncio.sleep(0.05)
        print("here", flush=True)
        gc.collect()
        gc.freeze()
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            if line == "begin\n":
                for spectator in spectators:
                    spectator.delays.clear()
            quick = [spectator for spectator in spectators if not spectator.is_slow]
            told = {
                "delays": [delay for spectator in quick for delay in spectator.delays] if line == "end\n" else [],
                "open": sum(spectator.is_open for spectator in spectators),
                "gaps": sum(spectator.gaps for spectator in spectators),
                "least_rows": min((spectator.rows for spectator in quick), default=0),
                "least_keyframes": min(spectator.keyframes for spectator in spectators),
                "slow": [[each.keyframes, each.rows, each.is_open] for each in spectators if each.is_slow],
            }
            print(json.dumps(told), flush=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
