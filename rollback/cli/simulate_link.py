"""The network that `rollback simulate` plays over: a profile, a file, or flags; mostly none. Knows links; knows no match."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollback.sim.link import Link

__all__ = ["link_of"]


def link_of(profile: str | None, changed: Mapping[str, float | None]) -> Link | None:
    """Return the link of all matches; None where neither a profile nor a flag asks for one.

    Args:
        profile: A profile's name, or a JSON file.
        changed: What flags say, by the names of a link's attributes; None: nothing.

    Raises:
        UsageError: There is no such profile, or a value is out of its limits.
    """
    from rollback.sim.link import Link

    given = {name: value for name, value in changed.items() if value is not None}
    if profile is None:
        return Link(**given) if given else None  # type: ignore[arg-type]
    return dataclasses.replace(_link(profile), **given)  # type: ignore[arg-type]


def _link(name: str) -> Link:
    from rollback.cli.profile_file import ENDING, profile_in
    from rollback.errors import UsageError
    from rollback.sim.profiles import PROFILES, profiles_of

    if name.endswith(ENDING):
        return profile_in(name).link
    if name == "all":
        raise UsageError(f"all matches are played over one network: name one of {', '.join(PROFILES)}, or a JSON file")
    return profiles_of(name)[0].link
