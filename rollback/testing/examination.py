"""The questions asked of a game before it is rolled back in earnest. Knows one game at a time; words no verdict."""

from __future__ import annotations

import copy
import functools
import os
import random
import re
import sysconfig
import traceback
from collections.abc import Callable
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.core.synctest import SyncTestSession
from rollback.errors import DesyncError
from rollback.game import Game, codecs_of
from rollback.state import checksum, diff
from rollback.testing.leftovers import leftovers
from rollback.testing.trial import Failed, NotAsked, Trial, shown_differences

__all__ = ["Examination", "where_raised"]

_LOOK_EVERY: Final = 10  # frames between the looks at save and load
_FOLLOWED: Final = 30  # frames a loaded copy must stay in step: what is not in the snapshot shows later
_ASTRAY: Final = 7  # frames the copy plays otherwise before it loads
_OTHER_SEED: Final = 987_654_321
_NAMED: Final = 5  # attributes in a sentence
_CODED: Final = 100  # byte strings a codec must turn into legal actions
_PLACE: Final = re.compile(r'^ *File "(.+)", line (\d+)', re.MULTILINE)
_NOT_THEIRS: Final = tuple(  # what a person who wrote a game would not look into
    os.path.join(folder, "")
    for folder in (*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), os.path.dirname(os.path.dirname(__file__)))
)


def where_raised(text: str) -> str:
    """Return file and line of the innermost place of a traceback that is the user's own, as `game.py, line 7`.

    Args:
        text: A traceback as it is printed; of several, the last counts.

    Returns:
        The place; the innermost of all where none is the user's own, and nothing where the text holds none.
    """
    found = _PLACE.findall(text.rpartition("Traceback (most recent call last)")[2])
    own = [place for place in found if not place[0].startswith(("<", *_NOT_THEIRS))] or found
    return f"{os.path.basename(own[-1][0])}, line {own[-1][1]}" if own else ""


def _located(question: Callable[[Examination], str]) -> Callable[[Examination], str]:
    """Let the answer to a question name the place in the game that raised, where one did."""

    @functools.wraps(question)
    def ask(examination: Examination) -> str:
        try:
            return question(examination)
        except Failed as failed:
            if failed.__cause__ is None:
                raise
            where = where_raised("".join(traceback.format_exception(failed.__cause__)))
            raise Failed(f"{failed} ({where})", failed.frame, failed.differences) from failed.__cause__

    return ask


