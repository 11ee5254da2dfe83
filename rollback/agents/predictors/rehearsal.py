"""A recorded match once more as one peer lived it: what others do comes late, and is guessed. Knows no network.

It is the engine's own simulation that is driven here, with its queues, guesses, snapshots and rollbacks; only who brings the
inputs, and when, is written down beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rollback.agents.predictors.gate import History
from rollback.config import Predictor, SessionConfig
from rollback.core.past import Past
from rollback.core.queues import MASK, InputQueue
from rollback.core.rows import extend
from rollback.core.simulation import NEVER, Simulation
from rollback.errors import UsageError
from rollback.game import Game, State, codecs_of, idle_inputs

__all__ = ["Lived", "rehearse"]

PATIENCE: Final = 100_000  # ticks past the last arrival after which a match that does not end is given up


@dataclass(slots=True)
class Lived:
    """What a peer went through.

    Attributes:
        frames: Frames it simulated.
        rollbacks: Rollbacks among them.
        resimulated: Frames replayed.
        stalls: Ticks that had to wait.
        depths: How many rollbacks went how many frames back.
        guesses: Guesses by horizon: how many frames past the newest known input, 1 first.
        misses: Those of them that were wrong.
        state: What the game held in the end.
    """

    frames: int = 0
    rollbacks: int = 0
    resimulated: int = 0
    stalls: int = 0
    depths: dict[int, int] = field(default_factory=dict)
    guesses: dict[int, int] = field(default_factory=dict)
    misses: dict[int, int] = field(default_factory=dict)
    state: Any = None


class _Watched:
    """Hands questions on to a predictor, and holds its answers against what came."""

    def __init__(self, predictor: Any, rows: Sequence[Sequence[bytes]], lived: Lived) -> None:
        self._predictor, self._rows, self._lived = predictor, rows, lived
        self._queues: dict[int, InputQueue] = {}
        self.reach = getattr(predictor, "reach", 0)

    def watch(self, queues: Sequence[InputQueue]) -> None:
        self._queues = {player: queue for queue in queues for player in queue.players}

    def begin(self, past: Past) -> _Watched:
        begin = getattr(self._predictor, "begin", None)
        if begin is not None:
            self._predictor = begin(past)
        return self

    def predict(self, player: int, frame: int, last_input: bytes, history: History, game: Any) -> bytes:
        guess: bytes = self._predictor.predict(player, frame, last_input, history, game)
        if frame < len(self._rows):
            lived, horizon = self._lived, frame - self._queues[player].known
            lived.guesses[horizon] = lived.guesses.get(horizon, 0) + 1
            if guess != self._rows[frame][player]:
                lived.misses[horizon] = lived.misses.get(horizon, 0) + 1
        return guess


def rehearse(
    game: Game,
    rows: Sequence[Sequence[bytes]],
    viewer: int,
    ticks: Sequence[Sequence[int]],
    predictor: Predictor,
    *,
    seed: int = 0,
    window: int = 8,
    start: State | None = None,
) -> Lived:
    """Play a match again as the peer of one player.

    Args:
        game: A fresh game.
        rows: Each frame's inputs, one a player.
        viewer: Whose peer it is; its own inputs are known at once.
        ticks: For each player, the tick at which the input of each frame is here, not falling; not looked at for the viewer.
        predictor: Guesses what is not here.
        seed: What the game is reset with.
        window: The prediction window.
        start: The state to begin with, where it is not that of the reset.

    Raises:
        UsageError: The game raised on the recorded inputs, or cannot be played to the end.
    """
    lived, total = Lived(), len(rows)
    codecs = codecs_of(game)
    watched = _Watched(predictor, rows, lived)
    extra = getattr(predictor, "extra", {})  # what both sides of a match would have agreed on
    config = SessionConfig(predictor=watched, prediction_window=window, desync_interval=0, seed=seed, extra=extra)
    begun: Any = game
    if hasattr(game, "reset"):
        begun.reset(seed)
    idle = idle_inputs(game, codecs)
    queues = [InputQueue((player,), idle) for player in range(len(codecs))]
    watched.watch(queues)
    sim = Simulation(game, codecs, queues, config)
    sim.start()
    if start is not None:
        game.load(start)
    sim.end_at(total)
    own, others = queues[viewer], [(queue, ticks[queue.players[0]]) for queue in queues if queue.players[0] != viewer]
    last = max([column[-1] for _, column in others if column], default=0)
    for tick in range(last + total + PATIENCE):
        for queue, column in others:
            came: list[bytes] = []
            while queue.known + 1 + len(came) < total and column[queue.known + 1 + len(came)] <= tick:
                came.append(rows[queue.known + 1 + len(came)][queue.players[0]])
                if len(came) > window + queue.known - sim.frame + MASK // 2:
                    break  # no ring holds more; the rest comes with the next tick
            if came:
                extend(sim, queue, came)
        if sim.wrong < NEVER or (sim.held and not sim.blocked()):
            sim.rollback()
        frame = sim.frame
        known = min([queue.known for queue, _ in others], default=NEVER)
        if frame >= sim.ask_at and sim.blocked():
            if sim.failure is not None:
                raise UsageError(f"the game raised on the recorded inputs of frame {frame}:\n{sim.failure}")
            if sim.is_over() and known >= frame - 1:
                break
            continue
        if frame - known > window:
            lived.stalls += 1
            continue
        if own.known < frame:
            own.append(rows[frame][viewer])
        sim.advance()
    else:
        raise UsageError(f"the recorded match does not come to its end: it stands at frame {sim.frame} of {total}")
    lived.frames, lived.rollbacks, lived.resimulated, lived.depths = sim.frame, sim.rollbacks, sim.resimulated, dict(sim.depths)
    lived.state = game.save()
    return lived
