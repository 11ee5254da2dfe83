"""The session of one who watches: settled frames only, some time behind, shown at pace. Knows no socket and no clock.

It receives a feed, loads its state, and steps its own game on the rows that follow. It never waits for anybody, and nobody for
it: where it is too far behind, it goes on from a newer state.
"""

from __future__ import annotations

from typing import Any, Final

from rollback.config import MAX_BEHIND, SessionConfig
from rollback.core.follower import Follower
from rollback.core.playback import MOST_STEPS, Playback
from rollback.core.screening import Screening
from rollback.core.shown import Shown
from rollback.core.terms import Terms
from rollback.core.tidings import event_of
from rollback.errors import GameError, UsageError
from rollback.game import Game
from rollback.types import Confirmed, DesyncFound, Ended, Event, PeerLeft, Reason, Resynced, Synchronized, Tick
from rollback.wire.feed import Done, Keyframe
from rollback.wire.limits import MAX_DATAGRAM
from rollback.wire.matches import MATCHES, mark, match_of, unmark

__all__ = ["SpectatorSession"]

TOO_FAR: Final = 1 << 40
TOO_LATE: Final = 20.0  # seconds behind what is wanted, from which a newer state is asked for


class SpectatorSession:
    """One who watches a match.

    The caller hands it what comes from the host, ticks it once a frame, and sends what `outgoing_reliable` returns. The host
    is a peer in the match that admitted us, or a lobby that hands a feed on; another one can take its place by `follow`.

    Args:
        game: The game; the session loads and steps it.
        host: A label for who sends us the match.
        config: What must be the same as in the match: game, version and `extra` are compared; all else comes with the feed.
            Without it only what decides whether the game can be stepped at all is compared.
        delay: Seconds to stay behind the newest settled frame, 0 to 300.
        match: Number of the match in its room, as in `P2PSession`.

    Raises:
        UsageError: An argument is out of its limits.
        GameError: The game lacks what it needs.

    Attributes:
        host: Who sends us the match.
        config: The settings, those of the match once it is known.
        names: What the players are called, as far as it was told.
        controllers: Who plays each player.
    """

    def __init__(
        self, game: Game, host: str, config: SessionConfig | None = None, *, delay: float = 0.0, match: int = 0
    ) -> None:
        if not isinstance(delay, int | float) or isinstance(delay, bool) or not 0 <= delay <= MAX_BEHIND:
            raise UsageError(f"delay must be a number of seconds from 0 to {MAX_BEHIND:g}, not {delay!r}")
        if type(match) is not int or not 0 <= match < MATCHES:
            raise UsageError(f"match must be a whole number from 0 to {MATCHES - 1}, not {match!r}")
        self.game: Any = game
        self.host = _label(host)
        self.config = config or SessionConfig()
        self.names: dict[int, str] = {}
        self.controllers: dict[int, str] = {}
        self._screening = Screening(game)
        self._terms = Terms(game, self._screening.codecs, config)
        self._match = match
        self._follower = Follower()
        self._playback = Playback(float(delay))
        self._checked: Keyframe | None = None
        self._ended: Ended | None = None
        self._events: list[Event] = []
        self._outbox: list[tuple[str, bytes]] = []
        self._readers: list[Shown] = []
        self._gone: Done | None = None  # the goodbye of a host while the match goes on, told once
        self._tick = Tick(self)
        self._reader = self.subscribe()

    # What the caller asks.

    @property
    def frame(self) -> int:
        """Frames simulated; the game holds S_frame."""
        return self._screening.frame

    @property
    def known(self) -> int:
        """Newest frame whose inputs are here, -1 before the first."""
        return max(self._follower.base, self._screening.frame - 1)

    @property
    def confirmed(self) -> int:
        """Newest frame that was shown."""
        return self._screening.frame - 1

    settled = confirmed  # nothing is shown that could change

    @property
    def behind(self) -> int:
        """Settled frames that are here and were not shown yet."""
        return max(0, self._follower.base + 1 - self._screening.frame) if self._screening.is_loaded else 0

    @property
    def progress(self) -> float:
        """The share of the first state that has come, 0 to 1."""
        return 1.0 if self._screening.is_loaded else self._follower.progress

    @property
    def reason(self) -> Reason:
        """Why the newest tick did, or did not, show a frame."""
        return self._tick.reason

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to show."""
        return self._ended is not None

    @property
    def dropped(self) -> dict[str, int]:
        """Messages dropped, by reason."""
        return dict(sorted(self._follower.dropped.items()))

    def events(self) -> list[Event]:
        """Return what happened since the last call, as far as it was shown."""
        events, self._events = self._events, []
        return events

    def confirmed_frames(self) -> list[Confirmed]:
        """Return what was shown since the last call, in order; after `Resynced` from a later frame on."""
        return self._reader.take()

    def subscribe(self) -> Shown:
        """Return a reader of its own for all that is shown from now on."""
        return Shown(self._readers)

    def checksum_at(self, frame: int) -> int | None:
        """Return the checksum of S_frame: the present, or one of those that were compared with the host's; else None."""
        screening = self._screening
        return screening.digest() if screening.is_loaded and frame == screening.frame else screening.sums.get(frame)

    # What the caller does.

    def receive(self, peer: str, datagram: bytes) -> None:
        """Ignore a datagram: who watches gets all by the reliable channel."""
        if peer == self.host:
            self._follower.dropped["datagram"] += 1

    def receive_reliable(self, peer: str, blob: bytes) -> None:
        """Take a message of the host; what others say is ignored, for it may be a former host's last words."""
        if peer != self.host or self._ended is not None:
            return
        if len(blob) > MAX_DATAGRAM or match_of(blob) != self._match:
            self._follower.dropped["oversized" if len(blob) > MAX_DATAGRAM else "match"] += 1
            return
        self._follower.hear(unmark(blob))

    def tick(self, *, now: float, most: int = MOST_STEPS) -> Tick:
        """Show what is due: one frame at the usual pace, more to catch up.

        Args:
            now: Seconds, monotonic.
            most: Frames to show at most, for a caller who has less time.
        """
        tick, before = self._tick, self._screening.frame
        if self._ended is None:
            self._look()
        if self._screening.is_loaded and self._ended is None:
            try:
                self._show(now, most)
                self._look_for_end()
            except GameError as error:
                self._end(str(error))
        tick.advanced = self._screening.frame > before
        if self._ended is not None:
            tick.reason = "ended"
        else:
            tick.reason = "running" if tick.advanced else "stalled" if self._screening.is_loaded else "synchronizing"
            self._outbox += [(self.host, mark(blob, self._match)) for blob in self._follower.wants(now)]
        return tick

    def outgoing(self, *, now: float) -> list[tuple[str, bytes]]:
        """Return no datagrams: there are none."""
        return []

    def outgoing_reliable(self) -> list[tuple[str, bytes]]:
        """Return the messages to send by an ordered, reliable channel, and forget them."""
        out, self._outbox = self._outbox, []
        return out

    def follow(self, host: str) -> None:
        """Go on with another host, from where we are: in the middle of a state, or of the match."""
        self.host = _label(host)
        self._gone = None
        self._outbox.clear()
        self._follower.follow_another()

    def leave(self, *, now: float, reason: str = "left") -> None:
        """Watch no more. Nobody has to be told."""
        self._end(reason)

    # What a tick does.

    def _look(self) -> None:
        """See what has come besides rows: whether we can watch this at all, a state, a goodbye, or that nothing will come."""
        follower = self._follower
        for keyframe in (follower.coming, follower.keyframe):
            if keyframe is not None and keyframe is not self._checked:
                self._checked = keyframe
                if not self._suits(keyframe):
                    return
        hold = self._playback.hold if follower.done is None else 0
        if 0 <= follower.state_frame <= follower.newest + 1 - hold:
            self._load()
        if follower.problem is not None:
            self._end(f"{self.host} cannot be watched: {follower.problem}")
        elif self._screening.is_loaded and self.behind > self._playback.hold + TOO_LATE * self._playback.fps:
            follower.renew(self._screening.frame)
        done = follower.done
        if done is not None and done.over and done.frame < 0:
            self._end(f"{self.host} cannot be watched: {done.reason}")
        elif done is not None and not done.over and self._gone is None:
            self._gone = done
            self._events.append(PeerLeft(self.host, (), done.reason))

    def _suits(self, keyframe: Keyframe) -> bool:
        """Whether we can watch this; if so, take over what the match says of itself."""
        config = self._terms.settings(self.host, keyframe)
        if isinstance(config, list):
            self._events += config
            first = config[0]
            why = f"{first.field} is {first.ours!r} here and {first.theirs!r} there; {first.mend}"
            self._end(f"{self.host} cannot be watched: {why}")
            return False
        self.config, self._playback.fps = config, config.fps
        self.names, self.controllers = dict(keyframe.names), dict(sorted(keyframe.players.items()))
        return True

    def _load(self) -> None:
        """Take over the state that has come."""
        follower, screening = self._follower, self._screening
        keyframe, taken = follower.keyframe, follower.take_state()
        if taken is None or keyframe is None:
            return
        was_loaded = screening.is_loaded
        try:
            screening.load(*taken, keyframe.checksum, self.config.seed)
        except GameError as error:
            follower.reject(str(error))
            return
        self._events.append(Resynced(screening.frame) if was_loaded else Synchronized(self.host))

    def _show(self, now: float, most: int) -> None:
        """Step the game as many frames as are due."""
        follower, screening = self._follower, self._screening
        for _ in range(self._playback.steps(self.behind, now, most=most, ended=follower.done is not None)):
            rows = follower.take_rows(1)
            if not rows or rows[0][0] != screening.frame:
                return
            self._tell(screening.frame)
            done = screening.step(rows[0][1])
            for reader in self._readers:
                reader.add(done)
            frame = screening.differs(follower.sums, self.config.desync_interval or TOO_FAR)
            if frame is not None:
                self._events.append(DesyncFound(frame, self.host))
                follower.reject(f"its states differ from ours, first at frame {frame}")
                return

    def _look_for_end(self) -> None:
        done = self._follower.done
        if done is None or not done.over or self._screening.frame < done.frame or self._ended is not None:
            return
        if done.checksum >= 0 and self._screening.digest() != done.checksum:
            self._events.append(DesyncFound(self.frame, self.host))
        self._tell(self.frame)
        self._end(done.reason)

    def _tell(self, frame: int) -> None:
        """Make events of the news up to a frame."""
        news = self._follower.news
        while news and news[0][0] <= frame:
            self._events.append(event_of(news.popleft()[1], self.names))

    def _end(self, reason: str) -> None:
        if self._ended is None:
            self._ended, self._tick.reason = Ended(reason, self.frame), "ended"
            self._events.append(self._ended)


def _label(host: str) -> str:
    if not isinstance(host, str) or not host:
        raise UsageError(f"a spectator needs the name of its host, not {host!r}")
    return host
