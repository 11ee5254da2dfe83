"""Somebody comes late into a match of a game with a large state, in real processes; `benchmarks/join.py` tells how quickly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "join.py"
PATIENCE = 150.0  # seconds on a busy machine; alone it takes fifteen


def measured(path):
    """Return what the benchmark saw of one join over the path of this number."""
    process = subprocess.Popen(
        [sys.executable, str(BENCHMARK), "--rounds", "1", "--baseline", "0.5", "--paths", str(path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, said = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)  # it ends those whom it started
        out, said = process.communicate(timeout=30)
        pytest.fail(f"no join within {PATIENCE} s:\n{said}")
    assert process.returncode == 0, said
    (result,) = json.loads(out)
    return result


@pytest.mark.nightly
@pytest.mark.parametrize("path", [0, 1, 2])
def test_a_late_process_comes_into_a_running_match_with_a_large_state_and_nobody_waits_for_it(path):
    result = measured(path)
    assert len(result["seconds"]) == 1 and result["joined_at"][0] > 60  # frames: it did come late
    assert len({tuple(end) for end in result["ended"]}) == 1, result["ended"]
    assert result["ended"][0][:2] == ["end_at", result["asked_end"]]
    assert result["reasons"] == [[], []], "the others stalled at most"
    for events in result["events"]:
        names = [text.partition("(")[0] for text in events]
        assert names == ["Cut", "PeerJoined", "Ended"], events
    during = result["phases"]["during"]
    assert during["frames"] > 2 * during["stalls"], during  # they went on meanwhile
    assert (result["lost"] > 0) == (path == 2)
