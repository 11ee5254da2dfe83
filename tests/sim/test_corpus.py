"""Every match that once failed, as small as it failed, passes now."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollback.sim.plan import MatchPlan
from tests.cases import more_at_night

CORPUS = sorted((Path(__file__).resolve().parents[1] / "corpus").glob("*.json"))


def test_there_is_a_corpus():
    assert len(CORPUS) >= 3


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
@pytest.mark.parametrize("twice", more_at_night([False, True], 1), ids=["once", "twice alike"])
def test_a_match_that_once_failed_passes(path, twice):
    plan = MatchPlan.load(path)
    assert plan.failing, f"{path.name} does not say which oracle failed"
    report = plan.run(twice=twice)
    assert report.passed, report.failures
    assert sum(report.rollbacks) > 0 or plan.window == 0, "the premise: something was rolled back"
