"""From a file to a player: in every form of the game it fits, in matches, and one sentence where it does not fit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rollback import SessionConfig, TakeOver
from rollback.agents import playing
from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.playing import PLAYERS, act_from, policy_from
from rollback.agents.tables import TABLE
from rollback.cli.app import run
from rollback.envs.names import game_factory
from rollback.errors import CheckpointError, UsageError
from rollback.games import GridWorld, Pong
from rollback.games.bots import RandomBot, act_with
from rollback.netplay.hands.bots import bot_act, check_bot, stand_in
from rollback.sim import MatchSpec, VirtualMatch, simulate
from tests.agents.tables import shortest_ways

WITHOUT_OTHERS = """
import sys
for name in ("numpy", "gymnasium", "pettingzoo", "aiortc", "socketio", "asyncio", "multiprocessing", "subprocess"):
    sys.modules[name] = None
from rollback.agents.playing import act_from
from rollback.games import GridWorld
game, act = GridWorld(2, "race"), act_from(sys.stdin.buffer.read())
while not game.over:
    game.step([act(game, player) for player in range(2)])
print(game.scores(), game.clock)
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "best.npz"
    shortest_ways().save(path)
    return str(path)


def played(game: Any, act: Callable[[Any, int], Any], frames: int = 400) -> Any:
    for _ in range(frames):
        game.step([codec.decode(codec.encode(act(game, player))) for player, codec in enumerate(game.codecs)])
        if game.over:
            break
    return game


@pytest.mark.parametrize("as_what", [str, Path, lambda path: Path(path).read_bytes(), Checkpoint.load])
def test_a_checkpoint_its_file_and_its_bytes_play_the_same(file: str, as_what: Callable[[str], Any]) -> None:
    game = GridWorld(1, "rooms", pace=1, seed=5)
    policy, memory = policy_from(as_what(file), game), None
    while not game.over:
        action, memory = policy.act(game.observe(0), memory)
        game.step([action])
    assert game.is_won and game.clock < 25


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("pace", [1, 8])
def test_it_plays_at_any_pace_and_against_others(pace: int, seed: int) -> None:
    race, dice = GridWorld(2, "race", pace=pace, seed=seed), None
    learned, dice = act_from(shortest_ways("race")), act_with(RandomBot(race, 1, seed))
    played(race, lambda game, player: learned(game, 0) if player == 0 else dice(game, 1), 60 * 60)
    assert race.is_won and race.won[0] == 5 > race.won[1]


@pytest.mark.parametrize(
    "name",
    [
        "gym:rollback/GridWorld-v0?layout=rooms&players=2",
        "gym:rollback/GridWorld-v0?layout=rooms&tabular=true&players=2",
    ],
)
def test_it_plays_inside_an_environment_what_it_plays_outside(name: str) -> None:
    game = played(game_factory(name)(), act_from(shortest_ways()), 120)
    assert game.episode >= 3 and min(game.scores()) > 200


def test_each_agent_of_an_environment_plays_its_own_player() -> None:
    game = game_factory("pettingzoo:rollback.envs.gridworld_v0?layout=race&pace=1")()
    played(game, act_from(shortest_ways("race")), 200)
    assert game.episode >= 1 and sum(game.scores()) >= 5


