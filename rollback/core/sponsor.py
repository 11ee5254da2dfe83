"""All feeds of a session: who follows, what they may cost, and when they are served. Knows labels; knows no game's rules.

However many follow, and whatever they send, a tick does no more for them than a small, fixed amount of work.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.core.announcement import announcement
from rollback.core.broadcast import Broadcast
from rollback.core.confirmation import Confirmation
from rollback.core.dispatch import Dispatch
from rollback.core.endpoint import Endpoint
from rollback.core.feed import Feed, Phase
from rollback.core.lineup import Lineup
from rollback.core.settled import SettledReader
from rollback.core.simulation import Simulation
from rollback.core.source import Packed, Source
from rollback.core.tidings import last_word, news_of
from rollback.errors import UsageError, WireError
from rollback.types import Ended, Event
from rollback.wire.feed import MAX_PART, MAX_WANT, Done, Want, decode_feed, encode_feed
from rollback.wire.limits import MAX_REASON
from rollback.wire.messages import Bye

__all__ = ["Sponsor"]

BEAT: Final = 0.1  # seconds between rows: ten small messages a second, whatever fps is
RATE: Final = 2304 * 1024  # bytes a second, all together; more costs a channel in Python its frames
BURST: Final = 8 * MAX_PART  # bytes at once, however long nothing was sent
SLICES: Final = 4  # of packing in one look: three milliseconds or four of the frame, once its inputs have left
MOST_UNSENT: Final = 256  # messages that nobody has taken out: no more are made for those who never answer
MOST_FORMER: Final = 256  # labels remembered of those who follow no more
MOST_OPEN: Final = 4  # broadcasts
TINY: Final = 1e-6  # seconds, so that rounding makes no beat a tick longer


class Sponsor:
    """The feeds of one session.

    Args:
        lineup: Who plays, and the facts.
        endpoints: The peers, for the controllers they told.
        sim: The game.
        confirmation: What has settled.
        config: The settings.
        dispatch: Holds what waits for the reliable channel.

    Attributes:
        feeds: Those who follow and answer, by label.
        broadcasts: Those who do not answer, by label.
        names: What the players are called; for whoever follows.
        dropped: Messages of followers that were dropped, by reason.
    """

    def __init__(
        self,
        lineup: Lineup,
        endpoints: list[Endpoint],
        sim: Simulation,
        confirmation: Confirmation,
        config: SessionConfig,
        dispatch: Dispatch,
    ) -> None:
        self.feeds: dict[str, Feed] = {}
        self.broadcasts: dict[str, Broadcast] = {}
        self.names = {player: endpoint.name for endpoint in endpoints for player in endpoint.queue.players}
        self.dropped: Counter[str] = Counter()
        self._lineup = lineup
        self._endpoints = endpoints
        self._sim = sim
        self._confirmation = confirmation
        self._config = config
        self._dispatch = dispatch
        self._source = Source(sim, config.fps, lambda: SettledReader(sim, confirmation.settle, confirmation.readers))
        self._wants: dict[str, bytes] = {}
        self._former: dict[str, None] = {}
        self._room = float(BURST)
        self._served_at = self._beat_at = float("-inf")
        self._now: float | None = None  # when they are to be served, None for not
        self._turn = 0
        self._resyncs = 0

    @property
    def is_open(self) -> bool:
        """Whether anybody follows."""
        return bool(self.feeds) or bool(self.broadcasts)

    @property
    def _all(self) -> list[Feed | Broadcast]:
        return [*self.feeds.values(), *self.broadcasts.values()]

    @property
    def is_busy(self) -> bool:
        """Whether a follower that asked still lacks something."""
        return any(feed.phase not in (Phase.IDLE, Phase.DONE) for feed in self.feeds.values()) or any(
            not broadcast.is_done for broadcast in self.broadcasts.values()
        )

    def admit(self, label: str) -> Feed:
        """Let somebody follow; asking again changes nothing.

        Raises:
            UsageError: Nobody can follow this match.
        """
        self._check(label)
        if label in self.broadcasts:
            raise UsageError(f"{label!r} is a broadcast already: dismiss it first, or choose another label")
        if label not in self.feeds:
            self._open()
            self.feeds[label] = Feed(self._source, self._announcement, self._config.fps)
        return self.feeds[label]

    def broadcast(self, label: str, keyframe_every: float) -> None:
        """Feed somebody who never answers, such as a lobby that hands the feed on.

        Raises:
            UsageError: Nobody can follow this match, or the arguments are out of their limits.
        """
        self._check(label)
        if not isinstance(keyframe_every, int | float) or not 0.1 <= keyframe_every <= 3600:
            raise UsageError(f"keyframe_every must be a number of seconds from 0.1 to 3600, not {keyframe_every!r}")
        if label in self.feeds:
            raise UsageError(f"{label!r} follows already: dismiss it first, or choose another label")
        if label not in self.broadcasts and len(self.broadcasts) >= MOST_OPEN:
            raise UsageError(f"there are {MOST_OPEN} broadcasts already: the lobby hands one on to any number")
        self._open()
        self.broadcasts[label] = Broadcast(self._source, self._announcement, float(keyframe_every))

    def dismiss(self, label: str) -> None:
        """Send somebody nothing more; who does not follow is no matter."""
        self.feeds.pop(label, None)
        self.broadcasts.pop(label, None)
        self._wants.pop(label, None)
        self._former[label] = None
        if len(self._former) > MOST_FORMER:
            del self._former[next(iter(self._former))]
        if not self.is_open:
            self._source.close()
            self._confirmation.offered = _nobody

    def begin_again_with(self, label: str) -> None:
        """Another process follows under this label: forget what the one before held."""
        self.feeds.pop(label, None)
        self._wants.pop(label, None)
        if self._problem() is None:
            self._open()
            self.feeds[label] = Feed(self._source, self._announcement, self._config.fps)

    def knew(self, label: str) -> bool:
        """Whether somebody of this label follows, or did: what it says may still be on its way."""
        return label in self.feeds or label in self.broadcasts or label in self._former

    def take(self, label: str, data: bytes) -> None:
        """Keep the newest message of a follower for the next look: it says all that the ones before said."""
        if len(data) > MAX_WANT:
            self.dropped["oversized"] += 1  # reading the largest of many followers would take up a part of a frame
        elif label in self.feeds:
            self._wants[label] = data

    def note(self, events: list[Event]) -> None:
        """Tell followers who left, and who came, with the next row."""
        for event in events:
            news = news_of(event)
            if news is not None:
                self._source.note(self._confirmation.settle() + 1, news)

    def look(self, now: float, resyncs: int) -> float:
        """See that followers are served behind this tick, and return when to look again.

        Nothing is served here: in the middle of a tick the frames that are known may still be stepped with what was guessed.
        With each of the `resyncs` another peer's state was taken over: ours from before are none of the match's.
        """
        self._now = now
        if resyncs != self._resyncs:
            self._resyncs = resyncs
            self._source.begin_again()
            for broadcast in self.broadcasts.values():
                broadcast.restart()  # the others see by their checksums what they have to ask for
        busy = self._source.is_packing or any(feed.is_sending for feed in self._all)
        return now if busy else now + BEAT

    def serve(self, ended: Ended | None, bye: Bye | None) -> None:
        """Send everybody what is due, to be called between ticks; `ended` and our goodbye are None before the end."""
        now, self._now = self._now, None
        source = self._source
        if now is None and ended is None:
            return
        source.advance()
        if now is not None:
            self._hear(now)
            problem = self._problem()
            if problem is not None:
                self._refuse(problem)
                return
            for feed in self.feeds.values():
                feed.look()
            for broadcast in self.broadcasts.values():
                broadcast.look(now)
            source.work(SLICES)
            self._send_parts(now)
        if ended is not None or (now is not None and now >= self._beat_at):
            self._beat_at = self._beat_at if now is None else now + BEAT - TINY
            self._send_rows(self._done(ended, bye))
        source.keep([feed.in_use for feed in self._all])

    def _hear(self, now: float) -> None:
        wants, self._wants = self._wants, {}
        for label, data in wants.items():
            try:
                message = decode_feed(data)
            except WireError as error:
                self.dropped[error.reason] += 1
                continue
            if isinstance(message, Want):
                self.feeds[label].hear(message, now)
            else:
                self.dropped["unasked"] += 1

    def _send_parts(self, now: float) -> None:
        """Send parts of keyframes to one after the other, as many as the time since the last call allows."""
        self._room = min(BURST, self._room + RATE * min(1.0, max(0.0, now - self._served_at)))
        self._served_at = now
        lines: list[tuple[str, Any]] = [*self.feeds.items()]
        if len(self._dispatch.blobs) < MOST_UNSENT:
            lines += self.broadcasts.items()
        quiet = 0
        while lines and self._room >= MAX_PART and quiet < len(lines):
            label, feed = lines[self._turn % len(lines)]
            self._turn += 1
            sent = feed.parts(1) if feed.in_use >= 0 else ()
            quiet = 0 if sent else quiet + 1
            for message in sent:
                self._room -= len(message)
                self._dispatch.blobs.append((label, message))

    def _send_rows(self, done: Done | None) -> None:
        """Send what has settled: at once to who is up to date, to the others in turn; states wait for what that costs."""
        lines = list(self.feeds.items())
        turn = self._turn % len(lines) if lines else 0
        for label, feed in lines[turn:] + lines[:turn]:
            if self._room <= -BURST and feed.lag > self._config.fps:
                continue
            self._turn += 1
            for message in feed.rows(done):
                self._room -= len(message)
                self._dispatch.blobs.append((label, message))
        if len(self._dispatch.blobs) < MOST_UNSENT:
            for label, broadcast in self.broadcasts.items():
                for message in broadcast.rows(done):
                    self._dispatch.blobs.append((label, message))

    def _done(self, ended: Ended | None, bye: Bye | None) -> Done | None:
        """Return what is told at the end, once all rows have settled that ever will."""
        if ended is None:
            return None
        frame = self._source.end
        is_last = frame == self._sim.frame and not self._sim.failure
        return last_word(ended, bye, frame, self._sim.digest_at(frame) if is_last else None)

    def _announcement(self, packed: Packed) -> bytes:
        return announcement(packed, self._lineup, self._endpoints, self.names)

    def _check(self, label: Any) -> None:
        if not isinstance(label, str) or not label:
            raise UsageError(f"a follower needs a name, not {label!r}")
        problem = self._problem()
        if problem is not None:
            raise UsageError(problem)

    def _problem(self) -> str | None:
        """Return why nobody can follow this match."""
        if not self._config.desync_interval:
            return "a match without checksums (desync_interval=0) cannot be followed: set desync_interval, 60 say"
        if self._sim.opaque:
            return f"the snapshots of {type(self._sim.game).__name__} are no state trees, so nobody can be sent one"
        return self._source.problem

    def _refuse(self, problem: str) -> None:
        for label in (*self.feeds, *self.broadcasts):
            feed = self.feeds.get(label)
            if feed is None or feed.phase not in (Phase.IDLE, Phase.DONE):
                self._dispatch.blobs.append((label, encode_feed(Done(problem[:MAX_REASON]))))
            if feed is not None:
                feed.phase = Phase.DONE
        self.broadcasts.clear()

    def _open(self) -> None:
        if not self._source.is_open:
            confirmation = self._confirmation
            self._source.open(confirmation.settle(), confirmation.kept, confirmation.kept_sums)
            confirmation.offered = self._source.offer


def _nobody(frame: int, tree: Any, value: int) -> None:
    """Nobody follows."""
