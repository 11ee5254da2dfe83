"""What a snapshot on its way does to the inputs of a running match, and how long it takes.

Two processes play over real WebRTC on 127.0.0.1: 60 datagrams of 30 bytes a second each way, stamped with the time. A
third process stands between their ICE agents: each sees the other at an address of this one, which passes datagrams on
later, or loses them (the sockets and every connection they carry, the signals go by pipes). After some seconds one peer
sends the snapshot in bulk blobs of 12 KiB, at most 256 KiB ahead of what the other has asked for, several times over; each
transfer is timed from its first blob, with the connection that it opens, to its last. Delays are one way, and less the
path's own.

    python benchmarks/bulk.py [--rounds 5] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import struct
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from detour import Detour

from rollback.net.transport import PathChanged
from rollback.net.webrtc import WebRTCTransport
from rollback.netplay.collector import quiet
from rollback.netplay.pacing import Pacer

STAMP = struct.Struct("!d22x")  # 30 bytes
PART = 12 * 1024
WINDOW = 256 * 1024
BASELINE = 5.0  # seconds without a snapshot
NAMES = ("ann", "bob")


class Path(NamedTuple):
    """A path and a snapshot, and what is asked for: seconds of a transfer, milliseconds the inputs' p99 may grow by."""

    name: str
    one_way_ms: float
    loss: float
    kib: int
    seconds: float
    worse_ms: float = 5.0


PATHS = (
    Path("loopback", 0, 0.0, 2048, 2.0),
    Path("50 ms round trip, 1 % loss", 25, 0.01, 512, 5.0),
    Path("100 ms round trip, 1 % loss", 50, 0.01, 512, 5.0),
    Path("100 ms round trip, 2 % loss", 50, 0.02, 512, 8.0),
)


class Member(NamedTuple):
    """Somebody in the room."""

    id: str
    name: str
    seat: int
    connected: bool = True


class Pipe:
    """The lobby, as far as a transport needs it, over the standard streams."""

    members = (Member("ann", "Ann", 0), Member("bob", "Bob", 1))
    on_signal: Callable[[str, dict[str, Any]], None] | None = None
    on_relay: Callable[[str, bytes], None] | None = None

    def __init__(self, name: str) -> None:
        self.me = self.members[NAMES.index(name)]

    async def signal(self, member_id: str, data: dict[str, Any], /) -> None:
        """Pass a signal on."""
        say({"signal": data})

    def relay(self, member_id: str, data: bytes, /) -> bool:
        """Take nothing: here is no relay."""
        return False


def say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


async def play(name: str, kib: int) -> None:
    """Be one peer: exchange inputs until told to stop, and send a snapshot whenever told to."""
    pipe = Pipe(name)
    (peer,) = (member.id for member in pipe.members if member.id != name)
    transport = WebRTCTransport(pipe, [peer], ice_addresses=["127.0.0.1"])
    late: dict[str, list[float]] = {"before": [], "during": []}
    phase, stop = "before", asyncio.Event()
    snapshot = random.Random(1).randbytes(kib * 1024)
    arrived = bytearray()
    sent = asked = refused = 0

    def feed() -> None:
        nonlocal sent
        while sent < len(snapshot) and sent < asked + WINDOW:
            transport.send_blob(peer, bytes((0, 25)) + snapshot[sent : sent + PART])
            sent += PART

    def blob(_: str, data: bytes) -> None:
        nonlocal asked
        if data[1] == 27:
            asked = int.from_bytes(data[2:], "big")
            feed()
            return
        arrived.extend(data[2:])
        transport.send_blob(peer, bytes((0, 27)) + len(arrived).to_bytes(8, "big"))
        if len(arrived) == len(snapshot):
            say({"arrived": time.monotonic(), "whole": arrived == snapshot})
            arrived.clear()

    def datagram(_: str, data: bytes) -> None:
        late[phase].append(time.monotonic() - STAMP.unpack(data)[0])

    def change(news: PathChanged) -> None:
        if news.path != "webrtc":
            print(f"{name}: {news}", file=sys.stderr)

    async def listen() -> None:
        nonlocal phase, sent, asked
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            said = json.loads(line)
            if "signal" in said and pipe.on_signal is not None:
                pipe.on_signal(peer, said["signal"])
            phase = said.get("phase", phase)
            if said.get("send"):
                sent = asked = 0
                say({"sends": time.monotonic()})
                feed()
            if said.get("stop"):
                stop.set()

    transport.on_datagram, transport.on_blob, transport.on_change = datagram, blob, change
    listening = asyncio.create_task(listen())
    await transport.start()
    say({"open": True})
    pacer = Pacer(60)
    pacer.begin()
    with quiet() as collector:
        while not stop.is_set():
            refused += not transport.send(peer, STAMP.pack(time.monotonic()))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            pacer.schedule(now := time.monotonic())
            collector.offer(pacer.spare(now))
            await pacer.wait()
    say({"late": late, "refused": refused, "dropped": dict(transport.dropped), "cpu": time.process_time()})
    await transport.close()
    listening.cancel()


