"""The game and its past: steps, snapshots, rollbacks. Knows rows of inputs by frame; knows no network and no clock.

The present may lie ahead of `frame`: a replay stops early where the game says `over`, or where a step raised on guessed
inputs, and goes on from there to the present when a later rollback, or the real inputs, allow it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rollback.config import RepeatLast, SessionConfig
from rollback.core.past import Past, reach_of
from rollback.core.queues import MASK, InputQueue
from rollback.core.snapshots import Snapshots
from rollback.errors import GameError
from rollback.game import ActionCodec, Game
from rollback.state import checksum, size_of, why_not_tree
from rollback.wire.limits import RING

__all__ = ["NEVER", "Decoded", "Simulation"]

NEVER: Final = 1 << 60  # a frame past all frames
CACHE: Final = 1024  # decoded rows kept per queue: players press few different combinations
NOTHING: Final = object()  # no tree, and no value a game could return
REACH: Final = RING // 2  # frames back that all inputs are held for, whatever window and delays are
LARGE_STATE: Final = 64 * 1024  # bytes from which `save="auto"` saves only where needed

Decoded = tuple[tuple[Any, ...], tuple[bytes, ...]]  # one action and one input a player


class Simulation:
    """Steps one game on the rows of several queues, and replays it when a guess was wrong.

    Attributes:
        frame: Frames simulated; the game holds S_frame.
        present: Where a replay leads to; `frame` unless the game is held before it.
        wrong: Earliest frame simulated on a wrong guess, NEVER for none. A running minimum that only `rollback` clears.
        began: Frame of the state the game began with; later than 0 for who comes into a running match.
        held: Whether the game stands before the present.
        ask_at: Frame from which `blocked` must be asked before a step.
        held_until: Frame whose inputs must be known before it is stepped again, since guessed ones made it raise.
        failure: Traceback of a step that raised on known inputs, or None.
        end: No frame from here on is simulated.
        agreed_end: The frame `end_at` named, None without one.
        played: Ring of the rows each frame was stepped with.
    """

    def __init__(
        self,
        game: Game,
        codecs: Sequence[ActionCodec],
        queues: Sequence[InputQueue],
        config: SessionConfig,
        delays: Mapping[int, int] | None = None,
    ) -> None:
        self.game: Any = game  # what it has beyond the protocol is found by name
        self.codecs = codecs
        self.queues = queues
        self.config = config
        self.frame = 0
        self.present = 0
        self.began = 0
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
        self.has_over = hasattr(type(game), "over") or hasattr(game, "over")  # a property may not be ready before reset
        self.ask_at = 0 if self.has_over else NEVER
        self._digest: Callable[[], Any] | None = getattr(game, "digest", None)
        self.batch = getattr(game, "replay", None)
        self._digests: dict[int, Any] = {}
        self._interval = config.desync_interval
        self._cacheable = all(getattr(codec, "immutable", False) for codec in codecs)
        self._parts: list[dict[bytes, Decoded]] = [{} for _ in queues]
        seats = [player for queue in queues for player in queue.players]
        self._order = None if seats == sorted(seats) else [seats.index(player) for player in range(len(seats))]
        self.step, self.save = game.step, game.save
        plain = len(queues) == 2 and self._guess is None and self._cacheable and self._order is None
        self.pair = (queues[0], queues[1]) if plain else None
        self._rows: tuple[bytes, ...] = (b"", b"")
        self._actions: Sequence[Any] = ()
        self.every = self._digest is None
        self._histories: dict[int, Callable[[int], bytes | None]] = {}
        self._reach = reach_of(config)
        self.snapshots = Snapshots(config.prediction_window + self._reach, 1)
        self.opaque = False
        begin = getattr(self._guess, "begin", None)
        if begin is not None:
            self._guess = begin(Past(self, delays or {}))

    def allow_delay(self, player: int, frames: int) -> None:
        """Let the predictor refuse, by a UsageError, an input delay that what it foresees cannot keep to."""
        allow = getattr(self._guess, "allow_delay", None)
        if allow is not None:
            allow(player, frames)

    def start(self) -> None:
        """Reset the game and decide how snapshots are taken.

        Raises:
            GameError: The snapshots are opaque, checksums are on, and the game has no `digest`.
        """
        config, game = self.config, self.game
        if hasattr(game, "reset"):
            game.reset(config.seed)
        self.step, self.save = game.step, game.save
        state = game.save()
        problem = why_not_tree(state)
        self.opaque = problem is not None
        if problem is not None and config.desync_interval and self._digest is None:
            raise GameError(
                f"the snapshot of {type(game).__name__} is no state tree ({problem}) and the game has no digest():"
                " add digest(), or set desync_interval=0"
            )
        if problem is not None and config.on_desync == "resync":
            raise GameError(
                f"on_desync='resync' hands states from peer to peer, and the snapshot of {type(game).__name__} is no state tree"
                f" ({problem}): make it one, or choose 'stop' or 'report'"
            )
        sparse = config.save == "sparse" or (config.save == "auto" and problem is None and size_of(state) >= LARGE_STATE)
        window = config.prediction_window
        if self._reach:
            sparse, window = False, window + self._reach
        self.snapshots = Snapshots(window, max(1, (window + 1) // 2) if sparse else 1)
        self.every = self.snapshots.stride == 1 and self._digest is None

    def decode(self, rows: tuple[bytes, ...]) -> Decoded:
        """Return each player's action and input for one frame's rows."""
        actions: tuple[Any, ...] = ()
        inputs: tuple[bytes, ...] = ()
        for index, row in enumerate(rows):
            part = self._parts[index].get(row)
            if part is None:
                part = self._decode_part(index, row)
            actions += part[0]
            inputs += part[1]
        if self._order is not None:
            return tuple([actions[seat] for seat in self._order]), tuple([inputs[seat] for seat in self._order])
        return actions, inputs

    def moves(self, rows: tuple[bytes, ...]) -> Sequence[Any]:
        """Return the actions in the rows of two peers."""
        one, two = self._parts
        first, second = rows
        if first in one and second in two:
            return one[first][0] + two[second][0]
        return self.decode(rows)[0]

    def _decode_part(self, index: int, row: bytes) -> Decoded:
        """Return the actions and inputs of one queue's players, and keep them where that is safe."""
        queue = self.queues[index]
        inputs = tuple([row[start:stop] for start, stop in queue.spans.values()])
        actions = tuple([self.codecs[player].decode(data) for player, data in zip(queue.players, inputs, strict=True)])
        if self._cacheable:  # an action that can be changed is decoded anew for each step, or one step could spoil the next
            cache = self._parts[index]
            if len(cache) >= CACHE:
                cache.clear()
            cache[row] = actions, inputs
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

    def end_at(self, frame: int) -> None:
        """Let no frame from here on be simulated; all peers agreed on it."""
        self.end = self.agreed_end = frame
        self.ask_at = min(self.ask_at, frame)

    def blocked(self) -> bool:
        """Whether the frame the game stands at must not be stepped: it is the end, is over, or waits for real inputs."""
        if self.failure is not None or self.is_over():
            return True
        return self.held_until >= 0 and any(queue.known < self.held_until for queue in self.queues if not queue.cut)

    def is_over(self) -> bool:
        """Whether the game stands at its end: the agreed frame, or a state that says `over`."""
        return self.frame >= self.end or (self.has_over and bool(self.game.over))

    def advance(self) -> bool:
        """Save and step the present frame; False when the step raised on guessed inputs and was taken back."""
        frame = self.frame
        if self.every:
            snapshots = self.snapshots
            snapshots.states[frame & snapshots.mask] = self.save()
        else:
            self._save(frame)
        slot = frame & MASK
        if self.pair is not None:
            # Two peers, and the last row as the guess: no list, and nothing new where both rows are those of the frame before.
            one, two = self.pair
            first = one.rows[slot] if frame <= one.known else one.last
            second = two.rows[slot] if frame <= two.known else two.last
            rows = self._rows
            if rows[0] is not first or rows[1] is not second:
                self._rows = rows = (first, second)
                self._actions = self.decode(rows)[0]
            one.rows[slot] = first
            two.rows[slot] = second
            self.played[slot] = rows
            actions = self._actions
        else:
            self.played[slot] = rows = self.rows_for(frame)
            actions = self.decode(rows)[0] if self._order is not None or len(rows) != 2 else self.moves(rows)
        try:
            self.step(actions)
        except Exception:
            self.stopped_by_error(frame)
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
        if self.batch is not None and self._digest is None and self.present - first > 1 and self.end >= self.present:
            try:
                self._replay_batch(first)
            except Exception:
                self.game.load(snapshots.at(first))
                self._replay(first)
        elif self.pair is not None and self.every:
            self._replay_pair(first, *self.pair)
        else:
            self._replay(first)
        replayed = self.frame - first
        self.count(depth, replayed)
        return replayed

    def count(self, depth: int, replayed: int) -> None:
        """Count a rollback that went `depth` frames back and came `replayed` frames forward."""
        self.held = self.frame < self.present
        self.rollbacks += 1
        self.resimulated += replayed
        self.depths[depth] = self.depths.get(depth, 0) + 1

    def digest_at(self, frame: int) -> int | None:
        """Return the checksum of S_frame, None where its snapshot is not here."""
        tree = self.tree_at(frame)
        return None if tree is NOTHING else checksum(tree)

    def tree_at(self, frame: int) -> Any:
        """Return what checksums look at in S_frame, NOTHING where its snapshot is not here."""
        if frame == self.frame:
            return self._digest() if self._digest else self.game.save()
        if frame < self.began:
            return NOTHING
        if self._digest is not None:
            return self._digests.get(frame, NOTHING)
        if self.every:
            held = max(self.frame, self.present) - self.snapshots.mask <= frame < self.frame
        else:
            held = self.snapshots.has(frame)
        return self.snapshots.at(frame) if held else NOTHING

    def reload(self, frame: int, state: Any) -> bool:
        """Take over another peer's S_frame and replay to the present; False where our inputs since then are gone."""
        if not self.frame or frame > self.frame or self.present - frame > REACH:
            return False
        try:
            self.game.load(state)
            if checksum(self.game.save()) != checksum(state) or (self.has_over and bool(self.game.over) is None):
                raise GameError("the game is not in the state that it was given")
        except Exception:  # whatever a state from outside does to the game, our own snapshot undoes it
            self.wrong = min(self.wrong, self.snapshots.newest(self.frame - 1))
            return False
        self.wrong = NEVER
        self.frame = frame
        self.snapshots.put(frame, state)
        if self._digest is not None:
            self._digests[frame] = self._digest()
        self._replay(frame)
        self.held = self.frame < self.present
        self.resimulated += self.frame - frame
        return True

    def _replay(self, first: int) -> None:
        game, step, save = self.game, self.step, self.save
        states, mask = self.snapshots.states, self.snapshots.mask
        for frame in range(first, self.present):
            if frame > first:
                if self.has_over and game.over:
                    return
                if self.every:
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
                self.stopped_by_error(frame)
                return
            self.frame = frame + 1

    def _replay_pair(self, first: int, one: InputQueue, two: InputQueue) -> None:
        """Do what `_replay` does, for two peers, snapshots of every frame and the last row as the guess."""
        game, step, save, played, has_over = self.game, self.step, self.save, self.played, self.has_over
        states, mask = self.snapshots.states, self.snapshots.mask
        rows, actions = self._rows, self._actions
        frame = first
        try:
            for frame in range(first, min(self.present, self.end)):
                if frame > first:
                    if has_over and game.over:
                        return
                    states[frame & mask] = save()
                slot = frame & MASK
                left = one.rows[slot] if frame <= one.known else one.last
                right = two.rows[slot] if frame <= two.known else two.last
                if rows[0] is not left or rows[1] is not right:
                    rows = (left, right)
                    actions = self.moves(rows)
                one.rows[slot] = left
                two.rows[slot] = right
                played[slot] = rows
                step(actions)
                self.frame = frame + 1
        except Exception:
            self.stopped_by_error(frame)

    def _replay_batch(self, first: int) -> None:
        rows = [self.rows_for(frame) for frame in range(first, self.present)]
        batch = [self.decode(row)[0] for row in rows]
        states = self.batch(batch) if self.batch else ()
        for frame, row in enumerate(rows[: len(states) + 1], first):
            self.played[frame & MASK] = row
            if frame > first:
                self.snapshots.put(frame, states[frame - first - 1])
        self.frame = first + len(states) + 1

    def _save(self, frame: int) -> None:
        """Save S_frame if it is due: every stride, at every frame whose checksum is due, and where an old one stood."""
        snapshots = self.snapshots
        due = self._interval and frame % self._interval == 0
        if (
            snapshots.stride == 1
            or not frame
            or due
            or snapshots.has(frame)
            or frame - snapshots.newest(frame) >= snapshots.stride
        ):
            snapshots.put(frame, self.game.save())
        if due and self._digest is not None:
            self._digests[frame] = self._digest()
            for old in [old for old in self._digests if old < frame - RING]:
                del self._digests[old]

    def stopped_by_error(self, frame: int) -> None:
        """Take a step that raised back; on real inputs it is the game's failure, on guessed ones nobody's."""
        if all(queue.known >= frame or queue.cut for queue in self.queues) and self.wrong > frame:
            self.failure = traceback.format_exc(limit=-8)
        base = self.snapshots.newest(frame)
        self.game.load(self.snapshots.at(base))
        for past in range(base, frame):  # only with sparse snapshots
            self.game.step(self.decode(self.played[past & MASK])[0])
        self.frame = frame
        self.held_until = frame
        self.ask_at = 0

    def _predict(self, queue: InputQueue, frame: int) -> bytes:
        guess = self._guess
        assert guess is not None
        parts = []
        for player, (start, stop) in queue.spans.items():
            history = self._histories.get(player)
            if history is None:
                history = self._histories[player] = queue.history_of(player)
            # Of a single player the whole row is the input, and slicing it makes no new object.
            part = guess.predict(player, frame, queue.last[start:stop], history, self.game)
            if not isinstance(part, bytes) or len(part) != stop - start:
                raise GameError(
                    f"{type(guess).__name__}.predict returned {part!r} for player {player}: {stop - start} bytes are needed"
                )
            if stop - start == queue.width:
                return part
            parts.append(part)
        return b"".join(parts)
