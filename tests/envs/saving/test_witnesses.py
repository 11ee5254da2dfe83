from __future__ import annotations

import itertools
import random
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rollback.envs.saving.probe import Episode
from rollback.envs.saving.witnesses import MAX_WITNESSES, changed, outside, witnesses
from tests.envs import faulty_environments as faulty
from tests.envs.faulty_environments import Walk, episode_of

GENERATOR = np.random.default_rng(3)
OLD = random.Random(3)
TABLE: list[int] = []


@pytest.mark.parametrize(
    ("wrapper", "who", "asks"),
    [
        (faulty.NoisyReward, "NoisyReward.step", "random.uniform()"),
        (faulty.QuietNoise, "QuietNoise.step", "random.random()"),
        (faulty.NumpyNoise, "NumpyNoise.step", "numpy.random.rand()"),
        (faulty.Hurried, "Hurried.step", "time.perf_counter()"),
        (faulty.Harmless, "Harmless.step", "time.monotonic()"),
    ],
)
def test_who_asks_is_told_with_class_file_and_line(wrapper: Any, who: str, asks: str) -> None:
    (said,) = witnesses(episode_of(wrapper(Walk())))
    assert said.startswith(f"{who} (faulty_environments.py, line ") and said.endswith(f") asks {asks}")
    line = int(said.partition("line ")[2].partition(")")[0])
    text = Path(faulty.__file__).read_text(encoding="utf-8").splitlines()[line - 1]
    assert asks.rpartition(".")[2].removesuffix("()") in text or "drawn()" in text


def test_a_generator_made_from_nothing_is_told() -> None:
    (said,) = witnesses(episode_of(faulty.Unseeded(Walk())))
    assert said.startswith("Unseeded.reset (") and "asks " in said


def test_a_sound_environment_with_generators_of_its_own_has_no_witnesses() -> None:
    assert witnesses(episode_of(faulty.Bare(Walk()))) == []


def driven(step: Any, reset: Any = None) -> Episode:
    return Episode(reset or (lambda seed: 0), step, lambda dice: 0, lambda: False)


@pytest.mark.parametrize(
    ("step", "asks"),
    [
        (lambda action: uuid.uuid4(), "uuid.uuid4()"),
        (lambda action: time.time_ns(), "time.time_ns()"),
        (lambda action: random.Random(), "random.Random()"),
        (lambda action: random.shuffle([1, 2]), "random.shuffle()"),
        (lambda action: np.random.seed(4), "numpy.random.seed()"),
        (lambda action: random.Random(5).random(), None),
        (lambda action: np.random.default_rng(5).random(), None),
        (lambda action: np.random.RandomState(5).rand(), None),
    ],
)
def test_what_is_asked_is_named_as_it_was_called(step: Any, asks: str | None) -> None:
    np.random.rand(), uuid.uuid4()  # what is imported at a first use is no witness
    found = witnesses(driven(step), 3)
    assert [said.rpartition("asks ")[2] for said in found] == ([asks] if asks else [])


def test_everything_is_as_before_also_when_the_environment_raises() -> None:
    before = sys.getprofile(), np.random.rand, np.random.randint

    def step(action: Any) -> Any:
        random.random()
        raise RuntimeError("broken")

    found = witnesses(driven(step))
    assert len(found) == 2 and "random.random" in found[0] and found[1] == "RuntimeError was raised: broken"
    assert (sys.getprofile(), np.random.rand, np.random.randint) == before


def test_there_are_only_so_many_witnesses() -> None:
    steps = itertools.count()
    code = "\n".join(f"def step{n}(action):\n    import time\n    time.time()" for n in range(30))
    scope: dict[str, Any] = {"__name__": "made_up"}
    exec(code, scope)
    assert len(witnesses(driven(lambda action: scope[f"step{next(steps) % 30}"](action)), 40)) == MAX_WITNESSES


def test_what_changes_outside_of_the_objects_is_named() -> None:
    env = faulty.Shared(Walk())
    env.reset(seed=1)  # other tests have stepped this class
    before = outside(env)
    env.reset(seed=2)
    assert changed(before, outside(env)) == []
    env.step(1)
    assert changed(before, outside(env)) == ["Shared.total (of the class)"]
    faulty.Shared.total = 0
    assert changed(before, outside(env)) == []


def test_counters_generators_and_tables_of_a_module_are_seen() -> None:
    class Drawing(Walk):
        def step(self, action: Any) -> Any:
            GENERATOR.random()
            OLD.random()
            TABLE.append(1)
            return super().step(action)

    env = Drawing()
    before = outside(env)
    env.reset(seed=1)
    env.step(1)
    assert changed(before, outside(env)) == [f"{__name__}.{name} (of the module)" for name in ("GENERATOR", "OLD", "TABLE")]


def test_what_a_function_encloses_is_seen() -> None:
    count = 0

    def bonus() -> int:
        nonlocal count
        count += 1
        return count

    env = faulty.Bare(Walk())
    env.bonus = bonus  # type: ignore[attr-defined]
    before = outside(env)
    bonus()
    assert changed(before, outside(env)) == ["count (enclosed by Bare.bonus)"]
    assert "Growing.steps (of the class)" in outside(faulty.Growing(Walk()))
