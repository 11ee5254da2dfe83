"""How long somebody takes into a running match of a game with a large state, and what the others notice of it.

A lobby, two players and somebody who comes and goes, each a process of its own, play over real WebRTC on 127.0.0.1 at 60 Hz;
where the path is not loopback itself this process stands between their ICE agents, and passes their datagrams on later, or
loses them. Somebody leaves; the others go on for some seconds, and then a new process takes the empty seat: it is timed from
when it calls `play` (Python and aiortc are loaded by then) to when it has simulated the frame from which its inputs count,
and also from its first word to the others. Each datagram of the two players carries the time at which its newest action
was asked for, and so tells how late that action is known on the other side; what is lost is told by the next one, and
does not count. In the end all stop at the same frame and their states are compared.

    python benchmarks/join.py [--rounds 5] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from detour import Detour
from join_part import NAMES, Part, say
from land import GAMES, PLAYERS

from signaling.serve import running

BASELINE = 5.0  # seconds in which nobody comes
SETTLE = 2.0  # seconds before them, for what a change of the roster brings with it
SOON = 120.0  # seconds for anything that is waited for
LAST = 240  # frames from when the end is named to the end


class Path(NamedTuple):
    """A path, a game, and what is asked for: seconds until somebody plays, milliseconds the inputs' p99 may grow by."""

    name: str
    game: str
    one_way_ms: float
    loss: float
    seconds: float
    worse_ms: float = 5.0


PATHS = (
    Path("2 MiB of bytes, loopback", "Land", 0, 0.0, 3.0),
    Path("2 MiB of dicts, loopback", "Regions", 0, 0.0, 3.0),
    Path("512 KiB, 50 ms round trip, 1 % loss", "Small", 25, 0.01, 5.0),
)


async def serve() -> None:
    """Be the lobby."""
    async with running() as server:
        say({"url": server.url, "room": server.open_room(players=PLAYERS)})
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


