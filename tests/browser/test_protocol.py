"""The messages of the worker as they are, and the gate that holds them back until Python is ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import watched
from tests.browser.stage import Stage, Tab

OPEN = """async () => {
    window.raw = new Worker("/web/worker.js", { type: "module" });
    window.came = [];
    raw.addEventListener("message", ({ data }) => came.push(data));
    const early = [
        { type: "step", id: 1, payload: 0 },
        { type: "initEnv", id: 2, payload: "class Env:\\n  def reset(self, seed=None): return seed, {}\\n" +
            "  def step(self, action): return action, 1.5, False, False, {}\\nenv = Env()" },
        { type: "reset", id: 3, payload: 5 },
        { type: "installPackages", id: 4, payload: [] },
        { type: "batch", id: 5, payload: [] },
        { type: "init", id: 6, payload: {} },
        { type: "init", id: 7, payload: {} },
        { type: "installPackages", id: 8, payload: ["nowhere"] },
        { type: "dance", id: 9 },
        { type: "constructor", id: 10 },
        null,
    ];
    for (const message of early) raw.postMessage(message);
}"""


@pytest.fixture(scope="module")
def raw(stage: Stage) -> Iterator[Tab]:
    """A page with a bare worker that was sent everything before it was ready."""
    for tab in watched(stage):
        tab.evaluate(OPEN)
        tab.until("() => came.some(({ id }) => id === 8)")
        yield tab


@pytest.fixture(scope="module")
def came(raw: Tab) -> list[dict[str, Any]]:
    """What the worker said to all that, without the progress."""
    return [message for message in raw.evaluate("() => came") if message["type"] != "progress"]


def test_steps_and_resets_before_ready_are_refused_at_once(came: list[dict[str, Any]]) -> None:
    ready = [message["type"] for message in came].index("ready")
    refused = {message["id"]: message["error"] for message in came[:ready] if message["type"] == "error"}
    assert {1, 3, 5} <= set(refused)
    assert {refused[id]["name"] for id in (1, 3, 5)} == {"NotReadyError"}
    assert refused[1]["message"] == "step before the worker is ready: wait for it"


def test_other_early_messages_wait_for_ready_and_keep_their_order(came: list[dict[str, Any]]) -> None:
    answered = [(message["id"], message["type"]) for message in came]
    assert answered[answered.index((6, "ready")) :] == [(6, "ready"), (2, "envReady"), (4, "installed"), (8, "error")]


def test_ready_tells_the_versions(came: list[dict[str, Any]]) -> None:
    (ready,) = (message for message in came if message["type"] == "ready")
    assert ready["result"] == {"pyodide": "314.0.7", "python": "3.14.2"}


@pytest.mark.parametrize(
    ("id", "sentence"),
    [(7, "init came twice"), (9, "dance is no request: init, installPackages, "), (10, "constructor is no request")],
)
def test_messages_against_the_protocol_are_answered(came: list[dict[str, Any]], id: int, sentence: str) -> None:
    (answer,) = (message for message in came if message["id"] == id)
    assert answer["error"]["name"] == "ProtocolError" and answer["error"]["message"].startswith(sentence)


def test_a_message_without_an_id_is_answered_without_one(came: list[dict[str, Any]]) -> None:
    assert [message["type"] for message in came if message["id"] is None] == ["error"]


def test_every_message_has_a_type_an_id_and_a_time(raw: Tab) -> None:
    for message in raw.evaluate("() => came"):
        rest = {"progress": {"stage", "message"}, "error": {"error"}}.get(message["type"], {"result"})
        assert {"type", "id", "timestamp", *rest} <= set(message) and message["timestamp"] > 1.7e12
        assert set(message) - {"type", "id", "timestamp", *rest} <= {"loaded", "total"}


EXCHANGES: list[tuple[str, Any, str, Any]] = [
    ("reset", 7, "result", {"observation": 7, "info": {}}),
    ("reset", None, "result", {"observation": None, "info": {}}),
    ("step", 3, "result", {"observation": 3, "reward": 1.5, "terminated": False, "truncated": False, "info": {}}),
    ("batch", [], "result", []),
    ("installPackages", [], "installed", []),
    ("initEnv", "import env_that_is_nowhere", "error", "ModuleNotFoundError"),
    ("installPackages", "numpy", "error", "PackageError"),
]


@pytest.mark.parametrize(("type", "payload", "answer", "result"), EXCHANGES, ids=lambda value: str(value)[:20])
def test_each_request_has_its_type_of_answer(raw: Tab, type: str, payload: Any, answer: str, result: Any) -> None:
    message = raw.evaluate(
        """async ([type, payload]) => {
            const id = 1000 + came.length;
            raw.postMessage({ type, id, payload });
            for (;;) {
                const found = came.find((message) => message.id === id && message.type !== "progress");
                if (found) return found;
                await new Promise((resolve) => setTimeout(resolve, 5));
            }
        }""",
        [type, payload],
    )
    assert message["type"] == answer
    assert (message["error"]["name"] if answer == "error" else message["result"]) == result


def test_the_worker_closes_on_request(raw: Tab) -> None:
    said = raw.evaluate(
        """async () => {
            const before = came.length;
            raw.postMessage({ type: "destroy" });
            raw.postMessage({ type: "step", id: 5000, payload: 1 });
            await new Promise((resolve) => setTimeout(resolve, 300));
            return came.length - before;
        }"""
    )
    assert said == 0
