"""`benchmarks/predictors.py` runs, and tells what guesses are worth as text, for programs and for the documentation."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "predictors.py"
ROW = {
    "trace": "duel, bots", "predictor": "PolicyPredictor, another bot", "delay": 3, "repeat": 9.55, "rollbacks": 8.8,
    "ratio": 0.921, "low": 0.918, "high": 0.926, "worst": 0.926, "depth": 3.89, "p95": 5, "resimulated": 34.2, "of": 37.0,
    "us": 4.13, "us_in_charge": None, "us_repeating": 4.5, "policy_us": 2.2,
}  # fmt: skip


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(SCRIPT.parent)
    return runpy.run_path(str(SCRIPT), run_name="predictors")


def test_a_row_is_a_line_of_text_and_one_of_the_documentation(script: dict[str, Any]) -> None:
    assert script["markdown"]([ROW]) == (
        "| duel, bots | `PolicyPredictor`, another bot | 3 | 9.55 | 8.80 | 0.921 (0.918 to 0.926) | 0.926 | 3.89 / 5 | 37.0 |"
        " 34.2 | 4.1 |  | 4.5 | 2.2 |"
    )
    head, line = script["table"]([ROW]).split("\n")
    assert head.split()[:2] == ["trace", "predictor"] and len(line) == len(head)
    assert line.split()[-4:] == ["4.13", "-", "4.5", "2.2"]


def test_a_family_is_measured_at_both_delays_beside_repeating(script: dict[str, Any]) -> None:
    rows = script["measured"](["duel, bots"], 1, 300, 1, True)
    assert [(row["predictor"], row["delay"]) for row in rows] == [
        ("NGram()", 3), ("NGram()", 6), ("PolicyPredictor, another bot", 3)
    ]  # fmt: skip
    assert all(row["repeat"] > 0 and row["of"] > 0 for row in rows), "there was something to mispredict"
    assert all(row["us"] is not None and row["worst"] <= script["ASKED"]["worst"] for row in rows)


@pytest.mark.nightly
def test_the_command_tells_programs_all_of_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.syspath_prepend(SCRIPT.parent)
    monkeypatch.setattr(sys, "argv", ["predictors.py", "--quick", "--rounds", "1", "--only", "pong, bots", "--json"])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    told = json.loads(capsys.readouterr().out)
    assert left.value.code == 0 and set(told) == {"machine", "jitter", "rows", "imitated", "foreseen", "tick"}
    assert all(row["mispredictions"] == 0 for row in told["foreseen"]) and len(told["tick"]) == 3
