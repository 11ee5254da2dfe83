"""The messages of the ordered, reliable channel: a zero, one byte of kind, then a state tree. Knows no session.

They carry what is too large or too rare for a datagram: where two states differ, and states themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rollback.errors import WireError
from rollback.state.trees import is_key
from rollback.wire.limits import MAX_BLOB
from rollback.wire.tree import pack_tree, unpack_tree

__all__ = ["Blob", "Branches", "Compared", "Leaf", "Reloaded", "StateAt", "decode_blob", "encode_blob"]

MAX_BRANCHES: Final = 1024  # children of one container whose checksums are exchanged
MAX_LETTER: Final = 256 * 1024  # bytes of a letter that holds no state
MAX_ITEMS: Final = 10_000  # and entries: they cost time to read, whoever sent them
MAX_PATH: Final = 64  # as deep as a state tree may be

Path = tuple[Any, ...]  # keys and indexes from the root


@dataclass(frozen=True, slots=True)
class Branches:
    """The checksums of what lies directly below a path in the sender's S_frame.

    Attributes:
        frame: The frame whose states differ.
        path: A container in that state.
        sums: Its keys (or indexes) and the checksum of what lies there.
    """

    frame: int
    path: Path
    sums: tuple[tuple[Any, int], ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """What lies at a path in the sender's S_frame."""

    frame: int
    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Compared:
    """The sender has all it needs to say where S_frame differs."""

    frame: int


@dataclass(frozen=True, slots=True)
class StateAt:
    """The sender's settled S_frame, which the receiver is to take over."""

    frame: int
    state: Any


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The sender has taken over S_frame; its checksums count again from `since` on."""

    frame: int
    since: int


Blob = Branches | Leaf | Compared | StateAt | Reloaded

KINDS: Final[dict[int, type[Blob]]] = {16: Branches, 17: Leaf, 18: Compared, 19: StateAt, 20: Reloaded}
NUMBERS: Final[dict[type[Blob], int]] = {kind: number for number, kind in KINDS.items()}


def encode_blob(blob: Blob) -> bytes:
    """Return the bytes of a message of the reliable channel."""
    fields = tuple([getattr(blob, name) for name in blob.__dataclass_fields__])
    return bytes((0, NUMBERS[type(blob)])) + pack_tree(fields)


def is_blob(data: bytes) -> bool:
    """Whether the bytes claim to be a message of this file; others may travel the same channel."""
    return len(data) > 1 and data[0] == 0 and data[1] in KINDS


def decode_blob(data: bytes, *, states: bool = True) -> Blob:
    """Return the message.

    Args:
        data: The bytes.
        states: Whether a state is welcome; one that is not is refused unread, for it may take seconds to read.

    Raises:
        WireError: It breaks a rule; see `unpack_tree` and the limits above.
    """
    if not is_blob(data):
        raise WireError("kind")
    kind = KINDS[data[1]]
    if kind is StateAt:
        if not states:
            raise WireError("unasked state")
        fields = unpack_tree(data[2:], max_bytes=MAX_BLOB)
    else:
        fields = unpack_tree(data[2:], max_bytes=MAX_LETTER, max_items=MAX_ITEMS)
    names = kind.__dataclass_fields__
    if type(fields) is not tuple or len(fields) != len(names):
        raise WireError("field", f"{kind.__name__} has {len(names)} fields")
    for name, value in zip(names, fields, strict=True):
        if name in ("frame", "since") and not (type(value) is int and 0 <= value < 1 << 40):
            raise WireError("field", f"{kind.__name__}.{name} is no frame")
        if name == "path" and not (type(value) is tuple and len(value) <= MAX_PATH and all(map(_is_key, value))):
            raise WireError("field", f"{kind.__name__}.path is no path")
        if name == "sums" and not _are_sums(value):
            raise WireError("field", f"{kind.__name__}.sums are no checksums by key")
    return kind(*fields)


def _is_key(value: Any) -> bool:
    return is_key(value, 1)


def _are_sums(value: Any) -> bool:
    return (
        type(value) is tuple
        and len(value) <= MAX_BRANCHES
        and all(type(pair) is tuple and len(pair) == 2 and _is_key(pair[0]) and type(pair[1]) is int for pair in value)
    )
