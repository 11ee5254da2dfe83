"""What each event of a client means: payload in, answer and deliveries out. Knows rooms; no sockets, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from signaling.codes import show_code
from signaling.feed import Feed
from signaling.forms import Form
from signaling.limits import Limits
from signaling.outcome import Delivery, Outcome
from signaling.place import Place
from signaling.raw_socket import event_frames
from signaling.refusals import Refusal
from signaling.room import Room
from signaling.rooms import Rooms
from signaling.visitors import DROPPED_DATAGRAM, Visitor, Visitors

__all__ = ["EVENTS", "Delivery", "Desk", "Outcome"]

EVENTS: Final = frozenset(
    {"create", "join", "signal", "relay", "loaded", "lock", "invite", "leave", "vote", "again", "watch", "feed"}
)
UNANSWERED: Final = frozenset({"relay", "feed"})


class Desk:
    """The rules of one lobby. Nothing a client sends makes it raise.

    Args:
        limits: The limits of the lobby.
        secret: What its tokens are signed with; random unless given.
        wall_ahead: The time of day, in seconds, less the caller's `now`.

    Attributes:
        rooms: The rooms.
        visitors: The connections.
        dropped: How many datagrams were not relayed, by reason.
    """

    def __init__(self, limits: Limits | None = None, *, secret: bytes | None = None, wall_ahead: float = 0.0) -> None:
        self.limits = limits or Limits()
        self.rooms = Rooms(self.limits, secret=secret, wall_ahead=wall_ahead)
        self.visitors = Visitors(self.limits)
        self.dropped: Counter[str] = Counter()
        self._polled: dict[str, Room] = {}  # rooms with a vote that is not decided
        self._revisions: dict[str, int] = {}  # of each room, what the tokens of its members tell

    @property
    def wake_at(self) -> float | None:
        """When `settle` has something to do; None: nothing waits."""
        waiting = [room.votes.wake_at for room in self._polled.values() if room.votes is not None]
        return min((at for at in waiting if at is not None), default=None)

    def arrive(self, connection: str, address: str, *, now: float) -> None:
        """Take note of a new connection, or raise `Refusal` (`busy`)."""
        self.visitors.arrive(connection, address, now=now)

    def depart(self, connection: str, *, now: float) -> Outcome:
        """Take note of a connection that is gone; its member keeps its seat for a while."""
        self.visitors.depart(connection)
        outcome = Outcome()
        place = self.rooms.place_of(connection)
        room = self.rooms.lose(connection, now=now)
        if place is not None and room is not None:
            self._tell_of(place, outcome, now)
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
            elif event == "feed":
                self._feed(connection, visitor, arguments, outcome, now)
            else:
                outcome.answer = self._answer(connection, visitor, event, arguments, outcome, now)
        except Refusal as refusal:
            cost = 1.0
            if isinstance(event, str) and event in UNANSWERED:
                self.dropped[refusal.code] += 1
                # Sending to a peer that was just lost is no fault.
                cost = 0.0 if refusal.code == "away" else DROPPED_DATAGRAM
                if event == "feed" and refusal.code == "too_large":
                    outcome.send(connection, "refused", {"event": event, "code": refusal.code, "error": str(refusal)})
            else:
                outcome.answer = refusal.answer()
            if not visitor.try_patience(cost, now=now):
                outcome.end(connection, Refusal("busy", "too many requests were refused: the lobby hangs up"))
        return outcome

    def settle(self, *, now: float) -> Outcome:
        """Decide the votes that were asked for long enough ago; call it when `wake_at` has come."""
        outcome = Outcome()
        for room in list(self._polled.values()):
            votes = room.votes
            for each in votes.settle(connected=room.active_seats(), now=now) if votes is not None else []:
                told = {"match": room.match, "epoch": each.epoch, "roster": each.roster}
                for member in room.members.values():
                    if member.seat in each.askers:
                        outcome.send(member.connection, "verdict", told)
            if votes is None or votes.wake_at is None:
                del self._polled[room.code]
        return outcome

    def sweep(self, *, now: float) -> Outcome:
        """End what has lasted too long: waiting outside, absence, empty and idle rooms. Call it about once a second."""
        outcome = Outcome()
        for connection in self.visitors.overdue(now=now):
            outcome.end(connection, Refusal("no_room", "you entered no room in time: the lobby hangs up"))
        swept = self.rooms.sweep(now=now)
        for room in self.rooms:
            if (room.begin_next_match(now=now) or room.crowd) and room not in swept.changed:
                swept.changed.append(room)
        for room in swept.changed:
            self._tell_members(room, outcome, now)
        for connection in swept.closed:
            outcome.end(connection, Refusal("unknown_room", "the room was closed, for nobody used it"))
        self._revisions = {room.born: self._revisions.get(room.born, 0) for room in self.rooms}
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
                outcome.send(target, "signal", {"from": place.member.id, "data": data})
            case "lock":
                locked, is_news = self.rooms.lock(connection, locked=form.flag("locked", default=True))
                if is_news:  # or a few bytes, again and again, would send the whole list to everybody each time
                    self._tell_members(locked, outcome, now)
            case "loaded":
                ready, is_news = self.rooms.loaded(connection)
                if is_news and ready.member.listed:
                    self._tell_members(ready.room, outcome, now)
            case "invite":
                return {"ok": True, "invite": self.rooms.invite(connection, now=now)}
            case "watch":
                return self._watch(connection, form, outcome, now)
            case "vote":
                return self._vote(connection, form, now)
            case "again":
                return self._again(connection, form, outcome, now)
            case "leave":
                left = self.rooms.place_of(connection)
                if left is not None and self.rooms.leave(connection, now=now) is not None:
                    visitor.outside_since = now
                    left.room.begin_next_match(now=now)
                    self._tell_of(left, outcome, now)
        return {"ok": True}

    def _enter(self, connection: str, visitor: Visitor, event: str, form: Form, outcome: Outcome, now: float) -> dict[str, Any]:
        self.visitors.spend_join(visitor, now=now)
        name, players, game, instance = form.name(), form.players(), form.game(), form.instance()
        loading = None if form.get("loading") is None else form.flag("loading")
        if event == "create":
            place = self.rooms.create(connection, name, players=players, game=game, instance=instance, loading=loading, now=now)
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
                instance=instance,
                loading=loading,
                now=now,
            )
        visitor.outside_since = None
        if place.replaced is not None:
            outcome.end(place.replaced, Refusal("replaced", "you came back from another connection"))
        for evicted in place.evicted:
            outcome.end(evicted, Refusal("gone", "you left this room before the lobby was restarted"))
        self._set_watching(place, form.flag("watch"), outcome)
        if place.member.listed or place.evicted:
            self._tell_members(place.room, outcome, now, leave_out=connection)
        return self._welcome(place, now)

    def _welcome(self, place: Place, now: float) -> dict[str, Any]:
        room = place.room
        return {
            "ok": True,
            "room": show_code(room.code),
            "me": place.member.describe(),
            "invite": self.rooms.keys.invite_to(room, now=now),
            "resume": self.rooms.keys.token_of(room, place.member, now=now),
            **room.describe(),
        }

    def _vote(self, connection: str, form: Form, now: float) -> dict[str, Any]:
        place = self.rooms.player(connection, "ask for a vote")
        room, seat = place.room, place.member.seat
        assert seat is not None
        if room.votes is None:
            raise Refusal("no_vote", "the lobby was restarted in this match, and votes in no match whose votes it forgot")
        if form.get("match") != room.match:
            raise Refusal("no_vote", f"the room plays match {room.match}, and this vote is about another one")
        roster = room.votes.ask(seat, form.get("epoch"), form.get("roster"), seated=room.seats(), now=now)
        if roster is None:
            self._polled[room.code] = room
            return {"ok": True}
        return {"ok": True, "roster": roster}

    def _again(self, connection: str, form: Form, outcome: Outcome, now: float) -> dict[str, Any]:
        place = self.rooms.player(connection, "ask for another match")
        room, wanted, again = place.room, form.get("match"), form.flag("again", default=True)
        if type(wanted) is not int or wanted > room.match + 1:
            raise Refusal("malformed", f"the room plays match {room.match}: only the next one can be asked for")
        if wanted == room.match + 1 and place.member.again is not again:
            place.member.again = again
            room.touched = now
            room.begin_next_match(now=now)
            self._tell_members(room, outcome, now)
        return {"ok": True, "match": room.match}

    def _watch(self, connection: str, form: Form, outcome: Outcome, now: float) -> dict[str, Any]:
        place = self.rooms.require(connection)
        room, before = place.room, len(place.room.watchers())
        self._set_watching(place, form.flag("on", default=True), outcome)
        if (before == 0) != (len(room.watchers()) == 0):  # a player is to begin to upload, or may stop
            self._tell_members(room, outcome, now)
        return {"ok": True}

    @staticmethod
    def _set_watching(place: Place, on: bool, outcome: Outcome) -> None:
        """Begin or end to show somebody the feed; how many watch is told at the next sweep."""
        place.room.crowd |= place.member.watching or on
        place.member.watching = on
        outcome.fed, outcome.anew = (place.room, place.member.connection) if on else (None, None)

    def _feed(self, connection: str, visitor: Visitor, arguments: Sequence[Any], outcome: Outcome, now: float) -> None:
        form = Form("feed", arguments, self.limits)
        place = self.rooms.player(connection, "show the match")
        room, message = place.room, form.datagram()
        if place.member.seat != min(room.active_seats(), default=None):
            raise Refusal("not_feeder", "the player with the lowest seat shows the match to those who watch")
        if not visitor.spend_feed(len(message), now=now):
            raise Refusal("rate", "too many bytes")
        room.touched = now
        room.feed = room.feed or Feed(self.limits.feed_bytes, lambda blob: event_frames("feed", blob))
        room.feed.take(place.member.id, message, free=lambda: self._free_for(room))
        outcome.fed = room

    def _free_for(self, room: Room) -> int:
        others = sum(each.feed.reserved for each in self.rooms if each.feed is not None and each is not room)
        return self.limits.feeds_bytes - others

    def _relay(self, connection: str, visitor: Visitor, arguments: Sequence[Any], outcome: Outcome, now: float) -> None:
        form = Form("relay", arguments, self.limits)
        place, target = self.rooms.neighbour(connection, form.get("to"))
        if not visitor.spend_relay(others=len(place.room.members) - 1, now=now):
            raise Refusal("rate", "too many datagrams")
        data = form.datagram()
        place.room.touched = now
        outcome.send(target, "relay", {"from": place.member.id, "data": data})

    def _tell_of(self, place: Place, outcome: Outcome, now: float) -> None:
        """Tell everybody about a member that is gone, if it was one they knew of."""
        place.room.crowd = True
        if place.member.listed:
            self._tell_members(place.room, outcome, now)

    def _tell_members(self, room: Room, outcome: Outcome, now: float, *, leave_out: str = "") -> None:
        """Tell everybody who is in the room, and give the players tokens that know of it."""
        told = room.describe()
        room.crowd = False
        is_newer = self._revisions.get(room.born) != room.revision
        self._revisions[room.born] = room.revision
        for member in room.members.values():
            if member.connection is None or member.connection == leave_out:
                continue
            if is_newer and member.seat is not None:  # first: whoever knows of a change holds a token that tells of it
                outcome.send(member.connection, "resume", {"resume": self.rooms.keys.token_of(room, member, now=now)})
            outcome.send(member.connection, "members", told)
