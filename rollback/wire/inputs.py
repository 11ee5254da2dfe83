"""The hot message: inputs, acknowledgement and what rides along, in as few bytes as they need. Knows no session.

    byte 0      1 E E F F F F F    E: match number modulo 4, F: flags below
    bytes 1-2   first frame of the inputs, low 16 bits, little-endian
    zigzag      ack - first: newest frame of the receiver's inputs that the sender holds
    zigzag      frame advantage, see `core.timesync`
    varint      ack - confirmed, with CONFIRMED; otherwise they are equal
    6 bytes     with CHECKSUM: frame (low 15 bits) and a parity bit on top, then the low 32 bits of its checksum
    7 bytes     with LINE: ping, echo, held (2), sent (2), loss; see `Line`
    varint, n   with MORE: length, and that many bytes for a message of `wire.messages`
    tokens      the inputs from the first frame on, up to the end; see `wire.runs`

ECHO is the parity of the newest checksum the sender has received: an alternating bit that acknowledges it.
Numbers of frames are taken near what the receiver expects, so 16 bits last for datagrams up to nine minutes old.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from rollback.errors import WireError
from rollback.wire.runs import bad_token, changed_row, payload_lengths

__all__ = ["CHECKSUM", "CONFIRMED", "ECHO", "INPUTS", "LINE", "MORE", "Inputs", "Line", "decode_inputs", "encode_head"]

INPUTS: Final = 128  # the bit that tells this message from all others
CONFIRMED: Final = 1
CHECKSUM: Final = 2
LINE: Final = 4
MORE: Final = 8
ECHO: Final = 16

Row = tuple[bytes, bytes | None]  # the row, and the bytes of its token where it is a change


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
        flags: Byte 0.
        newest: Last frame the message holds an input for.
        ack: Newest frame of our inputs the sender holds, -1 for none.
        advantage: The sender's frame advantage.
        confirmed: Newest frame the sender has confirmed, -1 for none.
        rows: The inputs past the known ones, in order: the row, and its delta where it differs from the one before.
        twice: Whether an input of a known frame was not the one that is known.
        checksum: (frame, parity, sum) or None.
        line: The measurement, or None.
        more: Bytes of a further message, or None.
    """

    flags: int
    newest: int
    ack: int
    advantage: int
    confirmed: int
    rows: list[Row]
    twice: bool
    checksum: tuple[int, int, int] | None
    line: Line | None
    more: bytes | None


def encode_head(flags: int, first: int, ack: int, advantage: int, confirmed: int) -> bytes:
    """Return the message up to and including `confirmed`; the blocks named by `flags` and the tokens follow.

    `flags` gets CONFIRMED as needed.
    """
    lag = ack - first
    lag = lag << 1 if lag >= 0 else ~(lag << 1)
    lead = advantage << 1 if advantage >= 0 else ~(advantage << 1)
    if lag < 128 and lead < 128 and ack == confirmed:  # nearly always: four bytes beside the flags
        return bytes((flags | INPUTS, first & 255, first >> 8 & 255, lag, lead))
    out = bytearray((flags | INPUTS | (CONFIRMED if ack != confirmed else 0), first & 255, first >> 8 & 255))
    put_varint(out, lag)
    put_varint(out, lead)
    if ack != confirmed:
        put_varint(out, ack - confirmed)
    return bytes(out)


def encode_checksum(frame: int, parity: int, value: int) -> bytes:
    """Return the CHECKSUM block."""
    return (frame & 0x7FFF | parity << 15).to_bytes(2, "little") + (value & 0xFFFFFFFF).to_bytes(4, "little")


def encode_line(line: Line) -> bytes:
    """Return the LINE block."""
    ping, echo, held, sent, loss = line
    return bytes((ping & 255, echo & 255, held & 255, held >> 8 & 255, sent & 255, sent >> 8 & 255, loss))


