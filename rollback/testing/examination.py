"""The questions asked of a game before it is rolled back in earnest. Knows one game at a time; words no verdict."""

from __future__ import annotations

import copy
import functools
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.core.synctest import SyncTestSession
from rollback.errors import DesyncError, GameError
from rollback.game import Game, codecs_of
from rollback.state import Difference, checksum, diff, why_not_tree

__all__ = ["Examination", "Failed"]

_SHORTEST, _LONGEST = 1, 12  # frames an action is held: long enough to get somewhere, short enough to change one's mind
_LOOK_EVERY: Final = 10  # frames between the looks at save and load
_FOLLOWED: Final = 30  # frames a loaded copy must stay in step: what is not in the snapshot shows later
_ASTRAY: Final = 7  # frames the copy plays otherwise before it loads
_OTHER_SEED: Final = 987_654_321
_SHOWN: Final = 5  # differences in a sentence
_CODED: Final = 100  # byte strings a codec must turn into legal actions


class Failed(Exception):
    """The answer to a question is no.

    Attributes:
        frame: The frame it was found at.
        differences: Where states differ.
    """

    def __init__(self, sentence: str, frame: int | None, differences: Sequence[Difference] = ()) -> None:
        super().__init__(sentence)
        self.frame = frame
        self.differences = tuple(differences)


