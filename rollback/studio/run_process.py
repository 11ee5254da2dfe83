"""The process of one run: takes orders, trains, reports, and leaves when it is asked or alone. Knows no page.

SIGTERM means the same as the order to stop; Ctrl-C is the studio's matter. What it writes to its standard error goes to
the studio, which shows the last lines where it crashed.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final

from rollback.agents.checkpoints import RunFolder
from rollback.errors import RollbackError
from rollback.studio.letters import POINTS, opened, written
from rollback.studio.states import Exit
from rollback.studio.trainer import Job, Trainer

__all__ = ["run"]

NICENESS: Final = 10  # the studio answers while trainings saturate the cores


class _Process:
    def __init__(self, orders: Connection, reports: Connection) -> None:
        self._orders = orders
        self._reports = reports
        self._parent = parent_process()
        self._is_leaving = False
        # A signal comes between two looks at the pipes as likely as during one: what it writes here ends the next wait.
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        signal.signal(signal.SIGTERM, self._asked)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if hasattr(signal, "pthread_sigmask"):  # it was held back until now
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def train(self, job: Job) -> int:
        trainer = Trainer(job, RunFolder(Path(job.folder)), self._tell)
        while True:
            self._obey(trainer)
            if self._is_leaving or trainer.is_finished:
                break
            if not trainer.is_paused:
                trainer.advance()
        is_done = trainer.is_finished and not self._is_leaving
        trainer.close()
        return Exit.DONE if is_done else Exit.LEFT

    def _asked(self, *_: object) -> None:
        self._is_leaving = True
        with contextlib.suppress(OSError):
            os.write(self._waker, b"!")

    def _tell(self, values: dict[str, Any] | bytes) -> None:
        message = POINTS + values if isinstance(values, bytes) else written(values)
        # The studio that reads nothing any more is gone, and the next look at the parent will notice.
        with contextlib.suppress(BrokenPipeError, ConnectionError):
            self._reports.send_bytes(message)

    def _obey(self, trainer: Trainer) -> None:
        sources: list[Any] = [self._orders, self._woken]
        if self._parent is not None:
            sources.append(self._parent.sentinel)
        pause = trainer.wait()
        while not self._is_leaving:
            ready = wait(sources, pause)
            if self._orders not in ready:
                self._is_leaving = self._is_leaving or bool(ready)  # a signal, or the parent's end
                return
            try:
                order = opened(self._orders.recv_bytes())
            except (EOFError, OSError):
                self._is_leaving = True
                return
            self._carry_out(order, trainer)
            pause = trainer.wait() if trainer.is_paused else 0.0

    def _carry_out(self, order: dict[str, Any], trainer: Trainer) -> None:
        name = str(order.get("name", ""))
        try:
            match order.get("order"):
                case "stop":
                    self._is_leaving = True
                case "pause":
                    trainer.is_paused = True
                    trainer.show()
                case "resume":
                    trainer.resume()
                case "step":
                    trainer.step()
                case "reset":
                    trainer.reset()
                case "save":
                    trainer.save(name)
                case "load":
                    trainer.load(name)
                case "evaluate":
                    trainer.evaluate(int(order["episodes"]))
                case "speed":
                    trainer.set_speed(order["speed"])
                case "watch":
                    trainer.is_watched = bool(order["is_watched"])
        except RollbackError as error:
            self._tell({"is": "refused", "command": order.get("order"), "message": str(error)})


def run(orders: Connection, reports: Connection, errors: Connection, job: Job) -> None:
    """Train until all is trained or somebody says stop; the exit code says which, see `Exit`."""
    os.dup2(errors.fileno(), 2)
    errors.close()
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    faulthandler.enable(2)
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    try:
        code = _Process(orders, reports).train(job)
    except RollbackError as error:
        print(error, file=sys.stderr)
        code = Exit.REFUSED
    reports.close()
    sys.exit(code)
