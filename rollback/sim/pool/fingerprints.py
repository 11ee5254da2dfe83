"""What tells a match from any other, in 32 letters: its spec and the contents of its parcels. Knows no seed and no result."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from rollback.errors import UsageError

if TYPE_CHECKING:
    from rollback.sim.pool.played import Spec

__all__ = ["Fingerprints"]


class Fingerprints:
    """Those of one run: a file is read once in it, and a spec that comes again is not looked at again."""

    def __init__(self) -> None:
        self._last: Spec | None = None
        self._known = ""
        self._contents: dict[Path, str] = {}

    def of(self, spec: Spec) -> str:
        """Return the fingerprint of a spec, the same in every process; that of equal specs is equal.

        Raises:
            UsageError: JSON cannot hold the spec, or one of its files cannot be read.
        """
        if spec is not self._last:  # a run often holds one spec many times
            contents = {name: self._digest(what) for name, what in spec.parcels().items()}
            try:
                told = json.dumps([spec.to_dict(), contents], sort_keys=True, separators=(",", ":"))
            except (TypeError, ValueError) as error:
                raise UsageError(f"to_dict() of {spec.name} must hold what JSON can hold, for a journal: {error}") from None
            self._known = hashlib.sha256(told.encode()).hexdigest()[:32]
            self._last = spec
        return self._known

    def _digest(self, parcel: Path | bytes) -> str:
        if isinstance(parcel, bytes):
            return hashlib.sha256(parcel).hexdigest()
        if parcel not in self._contents:
            try:
                self._contents[parcel] = hashlib.sha256(parcel.read_bytes()).hexdigest()
            except OSError as error:
                raise UsageError(f"{str(parcel)!r} cannot be read: {error.strerror or error}") from None
        return self._contents[parcel]