class Peer:
    """A peer's process, and what it says."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.other: Peer | None = None
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._process = process

    def tell(self, **what: Any) -> None:
        """Tell the peer something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def hear(self, what: str) -> Any:
        """Return the next thing it says about `what`."""
        async with asyncio.timeout(120):
            while True:
                said = await self.said.get()
                if what in said:
                    return said

    async def listen(self, detour: Detour) -> None:
        """Take what it says, and pass on its signals."""
        assert self._process.stdout is not None and self.other is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "signal" in said:
                self.other.tell(signal=await detour.rewrite(self.name, said["signal"]))
            else:
                self.said.put_nowait(said)
        self.said.put_nowait({"late": None})
        await self._process.wait()


async def measure(path: Path, rounds: int) -> dict[str, Any]:
    """Let two peers play and send, and return what came of it."""
    detour, peers = Detour(path.one_way_ms / 1000, path.loss, seed=1), []
    for name in NAMES:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, "--peer", name, "--kib", str(path.kib)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        peers.append(Peer(name, process))
    ann, bob = peers
    ann.other, bob.other = bob, ann
    listening = [asyncio.create_task(peer.listen(detour)) for peer in peers]
    for peer in peers:
        await peer.hear("open")
    await asyncio.sleep(1)
    for peer in peers:
        peer.tell(phase="before")
    await asyncio.sleep(BASELINE)
    seconds = []
    for number in range(rounds):
        sender, receiver = (ann, bob) if number % 2 == 0 else (bob, ann)
        for peer in peers:
            peer.tell(phase="during")
        sender.tell(send=True)
        began = (await sender.hear("sends"))["sends"]
        ended = await receiver.hear("arrived")
        if not ended["whole"]:
            raise SystemExit("the snapshot did not arrive as it was")
        for peer in peers:
            peer.tell(phase="before")
        seconds.append(ended["arrived"] - began)
        await asyncio.sleep(2)
    for peer in peers:
        peer.tell(stop=True)
    results = [await peer.hear("late") for peer in peers]
    await asyncio.gather(*listening)
    detour.close()
    late = {}
    for phase in ("before", "during"):
        values = sorted(1000 * value - path.one_way_ms for result in results for value in result["late"][phase])
        late[phase] = {
            "median": values[len(values) // 2],
            "p99": values[len(values) * 99 // 100],
            "max": values[-1],
            "datagrams": len(values),
        }
    return {
        "path": path._asdict(),
        "seconds": seconds,
        "late_ms": late,
        "refused": [result["refused"] for result in results],
        "dropped": [result["dropped"] for result in results],
        "load": os.getloadavg()[0],
        "lost": detour.lost,
        "passed": detour.passed,
    }


def show(result: dict[str, Any]) -> None:
    path = Path(**result["path"])
    worse = result["late_ms"]["during"]["p99"] - result["late_ms"]["before"]["p99"]
    seconds = ", ".join(f"{value:.2f}" for value in result["seconds"])
    slow = "" if max(result["seconds"]) <= path.seconds else "  too slow"
    print(f"{path.name}: {path.kib} KiB in {seconds} s, the first with its connection (asked: {path.seconds:g}){slow}")
    for phase in ("before", "during"):
        figures = result["late_ms"][phase]
        print(
            f"  inputs {phase}: median {figures['median']:6.2f} ms, p99 {figures['p99']:6.2f} ms, max {figures['max']:6.2f} ms"
            f" ({figures['datagrams']} datagrams)"
        )
    print(
        f"  p99 {worse:+.2f} ms (asked: {path.worse_ms:+g} at most){'  TOO MUCH' if worse > path.worse_ms else ''};"
        f" {sum(result['refused'])} inputs held back, {result['lost']} of {result['lost'] + result['passed']} datagrams lost;"
        f" load of the machine {result['load']:.1f} of {os.cpu_count()}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--paths", type=int, nargs="*", default=range(len(PATHS)))
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--peer", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("--kib", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.peer:
        asyncio.run(play(options.peer, options.kib))
        return 0
    results = []
    for number in options.paths:
        results.append(asyncio.run(measure(PATHS[number], options.rounds)))
        if not options.as_json:
            show(results[-1])
    if options.as_json:
        print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
