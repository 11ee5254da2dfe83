"""The bytes of a file that somebody names, up to what may be read. Knows files; knows nothing of what is in them."""

from __future__ import annotations

import stat
from pathlib import Path

from rollback.agents.checkpoints.limits import MAX_FILE
from rollback.errors import CheckpointError

__all__ = ["content_of"]


def content_of(path: Path, kind: str, mend: str) -> bytes:
    """Return the bytes of a file; one more than `MAX_FILE` of a file that is too large.

    Args:
        path: Which file.
        kind: What it should be, for messages.
        mend: What to do where it is not there, for messages.

    Raises:
        CheckpointError: It is not there, is no file, or cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for, and a device never ends
            raise CheckpointError(f"{path} is no file, so no {kind}")
        with open(path, "rb") as file:
            return file.read(MAX_FILE + 1)
    except FileNotFoundError:
        raise CheckpointError(f"there is no {kind} {path}: {mend}") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error})") from None
