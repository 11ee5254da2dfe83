"""What a studio costs where many runs lie in its folder, and what a long log costs.

    python benchmarks/many_runs.py [--runs 1000] [--turns 6] [--json] [--quick]

The runs each have a checkpoint and 300 episodes in their logs. Measured are the start of the studio, a look at the folder
(one is taken every second), the first message to a page and what the studio keeps in memory after a page has looked at 300
of the runs; and for the log the processor time of writing it anew, per episode, and its size, after each of so many turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import socketio

from rollback.agents.checkpoints import Runs
from rollback.agents.training import EpisodePoint, make_algorithm
from rollback.studio.history import PointLog
from rollback.studio.limits import Limits, Rate
from rollback.studio.points import lines_of
from rollback.studio.server import StudioApp
from rollback.studio.serving import running
from rollback.studio.thinning import TURN
from rollback.testing.bench import machine

ENVIRONMENT = "gridworld?layout=rooms"
EPISODES = 300
LOOKED_AT = 300


def points(first: int, last: int) -> bytes:
    """Return lines of a log."""
    return lines_of(EpisodePoint(number, 7 * number, number % 97 / 7, 7, 0.05) for number in range(first, last + 1))


def filled(folder: Path, count: int) -> Runs:
    """Return a folder with so many runs."""
    runs = Runs(folder)
    trained = make_algorithm("q-learning", ENVIRONMENT, {}, 1)
    trained.advance(5000)
    checkpoint, log = trained.checkpoint(), points(1, EPISODES)
    for number in range(count):
        facts = {"algorithm": "q-learning", "environment": ENVIRONMENT, "parameters": {}, "seed": number, "episodes": 0}
        run = runs.create({**facts, "started": float(number)}, f"run-{number}")
        run.keep(checkpoint)
        run.writing().close()
        (run.path / "log.jsonl").write_bytes(log)
    return runs


def memory() -> float:
    """Return what this process holds, in MiB; 0 where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def served(runs: Runs, count: int) -> dict[str, float]:
    """Start a studio, look at it as a page does, and return what that cost."""
    told: dict[str, Any] = {}
    has_come = asyncio.Event()
    before, begun = memory(), time.perf_counter()
    app = StudioApp(runs, limits=Limits(commands=Rate(10_000, 10_000)))
    async with running(app) as studio:
        start = time.perf_counter() - begun
        looks = []
        for _ in range(10):
            begun = time.process_time()
            await app.supervisor.look()
            looks.append(time.process_time() - begun)
        page = socketio.AsyncClient()

        @page.on("snapshot")
        def take(snapshot: dict[str, Any]) -> None:
            told.update(snapshot)
            has_come.set()

        await page.connect(studio.url, transports=["websocket"])
        await has_come.wait()
        for number in range(min(count, LOOKED_AT)):
            await page.call("watch", {"run": f"run-{number}"})
            await page.call("preview", {"run": f"run-{number}"})
        grown = memory() - before
        await page.disconnect()
    figures = {"start_ms": 1000 * start, "look_ms": 1000 * statistics.median(looks)}
    return {**figures, "snapshot_kb": len(json.dumps(told)) / 1000, "listed": float(len(told["runs"])), "memory_mib": grown}


def thinned(folder: Path, turns: int) -> dict[str, float]:
    """Let a log grow, and return what it cost to keep it small."""
    run = Runs(folder).create({}, "long")
    log = PointLog(run)
    seconds, most = 0.0, 0
    for turn in range(turns):
        for first in range(turn * TURN + 1, (turn + 1) * TURN, TURN // 16):
            log.add(points(first, first + TURN // 16 - 1))
        most = max(most, (run.path / "log.jsonl").stat().st_size)
        begun = time.process_time()
        log.thin((turn + 1) * TURN)
        seconds += time.process_time() - begun
    log.close()
    kept = (run.path / "log.jsonl").read_bytes()
    figures = {"episodes": float(turns * TURN), "lines": float(kept.count(b"\n")), "log_mb": len(kept) / 1e6}
    return {**figures, "log_most_mb": most / 1e6, "thinning_us": 1e6 * seconds / (turns * TURN)}


def main() -> None:
    """Measure, and print lines or JSON."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=1000)
    options.add_argument("--turns", type=int, default=6)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="few runs and a short log: whether it works, no figures")
    given = options.parse_args()
    count, turns = (20, 1) if given.quick else (given.runs, given.turns)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(served(filled(Path(folder) / "runs", count), count))
        found |= thinned(Path(folder) / "other", turns)
    if given.json:
        figures = {name: round(value, 3) for name, value in found.items()}
        print(json.dumps({"runs": count, **figures, "machine": machine(), "load": round(os.getloadavg()[0], 1)}))
        return
    print(f"{count} runs; {', '.join(machine().values())}, load {os.getloadavg()[0]:.1f}")
    for name, value in found.items():
        print(f"  {name:<14} {value:14,.2f}")


if __name__ == "__main__":
    main()