def encode_more(message: bytes) -> bytes:
    """Return the MORE block."""
    out = bytearray()
    put_varint(out, len(message))
    return bytes(out) + message


def decode_inputs(
    data: bytes, known: int, last: bytes, marks: list[bytes | None], room: int, lengths: tuple[int, ...] | None = None
) -> Inputs:
    """Return what a datagram of inputs says. Nothing is kept, so a bad one leaves no trace.

    Args:
        data: A datagram whose first bit is set.
        known: Newest frame of the sender whose input is here, -1 for none.
        last: The sender's row at `known`; before the first, its idle row.
        marks: Ring of the deltas of the known frames, None where a row repeated the one before.
        room: How many frames past `known` may be taken; what lies further is ignored and will be sent again.
        lengths: `payload_lengths(len(last))`, to save looking it up.

    Raises:
        WireError: `truncated`, `token`, `gap` (inputs that start past what is known), `number` (too long a varint).
    """
    if lengths is None:
        lengths = payload_lengths(len(last))
    checksum = line = more = None
    try:
        flags = data[0]
        first = data[1] | data[2] << 8
        first = known + 1 + ((first - known - 1 + 32768 & 65535) - 32768)
        at = 5
        lag, lead = data[3], data[4]
        if lag > 127 or lead > 127:
            lag, at = take_varint(data, 3)
            lead, at = take_varint(data, at)
        ack = first + (lag >> 1 ^ -(lag & 1))
        confirmed = ack
        if flags & 15:
            if flags & CONFIRMED:
                lag, at = take_varint(data, at)
                confirmed = ack - lag
            if flags & CHECKSUM:
                number = data[at] | data[at + 1] << 8
                frame = known + ((number - known + 16384 & 32767) - 16384)
                if len(data) < at + 6:
                    raise WireError("truncated")
                checksum = (frame, number >> 15, int.from_bytes(data[at + 2 : at + 6], "little"))
                at += 6
            if flags & LINE:
                line = Line(
                    data[at], data[at + 1], data[at + 2] | data[at + 3] << 8, data[at + 4] | data[at + 5] << 8, data[at + 6]
                )
                at += 7
            if flags & MORE:
                length, at = take_varint(data, at)
                if at + length > len(data):
                    raise WireError("truncated")
                more = data[at : at + length]
                at += length
        if first > known + 1:
            raise WireError("gap", f"inputs start at frame {first}, known is {known}")
        frame = first - 1  # the frame the tokens have reached
        rows: list[Row] = []
        twice = False
        end = len(data)
        while at < end:
            token = data[at]
            at += 1
            if token < 128:
                if frame > known:
                    rows.extend([(last, None)] * min(token + 1, room - len(rows)))
                    frame += token + 1
                else:
                    frame += token + 1
                    if frame > known:
                        rows = [(last, None)] * min(frame - known, room)
                continue
            stop = at + lengths[token]
            if stop <= at:
                raise bad_token(token, len(last))
            if stop > end:
                raise WireError("truncated")
            delta = data[at:stop]
            at = stop
            frame += 1
            count = token & 7
            if frame <= known:
                if marks[frame & 255] != delta:
                    twice = twice or known - frame < 256
                frame += count
                if frame > known:
                    rows = [(last, None)] * min(frame - known, room)
            else:
                last = changed_row(last, token, delta)
                if len(rows) < room:
                    rows.append((last, delta))
                    if count:
                        rows.extend([(last, None)] * min(count, room - len(rows)))
                frame += count
    except IndexError:
        raise WireError("truncated") from None
    return Inputs(flags, frame, ack, lead >> 1 ^ -(lead & 1), confirmed, rows, twice, checksum, line, more)


def put_varint(out: bytearray, value: int) -> None:
    """Append a number of at most 28 bits, seven bits a byte, lowest first."""
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def take_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at `at` and where it ends."""
    value = 0
    for shift in (0, 7, 14, 21):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise WireError("number", "a varint of more than four bytes")
