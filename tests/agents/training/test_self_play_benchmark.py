"""`benchmarks/self_play.py` runs, and tells of each training how it fared against the bot and dice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "self_play.py"


@pytest.mark.nightly
@pytest.mark.parametrize("game", ["pong", "duel"])
def test_a_quick_run_tells_all_of_a_game(game):
    words = [sys.executable, str(SCRIPT), "--quick", "--json", "--only", game]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=True)
    (told,) = json.loads(done.stdout)
    assert told["game"] == game and set(told["seconds"]) == {"self-play-1", "self-play-q-learning-1"}
    for row in told["agents"]:
        for share, low, high in (row["best"], row["random"]):
            assert 0.0 <= low <= share <= high <= 1.0
