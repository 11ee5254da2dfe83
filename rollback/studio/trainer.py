"""One training and its folder: slices, orders, what is written down and what is told. Knows files; knows no process.

Runs in the process of the run. What it tells goes out by `tell`: messages of plain values, and points as lines.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rollback.agents.checkpoints import Checkpoint, RunFolder
from rollback.agents.training import Algorithm, EpisodePoint, make_algorithm
from rollback.errors import RollbackError
from rollback.studio.figures import Figures, best_by
from rollback.studio.history import PointLog, bring_back, put_aside
from rollback.studio.keeping import Keeper
from rollback.studio.pace import Due, Pace
from rollback.studio.points import lines_of

__all__ = ["Job", "Tell", "Trainer"]

TOLD_EVERY: Final = 0.1  # seconds between two batches of points
SAVED_EVERY: Final = 5.0  # seconds between two checkpoints that are made by themselves
_SAVING_SHARE: Final = 50.0  # and so many times as long as making one takes: 2 % of the time at most
_MOST_ROWS: Final = 2000  # points in one message

Tell = Callable[[dict[str, Any] | bytes], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What a training process is to do.

    Attributes:
        folder: The run's folder.
        algorithm: Name.
        environment: Name.
        parameters: All values.
        seed: Of all dice.
        episodes: After how many it is finished; 0: never.
        checkpoint: Where to go on from; empty: from nothing.
        speed: Steps a second, or `full` or `headless`.
        pictures: Pictures a second.
        is_watched: Whether somebody looks.
    """

    folder: str
    algorithm: str
    environment: str
    parameters: Mapping[str, Any]
    seed: int
    episodes: int = 0
    checkpoint: str = ""
    speed: float | str = "full"
    pictures: float = 20.0
    is_watched: bool = False


