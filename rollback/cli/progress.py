"""How far work is, as one line on stderr with the rate and the time left. Knows counts; knows no match and no process.

Where stderr is no terminal nothing is written and nothing is loaded for it, so that a command may always have one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # most commands, and whoever reads their output through a pipe, start without it
    from rich.console import Console
    from rich.progress import Progress, Task

__all__ = ["Bar", "is_watched", "progress"]

_SPEED_OVER: Final = 20.0  # seconds that the rate is a mean of: a few slow matches must not make the time left jump


class Bar:
    """Takes what has been done; shows it while somebody looks.

    Made by `progress`, and to be told of everything by the same thread.

    Attributes:
        done: What has been done.
        total: Of how much; None where nobody knows.
    """

    def __init__(self, total: int | None = None, rows: Progress | None = None, what: str = "") -> None:
        """Take where it is shown; None shows it nowhere."""
        self.done, self.total = 0, total
        self._rows = rows
        self._task = None if rows is None else rows.add_task(what, total=total)

    @property
    def is_shown(self) -> bool:
        """Whether anybody sees it."""
        return self._rows is not None

    def advance(self, count: int = 1) -> None:
        """Count so many more."""
        self.on_progress(self.done + count, self.total)

    def on_progress(self, done: int, total: int | None = None) -> None:
        """Take how many have been done in all, and of how many; what `simulate` calls as its `on_progress`."""
        self.done = done
        if total is not None:
            self.total = total
        if self._rows is not None and self._task is not None:
            self._rows.update(self._task, completed=done, total=self.total)

    def tell(self, what: str) -> None:
        """Say what is being done now, at once: it may take long."""
        if self._rows is not None and self._task is not None:
            self._rows.update(self._task, description=what, refresh=True)

    def line(self, text: str, stream: IO[str] | None = None) -> None:
        """Print a line to `stream`, stdout if None, and keep the bar below it where both are on one screen."""
        stream = sys.stdout if stream is None else stream
        if stream is None:  # a program that was started without any
            return
        is_between = self._rows is not None and stream.isatty()
        if self._rows is not None and is_between:
            self._rows.stop()
        print(text, file=stream, flush=is_between)
        if self._rows is not None and is_between:
            self._rows.start()


@contextmanager
def progress(
    what: str, total: int | None = None, *, console: Console | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Bar]:
    """Show a bar on stderr until the block is left, also by an exception; nothing stays of it.

    Args:
        what: What is counted or done, in a word or a few.
        total: How many there are; None shows the count, the rate and how long it has taken.
        console: Where it is shown. None takes stderr if that is a terminal, and otherwise shows nothing.
        clock: Tells seconds that never go back.
    """
    if console is None and not is_watched():
        yield Bar(total)
        return
    with _rows(console, clock) as rows:
        yield Bar(total, rows, what)


def is_watched() -> bool:
    """Whether stderr is a terminal that can move its cursor."""
    stream = sys.stderr
    return stream is not None and stream.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")


def _rows(console: Console | None, clock: Callable[[], float]) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
    from rich.text import Text

    class Told(ProgressColumn):
        """A column of words."""

        def __init__(self, words: Callable[[Task], str], style: str) -> None:
            super().__init__()
            self._words, self._style = words, style

        def render(self, task: Task) -> Any:
            return Text(self._words(task), self._style, no_wrap=True)

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        Told(_count, "default"),
        Told(_rate, "dim"),
        Told(_left, "dim"),
        console=console or Console(stderr=True),
        get_time=clock,
        speed_estimate_period=_SPEED_OVER,
        transient=True,
        redirect_stdout=False,  # else what is printed to stdout meanwhile would come out of stderr
        redirect_stderr=False,
    )


def _count(task: Task) -> str:
    if task.total is None:
        return f"{task.completed:.0f}" if task.completed else ""
    return f"{task.completed:.0f}/{task.total:.0f}"


def _rate(task: Task) -> str:
    speed = task.finished_speed or task.speed
    if not speed:
        return ""
    return f"{speed:.0f}/s" if speed >= 100 else f"{speed:.1f}/s" if speed >= 0.1 else f"{speed * 60:.1f}/min"


def _left(task: Task) -> str:
    if task.total is None or task.time_remaining is None:
        return "" if task.total is not None else _clock(task.elapsed or 0.0)
    return "" if task.finished else f"{_clock(task.time_remaining)} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
