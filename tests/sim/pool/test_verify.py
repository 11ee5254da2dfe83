"""Matches that are played again: fair games come out the same, unfair ones are caught, and what they depend on is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rollback.errors import NotReproducible, UsageError
from rollback.sim import MatchSpec, isimulate, simulate
from rollback.sim.pool import causes as causes_module
from rollback.sim.pool.causes import CAUSES, HASH_SEEDS, NEW, SET, causes_of
from rollback.sim.pool.conditions import Conditions
from rollback.sim.pool.fresh import Answer, Fresh
from rollback.sim.pool.job import Job
from rollback.sim.pool.played import Shared
from rollback.sim.pool.sample import Outcome, Sample
from rollback.sim.pool.verify import verify
from rollback.sim.pool.worker import play_one

ROOT = Path(__file__).resolve().parents[3]
GAMES = Path(__file__).with_name("unfair_games.py")


def spec(name: str) -> MatchSpec:
    return MatchSpec(game=f"{GAMES}:{name}", frames=5)


def sampled(*names: str) -> Sample:
    """Play a match of each of these games here, and keep all of them."""
    sample, shared = Sample(1.0, 1), Shared()
    for job in sample.watch(Job(index, 100 + index, spec(name)) for index, name in enumerate(names)):
        sample.take(play_one(job, shared))
    return sample


def caught(sample: Sample, timeout: float | None = None) -> NotReproducible:
    with pytest.raises(NotReproducible) as told:
        verify(sample, timeout)
    sample.close()
    return told.value


def test_fair_games_are_not_caught_however_much_they_look_around():
    sample = sampled("Fair", "Seeded", "Fair", "Seeded")
    assert verify(sample) == 4
    sample.close()


def test_an_empty_sample_holds():
    sample = Sample(0.0, 1)
    assert verify(sample) == 0
    sample.close()


@pytest.mark.parametrize(
    ("name", "cause"),
    [("Hashed", "hash_seed"), ("Drawing", "random"), ("NumpyDrawing", "numpy"), ("Counting", "before")],
)
def test_a_game_that_depends_on_more_than_its_seed_is_caught_and_what_it_depends_on_is_named(name, cause):
    error = caught(sampled("Fair", name))
    assert (error.index, error.game, error.seed) == (1, f"{GAMES}:{name}", 101)
    assert error.causes == (CAUSES[cause],)
    assert str(error).startswith(f"match 1 ({GAMES}:{name}, seed 101) came out differently when it was played again")
    assert f"It depends on {CAUSES[cause]}." in str(error)
    assert "(1 of the 2 matches that were played again differ)" in str(error)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Numbered", [CAUSES["process"]]),
        ("Timed", [CAUSES["clock"]]),
        ("Dated", [CAUSES["clock"]]),
        ("Entropic", [NEW]),
        ("Both", [CAUSES["hash_seed"], CAUSES["random"]]),
    ],
)
def test_the_number_of_a_process_the_time_chance_and_two_things_at_once_are_named_as_well(name, told):
    assert list(caught(sampled("Fair", name)).causes) == told


def answering(monkeypatch, digest):
    """Let new processes be only thought of: each match's digest is what `digest(conditions, place)` returns."""
    asked = []

    def played(jobs, made, timeout):
        asked.extend(made)
        return [
            [Answer(Outcome("ok", digest(conditions, place)), ("random",)) for place in range(len(each))]
            for each, conditions in zip(jobs, made, strict=True)
        ]

    monkeypatch.setattr(causes_module, "_in_new_processes", played)
    return asked


def test_the_order_of_a_small_set_takes_more_than_one_other_hash_seed(monkeypatch):
    asked = answering(monkeypatch, lambda conditions, place: "aabab"[[SET.hash_seed, *HASH_SEEDS].index(conditions.hash_seed)])
    assert causes_of(Job(0, 1, spec("Unordered")), [], None) == [CAUSES["hash_seed"]]
    assert [each.hash_seed for each in asked] == ["1", "1", "2", "1", "1", "3", "31415926"], "one thing is changed at a time"
    assert [each.random for each in asked] == [1, 1, 1, 2, 1, 1, 1]


def test_what_nothing_changes_has_no_cause(monkeypatch):
    answering(monkeypatch, lambda conditions, place: "a")
    assert causes_of(Job(0, 1, spec("Fair")), [], None) == []


def test_only_the_match_itself_is_compared_where_others_are_played_before_it(monkeypatch):
    answering(monkeypatch, lambda conditions, place: "abc"[place % 3])
    job, others = Job(0, 1, spec("Fair")), [Job(1, 2, spec("Fair")), Job(2, 3, spec("Fair"))]
    assert causes_of(job, others, None) == [CAUSES["before"]]


def test_the_first_match_of_a_process_is_told_from_a_later_one_though_it_is_all_there_is(tmp_path):
    for count in (1, 2):  # matches in the process that played them first
        code = (
            "import sys; from rollback.sim import MatchSpec, simulate; from rollback.errors import NotReproducible\n"
            "from rollback.sim.pool import causes, verify; verify.causes_of = lambda *given: []\n"
            f"try: simulate([MatchSpec(game={str(GAMES) + ':Counting'!r}, frames=5)] * {count}, verify=0.01)\n"
            "except NotReproducible as error: print(error.index)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
        assert done.stdout.strip() in [str(index) for index in range(count)], done.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Elsewhere", "then error (RuntimeError: not here)"),
        ("Deadly", "then crashed (the process ended with code 7 and said last: the end is near)"),
        ("Hanging", "then timeout (not done within 0.5 s)"),
    ],
)
def test_a_match_that_cannot_be_played_again_is_told_with_what_became_of_it(name, words, monkeypatch):
    monkeypatch.setattr("rollback.sim.pool.verify.causes_of", lambda *given: [])
    error = caught(sampled(name), 0.5 if name == "Hanging" else None)
    assert words in str(error)
    assert error.causes == () and "look for what the process that played it first had of its own" in str(error)


