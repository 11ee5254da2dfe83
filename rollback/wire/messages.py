"""All messages but the hot one: a zero, one byte of kind, then msgpack. Knows their fields and limits; knows no session.

Every message is a msgpack array of fixed length; each field is checked by type and range before anybody sees it. The number of
the match stands above the kind; here it is 0, see `wire.matches`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgpack

from rollback.errors import WireError
from rollback.game import MAX_PLAYERS
from rollback.wire.limits import MAX_DATAGRAM, MAX_ENTRIES, MAX_PAUSE, MAX_REASON, MAX_TEXT, MAX_TOKENS

__all__ = ["Bye", "Claim", "Forward", "Hello", "Join", "Message", "Notice", "decode_message", "encode_message"]

Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Hello:
    """A step of the handshake; sent again and again until both sides have started.

    Attributes:
        nonce: Random number of the sender's session, never 0.
        heard: The nonce heard from the receiver, 0 before the first.
        sent: Sender's clock when this was sent, in seconds.
        echo: `sent` of the newest hello that came from the receiver, NaN for none.
        held: Seconds between that hello's arrival and this one.
        ready: The sender has agreed with all its peers and measured all clocks.
        running: The sender knows the start instant.
        done: The sender knows that the receiver knows it too, and needs no answer.
        start: The start instant on the receiver's clock, NaN until the leader names it.
        facts: What must be equal on both sides, by name.
        window: The sender's prediction window in frames.
        delay: Its input delay in frames.
        players: The sender's players and their controllers.
        joining: The sender comes into a running match.
    """

    nonce: int
    heard: int
    sent: float
    echo: float
    held: float
    ready: bool
    running: bool
    done: bool
    start: float
    facts: Mapping[str, Fact]
    window: int
    delay: int
    players: Mapping[int, str]
    joining: bool = False


@dataclass(frozen=True, slots=True)
class Bye:
    """The sender goes, on purpose. Sent several times, for the last datagram is as easily lost as any.

    Attributes:
        reason: `left`, `ended`, or a sentence.
        end: Frame of the sender's last state when the match came to its end, -1 when it goes before.
        confirmed: Newest frame the sender confirmed.
        final: The match is over for everybody, not only for the sender.
        answer: True in the answer that says: heard, no need to repeat it.
    """

    reason: str
    end: int
    confirmed: int
    final: bool = False
    answer: bool = False


class Claim(NamedTuple):
    """Whom a peer hears, who it says is lost, and what it holds of those it does not hear. See core/agreement.py.

    A peer is named by its seat, the lowest of its players' numbers; several are a mask with the bit `1 << seat` for each.

    Attributes:
        epoch: Number of the change of the roster it is about; the committed one where nothing changes.
        committed: Number of the newest change the sender committed.
        base: The roster of that.
        roster: Those of it who are left when the change is done.
        silent: Those the sender does not hear at present, and whose inputs it wants forwarded.
        missed: Those of them it has missed for long enough to call them lost.
        held: Newest input the sender holds of each seat that is silent, lost or played by somebody else.
        joins: Who comes with the change, by seat, and the frame at which it takes its players.
    """

    epoch: int
    committed: int
    base: int
    roster: int
    silent: int
    missed: int
    held: Mapping[int, int]
    joins: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a peer announces during a match; rides in the hot message when there is something, and stands alone otherwise.

    Attributes:
        end: The frame at which the match ends, -1 for none.
        pause: Why the sender asks everybody to wait.
        claim: What it says of the roster, None while all is well.
        turns: How often the sender began or ended a pause: an odd number asks everybody to wait. A higher one is newer.
    """

    end: int = -1
    pause: str = ""
    claim: Claim | None = None
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Forward:
    """Inputs of another peer, passed on to one that does not hear it.

    Attributes:
        seat: Whose inputs they are.
        base: The receiver's newest input of that seat, as it told; the tokens begin after it.
        newest: The frame they lead up to.
        confirmed: Newest frame that the other confirmed, as far as the sender knows.
        acked: Newest input of the receiver that the other holds, likewise.
        tokens: See `wire.runs`.
    """

    seat: int
    base: int
    newest: int
    confirmed: int
    acked: int
    tokens: bytes


@dataclass(frozen=True, slots=True)
class Join:
    """The sponsor's proposal that a newcomer takes a seat. See core/joining.py.

    Attributes:
        seat: The newcomer's seat.
        nonce: Of its session, so that no other process of the same name is meant.
        epoch: Number of the change.
        base: Frame up to which the newcomer holds all inputs, or is given them by the feed.
        frame: The first frame whose input is its own.
        tokens: The seat's inputs of the frames in between; see `wire.runs`.
    """

    seat: int
    nonce: int
    epoch: int
    base: int
    frame: int
    tokens: bytes