class Trainer:
    """A training in progress.

    Args:
        job: What to do.
        folder: The run's folder.
        tell: Takes messages.

    Raises:
        RollbackError: It cannot begin; the message says why.
    """

    def __init__(self, job: Job, folder: RunFolder, tell: Tell) -> None:
        now = time.monotonic()
        self._job = job
        self._folder = folder
        self._tell = tell
        self._algorithm: Algorithm = self._made()
        self._parent = ""
        self._epsilon = self._algorithm.checkpoint().epsilon
        self._waiting: list[EpisodePoint] = []
        self._figures = Figures()
        self._keeper = Keeper(folder)
        self._steps_then, self._then, self._rate = 0, now, 0.0
        self.is_watched = job.is_watched
        self.is_paused = False
        self.pace = Pace(job.speed, now=now)
        self._told = Due(TOLD_EVERY, now=now)
        self._pictured = Due(1.0 / job.pictures, now=now)
        self._saved = Due(SAVED_EVERY, now=now + SAVED_EVERY / 4)
        self._writing = folder.writing()
        try:
            folder.sweep()
            if job.checkpoint:
                self._become(began := folder.load(job.checkpoint))
                if (newest := folder.newest()) is not None and newest.name == job.checkpoint:
                    self._keeper.goes_on_from(newest.name, began)
            elif folder.newest() is None:
                put_aside(folder)
            self._log = PointLog(folder)
        except BaseException:
            self._writing.close()
            raise
        tell({"is": "ready", **self._place()})
        self.show()

    @property
    def algorithm(self) -> Algorithm:
        """The training itself, to be looked at."""
        return self._algorithm

    @property
    def folder(self) -> RunFolder:
        """Where the run is kept."""
        return self._folder

    @property
    def is_finished(self) -> bool:
        """Whether all episodes are trained."""
        return 0 < self._job.episodes <= self._algorithm.episodes

    def wait(self) -> float | None:
        """Return the seconds until there is something to do; None: until an order comes."""
        return None if self.is_paused else self.pace.wait(now=time.monotonic())

    def advance(self, at_most: int = 0) -> None:
        """Train a slice, and tell and save what is due.

        Args:
            at_most: Steps that the slice may have; 0: as many as are quickly made.
        """
        before = time.monotonic()
        if self.pace.is_slow:
            for _ in range(self.pace.single_steps(now=before)):
                if not self.is_finished:
                    self._book(self._algorithm.step_once())
        else:
            steps = min(self.pace.budget(), at_most or self.pace.budget())
            if self._job.episodes:  # no episode is shorter than a step, so not one too many is trained
                steps = max(1, min(steps, self._job.episodes - self._algorithm.episodes))
            self._book(self._algorithm.advance(steps))
            if steps == self.pace.budget():
                self.pace.took(time.monotonic() - before)
        self._look_around(time.monotonic())

    def close(self) -> None:
        """Save, tell the rest, close the log, and let others train the run."""
        try:
            self.keep()
            self.show()
        finally:
            self._log.close()
            self._writing.close()

    # What pages can order, in the words of `commands`.

    def resume(self) -> None:
        """Go on; in slow motion, the steps of the time it waited are not made up for."""
        now = time.monotonic()
        self.is_paused = False
        self.pace.set(self.pace.speed, now=now)
        self._steps_then, self._then = self._algorithm.steps, now

    def step(self) -> None:
        """Make a single step."""
        self._book(self._algorithm.step_once())
        self.show()

    def reset(self) -> None:
        """Begin anew, with the same parameters and the same seed; what was learned stays as `before-reset`."""
        self._write()
        aside = self._folder.put_aside(self._checkpoint()) if self._algorithm.steps else ""
        self._algorithm = self._made()
        self._parent, self._epsilon, self._waiting = "", self._algorithm.checkpoint().epsilon, []
        self._figures.clear()
        self._log.close()
        put_aside(self._folder)
        self._log = PointLog(self._folder)
        self._keeper.pin()
        self.keep()
        self._tell({"is": "reset", "aside": aside, **self._place()})
        self.show()

    def load(self, name: str) -> None:
        """Go on from a checkpoint of the run."""
        checkpoint = self._folder.load(name)
        before = self._algorithm.checkpoint(parent=self._parent)
        self._write()
        self._log.close()
        try:
            self._become(checkpoint)
        except RollbackError:
            self._algorithm.restore(before)
            raise
        finally:
            self._log = PointLog(self._folder)
        self._keeper.pin()
        self.keep()  # or a crash would bring back the agent of before
        self._tell({"is": "loaded", "name": name, **self._place()})
        self.show()

    def save(self, name: str) -> None:
        """Save under a name; none: as the newest, as it is done by itself."""
        if not name:
            self.keep(by_hand=True)
            return
        self._write()
        checkpoint = self._checkpoint()
        self._folder.save(checkpoint, name)
        self._tell_saved([name], checkpoint, by_hand=True)

    def keep(self, *, by_hand: bool = False) -> None:
        """Save as the newest checkpoint, and as the best if it is; where the newest one holds the same, nothing is written."""
        self._write()
        checkpoint = self._checkpoint()
        names = self._keeper.keep(checkpoint, by=best_by(checkpoint.metrics), is_wanted=by_hand)
        if not names:
            return
        self._folder.write_facts({**self._folder.facts(), **self._place()})  # what a list of runs shows without reading logs
        self._log.thin(checkpoint.episode)
        self._tell_saved(names, checkpoint, by_hand=by_hand)

    def set_speed(self, speed: float | str) -> None:
        """Change the speed: steps a second, or `full` or `headless`."""
        self.pace.set(speed, now=time.monotonic())

    def evaluate(self, episodes: int) -> None:
        """Tell how well it plays from where it never trained, without exploring."""
        self._tell({"is": "evaluated", "metrics": self._algorithm.evaluate(episodes), **self._place()})

    def show(self) -> None:
        """Tell how things stand, with a picture."""
        self._write()
        picture = self._algorithm.picture()
        self._tell({"is": "picture", **self._place(), "agent_pos": picture.get("agent"), "picture": picture})

    # Inside.

    def _made(self) -> Algorithm:
        job = self._job
        return make_algorithm(job.algorithm, job.environment, job.parameters, job.seed)

    def _become(self, checkpoint: Checkpoint) -> None:
        self._algorithm.restore(checkpoint)
        bring_back(self._folder, checkpoint.episode, checkpoint.step)
        self._parent, self._epsilon, self._waiting = checkpoint.hash, checkpoint.epsilon, []
        self._figures.clear()

    def _checkpoint(self) -> Checkpoint:
        return self._algorithm.checkpoint(parent=self._parent, metrics=self._figures.of(self._algorithm))

    def _book(self, points: list[EpisodePoint]) -> None:
        if not points:
            return
        self._waiting += points
        self._epsilon = points[-1].epsilon
        self._figures.book(points)
        if len(self._waiting) >= _MOST_ROWS:
            self._write()

    def _write(self) -> None:
        """Write down the episodes that ended, and tell of them: first the disk, so that whoever reads both misses none."""
        if not self._waiting:
            return
        lines = lines_of(self._waiting)
        self._log.add(lines)  # where the disk is full they go on waiting: once there is room again none is missing
        self._waiting = []
        self._tell(lines)

    def _look_around(self, now: float) -> None:
        is_shown = self.is_watched and self.pace.is_shown
        if is_shown and self._pictured.is_now(now=now):
            self.show()
        if self._told.is_now(now=now):
            self._write()
            passed = now - self._then
            if passed >= 0.5:
                self._rate = (self._algorithm.steps - self._steps_then) / passed
                self._steps_then, self._then = self._algorithm.steps, now
                self._tell({"is": "figures", **self._place(), "steps_per_second": self._rate})
        if self._saved.is_now(now=now):
            self.keep()
            self._saved.every = max(SAVED_EVERY, _SAVING_SHARE * (time.monotonic() - now))

    def _place(self) -> dict[str, Any]:
        return {"episode": self._algorithm.episodes, "step": self._algorithm.steps, "epsilon": self._epsilon}

    def _tell_saved(self, names: list[str], checkpoint: Checkpoint, *, by_hand: bool) -> None:
        told = {"names": names, "hash": checkpoint.hash, "parent": checkpoint.parent, "metrics": dict(checkpoint.metrics)}
        self._tell({"is": "saved", **told, "by_hand": by_hand, "episode": checkpoint.episode, "step": checkpoint.step})
