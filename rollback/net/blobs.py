"""Blobs cut into fragments for an ordered, reliable channel, and put together again. Knows no channel.

A fragment is one byte, `MORE` or `LAST`, and up to 16 KiB less one byte of the blob.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rollback.errors import WireError
from rollback.net.transport import MAX_BLOB, MAX_MESSAGE

__all__ = ["FRAGMENT", "LAST", "MORE", "Assembly", "fragments"]

MORE: Final = 0
LAST: Final = 1
FRAGMENT: Final = MAX_MESSAGE - 1  # with its byte in front a fragment is just what every receiver accepts


def fragments(blob: bytes) -> Iterator[bytes]:
    """Yield the fragments of a blob in order; an empty blob has one."""
    start = 0
    while len(blob) - start > FRAGMENT:
        yield bytes([MORE]) + blob[start : start + FRAGMENT]
        start += FRAGMENT
    yield bytes([LAST]) + blob[start:]


class Assembly:
    """Puts the fragments of one sender together, and holds at most 16 MiB of them."""

    def __init__(self) -> None:
        self._held = bytearray()  # no list of parts: empty ones would grow it without an end
        self._size = 0

    def take(self, fragment: bytes) -> bytes | None:
        """Take the next fragment; return the blob that it completes, if it does.

        Raises:
            WireError: The fragment breaks the rules, or the blob grew beyond 16 MiB: what is held of it is let go, and
                the rest of it is swallowed.
        """
        if not fragment or fragment[0] not in (MORE, LAST) or len(fragment) > FRAGMENT + 1:
            raise WireError("malformed", "no fragment of a blob")
        last = fragment[0] == LAST
        fits = self._size + len(fragment) - 1 <= MAX_BLOB
        if fits:
            self._held += memoryview(fragment)[1:]
            self._size += len(fragment) - 1
        else:
            self._held.clear()
            self._size = MAX_BLOB + 1  # every further fragment of this blob is over the limit too
        if not last:
            return None
        blob = bytes(self._held)
        self._held.clear()
        self._size = 0
        if not fits:
            raise WireError("oversized", f"a blob of more than {MAX_BLOB} bytes")
        return blob
