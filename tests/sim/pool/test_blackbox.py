"""What a worker leaves behind: where it was at each moment, and what its watchdog saw."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rollback.sim.pool import blackbox
from rollback.sim.pool.blackbox import BETWEEN, LONGEST, BlackBox, Found, found, found_of_batch
from rollback.sim.pool.patience import slack_of

ROOT = Path(__file__).resolve().parents[3]
HERE = os.getpid()


@pytest.fixture
def armed(monkeypatch):
    """Record what the watchdog is told; the real one would end this process."""
    told = []
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda seconds, **how: told.append(seconds))
    monkeypatch.setattr(faulthandler, "cancel_dump_traceback_later", lambda: told.append(None))
    return told


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(blackbox.time, "monotonic", lambda: now[0])
    return now


def test_it_says_where_the_worker_is_at_each_moment(tmp_path, armed):
    box = BlackBox(tmp_path, None, None)
    assert found(tmp_path, HERE) == Found(None, None, "")
    box.enter(3)
    assert found(tmp_path, HERE) == Found(3, None, "")
    box.enter(3, 17)
    assert found(tmp_path, HERE) == Found(3, 17, "") == found_of_batch(tmp_path, 3)
    box.rest(3)
    assert found(tmp_path, HERE) == Found(3, None, "")
    assert found_of_batch(tmp_path, 4) is None
    assert armed == [] and BETWEEN == -1
    box.close()


def test_nothing_is_found_of_a_worker_that_left_nothing_or_half_a_file(tmp_path):
    assert found(tmp_path, 1) == Found(None, None, "")
    (tmp_path / "1.box").write_bytes(b"half")
    (tmp_path / "1.trace").write_text("")
    assert found(tmp_path, 1) == Found(None, None, "")


def test_the_watchdog_never_barks_early_and_is_armed_rarely(tmp_path, armed, clock):
    box = BlackBox(tmp_path, 2.0, 2.0)
    box.enter(1)
    deadline = clock[0] + armed[-1]
    for at in range(300):
        before = len(armed)
        box.enter(1, at)
        if len(armed) > before:
            deadline = clock[0] + armed[-1]
        assert clock[0] + 2.0 <= deadline <= clock[0] + 2.0 + slack_of(2.0)
        clock[0] += 0.01
    assert len(armed) <= 3.0 / slack_of(2.0) + 2
    box.rest(1)
    assert armed[-1] is None
    before = len(armed)
    box.enter(2)
    assert len(armed) == before + 1  # what rested is not watched, and begins anew
    box.close()


def test_what_is_imported_has_a_longer_time_of_its_own_and_the_match_all_of_its_own_after_it(tmp_path, armed, clock):
    box = BlackBox(tmp_path, 2.0, 60.0)
    box.enter(1)
    assert armed == [61.0] and found(tmp_path, HERE) == Found(1, None, "", 60.0)  # the batch is opened: that may import, too
    box.enter(1, 0)
    assert armed[1:] == [2.2] and found(tmp_path, HERE) == Found(1, 0, "", 2.0)
    clock[0] += 1.9
    with box.making():
        assert armed[2:] == [61.0] and found(tmp_path, HERE) == Found(1, 0, "", 60.0)
        with box.making():  # a game's factory is made while the game is
            clock[0] += 40.0
        assert armed[3:] == []
    assert armed[3:] == [2.2] and found(tmp_path, HERE) == Found(1, 0, "", 2.0)
    with pytest.raises(ImportError), box.making():
        raise ImportError
    assert armed[4:] == [61.0, 2.2]
    box.rest(1)
    box.close()


def test_without_a_timeout_nothing_is_watched_whatever_is_made(tmp_path, armed):
    box = BlackBox(tmp_path, None, None)
    box.enter(1, 0)
    with box.making():
        assert found(tmp_path, HERE) == Found(1, 0, "")
    assert armed == []
    box.close()


PROGRAM = """
import os, sys
from pathlib import Path
from rollback.sim.pool.blackbox import BlackBox
box = BlackBox(Path(sys.argv[1]), 0.2, 0.2)
box.enter(5, 6)
{act}
"""


@pytest.mark.parametrize(
    ("act", "code", "words"),
    [("while True: pass", 1, "Timeout"), ("os.kill(os.getpid(), 9)", -9, ""), ("os.closerange(3, 99); os._exit(0)", 0, "")],
)
def test_it_stands_whatever_ends_the_process(act, code, words, tmp_path):
    program = subprocess.Popen([sys.executable, "-c", PROGRAM.format(act=act), str(tmp_path)], cwd=ROOT)
    assert program.wait(timeout=60) == code
    told = found(tmp_path, program.pid)
    assert (told.batch, told.place) == (5, 6)
    assert told.traceback.startswith(words) and bool(told.traceback) == bool(words)
    assert found_of_batch(tmp_path, 5) == told


def test_a_long_traceback_is_cut(tmp_path):
    BlackBox(tmp_path, None, None).close()
    (tmp_path / f"{HERE}.trace").write_text("x" * (LONGEST + 5))
    assert len(found(tmp_path, HERE).traceback) == LONGEST
