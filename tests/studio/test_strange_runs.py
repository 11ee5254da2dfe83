"""One strange folder among the runs costs no other run anything, and nothing that a browser cannot read leaves the studio."""

import asyncio
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import RunFolder, Runs
from rollback.studio.limits import Limits
from rollback.studio.points import rows_of
from rollback.studio.sending import Packet
from rollback.studio.shelf import Shelf
from rollback.studio.tasks import Tasks

SOON = 30.0
FACTS = {"algorithm": "q-learning", "environment": "gridworld", "parameters": {}, "seed": 1, "episodes": 0, "started": 1.0}
NAUGHTS = b"0" * 400


def line(episode=1, **values):
    return (
        json.dumps({"episode": episode, "step": episode, "reward": 1.0, "length": 1, "epsilon": 0.5, **values}).encode() + b"\n"
    )


def facts_with(raw):
    """Return `run.json` with some of it as it stands there."""
    return lambda path: (path / "run.json").write_bytes(json.dumps(FACTS)[:-1].encode() + b"," + raw + b"}")


def log_of(content):
    return lambda path: (path / "log.jsonl").write_bytes(content)


def left_out(*found):
    """Return a log in which some lines are no points, before one that is."""
    return log_of(b"".join(found) + line(9))


# What is done to a run, what is told of it, and which is the last point of its curve.
STRANGE = {
    "whole number that no float holds": (facts_with(b'"x":1,"begun":1%s' % NAUGHTS), "", 0),
    "endless start": (lambda path: (path / "run.json").write_bytes(b'{"started":1e400}'), "holds inf", 0),
    "late start": (lambda path: (path / "run.json").write_bytes(b'{"started":1%s}' % NAUGHTS), "", 0),
    "endless parameter": (lambda path: (path / "run.json").write_bytes(b'{"parameters":{"x":1e400}}'), "holds inf", 0),
    "no number": (lambda path: (path / "run.json").write_bytes(b'{"parameters":{"x":NaN}}'), "NaN is no number", 0),
    "long texts": (lambda path: RunFolder(path).write_facts({**FACTS, "environment": "x" * 900_000}), "", 0),
    "many parameters": (lambda path: RunFolder(path).write_facts({"parameters": {"x": ["y"] * 90_000}}), "", 0),
    "large counts": (lambda path: RunFolder(path).write_facts({"seed": 10**1000, "episodes": 10**1000}), "", 0),
    "facts are a pipe": (lambda path: os.mkfifo(path / "run.json"), "run.json is no file", 0),
    "log is a pipe": (lambda path: os.mkfifo(path / "log.jsonl"), "log.jsonl is no file: move it away", 0),
    "log is a folder": (lambda path: (path / "log.jsonl").mkdir(), "log.jsonl is no file: move it away", 0),
    "log is a device": (lambda path: (path / "log.jsonl").symlink_to("/dev/zero"), "log.jsonl is no file", 0),
    "log leads to itself": (lambda path: (path / "log.jsonl").symlink_to("log.jsonl"), "", 0),
    "lock is a pipe": (lambda path: os.mkfifo(path / ".lock"), "", 0),
    "lock is a folder": (lambda path: (path / ".lock").mkdir(), "", 0),
    "reward is text": (left_out(line(reward="much")), "", 9),
    "reward is no number": (left_out(line(reward=float("nan"))), "", 9),
    "reward is endless": (left_out(line().replace(b'"reward": 1.0', b'"reward": 1e400')), "", 9),
    "reward is large": (left_out(line(reward=1e308), line(2, reward=1e308), line(3, reward=-1e308)), "", 9),
    "length no float holds": (left_out(line(length=10**400)), "", 9),
    "length no client takes": (left_out(line(length=10**150)), "", 9),
    "epsilon is a list": (left_out(line(epsilon=[1])), "", 9),
    "many episodes in one": (left_out(line(2**62, of=2**62)), "", 9),
    "more digits than Python reads": (left_out(b'{"episode":1%b,"of":1%b}\n' % (NAUGHTS * 12, NAUGHTS * 12)), "", 9),
    "further numbers": (left_out(line(x=float("inf"), y="z", z=10**400, of=10**400)), "", 9),
}


def unstuck(path):
    """Let go whoever waits for a pipe, or a test that fails would never end."""
    for name in ("run.json", "log.jsonl", ".lock"):
        if (path / name).is_fifo():
            os.close(os.open(path / name, os.O_RDWR | os.O_NONBLOCK))


