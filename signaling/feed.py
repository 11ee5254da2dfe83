"""What the audience of one room is shown: the newest whole keyframe and the rows since. Knows no readers' sockets.

One player uploads, and each message is encoded once. A reader is sent the keyframe and then the rows as they come; who
has it all is spared later keyframes. A reader that falls behind what is kept begins again with the newest keyframe, so
what is kept does not grow with anybody's slowness. Messages are those of `rollback.wire.feed`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from rollback.errors import WireError
from rollback.wire.feed import Done, Keyframe, Part, Rows, decode_feed
from rollback.wire.matches import unmark
from signaling.refusals import Refusal

__all__ = ["Feed", "Reader"]

ROWS_BYTES: Final = 1024 * 1024  # of rows that are kept: ten seconds of the widest inputs; hours of Pong
EARLY_BYTES: Final = 64 * 1024  # of rows as long as there is no keyframe
PLACES: Final = 64  # of readers whose next bytes are kept made up
LEAST_PART: Final = 4096  # bytes of a state in one message, but for the last
OVERHEAD: Final = 200  # bytes that a message kept takes besides its own: many tiny ones are no way around the limits


@dataclass(slots=True)
class _State:
    """A keyframe: its messages, encoded, and how many bytes of the state are there."""

    frame: int
    size: int
    messages: list[bytes] = field(default_factory=list)
    held: int = 0

    @property
    def is_whole(self) -> bool:
        return self.held >= self.size


@dataclass(slots=True)
class Reader:
    """How far somebody is.

    Attributes:
        state: The keyframe that is being sent; None before the first, and when it is all sent.
        sent: Messages of it that are sent.
        next: The number of the next row message; None before the keyframe is sent.
    """

    state: _State | None = None
    sent: int = 0
    next: int | None = None


class Feed:
    """The feed of one room.

    Args:
        limit: Bytes that may be kept.
        encode: Makes of a message the bytes that readers are sent.

    Attributes:
        reserved: Bytes that this feed may come to hold.
    """

    def __init__(self, limit: int, encode: Callable[[bytes], bytes]) -> None:
        self.reserved = 0
        self._limit = limit
        self._encode = encode
        self._source = ""
        self._whole: _State | None = None
        self._coming: _State | None = None
        self._rows: deque[tuple[int, int, bytes]] = deque()  # (first frame, frame behind the last row, message)
        self._rows_bytes = 0
        self._first = 0  # number of the oldest message of rows that is kept
        self._expected = -1  # frame of the next row, if nothing is missing
        self._joined: dict[int, tuple[bytes, int]] = {}  # what readers at the same place are sent: made once

    def take(self, source: str, message: bytes, *, free: Callable[[], int]) -> None:
        """Take a message.

        Args:
            source: The member that uploads; another one begins anew, with a keyframe.
            message: As it came.
            free: Returns the bytes that the feeds of the other rooms leave to this one.

        Raises:
            Refusal: `malformed`: no message of a feed. `too_large`: there is no room for the keyframe.
        """
        try:
            said = decode_feed(unmark(message))
        except WireError as error:
            raise Refusal("malformed", f"this is no message of a feed: {error}") from None
        if source != self._source:
            self._source = source
            self._forget()
        self._joined.clear()
        match said:
            case Keyframe():
                self._begin(said, message, min(self._limit, free()))
            case Part():
                self._go_on(said, message)
            case Rows(count=0):
                raise Refusal("malformed", "rows without a row tell nothing")
            case Rows():
                self._add_rows(said, message)
            case Done():
                self._keep(self._expected, self._expected, message)
            case _:
                raise Refusal("malformed", "only a follower asks for more, and the lobby's feed has none")

    def next_for(self, reader: Reader, most: int) -> bytes:
        """Return what a reader is to be sent next, about `most` bytes; empty when it has all there is."""
        state = reader.state
        if (reader.next is None and state is not self._whole) or (reader.next is not None and reader.next < self._first):
            reader.state, reader.sent, reader.next = self._whole, 0, None  # the newest one there is
            state = self._whole
        if reader.next is None:
            if state is None:
                return b""
            return self._some_of_state(reader, state, most)
        return self._some_rows(reader, reader.next, most)

    def _some_of_state(self, reader: Reader, state: _State, most: int) -> bytes:
        out: list[bytes] = []
        size = 0
        while reader.sent < len(state.messages) and size < most:
            out.append(state.messages[reader.sent])
            size += len(out[-1])
            reader.sent += 1
        if reader.sent == len(state.messages):
            ahead = sum(end <= state.frame for _, end, _ in self._rows)
            reader.state, reader.next = None, self._first + ahead
        return b"".join(out)

    def _some_rows(self, reader: Reader, number: int, most: int) -> bytes:
        made = self._joined.get(number)
        if made is None:
            out: list[bytes] = []
            size = 0
            for _, _, message in islice(self._rows, number - self._first, None):
                out.append(message)
                size += len(message)
                if size >= most:
                    break
            made = self._joined[number] = b"".join(out), number + len(out)
            if len(self._joined) > PLACES:  # so many readers apart from each other are slow ones anyway
                self._joined.pop(next(iter(self._joined)))
        reader.next = made[1]
        return made[0]

    def _begin(self, said: Keyframe, message: bytes, free: int) -> None:
        self._coming = None
        if self._held(self._whole) + said.size > free:
            self._whole = None  # who comes now waits for the new one
        if said.size > free:
            self._count()
            raise Refusal(
                "too_large", f"the state has {said.size} bytes, and this lobby has room for {max(0, free)}: nobody can watch"
            )
        self._coming = _State(said.frame, said.size, [self._encode(message)])
        self._count()

    def _go_on(self, said: Part, message: bytes) -> None:
        coming = self._coming
        if coming is None or said.frame != coming.frame or said.offset != coming.held:
            self._coming = None  # something is missing: the next keyframe mends it
        elif not min(LEAST_PART, coming.size - coming.held) <= len(said.data) <= coming.size - coming.held:
            self._coming = None
            self._count()
            raise Refusal("malformed", f"a part of a state has {LEAST_PART} bytes or more, and the last one the rest")
        else:
            coming.messages.append(self._encode(message))
            coming.held += len(said.data)
            if coming.is_whole:
                self._coming = None
                self._put_in_place(coming)
        self._count()

    def _put_in_place(self, state: _State) -> None:
        """Give it to who comes from now on, if the rows behind it are all there."""
        oldest = self._rows[0][0] if self._rows else self._expected
        if oldest <= state.frame:
            self._whole = state
            while self._rows and self._rows[0][1] <= state.frame:
                self._drop_row()

    def _add_rows(self, said: Rows, message: bytes) -> None:
        if self._expected >= 0 and said.first != self._expected:
            # Rows are missing, or the match goes on from another state: what was kept leads nowhere.
            coming = self._coming
            self._forget()
            self._coming = coming
            self._count()
        self._expected = said.first + said.count
        self._keep(said.first, self._expected, message)

    def _keep(self, first: int, end: int, message: bytes) -> None:
        encoded = self._encode(message)
        self._rows.append((first, end, encoded))
        self._rows_bytes += len(encoded) + OVERHEAD
        while self._rows_bytes > (ROWS_BYTES if self.reserved else EARLY_BYTES):
            if self._whole is not None and self._rows[0][1] > self._whole.frame:
                self._whole = None  # the rows behind it have a gap now
                self._count()
            self._drop_row()

    def _drop_row(self) -> None:
        self._rows_bytes -= len(self._rows.popleft()[2]) + OVERHEAD
        self._first += 1

    def _forget(self) -> None:
        """Let all readers wait for the next keyframe."""
        self._whole = self._coming = None
        self._first += len(self._rows) + 1  # beyond every reader's place
        self._rows.clear()
        self._rows_bytes, self._expected = 0, -1
        self._count()

    def _count(self) -> None:
        states = self._held(self._whole) + self._held(self._coming)
        self.reserved = states + ROWS_BYTES if states else 0

    @staticmethod
    def _held(state: _State | None) -> int:
        return 0 if state is None else state.size
