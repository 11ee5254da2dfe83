"""What has to travel with specs, as the caller has it: read once, named by its hash. Knows files; knows no worker."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from rollback.errors import UsageError
from rollback.sim.pool.played import Spec

__all__ = ["LARGEST", "Parcels"]

LARGEST: Final = 1 << 30  # bytes of one


class Parcels:
    """Those of a run; the bytes of each are kept until it is over."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Any, str]] = {}  # what a spec gave under a name, and its hash
        self._contents: dict[str, bytes] = {}

    def of(self, spec: Spec) -> tuple[tuple[str, str], ...]:
        """Return the name and the SHA-256 of each parcel of a spec. A file is read once, also if it changes meanwhile.

        Raises:
            UsageError: It cannot be read, or is too large.
        """
        return tuple((name, self._sha(name, given)) for name, given in spec.parcels().items())

    def content(self, sha: str) -> bytes:
        """Return the bytes of a hash that `of` returned."""
        return self._contents[sha]

    def _sha(self, name: str, given: Path | bytes) -> str:
        seen = self._seen.get(name)
        if seen is not None and (seen[0] is given or seen[0] == given):
            return seen[1]
        content = given if isinstance(given, bytes) else _read(given)
        if len(content) > LARGEST:
            raise UsageError(f"{name} has {len(content)} bytes, and at most {LARGEST} can travel with a match")
        sha = sha256(content).hexdigest()
        self._seen[name] = given, sha
        self._contents[sha] = content
        return sha


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
