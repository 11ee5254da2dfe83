"""What one participant uploaded: numbered, hashed pieces, added to one file per episode. Knows bytes; knows no study.

A piece is written and synced first, then noted in the journal of pieces. What a crash left behind the last noted piece was
confirmed to nobody, and is cut off when the folder is opened again.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Final

from rollback.errors import UsageError
from signaling.study.journal import Journal, sync_folder
from signaling.study.refusal import StudyRefusal

__all__ = ["PIECE", "Uploads", "write_synced"]

PIECE: Final = 256 * 1024  # bytes of one piece
MOST: Final = 100_000  # pieces of one participant; a two-hour session has 4,000


class _Episode:
    """The pieces of one episode: their hashes, all bytes, and the hash of them all."""

    __slots__ = ("hashes", "size", "whole")

    def __init__(self) -> None:
        self.hashes: list[str] = []
        self.size = 0
        self.whole = hashlib.sha256()


class Uploads:
    """The folder of one participant; made if there is none.

    Args:
        folder: The folder.

    Raises:
        UsageError: It cannot be read or written, or somebody changed what is in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._episodes: dict[int, _Episode] = {}
        self._count = 0
        try:
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)
            self._journal = Journal(folder / "pieces.jsonl")
            self._restore()
        except OSError as error:
            raise UsageError(f"the folder {str(folder)!r} cannot be kept: {error.strerror or error}") from None

    @property
    def size(self) -> int:
        """Bytes of data that were taken."""
        return sum(each.size for each in self._episodes.values())

    def expected(self, episode: int) -> int:
        """Return the number of the piece of an episode that comes next."""
        known = self._episodes.get(episode)
        return len(known.hashes) if known is not None else 0

    def check(self, episode: int, piece: int, sha256: str, data: bytes) -> bool:
        """Tell whether a piece is new; one that is here already is as good as taken.

        Raises:
            StudyRefusal: `malformed`: it is not what its hash says; `too_large`; `chunk`: another piece has this number, or
                an earlier one is missing.
        """
        if len(data) > PIECE:
            raise StudyRefusal("too_large", f"the piece has {len(data)} bytes: at most {PIECE} are taken at once")
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StudyRefusal("malformed", "the piece is not what its SHA-256 says: it was damaged on the way, send it again")
        expected = self.expected(episode)
        if piece < expected:
            if self._episodes[episode].hashes[piece] != sha256:
                raise StudyRefusal(
                    "chunk", f"piece {piece} of episode {episode} is here already, and it is another one", expected=expected
                )
            return False
        if piece > expected:
            raise StudyRefusal(
                "chunk", f"piece {piece} of episode {episode} is too early: {expected} comes next", expected=expected
            )
        if not data.endswith(b"\n"):
            raise StudyRefusal("malformed", "a piece must hold whole lines, and at least one")
        if self._count >= MOST:
            raise StudyRefusal("quota", f"{self._count} pieces are here already: no more are taken of one participant")
        return True

    def add(self, episode: int, piece: int, sha256: str, data: bytes) -> None:
        """Add a piece that `check` found to be new.

        Raises:
            OSError: It could not be written, and is not taken.
        """
        known = self._episodes.get(episode) or _Episode()
        path = self._path(episode)
        is_first = not path.exists()
        with open(path, "ab") as file:
            file.truncate(known.size)  # what an earlier, failed attempt may have left
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if is_first:
            sync_folder(self.folder)
        self._journal.add([{"episode": episode, "piece": piece, "bytes": len(data), "sha256": sha256}])
        self._episodes[episode] = known
        self._take(known, sha256, data)

    def manifest(self) -> dict[str, Any]:
        """Return what is here: by episode its file, pieces, bytes and hash."""
        return {
            str(number): {
                "file": self._path(number).name,
                "pieces": len(each.hashes),
                "bytes": each.size,
                "sha256": each.whole.hexdigest(),
            }
            for number, each in sorted(self._episodes.items())
        }

    def _take(self, known: _Episode, sha256: str, data: bytes) -> None:
        known.hashes.append(sha256)
        known.size += len(data)
        known.whole.update(data)
        self._count += 1

    def _path(self, episode: int) -> Path:
        return self.folder / f"episode-{episode}.jsonl"

    def _restore(self) -> None:
        files: dict[int, Any] = {}
        try:
            for told in self._journal.events:
                episode, size, sha256 = told["episode"], told["bytes"], told["sha256"]
                if episode not in files:
                    files[episode] = open(self._path(episode), "r+b")
                data = files[episode].read(size)
                if hashlib.sha256(data).hexdigest() != sha256:
                    raise UsageError(
                        f"{self._path(episode)} is not what was uploaded, somebody changed it: keep this folder as it is, and"
                        " begin with another one"
                    )
                self._take(self._episodes.setdefault(episode, _Episode()), sha256, data)
            for file in files.values():
                file.truncate(file.tell())  # what comes after the last noted piece was confirmed to nobody
        except (KeyError, TypeError):
            raise UsageError(f"{self._journal.path} is no journal of pieces: begin with another folder") from None
        finally:
            for file in files.values():
                file.close()


def write_synced(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all, and have it on the disk.

    Raises:
        OSError: It cannot be written; an older one stays as it was.
    """
    part = path.with_name(f"{path.name}.part")
    with open(part, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    sync_folder(path.parent)
