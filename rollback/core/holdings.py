"""What a session still holds of the past, for whoever asks: checksums, states, and what was known. Knows no peers' names."""

from __future__ import annotations

from rollback.core.admission import Admission
from rollback.core.handshake import CHANGING
from rollback.core.simulation import NOTHING
from rollback.game import State

__all__ = ["Holdings"]


class Holdings(Admission):
    """A session that hands out what it holds."""

    def checksum_at(self, frame: int) -> int | None:
        """Return the checksum of S_frame, None where its snapshot is no longer, or not yet, held.

        Only that of a settled state (`frame - 1 <= settled`) is the same on every peer.
        """
        return self._sim.digest_at(frame)

    def held_state(self, frame: int) -> State | None:
        """Return our snapshot of the confirmed S_frame; None where it is not yet, or no longer, held, or is no state tree.

        It belongs to the engine: whoever asks must not change it.
        """
        sim = self._sim
        if sim.opaque or not 0 <= frame <= self.confirmed + 1:
            return None
        if frame == sim.frame:
            return sim.game.save()
        if not sim.every and sim.snapshots.has(frame):
            return sim.snapshots.at(frame)
        if hasattr(sim.game, "digest"):
            return None  # what else is held of that frame is its digest, which no game can load
        state = sim.tree_at(frame)
        return self._confirmation.kept.get(frame) if state is NOTHING else state

    def is_known(self, player: int, frame: int) -> bool:
        """Whether a player's input of a frame is here, or nothing is to come: asked after a tick, nobody has guessed it.

        Of the frame that the newest tick simulated it says whether that stood on the real input.
        """
        if frame <= self.known:
            return True
        if frame < self._sim.frame:
            if player in self._local.delays:
                return True
            if self._glance() is not None:
                return False  # of two, with our own input here: it is theirs that is not; a look that changes nothing
        self._land()
        queue = next(queue for queue in self._sim.queues if player in queue.spans)
        return queue.cut or frame <= queue.known

    @property
    def captured(self) -> int:
        """Newest frame at which the actions of our own players were taken, -1 before the first."""
        return self._local.captured if self._glance() is None else self._sim.frame - 1

    @property
    def told_delays(self) -> dict[int, int]:
        """The input delay of each remote player, as its peer told at the handshake; one that follows the line is not told."""
        told = [e for e in self._endpoints if e.greeting.agreed and e.delay < CHANGING]
        return {player: e.delay for e in told for player in e.queue.players}

    @property
    def round_trips(self) -> dict[int, float]:
        """The measured round trip to each remote player's peer, in seconds; of those who are there."""
        return {player: e.line.rtt for e in self._endpoints if e.live for player in e.queue.players}

    @property
    def vacant(self) -> dict[int, tuple[int, bool]]:
        """The players whom nobody of their own plays: since which frame, and whether a bot stands in."""
        agreement = self._membership.agreement
        return {
            player: (agreement.cuts.get(e.seat, -1) + 1, bool(agreement.adopted >> e.seat & 1))
            for e in self._endpoints
            if not agreement.roster >> e.seat & 1
            for player in e.queue.players
        }
