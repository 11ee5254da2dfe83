"""A network that a command reads from a JSON file. Knows files and profiles; knows no match and no flag."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from rollback.errors import UsageError

if TYPE_CHECKING:
    from rollback.sim.profiles import Profile

__all__ = ["ENDING", "profile_in"]

ENDING = ".json"  # what tells a file from the name of a profile


def profile_in(name: str) -> Profile:
    """Return the profile of a file, called as the file is.

    Raises:
        UsageError: It cannot be read, or holds none.
    """
    from rollback.sim.profiles import Profile

    path = Path(name)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is no JSON: {error}") from None
    return Profile.from_dict(path.stem, values)
