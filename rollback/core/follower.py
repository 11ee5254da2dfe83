"""The receiving side of a feed: a state, then rows without a gap, whatever comes in between. Knows bytes; knows no game.

It says what it holds and asks again for what does not come, from this sponsor or from another, which goes on where the last one
stopped. Nothing a sponsor sends does more than end the following, with a reason.
"""

from __future__ import annotations

from collections import Counter, deque
from hashlib import blake2b
from typing import Any, Final

from rollback.errors import WireError
from rollback.wire.feed import (
    LAST,
    MAX_STATE,
    WHOLE,
    Done,
    Keyframe,
    News,
    Part,
    Rows,
    Want,
    decode_feed,
    encode_feed,
    rows_in,
)
from rollback.wire.tree import unpack_tree

__all__ = ["Follower"]

ASK_AGAIN: Final = 1.0  # seconds of silence until something is asked for again
ASK_AT_ONCE: Final = 0.6  # seconds between two requests where something is seen to be missing; a sponsor follows two a second
ACK_EVERY: Final = 0.25  # seconds between acknowledgements of rows
ACK_BYTES: Final = 48 * 1024  # of a state, between two acknowledgements: a fraction of what may be on its way
MOST_BYTES: Final = 1024 * 1024  # of rows that nobody has taken yet; then no more are acknowledged
MOST_ROWS: Final = 36_000  # rows likewise: each takes a hundred bytes of memory, however small it is
MOST_SUMS: Final = 4096
STRIKES: Final = 3  # states that turn out to be wrong; then the sponsor is not believed any more


