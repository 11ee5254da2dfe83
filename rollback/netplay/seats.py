"""From a room to a match: who sits where, and the settings all come to by themselves. Knows rooms; sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from rollback.config import MAX_LABEL, SessionConfig
from rollback.errors import NetworkError, UsageError
from rollback.game import Game
from rollback.net.room_view import Member, RoomView
from rollback.types import Local, Open, Remote

__all__ = ["Seats", "check_room", "config_for", "is_full", "why_in_step"]


@dataclass(frozen=True, slots=True)
class Seats:
    """Who plays, taken from a room once, so that later news of it changes nothing.

    Attributes:
        members: The members by player number; None where a seat is empty in a match that is running.
        me: Our player number.
    """

    members: tuple[Member | None, ...]
    me: int

    @classmethod
    def of(cls, room: RoomView, players: int, *, late: bool = False) -> Seats:
        """Return who sits on the first `players` seats.

        Args:
            room: The room.
            players: How many play.
            late: Whether the match is running already; then seats may be empty, and members away.

        Raises:
            NetworkError: A seat is empty, or its member is away.
        """
        seated = {member.seat: member for member in room.members if member.seat is not None and (member.is_ready or late)}
        for seat in range(players):
            if seat not in seated and not late:
                raise NetworkError(f"nobody sits on seat {seat} of room {room.room} any more: wait for it again")
        return cls(tuple(seated.get(seat) for seat in range(players)), _own_seat(room))

    @property
    def names(self) -> tuple[str, ...]:
        """The players' names, empty for an empty seat."""
        return tuple("" if member is None else member.name for member in self.members)

    @property
    def others(self) -> dict[str, str]:
        """The names of the other players whom the lobby hears and who have loaded, by member id."""
        return {
            member.id: member.name
            for seat, member in enumerate(self.members)
            if seat != self.me and member is not None and member.is_ready
        }

    def players(self, controller: str) -> list[Local | Remote | Open]:
        """Return the players as a session takes them."""
        seats: list[Local | Remote | Open] = []
        for seat, member in enumerate(self.members):
            if seat == self.me:
                seats.append(Local(controller))
            else:
                seats.append(Open() if member is None else Remote(member.name))
        return seats


def check_room(room: RoomView, players: int, game: str) -> None:
    """Raise `UsageError` where this room can never hold this match, and say what to do."""
    if room.me.seat is None:
        raise UsageError(f"you have no seat in room {room.room}, you watch it: join without spectate=True to play")
    if room.players is not None and room.players != players:
        raise UsageError(
            f"room {room.room} is for {room.players} players and {game} has {players}: open one with players={players}"
        )
    if room.me.seat >= players:
        raise UsageError(
            f"room {room.room} has all {players} players of {game} already, you sit on seat {room.me.seat}:"
            " open a room of your own"
        )


def is_full(room: RoomView, players: int) -> bool:
    """Whether a member that is connected and has loaded sits on each of the first `players` seats."""
    seated = {member.seat for member in room.members if member.is_ready}
    return all(seat in seated for seat in range(players))


def config_for(game: Game, room: str, match: int = 0, *, player: int | None = None, **settings: Any) -> SessionConfig:
    """Return the settings that all members of a room come to without a word to each other.

    The frame rate, the name and the version are the game's own, and the seed is made of the room's code and the match's
    number. Where `why_in_step` has a reason, nothing is predicted: the prediction window is 0.

    Args:
        game: The game; `fps`, `game_id`, and `game_version` or `version` are taken where it has them.
        room: The code of the room.
        match: The number of the match in the room, `lobby.match`.
        player: Our player number; the window of one who only watches is its own.
        settings: Settings of `SessionConfig` that are to be otherwise; they win.
    """
    own: dict[str, Any] = {
        "fps": _fps_of(game),
        "seed": (_seed_of(room) + match) % 2**63,
        "game_id": _label_of(game, "game_id"),
        "game_version": _label_of(game, "game_version") or _label_of(game, "version"),
    }
    if why_in_step(game, player) is not None:
        own["prediction_window"] = 0
    return SessionConfig(**(own | settings))


def why_in_step(game: Game, player: int | None = None) -> str | None:
    """Return the sentence that says why this peer should wait for every input, None where it may predict.

    Args:
        game: The game; `has_noop` and `watchers` are looked at where it has them.
        player: Our player number.
    """
    if player is not None and player in getattr(game, "watchers", ()):
        return f"player {player + 1} only watches, so it sees frames once they are certain (prediction window 0)"
    if getattr(game, "has_noop", True) is False:
        name = _label_of(game, "game_id") or type(game).__name__
        return (
            f"in {name} no action is known to do nothing, so none can stand for one that is missing: it is played in step"
            " (prediction window 0), unless one is named with ?idle=0, idle= or noop_action, or a window is asked for"
        )
    return None


def _fps_of(game: Game) -> int:
    fps = getattr(game, "fps", None)
    if isinstance(fps, int | float) and not isinstance(fps, bool) and fps >= 1:
        return min(1000, round(fps))
    return SessionConfig().fps


def _label_of(game: Game, name: str) -> str:
    own = getattr(game, name, None)
    text = str(own) if isinstance(own, str | int) and not isinstance(own, bool) else ""
    if len(text) <= MAX_LABEL:
        return text
    return f"{text[: MAX_LABEL - 17]} {blake2b(text.encode(), digest_size=8).hexdigest()}"  # still another one for another text


def _seed_of(room: str) -> int:
    letters: Sequence[str] = [letter for letter in room.upper() if letter.isalnum()]
    return int.from_bytes(blake2b("".join(letters).encode(), digest_size=8).digest(), "big") >> 1


def _own_seat(room: RoomView) -> int:
    seat = room.me.seat
    if seat is None:
        raise NetworkError(f"your seat in room {room.room} was given up: join again")
    return seat
