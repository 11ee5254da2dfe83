from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from rollback.envs.saving.probe import Episode
from rollback.envs.saving.resimulation import Resimulation
from rollback.envs.saving.trial import Script, changes, play, samples, tree_of
from tests.envs.faulty_environments import Walk, episode_of


class Noting(Resimulation):
    """An episode of three steps, and a saver that notes what it is told."""

    def __init__(self) -> None:
        self.clock = 0
        self.told: list[Any] = []
        super().__init__(Episode(self.reset, self.step, lambda dice: 0, lambda: self.clock >= 3))
        self.episode = self._episode

    def reset(self, seed: int) -> int:
        self.clock = 0
        return seed

    def step(self, action: int) -> Any:
        self.clock += 1
        return action, 0.0, False, False

    def began(self, seed: int) -> None:
        self.told.append(("began", seed))

    def stepped(self, actions: Any) -> None:
        self.told.append(("stepped", actions))


def test_the_saver_is_told_of_every_reset_and_step_in_order() -> None:
    saver = Noting()
    Script(saver.episode, [4, 5, 6, 7, 8], saver).begin(11)
    assert saver.told == [("began", 11)]
    play(saver.episode, 11, [4, 5, 6, 7, 8], saver)
    assert saver.told[1:] == [
        ("began", 11), ("stepped", 4), ("stepped", 5), ("stepped", 6), ("began", 12), ("stepped", 8),
    ]  # fmt: skip


def test_a_script_goes_back_to_where_it_was_marked_also_before_a_reset() -> None:
    saver = Noting()
    script = Script(saver.episode, list(range(12)), saver)
    script.begin(5)
    script.go(3)
    assert script.is_over and script.ended == [2]
    mark = script.mark()
    first = script.go(3)
    assert [part[0] for part in first] == ["reset", "step", "step"] and script.seed == 6
    script.back(mark)
    assert script.go(3) == first


def test_what_is_shown_is_copied_and_odd_things_are_told_by_their_words() -> None:
    array = np.zeros(2)
    shown = tree_of({"a": array, "b": [1, (2.0, None)], 3: np.float32(1.5), (4,): {5}})
    array[0] = 1
    assert shown["a"].tolist() == [0.0, 0.0]
    assert shown["b"] == [1, (2.0, None)] and shown[3] == 1.5 and shown["(4,)"] == "{5}"


def test_samples_are_the_same_every_time() -> None:
    episode = episode_of(Walk())
    assert samples(episode, 20) == samples(episode, 20)
    assert len(set(samples(episode, 20))) > 1
    assert samples(episode, 5) == [random.Random(1).randrange(3), *samples(episode, 5)[1:]]


def test_changes_name_the_place_and_both_values() -> None:
    left = [("reset", np.array([1.0])), ("step", (1, 2.0, False, False))]
    assert changes(left, left) is None
    assert changes(left, [("reset", np.array([1.5])), left[1]]) == "the first observation differs at [0]: 1.0 != 1.5"
    assert changes(left, [left[0], ("step", (1, 3.0, False, False))], 6) == "reward of step 7 differs: 2.0 != 3.0"
    assert changes(left, [left[0], ("step", (1, 2.0, True, False))]) == "terminated of step 1 differs: False != True"
    assert "do not end at the same step" in (changes(left, [left[0], ("reset", 1)]) or "")


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        (np.array([np.nan]), np.array([np.nan]), True),
        (np.array([0.0]), np.array([-0.0]), True),
        (np.array([0.0]), np.array([0.0], "f4"), True),
        (np.zeros(2), np.zeros(3), False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        (1, True, False),
        (1, 1.0, False),
        (float("nan"), float("nan"), True),
        ([1, 2], [1], False),
    ],
)
def test_what_is_seen_is_the_same_exactly_when_its_checksum_is(left: Any, right: Any, is_same: bool) -> None:
    assert (changes([("reset", left)], [("reset", right)]) is None) == is_same
