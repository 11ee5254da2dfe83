"""What has to travel with specs, as the caller has it: read once, named by its hash. Knows files; knows no worker."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from rollback.errors import UsageError
from rollback.sim.pool.played import Spec

__all__ = ["LARGEST", "Parcels"]

LARGEST: Final = 1 << 30  # bytes of one


class Parcels:
    """Those of a run; they are kept until it is over.

    Attributes:
        contents: The bytes of each, by their SHA-256.
    """

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self._seen: dict[str, tuple[Any, str]] = {}  # what a spec gave under a name, and its hash

    def of(self, specs: Iterable[Spec]) -> tuple[tuple[str, str], ...]:
        """Return the name and the SHA-256 of each parcel of these specs. A file is read once, also if it changes meanwhile.

        Raises:
            UsageError: It cannot be read, is too large, or another one has its name in this run.
        """
        found: dict[str, str] = {}
        for spec in specs:
            for name, given in spec.parcels().items():
                found[name] = self._sha(name, given)
        return tuple(found.items())

    def _sha(self, name: str, given: Path | bytes) -> str:
        seen = self._seen.get(name)
        if seen is not None and (seen[0] is given or seen[0] == given):
            return seen[1]
        if seen is not None:
            raise UsageError(f"two different parcels have the name {name!r:.80} in one run: give each its own")
        content = given if isinstance(given, bytes) else _read(given)
        if len(content) > LARGEST:
            raise UsageError(f"{name!r:.80} has more than {LARGEST} bytes, and no more can travel with a match")
        sha = sha256(content).hexdigest()
        self._seen[name] = given, sha
        self.contents[sha] = content
        return sha


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
