"""The secret that lets a lobby know its rooms again after a restart: read, or made on first use. Knows no tokens."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from rollback.errors import UsageError

__all__ = ["SECRET_VARIABLE", "given_secret", "kept_secret"]

SECRET_VARIABLE: Final = "ROLLBACK_SECRET"
SHORTEST: Final = 32  # characters: a guess at a shorter one is too cheap
LONGEST: Final = 1024


def given_secret(text: str) -> bytes:
    """Return the secret that somebody chose.

    Raises:
        UsageError: It is too short or too long.
    """
    secret = text.strip().encode()
    if not SHORTEST <= len(secret) <= LONGEST:
        raise UsageError(
            f"the secret must have {SHORTEST} to {LONGEST} characters, not {len(secret)}:"
            ' make one with python -c "import secrets; print(secrets.token_hex(32))"'
        )
    return secret


def kept_secret(path: Path) -> bytes:
    """Return the secret in a file; one that is missing is made, for this user alone to read.

    Raises:
        UsageError: The file cannot be read or made, others can read it, or it holds no secret.
    """
    try:
        _make(path)
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UsageError(f"others can read the secret in {path}: chmod 600 it, or remove it for a new one")
        with open(path, "rb") as file:
            content = file.read(LONGEST + 2)
        return given_secret(content.decode())
    except OSError as error:
        raise UsageError(f"the lobby's secret cannot be kept in {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} holds no secret: remove it for a new one") from None


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and linked into place: of two lobbies that begin at once both read the same, whole secret.
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    if path.exists():
        return
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
    try:
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink()
