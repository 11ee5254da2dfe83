"""Every number the lobby holds its visitors to, and why. Knows no visitor."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits", "Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something may happen: `per_second` in the long run, `burst` at once."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one lobby.

    Attributes:
        rooms: Rooms at the same time.
        players: Seats a room can have.
        spectators: Members without a seat that the others of the room are told of and can reach; 0: nobody may watch.
        audience: Further members without a seat, who see the match through the lobby only and are told of as a number.
        connections: WebSocket connections at the same time.
        connections_per_address: Of those, from one address; a whole room may sit behind one router.
        name: Characters of a member's name.
        game: Characters of a game label.
        frame_bytes: The largest WebSocket message.
        signal_bytes: The largest signal; a session description with many candidates has about 8 KiB.
        relay_bytes: The largest relayed datagram, the same as over WebRTC.
        outbox: Packets that may wait for a slow receiver before datagrams to it are dropped; two make a datagram.
        outbox_bytes: And bytes.
        overflow: Packets that may wait for a receiver before it is given up.
        overflow_bytes: And bytes.
        feed_bytes: Of the keyframes of one room's feed: one that is whole, and one that is on its way.
        feeds_bytes: Of all rooms together.
        feed_rate: Bytes of a feed that one connection may upload: a large keyframe at once, and some four a minute.
        join_within: Seconds a connection may take to enter a room.
        away_grace: Seconds after which the seat of a lost member may be given to somebody else.
        empty_grace: Seconds a room lives on with nobody connected.
        room_idle: Seconds a room lives without any traffic; a match over WebRTC leaves its lobby silent for hours.
        invitation_lifetime: Seconds an invitation is valid.
        resume_lifetime: Seconds a resume token opens a room again after the lobby was restarted.
        coming_back: Seconds a room that was built again waits for its members before it lets in anybody else.
        vote_wait: Seconds between the first question for an epoch and the lobby's vote: the other side may ask too, and
            the peers wait five times as long for the answer.
        joins: Attempts to enter from one address. With 2**40 codes and 30 attempts a minute, guessing one of 1,000
            rooms takes seventy years on average.
        signals: Signals of one connection; a negotiation sends about 20.
        requests: Everything else that is answered.
        relays_per_peer: Relayed datagrams of one connection for each other member: 60 frames a second, each repeated.
        frames: WebSocket messages of one connection, whatever they are: above what 16 relaying players send.
        patience: Refusals after which a connection is ended.
    """

    rooms: int = 1000
    players: int = 16
    spectators: int = 32
    audience: int = 1000
    connections: int = 4096
    connections_per_address: int = 64
    name: int = 32
    game: int = 200
    frame_bytes: int = 64 * 1024
    signal_bytes: int = 32 * 1024
    relay_bytes: int = 16 * 1024
    outbox: int = 256
    outbox_bytes: int = 256 * 1024
    overflow: int = 2048
    overflow_bytes: int = 2 * 1024 * 1024
    feed_bytes: int = 16 * 1024 * 1024
    feeds_bytes: int = 64 * 1024 * 1024
    feed_rate: Rate = Rate(2 * 1024 * 1024, 20 * 1024 * 1024)
    join_within: float = 10.0
    away_grace: float = 30.0
    empty_grace: float = 60.0
    room_idle: float = 6 * 3600.0
    invitation_lifetime: float = 300.0
    resume_lifetime: float = 12 * 3600.0
    coming_back: float = 20.0
    vote_wait: float = 0.3
    joins: Rate = Rate(0.5, 60)
    signals: Rate = Rate(50, 200)
    requests: Rate = Rate(5, 30)
    relays_per_peer: Rate = Rate(120, 240)
    frames: Rate = Rate(8000, 16000)
    patience: Rate = Rate(5, 200)
