"""What the browser's side costs: loading, frames, a hidden tab, a rollback, memory. In real Chromium, headless.

The real server and the browser run in a network of their own (see tests/browser/namespace.py), which is made and removed.
Times of a load count from the navigation: cold with an empty profile, warm when the page was there before. Bytes are what
went over the wire. Frames are timed inside the worker: the median of the medians of five seconds each, and the worst 99th
percentile of those. All of it depends on what else the machine does, which the load average tells; least of all the work of
the processors, of the browser and the server together.

    python benchmarks/browser.py [--seconds 30] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' browser and network

from page_code import FRAME, HEAP, HIDDEN, KEPT, MEASURE, MEMORY, ROLLBACK, WATCH

from rollback.agents.training import make_algorithm
from tests.browser.arena import Arena
from tests.browser.devtools import Devtools
from tests.browser.seats import create, follow
from tests.browser.stage import Tab, chromium

SOLO = "/?solo=best&game=pong&bot=best"
LINE = "25,10,0.01"  # ms one way, jitter and loss that the two-page match is given
TRAINED = 30_000  # steps: some seconds; how well it plays makes no difference to what it costs
SETTLE = 6.0  # seconds of a match before its frames count: its start is another figure
WINDOW = 5.0  # seconds that the worker's own figures are about
SOON = 120.0  # seconds for anything that is waited for


def until(ask: Any) -> Any:
    """Ask again and again until the answer is true, and return it."""
    end = time.monotonic() + SOON
    while not (found := ask()):
        if time.monotonic() > end:
            raise SystemExit("the browser took too long: is the machine busy?")
        time.sleep(0.1)
    return found


def wire(arena: Arena) -> int:
    """Return how many bytes went through the loopback of the arena's network."""
    told = subprocess.run(arena.network.command("cat", "/proc/net/dev"), capture_output=True, text=True, check=True).stdout
    return int(next(line for line in told.splitlines() if line.strip().startswith("lo:")).split()[1])


