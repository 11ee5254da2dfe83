"""The session that distrusts its game: good games cannot tell, and bad ones are found on their first bad frame."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

import pytest

from rollback import ActionError, DesyncError, GameError, MissingAction, SessionConfig, SyncTestSession, UsageError
from rollback.games import Duel, Pong
from tests.core.games import Opaque, OpaqueWithDigest, Race, Spy, Sums


def run(game: Any, frames: int = 120, seed: int = 0, **settings: Any) -> SyncTestSession:
    dice = random.Random(seed)
    session = SyncTestSession(game, **settings)
    codecs = getattr(game, "codecs", None)
    for _ in range(frames):
        if codecs is None:
            session.tick({player: dice.randrange(256) for player in range(game.players)})
        else:
            session.tick({player: codec.decode(dice.randbytes(codec.size)) for player, codec in enumerate(codecs)})
    return session


@pytest.mark.parametrize("make", [Sums, Pong, Duel, Race, OpaqueWithDigest])
@pytest.mark.parametrize("distance", [1, 2, 8, 60])
@pytest.mark.parametrize("fuzz", [False, True])
def test_a_good_game_passes(make: Any, distance: int, fuzz: bool) -> None:
    session = run(make(), check_distance=distance, fuzz=fuzz)
    assert session.frame == 120 or session.game.over  # type: ignore[attr-defined]


def test_every_frame_is_taken_back_and_played_again() -> None:
    game = Spy()
    session = SyncTestSession(game, check_distance=3)
    for _ in range(10):
        session.tick({0: 1, 1: 2})
    start = len(game.calls)
    tick = session.tick({0: 1, 1: 2})
    calls = game.calls[start:]
    assert (tick.frame, tick.advanced, tick.reason, tick.resimulated) == (11, True, "running", 3)
    assert (tick.known, tick.confirmed, tick.predicted) == (10, 10, 0)
    assert [call for call in calls if call[0] != "save"] == [
        ("step", 10),
        ("load", 8),
        ("step", 8),
        ("step", 9),
        ("step", 10),
    ]


class Forgetful(Sums):
    """Keeps a part of its state out of its snapshot."""

    def __init__(self) -> None:
        self.secret = 0
        super().__init__()

    def step(self, actions: Sequence[Any]) -> None:
        self.secret += 1
        super().step([action + self.secret for action in actions])


class Random(Sums):
    """Draws from a generator that it does not save."""

    def __init__(self) -> None:
        self.dice = random.Random(1)
        super().__init__()

    def step(self, actions: Sequence[Any]) -> None:
        super().step([action + self.dice.randrange(2) for action in actions])


class Keeping(Sums):
    """Changes the snapshot that it has handed out."""

    def reset(self, seed: int) -> None:
        self.state: dict[str, Any] = {"cells": [0] * 5, "steps": 0}

    def step(self, actions: Sequence[Any]) -> None:
        self.state["cells"][actions[0] % 5] += 1
        self.state["steps"] += 1

    def save(self) -> Any:
        return {"cells": self.state["cells"], "steps": self.state["steps"]}

    def load(self, state: Any) -> None:
        self.state = {"cells": list(state["cells"]), "steps": state["steps"]}


class LateFault(Sums):
    """Is fine for 30 frames, and then forgets."""

    seen = 0

    def step(self, actions: Sequence[Any]) -> None:
        super().step(actions)
        if self.steps > 30:
            LateFault.seen += 1
            self.value += LateFault.seen


@pytest.mark.parametrize("make", [Forgetful, Random, Keeping])
@pytest.mark.parametrize("fuzz", [False, True])
def test_a_bad_game_is_found_and_the_difference_is_named(make: Any, fuzz: bool) -> None:
    with pytest.raises(DesyncError) as caught:
        run(make(), fuzz=fuzz)
    error = caught.value
    assert error.frame < 20
    assert f"the replay led to another state at frame {error.frame}" in str(error)
    assert error.differences and str(error.differences[0]) in str(error)


def test_the_first_bad_frame_is_the_one_that_is_named() -> None:
    with pytest.raises(DesyncError) as caught:
        run(LateFault(), check_distance=4)
    assert caught.value.frame == 31


def test_a_bad_opaque_game_is_found_by_its_digest() -> None:
    class Bad(OpaqueWithDigest):
        drift = 0

        def step(self, actions: Sequence[Any]) -> None:
            super().step(actions)
            self.drift += 1
            self.value += self.drift

    with pytest.raises(DesyncError, match="another state at frame"):
        run(Bad())


def test_an_opaque_game_without_a_digest_is_played_without_comparing() -> None:
    assert run(Opaque()).frame == 120


def test_a_step_that_raises_is_told_with_its_traceback() -> None:
    class Doomed(Sums):
        def step(self, actions: Sequence[Any]) -> None:
            if self.steps == 9:
                raise LookupError("no such square")
            super().step(actions)

    with pytest.raises(DesyncError, match=r"(?s)step raised at frame 9.*LookupError: no such square") as caught:
        run(Doomed())
    assert caught.value.frame == 9


def test_with_fuzz_a_detour_may_raise() -> None:
    class Picky(Sums):
        """Refuses actions that only a detour can draw."""

        refused = 0

        def step(self, actions: Sequence[Any]) -> None:
            if max(actions) > 10:
                Picky.refused += 1
                raise ValueError("no such action")
            super().step(actions)

    session = SyncTestSession(Picky(), fuzz=True)
    for frame in range(80):
        session.tick({0: frame % 11, 1: 3})
    assert session.frame == 80 and Picky.refused > 40


def test_a_game_that_is_over_is_not_stepped() -> None:
    game = Race()
    session = SyncTestSession(game)
    reasons = [session.tick({0: 2, 1: 2}).reason for _ in range(60)]
    assert reasons == ["running"] * 20 + ["ended"] * 40
    assert session.frame == 20


def test_the_seed_reaches_the_game() -> None:
    for seed in (1, 99):
        session = SyncTestSession(Pong(), config=SessionConfig(seed=seed))
        session.tick({0: (False, False), 1: (False, False)})
        other = Pong(seed)
        other.step([(False, False), (False, False)])
        assert session.game.save() == other.save()


@pytest.mark.parametrize("distance", [0, -1, 61, 1.0, True, "8"])
def test_a_distance_out_of_its_limits_is_refused(distance: Any) -> None:
    with pytest.raises(UsageError, match="check_distance must be a whole number from 1 to 60, not"):
        SyncTestSession(Sums(), check_distance=distance)


def test_wrong_actions_are_refused_and_change_nothing() -> None:
    session = SyncTestSession(Sums())
    session.tick({0: 1, 1: 1})
    for actions, error in [({0: 1}, MissingAction), ({0: 1, 1: 256}, ActionError), ({0: -1, 1: 1}, ActionError)]:
        with pytest.raises(error, match=r"player [01]"):
            session.tick(actions)
    assert session.frame == 1
    assert session.tick({0: 1, 1: 1}).frame == 2


def test_what_is_no_game_is_refused() -> None:
    with pytest.raises(GameError, match=r"object has no method step\(\)"):
        SyncTestSession(object())  # type: ignore[arg-type]


def test_two_runs_with_one_seed_are_the_same_run() -> None:
    depths = []
    for _ in range(2):
        session = SyncTestSession(Sums(), fuzz=True, config=SessionConfig(seed=5))
        depths.append([session.tick({0: at % 7, 1: 1}).resimulated for at in itertools.islice(itertools.count(), 50)])
    assert depths[0] == depths[1] and len(set(depths[0])) > 3
