"""The states a run can be in, and what leads from one to the next. Knows no process and no page."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

__all__ = ["ACTIVE", "EXITS", "RESTING", "TRANSITIONS", "Cause", "Exit", "State", "cause_of", "following"]


class State(Enum):
    """What a run is doing; the value is what pages and answers call it."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    CRASHED = "crashed"
    ELSEWHERE = "elsewhere"  # another process trains it: another studio, or `rollback train`


class Cause(Enum):
    """What happened to a run: a command, a word of its process, or that process's end."""

    START = "start"
    READY = "ready"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    RESET = "reset"
    DONE = "done"
    LEFT = "left"
    DIED = "died"
    TAKEN = "taken"  # another process has begun to train it
    FREED = "freed"  # that process has ended


class Exit:
    """The exit codes with which a training process says why it left; any other one is a crash."""

    DONE = 0  # all episodes are trained
    LEFT = 20  # asked to stop, by an order or by SIGTERM, or its parent is gone: it has saved
    REFUSED = 21  # it could not begin; the last line it wrote says why


RESTING: Final = (State.IDLE, State.STOPPED, State.FINISHED, State.CRASHED)  # those that no process trains, here or elsewhere

# A process ends by itself whenever it likes, so every state that has one knows all three ends.
_ENDS: Final = {Cause.DONE: State.FINISHED, Cause.LEFT: State.STOPPED, Cause.DIED: State.CRASHED}
_RESTING: Final = {Cause.START: State.STARTING, Cause.RESET: State.IDLE, Cause.TAKEN: State.ELSEWHERE}

TRANSITIONS: Final[Mapping[State, Mapping[Cause, State]]] = {
    State.IDLE: _RESTING,
    State.STARTING: {Cause.READY: State.RUNNING, Cause.STOP: State.STOPPING, **_ENDS},
    State.RUNNING: {Cause.PAUSE: State.PAUSED, Cause.STOP: State.STOPPING, **_ENDS},
    State.PAUSED: {Cause.RESUME: State.RUNNING, Cause.STOP: State.STOPPING, **_ENDS},
    # Whoever was asked to stop and was ended for not doing it is stopped: the supervisor says so in the reason.
    State.STOPPING: {Cause.DONE: State.FINISHED, Cause.LEFT: State.STOPPED, Cause.DIED: State.STOPPED},
    State.STOPPED: _RESTING,
    State.FINISHED: _RESTING,
    State.CRASHED: _RESTING,
    State.ELSEWHERE: {Cause.FREED: State.STOPPED},
}
ACTIVE: Final = (State.STARTING, State.RUNNING, State.PAUSED, State.STOPPING)  # those that have a process

EXITS: Final[Mapping[int, Cause]] = {Exit.DONE: Cause.DONE, Exit.LEFT: Cause.LEFT}


def cause_of(exit_code: int | None) -> Cause:
    """Return what an exit code says."""
    return EXITS.get(exit_code, Cause.DIED) if exit_code is not None else Cause.DIED


def following(state: State, cause: Cause) -> State | None:
    """Return the state after something happened; None if it cannot happen, or means nothing, in this one."""
    return TRANSITIONS[state].get(cause)
