"""Sound games pass; each kind of game that would diverge is found out, with the frame and what differs."""

from __future__ import annotations

import functools
import itertools
import random
from typing import Any

import pytest

from rollback.errors import ActionError, GameError, UsageError
from rollback.game import UInt
from rollback.games import Duel, Pong
from rollback.testing import CheckReport
from rollback.testing import check_game as check_everything

# In this process only, which takes a tenth of the time; tests/testing/test_other_process.py is about the others.
check_game = functools.partial(check_everything, other_process=False)


class Sound:
    """Two numbers that wander, from a seed."""

    players = 2

    def __init__(self) -> None:
        self.reset(0)

    def reset(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers = [seed % 7, 0]
        self.frame = 0

    def step(self, actions: Any) -> None:
        self.frame += 1
        for player, action in enumerate(actions):
            self.numbers[player] += action + self.random.randrange(3)

    def save(self) -> Any:
        return {"numbers": list(self.numbers), "frame": self.frame, "random": self.random.getstate()}

    def load(self, state: Any) -> None:
        self.numbers = list(state["numbers"])
        self.frame = state["frame"]
        self.random.setstate(state["random"])


class ForgetsItsGenerator(Sound):
    def save(self) -> Any:
        return {"numbers": list(self.numbers), "frame": self.frame}

    def load(self, state: Any) -> None:
        self.numbers, self.frame = list(state["numbers"]), state["frame"]


class HandsOutItsOwnList(Sound):
    def save(self) -> Any:
        return super().save() | {"numbers": self.numbers}


class KeepsWhatItLoads(Sound):
    def load(self, state: Any) -> None:
        super().load(state)
        self.numbers = state["numbers"]


class LoadsOnlyHalf(Sound):
    def load(self, state: Any) -> None:
        kept = self.numbers[1]
        super().load(state)
        self.numbers[1] = kept


class ChangesOnLoad(Sound):
    def load(self, state: Any) -> None:
        super().load(state)
        self.frame += 1


class CountsAllItsKind(Sound):
    steps = itertools.count()

    def step(self, actions: Any) -> None:
        super().step(actions)
        self.numbers[0] += next(self.steps)


class ResetsOnlyHalf(Sound):
    made = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.reset(0)

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.numbers[1] = next(self.made)


class BreaksLate(Sound):
    def step(self, actions: Any) -> None:
        super().step(actions)
        if self.frame == 40:
            raise RuntimeError("the fortieth frame")


class CannotBeSaved(Sound):
    def save(self) -> Any:
        raise RuntimeError("no paper")


class HiddenTimer(Sound):
    """Not in the snapshot, and shown in it only every fiftieth step."""

    def __init__(self) -> None:
        self.hidden = 0
        super().__init__()

    def step(self, actions: Any) -> None:
        super().step(actions)
        self.hidden += 1
        if self.hidden % 50 == 0:
            self.numbers[0] = 0


class Opaque(Sound):
    def save(self) -> Any:
        return Saved(super().save())

    def load(self, state: Any) -> None:
        super().load(state.tree)


class OpaqueWithDigest(Opaque):
    def digest(self) -> Any:
        return {"numbers": list(self.numbers), "frame": self.frame}


class OpaqueAndForgetful(OpaqueWithDigest):
    def load(self, state: Any) -> None:
        self.numbers, self.frame = list(state.tree["numbers"]), state.tree["frame"]


class Saved:
    def __init__(self, tree: Any) -> None:
        self.tree = tree


class Short(Sound):
    @property
    def over(self) -> bool:
        return self.frame >= 25


class OverAtOnce(Sound):
    over = True


class ShortAndWithoutReset:
    """Cannot be played again, and is over after 25 frames."""

    players = 1

    def __init__(self) -> None:
        self.frame = 0

    @property
    def over(self) -> bool:
        return self.frame >= 25

    def step(self, actions: Any) -> None:
        self.frame += 1

    def save(self) -> int:
        return self.frame

    def load(self, state: int) -> None:
        self.frame = state


class PickyCodec(UInt):
    def encode(self, action: Any) -> bytes:
        if action > 200:
            raise ActionError("too large")
        return super().encode(action)


class LossyCodec(UInt):
    def decode(self, data: bytes) -> int:
        return data[0] ^ 1


class PickyCodecs(Sound):
    codecs = (UInt(8), PickyCodec(8))


class LossyCodecs(Sound):
    codecs = (LossyCodec(8), UInt(8))


def failed(report: CheckReport) -> list[str]:
    return [check.name for check in report.checks if not check.passed]


@pytest.mark.parametrize("game", [Sound, Pong, Duel, Short, OpaqueWithDigest, ShortAndWithoutReset, OverAtOnce])
def test_a_sound_game_passes(game: Any) -> None:
    report = check_game(game, 90)
    assert failed(report) == []
    assert report.passed
    assert game.__name__ in report.verdict
    assert "can be played with rollback" in report.verdict


@pytest.mark.parametrize(
    ("game", "check", "word"),
    [
        (ForgetsItsGenerator, "load(save()) changes nothing", "random generator"),
        (LoadsOnlyHalf, "load(save()) changes nothing", "numbers[1]"),
        (ChangesOnLoad, "load(save()) changes nothing", "frame: "),
        (HandsOutItsOwnList, "snapshots stay as they are", "save must copy"),
        (KeepsWhatItLoads, "snapshots stay as they are", "load too"),
        (CountsAllItsKind, "same inputs, same states", "numbers[0]"),
        (ResetsOnlyHalf, "same inputs, same states", "reset(seed) must set everything"),
        (BreaksLate, "same inputs, same states", "step() raised RuntimeError at frame 39: the fortieth frame"),
        (HiddenTimer, "rollback of 8 every frame", "Everything step reads or writes"),
        (HiddenTimer, "rollbacks of random depth", "Everything step reads or writes"),
        (OpaqueAndForgetful, "load(save()) changes nothing", "random generator"),
        (CannotBeSaved, "can be saved", "save() raised RuntimeError"),
        (PickyCodecs, "every input is an action", "player 1's codec raised ActionError"),
        (LossyCodecs, "every input is an action", "encode and decode must fit"),
    ],
)
def test_a_game_that_would_diverge_is_found_out(game: Any, check: str, word: str) -> None:
    report = check_game(game, 120)
    assert not report.passed
    assert check in failed(report)
    found = next(each for each in report.checks if each.name == check)
    assert word in found.sentence
    assert f"{game.__name__} would not stay the same" in report.verdict


def test_the_frame_and_the_paths_are_named() -> None:
    report = check_game(LoadsOnlyHalf, 60)
    found = next(check for check in report.checks if check.name == "load(save()) changes nothing")
    assert found.frame is not None
    assert [difference.path for difference in found.differences] == ["numbers[1]"]


def test_a_game_that_is_over_starts_again_until_the_frames_are_played() -> None:
    steps = []

    class Counted(Short):
        def step(self, actions: Any) -> None:
            steps.append(1)
            super().step(actions)

    check_game(Counted, 100)
    assert len(steps) > 5 * 100


def test_a_game_itself_is_copied_and_not_touched() -> None:
    game = Sound()
    game.step([3, 4])
    before = game.save()
    assert check_game(game, 40).passed
    assert game.save() == before


def test_opaque_snapshots_need_a_digest() -> None:
    with pytest.raises(GameError, match=r"add a method digest\(\)"):
        check_game(Opaque)


def test_opaque_snapshots_are_named_in_the_verdict() -> None:
    report = check_game(OpaqueWithDigest, 40)
    assert "Saved" in report.why_opaque
    assert "no state trees" in report.verdict


@pytest.mark.parametrize("frames", [0, -1, 1.5, True, 10_000_000])
def test_frames_have_limits(frames: Any) -> None:
    with pytest.raises(UsageError, match="frames must be a whole number from 1"):
        check_game(Sound, frames)


@pytest.mark.parametrize("distance", [0, 61, "8"])
def test_the_distance_has_limits(distance: Any) -> None:
    with pytest.raises(UsageError, match="check_distance must be"):
        check_game(Sound, 10, distance=distance)


def test_what_is_no_game_is_refused() -> None:
    with pytest.raises(GameError, match="neither a game nor makes one"):
        check_game(3)  # type: ignore[arg-type]
    with pytest.raises(GameError, match="no method step"):
        check_game(dict)  # type: ignore[arg-type]


def test_a_game_that_cannot_be_copied_asks_for_its_class() -> None:
    class Uncopied(Sound):
        def __deepcopy__(self, memo: Any) -> Any:
            raise TypeError("there is only one")

    with pytest.raises(GameError, match="give check_game its class instead"):
        check_game(Uncopied())


@pytest.mark.parametrize("seed", range(5))
def test_the_same_seed_gives_the_same_report(seed: int) -> None:
    assert check_game(HiddenTimer, 80, seed=seed) == check_game(HiddenTimer, 80, seed=seed)
