"""A saved agent: what was learned as arrays, and all that is needed to go on from there. Knows no algorithm and no game."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from rollback.agents.checkpoints import archive
from rollback.agents.checkpoints.arrays import Array, array_from_npy, npy_from_array
from rollback.agents.checkpoints.atomic import write_whole
from rollback.agents.checkpoints.contents import content_of
from rollback.agents.checkpoints.facts import check_facts
from rollback.agents.checkpoints.limits import EXTENSION, FORMAT, MAX_META
from rollback.agents.checkpoints.plain import dumped, parsed
from rollback.errors import CheckpointError, UsageError

__all__ = ["Checkpoint", "versions_here"]

_META: Final = "meta.npy"
_ENDING: Final = ".npy"
_NAMELESS: Final = "the checkpoint"


def versions_here() -> dict[str, str]:
    """Return the versions that a checkpoint made here is of: Python's and this package's."""
    from rollback import __version__

    return {"python": platform.python_version(), "rollback": __version__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a file holds; equal where every value is. The same values are the same bytes, on every machine.

    Whoever trains goes on from it exactly as if nothing had happened: it is taken between two episodes, or with the
    environment's snapshot in the arrays or the random state.

    Attributes:
        algorithm: What trained it, such as `q-learning`; it says what the arrays mean.
        environment: Name of the game it was trained on, as commands take it.
        config_hash: What else decides whether it fits a game, as the algorithm counts it; 64 hexadecimal digits or empty.
        parameters: How it was trained: plain values by name.
        step: Steps of the environment so far.
        episode: Episodes so far.
        epsilon: Share of random actions that it was training with.
        random_state: Plain values in lists and dicts, see `state_of`; tuples become lists.
        metrics: Finite numbers by name.
        versions: Of packages.
        parent: `hash` of the checkpoint that training went on from, empty for none.
        arrays: What was learned, by name.
        format: Number of the format.

    Raises:
        UsageError: A value is of the wrong kind or out of its limits; the message names it.
    """

    algorithm: str
    environment: str
    config_hash: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    step: int = 0
    episode: int = 0
    epsilon: float = 0.0
    random_state: Any = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=versions_here)
    parent: str = ""
    arrays: Mapping[str, Array] = field(default_factory=dict)
    format: int = FORMAT
    _hash: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value in check_facts({each: getattr(self, each) for each in _FIELDS}).items():
            object.__setattr__(self, name, value)

    @classmethod
    def load(cls, source: str | os.PathLike[str] | bytes, name: str = "") -> Self:
        """Return the checkpoint of a file, or of its bytes.

        Args:
            source: The file's path, or what is in it.
            name: What it is called in messages; the path, if nothing else is given.

        Raises:
            CheckpointError: It cannot be read, is no checkpoint, is damaged or of a newer format.
        """
        if isinstance(source, bytes | bytearray | memoryview):
            return cls._from_bytes(bytes(source), name or _NAMELESS)
        return cls._from_bytes(
            content_of(Path(source), "checkpoint", "look for it in the folder runs"), name or os.fspath(source)
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file: whole and to the disk, or not at all.

        Raises:
            CheckpointError: It cannot be written; what was there before is still there.
            UsageError: The path does not end in .npz, by which commands know checkpoints.
        """
        place = Path(path)
        if place.suffix != EXTENSION:
            raise UsageError(f"a checkpoint is saved as FILE{EXTENSION}, not as {str(place)!r}: end the name so")
        try:
            write_whole(place, self.to_bytes())
        except OSError as error:
            raise CheckpointError(f"{place} cannot be written ({error.strerror or error})") from None

    def to_bytes(self) -> bytes:
        """Return what the file holds."""
        meta = dumped({name: getattr(self, name) for name in _FIELDS if name != "arrays"})
        contents = {_META: npy_from_array(Array((len(meta),), "B", meta))}  # type: ignore[arg-type]
        contents |= {name + _ENDING: npy_from_array(values) for name, values in self.arrays.items()}
        content = archive.pack(contents)
        object.__setattr__(self, "_hash", sha256(content).hexdigest())
        return content

    @property
    def hash(self) -> str:
        """SHA-256 of the file's bytes, 64 hexadecimal digits: who has the same file computes the same."""
        if not self._hash:
            self.to_bytes()
        return self._hash

    @classmethod
    def _from_bytes(cls, content: bytes, name: str) -> Self:
        members = archive.unpack(content, name)
        meta = members.pop(_META, None)
        if meta is None:
            raise CheckpointError(f"{name} is no checkpoint: it does not say which agent it holds")
        try:
            facts = _facts(meta)
        except UsageError as error:
            raise CheckpointError(f"{name} is no checkpoint: what it says of itself {error}") from None
        arrays = {}
        for member, values in members.items():
            try:
                arrays[member.removesuffix(_ENDING)] = array_from_npy(values)
            except UsageError as error:
                raise CheckpointError(f"{name} is no checkpoint: its array {member!r:.80} {error}") from None
        try:
            made = cls(**facts, arrays=arrays)
        except UsageError as error:
            raise CheckpointError(f"{name} is no checkpoint: {error}") from None
        if made.to_bytes() != content:
            raise CheckpointError(f"{name} is no checkpoint: it is not written as checkpoints are")
        return made


_FIELDS: Final = tuple(each.name for each in fields(Checkpoint) if each.init)


def _facts(meta: bytes) -> dict[str, Any]:
    values = array_from_npy(meta)
    if values.typecode != "B" or len(values.shape) != 1 or values.size > MAX_META:
        raise UsageError(f"is no row of at most {MAX_META} bytes")
    facts = parsed(values.data.tobytes())
    if not isinstance(facts, dict) or set(facts) != set(_FIELDS) - {"arrays"}:
        raise UsageError(f"does not name exactly {', '.join(name for name in _FIELDS if name != 'arrays')}")
    return facts
