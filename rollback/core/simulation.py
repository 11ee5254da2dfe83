"""The game and its past: steps, snapshots, rollbacks. Knows rows of inputs by frame; knows no network and no clock.

The present may lie ahead of `frame`: a replay stops early where the game says `over`, or where a step raised on guessed
inputs, and goes on from there to the present when a later rollback, or the real inputs, allow it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.config import RepeatLast, SessionConfig
from rollback.core.queues import MASK, InputQueue
from rollback.core.snapshots import Snapshots
from rollback.errors import GameError
from rollback.game import ActionCodec, Game
from rollback.state import checksum, size_of, why_not_tree
from rollback.wire.limits import RING

__all__ = ["NEVER", "Decoded", "Simulation"]

NEVER: Final = 1 << 60  # a frame past all frames
CACHE: Final = 1024  # decoded rows kept: players press few different combinations
LARGE_STATE: Final = 64 * 1024  # bytes from which `save="auto"` saves only where needed

Decoded = tuple[Sequence[Any], Sequence[bytes]]  # one action and one input a player


class Simulation:
    """Steps one game on the rows of several queues, and replays it when a guess was wrong.

    Attributes:
        frame: Frames simulated; the game holds S_frame.
        present: Where a replay leads to; `frame` unless the game is held before it.
        wrong: Earliest frame simulated on a wrong guess, NEVER for none. A running minimum that only `rollback` clears.
        held: Whether the game stands before the present.
        careful: Whether `blocked` must be asked before a step.
        held_until: Frame whose inputs must be known before it is stepped again, since guessed ones made it raise.
        failure: Traceback of a step that raised on known inputs, or None.
        end: No frame from here on is simulated.
        agreed_end: The frame `end_at` named, None without one.
        played: Ring of the rows each frame was stepped with.
    """

    def __init__(
        self, game: Game, codecs: Sequence[ActionCodec], queues: Sequence[InputQueue], config: SessionConfig
    ) -> None:
        self.game = game
        self.codecs = codecs
        self.queues = queues
        self.config = config
        self.frame = 0
        self.present = 0
        self.wrong = NEVER
        self.held = False
        self.held_until = -1
        self.failure: str | None = None
        self.end = NEVER
        self.agreed_end: int | None = None
        self.played: list[tuple[bytes, ...]] = [()] * RING
        self.rollbacks = 0
        self.resimulated = 0
        self.depths: dict[int, int] = {}
        self._guess = None if type(config.predictor) is RepeatLast else config.predictor
        self._has_over = self.careful = hasattr(game, "over")
        self._digest: Callable[[], Any] | None = getattr(game, "digest", None)
        self._batch = getattr(game, "replay", None)
        self._digests: dict[int, Any] = {}
        self._interval = config.desync_interval
        self._cacheable = all(getattr(codec, "immutable", False) for codec in codecs)
        self._decoded: dict[tuple[bytes, ...], Decoded] = {}
        self._where = [
            (index, *queue.spans[player])
            for player in range(len(codecs))
            for index, queue in enumerate(queues)
            if player in queue.spans
        ]
        self._game_step, self._game_save = game.step, game.save
        self._pair = (queues[0], queues[1]) if len(queues) == 2 and self._guess is None else None
        self._rows: tuple[bytes, ...] = (b"", b"")
        self._actions: Sequence[Any] = ()
        self._every = self._digest is None
        self.snapshots = Snapshots(config.prediction_window, 1)
        self.opaque = False

    def start(self) -> None:
        """Reset the game and decide how snapshots are taken.

        Raises:
            GameError: The snapshots are opaque, checksums are on, and the game has no `digest`.
        """
        config, game = self.config, self.game
        if hasattr(game, "reset"):
            game.reset(config.seed)
        self._game_step, self._game_save = game.step, game.save
        state = game.save()
        problem = why_not_tree(state)
        self.opaque = problem is not None
        if problem is not None and config.desync_interval and self._digest is None:
            raise GameError(
                f"the snapshot of {type(game).__name__} is no state tree ({problem}) and the game has no digest():"
                " add digest(), or set desync_interval=0"
            )
        sparse = config.save == "sparse" or (
            config.save == "auto" and problem is None and size_of(state) >= LARGE_STATE
        )
        window = config.prediction_window
        self.snapshots = Snapshots(window, max(1, (window + 1) // 2) if sparse else 1)
        self._every = self.snapshots.stride == 1 and self._digest is None

    def decode(self, rows: tuple[bytes, ...]) -> Decoded:
        """Return each player's action and input for one frame's rows."""
        found = self._decoded.get(rows)
        if found is not None:
            return found
        inputs = tuple([rows[index][start:stop] for index, start, stop in self._where])
        actions = tuple([codec.decode(data) for codec, data in zip(self.codecs, inputs, strict=True)])
        if self._cacheable:  # an action that can be changed is decoded anew for each step, or one step could spoil the next
            if len(self._decoded) >= CACHE:
                self._decoded.clear()
            self._decoded[rows] = actions, inputs
        return actions, inputs

    def rows_for(self, frame: int) -> tuple[bytes, ...]:
        """Return the row of every queue for a frame, real where it is known, guessed and noted down where it is not."""
        rows = []
        slot = frame & MASK
        for queue in self.queues:
            if frame <= queue.known:
                row = queue.rows[slot]
            else:
                row = queue.last if self._guess is None or queue.cut else self._predict(queue, frame)
                queue.rows[slot] = row
            rows.append(row)
        return tuple(rows)

    def blocked(self) -> bool:
        """Whether the frame the game stands at must not be stepped: it is the end, is over, or waits for real inputs."""
        if self.is_over():
            return True
        return self.held_until >= 0 and any(queue.known < self.held_until for queue in self.queues if not queue.cut)

    def is_over(self) -> bool:
        """Whether the game stands at its end: the agreed frame, or a state that says `over`."""
        return self.frame >= self.end or (self._has_over and bool(self.game.over))

    def advance(self) -> bool:
        """Save and step the present frame; False when the step raised on guessed inputs and was taken back."""
        frame = self.frame
        if self._every:
            snapshots = self.snapshots
            snapshots.states[frame & snapshots.mask] = self._game_save()
        else:
            self._save(frame)
        slot = frame & MASK
        if self._pair is not None:
            # Two peers, each guess the last row: no list, and no new tuple where both rows are the ones of the frame before.
            own, other = self._pair
            theirs = other.rows[slot] if frame <= other.known else other.last
            mine = own.rows[slot]
            rows = self._rows
            if rows[0] is not mine or rows[1] is not theirs:
                self._rows = rows = (mine, theirs)
                self._actions = self.decode(rows)[0]
            other.rows[slot] = theirs
            self.played[slot] = rows
            actions = self._actions if self._cacheable else self.decode(rows)[0]
        else:
            self.played[slot] = rows = self.rows_for(frame)
            actions = self.decode(rows)[0]
        try:
            self._game_step(actions)
        except Exception:
            self._stopped_by_error(frame)
            return False
        self.frame = self.present = frame + 1
        return True

    def rollback(self) -> int:
        """Serve the pending rollback in one synchronous batch; return the number of frames replayed."""
        first = self.wrong
        self.wrong = NEVER
        snapshots = self.snapshots
        first = min(first, self.frame)
        depth = self.frame - first
        first = snapshots.newest(first)
        self.game.load(snapshots.at(first))
        self.frame = first
        if self._batch is not None and self._digest is None and self.present - first > 1 and self.end >= self.present:
            try:
                self._replay_batch(first)
            except Exception:
                self.game.load(snapshots.at(first))
                self._replay(first)
        else:
            self._replay(first)
        replayed = self.frame - first
        self.held = self.frame < self.present
        self.rollbacks += 1
        self.resimulated += replayed
        self.depths[depth] = self.depths.get(depth, 0) + 1
        return replayed

    def digest_at(self, frame: int) -> int | None:
        """Return the checksum of S_frame, None where its snapshot is not here."""
        if frame == self.frame:
            return checksum(self._digest() if self._digest else self.game.save())
        if self._digest is not None:
            return checksum(self._digests[frame]) if frame in self._digests else None
        return checksum(self.snapshots.at(frame)) if self._every or self.snapshots.has(frame) else None

    def _replay(self, first: int) -> None:
        game, step, save = self.game, self._game_step, self._game_save
        states, mask = self.snapshots.states, self.snapshots.mask
        for frame in range(first, self.present):
            if frame > first:
                if self._has_over and game.over:
                    return
                if self._every:
                    states[frame & mask] = save()
                else:
                    self._save(frame)
            if frame >= self.end:
                return
            rows = self.rows_for(frame)
            self.played[frame & MASK] = rows
            try:
                step(self.decode(rows)[0])
            except Exception:
                self._stopped_by_error(frame)
                return
            self.frame = frame + 1

    def _replay_batch(self, first: int) -> None:
        rows = [self.rows_for(frame) for frame in range(first, self.present)]
        batch = [self.decode(row)[0] for row in rows]
        states = self._batch(batch) if self._batch else ()
        for frame, row in enumerate(rows[: len(states) + 1], first):
            self.played[frame & MASK] = row
            if frame > first:
                self.snapshots.put(frame, states[frame - first - 1])
        self.frame = first + len(states) + 1

    def _save(self, frame: int) -> None:
        """Save S_frame if it is due: every stride, at every frame whose checksum is due, and where an old one stood."""
        snapshots = self.snapshots
        due = self._interval and frame % self._interval == 0
        if due or snapshots.has(frame) or frame - snapshots.newest(frame) >= snapshots.stride:
            snapshots.put(frame, self.game.save())
        if due and self._digest is not None:
            self._digests[frame] = self._digest()
            for old in [old for old in self._digests if old < frame - RING]:
                del self._digests[old]

    def _stopped_by_error(self, frame: int) -> None:
        """Take a step that raised back; on real inputs it is the game's failure, on guessed ones nobody's."""
        if all(queue.known >= frame or queue.cut for queue in self.queues) and self.wrong > frame:
            self.failure = traceback.format_exc(limit=-8)
        base = self.snapshots.newest(frame)
        self.game.load(self.snapshots.at(base))
        for past in range(base, frame):  # only with sparse snapshots
            self.game.step(self.decode(self.played[past & MASK])[0])
        self.frame = frame
        self.held_until = frame
        self.careful = True

    def _predict(self, queue: InputQueue, frame: int) -> bytes:
        guess = self._guess
        assert guess is not None
        parts = []
        for player, (start, stop) in queue.spans.items():
            last = queue.last[start:stop]
            part = guess.predict(player, frame, last, lambda past, player=player: queue.history(player, past), self.game)
            if not isinstance(part, bytes) or len(part) != stop - start:
                raise GameError(
                    f"{type(guess).__name__}.predict returned {part!r} for player {player}: {stop - start} bytes are needed"
                )
            parts.append(part)
        return b"".join(parts)
