"""Whole tournaments: the stronger one stands first, however it is played, through failures and interruptions."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from rollback.errors import GameError, UsageError
from rollback.sim.league import League, plot
from rollback.sim.link import Link
from rollback.sim.pool.seeds import seed_of

HERE = "tests.sim.league.games"
SUMS = f"{HERE}:Sums"
DARES = [f"{HERE}:Dares?more={more}" for more in range(6)]


def told(league: League, **how):
    results = []
    table = league.play(on_result=results.append, **how)
    return table, sorted(results, key=lambda result: result.index)


def test_the_one_that_adds_most_stands_first_and_everybody_sat_everywhere():
    table, results = told(League(SUMS, DARES[:3], matches=60, seed=3))
    assert [row.agent for row in table.standings] == ["Dares?more=2", "Dares?more=1", "Dares?more=0"]
    assert [row.matches for row in table.standings] == [40, 40, 40] and table.matches == 60
    assert table.standings[0].elo > table.standings[1].elo > table.standings[2].elo
    seats = Counter((seat, label) for result in results for seat, label in result.tags.items())
    assert set(seats.values()) == {20} and len(seats) == 6


def test_the_table_holds_what_the_results_say():
    table, results = told(League(SUMS, DARES[:2], matches=60, seed=6))
    won = sum(
        result.scores[seat] > result.scores[1 - seat]
        for result in results
        for seat in range(2)
        if result.tags[f"player {seat}"] == "Dares?more=1"
    )
    drawn = sum(result.scores[0] == result.scores[1] for result in results)
    row = table.standings[0]
    assert (row.agent, row.won, row.drawn, row.lost) == ("Dares?more=1", won, drawn, 60 - won - drawn)
    assert 0 < drawn and 0 < row.lost < won, "the premise: all three happened"
    assert table.cross[0][1].share == row.share


@pytest.mark.parametrize("how", [{"backend": "serial"}, {"backend": "process", "workers": 2, "batch": 3}])
def test_the_same_seed_leads_to_the_same_table_wherever_it_is_played(how):
    """Sums of thirds would differ in their last digits if results were added as they come."""
    values = League(f"{HERE}:Sums", DARES[:4], players=3, matches=40, seed=5).play(**how).to_dict()
    assert values == League(SUMS, DARES[:4], players=3, matches=40, seed=5).play().to_dict()
    assert values != League(SUMS, DARES[:4], players=3, matches=40, seed=6).play().to_dict()


def test_a_match_is_played_with_the_seed_of_its_number_and_can_be_had_alone():
    league = League(SUMS, DARES[:3], matches=20, seed=9)
    _, results = told(league)
    for result in results:
        spec = league.spec(result.index)
        assert spec.seed == result.seed == seed_of(9, result.index)
        assert dict(spec.tags) == dict(result.tags)


def test_a_mirror_of_one_policy_is_even_and_its_two_sides_are_told_apart():
    table = League(SUMS, [DARES[0], DARES[0]], matches=100, seed=1).play()
    assert sorted(row.agent for row in table.standings) == ["Dares?more=0 #1", "Dares?more=0 #2"]
    assert all(row.interval.low < 0.5 < row.interval.high and abs(row.elo) < row.error for row in table.standings)


def test_a_league_finds_the_strong_among_many_with_few_matches():
    agents = [f"{HERE}:Dares?more={more}" for more in (0, 2, 4, 6, 8, 10, 0, 2)]
    league = League(SUMS, agents, matches=96, schedule="league", seed=2)
    table, results = told(league)
    assert [result.index for result in results] == list(range(96)) and table.matches == 96
    assert [result.seed for result in results] == [seed_of(2, index) for index in range(96)]
    assert {row.agent for row in table.standings[:2]} == {"Dares?more=10", "Dares?more=8"}
    assert {row.agent for row in table.standings[-2:]} <= {
        "Dares?more=0 #1",
        "Dares?more=0 #2",
        "Dares?more=1 #1",
        "Dares?more=1 #2",
    }
    counts = Counter(tuple(sorted(result.tags.values())) for result in results)
    assert len(counts) < 8 * 7 / 2, "not everybody met everybody"


def test_in_a_game_for_one_all_play_the_same_seeds_and_the_difference_is_known_better_than_the_means():
    table, results = told(League(f"{HERE}:Alone", DARES[:3], matches=60, seed=7))
    first, second, third = table.standings
    assert [row.agent for row in table.standings] == ["Dares?more=2", "Dares?more=1", "Dares?more=0"]
    assert first.elo is None and first.behind is None and first.score_error > 50
    assert second.behind == pytest.approx((4, 0), abs=1e-6) and third.behind == pytest.approx((8, 0), abs=1e-6)
    assert {result.seed for result in results[:3]} == {seed_of(7, 0)}
    assert results[0].seed != results[3].seed
    assert (first.won, second.lost, table.cross[0][2].share) == (20, 20, 1.0)


def test_fewer_agents_than_seats_share_them():
    table = League(SUMS, DARES[:2], players=3, matches=36, seed=1).play()
    assert sum(row.matches for row in table.standings) == 3 * 36
    assert table.standings[0].agent == "Dares?more=1"


def test_a_match_that_raises_is_told_with_its_players_and_counts_for_nobody():
    table, results = told(League(SUMS, [f"{HERE}:Trips", DARES[2]], matches=40, seed=1))
    failed = [result.index for result in results if result.status == "error"]
    assert 5 < len(failed) < 35, "the premise"
    assert [each.index for each in table.failures] == failed
    assert table.failures[0].why == "RuntimeError: tripped over its feet"
    assert sorted(table.failures[0].agents) == ["Dares?more=2", "Trips"] and table.failures[0].command
    assert all(row.failures == len(failed) and row.matches == 40 - len(failed) for row in table.standings)


def test_a_match_with_too_few_scores_is_a_failure():
    table = League(f"{HERE}:Unequal", DARES[:2], matches=4).play()
    assert len(table.failures) == 4 and table.failures[0].why.startswith("scores must be 2 finite numbers, not (1.0,)")


def test_matches_that_are_cut_count_as_they_stood_and_are_told():
    table = League(SUMS, DARES[:2], matches=6, frames=2).play()
    assert table.truncated == 6 and sum(row.matches for row in table.standings) == 12


@pytest.mark.parametrize("schedule", ["round-robin", "league"])
def test_an_interrupted_tournament_goes_on_from_its_journal(schedule, tmp_path):
    def league() -> League:
        return League(SUMS, DARES[:4], matches=40, schedule=schedule, seed=8)

    def stop(done, total):
        assert total == 40
        if done == 23:
            raise KeyboardInterrupt

    interrupted = league()
    with pytest.raises(KeyboardInterrupt):
        interrupted.play(on_progress=stop, journal=tmp_path / "run.jsonl")
    assert interrupted.done == 23
    whole = league().play(journal=tmp_path / "run.jsonl").to_dict()
    assert whole == league().play().to_dict()
    files = sorted(path.name for path in tmp_path.glob("run*.jsonl"))
    assert (len(files) > 1) == (schedule == "league"), files


def test_progress_is_told_once_a_match_over_all_rounds():
    seen = []
    League(SUMS, DARES[:4], matches=30, schedule="league").play(on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 30) for done in range(1, 31)]


def test_a_tournament_is_played_once():
    league = League(SUMS, DARES[:2], matches=2)
    league.play()
    with pytest.raises(UsageError, match="played already"):
        league.play()


def test_all_of_a_table_can_be_told_as_json_and_drawn():
    table = League(SUMS, DARES[:3], matches=9).play()
    assert json.loads(json.dumps(table.to_dict()))["standings"][0]["rank"] == 1
    assert plot(table).startswith("<svg")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"matches": 0}, "matches must be a whole number from 1 to 10000000, not 0"),
        ({"matches": True}, "matches must be a whole number"),
        ({"schedule": "swiss"}, "schedule must be one of round-robin, league, not 'swiss'"),
        ({"frames": 0}, "frames of a match must be"),
        ({"seed": -1}, "seed of a match must be"),
        ({"agents": DARES[:1]}, "needs at least two agents"),
        ({"agents": DARES[:3], "schedule": "league"}, "needs at least 4 agents, not 3"),
        ({"game": f"{HERE}:Unscored"}, r"has no scores\(\)"),
        ({"game": f"{HERE}:Nothing"}, "Nothing"),
        ({"game": f"{HERE}:Alone", "schedule": "league"}, "a game for one player has no league"),
        ({"game": f"{HERE}:Alone", "players": 2}, "not for 2"),
    ],
)
def test_wrong_arguments_are_said_in_one_sentence_before_anything_is_played(changed, said):
    given = {"game": SUMS, "agents": DARES[:2], **changed}
    with pytest.raises((UsageError, GameError), match=said) as caught:
        League(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("schedule", "index", "said"),
    [
        ("round-robin", 12, r"^there is no match 12 among 12: they are numbered from 0 to 11; "),
        ("round-robin", -1, "^there is no match -1 among 12"),
        ("league", 3, r"^who plays in a match of a league depends on those before it, so none can be played alone"),
    ],
)
def test_a_match_that_is_not_played_can_not_be_had_either(schedule, index, said):
    league = League(SUMS, DARES[:4], matches=12, schedule=schedule)
    with pytest.raises(UsageError, match=said):
        league.spec(index)


def test_scores_that_are_no_numbers_are_a_failure_and_spoil_no_mean():
    table = League(f"{HERE}:Nowhere", DARES[:2], matches=4).play()
    assert len(table.failures) == 4 and all(row.score is None and row.matches == 0 for row in table.standings)
    json.dumps(table.to_dict(), allow_nan=False)


def test_four_who_play_together_are_told_apart_and_sit_everywhere():
    table, results = told(League(SUMS, DARES[:4], players=4, matches=48, seed=2))
    assert [row.agent for row in table.standings] == [f"Dares?more={more}" for more in (3, 2, 1, 0)]
    seats = Counter((seat, label) for result in results for seat, label in result.tags.items())
    assert len(seats) == 16 and set(seats.values()) == {12}
    assert sum(row.share * row.matches for row in table.standings) == pytest.approx(48)
    assert all(row.matches == 48 for row in table.standings)


def test_over_a_link_every_match_is_played_by_sessions_that_agree():
    table, results = told(League("pong", ["random", "idle"], matches=4, frames=80, link=Link(latency_ms=60, loss=0.1), seed=1))
    assert not table.failures and all(result.stats["rollbacks"] > 0 for result in results)


def test_a_league_of_threes_lets_everybody_play_about_equally_often():
    table, results = told(League(SUMS, [*DARES, *DARES[:1]], players=3, matches=60, schedule="league", seed=2))
    counts = Counter(label for result in results for label in result.tags.values())
    assert len(counts) == 7 and max(counts.values()) - min(counts.values()) <= 2 * 60 / 6 / 2
    assert table.standings[0].agent == "Dares?more=5"


def test_what_it_has_come_to_so_far_can_be_asked_at_any_time():
    league = League(SUMS, DARES[:2], matches=10)
    assert league.table().matches == 0 and league.done == 0
    seen = []
    league.play(on_result=lambda result: seen.append(league.table().matches))
    assert seen == list(range(1, 11))


def test_the_seats_are_even_after_whole_cycles_which_a_league_does_not_have():
    assert League(SUMS, DARES[:3]).cycle == 6 and League(SUMS, DARES[:4], players=3).cycle == 12
    assert League(f"{HERE}:Alone", DARES[:3]).cycle == 3
    assert League(SUMS, DARES[:4], schedule="league").cycle is None