def test_it_plays_without_any_package_of_others() -> None:
    """As in a browser."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_OTHERS],
        input=shortest_ways("race").to_bytes(),
        capture_output=True,
        cwd=ROOT,
        timeout=60,
    )
    game = GridWorld(2, "race")
    played(game, act_from(shortest_ways("race")), 60 * 60)
    assert done.stdout.decode().split() == [*str(game.scores()).split(), str(game.clock)], done.stderr.decode()
    assert game.is_won


def test_a_file_is_read_once_and_what_plays_does_not_change_with_it(file: str) -> None:
    act = act_from(file)
    Path(file).unlink()
    assert played(GridWorld(1, "rooms", pace=1, seed=5), act).is_won


def test_every_player_has_a_memory_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made_for = []

    class Counting:
        def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
            return memory or 0, (memory or 0) + 1

    def counting(checkpoint: Checkpoint, game: Any, player: int, seed: int) -> Counting:
        made_for.append((checkpoint.algorithm, player, seed))
        return Counting()

    monkeypatch.setattr(playing, "PLAYERS", {"counting": f"{__name__}:counting"})
    monkeypatch.setitem(sys.modules, __name__, type("Module", (), {"counting": staticmethod(counting)}))
    act = act_from(Checkpoint(algorithm="counting", environment="pong"), seed=4)
    assert [act(Pong(), player) for player in (0, 0, 1, 0, 1)] == [0, 1, 0, 2, 1]
    assert made_for == [("counting", 0, 4), ("counting", 1, 4)]


@pytest.mark.parametrize(
    ("checkpoint", "game", "told"),
    [
        (shortest_ways(), Pong(), "was trained on gridworld?layout=rooms, and cannot play Pong"),
        (shortest_ways(), GridWorld(1, "cliff"), "cannot play on the map cliff: train one there"),
        (shortest_ways(), GridWorld(2, "handover"), "cannot play on the map handover: take --game rollback.agents.races:rooms"),
        (shortest_ways(config_hash=""), GridWorld(1, "rooms"), "cannot play on the map rooms"),
        (shortest_ways(algorithm="dreams"), GridWorld(1, "rooms"), "was trained by dreams, and only those by q-learning, "),
        (shortest_ways(arrays={}), GridWorld(1, "rooms"), "holds no table 'q'"),
        (shortest_ways(arrays={TABLE: Array.of([1.0])}), GridWorld(1, "rooms"), "holds no table 'q'"),
        (shortest_ways(arrays={TABLE: Array.of([[1.0] * 4])}), GridWorld(1, "rooms"), "has 1 rows, and this map needs"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(checkpoint: Checkpoint, game: Any, told: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        policy_from(checkpoint, game)
    assert told in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(CheckpointError):
        act_from(checkpoint)(game, 0)


def test_every_algorithm_that_is_trained_here_has_something_that_plays_it() -> None:
    from rollback.agents.training import ALGORITHMS

    assert set(ALGORITHMS) == set(PLAYERS)


# In matches.


def test_a_checkpoint_is_a_side_of_a_simulated_match(file: str) -> None:
    game = "gym:rollback/GridWorld-v0?layout=rooms"
    results = simulate([MatchSpec(game=game, players=(file, side), frames=100) for side in ("random", "idle", file)], seed=3)
    assert [result.status for result in results] == ["ok"] * 3
    for result in results[:2]:
        assert result.scores[0] > 60 > result.scores[1]
    assert min(results[2].scores) > 60
    again = simulate([MatchSpec(game=game, players=(file, "random"), frames=100)], seed=3)
    assert again[0].digest == results[0].digest


def test_a_checkpoint_that_does_not_fit_is_told_by_the_match(file: str) -> None:
    (result,) = simulate([MatchSpec(game="pong", players=(file, "best"), frames=10)])
    assert result.status == "error" and f"{file} does not fit: " in result.error and "cannot play Pong" in result.error


def test_a_checkpoint_takes_over_for_who_is_lost() -> None:
    config = SessionConfig(fps=30, disconnect_after=1.0, on_disconnect=TakeOver(act_from(shortest_ways("race"))))
    match = VirtualMatch(
        lambda: GridWorld(3, "race", pace=4, limit=100_000, goals=1000),
        players=3, config=config, seed=2, act=lambda game, player: 0,
    )  # fmt: skip
    match.at(60).kill(1)
    report = match.run(400)
    assert report.passed, report.failures
    assert [match.peers[peer].session.game.won[1] > 1 for peer in (0, 2)] == [True, True], "player 1 alone moved"


# By name.


def test_the_bot_of_a_name_may_be_a_checkpoint(file: str) -> None:
    check_bot(file)
    one, other = bot_act(file, GridWorld(1, "rooms"), 0, 0), stand_in(file)
    for act in (one, other):
        assert played(GridWorld(1, "rooms", pace=1, seed=9), act).is_won
    with pytest.raises(CheckpointError, match="cannot play Pong"):
        bot_act(file, Pong(), 0, 0)
    with pytest.raises(CheckpointError, match=r"there is no checkpoint gone\.npz"):
        check_bot("gone.npz")
    with pytest.raises(UsageError, match=r"FILE\.npz is a checkpoint"):
        check_bot("gone.np")


def test_play_refuses_what_does_not_fit_before_it_looks_for_a_lobby(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    spoilt = Path(file).with_name("cut.npz")
    spoilt.write_bytes(Path(file).read_bytes()[:-1])
    for arguments, told in [
        (["--bot", file], "cannot play Pong"),
        (["--bot", str(spoilt)], "cut.npz is no checkpoint: its end is cut off"),
        (["--bot", "gone.npz", "ABCD-EFGH"], "there is no checkpoint gone.npz"),
        (["--bot", file, "--game", "gridworld"], "cannot play on the map handover"),
    ]:
        assert run(["play", "--server", "http://127.0.0.1:9", *arguments]) == 2
        said = capsys.readouterr().err
        assert told in said and len(said.strip().splitlines()) == 1


def test_simulate_plays_checkpoints_against_others_from_the_command_line(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    game = "gym:rollback/GridWorld-v0?layout=rooms&players=2"
    told = ["simulate", "--game", game, "--agents", file, "idle", "--matches", "4", "--frames", "60", "--workers", "1"]
    code = run([*told, "--json"])
    output = capsys.readouterr()
    assert code == 0, output.err
    assert json.loads(output.out.splitlines()[-1])
    assert "best.npz" in output.out
