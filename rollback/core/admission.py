"""A session into which somebody may come, or that comes into a match. Knows labels; `joining` and `newcomer` know how."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.config import SessionConfig
from rollback.core.endpoint import Endpoint
from rollback.core.engine import Engine
from rollback.core.handles import SOON
from rollback.core.joining import Joining
from rollback.core.newcomer import Newcomer
from rollback.core.states import Peer
from rollback.errors import UsageError
from rollback.game import Game
from rollback.types import Local, Open, Remote

__all__ = ["Admission"]

VACANT = (Peer.GONE, Peer.ADMITTED)


class Admission(Engine):
    """A session into which somebody may come."""

    def __init__(
        self,
        game: Game,
        players: Sequence[Local | Remote | Open],
        config: SessionConfig,
        nonce: int,
        match: int = 0,
        *,
        votes: bool = False,
        joining: bool = False,
    ) -> None:
        super().__init__(game, players, config, nonce, match, votes=votes, joining=joining)
        own, emit = self._own, self._events.append
        self._early: dict[int, str] = {}  # who is to be admitted to which player once we are in ourselves
        self._joining = Joining(
            own, self._local, self._sim, self._confirmation, self._membership, self._handshake, self._stand_in, config,
            emit, self._end, self._sponsor.dismiss, self._sponsor.begin_again_with,
        )  # fmt: skip
        self._messages.joining = self._joining
        self._membership.changed = self._joining.changed
        self._dispatch.also.append(self._joining.messages)
        if joining:
            self._newcomer = self._messages.newcomer = newcomer = Newcomer(
                own, self._local, self._endpoints, self._playing, self._sim, self._confirmation, self._membership,
                self._handshake, self._stand_in, config, emit, self._end, self._dispatch.post,
            )  # fmt: skip
            self._dispatch.also.append(newcomer.messages)

    def _may_start(self, now: float) -> bool:
        """Whether the first frame may begin, or, in a running match, the first one after what we were given."""
        if self._newcomer is None:
            return super()._may_start(now)
        if self._ended is not None or not self._newcomer.step(now):
            return False
        self._come_in(now)
        return True

    def _admit_player(self, peer: str, player: int) -> None:
        """Let somebody take a player; see `P2PSession.admit`."""
        self._land()
        endpoint = self._seat_of(peer, player)
        if self._newcomer is not None and not self._newcomer.is_in:
            self._early[player] = peer  # we are on our way ourselves
            self._rename(endpoint, peer)
            if endpoint.state is Peer.GONE:
                self._expect(endpoint)
            return
        if endpoint.state in (Peer.ADMITTED, Peer.JOINING) and endpoint.name == peer:
            self._joining.again[endpoint.seat] = endpoint.state is Peer.JOINING
            return
        if self._sponsor.knew(peer) and peer not in self._inboxes:
            self._sponsor.dismiss(peer)
        self._sponsor.admit(peer)
        returns = self.config.on_disconnect == "pause" and bool(self._membership.agreement.roster >> endpoint.seat & 1)
        self._membership.replace(endpoint)
        self._rename(endpoint, peer)
        for each in endpoint.queue.players:
            self._sponsor.names[each] = peer
        self._repair.renew(endpoint)
        self._joining.admit(endpoint, peer, returns=returns)
        self._watch_at = SOON

    def _expect(self, endpoint: Endpoint) -> None:
        """Greet somebody who comes to an open seat while we are on our way: it may be in before us."""
        endpoint.renew(endpoint.name)
        endpoint.state = Peer.SYNCHRONIZING
        endpoint.queue.cut = False

    def _rename(self, endpoint: Endpoint, peer: str) -> None:
        """Call a vacant seat by the name of who comes to it."""
        if endpoint.name != peer:
            self._sponsor.dismiss(endpoint.name)
            self._redundancy.doubled.pop(endpoint.name, None)
            self._inboxes[peer] = self._inboxes.pop(endpoint.name)
            endpoint.name = peer

    def _come_in(self, now: float) -> None:
        """Be in a match that runs, and admit whom we were to admit meanwhile."""
        self._handshake.start = now
        self._running = True
        self._planned = float("inf")
        self._watch_at = SOON
        early, self._early = self._early, {}
        for player, peer in early.items():
            endpoint = self._seat_of(peer, player)
            if endpoint.state is Peer.GONE:
                self._admit_player(peer, player)

    def _seat_of(self, peer: str, player: int) -> Endpoint:
        """Return the seat of a player that somebody is to take.

        Raises:
            UsageError: It cannot be taken by this peer, or not now.
        """
        if not isinstance(peer, str) or not peer:
            raise UsageError(f"a peer needs a name, not {peer!r}")
        if self._ended is not None:
            raise UsageError("the match has ended here: nobody can come into it any more")
        if not self._running and self._newcomer is None:
            raise UsageError("the match has not begun here: name all who are there from the start in `players`")
        if player in self._own.players:
            raise UsageError(f"player {player} is our own: admit somebody to one of another peer")
        endpoint = next((e for e in self._endpoints if player in e.queue.players), None)
        if endpoint is None or type(player) is not int:
            raise UsageError(f"player must be a number from 0 to {len(self._sim.codecs) - 1}, not {player!r}")
        other = next((e for e in self._endpoints if e.name == peer and e is not endpoint), None)
        if other is not None:
            raise UsageError(f"{peer!r} is the peer of player {other.seat}: a peer has one place, and its name is its own")
        if endpoint.name != peer and endpoint.state not in VACANT:
            raise UsageError(
                f"player {player} is played by {endpoint.name!r}: only a new process of the same name can take its place"
            )
        return endpoint
