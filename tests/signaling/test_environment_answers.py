"""What the worker calls: environments from code, results and errors as tokens, and never an exception."""

from __future__ import annotations

import re
from typing import Any

import pytest

from signaling.web.environment_answers import Answers
from signaling.web.environment_host import EnvironmentHost
from signaling.web.environment_values import flatten, rebuild

SWITCH = """
class Switch:
    closed = False

    def reset(self, seed=None):
        self.on = False
        self.get_state = lambda: self.on
        self.set_state = lambda on: setattr(self, "on", on)
        return self.on

    def step(self, action):
        if isinstance(action, str):
            raise type(action, (Exception,), {})()
        self.on = action
        return self.on, 1, False, {"old": True}

    def close(self):
        print("closed")

env = Switch()
"""
COUNT = """
class Count:
    players = 2

    def __init__(self):
        self.total = 0

    def step(self, actions):
        self.total += sum(actions)

    def save(self):
        return self.total

    def load(self, state):
        self.total = state

    def scores(self):
        return (self.total, 0)

def make():
    return Count()
"""


def call(answers: Answers, name: str, value: Any = None) -> Any:
    came, kinds, values = answers.answer(name, *flatten(value))
    return came, rebuild(kinds, values)


def test_an_environment_of_the_old_kind_is_understood() -> None:
    answers = Answers()
    assert call(answers, "initEnv", SWITCH) == ("result", {"kind": "environment", "name": "Switch", "players": 1})
    assert call(answers, "reset", 3) == ("result", {"observation": False, "info": {}})
    told = {"observation": True, "reward": 1, "terminated": False, "truncated": False, "info": {"old": True}}
    assert call(answers, "step", True) == ("result", told)


def test_a_saver_that_comes_with_the_first_reset_is_found() -> None:
    host = EnvironmentHost()
    host.open(SWITCH)
    with pytest.raises(Exception, match=r"Switch cannot be saved: it needs save\(\) and load"):
        host.get_state()
    host.reset()
    state = host.get_state()
    host.step(True)
    host.set_state(state)
    assert host.get_state() == state


def test_a_new_environment_closes_the_one_before(capsys: pytest.CaptureFixture[str]) -> None:
    host = EnvironmentHost()
    host.open(SWITCH)
    host.open(COUNT)
    assert capsys.readouterr().out == "closed\n"


def test_a_game_without_reset_is_made_again() -> None:
    host = EnvironmentHost()
    assert host.open(COUNT) == {"kind": "game", "name": "Count", "players": 2}
    assert host.step([1, 2]) == {"observations": None, "scores": [3, 0], "over": False}
    assert host.step({1: 2, 0: 1})["scores"] == [6, 0]
    assert host.reset(5)["scores"] == [0, 0]


def test_a_game_that_nobody_can_start_again_says_so() -> None:
    host = EnvironmentHost()
    host.open(COUNT.replace("def make():\n    return Count()", "env = Count()"))
    with pytest.raises(Exception, match=r"Count has no reset\(seed\), and the code no make\(\)"):
        host.reset()


@pytest.mark.parametrize("actions", [[1], 5, None, {0: 1}, {0: 1, 2: 1}, {"0": 1, "1": 2}, [1, 2, 3]])
def test_actions_that_are_not_one_a_player_are_refused(actions: Any) -> None:
    host = EnvironmentHost()
    host.open(COUNT)
    with pytest.raises(Exception, match="a game of 2 needs"):
        host.step(actions)


@pytest.mark.parametrize("seed", ["7", 1.5, True, [1]])
def test_a_seed_is_a_whole_number_or_nothing(seed: Any) -> None:
    came, error = call(opened(SWITCH), "reset", seed)
    assert came == "error" and "takes a whole number as seed" in error["message"]


def opened(code: str) -> Answers:
    answers = Answers()
    assert call(answers, "initEnv", code)[0] == "result"
    return answers


def test_an_error_is_told_with_its_name_words_and_lines() -> None:
    answers = opened(SWITCH)
    came, error = call(answers, "step", "Odd")
    assert came == "error" and error["name"] == error["message"] == "Odd"
    assert "raise type(action, (Exception,), {})()" in error["stack"] and "environment_answers.py" not in error["stack"]


