"""An ONNX policy plays: in every form of the game it fits, with a memory, in matches; one sentence where it does not fit."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rollback import SessionConfig, TakeOver
from rollback.agents.checkpoints import contents
from rollback.agents.onnx import OnnxModel, OnnxPolicy
from rollback.agents.playing import act_from, policy_from, saved_agent
from rollback.cli.app import run
from rollback.envs.names import game_factory
from rollback.errors import ActionError, CheckpointError, MissingPackage
from rollback.games import GridWorld, Pong, Tetris
from rollback.netplay.hands.bots import bot_act, check_bot, stand_in
from rollback.sim import Link, MatchSpec, VirtualMatch, simulate
from tests.agents import onnx_models
from tests.agents.onnx_models import chaser, counter, linear, model, node, runtime, weights

__all__ = ["runtime"]

pytestmark = pytest.mark.usefixtures("runtime")

IDLE = linear(np.zeros((9, 2)), [0, 0])
ZERO = [("observation", "float32", [1, 9])]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "chaser.onnx"
    path.write_bytes(chaser())
    return str(path)


class Shows(Pong):
    """A game that shows what is given."""

    def __init__(self, seen: Any) -> None:
        super().__init__()
        self.seen = seen

    def observe(self, player: int) -> Any:
        return self.seen


@pytest.mark.parametrize("as_what", [str, Path, lambda path: Path(path).read_bytes(), OnnxModel])
def test_a_model_its_file_and_its_bytes_play_the_same(file: str, as_what: Callable[[str], Any]) -> None:
    for make in (OnnxPolicy, policy_from):
        policy = make(as_what(file), Pong(), 1)  # type: ignore[operator]
        assert policy.act((0, 0, 0, -900, 0, 0, 0, 0, 0), None) == ((True, False), None)
        assert policy.act((0, 0, 0, 900, 0, 0, 0, 0, 0), None) == ((False, True), None)
        assert policy.act((0, 0, 0, 100, 0, 0, 0, 0, 0), None) == ((False, False), None)


@pytest.mark.parametrize("player", [0, 1])
def test_it_wins_against_one_that_draws(file: str, player: int) -> None:
    players = ("random", "random")[:player] + (file,) + ("random",) * (1 - player)
    (result,) = simulate([MatchSpec(game="pong", players=players, frames=20_000)], seed=3)
    assert result.status == "ok", result.error
    assert result.scores[player] == 5 > result.scores[1 - player]


def test_a_file_that_does_not_fit_is_told_by_the_match(file: str) -> None:
    (result,) = simulate([MatchSpec(game="duel", players=(file, "best"), frames=10)])
    assert f"{file} does not fit: " in result.error and "takes an observation of 1 x 9 float32" in result.error


def test_peers_agree_when_both_play_by_models_over_a_bad_network(file: str) -> None:
    config, link = SessionConfig(input_delay=1), Link(latency_ms=60, jitter_ms=20, loss=0.1)
    match = VirtualMatch(Pong, players=2, config=config, link=link, seed=5, act=act_from(file))
    report = match.run(300)
    assert report.parity and report.lost and sum(report.rollbacks) > 0


def test_it_takes_over_for_who_is_lost() -> None:
    config = SessionConfig(disconnect_after=1.0, on_disconnect=TakeOver(act_from(linear(np.zeros((9, 2)), [1, 0]))))
    match = VirtualMatch(Pong, players=2, config=config, seed=2, act=lambda game, player: (False, False))
    match.at(30).kill(1)
    match.run(300)
    assert match.peers[0].session.game.paddles[1] < -5000, "up is where the model goes, and nobody else"


def test_it_plays_inside_an_environment_what_it_plays_outside() -> None:
    game = game_factory("pettingzoo:rollback.envs.pong_v0")()
    policy = OnnxPolicy(chaser(), game, 1)
    seen = np.array([0, 0, 0, -900, 0, 0, 0, 0, 0], np.int32)
    action, _ = policy.act(seen, None)
    assert action.dtype == np.int8 and action.tolist() == [1, 0]


def test_it_plays_environments_of_others() -> None:
    game = game_factory("gym:CartPole-v1")()
    table = np.zeros((4, 2))
    table[2], table[3] = (-1, 1), (-0.5, 0.5)  # push to where the pole falls
    act, steps = act_from(linear(table, [0, 0], batch="batch")), 0
    for _ in range(150):
        game.step([act(game, player) for player in range(game.players)])
        steps = max(steps, game.step_in_episode)
    assert steps > 90


def test_it_is_an_opponent_in_an_environment() -> None:
    import gymnasium

    import rollback.envs  # noqa: F401

    with gymnasium.make("rollback/Pong-v0", opponent=OnnxPolicy(linear(np.zeros((9, 2)), [0, 1]), Pong(), 1)) as env:
        env.reset(seed=1)
        for _ in range(60):
            seen, *_ = env.step(np.zeros(2, np.int8))
        assert seen[1] > 5000


# Memory.


def test_the_memory_is_bytes_that_go_on_from_wherever_they_are_taken() -> None:
    policy, game, memory = OnnxPolicy(counter(3), Pong()), Pong(), None
    pressed, kept = [], []
    for _ in range(6):
        kept.append(memory)
        action, memory = policy.act(game.observe(0), memory)
        pressed.append(action[0])
    assert pressed == [False] * 3 + [True] * 3
    assert memory == (np.float32(6).tobytes(),)
    assert policy.act(game.observe(0), kept[3])[0] == (True, False) and policy.act(game.observe(0), None)[0] == (False, False)


def test_every_player_has_a_memory_of_its_own() -> None:
    act, game = act_from(counter(1)), Pong()
    assert [act(game, player)[0] for player in (0, 0, 1, 1)] == [False, True, False, True]


@pytest.mark.parametrize("memory", [(), (b"",), (b"1234", b"1234"), 5, (b"12345",)])
def test_a_memory_of_something_else_is_refused(memory: Any) -> None:
    with pytest.raises(CheckpointError, match="is not of its making: begin with None"):
        OnnxPolicy(counter(), Pong()).act(Pong().observe(0), memory)


def remembering(kind: str, shape: list[Any], after: list[tuple[str, str, list[Any]]]) -> bytes:
    nodes = [node("Identity", ["count"], ["count_out"])]
    return model(nodes, [*ZERO, ("count", kind, shape)], [("action", "float32", [1, 2]), *after])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (remembering("float32", [1, 2], []), "takes 1 tensors besides the observation and gives 0 besides the answer"),
        (remembering("float32", [1, 2], [("count_out", "int64", [1, 2])]), "1 x 2 float32 in 'count' and gives 1 x 2 int64"),
        (remembering("float32", [1, 2], [("count_out", "float32", [1, 3])]), "must come out, in order, as it goes in"),
        (remembering("float32", [1, 2], [("count_out", "float32", [2])]), "must come out, in order, as it goes in"),
        (remembering("float32", [None, None], [("count_out", "float32", [1, 2])]), "has no fixed size"),
        (remembering("float64", [1, 8193], [("count_out", "float64", [1, 8193])]), "is larger than 65536 bytes"),
    ],
)
def test_a_memory_that_does_not_come_out_as_it_goes_in_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        OnnxModel(content)
    assert told in str(caught.value) and "\n" not in str(caught.value)


# What does not fit.


def taking(kind: str, shape: list[Any]) -> bytes:
    kept = [weights("fixed", np.zeros((1, 2), np.float32))]
    return model(
        [node("Identity", ["fixed"], ["action"])], [("observation", kind, shape)], [("action", "float32", [1, 2])], kept
    )


@pytest.mark.parametrize(
    ("kind", "shape", "seen"),
    [
        ("float32", [1, 9], tuple(range(9))),
        ("float32", [9], tuple(range(9))),
        ("float64", [None, None], tuple(range(9))),
        ("int64", [None, 9], tuple(range(9))),
        ("int32", [1, 4], np.zeros((2, 2), np.int32)),
        ("uint8", [1, 2, 2, 3], np.zeros((2, 2, 3), np.uint8)),
        ("int64", [1], np.int64(3)),
        ("int64", [1, 1], 3),
        ("float32", [None], 3.5),
    ],
)
def test_an_observation_goes_in_as_a_row_of_a_batch_or_flat(kind: str, shape: list[Any], seen: Any) -> None:
    assert OnnxPolicy(taking(kind, shape), Shows(seen)).act(seen, None) == ((False, False), None)


@pytest.mark.parametrize(
    ("content", "game", "told"),
    [
        (IDLE, GridWorld(1, "rooms"), "takes an observation of 1 x 9 float32, and GridWorld shows 11 int64: train one for"),
        (IDLE, Shows((1.5,) * 8), "takes an observation of 1 x 9 float32, and Shows shows 8 float64"),
        (IDLE, Shows(4), "takes an observation of 1 x 9 float32, and Shows shows one int64"),
        (IDLE, Shows({"a": 1}), "Shows shows dict, and the model takes one array of numbers: flatten it first"),
        (IDLE, Shows(((1, 2), (3,))), "Shows shows tuple, and the model takes one array"),
        (taking("int64", [1, 2]), Shows((1.5, 2.0)), "takes int64, and Shows shows float64, which has fractions"),
        (taking("uint8", [1, 9]), Pong(), "takes uint8, into which not all of the int64 fit that Pong shows"),
        (taking("float16", [1, 9]), Pong(), "takes float16, into which not all of the int64 fit"),
        (linear(np.zeros((9, 3)), [0] * 3), Pong(), "answers with 3 numbers, and Pong needs 2: train one for this game"),
        (linear(np.zeros((9, 2)), [0, np.nan]), Pong(), "does not fit Pong: the model answered with what is no finite number"),
        (linear(np.zeros((41, 1)), [81]), Tetris(1, "placements"), "answered 81, which is none of the actions 0 to 79"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(content: bytes, game: Any, told: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        OnnxPolicy(content, game)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_game_that_shows_nothing_and_a_player_who_is_not_there_are_told() -> None:
    class Blind:
        players, codecs = 2, Pong.codecs

    with pytest.raises(CheckpointError, match=r"Blind has no observe\(player\), so that the model would see nothing"):
        OnnxPolicy(IDLE, Blind())  # type: ignore[arg-type]
    with pytest.raises(CheckpointError, match="Pong has the players 0 to 1, and no player 2"):
        OnnxPolicy(IDLE, Pong(), 2)


def test_an_answer_that_goes_wrong_later_is_told_by_the_act() -> None:
    policy = OnnxPolicy(linear(np.full((9, 2), 1e34), [0, 0]), Pong())
    with pytest.raises(ActionError, match="no finite number"):
        policy.act((100_000,) * 9, None)


# The file and the runtime.


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    for path, told in [(tmp_path / "gone.onnx", "there is no ONNX model"), (tmp_path, "is no file, so no ONNX model")]:
        with pytest.raises(CheckpointError, match=told):
            OnnxModel(path)
    (tmp_path / "cut.onnx").write_bytes(chaser()[:-3])
    with pytest.raises(CheckpointError, match=r"cut\.onnx is no ONNX model: its end is cut off"):
        OnnxModel(tmp_path / "cut.onnx")


def test_no_more_of_a_large_file_is_read_than_is_allowed(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_FILE", 100)
    assert len(contents.content_of(Path(file), "ONNX model", "look again")) == 101


def test_what_the_runtime_refuses_is_told_in_one_sentence() -> None:
    with pytest.raises(CheckpointError) as caught:
        OnnxModel(model([node("NoSuch", ["observation"], ["action"])], ZERO, [("action", "float32", [1, 2])]))
    assert "cannot be made ready by onnxruntime" in str(caught.value) and "\n" not in str(caught.value)


def test_what_the_runtime_cannot_compute_is_told_in_one_sentence() -> None:
    kept = [weights("w", np.zeros((3, 2), np.float32))]
    content = model(
        [node("MatMul", ["observation", "w"], ["action"])],
        [("observation", "float32", [None, None])],
        [("action", "float32", [None, None])],
        kept,
    )
    with pytest.raises(CheckpointError) as caught:
        OnnxPolicy(content, Pong())
    assert "cannot be computed" in str(caught.value) and "\n" not in str(caught.value)


def test_the_runtime_is_asked_for_one_thread_one_order_and_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", onnx_models.stand_in())
    monkeypatch.setattr(onnx_models.StandIn, "made", [])
    OnnxModel(chaser())
    ((options, providers),) = onnx_models.StandIn.made
    assert options == {
        "intra_op_num_threads": 1,
        "inter_op_num_threads": 1,
        "execution_mode": "sequential",
        "use_deterministic_compute": True,
        "log_severity_level": 4,
    }
    assert providers == ["CPUExecutionProvider"]


def test_what_would_reach_beyond_the_file_never_meets_the_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", onnx_models.stand_in())
    monkeypatch.setattr(onnx_models.StandIn, "made", [])
    outside = weights("w", np.zeros((9, 2), np.float32), onnx_models.field(14, 1))
    with pytest.raises(CheckpointError, match="in another file"):
        OnnxModel(model([node("MatMul", ["observation", "w"], ["action"])], ZERO, [("action", "float32", [1, 2])], [outside]))
    assert not onnx_models.StandIn.made


def test_copies_and_pickled_ones_play_the_same() -> None:
    policy = OnnxPolicy(chaser(), Pong())
    seen = (0, 0, 0, -900, 0, 0, 0, 0, 0)
    for again in (copy.deepcopy(policy.model), pickle.loads(pickle.dumps(policy.model))):
        assert OnnxPolicy(again, Pong()).act(seen, None) == policy.act(seen, None) == ((True, False), None)


# By name.


def test_without_the_runtime_the_line_that_installs_it_is_told(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    for use in (OnnxModel, act_from, check_bot, saved_agent):
        with pytest.raises(
            MissingPackage, match=r'an ONNX policy, needs the package onnxruntime: pip install "rollback\[onnx\]"'
        ):
            use(file)


def test_the_bot_of_a_name_may_be_a_model(file: str) -> None:
    check_bot(file)
    for act in (bot_act(file, Pong(), 0, 0), stand_in(file)):
        assert act(Pong(), 0) == (True, False), "the first ball comes above the middle"
    with pytest.raises(CheckpointError, match="GridWorld shows"):
        bot_act(file, GridWorld(1, "rooms"), 0, 0)
    with pytest.raises(CheckpointError, match=r"there is no ONNX model gone\.onnx"):
        check_bot("gone.onnx")


def test_bytes_are_told_apart_by_how_they_begin(file: str) -> None:
    assert isinstance(saved_agent(chaser()), OnnxModel)
    assert saved_agent(chaser(), "a.onnx").name == "a.onnx"  # type: ignore[union-attr]
    with pytest.raises(CheckpointError, match="checkpoint"):
        saved_agent(b"PK and no more")


def test_play_refuses_what_does_not_fit_before_it_looks_for_a_lobby(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, told in [
        (["--bot", file, "--game", "gridworld"], "takes an observation of 1 x 9 float32, and GridWorld shows"),
        (["--bot", "gone.onnx", "ABCD-EFGH"], "there is no ONNX model gone.onnx"),
    ]:
        assert run(["play", "--server", "http://127.0.0.1:9", *arguments]) == 2
        said = capsys.readouterr().err
        assert told in said and len(said.strip().splitlines()) == 1
