"""The benchmark measures every workload, and its figures are those of the contract: bytes, datagrams, rollbacks."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest

from rollback.cli.app import run
from rollback.testing import bench
from rollback.testing.bench import ALL_CASES, BenchCase, as_rows, run_bench

ROOT = Path(__file__).resolve().parents[2]


def test_the_workloads_are_those_of_the_contract() -> None:
    cases = {(case.delay, case.input_size, case.state_size) for case in ALL_CASES if not (case.jitter or case.reader)}
    assert {(delay, size, 64) for delay in (0, 2, 4, 7) for size in (1, 4)} <= cases
    assert {(delay, 1, 65536) for delay in (0, 2, 4, 7)} <= cases
    assert sum(case.jitter > 0 for case in ALL_CASES) == 1
    assert sum(case.reader for case in ALL_CASES) == 1


@pytest.mark.parametrize(
    ("case", "most_bytes", "rollbacks"),
    [
        (BenchCase(0), 12, (0, 0.5)),  # one of the two always has the other's input in time
        (BenchCase(4), 12, (11, 14)),
        (BenchCase(7, 4), 22, (11, 14)),
        (BenchCase(4, reader=True), 12, (11, 14)),
        (BenchCase(4, jitter=2), 14, (5, 30)),
    ],
    ids=str,
)
def test_bytes_and_rollbacks_a_frame_are_within_the_budget(
    case: BenchCase, most_bytes: float, rollbacks: tuple[float, float]
) -> None:
    [result] = run_bench([case], frames=2400, rounds=1)
    assert 6 < result.bytes_a_frame <= most_bytes
    assert 0.99 < result.datagrams_a_frame < 1.01
    if case.delay:
        assert rollbacks[0] <= result.rollbacks_per_100 <= rollbacks[1]
    assert result.engine_us > result.bare_us > 0 and result.ratio > 1
    assert as_rows([result])[0]["jitter"] == case.jitter


def test_every_result_is_told_as_soon_as_it_is_there() -> None:
    told: list[int] = []
    results = run_bench([BenchCase(2), BenchCase(0)], frames=200, rounds=1, on_result=lambda result: told.append(result.delay))
    assert told == [2, 0] == [result.delay for result in results]


def test_both_peers_of_the_workload_end_in_one_state() -> None:
    """A benchmark of an engine that errs would be worth nothing."""
    sessions = []
    make = bench.P2PSession

    class Kept(make):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)
            sessions.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "P2PSession", Kept)
        bench._engine(BenchCase(4, jitter=2, reader=True), 600)
    first, second = sessions
    frame = min(first.settled, second.settled) + 1
    common = [at for at in range(frame - 6, frame + 1) if first.checksum_at(at) and second.checksum_at(at)]
    assert common and all(first.checksum_at(at) == second.checksum_at(at) for at in common)
    assert first.stats().rollbacks > 30


@pytest.mark.nightly
def test_the_command_prints_a_row_for_each_workload(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--rounds", "1", "--frames", "100"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.rstrip().splitlines()
    assert len(lines) == 1 + len(ALL_CASES) + 1
    assert lines[0].split()[:3] == ["delay", "input", "state"]
    assert {line.split()[-1] for line in lines[-3:-1]} == {"2", "read"}
    assert all(len(line) <= 80 and "…" not in line for line in lines[:-1])
    assert "64 KiB" in shown.out and "Python" in lines[-1]
    assert shown.err == ""


@pytest.mark.nightly
def test_json_holds_the_machine_and_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--rounds", "1", "--frames", "100", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"machine", "frames", "rounds", "cases"}
    assert (told["frames"], told["rounds"], len(told["cases"])) == (100, 1, len(ALL_CASES))
    assert set(told["machine"]) == {"python", "system", "processor"}
    for case, row in zip(ALL_CASES, told["cases"], strict=True):
        assert (row["delay"], row["input_size"], row["state_size"]) == (case.delay, case.input_size, case.state_size)
        assert row["engine_us"] > 0 and row["bare_us"] > 0 and row["datagrams_a_frame"] > 0.9


@pytest.mark.parametrize("wrong", [["--frames", "99"], ["--rounds", "0"], ["--frames", "many"], ["--loud"]])
def test_wrong_options_are_one_sentence(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", *wrong]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.startswith("rollback: ") and "Traceback" not in shown.err
    assert len(shown.err.strip().splitlines()) == 1


@pytest.mark.nightly
def test_the_script_measures_the_same(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["engine.py", "--quick", "--frames", "100", "--json"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(ROOT / "benchmarks" / "engine.py"), run_name="__main__")
    assert left.value.code == 0
    assert len(json.loads(capsys.readouterr().out)["cases"]) == len(ALL_CASES)
