"""Every number the studio holds its pages and its runs to, and why. Knows no page and no run."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits", "Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something may happen: `per_second` in the long run, `burst` at once."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one studio.

    Attributes:
        runs: Runs that train at the same time; each is a process.
        clients: Pages that are connected at the same time.
        message_bytes: The largest message a page may send, and the largest body of an HTTP command.
        commands: Commands of one page, and over HTTP of all together; a held key repeats thirty times a second.
        starts: Processes that are started, of all pages together: each costs half a second of a core.
        ask_within: Seconds a connection may take to make a whole request, or to take anything of an answer.
        messages: Messages of one page, whatever they are, acknowledgements too.
        patience: Refused commands after which a page is cut off.
        pictures: Pictures a second of a run.
        picture_bytes: The largest picture; a larger one is left out, and the page is told.
        points_at_once: Episode points in one event.
        points_kept: Newest episode points of a run that a page which is behind can still get one by one.
        curve_points: Points of a run's thinned curve, which is what a page that connects gets.
        curves: Runs whose curve is told to a page that connects; of the others it asks for it.
        listed: Runs that are listed at once; a page asks for the older ones.
        look_every: Seconds between two looks at the folder of runs, where other processes may write too; a look at 1,000
            runs takes some milliseconds, in a thread.
        unsent: Events that may wait for a page before it is told no more, and gets a new snapshot when it listens again.
        unsent_bytes: And bytes.
        stop_within: Seconds a process has to save and leave after it was asked to.
        terminate_within: Seconds it has after the operating system asked it.
        report_bytes: The largest report of a training process.
        error_lines: Last lines of a process's standard error that are kept.
        error_width: Characters of each.
        evaluated: The most episodes of an evaluation; the training waits for it.
        episodes: The most a run can be told to train.
    """

    runs: int = 4
    clients: int = 32
    message_bytes: int = 16 * 1024
    commands: Rate = Rate(20, 60)
    starts: Rate = Rate(0.5, 10)
    ask_within: float = 10.0
    messages: Rate = Rate(200, 400)
    patience: Rate = Rate(2, 100)
    pictures: float = 20.0
    picture_bytes: int = 256 * 1024
    points_at_once: int = 2000
    points_kept: int = 20_000
    curve_points: int = 1000
    curves: int = 8
    listed: int = 200
    look_every: float = 1.0
    unsent: int = 64
    unsent_bytes: int = 1024 * 1024
    stop_within: float = 5.0
    terminate_within: float = 2.0
    report_bytes: int = 4 * 1024 * 1024
    error_lines: int = 20
    error_width: int = 500
    evaluated: int = 200
    episodes: int = 100_000_000
