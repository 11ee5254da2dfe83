"""How long a page's own thread worked at a stretch, in time of the processor: what else the machine does is not counted."""

from __future__ import annotations

import json
from typing import Any

from tests.browser.stage import Chromium, Tab

CATEGORIES = ["toplevel", "devtools.timeline"]  # tasks, and what comes after each: promises that were waited for


def traced(stage: Chromium, tab: Tab, function: str) -> tuple[Any, float]:
    """Call a function of JavaScript in a page; return what it returns, and the ms that it worked for at the longest stretch."""
    assert stage._browser is not None
    stage.run(stage._browser.start_tracing(page=tab._page, categories=CATEGORIES))
    try:
        came = tab.evaluate(function)
    finally:
        trace = stage.run(stage._browser.stop_tracing())
    events = json.loads(trace)["traceEvents"]
    pages = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    stretches = [each["tdur"] for each in events if (each["pid"], each["tid"]) in pages and "tdur" in each]
    assert len(stretches) > 10, "the trace tells nothing of the page"
    return came, max(stretches) / 1000
