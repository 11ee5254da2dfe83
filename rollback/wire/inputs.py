"""The hot message: inputs, acknowledgement and what rides along, in as few bytes as they need. Knows no session.

    byte 0      newest: last frame the message holds an input for, its lowest 8 bits
    byte 1      1 E E F F F F F    E: match number modulo 4, F: flags below
    byte 2      newest, the next 8 bits
    byte 3      ack - newest, signed; ack: newest frame of the receiver's inputs that the sender holds
    byte 4      frame advantage, signed and saturated, see `Endpoint.balance`
    byte 5      ack - confirmed
    2 bytes     with FAR: ack - newest, signed, little-endian, where it does not fit into byte 3
    6 bytes     with CHECKSUM: frame (low 15 bits) and a parity bit on top, then the low 32 bits of its checksum
    7 bytes     with LINE: ping, echo, held (2), sent (2), loss; see `Line`
    varint, n   with MORE: length, and that many bytes for a message of `wire.messages`
    tokens      what changed in the frames after the one the receiver acknowledged, up to the end; see `wire.runs`

ECHO is the parity of the newest checksum the sender has received: an alternating bit that acknowledges it.
In a quiet moment all but byte 0 is the same from one datagram to the next. Numbers of frames are taken
near what the receiver expects, so 16 bits last for datagrams up to nine minutes old.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from rollback.errors import WireError
from rollback.wire.runs import Change, changed_row, decode_runs, put_varint, take_varint

__all__ = [
    "BLOCKS",
    "CHECKSUM",
    "ECHO",
    "FAR",
    "HEAD",
    "INPUTS",
    "LINE",
    "MORE",
    "Inputs",
    "Line",
    "decode_inputs",
    "encode_inputs",
    "new_rows",
]

INPUTS: Final = 128  # the bit of byte 1 that tells this message from all others
CHECKSUM: Final = 2
LINE: Final = 4
MORE: Final = 8
ECHO: Final = 16
FAR: Final = 1
BLOCKS: Final = CHECKSUM | LINE | MORE | FAR

HEAD: Final = 6  # bytes before the blocks
MAX_LEAD: Final = 127  # frames of advantage that fit; more says no more


class Line(NamedTuple):
    """What measures the line, sent a few times a second.

    Attributes:
        ping: Number of this measurement, modulo 256.
        echo: The newest ping received from the other side, modulo 256.
        held: How long that ping was held before this echo, in units of 0.1 ms; 65535: no echo.
        sent: Datagrams sent so far, modulo 65536.
        loss: Share of the other side's datagrams that did not arrive, in 255ths.
    """

    ping: int
    echo: int
    held: int
    sent: int
    loss: int


class Inputs(NamedTuple):
    """The decoded hot message.

    Attributes:
        flags: Byte 1.
        newest: Last frame the message holds an input for.
        ack: Newest frame of our inputs the sender holds, -1 for none.
        advantage: The sender's frame advantage.
        confirmed: Newest frame the sender has confirmed, -1 for none.
        rows: The rows of the frames past the known one, in order.
        changes: All changes of the message, newest first.
        checksum: (frame, parity, sum) or None.
        line: The measurement, or None.
        more: Bytes of a further message, or None.
    """

    flags: int
    newest: int
    ack: int
    advantage: int
    confirmed: int
    rows: list[bytes]
    changes: list[Change]
    checksum: tuple[int, int, int] | None
    line: Line | None
    more: bytes | None


def encode_inputs(flags: int, newest: int, ack: int, advantage: int, confirmed: int, blocks: bytes, tokens: bytes) -> bytes:
    """Return the message.

    Args:
        flags: Match number and flags; INPUTS and FAR are set as needed.
        newest: Frame the tokens lead up to.
        ack: Newest frame of the receiver's inputs that we hold.
        advantage: Our frame advantage.
        confirmed: Newest frame we confirmed, from ack - 255 to ack.
        blocks: The blocks that `flags` names, in their order.
        tokens: See `wire.runs`.
    """
    lag = ack - newest
    lead = max(-MAX_LEAD, min(MAX_LEAD, advantage)) & 255
    if not -128 <= lag < 128:
        flags |= FAR
        blocks = (lag & 65535).to_bytes(2, "little") + blocks
    head = bytes((newest & 255, flags | INPUTS, newest >> 8 & 255, lag & 255, lead, ack - confirmed))
    return head + blocks + tokens


def encode_checksum(frame: int, parity: int, value: int) -> bytes:
    """Return the CHECKSUM block."""
    return (frame & 0x7FFF | parity << 15).to_bytes(2, "little") + (value & 0xFFFFFFFF).to_bytes(4, "little")


def decode_checksum(data: bytes, at: int, newest: int) -> tuple[int, int, int]:
    """Return the frame, parity and sum of the CHECKSUM block at `at`; IndexError where the data ends within it."""
    number = data[at] | data[at + 1] << 8
    value = data[at + 2] | data[at + 3] << 8 | data[at + 4] << 16 | data[at + 5] << 24
    return newest + ((number - newest + 16384 & 32767) - 16384), number >> 15, value


def decode_line(data: bytes, at: int) -> Line:
    """Return the LINE block at `at`; IndexError where the data ends within it."""
    return Line(data[at], data[at + 1], data[at + 2] | data[at + 3] << 8, data[at + 4] | data[at + 5] << 8, data[at + 6])


def encode_line(line: Line) -> bytes:
    """Return the LINE block."""
    ping, echo, held, sent, loss = line
    return bytes((ping & 255, echo & 255, held & 255, held >> 8 & 255, sent & 255, sent >> 8 & 255, loss))


def encode_more(message: bytes) -> bytes:
    """Return the MORE block."""
    out = bytearray()
    put_varint(out, len(message))
    return bytes(out) + message


def decode_inputs(data: bytes, known: int, last: bytes, room: int, lengths: tuple[int, ...]) -> Inputs:
    """Return what a datagram of inputs says. Nothing is kept, so a bad one leaves no trace.

    Args:
        data: A datagram whose second byte has its first bit set.
        known: Newest frame of the sender whose input is here, -1 for none.
        last: The sender's row at `known`; before the first, its idle row.
        room: How many frames past `known` may be taken; what lies further is ignored and will be sent again.
        lengths: `payload_lengths(len(last))`.

    Raises:
        WireError: `truncated`, `token` or `number`, see `decode_runs`.
    """
    if len(data) < HEAD:
        raise WireError("truncated")
    flags = data[1]
    newest = known + (((data[0] | data[2] << 8) - known + 32768 & 65535) - 32768)
    lag = _signed(data[3], 8)
    at = HEAD
    checksum = line = more = None
    if flags & BLOCKS:
        try:
            if flags & FAR:
                lag = _signed(data[at] | data[at + 1] << 8, 16)
                at += 2
            if flags & CHECKSUM:
                checksum = decode_checksum(data, at, newest)
                at += 6
            if flags & LINE:
                line = decode_line(data, at)
                at += 7
            if flags & MORE:
                length, at = take_varint(data, at)
                more = data[at : at + length]
                at += length
                if at > len(data):
                    raise WireError("truncated")
        except IndexError:
            raise WireError("truncated") from None
    changes = decode_runs(data, at, newest, lengths)
    ack = newest + lag
    rows = new_rows(changes, known, newest, last, room)
    return Inputs(flags, newest, ack, _signed(data[4], 8), ack - data[5], rows, changes, checksum, line, more)


def new_rows(changes: list[Change], known: int, newest: int, last: bytes, room: int) -> list[bytes]:
    """Return the rows of the frames past `known`, up to `newest` but no more than `room`, from changes, newest first."""
    newest = min(newest, known + room)
    rows: list[bytes] = []
    for frame, token, delta in reversed(changes):
        if frame > newest:
            break
        if frame > known:
            rows.extend([last] * (frame - known - 1 - len(rows)))
            last = changed_row(last, token, delta)
            rows.append(last)
    rows.extend([last] * (newest - known - len(rows)))
    return rows


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value
