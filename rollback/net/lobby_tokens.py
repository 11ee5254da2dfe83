"""Resume tokens in files that only this user can read, so that another process finds its place again. Knows no lobby."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rollback.errors import UsageError

__all__ = ["STATE_VARIABLE", "KeptToken", "find_token", "forget_token", "keep_token", "state_folder"]

STATE_VARIABLE: Final = "ROLLBACK_STATE_DIR"
KEPT_FOR: Final = 24 * 3600.0  # seconds; the lobby's tokens are worth nothing after half of it
LARGEST_FILE: Final = 16 * 1024  # bytes; a token has at most half of it
MOST_FILES: Final = 1000  # that are looked at


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A member's way back.

    Attributes:
        server: Where the lobby is.
        room: The room's code.
        member: The member's id.
        name: What people call the member.
        token: The resume token.
        process: The process that keeps it; while that lives, the place is taken.
    """

    server: str
    room: str
    member: str
    name: str
    token: str
    process: int


def state_folder() -> Path:
    """Return where this user's state is kept: `ROLLBACK_STATE_DIR`, or what the platform has for it."""
    chosen = os.environ.get(STATE_VARIABLE)
    if chosen:
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "rollback"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "rollback"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "rollback"


def keep_token(kept: KeptToken) -> None:
    """Write a token down, in place of an older one of the same member, and remove what is older than a day.

    Raises:
        UsageError: It cannot be written.
    """
    target = _file_of(kept.room, kept.member)
    fresh = target.with_suffix(f".{os.getpid()}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_old(target.parent)
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()  # of a process with our number that died while it wrote
        # Made for this user alone from the first moment on; what reads it sees the old one whole, or the new one.
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(kept), file)
        fresh.replace(target)
    except OSError as error:
        raise UsageError(
            f"the way back into room {kept.room} cannot be kept in {target.parent}: {error.strerror or error};"
            f" set {STATE_VARIABLE} to a folder that you can write to"
        ) from None


def find_token(room: str, name: str = "") -> KeptToken | None:
    """Return the newest way back into a room whose process is gone, None where nothing is kept.

    Args:
        room: The room's code, in any case, with or without its hyphen.
        name: The member's name, where several places of the room are kept; empty takes any.
    """
    wanted = _plain(room)
    found: list[tuple[float, KeptToken]] = []
    for path in _files(_folder()):
        kept = _read(path)
        if kept is not None and _plain(kept.room) == wanted and name in ("", kept.name) and not _is_alive(kept.process):
            found.append((_age_of(path), kept))
    return min(found, key=lambda each: each[0])[1] if found else None


def forget_token(room: str, member: str) -> None:
    """Remove a token: the member left, and nobody comes back as it."""
    with contextlib.suppress(OSError):
        _file_of(room, member).unlink()


def _folder() -> Path:
    return state_folder() / "rooms"


def _file_of(room: str, member: str) -> Path:
    # The words come from a lobby: nothing of them may lead to another folder.
    return _folder() / f"{_plain(room)}-{_plain(member)}.token"


def _plain(word: str) -> str:
    return "".join(letter for letter in word.upper() if letter.isascii() and letter.isalnum())[:64]


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.token"))[:MOST_FILES]
    except OSError:
        return []


def _age_of(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return KEPT_FOR


def _remove_old(folder: Path) -> None:
    for path in _files(folder):
        if _age_of(path) >= KEPT_FOR:
            with contextlib.suppress(OSError):
                path.unlink()


def _read(path: Path) -> KeptToken | None:
    """Return what a file holds, None where it is too old or holds something else."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_FILE + 1)
        told: Any = json.loads(content) if len(content) <= LARGEST_FILE else None
        if _age_of(path) >= KEPT_FOR or not isinstance(told, dict):
            return None
        kept = KeptToken(**told)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    words = (kept.server, kept.room, kept.member, kept.name, kept.token)
    return kept if all(isinstance(word, str) for word in words) and type(kept.process) is int else None


def _is_alive(process: int) -> bool:
    if sys.platform == "win32" or not 0 < process < 1 << 31 or process == os.getpid():
        return False  # Windows has no harmless way to ask
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's, or a pid that was given again
    return True
