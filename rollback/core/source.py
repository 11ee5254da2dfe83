"""What all feeds of a session draw on: packed keyframes, and the settled rows since. Knows frames; knows no follower.

A keyframe is packed once, a little in each look, and its bytes are shared. Nobody who receives slowly holds anything back: the
tape of rows has a fixed length, and who falls off its old end begins again with a new keyframe.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from rollback.core.queues import MASK
from rollback.core.settled import SettledReader
from rollback.core.simulation import Simulation
from rollback.errors import UsageError
from rollback.wire.feed import MAX_ROWS, MAX_STATE, News, encode_feed, rows_of
from rollback.wire.limits import RING
from rollback.wire.slices import packed_slices

__all__ = ["Packed", "Source"]

TAPE_BYTES: Final = 1024 * 1024  # of rows: hours of two players with one byte each, a minute of the widest possible
TAPE_SECONDS: Final = 300  # long enough for 16 MiB over half a megabit
FRESH: Final = 2.0  # seconds a packed keyframe is good for another follower: rows are cheaper than packing
STATES: Final = 4  # newest settled checksum frames that can be packed: another sponsor's follower may have half of one
WAITING: Final = 4  # further ones that are not settled yet
REACH: Final = RING * 7 // 8  # frames back that rows still stand in the ring, with room for what is simulated meanwhile
MOST_NEWS: Final = 64
MOST_PACKED: Final = 32  # at a time, whatever many slow followers began with
MOST_BYTES: Final = 2 * MAX_STATE  # of them: the packed states of a small game do not lack room because of a silent follower


@dataclass(frozen=True, slots=True)
class Packed:
    """A packed state.

    Attributes:
        frame: The state is S_frame.
        data: Its bytes, never changed.
        sum: 64 bits of BLAKE2b of them.
        checksum: Of the state, as peers compare it.
    """

    frame: int
    data: bytearray
    sum: int
    checksum: int


class _Packing:
    """A state on its way to bytes."""

    def __init__(self, frame: int, tree: Any, checksum: int) -> None:
        self.frame = frame
        self._checksum = checksum
        self._slices = packed_slices(tree)
        self._data = bytearray()
        self._sum = blake2b(digest_size=8)

    def work(self) -> Packed | None:
        """Make one slice; return the whole once it is there.

        Raises:
            UsageError: The state is no tree, or too large.
        """
        piece = next(self._slices, None)
        if piece is None:
            value = int.from_bytes(self._sum.digest(), "little")
            return Packed(self.frame, self._data, value, self._checksum)
        self._data += piece
        self._sum.update(piece)
        if len(self._data) > MAX_STATE:
            raise UsageError(f"the state of frame {self.frame} takes more than {MAX_STATE} bytes: nobody can be sent it")
        return None


class Source:
    """The keyframes and rows of one match.

    Args:
        sim: Where the rows stand.
        fps: Frames a second.
        subscribe: Makes a reader of what settles from now on.

    Attributes:
        first: Frame of the oldest row on the tape.
        end: The frame after the newest.
        problem: Why no state can be sent, or None.
    """

    def __init__(self, sim: Simulation, fps: int, subscribe: Callable[[], SettledReader]) -> None:
        self.first = self.end = 0
        self.problem: str | None = None
        self.width = sum(queue.width for queue in sim.queues)
        self._sim = sim
        self._fps = fps
        self._subscribe = subscribe
        self._has_digest = hasattr(sim.game, "digest")
        self._reader: SettledReader | None = None
        self._tape = bytearray()
        self._states: dict[int, tuple[Any, int]] = {}
        self._sums: dict[int, int] = {}
        self._news: list[tuple[int, News]] = []
        self._packed: list[Packed] = []  # oldest first
        self._packed_at = 0
        self._packing: _Packing | None = None
        self._messages: dict[int, tuple[bytes, int]] = {}

    @property
    def is_open(self) -> bool:
        """Whether rows are being kept."""
        return self._reader is not None

    @property
    def is_packing(self) -> bool:
        """Whether `work` has something to do."""
        return self._packing is not None

    def open(self, settled: int, kept: dict[int, Any], sums: dict[int, int]) -> None:
        """Begin to keep rows, from the oldest checksum frame on whose rows are all still in the ring.

        Args:
            settled: Newest settled frame.
            kept: What the newest checksums were made of, by frame.
            sums: These checksums.
        """
        if self._reader is not None:
            return
        self._reader = self._subscribe()
        sim, self.end = self._sim, settled + 1
        oldest = max(0, max(sim.frame, sim.present) - REACH)
        for frame in sorted(kept):
            if frame >= oldest and frame in sums:
                self.offer(frame, kept[frame], sums[frame])
        self.first = min([self.end, *self._states])
        for frame in range(self.first, self.end):
            self._tape += b"".join(sim.decode(sim.played[frame & MASK])[1])

    def close(self) -> None:
        """Forget everything: nobody follows any more."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._tape.clear()
        self.begin_again()

    def begin_again(self) -> None:
        """Forget all states: they were replaced by another peer's."""
        self._states.clear()
        self._sums.clear()
        self._packed.clear()
        self._packing = None
        self._messages.clear()

    def offer(self, frame: int, tree: Any, checksum: int) -> None:
        """Take the confirmed S_frame, or what its checksum was made of, and the checksum."""
        sim = self._sim
        if self._has_digest:
            held = frame == sim.frame or sim.snapshots.has(frame)
            tree = (sim.game.save() if frame == sim.frame else sim.snapshots.at(frame)) if held else None
        self._sums[frame] = checksum
        waiting = sum(1 for other in self._states if other > self.end)
        if tree is not None and waiting < WAITING:
            self._states[frame] = tree, checksum

    def note(self, frame: int, news: News) -> None:
        """Tell followers something with the row of `frame`, the next that settles; also those who come later."""
        self._news.append((frame, news))
        del self._news[:-MOST_NEWS]

    def advance(self) -> None:
        """Take what has settled, and let go of what is too old."""
        if self._reader is None:
            return
        frames = self._reader.take()
        if not frames:
            return
        self._messages.clear()
        self._tape += b"".join([part for done in frames for part in done.inputs])
        self.end = frames[-1].frame + 1
        settled = [frame for frame in self._states if frame <= self.end]
        for frame in settled[:-STATES]:
            del self._states[frame]
        length = min(TAPE_SECONDS * self._fps, TAPE_BYTES // self.width)
        surplus = self.end - self.first - length
        if surplus > length // 4:  # seldom, for it moves the whole tape
            del self._tape[: surplus * self.width]
            self.first += surplus
            self._sums = {frame: value for frame, value in self._sums.items() if frame >= self.first}

    def keyframe(self) -> Packed | None:
        """Return a keyframe that is good to begin with now; None while there is none, then it is on its way."""
        settled = [frame for frame in self._states if frame <= self.end]
        newest = self._packed[-1] if self._packed else None
        if newest is not None and newest.frame >= self.first:
            is_fresh = self.end - self._packed_at <= FRESH * self._fps or newest.frame >= max(settled, default=-1)
            if is_fresh or self._is_full:
                return newest
        if settled and self._packing is None:
            self._begin(max(settled))
        return None

    def find(self, frame: int) -> Packed | None:
        """Return the keyframe of a frame; None where there is none yet, or never: `can_pack` tells."""
        for packed in self._packed:
            if packed.frame == frame:
                return packed
        if self._packing is None and self.can_pack(frame):
            self._begin(frame)
        return None

    def can_pack(self, frame: int) -> bool:
        """Whether the keyframe of a frame is here, or can be made."""
        here = any(packed.frame == frame for packed in self._packed) or (frame in self._states and not self._is_full)
        return here and self.first <= frame <= self.end

    @property
    def _is_full(self) -> bool:
        """Whether no further state is packed before somebody is done with one: the next is as large as the newest."""
        packed = self._packed
        held = sum(len(each.data) for each in packed)
        return len(packed) >= MOST_PACKED or (len(packed) > 1 and held + len(packed[-1].data) > MOST_BYTES)

    def work(self, slices: int) -> None:
        """Go on packing, by so many slices of about a millisecond."""
        packing = self._packing
        for _ in range(slices if packing is not None else 0):
            assert packing is not None
            try:
                packed = packing.work()
            except UsageError as error:
                self.problem = str(error)
                self._packing = None
                return
            if packed is not None:
                self._packing, self._packed_at = None, self.end  # not its frame: a large one is old when it is whole
                self._packed.append(packed)
                self._packed.sort(key=lambda packed: packed.frame)
                return

    def keep(self, frames: list[int]) -> None:
        """Let go of the keyframes that nobody is being sent, but for the newest."""
        self._packed[:-1] = [packed for packed in self._packed[:-1] if packed.frame in frames]

    def message(self, start: int) -> tuple[bytes, int]:
        """Return the message with the rows from `start` on, as many as one holds, and the frame after them.

        It is encoded once, whoever asks. The checksum of the first state may be told twice, for it is sometimes made after
        the row before it has settled and gone.
        """
        found = self._messages.get(start)
        if found is None:
            width = self.width
            stop = min(self.end, start + MAX_ROWS // width)
            rows = bytes(self._tape[(start - self.first) * width : (stop - self.first) * width])
            sums = tuple([(frame, self._sums[frame]) for frame in self._sums if start <= frame <= stop])
            news = tuple([told for frame, told in self._news if start <= frame < stop])
            found = self._messages[start] = encode_feed(rows_of(start, rows, width, sums, news)), stop
        return found

    def _begin(self, frame: int) -> None:
        tree, checksum = self._states[frame]
        self._packing = _Packing(frame, tree, checksum)