class Child:
    """A process, and what it says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.events: list[str] = []
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def run(cls, *arguments: str, name: str, detour: Detour | None = None) -> Child:
        """Start it."""
        child = cls(name)
        child._process = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 26,
        )
        child._listening = asyncio.create_task(child._listen(detour))
        return child

    def tell(self, **what: Any) -> None:
        """Tell it something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def hear(self, what: str) -> dict[str, Any]:
        """Return the next thing it says about `what`."""
        async with asyncio.timeout(SOON):
            while True:
                said = await self._said.get()
                if what in said:
                    return said
                if "gone" in said:
                    raise SystemExit(f"{self.name} ended without a word about {what!r}; before: {self.events}")

    async def hear_of(self, event: str) -> dict[str, Any]:
        """Return the next event of this name."""
        while True:
            said = await self.hear("event")
            if said["event"] == event:
                return said

    async def close(self) -> None:
        """End it."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        if self._listening is not None:
            await self._listening

    async def _listen(self, detour: Detour | None) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "detour" in said:
                assert detour is not None
                self.tell(detour=said["detour"], signal=await detour.rewrite(self.name, said["signal"]))
                continue
            if "event" in said:
                self.events.append(said["text"])
            self._said.put_nowait(said)
        self._said.put_nowait({"gone": True})


async def measure(path: Path, rounds: int, baseline: float = BASELINE) -> dict[str, Any]:
    """Let two play, and a third come and go; return what came of it."""
    detour = Detour(path.one_way_ms / 1000, path.loss, seed=1) if path.one_way_ms or path.loss else None
    children: list[Child] = []

    async def start(name: str) -> Child:
        arguments = ["--part", name, "--game", path.game, "--one-way", str(path.one_way_ms / 1000)]
        child = await Child.run(*arguments, *(["--detour"] if detour else []), name=name, detour=detour)
        children.append(child)
        await child.hear("ready")
        return child

    try:
        lobby = await Child.run("--serve", name="lobby")
        children.append(lobby)
        place = await lobby.hear("url")
        ann, bob, cay = await asyncio.gather(*map(start, NAMES))
        resume = ""
        for child in (ann, bob, cay):
            child.tell(url=place["url"], room=place["room"])
            resume = (await child.hear("resume"))["resume"]
        await asyncio.gather(*(child.hear("runs") for child in (ann, bob, cay)))
        joins, joined_at = [], []
        for _ in range(rounds):
            cay.tell(stop=True)
            await cay.hear("checksum")
            for child in (ann, bob):
                await child.hear_of("Cut")
            cay = await start("cay")  # beside the match: loading Python is no part of what is measured
            await asyncio.sleep(SETTLE + baseline)
            cay.tell(url=place["url"], room=place["room"], resume=resume)
            resume = (await cay.hear("resume"))["resume"]
            plays, first = (await cay.hear("plays"))["plays"], await cay.hear("first")
            joins.append((plays, first["spoke"], first["first"]))
            joined_at.append(first["frame"])
            for child in (ann, bob):
                await child.hear_of("PeerJoined")
            await asyncio.sleep(SETTLE)
        last = 0
        for child in (ann, bob, cay):
            child.tell(end=0)
            last = max(last, (await child.hear("frame_now"))["frame_now"] + LAST)
        for child in (ann, bob, cay):
            child.tell(end=last)
        results = [await child.hear("checksum") for child in (ann, bob, cay)]
    finally:
        for child in children:
            await child.close()
        if detour is not None:
            detour.close()
    return {
        "path": path._asdict(),
        "seconds": [first - plays for plays, _, first in joins],
        "from_hello": [first - spoke for _, spoke, first in joins],
        "joined_at": joined_at,
        "reasons": [result["reasons"] for result in results[:2]],
        "phases": {
            "before": noticed(results[:2], [(plays - baseline, plays) for plays, _, _ in joins], path),
            "during": noticed(results[:2], [(plays, first) for plays, _, first in joins], path),
        },
        "ended": [(result["ended"], result["last"], result["checksum"]) for result in results],
        "asked_end": last,
        "events": [child.events for child in (ann, bob)],
        "load": os.getloadavg()[0],
        "lost": detour.lost if detour else 0,
        "passed": detour.passed if detour else 0,
    }


def noticed(results: Sequence[dict[str, Any]], spans: Sequence[tuple[float, float]], path: Path) -> dict[str, float]:
    """Return what the two players noticed in some spans of time."""
    seconds = sum(stop - start for start, stop in spans)

    def within(moment: float) -> bool:
        return any(start <= moment < stop for start, stop in spans)

    late = sorted(
        1000 * value - path.one_way_ms
        for result in results
        for sender, at, value in result["late"]
        if sender in NAMES[:2] and within(at)
    )
    stops = [
        1000 * (later - earlier)
        for result in results
        for earlier, later in zip(result["frames"], result["frames"][1:], strict=False)
        if within(later)
    ]
    stalls = sum(within(at) for result in results for at in result["stalls"])
    return {
        "median": late[len(late) // 2],
        "p99": late[len(late) * 99 // 100],
        "max": late[-1],
        "inputs": len(late),
        "stalls": stalls,
        "stalls_per_second": stalls / seconds,
        "frames": len(stops),
        "longest_stop": max(stops),
        "frames_per_second": len(stops) / seconds / 2,
    }


def show(result: dict[str, Any]) -> None:
    path = Path(**result["path"])
    before, during = (result["phases"][phase] for phase in ("before", "during"))
    worse = during["p99"] - before["p99"]
    for what, asked in (("seconds", f" (asked: {path.seconds:g})"), ("from_hello", " from the first word on")):
        seconds = ", ".join(f"{value:.2f}" for value in result[what])
        slow = "  TOO SLOW" if what == "seconds" and max(result[what]) > path.seconds else ""
        print(f"{path.name + ':' if what == 'seconds' else '   '} plays after {seconds} s{asked}{slow}")
    for phase, figures in result["phases"].items():
        print(
            f"    {phase}: inputs' median {figures['median']:5.1f} ms, p99 {figures['p99']:5.1f} ms, max {figures['max']:5.1f}"
            f" ms of {figures['inputs']}; {figures['stalls_per_second']:.2f} stalls a second, longest stop"
            f" {figures['longest_stop']:.0f} ms, {figures['frames_per_second']:.1f} frames a second"
        )
    same = len({(last, value) for _, last, value in result["ended"]}) == 1
    print(
        f"    p99 {worse:+.1f} ms (asked: {path.worse_ms:+g} at most){'  TOO MUCH' if worse > path.worse_ms else ''};"
        f" {'all ended in the same state' if same else 'THE STATES DIFFER'};"
        f" {result['lost']} of {result['lost'] + result['passed']} datagrams lost;"
        f" load of the machine {result['load']:.1f} of {os.cpu_count()}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--paths", type=int, nargs="*", default=range(len(PATHS)))
    parser.add_argument("--baseline", type=float, default=BASELINE)
    parser.add_argument("--json", action="store_true", dest="as_json")
    for hidden in ("--serve", "--detour"):
        parser.add_argument(hidden, action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--part", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("--game", choices=sorted(GAMES), help=argparse.SUPPRESS)
    parser.add_argument("--one-way", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        asyncio.run(serve())
        return 0
    if options.part:
        asyncio.run(_take_part(options))
        return 0
    results = []
    if not options.as_json:
        print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    for number in options.paths:
        results.append(asyncio.run(measure(PATHS[number], options.rounds, options.baseline)))
        if not options.as_json:
            show(results[-1])
    if options.as_json:
        print(json.dumps(results))
    return 0


async def _take_part(options: argparse.Namespace) -> None:
    await Part(options.part, options.game, detour=options.detour, one_way=options.one_way).run()


if __name__ == "__main__":
    sys.exit(main())