Message = Hello | Bye | Notice | Forward | Join

KINDS: Final[dict[int, type[Message]]] = {1: Hello, 2: Bye, 3: Notice, 4: Forward, 5: Join}
NUMBERS: Final[dict[type[Message], int]] = {kind: number for number, kind in KINDS.items()}


def encode_message(message: Message) -> bytes:
    """Return the bytes of a message."""
    fields = [getattr(message, name) for name in message.__dataclass_fields__]
    packed: bytes = msgpack.packb(fields, use_bin_type=True)
    return bytes((0, NUMBERS[type(message)])) + packed


def decode_message(data: bytes) -> Message:
    """Return the message in a datagram that is not the hot one.

    Raises:
        WireError: `truncated`, `oversized`, `kind`, `msgpack` (not what it claims to be) or `field` (a value out of limits).
    """
    if len(data) < 2:
        raise WireError("truncated")
    if len(data) > MAX_DATAGRAM:
        raise WireError("oversized", f"{len(data)} bytes, allowed are {MAX_DATAGRAM}")
    kind = KINDS.get(data[1]) if data[0] == 0 else None
    if kind is None:
        raise WireError("kind", f"no message begins with {data[:2].hex()}")
    checks = _FIELDS[kind]
    values = _unpack(data[2:])
    if not isinstance(values, list) or len(values) != len(checks):
        raise WireError("field", f"{kind.__name__} has {len(checks)} fields")
    for check, value in zip(checks, values, strict=True):
        if not check(value):
            raise WireError("field", f"{kind.__name__}: a {type(value).__name__} is out of its limits")
    if kind is Notice and values[2] is not None:
        values[2] = Claim(*values[2])
    return kind(*values)


def _unpack(data: bytes) -> Any:
    try:
        return msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=False,
            max_str_len=4 * MAX_REASON,
            max_bin_len=MAX_TOKENS,
            max_ext_len=0,
            max_array_len=MAX_ENTRIES,
            max_map_len=MAX_ENTRIES,
        )
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        # Everything malformed ends here: bad UTF-8, trailing bytes, limits, nesting, keys that cannot be hashed.
        raise WireError("msgpack", type(error).__name__) from None


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _text(limit: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and len(value) <= limit


def _flag(value: Any) -> bool:
    return type(value) is bool


def _clock(value: Any) -> bool:
    return type(value) is float and (math.isnan(value) or abs(value) < 1e12)


def _facts(value: Any) -> bool:
    return type(value) is dict and all(
        type(key) is str and len(key) <= MAX_TEXT and _fact(entry) for key, entry in value.items()
    )


def _fact(value: Any) -> bool:
    return type(value) in (int, float, bool, type(None)) or (type(value) is str and len(value) <= MAX_REASON)


def _players(value: Any) -> bool:
    return type(value) is dict and all(
        type(key) is int and 0 <= key < 16 and type(name) is str and len(name) <= MAX_TEXT for key, name in value.items()
    )


def _by_seat(value: Any) -> bool:
    return type(value) is dict and all(_SEAT(seat) and _FRAME(frame) for seat, frame in value.items())


def _claim(value: Any) -> bool:
    return value is None or (
        type(value) is list
        and len(value) == len(Claim._fields)
        and all(check(entry) for check, entry in zip(_CLAIM, value, strict=True))
    )


def _tokens(value: Any) -> bool:
    return type(value) is bytes


_FRAME: Final = _whole(-1, 2**40)
_SEAT: Final = _whole(0, MAX_PLAYERS - 1)
_EPOCH: Final = _whole(0, 2**20)
_MASK: Final = _whole(0, 2**MAX_PLAYERS - 1)
_CLAIM: Final = (_EPOCH, _EPOCH, _MASK, _MASK, _MASK, _MASK, _by_seat, _by_seat)
_FIELDS: Final[dict[type[Message], tuple[Callable[[Any], bool], ...]]] = {
    Hello: (
        _whole(1, 2**32 - 1),
        _whole(0, 2**32 - 1),
        _clock,
        _clock,
        _clock,
        _flag,
        _flag,
        _flag,
        _clock,
        _facts,
        _whole(0, 1000),
        _whole(0, 1000),
        _players,
        _flag,
    ),
    Bye: (_text(MAX_REASON), _FRAME, _FRAME, _flag, _flag),
    Notice: (_FRAME, _text(MAX_PAUSE), _claim, _whole(0, 2**32 - 1)),
    Forward: (_SEAT, _FRAME, _FRAME, _FRAME, _FRAME, _tokens),
    Join: (_SEAT, _whole(1, 2**32 - 1), _EPOCH, _FRAME, _whole(0, 2**40), _tokens),
}
