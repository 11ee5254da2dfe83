"""The page's requests: each promise is settled whatever the worker does, and each entry of the map goes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.stage import Tab

ACTING = """async (payload) => {
    window.told = [];
    window.python = new PyodideWorker({ url: "/pages/acting-worker.js", onProgress: (progress) => told.push(progress) });
    return outcome(python.init(payload));
}"""


@pytest.fixture
def acting(tab: Tab) -> Tab:
    """A page whose worker does what it is told, right or wrong."""
    assert "value" in tab.evaluate(ACTING, {})
    return tab


def pending(tab: Tab) -> int:
    return tab.evaluate("() => python.pending")


def test_requests_are_answered_each_with_its_own_result(acting: Tab) -> None:
    assert acting.evaluate("() => Promise.all([1, 2, 3].map((n) => python.step(n)))") == [1, 2, 3]
    assert pending(acting) == 0


def test_progress_is_told_with_stage_bytes_and_time(acting: Tab) -> None:
    (told,) = acting.evaluate("() => told")
    assert told.pop("timestamp") > 1.7e12
    assert told == {"id": 1, "stage": "download", "message": "half", "loaded": 1, "total": 2}


def test_a_listener_that_throws_harms_nothing(tab: Tab) -> None:
    came = tab.evaluate(
        """async () => {
            const onProgress = () => { throw new Error("mine"); };
            const python = new PyodideWorker({ url: "/pages/acting-worker.js", onProgress });
            window.reported = [];
            addEventListener("error", (event) => { reported.push(event.message); event.preventDefault(); });
            await python.init();
            return [await python.step(1), reported];
        }"""
    )
    assert came == [1, ["Uncaught Error: mine"]]
    tab.errors.clear()


def test_destroy_rejects_what_is_pending_and_what_comes_afterwards(acting: Tab) -> None:
    came = acting.evaluate(
        """async () => {
            const waiting = [python.step("silent"), python.reset(1), python.batch([])].map(outcome);
            const before = python.pending;
            python.destroy();
            python.destroy();
            const after = [python.step(1), python.init(), python.installPackages([])].map(outcome);
            return [before, python.pending, python.ready, await Promise.all([...waiting, ...after])];
        }"""
    )
    assert came[:3] == [3, 0, False]
    assert [outcome["error"]["name"] for outcome in came[3]] == ["DestroyedError"] * 6


def test_destroy_before_init_and_during_init(tab: Tab) -> None:
    came = tab.evaluate(
        """async () => {
            const never = new PyodideWorker();
            never.destroy();
            const starting = new PyodideWorker({ url: "/pages/acting-worker.js" });
            const init = outcome(starting.init({ be: "silent" }));
            starting.destroy();
            return [await outcome(never.init()), await init, starting.pending];
        }"""
    )
    assert [came[0]["error"]["name"], came[1]["error"]["name"], came[2]] == ["DestroyedError", "DestroyedError", 0]


@pytest.mark.parametrize(("how", "message"), [("throw", "broke down"), ("throw later", "broke down later")])
def test_an_error_of_the_worker_rejects_everything_and_is_remembered(acting: Tab, how: str, message: str) -> None:
    came = acting.evaluate(
        "async (how) => Promise.all(['silent', how, 'silent'].map((what) => outcome(python.step(what))))", how
    )
    assert [outcome["error"]["name"] for outcome in came] == ["WorkerError"] * 3
    assert all(message in outcome["error"]["message"] for outcome in came)
    assert "acting-worker.js:" in came[0]["error"]["message"]
    assert pending(acting) == 0
    assert message in acting.evaluate("() => outcome(python.step(1))")["error"]["message"]


def test_an_answer_that_cannot_be_read_rejects_what_is_pending(acting: Tab) -> None:
    came = acting.evaluate(
        """async () => {
            const waiting = outcome(python.step("silent"));
            workers.at(-1).dispatchEvent(new MessageEvent("messageerror"));
            return [await waiting, python.pending, await python.step("still here")];
        }"""
    )
    assert came[0]["error"]["name"] == "MessageError" and came[1:] == [0, "still here"]


def test_an_error_that_concerns_no_one_request_rejects_them_all(acting: Tab) -> None:
    came = acting.evaluate("() => Promise.all(['silent', 'error of all'].map((what) => outcome(python.step(what))))")
    assert [outcome["error"]["message"] for outcome in came] == ["not understood"] * 2 and pending(acting) == 0


def test_an_error_that_comes_when_nothing_is_pending_is_reported(acting: Tab) -> None:
    came = acting.evaluate(
        """async () => {
            const heard = new Promise((resolve) => {
                addEventListener("error", (event) => { resolve(event.error.message); event.preventDefault(); });
            });
            await outcome(python.step("error of all"));
            python.step("error afterwards");
            return heard;
        }"""
    )
    assert came == "too late"
    acting.errors.clear()


def test_a_request_that_takes_too_long_rejects_and_its_late_answer_is_ignored(acting: Tab) -> None:
    error = acting.evaluate("() => outcome(python.step('late', { timeout: 20 }))")["error"]
    assert error["name"] == "TimeoutError" and "step was not answered within 20 ms" in error["message"]
    assert pending(acting) == 0
    assert acting.evaluate("() => python.step('late', { timeout: 60000 })") == "late", "long enough"


@pytest.mark.parametrize("timeout", ["0", "-1", "NaN", "'5'", "2 ** 31"])
def test_a_timeout_that_is_none_is_refused_and_leaves_nothing(acting: Tab, timeout: str) -> None:
    error = acting.evaluate(f"() => outcome(python.step(1, {{ timeout: {timeout} }}))")["error"]
    assert error["name"] == "RangeError" and pending(acting) == 0


def test_what_cannot_be_posted_rejects_and_leaves_nothing(acting: Tab) -> None:
    error = acting.evaluate("() => outcome(python.step(() => 1))")["error"]
    assert error["name"] == "DataCloneError" and pending(acting) == 0
    assert acting.evaluate("() => python.step('fine')") == "fine"


def test_answers_that_nobody_asked_for_are_ignored(acting: Tab) -> None:
    assert acting.evaluate("() => python.step('unknown answer')") == "fine"


def test_a_transfer_moves_into_the_worker(acting: Tab) -> None:
    came = acting.evaluate(
        """async () => {
            const buffer = new ArrayBuffer(8);
            const answered = await python.request("step", buffer, { transfer: [buffer] });
            return [buffer.byteLength, answered.byteLength];
        }"""
    )
    assert came == [0, 8]


INITS: list[tuple[str, dict[str, Any], str, str]] = [
    ("/pages/nowhere.js", {}, "WorkerError", "could not be loaded from /pages/nowhere.js"),
    ("/pages/acting-worker.js", {"be": "broken"}, "WorkerError", "no start today"),
    ("/pages/acting-worker.js", {"be": "silent", "timeout": 50}, "TimeoutError", "init was not answered within 50 ms"),
    ("/web/worker.js", {"manifest": "/assets/nowhere.json"}, "DownloadError", "/assets/nowhere.json could not be loaded: 404"),
    ("/web/worker.js", {"manifest": "/stand/missing/manifest.json"}, "AssetError", "run `rollback fetch-assets`"),
    (
        "/web/worker.js",
        {"manifest": "/stand/broken/manifest.json"},
        "DownloadError",
        "pyodide.asm.wasm could not be loaded: 404",
    ),
]


@pytest.mark.parametrize(("url", "payload", "name", "sentence"), INITS, ids=lambda value: str(value)[-30:])
def test_an_init_that_fails_rejects_with_the_reason_and_ends_the_worker(
    tab: Tab, url: str, payload: dict[str, Any], name: str, sentence: str
) -> None:
    came = tab.evaluate(
        """async ([url, payload]) => {
            const python = new PyodideWorker({ url });
            const init = python.init(payload);
            const queued = outcome(python.installPackages("silent"));
            return [await outcome(init), await queued, python.pending, python.ready, await outcome(python.init())];
        }""",
        [url, payload],
    )
    for outcome in (came[0], came[1], came[4]):
        assert outcome["error"]["name"] == name and sentence in outcome["error"]["message"]
    assert came[2:4] == [0, False]


def test_requests_before_init_say_what_to_do(tab: Tab) -> None:
    came = tab.evaluate(
        """async () => {
            const python = new PyodideWorker({ url: "/pages/acting-worker.js" });
            const early = await Promise.all([python.step(1), python.initEnv("")].map(outcome));
            const init = python.init({ be: "silent" });
            init.catch(() => {});
            const during = await Promise.all([python.step(1), python.reset(), python.batch([])].map(outcome));
            python.destroy();
            return [...early, ...during];
        }"""
    )
    assert [outcome["error"]["name"] for outcome in came] == ["NotReadyError"] * 5
    assert "call init() first" in came[0]["error"]["message"] and "await init() first" in came[2]["error"]["message"]


def test_a_second_init_waits_for_the_first(tab: Tab) -> None:
    came = tab.evaluate(
        """async () => {
            const python = new PyodideWorker({ url: "/pages/acting-worker.js" });
            const first = python.init();
            const same = python.init() === first;
            await first;
            return [same, python.init() === first, python.ready, workers.length];
        }"""
    )
    assert came == [True, True, True, 1]


def test_what_a_match_says_passes_both_ways_once_there_is_a_worker(tab: Tab) -> None:
    came = tab.evaluate(
        """async () => {
            const heard = [];
            const python = new PyodideWorker({ url: "/pages/acting-worker.js", onMatch: (payload) => heard.push(payload) });
            const refused = [];
            const tell = () => { try { python.tellMatch({ text: "1" }); } catch (error) { refused.push(error.name); } };
            tell();
            await python.init();
            tell();
            await python.step("fine");
            python.destroy();
            tell();
            return [refused, heard];
        }"""
    )
    assert came == [["NotReadyError", "DestroyedError"], [{"text": "1"}]]


def test_the_end_of_a_worker_is_told_once_and_not_where_it_was_wanted(tab: Tab) -> None:
    came = tab.evaluate(
        """async () => {
            const ended = [];
            const make = async (name) => {
                const onEnd = (error) => ended.push([name, error.name]);
                const python = new PyodideWorker({ url: "/pages/acting-worker.js", onEnd });
                await python.init();
                return python;
            };
            (await make("destroyed")).destroy();
            const broken = await make("broken");
            await outcome(broken.step("throw"));
            broken.destroy();
            return ended;
        }"""
    )
    assert came == [["broken", "WorkerError"]]
