"""The example page: every step of a worker's life, by one button."""

from __future__ import annotations

import pytest

from tests.browser.real_server import RealServer
from tests.browser.stage import Stage, Tab
from tests.browser.stand import ROOT

PAGE = "/examples/browser/worker-check.html"
LOG = "() => Array.from(document.querySelectorAll('#log li'), (line) => line.textContent)"


def run_once(tab: Tab) -> list[str]:
    before = len(tab.evaluate(LOG))
    tab.click("Run")
    return tab.until(
        f"() => {{ const lines = ({LOG})().slice({before}); return /^(done|failed)/.test(lines.at(-1)) && lines; }}"
    )


@pytest.mark.nightly
def test_the_example_runs_from_the_button_to_a_clean_end(stage: Stage) -> None:
    tab = stage.open(PAGE)
    lines = run_once(tab)
    names = [line.partition(":")[0] for line in lines]
    expected = ["early step rejected", "init", "installPackages", "initEnv", "reset", "step", "batch"]
    assert names == [*expected, "wrong step rejected", "destroy rejected", "done"], lines
    assert "NotReadyError" in lines[0]
    assert lines[4:7] == ["reset: count 3", "step: count 7", "batch: count 9"]
    assert "ValueError: cannot count backwards by -1" in lines[7] and "DestroyedError" in lines[8]
    ticks, share = tab.evaluate("() => [Number(document.querySelector('#ticks').textContent), progress.value]")
    assert ticks > 10 and share == 1
    assert tab.violations == [] and tab.strangers == [] and tab.errors == []
    tab.close()


@pytest.mark.nightly
def test_the_example_installs_numpy_where_the_server_has_it(stage: Stage) -> None:
    tab = stage.open(f"{PAGE}?manifest=/stand/numpy/manifest.json")
    lines = run_once(tab)
    assert lines[2] == "installPackages: numpy" and lines[-1] == "done"
    tab.close()


def test_the_example_runs_at_a_real_server_and_says_how_numpy_would_come(lobby_server: RealServer) -> None:
    tab = lobby_server.open(PAGE)
    lines = run_once(tab)
    offered = tab.evaluate("async () => (await (await fetch('/assets/manifest.json')).json()).packages")
    if "numpy" in offered:  # somebody has fetched it on this machine
        assert lines[2] == "installPackages: numpy"
    else:
        assert lines[2].startswith("installPackages: not here. this server offers no package numpy (offered: ")
        assert lines[2].endswith("): run `rollback fetch-assets --packages numpy` where it runs")
    assert lines[3:5] == ["initEnv: Counter", "reset: count 3"] and lines[-1] == "done"


def test_the_example_says_what_lacks(stage: Stage) -> None:
    tab = stage.open(f"{PAGE}?manifest=/stand/missing/manifest.json")
    last = run_once(tab)[-1]
    assert last.startswith("failed: ") and "rollback fetch-assets" in last
    tab.close()


def test_the_example_has_nothing_inline() -> None:
    text = (ROOT / "examples" / "browser" / "worker-check.html").read_text(encoding="utf-8")
    assert text.count("<script") == text.count("src=") == 1 and "style=" not in text and "onclick" not in text
