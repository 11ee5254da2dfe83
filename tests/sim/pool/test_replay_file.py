"""A replay file as one match of a run: what comes of it, whom it trusts, and that no file can spoil the run."""

from __future__ import annotations

import json
import pickle
import random
import shlex

import pytest

from rollback.sim.pool.job import Job
from rollback.sim.pool.played import Shared
from rollback.sim.pool.replay_file import ReplayFile, trouble_of_name
from rollback.sim.pool.simulating import simulate
from rollback.sim.pool.worker import play_one
from tests.sim.pool.recordings import recorded


def found(path, **settings):
    """Play a file, and return what is told of it."""
    result = play_one(Job(0, 0, ReplayFile(path=str(path), **settings)), Shared())
    assert result.status == "ok", result.error
    return dict(result.stats)


def test_a_true_and_a_false_recording_are_both_looked_at_and_told_apart(tmp_path):
    true, false = found(recorded(tmp_path / "a.rbr")), found(recorded(tmp_path / "b.rbr", spoilt=True))
    assert (true["trouble"], true["ok"], true["complete"], true["frames"]) == ("", True, True, 40)
    assert (true["game"], true["first_bad_frame"]) == ("rollback.games.pong:Pong", None)
    assert (false["trouble"], false["ok"], false["first_bad_frame"]) == ("", False, 21)


def test_a_run_of_files_has_a_result_for_each_in_their_order(tmp_path):
    files = [recorded(tmp_path / f"{seed}.rbr", seed=seed, spoilt=seed == 2) for seed in range(4)]
    (tmp_path / "text.rbr").write_text("no replay")
    specs = [ReplayFile(path=path) for path in [*files, str(tmp_path / "text.rbr"), str(tmp_path / "none.rbr")]]
    results = simulate(specs)
    assert [result.status for result in results] == ["ok"] * 6
    assert [result.stats["trouble"] for result in results] == ["", "", "", "", "unreadable", "unreadable"]
    assert [result.stats.get("ok") for result in results] == [True, True, False, True, None, None]
    assert [result.tags["file"] for result in results] == [spec.path for spec in specs]
    assert len({result.digest for result in results}) == len({json.dumps(result.stats, sort_keys=True) for result in results})


@pytest.mark.parametrize(
    ("named", "trouble"),
    [
        ("rollback.games.pong:Pong", ""),
        ("pong", ""),
        ("", "unnamed"),
        ("trap.py:Game", "untrusted"),
        ("/somewhere/trap.py", "untrusted"),
        ("gym:CartPole-v1", "untrusted"),
        ("pettingzoo:mpe2.simple_tag_v3?num_good=2", "untrusted"),
        ("gym:rollback.envs:Pong-v0", "untrusted"),
    ],
)
def test_a_file_alone_cannot_have_another_game_played_than_one_of_ours(named, trouble):
    assert trouble_of_name(named) == trouble


def test_a_file_that_names_a_file_does_not_have_it_run(tmp_path):
    trap = tmp_path / "trap.py"
    trap.write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()\n")
    told = found(recorded(tmp_path / "a.rbr", name=f"{trap}:Game"))
    assert told == {"trouble": "untrusted", "message": "", "named": f"{trap}:Game"}
    assert not (tmp_path / "sprung").exists()


def test_a_file_that_names_a_module_does_not_have_it_imported(tmp_path, monkeypatch):
    (tmp_path / "trap_module.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    told = found(recorded(tmp_path / "a.rbr", name="trap_module:Game"))
    assert told["trouble"] == "no game" and "is not imported because somebody else names it" in told["message"]
    assert not (tmp_path / "sprung").exists()


def test_the_game_that_the_user_names_is_played_whatever_the_file_says(tmp_path):
    path = recorded(tmp_path / "a.rbr", name="trap.py:Game")
    assert found(path, game="pong")["ok"]
    told = found(path, game="duel")
    assert told["trouble"] == "no game" and "give the game that was recorded" in told["message"]
    assert found(path, game="ponk")["message"].startswith("there is no game called 'ponk', did you mean pong?")


def test_the_bytes_of_a_file_that_travels_are_what_is_played(tmp_path):
    path = recorded(tmp_path / "a.rbr")
    spec = ReplayFile(path=path, travels=True)
    (name,) = spec.parcels()
    assert spec.parcels() == {name: tmp_path / "a.rbr"} and ReplayFile(path=path).parcels() == {}
    content = (tmp_path / "a.rbr").read_bytes()
    (tmp_path / "a.rbr").unlink()  # as on another machine
    assert spec.play(0, Shared({name: content})).stats["ok"]
    assert spec.play(0, Shared()).stats["trouble"] == "unreadable" and spec.parcels() == {}


def test_two_files_that_travel_have_parcels_of_their_own(tmp_path):
    specs = [ReplayFile(path=recorded(tmp_path / f"{seed}.rbr", seed=seed), travels=True) for seed in (1, 2)]
    assert len({name for spec in specs for name in spec.parcels()}) == 2


def test_a_spec_is_a_value_that_can_travel_and_tells_how_it_is_looked_at_alone(tmp_path):
    spec = ReplayFile(path="a b.rbr", game="my game.py:Game")
    assert pickle.loads(pickle.dumps(spec)) == spec and json.loads(json.dumps(spec.to_dict()))["kind"] == "replay"
    assert (spec.name, spec.tags) == ("a b.rbr", {"file": "a b.rbr"})
    assert shlex.split(spec.command(7)) == ["rollback", "replay", "verify", "a b.rbr", "--game", "my game.py:Game"]
    assert ReplayFile(path="a.rbr").command(7) == "rollback replay verify a.rbr"


@pytest.mark.parametrize("seed", range(30))
def test_whatever_bytes_a_file_holds_it_is_told_and_never_an_error(seed, tmp_path):
    dice = random.Random(seed)
    path = tmp_path / "a.rbr"
    content = bytearray(recorded(path) and path.read_bytes())
    for _ in range(dice.choice([1, 5, 40])):
        content[dice.randrange(len(content))] = dice.randrange(256)
    path.write_bytes(content[: dice.choice([len(content), dice.randrange(len(content))])])
    told = found(path)
    assert told["trouble"] or told["message"]
    assert json.loads(json.dumps(told)) == told
