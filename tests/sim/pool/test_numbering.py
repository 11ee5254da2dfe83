"""Specs by number: what each is played with, and one sentence for what is no spec, before it is played."""

from __future__ import annotations

import pytest

from rollback.errors import UsageError
from rollback.sim.pool.numbering import numbered
from rollback.sim.pool.seeds import MAX_SEED, seed_of


class Plain:
    name = "plain"

    def __init__(self, **given):
        self.tags = {}
        vars(self).update(given)

    def play(self, seed, shared):
        raise NotImplementedError

    def to_dict(self):
        return {}

    def parcels(self):
        return {}


class Untold(Plain):
    @property
    def tags(self):
        raise LookupError

    @tags.setter
    def tags(self, tags):
        pass


class Wrong(Plain):
    pass


class Halfway(Plain):
    parcels = None
    to_dict = None


def test_a_seed_of_its_own_comes_before_that_of_the_place():
    jobs = list(numbered([Plain(), Plain(seed=0), Plain(seed=MAX_SEED), Plain(seed=None)], 5))
    assert [job.seed for job in jobs] == [seed_of(5, 0), 0, MAX_SEED, seed_of(5, 3)]
    assert [job.index for job in jobs] == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", ["seven", -1, 2**63, 1.5])
def test_a_seed_that_is_none_is_told_with_its_place(seed):
    with pytest.raises(UsageError, match=r"^specs\[1\] has the seed .*: a whole number from 0 to "):
        list(numbered([Plain(), Plain(seed=seed)], 5))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (7, r"is no match: a MatchSpec\(game=\.\.\.\) is needed, not 7$"),
        (Untold(), "is needed, not .*, which has no tags$"),
        (Wrong(tags=3), "is needed, not .*, which has no tags$"),
        (Halfway(), "is needed, not .*, which has no to_dict and no parcels$"),
    ],
)
def test_what_is_no_spec_is_told_with_its_place_and_what_it_lacks(spec, said):
    jobs = numbered([Plain(), spec], 5)
    assert next(jobs).index == 0
    with pytest.raises(UsageError, match=rf"^specs\[1\] .*{said}"):
        next(jobs)
