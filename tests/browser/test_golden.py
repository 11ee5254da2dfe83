"""The built-in games come to the same states in Pyodide as in CPython, for 10,000 frames each."""

from __future__ import annotations

import pytest

from tests.browser.stage import Tab
from tests.browser.stand import ROOT
from tests.golden.traces import GAMES, recorded

HOST = """
class Traces:
    def reset(self):
        return None

    def step(self, name):
        return trace(name), 0, True, False, {}

env = Traces()
"""


@pytest.mark.parametrize("name", GAMES)
def test_a_game_comes_to_the_recorded_states_in_the_browser(python: Tab, name: str) -> None:
    code = (ROOT / "tests" / "golden" / "traces.py").read_text(encoding="utf-8") + HOST
    script = "async ([code, name]) => { await python.initEnv(code); return (await python.step(name)).observation; }"
    assert python.evaluate(script, [code, name]) == recorded()[name]
