"""`rollback simulate`: what it says, writes and leaves with."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rollback.cli.app import run
from rollback.sim.pool.seeds import seed_of

ROOT = Path(__file__).resolve().parents[2]
HERE = "tests.sim.league.games"
SUMS = ["simulate", "--game", f"{HERE}:Sums", "--workers", "1"]
DARES = [f"{HERE}:Dares?more={more}" for more in range(3)]
TRIPS = [f"{HERE}:Trips", DARES[2]]


def values(capsys: pytest.CaptureFixture[str]):
    return json.loads(capsys.readouterr().out)


def test_several_agents_after_one_flag_meet_and_the_table_tells_who_is_stronger(capsys):
    assert run([*SUMS, "--agents", *DARES, "--matches", "60", "--seed", "3"]) == 0
    said = capsys.readouterr()
    assert said.err == "" and "60 matches between 3 agents, seed 3" in said.out and "\u2026" not in said.out
    standings, cross = said.out.split("Points that the row took")
    rows = [line for line in standings.splitlines() if line[:1].isdigit()]
    assert [row.split()[:2] for row in rows] == [["1", "Dares?more=2"], ["2", "Dares?more=1"], ["3", "Dares?more=0"]]
    assert re.search(r"\+\d+ ± \d+ .* \d+\.\d% +\d+\.\d% to \d+\.\d% +\d+\.\d\d$", rows[0])
    assert len([line for line in cross.splitlines() if line[:1].isdigit()]) == 3
    assert "failed" not in said.out and "no multiple" not in said.out


def test_the_json_tells_what_the_table_tells_and_more(capsys):
    assert run([*SUMS, "--agents", *DARES, "--matches", "30", "--json"]) == 0
    told = values(capsys)
    assert told["passed"] and told["matches"] == 30 and told["failures"] == [] and told["players"] == 2
    assert [row["rank"] for row in told["standings"]] == [1, 2, 3]
    first = told["standings"][0]
    assert first["won"] + first["drawn"] + first["lost"] == first["matches"] == 20
    assert first["interval"][0] < first["share"] < first["interval"][1]
    assert told["cross"][0][0] is None and told["cross"][0][1]["matches"] == 10


def test_one_worker_and_two_print_the_same(capsys):
    arguments = ["simulate", "--game", f"{HERE}:Sums", "--agents", *DARES, "--matches", "30", "--seed", "5"]
    assert run([*arguments, "--workers", "1"]) == 0
    one = capsys.readouterr().out
    assert run([*arguments, "--workers", "2", "--batch", "4"]) == 0
    assert capsys.readouterr().out == one


def test_scripted_against_random_by_default_and_by_name(capsys):
    assert run(["simulate", "--matches", "4", "--workers", "1", "--json"]) == 0
    assert [row["agent"] for row in values(capsys)["standings"]] == ["best", "random"]
    assert run(["simulate", "--matches", "4", "--workers", "1", "--json", "--agents", "random", "scripted"]) == 0
    assert [row["agent"] for row in values(capsys)["standings"]] == ["scripted", "random"]


def test_over_a_bad_network_matches_roll_back_and_agree(tmp_path, capsys):
    out = tmp_path / "results.jsonl"
    arguments = ["--agents", "random", "idle", "--latency-ms", "60", "--loss", "0.1", "--frames", "100", "--matches", "2"]
    assert run(["simulate", *arguments, "--workers", "1", "--out", str(out)]) == 0
    results = [json.loads(line) for line in out.read_text().splitlines()]
    results = [result for result in results if "index" in result]
    assert len(results) == 2 and all(result["stats"]["rollbacks"] > 0 and result["stats"]["lost"] > 0 for result in results)


def test_each_failure_is_listed_with_the_command_that_plays_it_again(capsys):
    assert run([*SUMS, "--agents", *TRIPS, "--matches", "12", "--seed", "1"]) == 1
    said = capsys.readouterr().out
    assert "RuntimeError: tripped over its feet" in said and "matches failed and count for nobody" in said
    assert " failed\n" in said, "the column"
    command = next(line for line in said.splitlines() if "--only" in line)
    words = shlex.split(command)
    assert words[:2] == ["rollback", "simulate"]
    assert run([*words[1:], "--backend", "serial"]) == 1
    again = capsys.readouterr().out
    index = int(words[words.index("--only") + 1])
    assert f"match {index} of {HERE}:Sums" in again and f"seed {seed_of(1, index)}: error" in again
    assert "Traceback" in again and again.rstrip().endswith("RuntimeError: tripped over its feet")


def test_a_match_that_takes_its_process_along_is_told_and_its_command_tells_it_again(capsys):
    quits = f"{HERE}:Quits?at={seed_of(0, 3) % 10**9}"
    command = ["simulate", "--game", f"{HERE}:Sums", "--agents", quits, "idle", "--matches", "6", "--retries", "0"]
    assert run([*command, "--workers", "2", "--json"]) == 1
    told = values(capsys)
    (failed,) = told["failures"]
    assert (failed["index"], failed["status"], told["passed"]) == (3, "crashed", False)
    assert sum(row["matches"] for row in told["standings"]) == 2 * 5
    assert run([*shlex.split(failed["command"])[1:], "--retries", "0"]) == 1, "and not with the code of the process"
    assert ": crashed" in capsys.readouterr().out


def test_a_match_that_hangs_is_ended_and_its_command_has_the_same_limit(capsys):
    hangs = f"{HERE}:Hangs?at={seed_of(0, 1) % 10**9}"
    command = ["simulate", "--game", f"{HERE}:Sums", "--agents", hangs, "idle", "--matches", "4", "--timeout", "1"]
    assert run([*command, "--workers", "1", "--json"]) == 1
    told = values(capsys)
    (failed,) = told["failures"]
    assert (failed["index"], failed["status"]) == (1, "timeout") and "--timeout 1.0 --only 1" in failed["command"]
    assert "in act" in failed["error"], "where it was"


def test_an_interrupted_league_goes_on_from_the_journals_of_its_rounds(tmp_path, capsys):
    halts = f"{HERE}:Halts?at={seed_of(4, 17) % 10**9}&file={tmp_path / 'halted'}"
    agents = [*[halts] * 4, *DARES[1:]]  # whoever plays that match
    arguments = [*SUMS, "--agents", *agents, "--matches", "24", "--seed", "4", "--schedule", "league"]
    assert run([*arguments, "--journal", str(tmp_path / "run.jsonl")]) == 130
    assert "17 of 24 matches are done" in capsys.readouterr().err
    assert run([*arguments, "--journal", str(tmp_path / "run.jsonl")]) == 0
    whole = capsys.readouterr().out
    assert run(arguments) == 0
    assert capsys.readouterr().out == whole
    assert len(list(tmp_path.glob("run-round*.jsonl"))) > 1


def test_the_command_of_a_league_plays_the_same_match_though_its_rounds_hang_on_each_other(capsys):
    agents = [*TRIPS, *DARES[:2]]
    assert run([*SUMS, "--agents", *agents, "--matches", "24", "--schedule", "league", "--seed", "1", "--json"]) == 1
    failures = values(capsys)["failures"]
    assert len(failures) > 2, "the premise"
    for failed in failures:
        assert run([*shlex.split(failed["command"])[1:], "--backend", "serial", "--json"]) == 1
        again = values(capsys)
        assert (again["seed"], again["index"]) == (failed["seed"], failed["index"])
        assert [again["tags"]["player 0"], again["tags"]["player 1"]] == failed["agents"]


def test_a_match_that_went_well_can_be_played_alone_too(tmp_path, capsys):
    out = tmp_path / "all.jsonl"
    assert run([*SUMS, "--agents", *DARES, "--matches", "8", "--out", str(out), "--seed", "2"]) == 0
    capsys.readouterr()
    written = {result["index"]: result for result in map(json.loads, out.read_text().splitlines()) if "index" in result}
    assert run([*SUMS, "--agents", *DARES, "--seed", "2", "--only", "5", "--backend", "serial", "--json"]) == 0
    again = values(capsys)
    assert again["passed"] and again["digest"] == written[5]["digest"] and again["scores"] == written[5]["scores"]
    assert run([*SUMS, "--agents", *DARES, "--seed", "2", "--only", "5", "--backend", "serial"]) == 0
    assert f"digest {written[5]['digest']}" in capsys.readouterr().out


def test_a_match_is_played_again_from_its_json_or_from_a_file_with_it(tmp_path, capsys):
    match = json.dumps({"kind": "match", "game": f"{HERE}:Sums", "players": DARES[:2], "frames": 60})
    assert run(["simulate", "--backend", "serial", "--match", match, "--match-seed", "77", "--json"]) == 0
    one = values(capsys)
    assert one["seed"] == 77 and one["status"] == "ok" and one["spec"]["seed"] == 77
    (tmp_path / "match.json").write_text(json.dumps(one["spec"]))
    assert run(["simulate", "--backend", "serial", "--match", str(tmp_path / "match.json"), "--json"]) == 0
    assert values(capsys)["digest"] == one["digest"]


def test_what_it_comes_to_is_written_as_lines_and_drawn(tmp_path, capsys):
    out, drawing = tmp_path / "all.csv", tmp_path / "all.svg"
    assert run([*SUMS, "--agents", *DARES, "--matches", "9", "--out", str(out), "--plot", str(drawing)]) == 0
    assert len(out.read_text().splitlines()) >= 10
    assert ElementTree.parse(drawing).getroot().tag.endswith("svg")


def test_matches_that_were_cut_and_seats_that_are_uneven_are_told(capsys):
    assert run([*SUMS, "--agents", *DARES, "--matches", "7", "--frames", "2"]) == 0
    said = capsys.readouterr().out
    assert "7 of 7 matches were cut after 2 frames and count as they stood; --frames gives them longer" in said
    assert "even after every 6 matches, and 7 are no multiple of that" in said


def test_in_a_game_for_one_the_mean_scores_are_compared(capsys):
    arguments = ["simulate", "--game", f"{HERE}:Alone", "--agents", *DARES[:2], "--matches", "20", "--workers", "1"]
    assert run(arguments) == 0
    said = capsys.readouterr().out
    assert "mean score" in said and "behind the first" in said and "Elo" not in said
    assert re.search(r"2  Dares\?more=0 .* 4\.00 ± 0\.00 ", said)


def test_a_sample_that_is_played_again_comes_out_the_same(capsys):
    assert run([*SUMS, "--agents", *DARES[:2], "--matches", "4", "--verify", "0.2"]) == 0
    assert "4 matches" in capsys.readouterr().out


def test_a_game_that_no_second_process_plays_alike_is_told_after_the_table(tmp_path, capsys):
    file = tmp_path / "unfair.py"
    file.write_text(
        f"import os\nfrom {HERE} import Sums\n\nclass Game(Sums):\n    def scores(self):\n        return os.getpid(), 0\n"
    )
    arguments = ["simulate", "--game", f"{file}:Game", "--agents", *DARES[:2], "--matches", "2", "--workers", "1"]
    assert run([*arguments, "--verify", "1"]) == 1
    said = capsys.readouterr()
    assert "2 matches between 2 agents" in said.out
    assert said.err.startswith("rollback: ") and "unfair.py:Game" in said.err and "Traceback" not in said.err


def test_an_interrupted_run_says_what_is_done_and_goes_on_from_its_journal(tmp_path, capsys):
    journal = tmp_path / "run.jsonl"
    halts = f"{HERE}:Halts?at={seed_of(4, 7) % 10**9}&file={tmp_path / 'halted'}"
    arguments = [*SUMS, "--agents", halts, DARES[1], "--matches", "20", "--seed", "4"]
    assert run([*arguments, "--journal", str(journal)]) == 130
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"interrupted: 7 of 20 matches are done and written to {journal}; the same command goes on from there\n"
    assert (tmp_path / "halted").exists()
    assert run([*arguments, "--journal", str(journal)]) == 0
    whole = capsys.readouterr().out
    assert run(arguments) == 0
    assert capsys.readouterr().out == whole and "20 matches" in whole
    (tmp_path / "halted").unlink()
    assert run(arguments) == 130
    assert "; with --journal FILE a run goes on from where it was interrupted" in capsys.readouterr().err


def test_ctrl_c_leaves_no_process_behind(tmp_path):
    slow, journal = f"{HERE}:Slow", tmp_path / "run.jsonl"
    command = [sys.executable, "-m", "rollback", *SUMS[:3], "--agents", slow, slow, "--matches", "5000", "--workers", "2"]
    program = subprocess.Popen(
        [*command, "--journal", str(journal)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not (journal.exists() and journal.stat().st_size > 400):  # pytest's own limit ends it
        assert program.poll() is None, program.communicate()
        os.sched_yield()
    children = [int(word) for word in Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()]
    assert len(children) >= 2, "the premise"
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=60)
    assert program.returncode == 130 and out == "" and "Traceback" not in err
    assert re.fullmatch(rf"interrupted: \d+ of 5000 matches are done and written to {journal}; the same .*\n", err)
    while any(Path(f"/proc/{child}").exists() for child in children):
        os.sched_yield()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--agents"], "--agents takes one name or more"),
        (["--agents", "--json"], "--agents takes one name or more"),
        (["--agents", "bset", "random"], "there is no player called 'bset', did you mean best?"),
        (["--agents", "best", f"{HERE}:Broken"], "Broken cannot be made: OSError: no weights here"),
        (["--agents", "best", "missing.npz"], "missing.npz cannot be read"),
        (["--agents", "best"], "needs at least two agents"),
        (["--schedule", "league", "--agents", "best", "idle"], "needs at least 4 agents, not 2"),
        (["--schedule", "knockout"], "must be one of round-robin, league, not knockout"),
        (["--game", "pongg"], "did you mean pong?"),
        (["--game", f"{HERE}:Unscored"], "has no scores()"),
        (["--players", "3"], "pong is a game for 2 players, not for 3"),
        (["--out", "all.txt"], "--out writes .jsonl or .csv or .parquet, not 'all.txt'"),
        (["--plot", "all.png"], "--plot writes .svg, not 'all.png'"),
        (["--plot", "no/such/folder/all.svg"], "there is no folder no/such/folder"),
        (["--batch", "some"], "'some' is no whole number from 1 to 1000000, nor auto"),
        (["--batch", "0"], "'0' is no whole number"),
        (["--profile", "wfi"], "did you mean wifi?"),
        (["--loss", "2"], "--loss must be"),
        (["--matches", "0"], "--matches must be"),
        (["--backend", "serial", "--memory-mb", "64"], "memory_mb limits a worker"),
        (["--match", "{"], "--match takes a match as the command of a failure writes it, and '{' is no JSON object"),
        (["--match", "[" * 100_000], "--match"),
        (["--match", "nowhere.json"], "nowhere.json cannot be read"),
        (["--match", '{"game": 7}'], "game of a match must be a name"),
        (["--match", '{"kind": "stress"}'], "this is no match"),
        (["--only", "9", "--matches", "4"], "there is no match 9 among 4: they are numbered from 0 to 3"),
        (["--only", "300"], "there is no match 300 among 300"),
        (["--only", "2", "--schedule", "league", "--agents", *["idle"] * 4], "a match of a league depends on those before it"),
        (["--game", f"{HERE}:Sums"], "this game has no scripted bot, so nobody can play it as best: name"),
        (["stray"], "extra argument"),
    ],
)
def test_wrong_use_is_one_sentence_and_leaves_with_2(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["simulate", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == "" and said in told.err and told.err.count("\n") == 1, told.err


def test_parquet_without_its_package_is_told_before_the_first_match(monkeypatch, capsys):
    monkeypatch.setattr("rollback.cli.simulate_again.find_spec", lambda name: None)
    assert run(["simulate", "--out", "all.parquet"]) == 2
    assert "pip install" in capsys.readouterr().err
