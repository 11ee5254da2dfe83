"""Starting Python in a worker: progress that tells the truth, and a page that never freezes meanwhile."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.browser.busy import traced
from tests.browser.stage import Stage, Tab

LONGEST = 100  # ms of the processor's time that the page may work at a stretch: a tick that is due every 50 comes within 150

START = """async () => {
    const told = [];
    const gaps = [];
    let last = performance.now();
    const clock = setInterval(() => { const now = performance.now(); gaps.push(now - last); last = now; }, 50);
    const python = new PyodideWorker({ onProgress: (progress) => told.push(progress) });
    const began = performance.now();
    const versions = await python.init({ manifest: "/stand/slow/manifest.json" });
    const took = performance.now() - began;
    clearInterval(clock);
    python.destroy();
    return { versions, told, took, gaps };
}"""


def check_progress(told: list[dict[str, Any]]) -> int:
    """Hold that the numbers are true, and return how many bytes it was."""
    stages = [entry["stage"] for entry in told]
    assert list(dict.fromkeys(stages)) == ["manifest", "download", "python", "engine"]
    downloads = [entry for entry in told if entry["stage"] == "download"]
    assert all(left["loaded"] <= right["loaded"] for left, right in pairwise(downloads))
    assert all(left["timestamp"] <= right["timestamp"] for left, right in pairwise(told))
    totals = {entry["total"] for entry in downloads} - {None}
    assert len(totals) == 1, "the total is right from the first time that it is told"
    assert downloads[-1]["loaded"] == downloads[-1]["total"]
    return downloads[-1]["total"]


@pytest.mark.nightly
def test_the_page_keeps_ticking_while_a_slow_server_brings_python(stage: Stage, tab: Tab) -> None:
    came, longest = traced(stage, tab, START)
    assert came["versions"] == {"pyodide": "314.0.7", "python": "3.14.2"}
    assert came["took"] > 4_500, "the premise: the load is slow"
    assert longest < LONGEST, f"the page worked for {longest:.0f} ms at a stretch"
    # A page that waits works as little as one that is free; it would stand still for as long as the load takes.
    assert len(came["gaps"]) > 10 and max(came["gaps"]) < came["took"] / 2
    assert check_progress(came["told"]) > 13_000_000
    shares = [entry["loaded"] / entry["total"] for entry in came["told"] if entry.get("total")]
    assert len([share for share in shares if 0.1 < share < 0.9]) > 20, "it moves on in small steps"


def test_a_page_that_works_for_long_would_be_found_out(stage: Stage, tab: Tab) -> None:
    work = "let sum = 0; for (let i = 0; i < 3e8; i++) sum = (sum * 31 + i) | 0; return sum;"
    for begin in ("await fetch('/');", "await new Promise((done) => setTimeout(done, 1));"):
        _, longest = traced(stage, tab, f"async () => {{ {begin} {work} }}")
        assert longest > LONGEST


def test_everything_comes_from_the_own_server_and_is_counted_once(python: Tab) -> None:
    paths = [url.split("?")[0].rpartition("/")[2] for url in python.requests]
    for name in ("pyodide.asm.wasm", "python_stdlib.zip", "rollback.zip", "environment_host.py"):
        assert paths.count(name) == 1, f"{name} was asked for {paths.count(name)} times"
    assert "pyodide-lock.json" not in paths
    assert check_progress(python.evaluate("() => told")) > 13_000_000
    assert python.evaluate("() => versions") == {"pyodide": "314.0.7", "python": "3.14.2"}
    assert python.strangers == []


def test_a_breach_of_the_policy_would_be_seen(tab: Tab) -> None:
    assert tab.evaluate("() => outcome(fetch('http://127.0.0.2:9/'))")["error"]["name"] == "TypeError"
    assert tab.until("() => breaches.length && breaches.splice(0)") == ["connect-src"]
    assert tab.violations
    tab.console.clear()
