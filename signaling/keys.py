"""The lobby's secret and what is signed with it: seals, tokens, and which tokens are believed. Knows no list of rooms."""

from __future__ import annotations

import secrets
from typing import Any

from signaling.codes import show_code
from signaling.limits import Limits
from signaling.member import Member
from signaling.passes import Pass, open_pass, seal_pass
from signaling.refusals import Refusal
from signaling.room import Room
from signaling.tokens import Seal, make_birth

__all__ = ["Keys"]


class Keys:
    """What one run of a lobby signs with.

    Args:
        limits: The limits of the lobby.
        secret: The same in each run that is to know the rooms of the one before; random unless given.
        wall_ahead: The time of day, in seconds, less the caller's `now`.
    """

    def __init__(self, limits: Limits, secret: bytes | None, wall_ahead: float) -> None:
        self._limits = limits
        self._secret = secret or secrets.token_bytes(32)
        self._wall_ahead = wall_ahead

    def wall(self, now: float) -> float:
        """Return the time of day."""
        return now + self._wall_ahead

    def birth(self, code: str, *, now: float) -> tuple[Seal, str]:
        """Return the seal of a room that begins now, and its birth."""
        born = make_birth(self.wall(now))
        return self.seal(code, born), born

    def seal(self, code: str, born: str) -> Seal:
        """Return the seal of a room."""
        return Seal(code, self._secret, born)

    def invite_to(self, room: Room, *, now: float) -> str:
        """Return a fresh invitation to a room."""
        return room.seal.invite(wall=self.wall(now), lifetime=self._limits.invitation_lifetime)

    def check_invitation(self, room: Room, token: Any, *, now: float) -> None:
        """Return if the invitation is good, or raise `Refusal` (`token`)."""
        room.seal.check_invitation(token, wall=self.wall(now))

    def token_of(self, room: Room, member: Member, *, now: float) -> str:
        """Return the resume token of a member, as of now."""
        return seal_pass(room.tell(member, self.wall(now) + self._limits.resume_lifetime), room.seal)

    def opened(self, token: Any, code: str, room: Room | None) -> Pass:
        """Return what a resume token tells of the room with this code.

        Raises:
            Refusal: `token`; `unknown_room` where the lobby has no such room and may have lost its secret.
        """
        try:
            return open_pass(token, code, self._secret)
        except Refusal:
            if room is not None:
                raise
            raise Refusal(
                "unknown_room",
                f"there is no room {show_code(code)} in this lobby: it went a minute after its last member left, or the"
                " lobby was restarted without keeping its secret, and its rooms are lost; open another room",
            ) from None

    def check_buildable(self, told: Pass, code: str, *, now: float) -> None:
        """Return if a room may be built again from a token.

        Raises:
            Refusal: `token`: it is too old.
        """
        if self.wall(now) >= told.expires:
            raise Refusal("token", f"this resume token of room {show_code(code)} is too old: open another room")
