"""The messages of a feed: a keyframe in parts, settled rows, and what its follower asks for. Knows no session.

A zero, one byte of kind, then a packed tuple of fields. A feed is the one way into a running match: who comes back, comes
late or only watches gets the same bytes, and so does the lobby that hands them on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rollback.errors import WireError
from rollback.wire.blocks import pack_rows, unpack_rows
from rollback.wire.limits import MAX_BLOB, MAX_DATAGRAM, MAX_ENTRIES, MAX_REASON, MAX_TEXT
from rollback.wire.messages import Fact
from rollback.wire.tree import pack_tree, unpack_tree

__all__ = [
    "LAST",
    "MAX_PART",
    "MAX_ROWS",
    "MAX_STATE",
    "MAX_WANT",
    "WHOLE",
    "Done",
    "FeedBlob",
    "Keyframe",
    "News",
    "Part",
    "Rows",
    "Want",
    "decode_feed",
    "encode_feed",
    "is_feed",
    "rows_in",
    "rows_of",
]

MAX_STATE: Final = MAX_BLOB  # bytes of a packed state
MAX_PART: Final = 12 * 1024  # bytes of a state in one message, which so stays under MAX_DATAGRAM with all around it
MAX_ROWS: Final = 8 * 1024  # bytes of rows in one message, unpacked; packed they are at worst half as much again
MAX_SUMS: Final = 16  # checksums in one message of rows: more is a very short interval, and the newest say enough
MAX_NEWS: Final = 16
MAX_SEATS: Final = 16  # players
MAX_WIDTH: Final = 64  # bytes of one player's input
MAX_WANT: Final = 64  # bytes of what a follower asks: five small numbers
WHOLE: Final = -1  # the offset of a state that is all there
LAST: Final = 1 << 40  # no frame comes after that
NEWS: Final = ("cut", "joined", "left", "lost", "taken over")

News = tuple[str, tuple[int, ...], int, str]  # one of NEWS, the players, a frame (-1: none), a reason or name


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A settled state that the follower may begin with; the bytes follow in parts.

    Attributes:
        frame: The state is S_frame.
        size: Bytes of the packed state.
        sum: Of these bytes: 64 bits of BLAKE2b. Who has the same frame and sum has the same bytes.
        checksum: Of the state, as peers compare it.
        facts: What must be the same at the follower, by name; see the handshake.
        widths: Bytes of each player's input.
        players: The controller of each player.
        names: What each player is called, as far as that was told.
        slots: The players without a peer, and the last frame of their real inputs.
    """

    frame: int
    size: int
    sum: int
    checksum: int
    facts: Mapping[str, Fact]
    widths: tuple[int, ...]
    players: Mapping[int, str]
    names: Mapping[int, str]
    slots: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a keyframe's state from `offset` on."""

    frame: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Rows:
    """Settled rows of the match: the inputs of all players, side by side, frame after frame.

    Attributes:
        first: Frame of the first row.
        count: Number of rows.
        data: The rows, packed; `rows_in` unpacks them.
        sums: Checksums of settled states, as (frame, checksum) with rising frames from first to first + count.
        news: What else happened.
    """

    first: int
    count: int
    data: bytes
    sums: tuple[tuple[int, int], ...] = ()
    news: tuple[News, ...] = ()


