"""Environments and games given as code: opened, reset, stepped, saved and set back, and their errors."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.games import Pong
from tests.browser.stage import Tab

COUNTER = """
class Counter:
    def reset(self, *, seed=None):
        self.count = 0.0 if seed is None else float(seed)
        self.trail = (seed, {3: "three"})
        return self.count, {"seed": seed}

    def step(self, action):
        if action == "raise":
            raise ValueError("no such action")
        if action == "dig":
            return self.step(action)
        if action == "leave":
            raise SystemExit(3)
        if action == "nothing":
            return None
        self.count += action
        return self.count, 0.5, self.count > 9, False, {"trail": self.trail}

    def get_state(self):
        return {"count": self.count, "trail": self.trail}

    def set_state(self, state):
        self.count, self.trail = state["count"], state["trail"]

def make():
    return Counter()
"""
PONG = "from rollback.games import Pong\nenv = Pong()\n"


def ask(tab: Tab, script: str, argument: Any = None) -> Any:
    return tab.evaluate(f"async (given) => {{ {script} }}", argument)


def opened(tab: Tab, code: str) -> Any:
    return tab.evaluate("(code) => outcome(python.initEnv(code))", code)


def test_an_environment_is_reset_and_stepped(python: Tab) -> None:
    assert opened(python, COUNTER)["value"] == {"kind": "environment", "name": "Counter", "players": 1}
    assert ask(python, "return python.reset(7)") == {"observation": 7, "info": {"seed": 7}}
    assert ask(python, "return python.reset()") == {"observation": 0, "info": {"seed": None}}
    came = ask(python, "const came = await python.step(2); came.info = shown(came.info); return came")
    info = '{trail: [undefined, Map{3 => "three"}]}'
    assert came == {"observation": 2, "reward": 0.5, "terminated": False, "truncated": False, "info": info}


def test_a_game_of_the_engine_is_played(python: Tab) -> None:
    assert opened(python, PONG)["value"] == {"kind": "game", "name": "Pong", "players": 2}
    first = ask(python, "return python.reset(3)")
    assert set(first) == {"observations", "scores", "over"} and len(first["observations"]) == 2
    by_list, by_player = ask(
        python,
        """await python.reset(3);
        const list = await python.step([[true, false], [false, false]]);
        await python.reset(3);
        return [shown(list), shown(await python.step({ 0: [true, false], 1: [false, false] }))]""",
    )
    assert by_list == by_player
    error = ask(python, "return outcome(python.step([1]))")["error"]
    assert "a game of 2 needs a list of 2 actions" in error["message"]


def test_a_batch_sets_a_state_steps_and_gets_a_state_in_one_round_trip(python: Tab) -> None:
    opened(python, COUNTER)
    came = ask(
        python,
        """await python.reset(4);
        const [state] = await python.batch([{ type: "getState" }]);
        const steps = [1, 2, 3].map((payload) => ({ type: "step", payload }));
        const results = await python.batch([{ type: "setState", payload: state }, ...steps, { type: "getState" }]);
        const again = await python.batch([{ type: "setState", payload: results.at(-1) }, { type: "step", payload: 0 }]);
        return [state instanceof Uint8Array, results.length, results[3].observation, shown(again[1])]""",
    )
    assert came[:3] == [True, 5, 10]
    trail = 'trail: [4, Map{3 => "three"}]'
    assert came[3] == f"{{observation: 10, reward: 0.5, terminated: true, truncated: false, info: {{{trail}}}}}"


def test_a_state_keeps_its_types_on_the_way_through_the_page(python: Tab) -> None:
    code = "env.kinds = lambda: [type(env.count).__name__, type(env.trail).__name__, type(list(env.trail[1])[0]).__name__]"
    step = "env.step = lambda action: (env.kinds(), 0, False, False, {})"
    opened(python, f"{COUNTER}\nenv = make()\n{code}\n{step}\n")
    came = ask(
        python,
        """await python.reset(4);
        const [state] = await python.batch([{ type: "getState" }]);
        return (await python.batch([{ type: "setState", payload: state }, { type: "step" }]))[1].observation""",
    )
    assert came == ["float", "tuple", "int"]


def test_a_state_that_the_page_made_can_be_set(python: Tab) -> None:
    opened(python, COUNTER)
    came = ask(
        python,
        """const state = { count: 5, trail: null };
        return (await python.batch([{ type: "setState", payload: state }, { type: "step", payload: 1 }]))[1].observation""",
    )
    assert came == 6


def test_a_game_goes_the_same_way_again_from_a_saved_state(python: Tab) -> None:
    opened(python, "from rollback.games import Duel\nenv = Duel()\n")
    same = ask(
        python,
        """await python.reset(1);
        const steps = [];
        for (let frame = 0; frame < 8; frame++) steps.push({ type: "step", payload: [frame % 4, 3 - (frame % 4)] });
        const first = await python.batch([{ type: "getState" }, ...steps, { type: "getState" }]);
        const second = await python.batch([{ type: "setState", payload: first[0] }, ...steps, { type: "getState" }]);
        return [shown(first.at(-1)) === shown(second.at(-1)), shown(first[0]) === shown(first.at(-1))]""",
    )
    assert same == [True, False]


def test_a_game_is_drawn_on_the_page_in_primitives(python: Tab) -> None:
    opened(python, PONG)
    seen, batched = ask(
        python,
        "await python.reset(1); return [await python.render(), (await python.batch([{ type: 'render' }]))[0]]",
    )
    assert seen == batched and seen["pixels"] is None and seen["text"] is None
    game = Pong()
    game.reset(1)
    assert seen["primitives"] == [list(primitive) for primitive in game.draw()]


def test_a_picture_of_pixels_crosses_as_one_typed_array(python: Tab) -> None:
    pixels = "memoryview(bytes(range(24))).cast('B', (2, 4, 3))"
    opened(python, f"{COUNTER}\nCounter.render = lambda self: {pixels}\n")
    told = ask(python, "await python.reset(1); return shown((await python.render()).pixels)")
    assert told == f"{{shape: [2, 4, 3], data: Uint8Array({', '.join(map(str, range(24)))})}}"
    opened(python, COUNTER)
    assert "Counter shows nothing" in ask(python, "return outcome(python.render())")["error"]["message"]


def test_a_batch_stops_at_the_first_error_and_tells_its_index_and_the_results_before_it(python: Tab) -> None:
    opened(python, COUNTER)
    error = ask(
        python,
        """await python.reset(0);
        const steps = [1, 2, "raise", 4].map((payload) => ({ type: "step", payload }));
        return (await outcome(python.batch(steps))).error""",
    )
    assert (error["name"], error["message"], error["index"]) == ("ValueError", "no such action", 2)
    assert [result["observation"] for result in error["results"]] == [1, 3]
    assert ask(python, "return (await python.step(0)).observation") == 3, "what came after it was not done"


@pytest.mark.parametrize(
    ("commands", "index", "sentence"),
    [
        ("[{ type: 'getState' }, { type: 'jump' }]", 1, "is no command: {type, payload} with a type of reset, step"),
        ("[5]", 0, "5 is no command"),
        ("[{ type: 'setState', payload: new Uint8Array([255, 1]) }]", 0, ""),
        ("{ type: 'step' }", None, "batch() takes a list of commands, not dict"),
    ],
)
def test_a_batch_that_is_none_is_refused(python: Tab, commands: str, index: int | None, sentence: str) -> None:
    opened(python, COUNTER)
    error = ask(python, f"await python.reset(0); return (await outcome(python.batch({commands}))).error")
    assert error.get("index") == index and sentence in error["message"]


def test_an_error_of_python_brings_its_name_its_words_and_its_own_lines(python: Tab) -> None:
    opened(python, COUNTER)
    error = ask(python, "await python.reset(0); return (await outcome(python.step('raise'))).error")
    assert (error["name"], error["message"]) == ("ValueError", "no such action")
    assert error["stack"].startswith("Traceback (most recent call last):")
    assert 'File "<environment>", line 10, in step' in error["stack"]
    assert 'raise ValueError("no such action")' in error["stack"], "the line itself"
    assert "environment_host.py" not in error["stack"], "nothing of ours above it"


@pytest.mark.parametrize(("action", "name"), [("leave", "SystemExit"), ("dig", "RecursionError"), ("nothing", "UsageError")])
def test_the_worker_outlives_whatever_an_environment_raises(python: Tab, action: str, name: str) -> None:
    opened(python, COUNTER)
    error = ask(python, "await python.reset(0); return (await outcome(python.step(given))).error", action)
    assert error["name"] == name
    assert ask(python, "return (await python.step(1)).observation") == 1


CODES = {
    "def broken(:": ("SyntaxError", "invalid syntax"),
    "1 / 0": ("ZeroDivisionError", "division by zero"),
    "x = 1": ("UsageError", "assign it to `env`, or define `make()`"),
    "env = 5": ("UsageError", "int has no step()"),
    "class E:\n  def step(self, a): pass\nenv = E()": ("UsageError", "E has no reset()"),
    "def make(): return None": ("UsageError", "defines no environment"),
    "import signaling.rooms; env = 1": ("ModuleNotFoundError", "signaling.rooms"),
}


@pytest.mark.parametrize("code", CODES)
def test_code_that_makes_no_environment_is_told_so_and_leaves_none(python: Tab, code: str) -> None:
    opened(python, COUNTER)
    name, sentence = CODES[code]
    error = opened(python, code)["error"]
    assert error["name"] == name and sentence in error["message"]
    assert "initEnv(code) makes one" in ask(python, "return (await outcome(python.step(1))).error.message")


def test_requests_are_done_in_the_order_in_which_they_were_made(python: Tab) -> None:
    came = ask(
        python,
        """const opening = python.initEnv(given);
        const all = [opening, python.reset(1), python.step(1), python.step(2), python.installPackages([]), python.step(3)];
        return (await Promise.all(all)).map((result) => result.observation ?? null)""",
        COUNTER,
    )
    assert came == [None, 1, 2, 4, None, 7]


def test_a_timeout_does_not_wait_for_python(python: Tab) -> None:
    slow = COUNTER.replace('== "nothing":\n            return None', '== "nothing":\n            __import__("time").sleep(0.5)')
    opened(python, slow)
    error = ask(python, "await python.reset(0); return (await outcome(python.step('nothing', { timeout: 50 }))).error")
    assert error["name"] == "TimeoutError"
    ask(python, "await python.reset(0)")


LOSING = """
import js
from pyodide.ffi import to_js

class Env:
    def reset(self): return None
    def step(self, action):
        told = to_js({"promise": js.Promise.resolve(), "reason": js.Error.new("lost")}, dict_converter=js.Object.fromEntries)
        js.dispatchEvent(js.PromiseRejectionEvent.new("unhandledrejection", told))
        return 0, 0, False, False, {}
env = Env()
"""


def test_a_rejection_that_nobody_in_the_worker_handles_is_told_to_the_page(python: Tab) -> None:
    opened(python, LOSING)
    assert ask(python, "return outcome(python.step(1))")["error"]["message"] == "lost"
    assert ask(python, "return python.pending") == 0
