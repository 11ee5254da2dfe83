"""The studio's page on a real studio: a training is started, watched, saved, loaded, lost and found again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollback.agents.checkpoints import Checkpoint
from tests.browser.stage import Stage, Tab
from tests.browser.studio_stage import FACTS, StudioThread

STATE = "() => window.studio.facts().run?.state === '{}'"


@pytest.fixture
def studio(stage: Stage, tmp_path: Path) -> Iterator[StudioThread]:
    """A studio without a run, and its pages, which must neither leave their origin nor break the policy."""
    studio = StudioThread(stage, tmp_path / "runs")
    yield studio
    pages = [(tab.violations, tab.strangers, tab.errors) for tab in studio.tabs]
    studio.close()
    assert pages == [([], [], [])] * len(pages)


def begin(studio: StudioThread, **fields: str) -> Tab:
    """Open the page and start a training with these values in its form."""
    tab = studio.page()
    for label, value in fields.items():
        tab._stage.run(tab._page.get_by_label(label.replace("_", " "), exact=True).fill(value))
    tab.click("Start training")
    tab.until(STATE.format("running"))
    return tab


def facts(tab: Tab) -> dict[str, Any]:
    return dict(tab.evaluate(FACTS))


def text(tab: Tab, selector: str) -> str:
    return str(tab.evaluate("(selector) => document.querySelector(selector).innerText", selector)).strip()


def news(tab: Tab, wanted: str) -> None:
    """Wait for a notice."""
    tab.until(f"() => [...document.querySelectorAll('.news')].some((each) => each.innerText.includes('{wanted}'))")


def save(tab: Tab, name: str) -> None:
    tab._stage.run(tab._page.get_by_label("Name of the checkpoint").fill(name))
    tab.click("Save as")
    news(tab, f"Saved as {name}")


def exported(tab: Tab, name: str) -> Checkpoint:
    """Press Export, and return what the browser was given to keep."""

    async def press() -> Path:
        async with tab._page.expect_download() as coming:
            await tab._page.get_by_role("button", name=f"Export {name}").click()
        return Path(await (await coming.value).path())

    found = Checkpoint.load(tab._stage.run(press()).read_bytes())
    news(tab, f"Exported {name}")
    return found


def test_a_training_is_watched_saved_begun_anew_and_taken_up_again(studio: StudioThread) -> None:
    tab = begin(studio)
    tab.until("() => window.studio.facts().updates > 5 && window.studio.facts().curve.last > 50")
    assert tab.evaluate("() => [...document.querySelectorAll('#settings :is(input, select)')].every((each) => each.disabled)")
    save(tab, "before")
    assert exported(tab, "before").environment.endswith("layout=halls")
    tab.click("Pause")
    tab.until(STATE.format("paused"))
    tab.click("Reset")
    tab.until("() => window.studio.facts().run.episode === 0 && window.studio.facts().curve.last === 0")
    tab.click("Load before", exact=True)
    news(tab, "Loaded before")
    saved = tab.evaluate("() => document.querySelector('.checkpoint .hint').innerText")
    at = tab.until("() => window.studio.facts().curve.last > 0 && window.studio.facts().curve.last")
    assert f"episode {at:,}" in tab.evaluate("() => document.getElementById('checkpoints').innerText"), saved
    tab.click("Go on training")
    tab.until(f"() => window.studio.facts().curve.last > {at} + 20")  # the curve goes on where it was
    tab.click("Stop")
    tab.until(STATE.format("stopped"))
    tab.until("() => document.getElementById('checkpoints').innerText.includes('← from before')")
    tab.until("() => document.querySelectorAll('#charts .uplot').length >= 3")


def test_a_killed_training_is_shown_as_crashed_and_goes_on_from_its_last_checkpoint(studio: StudioThread) -> None:
    tab = begin(studio)
    tab.until("() => window.studio.facts().curve.last > 20 && document.querySelectorAll('.checkpoint').length > 0")
    studio.kill_training(facts(tab)["chosen"])
    tab.until(STATE.format("crashed"))
    news(tab, "crashed: ")
    assert "SIGKILL" in text(tab, "#reason")
    tab.click("Go on training")
    tab.until(STATE.format("running"))
    before = facts(tab)["updates"]
    tab.until(f"() => window.studio.facts().updates > {before} + 3 && window.studio.facts().curve.last > 20")


FOREIGN = """async (url) => {
    const got = [];
    for (const [path, init] of [
        ["/api/status", {}],
        ["/api/training/start", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }],
        ["/api/training/start", { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" }],
        ["/api/training/start", { method: "POST", mode: "no-cors" }],
    ]) {
        const answer = await fetch(url + path, init).catch(() => null);
        got.push(answer === null || answer.type === "opaque" ? null : await answer.text());
    }
    for (const address of ["/socket.io/?EIO=4&transport=websocket"]) {
        const socket = new WebSocket(url.replace("http", "ws") + address);
        got.push(await new Promise((resolve) => {
            socket.onmessage = ({ data }) => resolve(data);
            socket.onclose = socket.onerror = () => resolve(null);
        }));
    }
    const frame = document.createElement("iframe");
    frame.src = url;
    const loaded = new Promise((resolve) => (frame.onload = resolve));
    document.body.append(frame);
    await loaded;
    let seen = null;
    try { seen = frame.contentDocument?.body?.innerText || null; } catch { /* of another origin, as it should */ }
    return [...got, seen];
}"""


def test_a_page_of_another_origin_gets_nothing_and_starts_nothing(studio: StudioThread, stage: Stage) -> None:
    own = studio.page()
    other = studio.foreign_page()
    assert other.evaluate(FOREIGN, studio.url) == [None] * 6
    assert facts(own)["run"] is None and own.evaluate("async () => (await (await fetch('/api/status')).json()).runs") == []


# The sizes and times of the promise, and what waits for a clock.


@pytest.mark.nightly
def test_a_page_finds_the_studio_again_after_it_was_started_anew(studio: StudioThread) -> None:
    tab = begin(studio)
    tab.until("() => window.studio.facts().curve.last > 20")
    studio.stop()
    tab.until("() => document.body.dataset.connection === 'waiting'")
    assert "trying again" in text(tab, "#connection-told")
    studio.start()
    tab.until("() => window.studio.facts().snapshots === 2")  # by itself
    tab.until(STATE.format("stopped"))
    kept = tab.until("() => window.studio.facts().curve.last")
    tab.click("Go on training")
    tab.until(f"() => window.studio.facts().curve.last > {kept}")
    tab.click("Stop")
    tab.until(STATE.format("stopped"))


@pytest.mark.nightly
def test_gridworld_is_learned_within_thirty_seconds_of_start(studio: StudioThread) -> None:
    tab = studio.page()
    began = time.monotonic()
    tab.click("Start training")
    tab.until(STATE.format("running"))
    success = 0.0
    while success < 95 and time.monotonic() - began < 60:
        tab.click("Evaluate")
        tab.until("() => [...document.querySelectorAll('.news')].some((each) => each.innerText.includes('success'))")
        told = tab.evaluate("() => [...document.querySelectorAll('.news')].at(-1).innerText")
        success = float(told.partition("success ")[2].partition(" %")[0])
        tab.evaluate("() => document.getElementById('news').replaceChildren()")
    took = time.monotonic() - began
    print(f"success {success} % after {took:.1f} s")
    assert success >= 95 and took < 30
    assert tab.evaluate("() => document.querySelectorAll('#numbers-body tr').length") > 3  # and it is seen


@pytest.mark.nightly
def test_ten_pictures_a_second_arrive_and_stop_takes_less_than_one_while_training_saturates_the_cores(
    studio: StudioThread,
) -> None:
    tab = begin(studio)
    tab.click("New training")
    tab._stage.run(tab._page.get_by_label("Seed", exact=True).fill("2"))
    tab.click("Start training")  # one process for each core of a small machine
    tab.until("() => window.studio.facts().run?.seed === 2 && window.studio.facts().run.state === 'running'")
    tab.until("() => window.studio.facts().updates > 20")
    before, began = facts(tab), time.monotonic()
    tab.until(f"() => window.studio.facts().updates > {before['updates']} + 100")
    after, seconds = facts(tab), time.monotonic() - began
    pictures = (after["updates"] - before["updates"]) / seconds
    painted = (after["drawn"]["pictures"] - before["drawn"]["pictures"]) / seconds
    began = time.monotonic()
    tab.click("Stop")
    tab.until(STATE.format("stopped"))
    stopped = time.monotonic() - began
    print(f"{pictures:.1f} pictures a second, {painted:.1f} painted, stopped after {stopped:.2f} s")
    assert pictures >= 10 and painted >= 10 and stopped < 1


@pytest.mark.nightly
def test_a_page_that_stood_still_goes_on_with_the_newest(studio: StudioThread) -> None:
    tab = begin(studio)
    tab.until("() => window.studio.facts().curve.last > 100")
    before = facts(tab)
    tab.evaluate("() => { const until = Date.now() + 25000; while (Date.now() < until); }")
    tab.until(f"() => window.studio.facts().curve.last > {before['curve']['last']} + 1000")
    tab.until("() => document.body.dataset.connection === 'connected'")
    after = facts(tab)
    assert after["curve"]["last"] <= tab.until("() => window.studio.facts().run.episode")
    assert after["curve"]["size"] <= 1500
