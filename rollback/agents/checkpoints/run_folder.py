"""One run on disk: what it is, what it told, and which of its checkpoints are kept. Knows files; trains nothing.

```
runs/rooms-1/run.json       what was started: plain values, written whole
             log.jsonl      its episodes, a line each
             last-7.npz     the newest checkpoints, numbered; older ones are deleted
             best.npz       the one that did best
             before-reset.npz    what had been learned before the newest reset, and -2 and -3 before those of before
             by-hand.npz    those somebody saved: nothing deletes them but who saved them
```
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

from rollback.agents.checkpoints.atomic import UNFINISHED, write_whole
from rollback.agents.checkpoints.checkpoint import Checkpoint
from rollback.agents.checkpoints.limits import EXTENSION, MAX_META
from rollback.agents.checkpoints.log import LogWriter, cut_log, read_log
from rollback.agents.checkpoints.names import check_id, is_id
from rollback.agents.checkpoints.plain import dumped, parsed, plain
from rollback.agents.checkpoints.writing import Writing, is_taken
from rollback.errors import CheckpointError, UsageError

__all__ = ["ASIDE", "BEST", "KEPT", "RunFolder", "Saved"]

BEST: Final = "best"
KEPT: Final = 3  # newest checkpoints of a run
ASIDE: Final = ("before-reset", "before-reset-2", "before-reset-3")  # agents that were replaced by fresh ones, the newest first
_LAST: Final = re.compile(r"last-(\d{1,12})")
_FACTS: Final = "run.json"
_LOG: Final = "log.jsonl"


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint in a run's folder.

    Attributes:
        name: What it is called there.
        kind: Whether it is one of the newest, the best, or saved by somebody.
        path: Its file.
        checkpoint: What is in it, None if it cannot be read.
        problem: Why it cannot, in one sentence.
    """

    name: str
    kind: Literal["last", "best", "manual"]
    path: Path
    checkpoint: Checkpoint | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's folder. One process writes into it, the one that trains or resumes the run; any may read.

    Attributes:
        path: The folder, whose name is the run's.
    """

    path: Path

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name

    def writing(self) -> Writing:
        """Return the right to write here, which one process at a time has: to be closed, as in `with`.

        Raises:
            CheckpointError: Another process has it, or the folder cannot be written.
        """
        return Writing(self.path)

    def is_taken(self) -> bool:
        """Return whether some process has that right now."""
        return is_taken(self.path)

    def has_facts(self) -> bool:
        """Return whether there are any: not before the run is made to its end."""
        return os.path.exists(self.path / _FACTS)  # False in a folder of others that is closed; Path's way raises there

    def facts(self) -> dict[str, Any]:
        """Return what `write_facts` wrote.

        Raises:
            CheckpointError: It is not there, or damaged.
        """
        place = self.path / _FACTS
        try:
            if not stat.S_ISREG(place.stat().st_mode):  # a pipe would be waited for
                raise CheckpointError(f"{place} is no file")
            with open(place, "rb") as file:
                content = file.read(MAX_META + 1)
        except OSError as error:
            raise CheckpointError(f"{place} cannot be read ({error.strerror or error})") from None
        problem = "it is too long"
        if len(content) <= MAX_META:
            try:
                found = parsed(content)
            except UsageError as error:
                problem = f"it {error}"
            else:
                try:
                    found = plain(found, "it")
                    if isinstance(found, dict):
                        return found
                    problem = "it is no object"
                except UsageError as error:
                    problem = str(error)
        raise CheckpointError(f"{place} is damaged: {problem}")

    def write_facts(self, facts: Mapping[str, Any]) -> None:
        """Write plain values that say what the run is; readers find all of the old ones or all of the new.

        Raises:
            UsageError: Something in them is no plain value, or they are too long.
            CheckpointError: They cannot be written.
        """
        content = dumped(plain(dict(facts), _FACTS)) + b"\n"
        if len(content) > MAX_META:
            raise UsageError(f"{_FACTS} would have {len(content)} bytes, at most {MAX_META} are written")
        try:
            write_whole(self.path / _FACTS, content)
        except OSError as error:
            raise CheckpointError(f"{self.path / _FACTS} cannot be written ({error.strerror or error})") from None

    def log_problem(self) -> str:
        """Return why there can be no log here, in one sentence; empty where there is one, or none yet."""
        place = self.path / _LOG
        try:
            is_file = stat.S_ISREG(place.stat().st_mode)
        except OSError:
            return ""
        return "" if is_file else f"{place} is no file: move it away, or nothing can be told there"

    def log(self) -> LogWriter:
        """Return what adds to the log, to be closed."""
        return LogWriter(self.path / _LOG)

    def told(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Return the lines of the log from an offset on, and the offset behind them, see `read_log`."""
        return read_log(self.path / _LOG, offset)

    def forget_after(self, episode: int) -> None:
        """Take what was told after an episode out of the log: the run goes on from there. No writer may be open."""
        cut_log(self.path / _LOG, episode)

    def keep(self, checkpoint: Checkpoint, *, by: str = "", newest: int = KEPT) -> list[str]:
        """Save a checkpoint as the newest, and as the best if it is; delete the newest ones of before that are too many.

        Args:
            checkpoint: The training as it stands.
            by: Which of its metrics says how good it is, more being better; without one, or with none, there is no best.
            newest: How many of the newest are kept, at least 1.

        Returns:
            The names under which it was saved.

        Raises:
            CheckpointError: It cannot be written; then nothing was deleted.
        """
        if type(newest) is not int or newest < 1:
            raise UsageError(f"newest must be a whole number of at least 1, not {newest!r:.40}")
        before = self._numbers()
        names = [f"last-{max(before, default=0) + 1}"]
        checkpoint.save(self._place(names[0]))
        if by in checkpoint.metrics and self._is_better(checkpoint, by):
            names.append(BEST)
            checkpoint.save(self._place(BEST))
        for number in sorted(before, reverse=True)[newest - 1 :]:
            self._place(f"last-{number}").unlink(missing_ok=True)
        return names

    def save(self, checkpoint: Checkpoint, name: str) -> Path:
        """Save a checkpoint under a name of one's own, over one that has it already; return its file.

        Raises:
            UsageError: The name is none, or is kept for what `keep` and `put_aside` save.
            CheckpointError: It cannot be written.
        """
        check_id(name, "a checkpoint")
        if name == BEST or name in ASIDE or _LAST.fullmatch(name):
            raise UsageError(f"{name} is the name of a checkpoint that is saved by itself: take another")
        checkpoint.save(self._place(name))
        return self._place(name)

    def put_aside(self, checkpoint: Checkpoint) -> str:
        """Save an agent that is to be replaced by a fresh one, beside those of the resets before; return its name.

        Raises:
            CheckpointError: It cannot be written.
        """
        places = [self._place(name) for name in ASIDE]
        try:
            for younger, older in reversed(list(pairwise(places))):
                if younger.exists():
                    os.replace(younger, older)
        except OSError as error:
            raise CheckpointError(f"{places[0]} cannot be put aside ({error.strerror or error})") from None
        checkpoint.save(places[0])
        return ASIDE[0]

    def load(self, name: str) -> Checkpoint:
        """Return the checkpoint of a name.

        Raises:
            UsageError: The name is none.
            CheckpointError: There is none of it, or it cannot be read.
        """
        return Checkpoint.load(self._place(check_id(name, "a checkpoint")))

    def delete(self, name: str) -> None:
        """Delete a checkpoint.

        Raises:
            UsageError: The name is none.
            CheckpointError: There is none of it, or it cannot be deleted.
        """
        place = self._place(check_id(name, "a checkpoint"))
        try:
            place.unlink()
        except OSError as error:
            raise CheckpointError(f"{place} cannot be deleted ({error.strerror or error})") from None

    def saved(self) -> list[Saved]:
        """Return all checkpoints: the newest first, then the best, then those with names of their own, by name."""
        own = [path.stem for path in self._files() if path.stem != BEST and not _LAST.fullmatch(path.stem)]
        newest = [f"last-{number}" for number in sorted(self._numbers(), reverse=True)]
        best = [BEST] if self._place(BEST).exists() else []
        return [self._look(name) for name in [*newest, *best, *sorted(own)]]

    def newest(self) -> Saved | None:
        """Return the newest checkpoint that can be read: what a run that was cut off is resumed from."""
        for number in sorted(self._numbers(), reverse=True):
            found = self._look(f"last-{number}")
            if found.checkpoint is not None:
                return found
        return None

    def sweep(self) -> None:
        """Delete what was being written when an earlier process was killed. For the process that writes, before it does."""
        for path in self.path.glob(f".*{UNFINISHED}"):
            path.unlink(missing_ok=True)

    def _look(self, name: str) -> Saved:
        kind: Literal["last", "best", "manual"] = "best" if name == BEST else "last" if _LAST.fullmatch(name) else "manual"
        place = self._place(name)
        try:
            return Saved(name, kind, place, Checkpoint.load(place))
        except CheckpointError as error:
            return Saved(name, kind, place, None, str(error))

    def _is_better(self, checkpoint: Checkpoint, by: str) -> bool:
        """Return whether it does better than the best one that can be read."""
        found = self._look(BEST).checkpoint
        return found is None or by not in found.metrics or checkpoint.metrics[by] > found.metrics[by]

    def _place(self, name: str) -> Path:
        return self.path / f"{name}{EXTENSION}"

    def _numbers(self) -> list[int]:
        return [int(found[1]) for path in self._files() if (found := _LAST.fullmatch(path.stem))]

    def _files(self) -> list[Path]:
        try:
            return [path for path in self.path.glob(f"*{EXTENSION}") if is_id(path.stem) and _is_file(path)]
        except OSError as error:
            raise CheckpointError(f"{self.path} cannot be read ({error.strerror or error})") from None


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:  # deleted meanwhile
        return False
