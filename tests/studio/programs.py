"""What runs in processes of tests instead of a training: programs that misbehave in one way each."""

import os
import signal
import sys
import time

from rollback.studio.letters import opened, written
from rollback.studio.run_process import run
from rollback.studio.states import Exit

PLACE = {"episode": 1, "step": 2, "epsilon": 0.5}
LONG = 120.0  # seconds after which they end by themselves whatever goes wrong


def say(reports, kind, **values):
    reports.send_bytes(written({"is": kind, **values}))


def deaf(orders, reports, errors, job):
    """Hears no order, but ends at SIGTERM as a training does."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(Exit.LEFT))
    say(reports, "ready", **PLACE)
    time.sleep(LONG)


def stubborn(orders, reports, errors, job):
    """Hears nothing at all."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(reports, "ready", **PLACE)
    time.sleep(LONG)


def stopped_in_a_word(orders, reports, errors, job):
    """Is stopped by the system in the middle of a report."""
    say(reports, "ready", **PLACE)
    os.write(reports.fileno(), b"\x00\x00\x10\x00half a ")
    os.kill(os.getpid(), signal.SIGSTOP)


def talkative(orders, reports, errors, job):
    """Offers pictures as fast as it can, and complains without an end, until it is told to stop."""
    os.dup2(errors.fileno(), 2)
    say(reports, "ready", **PLACE)
    number = 0
    while not orders.poll():
        number += 1
        say(reports, "picture", agent_pos=[number, 0], picture={"kind": "gridworld", "padding": "x" * 2000}, **PLACE)
        if number % 100 == 0:
            os.write(2, b"complaint\n" * 100)
    sys.exit(Exit.LEFT)


def crashing(orders, reports, errors, job):
    """Ends with a traceback."""
    os.dup2(errors.fileno(), 2)
    say(reports, "ready", **PLACE)
    raise ZeroDivisionError("the agent divided by nothing")


def gone_at_once(orders, reports, errors, job):
    """Ends as by a fault of the interpreter."""
    os.kill(os.getpid(), signal.SIGKILL)


def rambling(orders, reports, errors, job):
    """Reports what is no report."""
    say(reports, "ready", **PLACE)
    reports.send_bytes(b"\xff\x00")
    time.sleep(LONG)


def echoing(orders, reports, errors, job):
    """Reports each order it gets, until it is told to stop."""
    say(reports, "ready", **PLACE)
    while True:
        order = opened(orders.recv_bytes())
        say(reports, "evaluated", metrics=order, **PLACE)
        if order["order"] == "stop":
            sys.exit(Exit.LEFT)


def offering(orders, reports, errors, job):
    """Offers two hundred pictures a second, each of the size of a large map, until it is told to stop."""
    say(reports, "ready", **PLACE)
    number, begun = 0, time.monotonic()
    while not orders.poll(max(0.0, begun + number / 200 - time.monotonic())) or opened(orders.recv_bytes())["order"] != "stop":
        number += 1
        picture = {"kind": "gridworld", "values": [number / 7 + cell for cell in range(400)]}
        say(reports, "picture", agent_pos=[number, 0], picture=picture, episode=number, step=number, epsilon=0.5)
        reports.send_bytes(b'points\n{"episode":%d,"step":%d,"reward":1.0,"length":1,"epsilon":0.5}\n' % (number, number))
    sys.exit(Exit.LEFT)


def training(orders, reports, errors, job):
    """Trains."""
    run(orders, reports, errors, job)
