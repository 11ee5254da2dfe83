"""Signed tokens of one room: invitations that expire, and tokens with which a member comes back. Knows no members.

An *invitation* opens the room it was made for within its lifetime, also when the room is locked and its code alone
opens it no more: that is what it is for. A *resume token* is given to each member at the join and brings back that
member, with its name and seat, from any other connection while the room lives. Every room has a key of its own that
never leaves the process, so no token opens another room, nor a later room with the same code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any, Final

from signaling.refusals import Refusal

__all__ = ["Seal"]

LONGEST: Final = 128  # characters; a token has about 80


class Seal:
    """Makes and checks the tokens of one room.

    Args:
        room: The room's code; part of what is signed.
        key: The secret; random unless given.
    """

    def __init__(self, room: str, key: bytes | None = None) -> None:
        self._room = room
        self._key = key or secrets.token_bytes(32)

    def invite(self, *, now: float, lifetime: float) -> str:
        """Return an invitation that is valid until `now + lifetime`."""
        return self._signed(f"invite.{int((now + lifetime) * 1000)}")

    def check_invitation(self, token: Any, *, now: float) -> None:
        """Return if the invitation is this room's and not too old.

        Raises:
            Refusal: `token`: forged, damaged, of another room, or expired.
        """
        kind, value = self._opened(token)
        if kind != "invite":
            raise Refusal("token", "this is no invitation to this room: ask a member of the room for a new one")
        if now * 1000 >= int(value):
            raise Refusal("token", "this invitation has expired: ask a member of the room for a new one")

    def resume(self, member: str) -> str:
        """Return the token with which `member` comes back."""
        return self._signed(f"resume.{member}")

    def check_resume(self, token: Any) -> str:
        """Return the id of the member the token brings back.

        Raises:
            Refusal: `token`: forged, damaged or of another room.
        """
        kind, member = self._opened(token)
        if kind != "resume":
            raise Refusal("token", "this resume token does not belong to this room: join by the room code instead")
        return member

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