def worked(arena: Arena) -> float:
    """Return the seconds that the processors have worked for the browser and the server."""
    ticks = 0
    for pid in arena.network.members:
        try:
            told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        ticks += int(told[11]) + int(told[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def load(browser: Devtools, page: str, url: str, arena: Arena) -> dict[str, float]:
    """Go to the page and return seconds until Python is ready and until the first picture, and what went over the wire."""
    before, busy = wire(arena), worked(arena)
    browser.call("Page.navigate", page, url=url)
    seen = until(lambda: browser.evaluate(page, "window.seen?.frame || window.seen?.failed ? window.seen : null"))
    if seen["failed"]:
        raise SystemExit(f"the page could not play: {seen['failed']}")
    mib, cpu = (wire(arena) - before) / (1 << 20), worked(arena) - busy
    until(lambda: browser.evaluate(page, KEPT))
    browser.call("Page.navigate", page, url="about:blank")
    time.sleep(1.0)
    return {"ready_s": seen["ready"] / 1000, "frame_s": seen["frame"] / 1000, "gap_ms": seen["gap"], "mib": mib, "cpu_s": cpu}


def loads(arena: Arena, folder: Path, rounds: int) -> dict[str, Any]:
    """Return the figures of cold and warm loads, of a hidden tab, and of memory."""
    told: dict[str, Any] = {"cold": [], "warm": []}
    program = arena.network.program(chromium(), folder / "chromium-devtools")
    for number in range(rounds):
        browser = Devtools(program, folder / f"profile-{number}")
        try:
            page = browser.open("about:blank")
            browser.call("Page.enable", page)
            browser.call("Page.addScriptToEvaluateOnNewDocument", page, source=WATCH)
            for kind in ("cold", "warm"):
                told[kind].append(load(browser, page, arena.url + SOLO, arena))
                print(kind, told[kind][-1], file=sys.stderr)
            if number == rounds - 1:
                told |= settled(browser, page, arena.url)
        finally:
            browser.close()
    for kind in ("cold", "warm"):
        told[kind] = {name: statistics.median(each[name] for each in told[kind]) for name in told[kind][0]}
    return told


def settled(browser: Devtools, page: str, url: str) -> dict[str, Any]:
    """Return the memory of a page that plays, and how fast it plays behind another one."""
    browser.call("Page.navigate", page, url=url + SOLO)
    until(lambda: browser.evaluate(page, f"window.client ? {FRAME} > 60 : false"))
    browser.open("about:blank")
    hidden = browser.evaluate(page, HIDDEN)  # at once: a match between bots does not last for ever
    return {"hidden": hidden, "memory": browser.evaluate(page, MEMORY)}


def frames(tabs: list[Tab], seconds: float) -> dict[str, float]:
    """Return what the workers say of their frames while a match runs."""
    for tab in tabs:
        tab.until(f"() => {FRAME} > 0 || client.facts().failed", SOON)
    time.sleep(SETTLE)
    seen: list[dict[str, Any]] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(min(WINDOW, seconds))
        facts = [
            tab.evaluate("() => { const { stats, ended } = client.facts(); return { ...stats, ended: !!ended }; }")
            for tab in tabs
        ]
        if any(each["ended"] for each in facts):
            break
        seen += facts
    return {
        "p50_ms": statistics.median(each["interval_p50_ms"] for each in seen),
        "p99_ms": max(each["interval_p99_ms"] for each in seen),
        "tick_ms": statistics.median(each["tick_ms"] for each in seen),
        "rollbacks_s": statistics.median(each["rollbacks_per_second"] for each in seen),
        "windows": len(seen),
    }


def agents(arena: Arena, folder: Path, seconds: float) -> dict[str, float]:
    """Return what the workers say of their frames while two trained agents play Tetris in two pages."""
    training = make_algorithm("cross-entropy", "tetris", {"population": 20, "elite": 4}, 1)
    training.advance(TRAINED)
    training.checkpoint().save(folder / "tetris-best.npz")
    arena.serve("--agent", str(folder / "tetris-best.npz"))
    first, link = create(arena, f"name=ann&bot=tetris-best&latency={LINE}", game="tetris")
    told = frames([first, follow(arena, link, f"name=ben&bot=tetris-best&latency={LINE}")], seconds)
    arena.end_pages()
    return told


def measure(seconds: float, rounds: int) -> dict[str, Any]:
    """Run everything and return the figures."""
    with tempfile.TemporaryDirectory() as name:
        arena = Arena(Path(name))
        try:
            arena.serve()
            figures = loads(arena, Path(name), rounds)
            tab = arena.open("/")
            manifest = tab.evaluate("() => fetch('/assets/manifest.json').then((response) => response.json())")
            figures["zip"] = manifest["sizes"]["/assets/rollback.zip"]
            code = MEASURE.replace("CODE", json.dumps(ROLLBACK)).replace("HEAP", json.dumps(HEAP))
            tab.evaluate(f"() => {{ {code}.then((told) => (window.measured = told)); }}")
            figures["rollback"] = tab.until("() => window.measured", SOON)
            arena.end_pages()
            figures["solo"] = frames([arena.open(SOLO)], seconds)
            arena.end_pages()
            first, link = create(arena, f"name=ann&bot=best&latency={LINE}")
            figures["two"] = frames([first, follow(arena, link, f"name=ben&bot=best&latency={LINE}")], seconds)
            arena.end_pages()
            figures["agents"] = agents(arena, Path(name), seconds)
        finally:
            arena.close()
    return figures


def machine() -> str:
    """Return what this ran on, and how busy it was."""
    version = subprocess.run([chromium(), "--version"], capture_output=True, text=True, check=False).stdout.strip()
    busy = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, {version}, load average {busy:.1f}"


def rows(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return each figure in words, and what is asked of it."""
    told = []
    for kind, most in (("cold", "6"), ("warm", "3")):
        each = figures[kind]
        told.append((f"{kind} load to READY", f"{each['ready_s']:.2f} s", ""))
        told.append((f"{kind} load to the first frame", f"{each['frame_s']:.2f} s", f"<= {most} s"))
        told.append((f"{kind} load, work of all processors", f"{each['cpu_s']:.1f} s", ""))
        told.append((f"{kind} load, over the wire", f"{each['mib']:.2f} MiB", ""))
        told.append((f"{kind} load, longest gap of the page", f"{each['gap_ms']:.0f} ms", "<= 150 ms"))
    for kind, name in (
        ("solo", "solo Pong"),
        ("two", f"two pages, line {LINE}"),
        ("agents", "two trained agents of Tetris, the same"),
    ):
        each = figures[kind]
        told.append((f"frame interval, {name}", f"p50 {each['p50_ms']:.2f}, p99 {each['p99_ms']:.2f} ms", "16.7, <= 35 ms"))
        told.append((f"work a frame, {name}", f"{each['tick_ms']:.2f} ms, {each['rollbacks_s']:.1f} rollbacks a second", ""))
    hidden, back, memory = figures["hidden"], figures["rollback"], figures["memory"]
    told.append((f"{hidden['state']} tab", f"{hidden['frames']:.1f} frames, {hidden['ticks']:.1f} page ticks a second", "60"))
    told.append(("rollback of 8 frames of Pong", f"{1000 * back['rollback']:.2f} ms", "<= 4 ms"))
    told.append(("against 8 bare steps", f"{back['rollback'] / back['bare']:.1f} times", ""))
    told.append(("Python's memory", f"{back['heap'] / (1 << 20):.0f} MiB", ""))
    if memory:
        told.append(
            ("page and worker's memory", f"{memory['all'] / (1 << 20):.0f}, {memory['worker'] / (1 << 20):.0f} MiB", "")
        )
    told.append(("the engine's zip", f"{figures['zip'] / 1024:.0f} KiB", ""))
    return told


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each match")
    parser.add_argument("--rounds", type=int, default=3, help="of cold and warm loads")
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    before = machine()
    figures = measure(options.seconds, options.rounds)
    if options.as_json:
        print(json.dumps({"machine": before, "after": machine(), **figures}))
        return 0
    for name, value, wanted in rows(figures):
        print(f"{name:40} {value:36} {wanted}")
    print(f"{before}; {machine().rpartition(', ')[2]} at the end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
