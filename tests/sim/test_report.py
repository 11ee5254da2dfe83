from __future__ import annotations

import json

import pytest

from rollback import Cut, DesyncFound, Ended
from rollback.sim import Failure, MatchReport


def report(**changes) -> MatchReport:
    values = {
        "parity": True, "first_divergence": None, "failures": (), "frames": 9, "seconds": 1.5, "lost": 1, "sent": 20,
        "rollbacks": [1, 2], "resimulated": [3, 4], "stalls": [0, 0], "depths": [{2: 1}, {10: 1, 9: 1}],
        "bytes_per_second": [10.5, 11.0], "confirmed": [8, 8], "lag": [1.0, 1.0], "frames_ahead": [0.0, 0.1], "gap": 1,
        "ended": ["over", "over"], "inputs_varied": True,
    }  # fmt: skip
    return MatchReport(**{**values, **changes})  # type: ignore[arg-type]


def test_a_report_passes_exactly_where_no_oracle_failed():
    assert report().passed
    assert not report(failures=(Failure("states", 3, 0, "a", "b"),)).passed


def test_depths_are_told_in_the_order_of_numbers_under_words():
    told = report().to_dict()
    assert told["depths"] == [{"2": 1}, {"9": 1, "10": 1}]
    assert list(told["depths"][1]) == ["9", "10"]


def test_failures_are_told_with_all_they_hold():
    told = report(failures=(Failure("states", 3, 1, "a", "b"),)).to_dict()
    assert told["failures"] == [{"oracle": "states", "frame": 3, "peer": 1, "expected": "a", "found": "b"}]


def test_a_failure_reads_as_a_sentence_with_its_peer_where_there_is_one():
    assert str(Failure("states", 3, 1, "a", "b")) == "states: frame 3 at peer 1: expected a, found b"
    assert str(Failure("progress", 3, -1, "a", "b")) == "progress: frame 3: expected a, found b"


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (Ended("over", 9), {"event": "Ended", "reason": "over", "frame": 9}),
        (Cut((1, 2), 5, 1), {"event": "Cut", "players": [1, 2], "frame": 5, "epoch": 1}),
        (DesyncFound(5, "p1", ("x",)), {"event": "DesyncFound", "differences": ["x"], "bundle": None}),
    ],
)
def test_events_are_told_with_their_instant_and_fields(event, told):
    values = json.loads(json.dumps(report(events=[[(1.23456789, event)], []]).to_dict()))
    (first,) = values["events"][0]
    assert first["at"] == 1.234568
    assert told.items() <= first.items()


def test_every_field_is_told():
    names = set(MatchReport.__slots__)
    assert set(report().to_dict()) == names


def test_a_report_comes_back_from_json_as_it_was():
    before = report(
        first_divergence=3, parity=False, failures=(Failure("states", 3, 1, "a", "b"),), dropped=[{"late": 2}, {}],
        events=[[(0.5, Ended("over", 9)), (0.25, Cut((1, 2), 5, 1))], []],
    )  # fmt: skip
    after = MatchReport.from_dict(json.loads(json.dumps(before.to_dict())))
    assert after.to_dict() == before.to_dict() and not after.passed
    assert (after.failures, after.depths, after.dropped) == (before.failures, before.depths, before.dropped)
    assert after.events[0][0] == (0.5, Ended("over", 9)) and isinstance(after.events[0][1][1], Cut)


def test_what_an_event_holds_of_states_comes_back_as_the_text_that_it_was_told_as():
    before = report(events=[[(1.0, DesyncFound(5, "p1", (object,)))], []])
    after = MatchReport.from_dict(before.to_dict())
    assert after.to_dict() == before.to_dict()
    assert after.events[0][0][1].differences == ["<class 'object'>"]
