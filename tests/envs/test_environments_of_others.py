"""Environments of others, as they come from their packages, agree over a bad line; fifty matches each are left to the night."""

from __future__ import annotations

import pytest

from benchmarks.environments import CASES, Case, play

QUICK = ("cartpole", "taxi", "lander", "pendulum")


def held(case: Case, matches: int) -> None:
    counted = play(case, matches)
    assert counted["lost"] > 0  # the premise
    assert counted["with_rollbacks"] == matches, f"nothing was rolled back in some of {matches} matches: {counted}"
    assert counted["agreed"] == matches, f"peers came apart: {counted}"


@pytest.mark.parametrize("key", QUICK)
def test_peers_agree_on_an_environment_of_others(key: str) -> None:
    held(CASES[key], 1)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("key", CASES)
def test_peers_agree_in_fifty_matches(key: str) -> None:
    held(CASES[key], 50)
