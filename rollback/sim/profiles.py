"""Networks by name, from a wire in the room to one on which nobody would play. Knows links and clocks; knows no game.

Latencies are one-way: half of the round trip that a profile is told by.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from rollback.errors import UsageError
from rollback.sim.link import Link

__all__ = ["PROFILES", "Profile", "profiles_of"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A network that matches are played on.

    Attributes:
        name: What it is called.
        about: What it is like, in a few words.
        link: The link of all directions.
        skew_ppm: By how many millionths each peer's clock is too fast; peers beyond the last begin again.
        seconds: Virtual seconds that a match on it takes at least.
    """

    name: str
    about: str
    link: Link
    skew_ppm: tuple[float, ...] = ()
    seconds: float = 0.0

    def frames(self, frames: int, fps: int) -> int:
        """Return how many frames a match has on it that shall have `frames`."""
        return max(frames, round(self.seconds * fps))

    def skews(self, peers: int) -> tuple[float, ...]:
        """Return the skew of each peer's clock."""
        return tuple(self.skew_ppm[peer % len(self.skew_ppm)] for peer in range(peers)) if self.skew_ppm else ()

    @classmethod
    def from_dict(cls, name: str, values: Mapping[str, Any]) -> Self:
        """Return the profile that a JSON object describes: a link, or an object with `link`, `skew_ppm` and `seconds`.

        Raises:
            UsageError: It describes none.
        """
        if not isinstance(values, Mapping):
            raise UsageError(f"{name}: a profile is a JSON object, a link or one with link, not {values!r:.80}")
        if "link" not in values:
            return cls(name, "as given", Link.from_dict(values))
        for key in values:
            if key not in ("link", "skew_ppm", "seconds", "about"):
                raise UsageError(f"{name}: a profile has link, skew_ppm, seconds and about, not {key!r}")
        skew, seconds = values.get("skew_ppm", ()), values.get("seconds", 0.0)
        if not isinstance(skew, list | tuple) or not all(isinstance(ppm, int | float) for ppm in skew):
            raise UsageError(f"{name}: skew_ppm is a list of numbers, one a peer, not {skew!r:.80}")
        if not isinstance(seconds, int | float) or not 0 <= seconds <= 86_400:
            raise UsageError(f"{name}: seconds is a number from 0 to 86400, not {seconds!r:.80}")
        return cls(name, str(values.get("about", "as given")), Link.from_dict(values["link"]), tuple(skew), seconds)


PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile("lan", "2 ms round trip", Link(latency_ms=1, jitter_ms=1)),
        Profile("wifi", "50 ms round trip, 20 ms jitter, 1 % lost", Link(latency_ms=25, jitter_ms=20, loss=0.01)),
        Profile("mobile", "100 ms round trip, 20 ms jitter, 5 % lost", Link(latency_ms=50, jitter_ms=20, loss=0.05)),
        Profile("poor", "200 ms round trip, 100 ms jitter, 5 % lost", Link(latency_ms=100, jitter_ms=100, loss=0.05)),
        Profile(
            "terrible",
            "500 ms round trip, 15 % lost, bursts of 6 at 10 %",
            Link(latency_ms=250, jitter_ms=50, loss=0.15, burst=(0.1, 6), duplicate=0.05, reorder=0.05),
        ),
        Profile(
            "blackout",
            "50 ms round trip, silent for 2 s",
            Link(latency_ms=25, jitter_ms=10, loss=0.01, blackouts=((3.0, 2.0),)),
            seconds=8.0,
        ),
        Profile(
            "drift",
            "clocks 500 ppm fast and slow, for a minute",
            Link(latency_ms=25, jitter_ms=10, loss=0.01),
            skew_ppm=(500.0, -500.0),
            seconds=60.0,
        ),
    )
}


def profiles_of(name: str) -> list[Profile]:
    """Return the profile of that name, or all of them for `all`.

    Raises:
        UsageError: There is none; the closest ones are told.
    """
    if name == "all":
        return list(PROFILES.values())
    if name not in PROFILES:
        close = difflib.get_close_matches(name, [*PROFILES, "all"], n=2)
        meant = f", did you mean {' or '.join(close)}?" if close else "."
        raise UsageError(f"there is no profile {name!r}{meant} There are {', '.join(PROFILES)}, all, and JSON files")
    return [PROFILES[name]]
