"""Signed tokens of one room: invitations that expire, and tokens with which a member comes back. Knows no members.

An *invitation* opens the room it was made for within its lifetime, also when the room is locked and its code alone
opens it no more: that is what it is for. A *resume token* is given to each member at the join and brings back that
member from any other connection; what it tells is in `passes`. Every room has a key of its own, made of the lobby's
secret, the room's code and the moment of its birth, so no token opens another room, nor a later room with the same code.
A lobby that is started again with the same secret comes to the same keys.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any, Final

from signaling.refusals import Refusal

__all__ = ["LONGEST", "Seal", "make_birth"]

LONGEST: Final = 8192  # characters; the resume token of a room with sixteen long names has about 4,000


def make_birth(wall: float) -> str:
    """Return the name of a birth: later ones sort behind earlier ones, and no two are equal."""
    return f"{int(wall * 1000):012x}{secrets.token_hex(6)}"


class Seal:
    """Makes and checks the tokens of one room.

    Args:
        room: The room's code; part of what is signed.
        secret: The lobby's secret; random unless given.
        born: The room's birth.
    """

    def __init__(self, room: str, secret: bytes | None = None, born: str = "") -> None:
        self._room = room
        self._key = hmac.new(secret or secrets.token_bytes(32), f"room.{room}.{born}".encode(), hashlib.sha256).digest()

    def invite(self, *, wall: float, lifetime: float) -> str:
        """Return an invitation that is valid until `wall + lifetime`; `wall` is the time of day, in seconds."""
        return self._signed(f"invite.{int((wall + lifetime) * 1000)}")

    def check_invitation(self, token: Any, *, wall: float) -> None:
        """Return if the invitation is this room's and not too old.

        Raises:
            Refusal: `token`: forged, damaged, of another room, or expired.
        """
        kind, value = self._opened(token)
        if kind != "invite":
            raise Refusal("token", "this is no invitation to this room: ask a member of the room for a new one")
        if wall * 1000 >= int(value):
            raise Refusal("token", "this invitation has expired: ask a member of the room for a new one")

    def resume(self, told: str) -> str:
        """Return a resume token that tells so much: letters of base64 only."""
        return self._signed(f"resume.{told}")

    def check_resume(self, token: Any) -> str:
        """Return what the token tells.

        Raises:
            Refusal: `token`: forged, damaged or of another room.
        """
        kind, told = self._opened(token)
        if kind != "resume":
            raise Refusal("token", "this resume token does not belong to this room: join by the room code instead")
        return told

    def _signed(self, body: str) -> str:
        mac = hmac.new(self._key, f"{self._room}.{body}".encode(), hashlib.sha256).digest()
        return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def _opened(self, token: Any) -> tuple[str, str]:
        """Return the two words of a token of this room, or two empty words."""
        if not isinstance(token, str) or len(token) > LONGEST or not token.isascii():
            return "", ""
        body, _, _ = token.rpartition(".")
        if not hmac.compare_digest(self._signed(body), token):
            return "", ""
        kind, _, value = body.partition(".")
        return kind, value
