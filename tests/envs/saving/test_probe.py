from __future__ import annotations

import copy
from typing import Any

import pytest

from rollback.envs.saving.probe import Episode, refusal, unlike_itself
from rollback.envs.saving.trial import play, samples
from tests.envs.faulty_environments import Growing, NoisyReward, Shared, Walk, episode_of, maker


class Sums:
    """A saver and its environment in one: a sum and a clock; `faults` says what goes wrong."""

    name = "sums"
    notes: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()

    def __init__(self, *faults: str, ends: int = 25) -> None:
        self.faults, self.ends = faults, ends
        self.is_opaque = "opaque" in faults
        self.seed, self.sum, self.clock, self.row, self.saves, self.resets = 0, 0, 0, [0], 0, 0
        self.told: list[Any] = []
        self.spoilt = False

    def reset(self, seed: int) -> Any:
        self.seed, self.sum, self.clock, self.row = seed, seed, 0, [0]
        self.spoilt = False
        self.resets += 1
        return self.sum

    def step(self, action: int) -> Any:
        self.clock += 1
        self.sum = (self.sum * 31 + action + self.row[0] + ("saving" in self.faults and self.saves)) % 1009
        self.row[0] += 1
        if "last" in self.faults and self.spoilt and self.clock == self.ends:
            self.sum += 1
        return self.sum, float(self.sum), self.clock >= self.ends, False

    def episode(self) -> Episode:
        return Episode(self.reset, self.step, lambda dice: dice.randrange(9), lambda: self.clock >= self.ends)

    def save(self) -> Any:
        self.saves += 1
        state: dict[str, Any] = {
            "sum": self.sum,
            "clock": self.clock,
            "row": self.row if "lends" in self.faults else [*self.row],
        }
        if "one" in self.faults:
            state["seed"] = self.seed
        if "counts" in self.faults:
            state["saves"] = self.saves
        if "odd" in self.faults:
            state["odd"] = object()
        return copy.deepcopy(state) if self.is_opaque else state

    def load(self, state: Any) -> None:
        if "raises" in self.faults:
            raise RuntimeError("no")
        if "one" in self.faults and state["seed"] != self.seed:
            return
        self.spoilt = True
        self.sum = state["sum"] + ("wrong" in self.faults)
        self.clock = state["clock"] if "clock" not in self.faults else 0
        self.row = state["row"] if "borrows" in self.faults else [*state["row"]]

    def digest(self) -> Any:
        return self.save()

    def began(self, seed: int) -> None:
        self.told.append(("began", seed))

    def stepped(self, actions: Any) -> None:
        self.told.append(("stepped", actions))


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (("wrong",), "after load the snapshot differs at sum: "),
        (("clock",), "after load the snapshot differs at clock: 9 != 0"),
        (("lends",), "keeps a reference into its snapshot: it changed by stepping at row[0]"),
        (("borrows",), "keeps a reference into its snapshot: it changed by stepping at row[0]"),
        (("counts",), "the snapshot differs at saves: "),
        (("saving",), "saving changes the play: observation of step 9 differs: "),
        (("raises",), "it raises RuntimeError: no"),
        (("odd",), "object"),
        (("wrong", "opaque"), "after load the snapshot differs at sum: "),
        (("one",), "after the load of an older state, of another episode, the snapshot"),
        (("last",), "after load"),
    ],
)
def test_each_fault_is_refused_in_words_of_its_own(faults: tuple[str, ...], words: str) -> None:
    saver = Sums(*faults, ends=10_000 if "one" in faults else 25)
    assert words in (refusal(saver, saver.episode()) or "agreed")


@pytest.mark.parametrize("faults", [(), ("opaque",)])
@pytest.mark.parametrize("ends", [1, 8, 9, 10, 25, 49, 10_000])
def test_a_sound_saver_is_not_refused_wherever_its_episodes_end(faults: tuple[str, ...], ends: int) -> None:
    saver = Sums(*faults, ends=ends)
    assert refusal(saver, saver.episode()) is None
    assert saver.resets > 3


def test_a_saver_that_fails_only_past_an_end_is_refused_when_ends_are_looked_for() -> None:
    saver = Sums("last", ends=120)
    assert refusal(saver, saver.episode(), end_within=0) is None
    assert "the end of an episode" in (refusal(saver, saver.episode()) or "")


def test_a_second_instance_gets_the_state_as_it_came_over_the_wire() -> None:
    saver, others = Sums(), [Sums("wrong"), Sums()]
    said = refusal(saver, saver.episode(), lambda: (others[0], others[0].episode()))
    assert said is not None and said.startswith("after load into a second, fresh instance")
    assert refusal(saver, saver.episode(), lambda: (others[1], others[1].episode())) is None
    assert others[1].resets > 0


def test_a_sound_environment_is_like_itself_and_ends_on_the_way() -> None:
    env = Walk()
    episode = episode_of(env)
    shown = play(episode, 2024, samples(episode, 60))
    assert sum(part[0] == "reset" for part in shown) > 1
    assert unlike_itself(episode, maker(Walk)) is None


def test_a_random_reward_is_no_likeness() -> None:
    said = unlike_itself(episode_of(NoisyReward(Walk())))
    assert "after two resets with the same seed and the same actions reward of step 0 differs: " in (said or "")


def test_what_a_reset_leaves_behind_is_told_from_what_differs_in_every_instance() -> None:
    class Lazy(Walk):
        resets = 0

        def reset(self, **settings: Any) -> Any:
            super().reset(**settings)
            self.resets += 1
            self.place[0] = self.resets
            return self.place, {}

    said = unlike_itself(episode_of(Lazy()), maker(Lazy))
    assert said is not None and "two fresh instances agree, so it is its reset" in said
    said = unlike_itself(episode_of(Growing(Walk())), maker(lambda: Growing(Walk())))
    assert said is not None and "fresh" not in said


def test_state_in_a_class_is_seen_when_a_second_instance_plays_between() -> None:
    assert unlike_itself(episode_of(Shared(Walk())), maker(lambda: Shared(Walk()))) is None  # its reset is sound