class Follower:
    """Receives a feed.

    Attributes:
        keyframe: Of the state that was handed out, or is about to be; None before.
        coming: Of the state that is being received, None while none is.
        newest: Newest row received, the frame before the keyframe's at first; -1 before.
        sums: Checksums of settled states that the sponsor told, by frame.
        news: What the sponsor told besides, with the first frame of the rows it came with.
        done: The sponsor's last word, None before.
        problem: Why nothing more is taken, None while all is well.
        dropped: Messages dropped, by reason.
    """

    def __init__(self) -> None:
        self.keyframe: Keyframe | None = None
        self.coming: Keyframe | None = None
        self.newest = -1
        self.sums: dict[int, int] = {}
        self.news: deque[tuple[int, News]] = deque(maxlen=256)
        self.done: Done | None = None
        self.problem: str | None = None
        self.dropped: Counter[str] = Counter()
        self._data = bytearray()
        self._sum = blake2b(digest_size=8)
        self._state: bytes | None = None  # whole, right, and not taken yet
        self._rows: deque[tuple[int, bytes]] = deque()
        self._held = 0  # bytes of rows not taken
        self._width = 0
        self._strikes = 0
        self._is_renewing = self._has_gap = False
        self._heard_at: float | None = None
        self._asked_at = float("-inf")
        self._acked: Want | None = None
        self._has_heard = False
        self._past = -1  # the state that is asked for is to lie after this frame

    @property
    def available(self) -> int:
        """Rows that wait to be taken."""
        return len(self._rows)

    @property
    def base(self) -> int:
        """Newest row that is here with all before it since the state; -1 before there is a state."""
        return self.newest if self.keyframe is not None else -1

    @property
    def progress(self) -> float:
        """The share of the state that has come, 0 to 1."""
        if self.coming is None:
            return 0.0 if self.keyframe is None else 1.0
        return len(self._data) / self.coming.size

    def hear(self, data: bytes) -> None:
        """Take one message of the sponsor; what breaks a rule is dropped and counted."""
        if self.problem is not None:
            return
        try:
            message = decode_feed(data)
            self._has_heard = True
            match message:
                case Keyframe():
                    self._begin(message)
                case Part():
                    self._add(message)
                case Rows():
                    self._append(message)
                case Done():
                    self._finish(message)
                case Want():
                    self.dropped["unasked"] += 1
        except WireError as error:
            self.dropped[error.reason] += 1

    @property
    def state_frame(self) -> int:
        """The frame of a state that waits to be taken, -1 for none."""
        return self.keyframe.frame if self.keyframe is not None and self._state is not None else -1

    def take_state(self) -> tuple[int, Any] | None:
        """Return the frame and the state once it is whole, each state once; from then on rows from that frame on follow.

        A further state leads on from a later frame than the rows before it, which need not lead up to it.
        """
        data, keyframe = self._state, self.keyframe
        if data is None or keyframe is None:
            return None
        self._state = None
        while self._rows and self._rows[0][0] < keyframe.frame:
            self._rows.popleft()
        self._held = len(self._rows) * self._width
        try:
            return keyframe.frame, unpack_tree(data, max_bytes=MAX_STATE)
        except WireError as error:
            self.reject(f"the state of frame {keyframe.frame} cannot be read: {error}")
            return None

    def take_rows(self, most: int | None = None) -> list[tuple[int, bytes]]:
        """Return the next rows, each after its frame, at most so many: as far as they go on without a gap.

        While a state waits to be taken, those that lie before it.
        """
        rows, out = self._rows, list[tuple[int, bytes]]()
        stop = self.state_frame if self._state is not None else LAST
        while rows and rows[0][0] < stop and (most is None or len(out) < most):
            if out and rows[0][0] != out[-1][0] + 1:
                break
            out.append(rows.popleft())
        self._held -= len(out) * self._width
        return out

    def reject(self, why: str) -> None:
        """The state, or what came of it, is wrong: ask for another one; after a few times, give up."""
        self.dropped["rejected"] += 1
        self._strikes += 1
        self._forget()
        if self._strikes >= STRIKES:
            self.problem = why

    def renew(self, past: int) -> None:
        """Ask for a state after frame `past`, for the rows that wait are too many to be played; what is here stays."""
        if not self._is_renewing and self._state is None:
            self._is_renewing, self._past = True, past

    def follow_another(self) -> None:
        """Another sponsor is to go on from here: tell it at once what is here. A last word that ended nothing is forgotten."""
        if self.done is not None and not self.done.over:
            self.done = None
        self._has_gap, self._asked_at = True, float("-inf")

    def wants(self, now: float) -> list[bytes]:
        """Return what is to be sent to the sponsor: what is here, and so what is missing. To be called often."""
        if self._heard_at is None or self._has_heard:
            self._heard_at = now
        self._has_heard = False
        if self.problem is not None or (self.done is not None and not self._has_gap and not self._is_renewing):
            return []
        want = self._want()
        silent = now - max(self._heard_at, self._asked_at) >= ASK_AGAIN
        if self._acked is None:
            again = False
        elif silent or (self._has_gap and now - self._asked_at >= ASK_AT_ONCE):
            again = True
        elif want.frame < 0 and self._acked.frame >= 0:
            again = False
        elif want.frame < 0 or not self._is_due(want, self._acked, now):
            return []
        else:
            again = False
        if again:
            want = Want(want.frame, want.offset, want.sum, want.newest, True)
            self._has_gap = False
        self._acked, self._asked_at = want, now
        return [encode_feed(want)]

    def _is_due(self, want: Want, acked: Want, now: float) -> bool:
        """Whether enough came since the last acknowledgement."""
        if (want.frame, want.sum) != (acked.frame, acked.sum) or (want.offset == WHOLE) != (acked.offset == WHOLE):
            return True
        if want.offset != WHOLE:
            return want.offset - acked.offset >= ACK_BYTES
        return want.newest > acked.newest and now - self._asked_at >= ACK_EVERY

    def _want(self) -> Want:
        coming, keyframe = self.coming, self.keyframe
        if coming is not None:
            return Want(coming.frame, len(self._data), coming.sum)
        if keyframe is None or self._is_renewing:
            return Want(newest=self._past)
        return Want(keyframe.frame, WHOLE, keyframe.sum, self.newest)

    def _begin(self, keyframe: Keyframe) -> None:
        coming = self.coming
        if coming is not None and (coming.frame, coming.sum, coming.size) == (keyframe.frame, keyframe.sum, keyframe.size):
            return  # told again; what has come of it stays
        if self.keyframe is not None and not self._is_renewing and keyframe.frame <= self.newest + 1:
            return  # of use to others who read the same
        if keyframe.frame <= self._past:
            return
        self.coming = keyframe
        self._data = bytearray()
        self._sum = blake2b(digest_size=8)

    def _add(self, part: Part) -> None:
        coming = self.coming
        if coming is None or part.frame != coming.frame or part.offset < len(self._data):
            return
        if part.offset > len(self._data):
            self._has_gap = True
            return
        if part.offset + len(part.data) > coming.size:
            raise WireError("oversized", f"a state of {coming.size} bytes has more")
        self._data += part.data
        self._sum.update(part.data)
        if len(self._data) == coming.size:
            self._complete(coming)

    def _complete(self, coming: Keyframe) -> None:
        if int.from_bytes(self._sum.digest(), "little") != coming.sum:
            self.reject(f"the bytes of the state of frame {coming.frame} do not add up to the sum that was told")
            return
        data, self._data, self.coming = bytes(self._data), bytearray(), None
        self._is_renewing, self._past = False, -1
        if self.keyframe is not None and coming.frame <= (self._rows[0][0] if self._rows else self.newest + 1):
            return  # by now the rows have led past it
        while self._state is not None and self._rows and self._rows[-1][0] >= self.state_frame:
            self._rows.pop()  # they follow a state that nobody took, and now never will
        self._state, self.keyframe, self._width = data, coming, sum(coming.widths)
        if self.newest < coming.frame - 1 or not self._rows:
            self.newest = coming.frame - 1

    def _append(self, rows: Rows) -> None:
        if self.keyframe is None:
            return  # of use to others who read the same; ours begin with the state
        stop = rows.first + rows.count
        if rows.first > self.newest + 1:
            self._has_gap = True
            return
        if stop <= self.newest + 1:
            return
        if self._held + rows.count * self._width > MOST_BYTES or len(self._rows) + rows.count > MOST_ROWS:
            self.dropped["full"] += 1
            return
        data, width = rows_in(rows, self._width), self._width
        for frame in range(self.newest + 1, stop):
            at = (frame - rows.first) * width
            self._rows.append((frame, data[at : at + width]))
        self._held += (stop - self.newest - 1) * width
        self.newest = stop - 1
        self.sums.update({frame: value for frame, value in rows.sums if rows.first <= frame <= stop})
        while len(self.sums) > MOST_SUMS:
            del self.sums[next(iter(self.sums))]
        self.news.extend((rows.first, told) for told in rows.news)

    def _finish(self, done: Done) -> None:
        if self.keyframe is not None and done.frame > self.newest + 1:
            self._has_gap = True  # something before it was lost
            return
        self.done = done

    def _forget(self) -> None:
        self.keyframe = self.coming = self._state = None
        self._data = bytearray()
        self._rows.clear()
        self.sums.clear()
        self._held, self.newest, self._past, self._is_renewing = 0, -1, -1, False
        self._asked_at = float("-inf")
        self._acked = None
