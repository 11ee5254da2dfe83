"""The folder of a study: its journal, a folder for each participant, and how much fits. Knows files; decides nothing."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Final

from rollback.errors import UsageError
from signaling.study.journal import Journal
from signaling.study.plan import StudyPlan
from signaling.study.refusal import StudyRefusal
from signaling.study.uploads import Uploads, write_synced

__all__ = ["OPPONENT", "Store"]

MIB: Final = 1024 * 1024
OPPONENT: Final = "opponent.npz"  # a copy of the trained agent that participants play


class Store:
    """The data of one study, for one server at a time. Its methods may be called in threads, one at a time for each folder.

    Args:
        plan: The study.

    Raises:
        UsageError: The folder cannot be used, another server uses it, or it holds what is not of this study.
    """

    def __init__(self, plan: StudyPlan) -> None:
        self.folder = plan.folder
        self._quota = int(plan.participant_mib * MIB)
        self._most = int(plan.total_mib * MIB)
        self._people = plan.folder / "participants"
        try:
            plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else reads what people did
            self._people.mkdir(mode=0o700, exist_ok=True)
            self._lock = _locked(plan.folder / "lock")
        except OSError as error:
            raise UsageError(f"the data folder {str(plan.folder)!r} cannot be used: {error.strerror or error}") from None
        try:
            self._journal = Journal(plan.folder / "events.jsonl")
            self.events: list[dict[str, Any]] = self._journal.events
            self._uploads: dict[int, Uploads] = {}
            for folder in sorted(self._people.iterdir()):
                number = folder.name.partition("-")[0]
                if folder.is_dir() and number.isdecimal():
                    self._uploads[int(number)] = Uploads(folder)
        except BaseException:
            self.close()
            raise
        self._size = sum(each.size for each in self._uploads.values())

    @property
    def size(self) -> int:
        """Bytes of all data."""
        return self._size

    def note(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Add to the journal.

        Raises:
            OSError: It could not be written.
        """
        self._journal.add(events)

    def expected(self, number: int, episode: int) -> int:
        """Return the number of the piece of an episode that comes next."""
        known = self._uploads.get(number)
        return known.expected(episode) if known is not None else 0

    def add(self, number: int, name: str, episode: int, piece: int, sha256: str, data: bytes) -> int:
        """Add a piece to what a participant uploaded, once however often it comes; return the number of the next one.

        Raises:
            StudyRefusal: `malformed`, `chunk`, `too_large`; `quota`: it does not fit any more.
            OSError: It could not be written, and is not taken.
        """
        uploads = self._of(number, name)
        if uploads.check(episode, piece, sha256, data):
            if uploads.size + len(data) > self._quota:
                raise StudyRefusal("quota", f"your data have the {self._quota} bytes that a participant may upload")
            if self._size + len(data) > self._most:
                raise StudyRefusal("quota", "the study has all the data that its folder may hold: tell the researchers")
            self._size += len(data)  # before it is written: others may be at it, in other threads
            try:
                uploads.add(episode, piece, sha256, data)
            except BaseException:
                self._size -= len(data)
                raise
        return uploads.expected(episode)

    def write_manifest(self, number: int, name: str, facts: Mapping[str, Any]) -> None:
        """Write what is here of a participant, with the hashes.

        Raises:
            OSError: It could not be written.
        """
        uploads = self._of(number, name)
        told = {**facts, "episodes": uploads.manifest()}
        write_synced(uploads.folder / "manifest.json", json.dumps(told, indent=2).encode() + b"\n")

    def keep_agent(self, content: bytes) -> None:
        """Have the agent that participants play beside their data, for whoever reads them later.

        Raises:
            OSError: It cannot be written.
        """
        write_synced(self.folder / OPPONENT, content)

    def close(self) -> None:
        """Let another server have the folder."""
        self._lock.close()

    def _of(self, number: int, name: str) -> Uploads:
        if number not in self._uploads:
            # The number makes it unlike any other on systems that do not tell upper and lower case, or have names of their own.
            self._uploads[number] = Uploads(self._people / f"{number:04d}-{name}")
        return self._uploads[number]


def _locked(path: Path) -> IO[bytes]:
    """Return a file that nobody else has; it is free again when it is closed, also by a crash."""
    file = open(path, "ab")
    with contextlib.suppress(ImportError):  # elsewhere nothing keeps two servers apart
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise UsageError(f"another server runs a study in {str(path.parent)!r}: stop it, or name another folder") from None
    return file
