"""A session that distrusts its game: every frame is rolled back and replayed, and both pasts must agree. Plays alone."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from rollback.config import SessionConfig
from rollback.core.queues import InputQueue
from rollback.core.simulation import Simulation
from rollback.errors import ActionError, DesyncError, MissingAction, UsageError
from rollback.game import Game, codecs_of, idle_inputs
from rollback.state import checksum, diff
from rollback.types import Tick

__all__ = ["SyncTestSession"]

MAX_DISTANCE = 60


class SyncTestSession:
    """Runs one game with all players local, and goes back `check_distance` frames after every frame.

    A game that is deterministic and saves all of its state cannot tell; any other one is found out on the first frame whose
    replay differs.

    Args:
        game: The game; it is reset with `config.seed` if it has `reset`.
        check_distance: Frames to go back, 1 to 60.
        fuzz: Go back by random depths instead, and through a detour: random actions first, which the replay must undo.
        config: Only `seed` and `fps` matter.

    Raises:
        UsageError: `check_distance` is out of its limits.
        GameError: The game lacks what it needs.
    """

    def __init__(self, game: Game, check_distance: int = 8, *, fuzz: bool = False, config: SessionConfig | None = None) -> None:
        if type(check_distance) is not int or not 1 <= check_distance <= MAX_DISTANCE:
            raise UsageError(f"check_distance must be a whole number from 1 to {MAX_DISTANCE}, not {check_distance!r}")
        config = config or SessionConfig()
        self.game = game
        self._codecs = codecs_of(game)
        self._distance = check_distance
        self._random = random.Random(config.seed) if fuzz else None
        self._queue = InputQueue(range(len(self._codecs)), idle_inputs(game, self._codecs))
        settings = SessionConfig(prediction_window=MAX_DISTANCE, desync_interval=0, seed=config.seed, fps=config.fps)
        self._sim = Simulation(game, self._codecs, [self._queue], settings)
        self._sums: dict[int, int] = {}
        self._states: dict[int, Any] = {}
        self._tick = Tick(self)
        self._started = False

    @property
    def frame(self) -> int:
        """Frames simulated."""
        return self._sim.frame

    @property
    def known(self) -> int:
        """Newest frame whose inputs are all here: all that were simulated."""
        return self._sim.frame - 1

    @property
    def confirmed(self) -> int:
        """Newest frame simulated on known inputs only."""
        return self._sim.frame - 1

    def tick(self, actions: Mapping[int, Any], *, now: float = 0.0) -> Tick:
        """Simulate one frame, go back, replay, and compare.

        Args:
            actions: The action of every player, by number.
            now: Taken so that a driver can treat all sessions alike; not used.

        Raises:
            DesyncError: The replay of a frame led to another state; `frame` and `differences` name it.
            MissingAction: A player has no action.
            ActionError: An action is outside its codec's space.
        """
        row = b"".join(self._encode(player, actions) for player in range(len(self._codecs)))
        sim, tick = self._sim, self._tick
        if not self._started:
            sim.start()
            self._started = True
        tick.advanced, tick.resimulated = False, 0
        if sim.blocked():
            tick.reason = "ended"
            return tick
        self._queue.append(row)
        self._queue.changes.clear()
        before = sim.frame
        if self._random is not None:
            self._detour()
        sim.advance()
        self._raise_failure()
        self._note(before + 1)
        depth = min(self._distance, sim.frame)
        if self._random is not None:
            depth = self._random.randint(1, depth)
        sim.wrong = sim.frame - depth
        tick.resimulated = sim.rollback()
        self._raise_failure()
        for frame in range(sim.frame - depth + 1, sim.frame):
            self._compare(frame, sim.snapshots.at(frame))
        self._compare(sim.frame, self.game.save())
        tick.advanced, tick.reason = True, "running"
        return tick

    def _detour(self) -> None:
        """Play this frame with random actions first and take it back, as after a wrong prediction."""
        assert self._random is not None
        sim, state = self._sim, self.game.save()
        rows = (self._random.randbytes(self._queue.width),)
        try:
            self.game.step(sim.decode(rows)[0])
        except Exception:
            pass  # what was guessed may be impossible in this state; only real actions must not raise
        self.game.load(state)

    def _raise_failure(self) -> None:
        if self._sim.failure is not None:
            raise DesyncError(f"step raised at frame {self._sim.frame}:\n{self._sim.failure}", frame=self._sim.frame)

    def _note(self, frame: int) -> None:
        """Keep the state after the first simulation of a frame."""
        state = self.game.save()
        self._states[frame] = state
        self._sums[frame] = self._sum(state)
        old = frame - self._distance - 1
        self._states.pop(old, None)
        self._sums.pop(old, None)

    def _compare(self, frame: int, state: Any) -> None:
        if self._sim.opaque:
            found = frame == self._sim.frame and self._sum(state) != self._sums[frame]
            differences: list[Any] = []
        else:
            found = self._sum(state) != self._sums[frame]
            differences = diff(self._states[frame], state) if found else []
        if found:
            what = "; ".join(map(str, differences[:5])) or "the checksums differ"
            raise DesyncError(f"the replay led to another state at frame {frame}: {what}", frame=frame, differences=differences)

    def _sum(self, state: Any) -> int:
        digest = getattr(self.game, "digest", None)
        if self._sim.opaque:
            return checksum(digest()) if digest is not None else 0
        return checksum(state)

    def _encode(self, player: int, actions: Mapping[int, Any]) -> bytes:
        try:
            return self._codecs[player].encode(actions[player])
        except (KeyError, IndexError, TypeError):
            raise MissingAction(f"tick needs the action of player {player}: every player is local in a sync test") from None
        except ActionError as error:
            raise ActionError(f"player {player}: {error}") from None
