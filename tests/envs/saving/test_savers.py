from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from rollback.envs.saving import savers
from rollback.envs.saving.probe import Episode
from rollback.envs.saving.savers import KINDS, saver_for
from rollback.errors import GameError
from rollback.state import checksum, is_tree
from rollback.wire import pack_tree, unpack_tree
from tests.envs import faulty_environments as faulty
from tests.envs.faulty_environments import Bare, Walk, episode_of, maker


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Any:
    savers._remembered.clear()
    yield
    savers._remembered.clear()


def saver_of(make: Any, **settings: Any) -> Any:
    env = make()
    return saver_for(env, episode_of(env), **settings)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (faulty.Telling, "get_state"),
        (faulty.Saving, "save"),
        (Walk, "generated"),
        (faulty.WithPath, "generated"),
        (lambda: Bare(Walk()), "generated"),
        (lambda: Bare(faulty.Telling()), "get_state"),
    ],
)
def test_the_first_that_is_right_is_taken(make: Any, name: str) -> None:
    saver = saver_of(make, another=maker(make))
    assert saver.name == name and saver.notes == () and not saver.is_opaque
    assert name in KINDS


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (faulty.Forgetting, "get_state/set_state of Forgetting: after load observation of step 9 differs at [0]: "),
        (faulty.Lending, "get_state/set_state of Lending: the environment keeps a reference into its snapshot"),
        (faulty.Borrowing, "get_state/set_state of Borrowing: the environment keeps a reference into its snapshot"),
        (faulty.Wordy, "get_state/set_state of Wordy: "),
        (faulty.Refusing, "get_state/set_state of Refusing: it says: "),
    ],
)
def test_methods_of_the_users_own_that_are_wrong_are_told_and_the_generated_saver_stands_in(make: Any, words: str) -> None:
    saver = saver_of(lambda: Bare(make()))
    assert saver.name == "generated"
    assert len(saver.notes) == 1 and saver.notes[0].startswith(words)


def test_wrappers_around_an_environment_that_saves_itself_are_saved_too() -> None:
    env = Bare(faulty.Telling())
    episode = episode_of(env)
    saver = saver_for(env, episode)
    episode.reset(4)
    for _ in range(3):
        episode.step(1)
    state = saver.save()
    reward = episode.step(2)[1]
    saver.load(state)
    assert env.count == 3 and episode.step(2)[1] == reward
    assert is_tree(state) and any("Bare" in wrapper for wrapper in saver.wrappers)


def test_the_last_resort_tells_who_was_refused_and_what_it_costs() -> None:
    env = Bare(faulty.Handled())
    try:
        saver = saver_for(env, episode_of(env))
        assert saver.name == "simulated again"
        generated, copies, cost = saver.notes
        assert generated.startswith("the generated saver: ") and "file" in generated
        assert copies.startswith("deep copies: it raises TypeError: ")
        assert " us a step: in a frame of " in cost
    finally:
        env.close()


@pytest.mark.parametrize("kind", ["generated", "deepcopy", "simulated again", "get_state"])
def test_the_saver_that_is_wanted_is_the_only_one_that_is_tried(kind: str) -> None:
    saver = saver_of(faulty.Telling, saver=kind)
    assert saver.name == kind
    assert saver.is_opaque == (kind == "deepcopy")


def test_deep_copies_say_that_they_cannot_travel_and_offer_a_digest() -> None:
    saver = saver_of(Walk, saver="deepcopy")
    assert "cannot travel" in saver.notes[-1] and is_tree(saver.digest())


@pytest.mark.parametrize("kind", ["mujoco", "clone_state", "functional", "save"])
def test_a_saver_that_is_wanted_and_not_there_is_one_sentence(kind: str) -> None:
    with pytest.raises(GameError, match=f"Telling cannot be saved by '{kind}': it has nothing of the kind"):
        saver_of(faulty.Telling, saver=kind)


def test_a_saver_that_is_wanted_and_wrong_is_told_why() -> None:
    with pytest.raises(GameError, match=r"Forgetting cannot be saved\. get_state/set_state of Forgetting: after load"):
        saver_of(faulty.Forgetting, saver="get_state")


def test_a_saver_that_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(GameError, match="there is no saver 'pickle': choose one of get_state, save, clone_state"):
        saver_of(Walk, saver="pickle")


@pytest.mark.parametrize(
    ("wrapper", "asks"),
    [
        (faulty.NoisyReward, "NoisyReward.step (faulty_environments.py, line "),
        (faulty.QuietNoise, "asks random.random()"),
        (faulty.NumpyNoise, "asks numpy.random.rand()"),
        (faulty.Hurried, "asks time.perf_counter()"),
        (faulty.Unseeded, "Unseeded.reset ("),
        (faulty.Growing, "Growing.steps (of the class) changed meanwhile, and a reset does not restore that"),
    ],
)
def test_an_environment_that_is_not_deterministic_is_refused_and_the_cause_is_named(wrapper: Any, asks: str) -> None:
    with pytest.raises(GameError) as caught:
        saver_of(lambda: wrapper(Walk()))
    assert "Walk is not deterministic, so it cannot be played by rollback: after two resets" in str(caught.value)
    assert asks in str(caught.value)


