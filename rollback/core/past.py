"""What a predictor may look at of the session it guesses for. Knows snapshots and queues; changes nothing, knows no peer.

A predictor with a method `begin(past)` is asked once a session for the one that guesses there, so that one object in the
settings of several sessions has no memory in common with itself. With an attribute `reach` it is promised the states of that
many frames back, besides those the engine keeps for itself. With a method `allow_delay(player, frames)` the one that
guesses in a session may refuse an input delay that is to be set there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rollback.errors import ConfigError

if TYPE_CHECKING:
    from rollback.config import SessionConfig
    from rollback.core.simulation import Simulation
    from rollback.game import ActionCodec

__all__ = ["MAX_REACH", "Past", "reach_of"]

MAX_REACH: Final = 120  # frames: the rings of snapshots stay below the rings of inputs


class Past:
    """A session as its predictor sees it.

    Attributes:
        game: The game; it may be loaded with other states as long as it is put back before anybody else sees it.
        codecs: One a player.
        config: The session's settings.
        delays: Frames between an action and its effect, of each player of ours; it follows what is set.
    """

    __slots__ = ("_sim", "codecs", "config", "delays", "game")

    def __init__(self, sim: Simulation, delays: Mapping[int, int]) -> None:
        self.game: Any = sim.game
        self.codecs: Sequence[ActionCodec] = sim.codecs
        self.config: SessionConfig = sim.config
        self.delays = delays
        self._sim = sim

    @property
    def frame(self) -> int:
        """Frames simulated: the game holds S_frame."""
        return self._sim.frame

    @property
    def certain(self) -> int:
        """The newest frame whose state stands on known inputs only: S_certain never changes any more."""
        sim = self._sim
        certain = sim.frame if sim.frame <= sim.wrong else sim.wrong
        for queue in sim.queues:
            if queue.known + 1 < certain and not queue.cut:
                certain = queue.known + 1
        return certain

    def state(self, frame: int) -> Any:
        """Return the snapshot of S_frame as it stands now, guesses included; None where it is not held."""
        sim = self._sim
        present, snapshots = sim.frame, sim.snapshots
        if frame == present:
            return sim.game.save()
        newest = sim.present if sim.present > present else present  # of the ring
        if not newest - snapshots.mask <= frame < present or frame < sim.began or not (sim.every or snapshots.has(frame)):
            return None
        return snapshots.states[frame & snapshots.mask]

    def before(self) -> Any:
        """Return the snapshot of S_frame that was just taken. Only while being asked for a guess: then there is one."""
        return self._sim.snapshots.at(self._sim.frame)


def reach_of(config: SessionConfig) -> int:
    """Return how many frames back the predictor looks, 0 for one that looks at inputs only.

    Raises:
        ConfigError: It cannot be had.
    """
    reach = getattr(config.predictor, "reach", 0)
    if type(reach) is not int or not 0 <= reach <= MAX_REACH:
        raise ConfigError(f"the reach of a predictor must be a whole number of frames from 0 to {MAX_REACH}, not {reach!r:.80}")
    if reach and config.save == "sparse":
        raise ConfigError('this predictor looks at past states, and save="sparse" keeps few of them: set save="every"')
    return reach
