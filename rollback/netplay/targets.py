"""Where the files of a match go, found out before it is played for them. Knows paths; knows no session."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from rollback.errors import ReplayError

__all__ = ["bundle_folder", "check_target"]


def check_target(path: str | os.PathLike[str]) -> Path:
    """Return the path of a replay that can be written, before a match is played for it.

    Raises:
        ReplayError: It cannot; the sentence says why.
    """
    target = Path(path)
    if target.is_dir():
        raise ReplayError(f"the replay cannot be written to {str(target)!r}, a folder: name a file, such as match.rbr")
    if not target.parent.is_dir():
        raise ReplayError(f"the replay {str(target)!r} cannot be written: there is no folder {str(target.parent)!r}")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise ReplayError(f"the replay {str(target)!r} cannot be written: this account may not write there")
    return target


def bundle_folder(replay: str | os.PathLike[str] | None, bundles: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of the bundles of a match: `bundles`, else that of the replay, else the temporary one.

    Raises:
        ReplayError: `bundles` is no folder.
    """
    if bundles is None:
        return Path(tempfile.gettempdir()) if replay is None else Path(replay).parent
    folder = Path(bundles)
    if not folder.is_dir():
        raise ReplayError(f"bundles cannot be written to {str(folder)!r}, which is no folder: make it, or name another")
    return folder
