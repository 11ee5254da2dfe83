"""What a session still holds of past frames, for whoever asks: checksums and states. Knows no peers."""

from __future__ import annotations

from rollback.core.admission import Admission
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