def test_a_clock_that_shows_nobody_is_no_fault() -> None:
    assert saver_of(lambda: faulty.Harmless(Walk())).name == "generated"


def test_a_counter_in_a_class_is_named_where_all_are_refused_and_the_last_resort_is_right() -> None:
    saver = saver_of(lambda: faulty.Shared(Walk()))
    assert saver.name == "simulated again"
    assert "Shared.total (of the class) changed meanwhile, and no saver looks there" in saver.notes[0]
    assert saver.notes[0].startswith("the generated saver: after load reward of step 9 differs: ")


def test_state_outside_that_nobody_sees_is_noted() -> None:
    class Silent(Walk):
        total = 0

        def step(self, action: Any) -> Any:
            Silent.total += 1
            return super().step(action)

    saver = saver_of(Silent)
    assert saver.name == "generated"
    assert saver.notes == ("Silent.total (of the class) changes by stepping and is saved by nobody: if what is seen depends"
                           " on it, peers come apart",)  # fmt: skip


def test_an_environment_that_raises_when_it_is_tried_is_refused() -> None:
    class Broken(Walk):
        def step(self, action: Any) -> Any:
            raise ZeroDivisionError("of nothing")

    with pytest.raises(GameError, match="Broken raised ZeroDivisionError when it was played for a trial: of nothing"):
        saver_of(Broken)


def test_environments_that_are_made_alike_are_tried_once() -> None:
    steps = 0

    class Watched(Walk):
        def step(self, action: Any) -> Any:
            nonlocal steps
            steps += 1
            return super().step(action)

    first = saver_of(Watched)
    assert steps > 100
    steps = 0
    second = saver_of(Watched)
    assert steps == 0 and (second.name, second.notes) == (first.name, first.notes)
    saver_of(Watched, saver="deepcopy")
    assert steps > 100  # another question


def test_a_remembered_choice_holds_for_the_environment_it_is_asked_for() -> None:
    first, second = Bare(Walk()), Bare(Walk())
    drivers = [episode_of(first), episode_of(second)]
    left, right = saver_for(first, drivers[0]), saver_for(second, drivers[1])
    for driver, seed in zip(drivers, (1, 2), strict=True):
        driver.reset(seed)
        for _ in range(4):
            driver.step(1)
    state = unpack_tree(pack_tree(left.save()))
    right.load(state)
    assert np.array_equal(first.unwrapped.place, second.unwrapped.place) and second.count == 4
    assert checksum(left.save()) == checksum(right.save())
    assert drivers[0].step(2)[1] == drivers[1].step(2)[1]


def test_two_snapshots_are_equal_exactly_when_the_states_are() -> None:
    env = Walk()
    episode = episode_of(env)
    saver = saver_for(env, episode)
    sums = []
    for _ in range(2):
        episode.reset(7)
        sums.append([checksum(saver.save())])
        for _ in range(5):
            episode.step(1)
            sums[-1].append(checksum(saver.save()))
    assert sums[0] == sums[1] and len(set(sums[0])) == 6


CHOICE = """
from tests.envs import faulty_environments as faulty
from rollback.envs.saving.savers import saver_for
for make in (faulty.Walk, faulty.Telling, faulty.Forgetting, lambda: faulty.Shared(faulty.Walk())):
    env = make()
    saver = saver_for(env, faulty.episode_of(env))
    print(saver.name, [note for note in saver.notes if " us a step" not in note])
"""


def test_the_choice_is_the_same_in_every_process() -> None:
    seen = {
        subprocess.run(
            [sys.executable, "-c", CHOICE], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}, timeout=60
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1 and "simulated again" in next(iter(seen))


def test_an_episode_driver_is_all_that_is_asked_for() -> None:
    class Plain:
        """No environment of any package."""

        def __init__(self) -> None:
            self.level = 0

    plain = Plain()

    def reset(seed: int) -> int:
        plain.level = seed
        return seed

    def step(action: int) -> Any:
        plain.level = (plain.level * 7 + action) % 100
        return plain.level, 0.0, False, False

    saver = saver_for(plain, Episode(reset, step, lambda dice: dice.randrange(4), lambda: False))
    assert saver.name == "generated"


class OnceReset(faulty.Telling):
    """Has its place only after a reset, as most environments do."""

    def __init__(self) -> None:
        super().__init__()
        del self.place


@pytest.mark.parametrize("is_known", [False, True], ids=["first", "remembered"])
def test_methods_that_need_a_reset_first_are_asked_after_one(is_known: bool) -> None:
    if is_known:
        saver_of(OnceReset, another=maker(OnceReset))
    assert saver_of(OnceReset, another=maker(OnceReset)).name == "get_state"
