"""What plays a batch: whatever happens in it is an answer, and nothing of one run is left for the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rollback.sim import MatchSpec
from rollback.sim.pool import worker
from rollback.sim.pool.job import Batch
from rollback.sim.pool.parcels import Parcels
from rollback.sim.pool.worker import Missing, Orders, Reply, Unplayed, pack, play_batch, unpack
from tests.sim.pool.tasks import Task, numbered

ROOT = Path(__file__).resolve().parents[3]
HERE = os.getpid()


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Let each test be a worker that has played nothing yet."""
    monkeypatch.setattr(worker, "_here", worker._Process())


@pytest.fixture
def orders(tmp_path):
    return Orders(caller=HERE, folder=str(tmp_path / "left"))


def answered(batch, orders, fetch=None, number=1):
    return unpack(batch, play_batch(pack(batch), number, orders, fetch or {}))


def bad(name):
    return MatchSpec(game=f"tests.sim.pool.bad_games:{name}", frames=9)


def test_the_answer_has_a_result_for_each_match_with_its_tags(orders):
    specs = [Task("nothing", tags={"a": 1}), Task("nothing", tags={"b": 2})] * 3
    batch = Batch.of(numbered(specs))
    reply = answered(batch, orders)
    assert isinstance(reply, Reply) and reply.seconds > 0
    assert [(each.index, each.seed, each.digest, each.tags, each.attempts) for each in reply.results] == [
        (at, 7 * at, f"nothing {7 * at}", specs[at].tags, 1) for at in range(6)
    ]


def test_equal_specs_travel_once():
    many = numbered([MatchSpec(game="pong", tags={"long": "x" * 1000}) for _ in range(100)])
    assert len(pack(Batch.of(many))) < 4000


def test_what_a_match_raises_is_its_result_and_the_next_one_is_played(orders):
    batch = Batch.of(numbered([bad("Raiser"), bad("Leaver"), bad("Good")]))
    reply = answered(batch, orders)
    assert [result.status for result in reply.results] == ["error", "error", "ok"]


def test_ctrl_c_is_the_callers_where_it_can_come_and_the_games_where_it_cannot(orders):
    batch = Batch.of(numbered([bad("Interrupter"), bad("Good")]))
    with pytest.raises(KeyboardInterrupt):
        answered(batch, orders)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        reply = answered(batch, orders)
    finally:
        signal.signal(signal.SIGINT, before)
    assert [result.status for result in reply.results] == ["error", "ok"]


def test_a_parcel_that_is_not_here_is_asked_for_once(orders):
    parcels = Parcels()
    batch = Batch.of(numbered([Task("parcel", given={"a": b"one", "b": b"two"})] * 2))
    batch = replace(batch, parcels=parcels.of(batch.specs))
    assert answered(batch, orders) == Missing(tuple(parcels.contents))
    assert [result.stats for result in answered(batch, orders, parcels.contents).results] == [{"a": "one", "b": "two"}] * 2
    assert isinstance(answered(batch, orders), Reply)
    asked = []
    other = Batch.of(numbered([Task("parcel", given={"b": b"two", "c": b"three"})]))
    other = replace(other, parcels=parcels.of(other.specs))
    reply = answered(other, orders, lambda sha: asked.append(sha) or parcels.contents[sha])
    assert reply.results[0].stats == {"b": "two", "c": "three"} and len(asked) == 1


def test_what_cannot_be_opened_is_told_and_not_raised(orders):
    batch = Batch.of(numbered([Task("nothing")]))
    reply = unpack(batch, play_batch(b"no batch", 1, orders, {}))
    assert isinstance(reply, Unplayed) and "UnpicklingError" in reply.error


def test_only_the_result_that_cannot_travel_is_lost(orders):
    reply = answered(Batch.of(numbered([Task("nothing"), Task("untold"), Task("nothing")])), orders)
    assert [result.status for result in reply.results] == ["ok", "error", "ok"]
    assert reply.results[1].error.startswith("the result cannot travel to another process: ")


def test_another_run_shares_nothing_with_the_one_before(orders):
    batch = Batch.of(numbered([Task("nothing")]))
    answered(batch, orders)
    first = worker._here.shared
    first.kept("player", lambda: "of the first run")
    answered(batch, orders)
    assert worker._here.shared is first
    answered(batch, replace(orders, timeout=5.0))
    assert worker._here.shared.kept("player", lambda: "new") == "new"


def test_a_run_that_is_told_to_hurry_keeps_what_was_imported_and_where_its_memory_began(orders, monkeypatch):
    for name in worker.ONE_THREAD:
        monkeypatch.setenv(name, "1")
    batch = Batch.of(numbered([Task("nothing")]))
    slow = replace(orders, caller=0, timeout=5.0, starting=60.0)
    answered(batch, slow)
    first, box = worker._here.shared, worker._here.box
    answered(batch, replace(slow, starting=10.0))
    assert worker._here.shared is first and worker._here.box is box and box.starting == 10.0
    box.close()


def test_what_is_played_in_the_callers_own_process_is_neither_watched_nor_limited(orders, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    answered(Batch.of(numbered([Task("nothing")])), replace(orders, timeout=0.001, memory_mb=1))
    assert not Path(orders.folder).exists() and "OMP_NUM_THREADS" not in os.environ


PROGRAM = """
import sys
from rollback.sim.pool.worker import Orders, play_batch
orders = Orders(caller=0, folder=sys.argv[1], timeout=60.0, memory_mb=100)
packed = sys.stdin.buffer.read()
for number in (4, 5):
    reply = play_batch(packed, number, orders, {})
sys.stdout.buffer.write(reply)
"""


def test_a_fresh_interpreter_needs_no_preparation(tmp_path):
    batch = Batch.of(numbered([Task("surroundings"), bad("Hog"), bad("Good")]))
    folder = tmp_path / "made" / "by it"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], cwd=ROOT, input=pack(batch), capture_output=True, timeout=60, check=True
    )
    first, second, third = unpack(batch, done.stdout).results
    assert first.stats["threads"] == ["1", "1", "1"]
    assert (second.status, third.status) == ("error", "ok") and "MemoryError" in second.error
    (box,) = folder.glob("*.box")
    assert box.stat().st_size == 24


def test_a_result_that_nobody_can_read_is_the_callers_trouble(orders):
    batch = Batch.of(numbered([Task("unread")]))
    reply = play_batch(pack(batch), 1, orders, {})
    with pytest.raises(ValueError, match="nobody reads this"):
        unpack(batch, reply)
