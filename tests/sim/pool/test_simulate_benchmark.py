"""`benchmarks/simulate.py` measures what it says: the same matches by all contenders, and what is around them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
PATIENCE = 100  # seconds on a busy machine; alone it takes five


@pytest.fixture(scope="module")
def simulate():
    sys.path.insert(0, str(BENCHMARKS))
    before = set(sys.modules)
    try:
        import contenders  # noqa: F401
        import labour  # noqa: F401
        import simulate as module

        yield module
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in {"contenders", "labour", "simulate"} & (set(sys.modules) - before):
            del sys.modules[name]


@pytest.mark.nightly
def test_a_quick_run_names_all_it_measures_and_the_machine():
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "simulate.py"), "--quick", "--json"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=BENCHMARKS.parent,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (race,) = found["races"]
    assert list(race["rates"]) == ["bare", "ours", "Pool", "AsyncVectorEnv"] == list(race["of_bare"])
    assert race["of_bare"]["bare"] == 1 and all(rate > 0 for rate in race["rates"].values())
    assert len(race["seconds"]["ours"]) == found["rounds"] == 1
    assert found["start_seconds"]["best"] > 0 and found["machine"]["python"] and len(found["load"]) == 2
    assert found["asked"] == {"of_bare": 0.95, "start_seconds": 0.3, "overhead_us": 10.0}


def test_all_contenders_of_processes_play_the_same_matches(simulate):
    spec, seeds = simulate.labour(3), [simulate.seeds_of(simulate.SEED)(index) for index in range(9)]
    wanted = simulate.played(spec, seeds)
    assert len(set(wanted)) == 9
    for name in ("bare", "ours"):
        assert simulate.CONTENDERS[name](spec, seeds) == wanted, name


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["joblib", "Pool", "ours on ray", "ray one by one"])
def test_those_of_others_play_them_too(simulate, name):
    if simulate.PACKAGES.get(name):
        pytest.importorskip(simulate.PACKAGES[name])
    code = (
        "import simulate as s; spec = s.labour(3); seeds = list(map(s.seeds_of(s.SEED), range(9)))\n"
        f"with s.cluster() if {'ray' in name!r} else s.ExitStack(): found = s.CONTENDERS[{name!r}](spec, seeds)\n"
        "assert found == s.played(spec, seeds)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, cwd=BENCHMARKS)
    assert done.returncode == 0, done.stderr


def test_who_plays_other_matches_is_found_out(simulate, monkeypatch):
    monkeypatch.setitem(simulate.CONTENDERS, "bare", lambda spec, seeds: ["0"] * len(seeds))
    with pytest.raises(SystemExit, match="bare played other matches than the rest"):
        simulate.raced(simulate.Size(0.1, 6), ["bare"], 1)


def test_the_best_round_of_each_counts_and_they_take_turns(simulate, monkeypatch):
    clock, order = iter(range(0, 10**6, 2)), []

    def contender(name):
        def play(spec, seeds):
            order.append(name)
            return simulate.played(spec, seeds)

        return play

    for name in ("bare", "ours"):
        monkeypatch.setitem(simulate.CONTENDERS, name, contender(name))
    monkeypatch.setattr(simulate, "vectors", lambda frames, matches: 0.5)
    monkeypatch.setattr(simulate, "frames_for", lambda milliseconds: 2)
    monkeypatch.setattr(simulate.time, "perf_counter", lambda: next(clock))
    found = simulate.raced(simulate.Size(0.1, 6), ["bare", "ours"], 3)
    assert order == ["bare", "ours", "ours", "bare", "bare", "ours"]
    assert found["rates"] == {"bare": 3.0, "ours": 3.0, "AsyncVectorEnv": 2.0}
    assert found["of_bare"]["AsyncVectorEnv"] == 0.667


def test_the_table_tells_of_a_busy_machine(simulate, capsys):
    race = {"milliseconds": 2, "rates": {"bare": 900.0, "ours": 880.0}, "of_bare": {"bare": 1.0, "ours": 0.978}}
    spans = {"best": 0.2, "median": 0.3}
    found = {"workers": 2, "races": [race], "start_seconds": spans, "overhead_us": spans, "rounds": 7, "load": [9.0, 9.0]}
    simulate.show(found | {"machine": {"python": "CPython", "system": "here", "processor": "one"}})
    told = capsys.readouterr().out
    assert "| ours | 880 (0.978) |" in told and "busy (load 9.0)" in told
    simulate.show(found | {"load": [0.1, 2.0], "machine": {"python": "CPython", "system": "here", "processor": "one"}})
    assert "busy" not in capsys.readouterr().out
