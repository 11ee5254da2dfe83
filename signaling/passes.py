"""What a resume token tells: whose it is, and the room as it was, so that a lobby can build it again. Knows no rooms.

A lobby that was started again knows nothing; the members bring what it knew. Each token holds the members with a seat,
so that the newest of them all decides who still belongs to the room, whoever comes first.
"""

from __future__ import annotations

import base64
import json
from dataclasses import astuple, dataclass
from typing import Any, Final

from signaling.refusals import Refusal
from signaling.tokens import LONGEST, Seal

__all__ = ["Holder", "Pass", "open_pass", "seal_pass"]

VERSION: Final = 1
_UNREADABLE: Final = "this resume token does not belong to this room: join by the room code instead"


@dataclass(frozen=True, slots=True)
class Holder:
    """A member as a token tells of it; `life` counts its processes."""

    id: str
    name: str
    seat: int | None
    life: int


@dataclass(frozen=True, slots=True)
class Pass:
    """What a token tells.

    Attributes:
        born: The birth of the room.
        expires: The time of day, in seconds, from which on it opens nothing.
        holder: Whose it is.
        instance: The process it was given to.
        revision: How often the room had changed; of two tokens the higher one is newer.
        count: How many ids the room had given out.
        players: Its seats.
        game: Its label.
        locked: Whether it was.
        match: The number of its match.
        seated: All members with a seat.
    """

    born: str
    expires: int
    holder: Holder
    instance: str
    revision: int
    count: int
    players: int | None
    game: str
    locked: bool
    match: int
    seated: tuple[Holder, ...]


def seal_pass(told: Pass, seal: Seal) -> str:
    """Return the token of a room's seal that tells so much."""
    fields = [VERSION, told.born, told.expires, astuple(told.holder), told.instance, told.revision, told.count]
    fields += [told.players, told.game, told.locked, told.match, [astuple(each) for each in told.seated]]
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    return seal.resume(base64.urlsafe_b64encode(text).decode().rstrip("="))


def open_pass(token: Any, code: str, secret: bytes) -> Pass:
    """Return what a token tells of the room with this code.

    Raises:
        Refusal: `token`: forged, damaged, of another room or of another secret.
    """
    # What is read first is believed only as far as it names the key that must have signed it.
    told = _read(token)
    Seal(code, secret, told.born).check_resume(token)
    return told


def _read(token: Any) -> Pass:
    try:
        if not isinstance(token, str) or len(token) > LONGEST:
            raise ValueError
        text = token.split(".")[1]
        fields = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        version, born, expires, holder, instance, revision, count, players, game, locked, match, seated = fields
        if type(version) is not int or version != VERSION or type(seated) is not list:
            raise ValueError
        if not _all(str, born, instance, game) or not _all(int, expires, revision, count, match):
            raise ValueError
        if not born.isascii():  # it becomes part of what is signed
            raise ValueError
        if not (players is None or type(players) is int) or type(locked) is not bool:
            raise ValueError
        people = tuple(_holder(each) for each in seated)
        return Pass(born, expires, _holder(holder), instance, revision, count, players, game, locked, match, people)
    except (ValueError, TypeError, IndexError, RecursionError):
        raise Refusal("token", _UNREADABLE) from None


def _holder(fields: Any) -> Holder:
    identity, name, seat, life = fields
    if not _all(str, identity, name) or type(life) is not int or not (seat is None or type(seat) is int):
        raise ValueError
    if not identity[1:].isdecimal():
        raise ValueError
    return Holder(identity, name, seat, life)


def _all(kind: type, *values: Any) -> bool:
    return all(type(value) is kind for value in values)
