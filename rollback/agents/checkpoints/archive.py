"""Named contents as the bytes of one uncompressed ZIP archive, closed by its hash. Knows no array and no JSON.

Every program that opens ZIP files opens it, `numpy.load` too. Only what `pack` writes is read, byte for byte: each
content stands there as it is, so nothing inflates, nothing overlaps, and the hash in the archive's comment holds
every byte before it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from rollback.agents.checkpoints.limits import FORMAT, MAX_ARRAYS, MAX_FILE
from rollback.errors import CheckpointError

__all__ = ["pack", "unpack"]

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_LOCAL_MARK: Final = b"PK\x03\x04"
_VERSION: Final = 20  # of the ZIP format, as for every plain archive
_DAY: Final = 33  # 1980-01-01: the same contents are the same bytes on every day
_COMMENT: Final = re.compile(rb"rollback checkpoint (\d{1,4}) sha256:([0-9a-f]{64})")
_DIGITS: Final = 64
_REMEDY: Final = "choose a FILE.npz that a training saved"
_LONGEST_COMMENT: Final = 128


def pack(contents: Mapping[str, bytes]) -> bytes:
    """Return the archive; the same contents in the same order are the same bytes."""
    whole = b"".join(_chunks(contents))
    return whole + sha256(whole).hexdigest().encode()


def unpack(data: bytes, name: str) -> dict[str, bytes]:
    """Return the contents of an archive that `pack` made.

    Args:
        data: The archive.
        name: What it is called in messages.

    Raises:
        CheckpointError: It is no such archive, cut, damaged, too large or of a newer format.
    """
    if len(data) > MAX_FILE:
        raise CheckpointError(f"{name} has {len(data)} bytes and more than {MAX_FILE}: it is no checkpoint; {_REMEDY}")
    if not data:
        raise CheckpointError(f"{name} is empty, so no checkpoint: {_REMEDY}")
    if data[: len(_LOCAL_MARK)] != _LOCAL_MARK:
        raise CheckpointError(f"{name} is no checkpoint: it does not begin as an .npz file does; {_REMEDY}")
    tail = data[-_LONGEST_COMMENT:]
    comment = _COMMENT.fullmatch(tail, max(0, tail.rfind(b"rollback checkpoint ")))
    if comment is None:
        raise CheckpointError(f"{name} is no checkpoint: its end is cut off, or another program wrote it; {_REMEDY}")
    if int(comment[1]) != FORMAT:
        raise CheckpointError(
            f"{name} is a checkpoint of format {int(comment[1])}, and this version reads {FORMAT}: pip install -U rollback"
        )
    if sha256(memoryview(data)[:-_DIGITS]).hexdigest().encode() != comment[2]:
        raise CheckpointError(f"{name} is damaged: its bytes are not those that were saved, load another checkpoint")
    contents = _walked(data)
    if contents is None or not _is_exactly(data, contents):
        raise CheckpointError(f"{name} is no checkpoint: its archive is not built as those of checkpoints are; {_REMEDY}")
    return contents


def _walked(data: bytes) -> dict[str, bytes] | None:
    """Return what stands there from the start on, each behind its head; None where it is not so."""
    contents: dict[str, bytes] = {}
    place = 0
    while data[place : place + len(_LOCAL_MARK)] == _LOCAL_MARK:
        if len(contents) > MAX_ARRAYS or place + _LOCAL.size > len(data):
            return None
        _, _, _, _, _, _, _, size, _, letters, extra = _LOCAL.unpack_from(data, place)
        start = place + _LOCAL.size + letters
        if extra or start + size > len(data):
            return None
        try:
            name = data[start - letters : start].decode("ascii")
        except UnicodeDecodeError:
            return None
        contents[name] = data[start : start + size]
        place = start + size
    return contents


def _is_exactly(data: bytes, contents: Mapping[str, bytes]) -> bool:
    place = 0
    for chunk in _chunks(contents):
        if not data.startswith(chunk, place):
            return False
        place += len(chunk)
    return place == len(data) - _DIGITS


def _chunks(contents: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield all but the hash."""
    directory = []
    place = 0
    for name, content in contents.items():
        letters = name.encode("ascii")
        about = (_VERSION, 0, 0, 0, _DAY, zlib.crc32(content), len(content), len(content), len(letters), 0)
        head = _LOCAL.pack(_LOCAL_MARK, *about) + letters
        directory.append(_CENTRAL.pack(b"PK\x01\x02", _VERSION, *about, 0, 0, 0, 0, place) + letters)
        yield head
        yield content
        place += len(head) + len(content)
    listed = b"".join(directory)
    comment = f"rollback checkpoint {FORMAT} sha256:".encode()
    yield listed
    yield _END.pack(b"PK\x05\x06", 0, 0, len(directory), len(directory), len(listed), place, len(comment) + _DIGITS) + comment
