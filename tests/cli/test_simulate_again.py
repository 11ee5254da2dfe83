"""One match of many: its command seats the same players, and what it is read from is held to its form."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollback.cli.simulate_again import LONGEST, again, check_files, command_for, told_match
from rollback.errors import UsageError
from rollback.sim.league import Failed, League
from rollback.sim.league.schedule import lineup_at
from rollback.sim.pool.spec import MatchSpec

HERE = "tests.sim.league.games"
SERIAL = {"backend": "serial"}


def league_of(schedule, players, agents=8) -> League:
    names = [f"{HERE}:Dares?more={more}" for more in range(agents)]
    return League(f"{HERE}:Sums", names, players=players, schedule=schedule, matches=5)


LEAGUES = {players: league_of("league", players) for players in (2, 3, 4)}


def failed_of(league: League, index: int, lineup) -> Failed:
    return Failed(index, "error", tuple(league.labels[agent] for agent in lineup), 0, "", "", "")


def named(command: str) -> list[str]:
    words = shlex.split(command)
    start = words.index("--agents") + 1
    return words[start : next(place for place in range(start, len(words)) if words[place].startswith("--"))]


@given(some.sampled_from([2, 3, 4]), some.integers(0, 10_000), some.permutations(range(8)))
def test_the_command_of_a_league_seats_those_who_played_as_they_sat(players, index, order):
    league, lineup = LEAGUES[players], tuple(order[:players])
    names = [f"{HERE}:Dares?more={more}" for more in range(8)]
    command = command_for(league, failed_of(league, index, lineup), names, {"game": "sums"})
    given_names = named(command)
    seated = [given_names[agent] for agent in lineup_at(index, players, players)]
    assert seated == [names[agent] for agent in lineup]
    assert command.endswith(f"--only {index}")


def test_the_command_of_a_round_robin_names_everybody_and_what_was_asked_for():
    league = league_of("round-robin", 2, 3)
    names = ["a b", "c", "d"]
    flags = {"game": "sums", "players": None, "frames": 90, "seed": 4, "latency_ms": 20.0, "memory_mb": None}
    command = command_for(league, failed_of(league, 2, (0, 1)), names, flags)
    assert command == "rollback simulate --agents 'a b' c d --game sums --frames 90 --seed 4 --latency-ms 20.0 --only 2"


def test_a_match_is_read_from_json_or_a_file_and_a_seed_of_its_own_comes_first(tmp_path):
    text = json.dumps({"game": "pong", "frames": 9})
    assert told_match(text, 5) == MatchSpec(game="pong", frames=9, seed=5)
    assert told_match(f"  {text}", 5).seed == 5
    (tmp_path / "match.json").write_text(json.dumps({"game": "pong", "seed": 8}))
    assert told_match(str(tmp_path / "match.json"), 5) == MatchSpec(game="pong", seed=8)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "is no text"),
        (b"[1, 2]", "this is no match"),
        (b"", "is no JSON object"),
        (b" " * (LONGEST + 1), f"larger than {LONGEST} bytes"),
        (b'{"game": "pong", "speed": 3}', "not 'speed'"),
        (b'{"game": "pong", "frames": 1e9}', "frames of a match must be"),
    ],
)
def test_a_file_that_is_no_match_is_said_in_one_sentence(content, said, tmp_path):
    path = tmp_path / "match.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        told_match(str(path), 0)
    assert "\n" not in str(caught.value)


@given(some.text(max_size=60))
def test_any_text_is_a_match_or_one_sentence(text):
    try:
        assert isinstance(told_match("{" + text, 0), MatchSpec)
    except UsageError as error:
        assert str(error)


def test_one_match_is_told_with_its_players_scores_and_digest(capsys):
    spec = MatchSpec(game=f"{HERE}:Sums", players=(f"{HERE}:Dares?more=2", "idle"), seed=3)
    assert again(spec, False, SERIAL, 17) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"match 17 of {HERE}:Sums, {HERE}:Dares?more=2 - idle, seed 3: ok"
    assert said[1].startswith("scores ") and "frames 4" in said and said[-1].startswith("digest ")


def test_a_match_that_was_cut_is_no_failure(capsys):
    assert again(MatchSpec(game=f"{HERE}:Sums", frames=1, seed=3), False, SERIAL) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"match of {HERE}:Sums, random, seed 3: truncated")


def test_a_match_that_raises_is_told_with_its_traceback(capsys):
    spec = MatchSpec(game=f"{HERE}:Sums", players=(f"{HERE}:Broken", "idle"), seed=3)
    assert again(spec, True, SERIAL) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is False and told["status"] == "error" and "no weights here" in told["error"]
    assert MatchSpec.from_dict(told["spec"]) == spec


def test_where_nothing_is_to_be_written_nothing_is_looked_at(tmp_path):
    check_files(None, None)
    check_files(tmp_path / "all.JSONL", tmp_path / "all.svg")
    assert list(tmp_path.iterdir()) == []
