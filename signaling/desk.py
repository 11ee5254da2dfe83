"""What each event of a client means: payload in, answer and deliveries out. Knows rooms; no sockets, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from signaling.codes import show_code
from signaling.forms import Form
from signaling.limits import Limits
from signaling.refusals import Refusal
from signaling.room import Room
from signaling.rooms import Place, Rooms
from signaling.visitors import DROPPED_DATAGRAM, Visitor, Visitors

__all__ = ["EVENTS", "Delivery", "Desk", "Outcome"]

EVENTS: Final = frozenset({"create", "join", "signal", "relay", "lock", "invite", "leave"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for one connection: `members`, `signal`, `relay` or `closed`."""

    connection: str
    event: str
    payload: dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """What is to be done.

    Attributes:
        answer: For the client that asked; None for datagrams.
        deliveries: To be sent, in this order.
        ended: Connections to end when all that was sent to them is out.
    """

    answer: dict[str, Any] | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)


class Desk:
    """The rules of one lobby. Nothing a client sends makes it raise.

    Args:
        limits: The limits of the lobby.

    Attributes:
        rooms: The rooms.
        visitors: The connections.
        dropped: How many datagrams were not relayed, by reason.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.rooms = Rooms(self.limits)
        self.visitors = Visitors(self.limits)
        self.dropped: Counter[str] = Counter()

    def arrive(self, connection: str, address: str, *, now: float) -> None:
        """Take note of a new connection, or raise `Refusal` (`busy`)."""
        self.visitors.arrive(connection, address, now=now)

    def depart(self, connection: str, *, now: float) -> Outcome:
        """Take note of a connection that is gone; its member keeps its seat for a while."""
        self.visitors.depart(connection)
        outcome = Outcome()
        room = self.rooms.lose(connection, now=now)
        if room is not None:
            self._tell_members(room, outcome)
        return outcome

    def handle(self, connection: str, event: Any, arguments: Sequence[Any], *, now: float) -> Outcome:
        """Do what a client asks for; what is wrong with it is in the answer."""
        visitor = self.visitors.find(connection)
        if visitor is None:
            return Outcome(ended=[connection])
        outcome = Outcome()
        try:
            if event == "relay":
                self._relay(connection, visitor, arguments, outcome, now)
            else:
                outcome.answer = self._answer(connection, visitor, event, arguments, outcome, now)
        except Refusal as refusal:
            cost = 1.0
            if event == "relay":
                self.dropped[refusal.code] += 1
                # Sending to a peer that was just lost is no fault.
                cost = 0.0 if refusal.code == "away" else DROPPED_DATAGRAM
            else:
                outcome.answer = refusal.answer()
            if not visitor.try_patience(cost, now=now):
                self._end(connection, Refusal("busy", "too many requests were refused: the lobby hangs up"), outcome)
        return outcome

    def sweep(self, *, now: float) -> Outcome:
        """End what has lasted too long: waiting outside, absence, empty and idle rooms. Call it about once a second."""
        outcome = Outcome()
        for connection in self.visitors.overdue(now=now):
            self._end(connection, Refusal("no_room", "you entered no room in time: the lobby hangs up"), outcome)
        swept = self.rooms.sweep(now=now)
        for room in swept.changed:
            self._tell_members(room, outcome)
        for connection in swept.closed:
            self._end(connection, Refusal("unknown_room", "the room was closed, for nobody used it"), outcome)
        return outcome

    def _answer(
        self, connection: str, visitor: Visitor, event: Any, arguments: Sequence[Any], outcome: Outcome, now: float
    ) -> dict[str, Any]:
        if event == "signal":
            visitor.spend_signal(now=now)
        else:
            visitor.spend_request(now=now)
        if not isinstance(event, str) or event not in EVENTS:
            raise Refusal("unknown_event", f"this lobby knows no such event, only {', '.join(sorted(EVENTS))}")
        form = Form(event, arguments, self.limits)
        match event:
            case "create" | "join":
                return self._enter(connection, visitor, event, form, outcome, now)
            case "signal":
                data = form.signal()
                place, target = self.rooms.neighbour(connection, form.get("to"))
                place.room.touched = now
                outcome.deliveries.append(Delivery(target, "signal", {"from": place.member.id, "data": data}))
            case "lock":
                locked, is_news = self.rooms.lock(connection)
                if is_news:  # or a few bytes, again and again, would send the whole list to everybody each time
                    self._tell_members(locked, outcome)
            case "invite":
                return {"ok": True, "invite": self.rooms.invite(connection, now=now)}
            case "leave":
                room = self.rooms.leave(connection, now=now)
                if room is not None:
                    visitor.outside_since = now
                    self._tell_members(room, outcome)
        return {"ok": True}

    def _enter(self, connection: str, visitor: Visitor, event: str, form: Form, outcome: Outcome, now: float) -> dict[str, Any]:
        self.visitors.spend_join(visitor, now=now)
        name, players, game = form.name(), form.players(), form.game()
        if event == "create":
            place = self.rooms.create(connection, name, players=players, game=game, now=now)
        else:
            place = self.rooms.join(
                connection,
                form.get("room"),
                name,
                players=players,
                game=game,
                token=form.get("token"),
                resume=form.get("resume"),
                spectate=form.flag("spectate"),
                now=now,
            )
        visitor.outside_since = None
        if place.replaced is not None:
            self._end(place.replaced, Refusal("replaced", "you came back from another connection"), outcome)
        self._tell_members(place.room, outcome, leave_out=connection)
        return self._welcome(place, now)

    def _welcome(self, place: Place, now: float) -> dict[str, Any]:
        room = place.room
        return {
            "ok": True,
            "room": show_code(room.code),
            "me": place.member.describe(),
            "invite": room.seal.invite(now=now, lifetime=self.limits.invitation_lifetime),
            "resume": room.seal.resume(place.member.id),
            **room.describe(),
        }

    def _relay(self, connection: str, visitor: Visitor, arguments: Sequence[Any], outcome: Outcome, now: float) -> None:
        form = Form("relay", arguments, self.limits)
        place, target = self.rooms.neighbour(connection, form.get("to"))
        if not visitor.spend_relay(others=len(place.room.members) - 1, now=now):
            raise Refusal("rate", "too many datagrams")
        data = form.datagram()
        place.room.touched = now
        outcome.deliveries.append(Delivery(target, "relay", {"from": place.member.id, "data": data}))

    def _tell_members(self, room: Room, outcome: Outcome, *, leave_out: str = "") -> None:
        told = room.describe()
        outcome.deliveries.extend(
            Delivery(connection, "members", told) for connection in room.connections() if connection != leave_out
        )

    @staticmethod
    def _end(connection: str, why: Refusal, outcome: Outcome) -> None:
        outcome.deliveries.append(Delivery(connection, "closed", {"code": why.code, "error": str(why)}))
        outcome.ended.append(connection)