def strict(*values):
    """Return the length of what is sent, after a parser that is as strict as a browser's."""
    sent = Packet(data=["event", *values]).encode()
    json.loads(sent[sent.index("[") :], parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    return len(sent)


async def checked(folder, strange, *, is_trained=False):
    """Look at a strange run between good ones, then again after all have gone on; return it."""
    runs, tasks = Runs(folder), Tasks()
    good = runs.create(FACTS, "good")
    (good.path / "log.jsonl").write_bytes(line(1))
    odd = runs.create(FACTS, "odd")
    (odd.path / "run.json").unlink()
    writing = odd.writing() if is_trained else None
    try:
        async with asyncio.timeout(SOON):
            strange(odd.path)
            if not odd.has_facts():
                odd.write_facts(FACTS)
            shelf = Shelf(runs, Limits(), tasks, lambda run: None)
            await shelf.look()
            for run in shelf:
                await shelf.read(run)
                strict(run.told(), run.curve_told(), run.curve.since(0, 100))
            with open(good.path / "log.jsonl", "ab") as log:
                log.write(line(2))
            if is_trained:
                with open(odd.path / "log.jsonl", "ab") as log:
                    log.write(line(10, reward="n/a") + line(11, length=10**400) + line(12))
            runs.create(FACTS, "later")
            await shelf.look()
            assert shelf.get("later") is not None
            await shelf.look()
            shelf.get("good").begin_curve(is_read=False)
            await shelf.read(shelf.get("good"))
            assert shelf.get("good").curve.last == 2
            run = shelf.get("odd")
            assert all(strict(each.told(), each.curve_told(), each.curve.since(0, 100)) < 100_000 for each in shelf)
            return run
    finally:
        unstuck(odd.path)
        if writing is not None:
            writing.close()
        await tasks.end()


@pytest.mark.parametrize("kind", STRANGE)
async def test_a_strange_run_is_told_in_a_sentence_and_keeps_nothing_from_the_others(tmp_path, kind):
    strange, told, last = STRANGE[kind]
    run = await checked(tmp_path, strange)
    assert told in run.reason and bool(told) == bool(run.reason)
    assert run.state.value == "stopped" and run.curve.last == last


@pytest.mark.parametrize("kind", [kind for kind, (_, _, last) in STRANGE.items() if last])
async def test_strange_lines_of_a_run_that_others_train_are_passed_over(tmp_path, kind):
    run = await checked(tmp_path, STRANGE[kind][0], is_trained=True)
    assert run.state.value == "elsewhere" and (run.episode, run.curve.last) == (12, 12)


async def test_a_run_that_cannot_be_followed_keeps_no_other_from_it(tmp_path, monkeypatch, caplog):
    def broken(content):
        if b"broken" in content:
            raise ValueError("a line nobody thought of")
        return rows_of(content)

    with monkeypatch.context() as patched:
        patched.setattr("rollback.studio.history.rows_of", broken)
        runs, tasks = Runs(tmp_path), Tasks()
        shelf = Shelf(runs, Limits(), tasks, lambda run: None)
        folders = [runs.create(FACTS, name) for name in ("a", "b")]
        writings = [folder.writing() for folder in folders]
        await shelf.look()
        for run in shelf:
            await shelf.read(run)
        for folder, name in zip(folders, ("broken", "fine"), strict=True):
            (folder.path / "log.jsonl").write_bytes(line(1, name=name))
        await shelf.look()
        assert shelf.get("b").curve.last == 1 and not shelf.get("a").is_read
        assert "the run a cannot be followed" in caplog.text
        for writing in writings:
            writing.close()
        await tasks.end()


async def test_a_closed_folder_of_another_account_is_left_out_until_it_is_old(tmp_path, monkeypatch):
    real, place = os.stat, tmp_path / "odd" / "run.json"

    def closed(path, *where, **how):  # who is root sees all, so the system is asked to say no
        if not isinstance(path, int) and Path(path) == place:
            raise PermissionError(13, "Permission denied")
        return real(path, *where, **how)

    (tmp_path / "odd").mkdir()
    monkeypatch.setattr(os, "stat", closed)
    tasks = Tasks()
    shelf = Shelf(Runs(tmp_path), Limits(), tasks, lambda run: None)
    assert await shelf.look() == []
    os.utime(tmp_path / "odd", (1e9, 1e9))
    await shelf.look()
    assert "run.json cannot be read (Permission denied)" in shelf.get("odd").reason
    await tasks.end()


NUMBERS = st.sampled_from(["1", "0", "-1", "7.5", "NaN", "-Infinity", "1e400", "1e308", "1" + "0" * 200, "1" + "0" * 5000])
VALUES = NUMBERS | st.sampled_from(["null", "true", '"x"', '"\\ud800"', "[1]", "{}", "[[[[]]]]"])
NAMES = st.sampled_from([*FACTS, "episode", "step", "reward", "length", "epsilon", "of", "least", "most", "\\ud800"])
OBJECTS = st.lists(st.tuples(NAMES, VALUES), max_size=6).map(
    lambda pairs: "{" + ",".join(f'"{name}":{value}' for name, value in pairs) + "}"
)
POINTS = st.tuples(st.integers(0, 99), VALUES, VALUES, VALUES).map(
    lambda each: '{{"episode":{},"of":{},"step":1,"reward":{},"length":{},"epsilon":0,"x":2}}'.format(*each)
)
JUNK = st.binary(max_size=60)
FILE = JUNK | OBJECTS.map(str.encode)
LOG = st.lists(JUNK | (OBJECTS | POINTS).map(lambda text: text.encode() + b"\n"), max_size=8).map(b"".join)


@settings(max_examples=25, deadline=None)
@given(FILE, LOG, st.booleans())
def test_whatever_bytes_a_run_has_the_studio_lists_looks_follows_and_sends_json(facts, log, is_trained):
    def strange(path):
        (path / "run.json").write_bytes(facts)
        (path / "log.jsonl").write_bytes(log)

    with tempfile.TemporaryDirectory() as folder:
        run = asyncio.run(checked(Path(folder), strange, is_trained=is_trained))
    assert run.is_read
