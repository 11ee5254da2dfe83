from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import GameError, UsageError
from rollback.games import Pong
from rollback.sim.link import Link
from rollback.sim.plan import MatchPlan, factory_for
from rollback.sim.pool.played import Shared
from rollback.sim.report import MatchReport
from tests.sim.games import Mixer

plans = st.builds(
    MatchPlan,
    game=st.text(max_size=20),
    players=st.none() | st.integers(2, 16),
    seed=st.integers(0, 2**63 - 1),
    frames=st.integers(1, 10**6),
    link=st.builds(Link, latency_ms=st.floats(0, 100), burst=st.none() | st.just((0.5, 3)), blackouts=st.just(((1.0, 2.0),))),
    window=st.integers(0, 60),
    delays=st.lists(st.integers(0, 60), min_size=1, max_size=3).map(tuple),
    seats=st.sampled_from([(), ((0,), (1, 2))]),
    skew_ppm=st.lists(st.floats(-500, 500), max_size=3).map(tuple),
    phases=st.lists(st.floats(0, 1), max_size=3).map(tuple),
    incidents=st.sampled_from([(), ({"frame": 3, "kind": "heal"},)]),
    profile=st.text(max_size=9),
)


@given(plans)
def test_a_plan_comes_back_from_json_as_it_was(plan):
    assert MatchPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_only_what_is_not_usual_is_told():
    assert MatchPlan(game="pong", seed=3, frames=10).to_dict() == {
        "kind": "plan", "format": 1, "game": "pong", "seed": 3, "frames": 10,
    }  # fmt: skip


def test_a_plan_written_down_plays_the_same_match(tmp_path):
    plan = MatchPlan(
        game="tests.sim.games:Mixer", players=3, seed=5, frames=200, link=Link(latency_ms=40, jitter_ms=30, loss=0.1),
        delays=(0, 2), seats=((0, 2), (1,)), skew_ppm=(200.0,), phases=(0.0, 0.4),
        incidents=(
            {"frame": 50, "kind": "set_delay", "player": 0, "frames": 3},
            {"frame": 90, "kind": "pause", "peer": 1, "seconds": 0.5},
        ),
    )  # fmt: skip
    path = tmp_path / "match.json"
    plan.save(path)
    report, again = plan.run(twice=True), MatchPlan.load(path).run()
    assert report.passed and sum(report.rollbacks) > 0 and report.lost > 0
    assert again.to_dict() == report.to_dict()


def test_the_file_of_a_plan_has_no_more_in_it_than_it_always_had(tmp_path):
    path = tmp_path / "match.json"
    MatchPlan(game="pong", seed=3, frames=10).save(path)
    assert json.loads(path.read_text()) == {"format": 1, "game": "pong", "seed": 3, "frames": 10}


def test_a_plan_is_a_spec_that_plays_its_own_seed_and_brings_the_whole_report_back():
    plan = MatchPlan(
        game="tests.sim.games:Mixer", players=3, seed=5, frames=90, profile="home",
        link=Link(latency_ms=40, jitter_ms=30, loss=0.1),
    )  # fmt: skip
    shared = Shared()
    one, other = plan.play(1, shared), plan.play(2**62, shared)
    assert (plan.name, plan.tags, plan.parcels()) == ("tests.sim.games:Mixer", {"profile": "home"}, {})
    assert one == other and len(one.digest) == 64 and one.error == ""
    report = MatchReport.from_dict(json.loads(json.dumps(one.stats)))
    assert report.passed and sum(report.rollbacks) > 0 and report.to_dict() == plan.run().to_dict()
    assert one.digest != dataclasses.replace(plan, seed=6).play(1, shared).digest


def test_a_plan_that_fails_tells_the_oracle_and_still_brings_its_report():
    plan = MatchPlan(game="tests.sim.games:DeepDesync", seed=1, frames=400, link=Link(latency_ms=80, jitter_ms=30, loss=0.1))
    played = plan.play(0, Shared())
    report = MatchReport.from_dict(played.stats)
    assert not report.passed and played.error == str(report.failures[0]) and "states: frame" in played.error


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"is no JSON"),
        ("[1]", r"this is no match to replay: an object with format 1 is needed"),
        ('{"format": 2}', r"an object with format 1 is needed"),
        ('{"format": 1, "speed": 3}', r"a match to replay has game, .* not 'speed'"),
        ('{"format": 1, "kind": "match"}', r"its kind is 'match', and it must be 'plan'"),
        ('{"format": 1, "seed": -1}', r"seed of a match to replay must be a whole number from 0 to \d+, not -1"),
        ('{"format": 1, "frames": "10"}', r"frames of a match to replay must be a whole number"),
        ('{"format": 1, "players": "2"}', r"players of a match to replay must be from 2 to 16, not '2'"),
        ('{"format": 1, "game": 3}', r"game of a match to replay must be a string, not 3"),
        ('{"format": 1, "game": "pong", "delays": 3}', r"delays of a match to replay must be a list, not 3"),
        ('{"format": 1, "game": "pong", "link": {"loss": 3}}', r"loss must be a share"),
        ("\udcff", r"cannot be read|is no JSON"),
    ],
)
def test_a_file_that_holds_no_plan_is_refused(tmp_path, text, says):
    path = tmp_path / "match.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=says):
        MatchPlan.load(path)


def test_a_file_that_is_not_there_is_told():
    from pathlib import Path

    with pytest.raises(UsageError, match=r"nowhere.json cannot be read"):
        MatchPlan.load(Path("nowhere.json"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"incidents": ({"frame": 1, "kind": "explode"},)}, r"an event is an object with a kind from kill"),
        ({"seats": ((0,),)}, r"seats must give each of the players"),
        ({"delays": (1, 2, 3)}, r"3 input delays were given for 2 peers"),
        ({"frames": 0}, r"from 1 on, not 0"),
        ({"window": 99}, r"prediction_window must be a whole number"),
    ],
)
def test_a_plan_that_does_not_fit_the_game_is_refused_when_it_is_run(change, says):
    with pytest.raises(UsageError, match=says):
        MatchPlan(game="pong", **change).run()


def test_a_game_is_made_for_as_many_players_as_are_asked_for_where_it_can_be():
    assert type(factory_for("pong", None)()) is type(factory_for("pong", 2)()) is Pong
    four = factory_for("tests.sim.games:Mixer", 4)
    assert isinstance(four(), Mixer) and four().players == 4 and four() is not four()
    with pytest.raises(UsageError, match=r"pong is a game for 2 players, not for 3, and takes no players="):
        factory_for("pong", 3)
    with pytest.raises(GameError, match=r"ponk"):
        factory_for("ponk", None)


def test_a_game_that_a_file_names_is_not_run_from_another_file(tmp_path):
    path = tmp_path / "evil.py"
    path.write_text("raise SystemExit('ran')")
    with pytest.raises(GameError, match=r"not run because somebody else names it"):
        factory_for(f"{path}:Game", None, is_trusted=False)
