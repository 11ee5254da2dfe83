"""Measures the lobby's fan-out: how late spectators see the match, what the server keeps, what players notice.

A real server process on 127.0.0.1; one process of two players, who relay 60 datagrams a second to each other, and one of
whom uploads the feed; two processes of spectators, some of which read very slowly. Run it with

    python benchmarks/fanout.py --spectators 300 --seconds 20

Prints milliseconds from upload to receipt, the server's memory over time, and the players' datagrams with and without
spectators. `--json` is for programs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import subprocess
import sys
import time
from pathlib import Path

from spectators import MARK, STAMP, watch

from rollback.net.lobby import Lobby
from rollback.wire.feed import MAX_PART, Keyframe, Part, Rows, encode_feed
from signaling.limits import Limits, Rate
from signaling.serve import running

UPLOADS = 10  # a second, of six rows each
KEYFRAME_EVERY = 3.0  # seconds
SOON = 60.0


async def serve() -> None:
    """Run the lobby, as `rollback serve` does, for many clients from one address."""
    plenty = Rate(1e6, 1e6)
    limits = Limits(connections_per_address=2000, joins=plenty)
    async with running(limits=limits) as server:
        gc.collect()
        gc.freeze()
        print(server.url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def play(url: str, size: int, rows_bytes: int) -> None:
    """Be two players; the first one uploads while anybody watches. Reads commands, answers with figures."""
    async with await Lobby.enter(url, name="ann", players=2) as ann, await Lobby.enter(url, ann.room, "bob") as bob:
        await ann.lock()
        delays: list[float] = []
        bob.on_relay = lambda sender, data: delays.append(time.monotonic() - STAMP.unpack(data[:8])[0])
        ann.on_relay = lambda sender, data: delays.append(time.monotonic() - STAMP.unpack(data[:8])[0])
        print(json.dumps({"room": ann.room, "token": ann.invite}), flush=True)
        uploaded = [0]
        tasks = [
            asyncio.create_task(_relay(ann, bob.me.id)),
            asyncio.create_task(_relay(bob, ann.me.id)),
            asyncio.create_task(_upload(ann, size, rows_bytes, uploaded)),
        ]
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            if line == "begin\n":
                delays.clear()
            print(json.dumps({"delays": delays, "watching": ann.watching, "uploaded": uploaded[0]}), flush=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _relay(lobby: Lobby, to: str) -> None:
    async for _ in _ticks(60):
        lobby.relay(to, STAMP.pack(time.monotonic()) + bytes(52))


async def _upload(lobby: Lobby, size: int, rows_bytes: int, uploaded: list[int]) -> None:
    frame, due, waiting = 0, 0.0, []
    async for _ in _ticks(UPLOADS):
        if lobby.watching and time.monotonic() >= due and not waiting:
            due = time.monotonic() + KEYFRAME_EVERY
            waiting = [encode_feed(Keyframe(frame, size, 0, 0, {}, (1, 1), {}, {}, {}))]
            for offset in range(0, size, MAX_PART):
                waiting.append(encode_feed(Part(frame, offset, bytes(min(MAX_PART, size - offset)))))
        filler = bytes(max(0, rows_bytes - len(MARK) - STAMP.size))
        rows = Rows(frame, 6, MARK + STAMP.pack(time.monotonic()) + filler)
        if due and lobby.feed(encode_feed(rows)):
            frame += 6
            uploaded[0] += 1
        while waiting and lobby.feed(waiting[0]):
            del waiting[0]


async def _ticks(per_second: float):
    loop = asyncio.get_running_loop()
    at = loop.time()
    while True:
        yield at
        at += 1 / per_second
        await asyncio.sleep(max(0.0, at - loop.time()))


class Role:
    """A process with one of the parts."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def hear(self) -> str:
        """Return the next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a process of the benchmark ended with {self.process.wait()}")
        return line.strip()

    def ask(self, word: str) -> dict:
        """Say a word and return the figures."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return json.loads(self.hear())

    def end(self) -> None:
        """End the process."""
        assert self.process.stdin is not None and self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def memory(self) -> float:
        """Return the resident memory in MiB; 0 where the system does not tell."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) / 1024
        return 0.0


def quantiles(delays: list[float]) -> dict[str, float]:
    """Return milliseconds: the median, the 99th of a hundred and the largest."""
    ordered = sorted(delays) or [float("nan")]
    at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) for name, share in at.items()}


def measure(spectators: int, slow: int, seconds: float, size: int, rows_bytes: int) -> dict:
    """Run everything and return the figures."""
    roles: list[Role] = []

    def start(*words: str) -> Role:
        roles.append(Role(*words))
        return roles[-1]

    try:
        server = start("--role", "serve")
        url = server.hear()
        players = start("--role", "play", "--url", url, "--size", str(size), "--rows", str(rows_bytes))
        room = json.loads(players.hear())["room"]
        time.sleep(1.0)
        players.ask("begin")
        time.sleep(seconds / 2)
        alone = players.ask("end")["delays"]
        halves = [spectators - spectators // 2, spectators // 2]
        audience = [
            start("--role", "watch", "--url", url, "--room", room, "--spectators", str(half), "--slow", str(share))
            for half, share in zip(halves, [slow, 0], strict=True)
            if half
        ]
        for each in audience:
            each.hear()
        until = time.monotonic() + SOON
        while any(each.ask("look")["least_keyframes"] == 0 for each in audience) and time.monotonic() < until:
            time.sleep(0.2)
        players.ask("begin")
        for each in audience:
            each.ask("begin")
        memory = [server.memory()]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(min(1.0, seconds / 4))
            memory.append(server.memory())
        watched = players.ask("end")
        seen = [each.ask("end") for each in audience]
    finally:
        for role in reversed(roles):
            role.end()
    delays = [delay for each in seen for delay in each["delays"]]
    return {
        "spectators": spectators,
        "slow": [each for half in seen for each in half["slow"]],
        "open": sum(each["open"] for each in seen),
        "watching": watched["watching"],
        "gaps": sum(each["gaps"] for each in seen),
        "uploaded": watched["uploaded"],
        "received": len(delays),
        "least_rows": min(each["least_rows"] for each in seen),
        "fan_out_ms": quantiles(delays),
        "server_mib": [round(each, 1) for each in memory],
        "players_alone_ms": quantiles(alone),
        "players_watched_ms": quantiles(watched["delays"]),
        "datagrams": [len(alone), len(watched["delays"])],
    }


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spectators", type=int, default=300)
    parser.add_argument("--slow", type=int, default=10, help="how many of them read very slowly")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--size", type=int, default=64 * 1024, help="bytes of the state")
    parser.add_argument("--rows", type=int, default=256, help="bytes of rows in an upload")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--role", choices=["serve", "play", "watch"], help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--room", help=argparse.SUPPRESS)
    given = parser.parse_args()
    match given.role:
        case "serve":
            asyncio.run(serve())
        case "play":
            asyncio.run(play(given.url, given.size, given.rows))
        case "watch":
            asyncio.run(watch(given.url, given.room, given.spectators, given.slow))
        case _:
            figures = measure(given.spectators, given.slow, given.seconds, given.size, given.rows)
            if given.json:
                print(json.dumps(figures))
            else:
                for name, value in figures.items():
                    print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
