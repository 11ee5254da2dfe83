"""Pages that load slowly keep their place and stay responsive meanwhile, and their progress bars tell the truth."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest

from tests.browser.arena import Arena
from tests.browser.processor import Runs, ran
from tests.browser.seats import create, ending, news, until
from tests.browser.stage import Tab

pytestmark = pytest.mark.timeout(300)  # a busy machine is no failure

SLOW = 6  # seconds for each large file
EVERY = 50  # ms between two ticks
LONGEST_STOP = 150  # ms between two ticks

# Runs in a page before all else: when its ticks came, by a clock that is the same in all pages, and what the bar showed.
TICKING = """
    window.ticks = { short: [], long: [], bar: [] };
    const now = () => performance.timeOrigin + performance.now();
    setInterval(() => {
        ticks.short.push(now());
        const bar = document.querySelector("#progress");
        if (bar?.checkVisibility() && bar.hasAttribute("value")) ticks.bar.push(bar.value / bar.max);
    }, 50);
    setInterval(() => ticks.long.push(now()), 500);
"""


BEGIN = "() => { ticks.short = [performance.timeOrigin + performance.now()]; }"
# The same page is in a room as well, and does nothing else.
IDLING = """async () => {
    const { Lobby } = await import("/web/lobby.js");
    window.lobby = new Lobby();
    await lobby.create({ name: "idle", players: 2, game: "pong" });
}"""


# Work of a known size, to see which process has the page.
WORK = "() => { let sum = 0; for (let turn = 0; turn < 1e8; turn += 1) sum += turn % 7; return sum; }"


def process_of(tab: Tab, processes: list[int]) -> int:
    """Return which process runs what the page does."""
    before = {pid: ran(pid) for pid in processes}
    tab.evaluate(WORK)
    return max(processes, key=lambda pid: ran(pid) - before[pid])


def longest_stop(ticks: list[float], runs: Callable[[float, float], float]) -> float:
    """Return for how many ms a page kept a tick from coming, by what else it did.

    A tick is also late where the machine has no processor for the page: with a dozen other processes on two of them some
    were late by 450 ms, and the page had run for 3 of these. So only what it ran counts, and the pause before the tick.

    Args:
        ticks: When they came, in ms.
        runs: How many seconds the page ran between two moments in seconds.
    """
    return max(min(right - left, EVERY + 1000 * runs(left / 1000, right / 1000)) for left, right in pairwise(ticks))


def test_a_page_is_blamed_for_what_it_does_and_not_for_what_it_waits() -> None:
    ticks = [0.0, 50.0, 400.0, 450.0]
    assert longest_stop(ticks, lambda begin, end: end - begin) == 350
    assert longest_stop(ticks, lambda begin, end: 0.003) == 53


@pytest.mark.nightly
def test_a_page_that_stands_still_is_seen_to(arena: Arena) -> None:
    tab = arena.open("/healthz", before=TICKING)
    (page,) = {process_of(tab, arena.renderers) for _ in range(3)}
    runs = Runs([page])
    tab.evaluate(BEGIN)
    tab.evaluate(WORK.replace("1e8", "5e8"))  # half a second of a processor, and more
    ticks = tab.until("() => ticks.short.length > 60 && ticks.short")
    runs.stop()
    assert longest_stop(ticks, partial(runs.within, page)) > LONGEST_STOP


@pytest.mark.nightly
def test_four_pages_that_load_slowly_at_once_keep_their_connections_and_never_freeze(arena: Arena) -> None:
    arena.serve("--ping", "1", "--slow", str(SLOW), lobby=True)
    witness = arena.open("/healthz")
    witness.evaluate(IDLING)
    tabs = [arena.open(f"/?game=pong&name=p{number}", before=TICKING) for number in range(4)]
    processes = arena.renderers
    runs = Runs(processes)
    for tab in tabs:
        tab.evaluate(BEGIN)  # nobody looked at what was before
        tab.click("Create a room")
    for tab in tabs:
        until(tab, "facts.state.engine === 'ready'")
    runs.stop()
    seen = [(tab, news(tab), tab.evaluate("() => ticks")) for tab in tabs]
    pages = [process_of(tab, processes) for tab in tabs]
    assert len(set(pages)) == 4
    for (tab, told, ticks), page in zip(seen, pages, strict=True):
        assert told["state"]["lobby"] == "connected" and told["lost"] is None
        # A lobby that was silent for a second had an idle page come back too: that was the machine, and no page.
        assert len(tab.sockets) <= len(witness.sockets), "it had to come back"
        assert len(ticks["long"]) >= 10
        stop = longest_stop(ticks["short"], partial(runs.within, page))
        assert stop <= LONGEST_STOP, f"nothing else ran in the page for {stop:.0f} ms"
        bar = ticks["bar"]
        assert all(left <= right for left, right in pairwise(bar)) and bar[-1] <= 1
        assert len({share for share in bar if 0.1 < share < 0.9}) > 20, "it moves on in small steps"


@pytest.mark.nightly
def test_a_slow_page_is_waited_for_by_who_is_ready_and_not_taken_for_gone(arena: Arena) -> None:
    arena.serve("--slow", str(SLOW), lobby=True)
    slow, link = create(arena, "name=ann&bot=best&frames=200")
    with arena.peer("play", link.rpartition("=")[2], "--bot", "best", "--frames", "200", "--json") as native:
        assert news(slow)["state"]["engine"] == "loading", "the premise: it is slow"
        told = ending(slow)
        assert native.code() == 0, native.said
    assert told["checksum"] == native.result()["checksum"] and told["frames"] == 200
