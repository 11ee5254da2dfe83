"""What is ended when the program ends: what is open then, once, and nothing else."""

from __future__ import annotations

import signal
import threading

import pytest

from rollback.sim.pool import left_open
from rollback.sim.pool.left_open import ended_at_exit


@pytest.fixture
def ended(monkeypatch):
    monkeypatch.setattr(left_open, "_open", {})
    monkeypatch.setattr(left_open, "_registered", [True])
    return []


def test_what_is_open_at_the_end_is_ended_and_what_was_closed_is_not(ended):
    with ended_at_exit(lambda: ended.append("closed")), ended_at_exit(lambda: ended.append("closed too")):
        pass
    with pytest.raises(LookupError), ended_at_exit(lambda: ended.append("failed")):
        raise LookupError
    with ended_at_exit(lambda: ended.append("one")), ended_at_exit(lambda: ended.append("other")):
        left_open._end_all()
    assert ended == ["one", "other"] and left_open._open == {}


def test_one_that_cannot_be_ended_leaves_none_of_the_others_open(ended):
    def broken():
        raise OSError("it is gone")

    with ended_at_exit(broken), ended_at_exit(lambda: ended.append("other")):
        left_open._end_all()
    assert ended == ["other"]


def test_ctrl_c_pressed_again_at_the_end_comes_when_all_are_ended(ended):
    with ended_at_exit(lambda: signal.raise_signal(signal.SIGINT)), ended_at_exit(lambda: ended.append("other")):
        with pytest.raises(KeyboardInterrupt):
            left_open._end_all()
    assert ended == ["other"]


def test_what_another_thread_is_at_goes_on(ended):
    def other():
        with ended_at_exit(lambda: ended.append("mine")):
            left_open._end_all()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert ended == []


def test_it_is_registered_once_and_before_the_first_is_open(monkeypatch):
    registered = []
    monkeypatch.setattr(left_open, "_registered", [])
    monkeypatch.setattr(threading, "_register_atexit", registered.append, raising=False)
    for _ in range(3):
        with ended_at_exit(lambda: None):
            assert registered.count(left_open._end_all) == 1 and registered[-1] is left_open._end_all  # called first
