"""Random generators go on exactly where they stood, and no state from outside breaks one."""

from __future__ import annotations

import random

import pytest

from rollback.agents.checkpoints import Checkpoint, generator_from, state_of
from rollback.errors import CheckpointError
from tests.agents.checkpoints.made import made


def drawn(generator: random.Random) -> list[float]:
    return [generator.random(), generator.gauss(0, 1), generator.gauss(0, 1), generator.randrange(10**30), generator.random()]


@pytest.mark.parametrize("before", [0, 1, 3, 700])
def test_a_generator_goes_on_where_it_stood_through_a_checkpoint_s_bytes(before: int) -> None:
    generator = random.Random(42)
    for _ in range(before):
        generator.gauss(0, 1)  # an odd number of them leaves one half of a pair behind
    saved = made(random_state={"dice": state_of(generator), "others": [1, 2]})
    again = generator_from(Checkpoint.load(saved.to_bytes()).random_state["dice"])
    assert drawn(again) == drawn(generator)


GOOD = state_of(random.Random(1))


@pytest.mark.parametrize(
    "state",
    [
        None, 3, "state", [], [3, [], None], {}, [2, GOOD[1], None], [3, GOOD[1][:-1], None], [3, GOOD[1], "0.5"],
        [3, [*GOOD[1][:-1], 625], None], [3, [*GOOD[1][:-1], 2**40], None], [3, [-1, *GOOD[1][1:]], None],
        [3, [2**32, *GOOD[1][1:]], None], [3, [1.5, *GOOD[1][1:]], None], [3, GOOD[1], None, None], [3, GOOD[1], 1],
        [3, [*GOOD[1][:-1], -1], None], [3, None, None],
    ],
    ids=range(18),
)  # fmt: skip
def test_what_is_no_state_is_refused_in_a_sentence(state: object) -> None:
    with pytest.raises(CheckpointError, match="the random state of the checkpoint is none of Python's generator"):
        generator_from(state)