@dataclass(frozen=True, slots=True)
class Want:
    """What the follower holds, and so what it asks for; also acknowledges what came.

    Attributes:
        frame: Of the keyframe it is receiving or began with; -1: it asks for a new one.
        offset: Bytes of its state that are there; WHOLE for all.
        sum: Of the keyframe's bytes.
        newest: Newest row it holds; -1 for none. Where it asks for a new keyframe: one after this frame.
        again: Nothing came for a while: what was sent past this point is lost.
    """

    frame: int = -1
    offset: int = 0
    sum: int = 0
    newest: int = -1
    again: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The feed is at its end.

    Attributes:
        reason: Why, as in `Ended`, or a sentence.
        frame: The last state is S_frame; -1: not known.
        checksum: Of that state; -1: not known.
        over: Whether the match is over, and not only this feed.
    """

    reason: str
    frame: int = -1
    checksum: int = -1
    over: bool = True


FeedBlob = Keyframe | Part | Rows | Want | Done

KINDS: Final[dict[int, type[FeedBlob]]] = {24: Keyframe, 25: Part, 26: Rows, 27: Want, 28: Done}
NUMBERS: Final[dict[type[FeedBlob], int]] = {kind: number for number, kind in KINDS.items()}


def encode_feed(blob: FeedBlob) -> bytes:
    """Return the bytes of a message of a feed."""
    fields = tuple([getattr(blob, name) for name in blob.__dataclass_fields__])
    return bytes((0, NUMBERS[type(blob)])) + pack_tree(fields)


def is_feed(data: bytes) -> bool:
    """Whether the bytes claim to be a message of this file; others travel the same channel."""
    return len(data) > 1 and data[0] == 0 and data[1] in KINDS


def decode_feed(data: bytes) -> FeedBlob:
    """Return the message.

    Raises:
        WireError: It breaks a rule or a limit; see `unpack_tree` for what is wrong with its bytes.
    """
    if not is_feed(data):
        raise WireError("kind")
    if len(data) > MAX_DATAGRAM:
        raise WireError("oversized", f"{len(data)} bytes, allowed are {MAX_DATAGRAM}")
    kind = KINDS[data[1]]
    fields = unpack_tree(data[2:], max_bytes=MAX_DATAGRAM, max_items=1024)
    checks = _FIELDS[kind]
    if type(fields) is not tuple or len(fields) != len(checks):
        raise WireError("field", f"{kind.__name__} has {len(checks)} fields")
    for name, check, value in zip(kind.__dataclass_fields__, checks, fields, strict=True):
        if not check(value):
            raise WireError("field", f"{kind.__name__}.{name} is out of its limits")
    return kind(*fields)


def rows_of(first: int, rows: bytes, width: int, sums: tuple[tuple[int, int], ...] = (), news: tuple[News, ...] = ()) -> Rows:
    """Return the message for joined rows of `width` bytes; at most MAX_ROWS bytes, MAX_SUMS sums and MAX_NEWS news."""
    return Rows(first, len(rows) // width, pack_rows(rows, width), sums[-MAX_SUMS:], news[-MAX_NEWS:])


def rows_in(message: Rows, width: int) -> bytes:
    """Return the joined rows of a message.

    Raises:
        WireError: It holds no such rows, or more than a message may.
    """
    if message.count * width > MAX_ROWS:
        raise WireError("oversized", f"{message.count} rows of {width} bytes, allowed are {MAX_ROWS} bytes")
    return unpack_rows(message.data, width, message.count)


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _text(limit: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and len(value) <= limit


def _data(limit: int, least: int = 0) -> Callable[[Any], bool]:
    return lambda value: type(value) is bytes and least <= len(value) <= limit


def _flag(value: Any) -> bool:
    return type(value) is bool


def _tuple(limit: int, check: Callable[[Any], bool], least: int = 0) -> Callable[[Any], bool]:
    return lambda value: type(value) is tuple and least <= len(value) <= limit and all(map(check, value))


def _map(limit: int, key: Callable[[Any], bool], entry: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: (
        type(value) is dict and len(value) <= limit and all(key(name) and entry(held) for name, held in value.items())
    )


def _fact(value: Any) -> bool:
    if type(value) is int:
        return _NUMBER(value)
    return type(value) in (float, bool, type(None)) or (type(value) is str and len(value) <= MAX_TEXT * 2)


def _pair(value: Any) -> bool:
    return type(value) is tuple and len(value) == 2 and _FRAME(value[0]) and _SUM(value[1])


def _news(value: Any) -> bool:
    if type(value) is not tuple or len(value) != 4:
        return False
    what, players, frame, text = value
    return (
        type(what) is str
        and what in NEWS
        and _tuple(MAX_SEATS, _SEAT)(players)
        and _FRAME_OR_NONE(frame)
        and _text(MAX_TEXT)(text)
    )


_NUMBER: Final = _whole(-(2**63), 2**64 - 1)  # wider ones cannot even be shown
_FRAME: Final = _whole(0, LAST)
_FRAME_OR_NONE: Final = _whole(-1, LAST)
_SUM: Final = _whole(0, 2**64 - 1)
_SEAT: Final = _whole(0, MAX_SEATS - 1)
_FIELDS: Final[dict[type[FeedBlob], tuple[Callable[[Any], bool], ...]]] = {
    Keyframe: (
        _FRAME,
        _whole(1, MAX_STATE),
        _SUM,
        _SUM,
        _map(MAX_ENTRIES, _text(MAX_TEXT), _fact),
        _tuple(MAX_SEATS, _whole(1, MAX_WIDTH), least=1),
        _map(MAX_SEATS, _SEAT, _text(MAX_TEXT)),
        _map(MAX_SEATS, _SEAT, _text(MAX_TEXT)),
        _map(MAX_SEATS, _SEAT, _FRAME_OR_NONE),
    ),
    Part: (_FRAME, _whole(0, MAX_STATE), _data(MAX_PART, least=1)),
    Rows: (
        _FRAME,
        _whole(0, MAX_ROWS),
        _data(2 * MAX_ROWS),
        _tuple(MAX_SUMS, _pair),
        _tuple(MAX_NEWS, _news),
    ),
    Want: (_FRAME_OR_NONE, _whole(WHOLE, MAX_STATE), _SUM, _FRAME_OR_NONE, _flag),
    Done: (_text(MAX_REASON), _FRAME_OR_NONE, _whole(-1, 2**64 - 1), _flag),
}
