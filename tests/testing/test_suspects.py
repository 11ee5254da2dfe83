"""Who makes an environment differ is named once a check has failed; the innocent are not, and plain games not at all."""

from __future__ import annotations

import gc
import time
from typing import Any, ClassVar

import pytest

from rollback.games import Pong
from rollback.testing.suspects import environments_in, outside_of, suspects
from rollback.testing.trial import Trial
from tests.envs import broken_environments as broken
from tests.envs.broken_environments import Making, Rewarding


class Forgiving(Rewarding):
    """Calls hash() of itself, as dicts do all the time, inside of the standard library and of Gymnasium."""

    def bonus(self) -> float:
        return float(len({self: 1, "a": 2}))


class Identified(Rewarding):
    """Pays by where its class lies in memory, which is the same for all of one process."""

    def bonus(self) -> float:
        return float(id(type(self)) % 7)


def trial_of(kind: type) -> Trial:
    return Trial(Making(kind), 40, 8, 0)


def test_a_plain_game_has_no_suspects() -> None:
    assert suspects(Trial(Pong, 40, 8, 0), {}) == []
    assert outside_of(Pong()) == {}


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (broken.Dated, "Dated.bonus (broken_environments.py, line "),
        (broken.Hashing, "Hashing.bonus (broken_environments.py, line "),
        (Identified, "Identified.bonus (test_suspects.py, line "),
    ],
)
def test_clocks_hashes_and_addresses_are_named_with_their_place(kind: type, named: str) -> None:
    trial = trial_of(kind)
    (found,) = suspects(trial, outside_of(trial.make()))
    assert found.startswith(named)


class Litter:
    """Lies about in a circle; whenever the collector sweeps it, it asks a clock and its address, and leaves new litter."""

    falls: ClassVar[bool] = True

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        if Litter.falls and time.time() and id(self):
            Litter()


def test_litter_of_others_that_is_swept_meanwhile_is_not_taken_for_the_environment() -> None:
    trial = trial_of(broken.Field)
    before = outside_of(trial.make())
    thresholds = gc.get_threshold()
    try:
        gc.set_threshold(5)
        Litter()
        assert suspects(trial, before) == []
    finally:
        Litter.falls = False
        gc.set_threshold(*thresholds)
    assert gc.isenabled()


def test_what_changed_in_a_class_meanwhile_is_named() -> None:
    trial = trial_of(broken.SlyClassCounter)
    before = outside_of(trial.make())
    game: Any = trial.fresh(0)
    for actions in trial.actions(game, 0, 5):
        game.step(actions)
    assert "ClassCounter.count (of the class) changed while it played, and is in no snapshot" in suspects(trial, before)


@pytest.mark.parametrize("kind", [broken.Field, broken.OwnDice, Forgiving])
def test_the_innocent_are_not_suspected(kind: type) -> None:
    trial = trial_of(kind)
    assert suspects(trial, outside_of(trial.make())) == []


def test_all_copies_of_a_race_are_looked_into() -> None:
    game = Making(broken.Field)()
    assert environments_in(game) == list(game.copies) and len(game.copies) == 2  # type: ignore[attr-defined]