def test_all_results_come_before_the_run_is_found_not_to_hold(monkeypatch):
    monkeypatch.setattr("rollback.sim.pool.verify.causes_of", lambda *given: ["the weather"])
    results, done = [], []
    with pytest.raises(NotReproducible, match="It depends on the weather"):
        for result in isimulate(iter([spec("Hashed")] * 7), verify=0.5, on_progress=lambda *told: done.append(told)):
            results.append(result.index)
    assert results == list(range(7)) and done == [(count, None) for count in range(1, 8)]


@pytest.mark.parametrize("name", ["Fair", "Counting"])
def test_matches_that_were_played_by_workers_are_played_again_alike(name, monkeypatch):
    monkeypatch.setattr("rollback.sim.pool.verify.causes_of", lambda *given: [])
    run = {"backend": "process", "workers": 2, "verify": 0.2, "timeout": 30.0}
    if name == "Fair":
        results = simulate([spec(name), spec("Interrupting")] * 15, **run | {"verify": 1.0})
        assert [result.status for result in results] == ["ok", "error"] * 15
    else:
        with pytest.raises(NotReproducible, match="of the 6 matches that were played again differ"):
            simulate([spec(name)] * 30, **run)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("backend", "name", "cause"),
    [
        ("process", "Hashed", "hash_seed"),
        ("process", "Drawing", "random"),
        ("process", "Numbered", "process"),
        ("ray", "Counting", "before"),
    ],
)
def test_what_a_game_depends_on_is_named_wherever_it_was_played(backend, name, cause):
    if backend == "ray":
        pytest.importorskip("ray")
    with pytest.raises(NotReproducible) as told:
        simulate([spec(name)] * 30, backend=backend, workers=2, verify=0.1)
    assert told.value.causes == (CAUSES[cause],) and told.value.game == f"{GAMES}:{name}"
    assert len(simulate([spec("Seeded")] * 30, backend=backend, workers=2, verify=0.1)) == 30


def test_a_run_that_is_left_early_plays_nothing_again(monkeypatch):
    monkeypatch.setattr("rollback.sim.pool.verify.verify", lambda *given: pytest.fail("nobody asked for it"))
    results = isimulate([spec("Hashed")] * 5, verify=1.0)
    assert next(results).index == 0
    results.close()


def test_matches_that_a_journal_holds_are_played_again_too(tmp_path, monkeypatch):
    monkeypatch.setattr("rollback.sim.pool.verify.causes_of", lambda *given: [])
    path = tmp_path / "run.jsonl"
    simulate([spec("Hashed")] * 4, journal=path)
    monkeypatch.setattr("rollback.sim.pool.worker.play_one", lambda *given: pytest.fail("all is done"))
    with pytest.raises(NotReproducible, match="4 of the 4 matches that were played again differ"):
        simulate([spec("Hashed")] * 4, journal=path, verify=1.0)


SCRIPT = """
from rollback.sim import simulate
from rollback.sim.pool.played import Played

class Here:
    name, tags, seed = "here", {}, None
    def play(self, seed, shared): return Played(str(seed))
    def parcels(self): return {}
    def to_dict(self): return {"kind": "here"}
"""


@pytest.mark.parametrize("guarded", [True, False])
def test_a_match_that_a_script_defines_is_found_in_its_file_unless_that_would_run_it_again(guarded, tmp_path):
    path = tmp_path / "mine.py"
    run = "print(len(simulate([Here()] * 3, verify=1.0)))"
    path.write_text(SCRIPT + (f'if __name__ == "__main__":\n    {run}\n' if guarded else run + "\n"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=60, env={"PYTHONPATH": str(ROOT)}, cwd=ROOT
    )
    if guarded:
        assert done.stdout == "3\n", done.stderr
    else:
        assert done.returncode == 1 and 'put that under "if __name__' in done.stderr, done.stderr


def test_what_is_defined_in_no_file_cannot_be_played_again():
    done = subprocess.run(
        [sys.executable, "-"],
        input=SCRIPT + "simulate([Here()], verify=1.0)",
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert "UsageError: verify plays match 0 (here) again in another process" in done.stderr
    assert "write it into a file" in done.stderr


def test_a_process_that_cannot_be_started_is_a_sentence(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    sample = sampled("Fair")
    with pytest.raises(UsageError, match="verify needs another process, and none can be started here"):
        verify(sample)
    sample.close()


def test_a_new_process_ends_with_the_one_that_waits_for_it():
    with Fresh([Job(0, 1, spec("Hanging"))], Conditions(hash_seed="1")) as fresh:
        process = fresh._process
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) in (1, -9)  # with its whole group, where there are groups
    with Fresh([Job(0, 1, spec("Hanging"))], Conditions(hash_seed="1")) as fresh:
        process = fresh._process
    assert process.poll() is not None
