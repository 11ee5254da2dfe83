"""What a session offers to those who watch: to be let in, to be sent away. Knows labels; the feeds are `core.sponsor`'s."""

from __future__ import annotations

from rollback.core.handles import SOON
from rollback.core.holdings import Holdings
from rollback.errors import UsageError

__all__ = ["Hosting"]


class Hosting(Holdings):
    """A session that can be watched."""

    def admit(self, peer: str, player: int | None = None) -> None:
        """Let somebody come into the running match: to take a player, or, without one, to watch.

        To be called on every peer. Who takes a player is a session made with `joining=True`: it is given a recent state by
        the reliable channel, catches up, and plays from a frame that all agree on; `PeerJoined` tells. The player is an
        `Open` one, one whose peer was lost or left, or one whose peer has died and has a new process of the same name,
        whatever we have noticed of that: the old one is lost at once.

        Who watches is a `SpectatorSession`: nothing is sent before it asks, and nobody waits for it. Asking twice changes
        nothing.

        Args:
            peer: A label, as in `Remote`; a watcher's must not be that of a player's peer.
            player: The player to take; the newcomer takes all that stood at that peer.

        Raises:
            UsageError: The label or the player is taken, the match is not running, `max_spectators` watch already, or this
                match cannot be followed: it has no checksums (`desync_interval=0`), or its states are no trees.
        """
        if player is not None:
            self._admit_player(peer, player)
            return
        self._land()
        if peer in self._inboxes:
            raise UsageError(f"{peer!r} plays: a spectator needs a label of its own")
        watching = [label for label in self._sponsor.feeds if label not in self._inboxes]
        if peer not in watching and len(watching) >= self.config.max_spectators:
            raise UsageError(
                f"{len(watching)} spectators watch already, max_spectators allows {self.config.max_spectators}:"
                " raise it, or let the others watch through the lobby"
            )
        self._sponsor.admit(peer)
        self._watch_at = SOON

    def broadcast(self, peer: str, *, keyframe_every: float = 5.0) -> None:
        """Send a feed to somebody who never answers, such as a lobby that hands it on to any number of readers.

        Args:
            peer: A label, as in `admit`.
            keyframe_every: Seconds from one state to the next: as long as a reader may have to wait for its beginning.

        Raises:
            UsageError: As `admit`, or `keyframe_every` is not in 0.1..3600.
        """
        self._land()
        if peer in self._inboxes:
            raise UsageError(f"{peer!r} plays: a broadcast needs a label of its own")
        self._sponsor.broadcast(peer, keyframe_every)
        self._watch_at = SOON

    def dismiss(self, peer: str) -> None:
        """Send a spectator, or a broadcast, nothing more. What still comes from it is ignored."""
        self._land()
        self._sponsor.dismiss(peer)

    @property
    def names(self) -> dict[int, str]:
        """What the players are called; whoever watches is told. To be filled in by who knows, before somebody watches."""
        return self._sponsor.names

    @property
    def feeding(self) -> bool:
        """Whether somebody who watches still lacks something that is here; after the end, reason to send a moment longer."""
        return self._sponsor.is_busy
