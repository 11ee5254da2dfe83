"""A defaced snapshot differs from what it was, in its values and not in its shape; and games that hold on to it show it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.state import diff, is_tree
from rollback.testing.references import deface, keeps_no_reference
from rollback.testing.trial import Failed, NotAsked, Trial
from tests.envs.broken_environments import Field, Making
from tests.testing.broken_games import KeptReference, MutatedSnapshot, SleepingReference, Sound

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


class Grid:
    """Keeps a numpy array."""

    players = 2

    def __init__(self) -> None:
        self.cells = np.zeros((3, 3), dtype=np.int16)

    def step(self, actions: Any) -> None:
        self.cells = self.cells + np.int16(actions[0])

    def save(self) -> Any:
        return self.cells.copy()

    def load(self, state: Any) -> None:
        self.cells = state.copy()


class SharedGrid(Grid):
    def save(self) -> Any:
        return self.cells


class Nested(Sound):
    """Hands out a list in a tuple in a dict."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.path = [1]

    def save(self) -> Any:
        return super().save() | {"deep": {"path": (0, self.path)}}


class Empty(Sound):
    """Hands out a list in which there is nothing."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.bullets: list[int] = []

    def save(self) -> Any:
        return super().save() | {"bullets": self.bullets}


class BreaksWhenDefaced(Sound):
    """Keeps a table by name, and cannot save without the name it knows."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.order = ["ann"]

    def save(self) -> Any:
        return super().save() | {"order": self.order, "points": {"ann": 3}[self.order[0]]}


class OpaqueGame(Sound):
    def save(self) -> Any:
        return object()

    def load(self, state: Any) -> None:
        pass

    def digest(self) -> Any:
        return self.numbers


def trial(game: type) -> Trial:
    return Trial(game, 60, 8, 0)


@given(st.lists(trees, min_size=1))
def test_what_can_be_changed_is_changed_and_stays_a_tree(tree: Any) -> None:
    before = copy.deepcopy(tree)
    deface(tree)
    assert is_tree(tree)
    assert diff(before, tree) != []
    assert len(tree) == len(before)


@pytest.mark.parametrize(
    ("tree", "left"),
    [
        ([1, 2.5, "a", b"b", True, None], [2, 3.5, "a?", b"b?", False, 0]),
        ({"a": 1}, {"a": 2}),
        ({}, {"defaced": 1}),
        ([], [1]),
        ((1, [2]), (1, [3])),
        ([float("inf")], [0]),
    ],
)
def test_values_become_others_of_their_kind(tree: Any, left: Any) -> None:
    deface(tree)
    assert tree == left


@pytest.mark.parametrize("array", [np.zeros(3), np.ones((2, 2), dtype=bool), np.arange(6).reshape(2, 3)[:, ::2], np.array(5)])
def test_every_number_of_an_array_becomes_another(array: Any) -> None:
    before = array.copy()
    deface(array)
    assert array.dtype == before.dtype and array.shape == before.shape
    assert (array != before).all()


def test_an_array_that_cannot_be_changed_needs_no_copy() -> None:
    array = np.zeros(3)
    array.flags.writeable = False
    deface(array)
    assert (array == 0).all()


@pytest.mark.parametrize("game", [Sound, Grid])
def test_games_that_copy_do_not_notice(game: type) -> None:
    assert keeps_no_reference(trial(game)) == "games do not notice what becomes of their snapshots"


@pytest.mark.parametrize(
    ("game", "who", "path"),
    [
        (MutatedSnapshot, "save handed out", "numbers[0]"),
        (KeptReference, "load kept", "numbers[0]"),
        (SleepingReference, "load kept", "numbers[0]"),
        (SharedGrid, "save handed out", "[0][0]"),
        (Nested, "save handed out", "deep.path[1][0]"),
        (Empty, "save handed out", "len(bullets)"),
    ],
)
def test_who_holds_on_to_a_snapshot_is_told_with_the_path(game: type, who: str, path: str) -> None:
    with pytest.raises(Failed, match=who) as caught:
        keeps_no_reference(trial(game))
    assert caught.value.frame == 0
    assert caught.value.differences[0].path == path


def test_a_game_that_raises_because_of_it_is_told_too() -> None:
    with pytest.raises(Failed, match=r"save handed out .* once it was changed, save\(\) raised KeyError"):
        keeps_no_reference(trial(BreaksWhenDefaced))


def test_opaque_snapshots_cannot_be_asked_about() -> None:
    with pytest.raises(NotAsked, match="opaque"):
        keeps_no_reference(trial(OpaqueGame))


class Lender:
    """Makes games of a sound environment that hand out one list of their own, to which every twentieth step adds."""

    def __init__(self, *, copies: bool) -> None:
        self.copies = copies

    def __call__(self) -> Any:
        game: Any = Making(Field)()
        log = [0]
        save, step, reset = game.save, game.step, game.reset

        def stepped(actions: Any) -> None:
            step(actions)
            if game.step_in_episode % 20 == 0:
                log.append(game.step_in_episode)

        def fresh(seed: int) -> None:
            reset(seed)
            log[:] = [0]

        game.save = lambda: save() | {"log": list(log) if self.copies else log}
        game.step, game.reset = stepped, fresh
        return game


def test_snapshots_of_environments_are_kept_to_the_end_and_not_defaced_for_they_may_share_what_never_changes() -> None:
    said = keeps_no_reference(Trial(Making(Field), 60, 8, 0))
    assert said == "no snapshot changed to the end of the match, in the game that saved it and in one that loaded it"
    keeps_no_reference(Trial(Lender(copies=True), 60, 8, 0))


def test_an_environment_whose_snapshot_changes_long_after_is_told_with_the_path() -> None:
    with pytest.raises(
        Failed, match=r"The snapshot of frame 0 changed when the environment played on: its get_state must"
    ) as found:
        keeps_no_reference(Trial(Lender(copies=False), 60, 8, 0))
    assert found.value.frame == 0
    assert any(difference.path.startswith("len(log)") or "log" in difference.path for difference in found.value.differences)