class Examination:
    """The game under test and its questions; each returns what it found, or raises `Failed`.

    Args:
        make: Makes fresh games.
        frames: Frames of each question; a game that is over earlier starts again with the next seed.
        distance: Frames of each rollback.
        seed: Of the actions, and of the first `reset`.

    Raises:
        Failed: The game cannot even be saved once.
        GameError: Its snapshots cannot be compared.
    """

    def __init__(self, make: Callable[[], Game], frames: int, distance: int, seed: int) -> None:
        self._make = make
        self._frames = frames
        self._distance = distance
        self._seed = seed
        game = self._fresh(seed)
        self._has_digest = callable(getattr(game, "digest", None))
        self.why_opaque = why_not_tree(self._call(game, "save", None)) or ""
        if self.why_opaque and not self._has_digest:
            raise GameError(
                f"{type(game).__name__}.save() returns no state tree ({self.why_opaque}): add a method digest()"
                " that returns one, so that states can be compared"
            )

    def decodes_everything(self) -> str:
        """Give the codecs random bytes: whatever a peer sends must be a legal action, and survive the way there."""
        dice = random.Random(f"codecs {self._seed}")
        for player, codec in enumerate(codecs_of(self._make())):
            for _ in range(_CODED):
                data = dice.randbytes(codec.size)
                try:
                    sent = codec.encode(codec.decode(data))
                    again = codec.encode(codec.decode(sent))
                except Exception as error:  # a codec of the user's may raise anything
                    what = f"player {player}'s codec raised {type(error).__name__} on the bytes {data.hex()}: {error}"
                    raise Failed(f"{what}. decode must turn all bytes into a legal action.", None) from error
                if len(sent) != codec.size or sent != again:
                    what = f"player {player}'s codec turns {sent.hex()} into {again.hex()} when it travels"
                    raise Failed(f"{what}: encode and decode must fit each other", None)
        return "whatever bytes a peer sends are a legal action"

    def is_deterministic(self) -> str:
        """Play two fresh games alike."""
        for seed, frames in self._matches:
            one, other = self._fresh(seed), self._fresh(seed)
            self._same(one, other, 0, "two fresh games differ before the first frame: reset(seed) must set everything")
            for frame, actions in enumerate(self._actions(one, seed, frames), 1):
                self._step(one, actions, frame - 1)
                self._step(other, actions, frame - 1)
                self._same(
                    one,
                    other,
                    frame,
                    "the same actions led to two states: is there a clock, random or hash() in step, or a value that"
                    " all games of the class share?",
                )
        return "two games given the same actions held the same states"

    def restores(self) -> str:
        """Load snapshots into the game itself and into another one, and follow both for a while."""
        for seed, frames in self._matches:
            game, copied, left = self._fresh(seed), self._fresh(seed ^ _OTHER_SEED), 0
            for frame, actions in enumerate(self._actions(game, seed, frames)):
                if frame % _LOOK_EVERY == 0:
                    self._load_own(game, frame)
                if frame % _FOLLOWED == 0:
                    for elsewhere in self._actions(copied, frame ^ _OTHER_SEED, _ASTRAY):
                        self._step(copied, elsewhere, frame)  # another past, which load must wipe out
                    self._call(copied, "load", frame, self._call(game, "save", frame))
                    left = _FOLLOWED
                    why = "a game that loaded the snapshot differs from the one that saved it: load must set all of it"
                    self._same(game, copied, frame, why)
                self._step(game, actions, frame)
                if left:
                    left -= 1
                    self._step(copied, actions, frame)
                    why = (
                        "a game that loaded a snapshot went another way than the one that saved it: something step"
                        " needs is not in the snapshot, such as the state of a random generator"
                    )
                    self._same(game, copied, frame + 1, why)
        return "a snapshot restores the game, also in another game that was reset with another seed"

    def leaves_snapshots_alone(self) -> str:
        """Keep snapshots, loaded and not, while the game plays on, and compare them with what they were."""
        if self.why_opaque:
            return "the snapshots are opaque: only their digests could be compared"
        for seed, frames in self._matches:
            game = self._fresh(seed)
            kept: list[tuple[int, Any, int, Any]] = []
            for frame, actions in enumerate(self._actions(game, seed, frames)):
                state = self._call(game, "save", frame)
                kept.append((frame, state, checksum(state), copy.deepcopy(state)))
                if frame % 2:
                    self._call(game, "load", frame, state)
                self._step(game, actions, frame)
                while kept and (len(kept) > self._distance or kept[0][0] + self._distance < frame):
                    self._unchanged(*kept.pop(0))
            for each in kept:
                self._unchanged(*each)
        return "no snapshot changed after it was taken"

    def survives_rollbacks(self) -> str:
        """Go back and replay after every frame."""
        return self._sync_test(fuzz=False)

    def survives_random_rollbacks(self) -> str:
        """Go back by random depths, after playing other actions that must leave no trace."""
        return self._sync_test(fuzz=True)

    def _sync_test(self, *, fuzz: bool) -> str:
        replayed = 0
        for seed, frames in self._matches:
            game = self._make()
            session = SyncTestSession(game, self._distance, fuzz=fuzz, config=SessionConfig(seed=seed))
            try:
                for actions in self._actions(game, seed, frames, watch_over=False):
                    tick = session.tick(dict(enumerate(actions)))
                    if not tick.advanced:
                        break
                    replayed += tick.resimulated
            except DesyncError as error:
                text = str(error).strip()
                if "Traceback" in text:
                    text = f"step raised at frame {error.frame}: {text.splitlines()[-1]}"
                raise Failed(
                    f"{text}. Everything step reads or writes must be in the snapshot.", error.frame, error.differences
                ) from None
            except Exception as error:  # save and load may raise anything
                raise Failed(f"{type(error).__name__} at frame {session.frame}: {error}", session.frame) from None
        return f"{replayed} frames were replayed and came out the same"

    @functools.cached_property
    def _matches(self) -> list[tuple[int, int]]:
        """Return seed and length of as many matches as fill the frames."""
        matches = []
        left, seed = self._frames, self._seed
        while left > 0:
            game = self._fresh(seed)
            played = 0
            for actions in self._actions(game, seed, left):
                self._step(game, actions, played)
                played += 1
            matches.append((seed, max(played, 1)))
            if played == 0 or not callable(getattr(game, "reset", None)):
                break  # it is over at once, or would play the same match for ever
            left, seed = left - played, seed + 1
        return matches

    def _actions(self, game: Game, seed: int, frames: int, *, watch_over: bool = True) -> Iterator[list[Any]]:
        """Yield legal actions for every player, each held for a few frames, until the game is over."""
        codecs = codecs_of(game)
        dice = random.Random(f"check {seed}")
        held = [b""] * len(codecs)
        until = [0] * len(codecs)
        for frame in range(frames):
            if watch_over and getattr(game, "over", False):
                return
            for player, codec in enumerate(codecs):
                if until[player] <= frame:
                    held[player] = dice.randbytes(codec.size)
                    until[player] = frame + dice.randint(_SHORTEST, _LONGEST)
            yield [codec.decode(data) for codec, data in zip(codecs, held, strict=True)]

    def _fresh(self, seed: int) -> Game:
        game = self._make()
        if callable(getattr(game, "reset", None)):
            self._call(game, "reset", 0, seed)
        return game

    def _load_own(self, game: Game, frame: int) -> None:
        before = self._seen(game, frame)
        self._call(game, "load", frame, self._call(game, "save", frame))
        self._compare(before, self._seen(game, frame), frame, "load(save()) changed the game")

    def _same(self, one: Game, other: Game, frame: int, why: str) -> None:
        self._compare(self._seen(one, frame), self._seen(other, frame), frame, why)

    def _compare(self, left: Any, right: Any, frame: int, why: str) -> None:
        if checksum(left) == checksum(right):
            return
        differences = diff(left, right)
        named = "; ".join(map(str, differences[:_SHOWN]))
        raise Failed(f"At frame {frame} {why} ({named})", frame, differences)

    def _unchanged(self, frame: int, state: Any, was: int, copied: Any) -> None:
        if checksum(state) == was:
            return
        differences = diff(copied, state)
        named = "; ".join(map(str, differences[:_SHOWN]))
        why = "changed when the game played on: save must copy what the game changes in place, and load too"
        raise Failed(f"The snapshot of frame {frame} {why} ({named})", frame, differences)

    def _seen(self, game: Game, frame: int | None) -> Any:
        """Return what checksums look at, owned by us."""
        if self._has_digest:
            return copy.deepcopy(self._call(game, "digest", frame))
        return copy.deepcopy(self._call(game, "save", frame))

    def _step(self, game: Game, actions: Sequence[Any], frame: int) -> None:
        self._call(game, "step", frame, actions)

    def _call(self, game: Game, name: str, frame: int | None, *arguments: Any) -> Any:
        try:
            return getattr(game, name)(*arguments)
        except Exception as error:  # a game may raise anything, and that is an answer
            raise Failed(f"{name}() raised {type(error).__name__} at frame {frame}: {error}", frame) from error
