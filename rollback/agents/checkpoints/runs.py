"""The folder `./runs`: one folder a run, found by its name. Knows which runs there are; knows no training."""

from __future__ import annotations

import difflib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rollback.agents.checkpoints.names import check_id, is_id
from rollback.agents.checkpoints.run_folder import RunFolder
from rollback.errors import CheckpointError, UsageError

__all__ = ["RUNS", "ListedRun", "Runs", "Stamp"]

Stamp = tuple[int, int]  # which folder it is, and when something in it was last made, replaced or deleted, in nanoseconds

RUNS: Final = "runs"
_MOST: Final = 10_000  # runs that are listed
_OTHERS: Final = re.compile(r"[^a-z0-9]+")
_STEM: Final = 48  # characters of a run's name before its number
_TRIES: Final = 100
_TOLD: Final = 5  # names of runs where one is not there


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run as it is listed.

    Attributes:
        folder: Where it is.
        facts: What it says of itself; empty if that cannot be read.
        problem: What cannot be read of it, and why, in one sentence.
    """

    folder: RunFolder
    facts: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


class Runs:
    """All runs of a folder; it need not exist before the first is created.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: str | os.PathLike[str] = RUNS) -> None:
        self.path = Path(folder)

    def create(self, facts: Mapping[str, Any], name: str = "", *, like: str = "run") -> RunFolder:
        """Make the folder of a new run, and write its facts.

        Args:
            facts: What it is: plain values.
            name: Its name; none makes one.
            like: What a made name begins with, in any words: `rooms`, or an environment's name; a number follows.

        Raises:
            UsageError: The name is none, or there is such a run already; or the facts are no plain values.
            CheckpointError: The folder cannot be made.
        """
        if name:
            check_id(name, "a run")
        for _ in range(1 if name else _TRIES):
            run = RunFolder(self.path / (name or self._unused(like)))
            try:
                run.path.mkdir(parents=True)
            except FileExistsError:
                continue  # another process was quicker, or the name is taken
            except OSError as error:
                raise CheckpointError(f"{run.path} cannot be made ({error.strerror or error})") from None
            try:
                run.write_facts(facts)
            except BaseException:
                shutil.rmtree(run.path, ignore_errors=True)
                raise
            return run
        raise UsageError(f"there is a run {name or like!r} in {self.path} already: take another name, or resume it")

    def find(self, name: str) -> RunFolder:
        """Return the run of that name.

        Raises:
            UsageError: The name is none.
            CheckpointError: There is no such run.
        """
        run = RunFolder(self.path / check_id(name, "a run"))
        if not run.path.is_dir():
            raise CheckpointError(f"there is no run {name} in {self.path}: {self._instead(name)}")
        return run

    def _instead(self, name: str) -> str:
        """Return what to do where there is no run of that name: which there are, the nearest ones first."""
        there = sorted(self.stamps(), key=_numbered)
        if not there:
            return "there is none yet, begin one by rollback train"
        near = difflib.get_close_matches(name, there, n=_TOLD, cutoff=0.0)
        others = f", or one of the {len(there) - len(near)} others there" if len(there) > len(near) else ""
        return f"take {'one of ' if len(near) > 1 else ''}{', '.join(near)}{others}"

    def listed(self) -> list[ListedRun]:
        """Return all runs, by name; numbers in names count as numbers. One that cannot be read is listed with its problem."""
        return [self.look(name) for name in sorted(self.stamps(), key=_numbered)]

    def look(self, name: str) -> ListedRun:
        """Return a run as it is listed; one that cannot be read has its problem."""
        run = RunFolder(self.path / name)
        try:
            return ListedRun(run, run.facts(), run.log_problem())
        except CheckpointError as error:
            return ListedRun(run, problem=str(error))

    def stamps(self) -> dict[str, Stamp]:
        """Return what tells by name whether a run changed, without reading any: its log alone grows without a new stamp.

        Raises:
            CheckpointError: The folder cannot be read.
        """
        found: dict[str, Stamp] = {}
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    if is_id(entry.name) and (stamp := _stamp(entry)) is not None:
                        found[entry.name] = stamp
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CheckpointError(f"{self.path} cannot be read ({error.strerror or error})") from None
        return found if len(found) <= _MOST else {name: found[name] for name in sorted(found, key=_numbered)[:_MOST]}

    def delete(self, name: str) -> None:
        """Delete a run and all its checkpoints; it must not be running.

        Raises:
            UsageError: The name is none.
            CheckpointError: There is no such run, another process trains it, or it cannot be deleted.
        """
        run = self.find(name)
        run.writing().close()
        gone = self.path / f".{name}.{secrets.token_hex(4)}.deleted"  # first away, so that it is never half there
        try:
            run.path.rename(gone)
            if gone.is_symlink():
                gone.unlink()
            else:
                shutil.rmtree(gone)
        except OSError as error:
            raise CheckpointError(f"the run {name} cannot be deleted ({error.strerror or error})") from None

    def _unused(self, like: str) -> str:
        stem = _OTHERS.sub("-", like.lower()).strip("-")[:_STEM].strip("-") or "run"
        taken = re.compile(re.escape(stem) + r"-(\d{1,12})")
        names = os.listdir(self.path) if self.path.is_dir() else []
        return f"{stem}-{max((int(found[1]) for each in names if (found := taken.fullmatch(each))), default=0) + 1}"


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    try:
        found = entry.stat()
    except OSError:  # deleted meanwhile, or a link that leads nowhere
        return None
    return (found.st_ino, found.st_mtime_ns) if stat.S_ISDIR(found.st_mode) else None


def _numbered(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