class Examination:
    """The questions; each returns what it found, or raises `Failed` or `NotAsked`.

    Args:
        trial: The game under test.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    @_located
    def decodes_everything(self) -> str:
        """Give the codecs random bytes: whatever a peer sends must be a legal action, and survive the way there."""
        dice = random.Random(f"codecs {self._trial.seed}")
        for player, codec in enumerate(codecs_of(self._trial.make())):
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

    @_located
    def is_deterministic(self) -> str:
        """Play two fresh games alike."""
        trial = self._trial
        why = (
            "the same actions led to two states: is there a clock, random or hash() in step, or a value that"
            " all games of the class share?"
        )
        for seed, frames in trial.matches:
            one, other = trial.fresh(seed), trial.fresh(seed)
            trial.same(one, other, 0, "two fresh games differ before the first frame: reset(seed) must set everything")
            for frame, actions in enumerate(trial.actions(one, seed, frames), 1):
                trial.step(one, actions, frame - 1)
                trial.step(other, actions, frame - 1)
                trial.same(one, other, frame, why)
        return "two games given the same actions held the same states"

    @_located
    def restores(self) -> str:
        """Load snapshots into the game itself and into another one, and follow both for a while."""
        trial = self._trial
        if trial.is_environment and trial.why_opaque:
            return self._restores_itself()
        for seed, frames in trial.matches:
            game, copied, left, kept = trial.fresh(seed), trial.fresh(seed ^ _OTHER_SEED), 0, ""
            for frame, actions in enumerate(trial.actions(game, seed, frames)):
                if frame % _LOOK_EVERY == 0:
                    self._load_own(game, frame)
                if frame % _FOLLOWED == 0:
                    for elsewhere in trial.actions(copied, frame ^ _OTHER_SEED, _ASTRAY):
                        trial.step(copied, elsewhere, frame)  # another past, which load must wipe out
                    trial.call(copied, "load", frame, trial.call(game, "save", frame))
                    left, kept = _FOLLOWED, _told(leftovers(game, copied))
                    why = "a game that loaded the snapshot differs from the one that saved it: load must set all of it"
                    trial.same(game, copied, frame, why)
                trial.step(game, actions, frame)
                if left:
                    left -= 1
                    trial.step(copied, actions, frame)
                    why = (
                        "a game that loaded a snapshot went another way than the one that saved it: something step"
                        " needs is not in the snapshot, such as the state of a random generator"
                    )
                    trial.same(game, copied, frame + 1, why + kept)
        return "a snapshot restores the game, also in another game that was reset with another seed"

    def _restores_itself(self) -> str:
        trial = self._trial
        for seed, frames in trial.matches:
            game = trial.fresh(seed)
            for frame, actions in enumerate(trial.actions(game, seed, frames)):
                if frame % _LOOK_EVERY == 0:
                    self._load_own(game, frame)
                trial.step(game, actions, frame)
        return "a snapshot restores the game; it is opaque, so no other game was given it"

    @_located
    def leaves_snapshots_alone(self) -> str:
        """Keep snapshots, loaded and not, while the game plays on, and compare them with what they were."""
        trial = self._trial
        if trial.why_opaque:
            raise NotAsked("the snapshots are opaque: nobody can look whether one changed")
        for seed, frames in trial.matches:
            game = trial.fresh(seed)
            kept: list[tuple[int, Any, int, Any]] = []
            for frame, actions in enumerate(trial.actions(game, seed, frames)):
                state = trial.call(game, "save", frame)
                kept.append((frame, state, checksum(state), copy.deepcopy(state)))
                if frame % 2:
                    trial.call(game, "load", frame, state)
                trial.step(game, actions, frame)
                while kept and (len(kept) > trial.distance or kept[0][0] + trial.distance < frame):
                    self._unchanged(*kept.pop(0))
            for each in kept:
                self._unchanged(*each)
        return "no snapshot changed after it was taken"

    @_located
    def survives_rollbacks(self) -> str:
        """Go back and replay after every frame."""
        return self._sync_test(fuzz=False)

    @_located
    def survives_random_rollbacks(self) -> str:
        """Go back by random depths, after playing other actions that must leave no trace."""
        return self._sync_test(fuzz=True)

    def _sync_test(self, *, fuzz: bool) -> str:
        replayed = 0
        for seed, frames in self._trial.matches:
            game = self._trial.make()
            session = SyncTestSession(game, self._trial.distance, fuzz=fuzz, config=SessionConfig(seed=seed))
            try:
                for actions in self._trial.actions(game, seed, frames, watch_over=False):
                    tick = session.tick(dict(enumerate(actions)))
                    if not tick.advanced:
                        break
                    replayed += tick.resimulated
            except DesyncError as error:
                text = str(error).strip()
                if "Traceback" in text:
                    text = f"step raised at frame {error.frame}: {text.splitlines()[-1]} ({where_raised(text)})"
                raise Failed(
                    f"{text}. Everything step reads or writes must be in the snapshot.", error.frame, error.differences
                ) from None
            except Exception as error:  # save and load may raise anything
                where = where_raised(traceback.format_exc())
                raise Failed(f"{type(error).__name__} at frame {session.frame}: {error} ({where})", session.frame) from None
        return f"{replayed} frames were replayed and came out the same"

    def _load_own(self, game: Game, frame: int) -> None:
        before = self._trial.seen(game, frame)
        self._trial.call(game, "load", frame, self._trial.call(game, "save", frame))
        self._trial.compare(before, self._trial.seen(game, frame), frame, "load(save()) changed the game")

    def _unchanged(self, frame: int, state: Any, was: int, copied: Any) -> None:
        if checksum(state) == was:
            return
        differences = diff(copied, state)
        why = "changed when the game played on: save must copy what the game changes in place, and load too"
        raise Failed(f"The snapshot of frame {frame} {why}{shown_differences(differences)}", frame, differences)


def _told(names: list[str]) -> str:
    """Return the clause that tells what a load left as it was."""
    if not names:
        return "; no attribute was left as it was, so look for an order that load changes, of keys or of floats added up"
    told = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    return f"; load left as it was: {told}"
