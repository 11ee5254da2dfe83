"""Starting again from the memory of an earlier start: the same engine, another random number, and never a start that fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import anywhere
from tests.browser.stage import Stage, Tab
from tests.browser.test_engine_there import CALL, CODE

# Without a snapshot each start hashes texts in its own way: the same hash tells that it is the same memory.
PROBE = """
import asyncio, random, secrets, sys
from rollback.games import Pong
ran = []

class Probe:
    def reset(self, seed=None): return 0, {}
    def step(self, action):
        if action == "wait":
            async def wait():
                await asyncio.sleep(0.02)
                ran.append(asyncio.get_running_loop().time())
            asyncio.ensure_future(wait())
        told = {"memory": hash("a text"), "drawn": random.random(), "secret": secrets.token_hex(8), "path": sys.path}
        return {**told, "ran": len(ran)}, 0.0, False, False, {}

env = Probe()
"""
START = """async ([code, options]) => {
    window.python = new PyodideWorker();
    await python.init(options);
    await python.initEnv(code);
    return (await python.step("wait")).observation;
}"""
KEPT = "async () => (await (await caches.open('python')).keys()).map(({ url }) => new URL(url).pathname)"


@pytest.fixture(scope="module")
def page(stage: Stage) -> Iterator[Tab]:
    """A page of a browser that keeps a snapshot, since somebody played here before."""
    tab = stage.open()
    tab.until("() => 'PyodideWorker' in window")
    tab.evaluate("() => caches.delete('python')")
    started(tab)
    yield tab
    tab.evaluate("() => caches.delete('python')")
    assert tab.violations == [] and tab.strangers == [] and tab.errors == []
    tab.close()


def started(tab: Tab, **options: Any) -> dict[str, Any]:
    """Start a worker, wait until it keeps what it will keep, and end it; return what it said of itself."""
    told: dict[str, Any] = tab.evaluate(START, [PROBE, options])
    if options.get("snapshot", True):
        tab.until(f"async () => (await ({KEPT})()).length === 1")
    tab.evaluate("() => python.destroy()")
    return told


@pytest.mark.nightly
def test_the_second_start_has_the_memory_of_the_first_and_draws_anew(page: Tab) -> None:
    first, second = started(page), started(page)
    assert first["memory"] == second["memory"], "it was put back"
    assert first["drawn"] != second["drawn"] and first["secret"] != second["secret"]
    assert len(set(second["path"])) == len(second["path"]) and second["path"][0] == "/engine"


@pytest.mark.nightly
def test_who_wants_no_snapshot_gets_none(page: Tab) -> None:
    before = page.evaluate(KEPT)
    assert started(page, snapshot=False)["memory"] != started(page)["memory"]
    assert page.evaluate(KEPT) == before and len(before) == 1


@pytest.mark.nightly
def test_a_server_with_packages_in_machine_code_gets_none(page: Tab) -> None:
    before = page.evaluate(KEPT)
    assert started(page, manifest="/stand/compiled/manifest.json")["memory"] != started(page)["memory"]
    assert page.evaluate(KEPT) == before


@pytest.mark.nightly
def test_a_session_from_a_snapshot_is_the_same_engine(page: Tab) -> None:
    assert page.evaluate(START, [PROBE, {}])["ran"] == 0
    page.until("async () => (await python.step(0)).observation.ran === 1")
    page.evaluate("(code) => python.initEnv(code)", CODE)
    assert page.evaluate(CALL, ["virtual_match", "pong", 7, 200]) == anywhere.virtual_match("pong", 7, 200)
    failed = [name for name, why in page.evaluate(CALL, ["modules"]).items() if why and "numpy" not in why]
    assert not [name for name in failed if not name.startswith(("rollback.envs.", "rollback.testing.plugin"))]
    page.evaluate("() => python.destroy()")


@pytest.mark.parametrize(
    "spoilt",
    [
        "bytes.slice(0, bytes.length / 2)",
        pytest.param("new Uint8Array([...bytes.slice(0, 1000), ...new Uint8Array(40 << 20)])", marks=pytest.mark.nightly),
    ],
)
@pytest.mark.nightly
def test_a_snapshot_that_is_broken_is_replaced(page: Tab, spoilt: str) -> None:
    good = started(page)["memory"]
    page.evaluate(
        f"""async () => {{
            const cache = await caches.open("python");
            const [request] = await cache.keys();
            const bytes = new Uint8Array(await (await cache.match(request)).arrayBuffer());
            await cache.put(request, new Response({spoilt}));
        }}"""
    )
    told = started(page)
    assert told["memory"] != good, "it began anew"
    assert started(page)["memory"] == told["memory"], "and kept the new one"


@pytest.mark.nightly
def test_another_engine_takes_the_place_of_the_one_before_and_packages_come_to_it(page: Tab) -> None:
    before = page.evaluate(KEPT)
    manifest = {"manifest": "/stand/packages/manifest.json"}
    first = page.evaluate(START, [PROBE, manifest])
    page.until(f"async () => {{ const kept = await ({KEPT})(); return kept.length === 1 && kept[0] !== '{before[0]}'; }}")
    page.evaluate("() => python.destroy()")
    assert page.evaluate(START, [PROBE, manifest])["memory"] == first["memory"]
    assert sorted(page.evaluate("() => python.installPackages(['needy'])")) == ["needy", "tiny"]
    code = "import needy\nclass Env:\n  def reset(self): return needy.answer, {}\n  def step(self, action): ...\nenv = Env()"
    page.evaluate("(code) => python.initEnv(code)", code)
    assert page.evaluate("async () => (await python.reset()).observation") == 42
    page.evaluate("() => python.destroy()")