def test_a_batch_tells_where_it_stopped_and_what_came_before() -> None:
    answers = opened(COUNT)
    step = {"type": "step", "payload": [1, 1]}
    came, error = call(answers, "batch", [step, step, {"type": "step", "payload": [1]}, step])
    assert came == "error" and error["index"] == 2
    assert [result["scores"] for result in error["results"]] == [[2, 0], [4, 0]]
    assert call(answers, "batch", [step])[1][0]["scores"] == [6, 0]


def test_a_failed_batch_whose_results_cannot_cross_is_told_without_them() -> None:
    answers = opened(COUNT + "\n    game = Count()\n".replace("    ", "") + "Count.scores = lambda self: [object()]\n")
    step = {"type": "step", "payload": [1, 1]}
    came, error = call(answers, "batch", [step, {"type": "jump"}])
    assert (came, error["name"], error["index"], error["results"]) == ("error", "UsageError", 1, [])
    assert "object cannot cross" in error["stack"]


SHOWN = """
class Shown:
    def reset(self): return 0
    def step(self, action): return 0, 0, False, False, {}
    def render(self): return SHOWN
env = Shown()
"""
FRAME = "memoryview(bytes(range(24))).cast('B', (2, 4, 3))"


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (FRAME, "pixels", {"shape": [2, 4, 3], "data": bytes(range(24))}),
        (f"[None, {FRAME}]", "pixels", {"shape": [2, 4, 3], "data": bytes(range(24))}),
        ("memoryview(b'abcdef').cast('B', (3, 2))", "pixels", {"shape": [3, 2], "data": b"abcdef"}),
        ("'\\n#..'", "text", "\n#.."),
        ("None", "text", None),
        ("[]", "text", None),
    ],
)
def test_a_picture_is_pixels_or_text(value: str, kind: str, shown: Any) -> None:
    came, told = call(opened(SHOWN.replace("SHOWN", value)), "render")
    assert came == "result" and told.pop(kind) == shown
    assert set(told.values()) == {None} and {*told, kind} == {"primitives", "pixels", "text"}


def test_a_picture_of_an_array_is_its_bytes_row_by_row() -> None:
    import numpy

    answers = opened(SHOWN.replace("SHOWN", "__import__('numpy').zeros((2, 3, 3), 'u1')[:, ::-1]"))
    pixels = call(answers, "render")[1]["pixels"]
    assert pixels == {"shape": [2, 3, 3], "data": numpy.zeros(18, "u1").tobytes()}


def test_a_game_is_drawn_and_not_rendered() -> None:
    answers = opened(f"{COUNT}Count.draw = lambda self: [('rect', 0, 0, 0.5, 1, 'red')]\nCount.render = lambda self: 1 / 0\n")
    told = {"primitives": [["rect", 0, 0, 0.5, 1, "red"]], "pixels": None, "text": None}
    assert call(answers, "render") == ("result", told)
    steps = [{"type": "step", "payload": [1, 1]}, {"type": "render"}]
    assert call(answers, "batch", steps)[1][1] == told


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (COUNT, r"Count shows nothing: it needs draw\(\) or render\(\)"),
        (SHOWN.replace("SHOWN", "5"), "must return an array of rows of pixels, or text, not int"),
        (SHOWN.replace("SHOWN", "memoryview(b'abc')"), "not memoryview"),
        (SHOWN.replace("SHOWN", "[[1, 2], [3, 4]]"), "not list"),
    ],
)
def test_what_is_no_picture_is_told_so(code: str, sentence: str) -> None:
    came, error = call(opened(code), "render")
    assert came == "error" and error["name"] == "UsageError" and re.search(sentence, error["message"])


HOSTILE = """
class Silent(Exception):
    def __str__(self):
        raise ValueError("no words")

class Env:
    def reset(self):
        raise Silent
    def step(self, action):
        raise KeyboardInterrupt if action else GeneratorExit
env = Env()
"""


@pytest.mark.parametrize(
    ("name", "value", "told"), [("reset", None, "Silent"), ("step", 1, "KeyboardInterrupt"), ("step", 0, "GeneratorExit")]
)
def test_whatever_an_environment_raises_becomes_an_answer(name: str, value: Any, told: str) -> None:
    came, error = call(opened(HOSTILE), name, value)
    assert (came, error["name"], error["message"]) == ("error", told, told)


def test_the_module_of_the_environment_is_its_own() -> None:
    answers = opened(f"secret = 1\n{COUNT}")
    came, error = call(answers, "initEnv", "env = secret")
    assert came == "error" and error["name"] == "NameError"
    assert "there is no environment yet" in call(answers, "step", [1, 1])[1]["message"]
