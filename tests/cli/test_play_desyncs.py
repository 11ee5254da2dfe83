"""A match's desyncs are counted, mended or not, and can be told to a program."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollback.cli.play_desyncs import Desyncs
from rollback.net.transport import PathChanged
from rollback.state import MISSING, Difference
from rollback.types import DesyncFound, PeerLeft, Resynced

FOUND = DesyncFound(60, "bob", (Difference("a", 1, MISSING), Difference("b", "x" * 500, object)), "/tmp/it.rbr")


@pytest.mark.parametrize(
    ("events", "is_apart", "resyncs"),
    [
        ([], False, 0),
        ([FOUND], True, 0),
        ([FOUND, Resynced(60)], False, 1),
        ([FOUND, Resynced(60), FOUND], True, 1),
        ([PeerLeft("bob", (1,), "left"), PathChanged("bob", "relay", "")], False, 0),
    ],
)
def test_the_newest_one_counts_until_it_is_mended(events: list[Any], is_apart: bool, resyncs: int) -> None:
    desyncs = Desyncs()
    for event in events:
        desyncs.event(event)
    assert (desyncs.is_apart, desyncs.resyncs) == (is_apart, resyncs)
    assert desyncs.found == [event for event in events if event is FOUND]


def test_they_travel_as_json_in_short_texts() -> None:
    desyncs = Desyncs()
    desyncs.event(FOUND)
    desyncs.event(DesyncFound(120, "cid"))
    first, second = json.loads(json.dumps(desyncs.as_values()))
    assert first["differences"][0] == {"path": "a", "ours": "1", "theirs": "missing"}
    assert len(first["differences"][1]["ours"]) <= 80
    assert second == {"frame": 120, "peer": "cid", "differences": [], "bundle": None}
    assert desyncs.bundles == ["/tmp/it.rbr"]
