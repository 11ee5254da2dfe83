"""Training by Stable-Baselines3, against a stand-in of its interface: what it is given, tells, evaluates and saves."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest

from rollback.agents.onnx import OnnxPolicy
from rollback.agents.training import sb3_export
from rollback.agents.training.sb3 import Sb3Training
from rollback.agents.training.sb3_export import onnx_of
from rollback.errors import CheckpointError, GameError, MissingPackage, UsageError
from rollback.games import Pong
from tests.agents.onnx_models import runtime
from tests.agents.training import stand_in_sb3

__all__ = ["runtime"]

PONG = "rollback/Pong-v0"


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch, runtime: None) -> None:
    for name, module in stand_in_sb3.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sb3_export, "find_spec", lambda name: name)


class Counts(gymnasium.Env[Any, Any]):
    """Three steps an episode, each worth what the seed's last digit says."""

    def __init__(self, seen: Any = None, acted: Any = None) -> None:
        self.observation_space = seen or gymnasium.spaces.Box(np.float32([-2, 10]), np.float32([2, 20]))
        self.action_space = acted or gymnasium.spaces.MultiBinary(2)
        self.seeds: list[Any] = []

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.step_in_episode, self.worth = 0, (seed or 0) % 10
        return np.float32([2, 10]), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.step_in_episode += 1
        return np.float32([-2, 15]), self.worth, self.step_in_episode == 3, False, {}


def test_episodes_are_told_in_order_with_the_steps_of_all_copies() -> None:
    told: list[Any] = []
    with Sb3Training(Counts, copies=2, seed=1, n_steps=6) as training:
        points = training.learn(24, told.append)
    assert [(point.episode, point.step, point.reward, point.length) for point in points[:4]] == [
        (1, 6, 3.0, 3),
        (2, 6, 6.0, 3),
        (3, 12, 0.0, 3),
        (4, 12, 0.0, 3),
    ]
    assert told == points and (training.steps, training.episodes) == (24, 8)
    assert {type(point.reward) for point in points} == {float} and {type(point.length) for point in points} == {int}


def test_a_second_learning_goes_on_from_the_first() -> None:
    with Sb3Training(Counts, n_steps=3) as training:
        training.learn(6)
        (point, *_) = training.learn(3)
        assert (point.episode, point.step, training.steps) == (3, 9, 9)
    assert training.model.env.is_closed


def test_the_library_is_given_seed_kind_of_network_and_options() -> None:
    with Sb3Training(Counts, policy="CnnPolicy", seed=7, n_steps=5, device="cuda") as training:
        assert training.model.given == {"policy": "CnnPolicy", "seed": 7, "device": "cuda", "verbose": 0}
        assert training.model.n_steps == 5


def test_bounded_numbers_are_scaled_between_minus_one_and_one() -> None:
    with Sb3Training(Counts) as training:
        env = training.model.env.envs[0]
        seen, _ = env.reset(seed=1)
        assert seen.tolist() == [1, -1] and seen.dtype == np.float32
        assert env.step(np.zeros(2))[0].tolist() == [-1, 0]
        assert env.observation_space == gymnasium.spaces.Box(-1, 1, (2,))


@pytest.mark.parametrize("space", [gymnasium.spaces.Box(-np.inf, np.inf, (2,)), gymnasium.spaces.Box(0, 255, (2,), np.uint8)])
def test_pictures_and_unbounded_numbers_stay_as_they_are(space: Any) -> None:
    with Sb3Training(lambda: Counts(space)) as training:
        assert training.scale is None


def test_an_exploring_algorithm_tells_its_epsilon() -> None:
    numbers = gymnasium.spaces.Discrete(2)
    with pytest.raises(UsageError, match="DQN cannot answer with MultiBinary, the actions of the environment: take one of PPO"):
        Sb3Training(Counts, algorithm="DQN")
    with Sb3Training(Counts) as training:
        training.model.exploration_rate = 0.25
        assert training.learn(16)[0].epsilon == 0.25
    with pytest.raises(UsageError, match=r"SAC cannot answer with Discrete, .* take one of PPO, A2C, DQN"):
        Sb3Training(lambda: Counts(acted=numbers), algorithm="SAC")


def test_it_is_evaluated_over_seeds_of_its_own_without_touching_the_training() -> None:
    with Sb3Training(Counts, seed=3) as training:
        before = training.model.seen
        found = training.evaluate(4)  # seeds 2**30, ..., whose last digits are 4 to 7
        assert found == {"reward": 16.5, "reward_least": 12.0, "reward_greatest": 21.0, "length": 3.0}
        assert training.model.seen is before and training.steps == training.episodes == 0


# What was learned plays.


def test_the_saved_model_sees_what_the_game_shows_and_answers_as_the_training_does(tmp_path: Path) -> None:
    with Sb3Training(PONG, {"opponent": "random"}, copies=2, seed=5) as training:
        training.learn(64)
        training.model.policy.table *= 5  # so that it does not stand still
        training.save(tmp_path / "pong.onnx")
        policy, env = OnnxPolicy(str(tmp_path / "pong.onnx"), Pong()), gymnasium.make(PONG)
        assert training.scale is not None
        seen, _ = env.reset(seed=1)
        answers = set()
        for _ in range(200):
            wanted, _ = training.model.predict(training.scale(seen), deterministic=True)
            action, _ = policy.act(tuple(seen.tolist()), None)
            assert action == tuple(wanted.astype(bool).tolist())
            answers.add(action)
            seen, *_ = env.step(env.action_space.sample())
        assert len(answers) > 1
        assert training.model.policy.modes == [False, True], "it goes on training as before"


def test_the_means_of_a_vec_normalize_become_part_of_the_model() -> None:
    with Sb3Training(Counts) as training:
        model = training.model
        mean, var = np.array([1.0, 2.0]), np.array([4.0, 0.25])
        model.normalised = SimpleNamespace(
            norm_obs=True, obs_rms=SimpleNamespace(mean=mean, var=var), epsilon=0.0, clip_obs=1000.0
        )
        policy = OnnxPolicy(onnx_of(model), Sees((3, 3)))
        expected = (np.float32([1, 2]) @ model.policy.table > 0.5).tolist()
        assert policy.act((3, 3), None)[0] == tuple(expected)
        model.normalised.norm_obs = False
        model.policy.modes.clear()
        expected = (np.float32([3, 3]) @ model.policy.table > 0.5).tolist()
        assert OnnxPolicy(onnx_of(model), Sees((3, 3))).act((3, 3), None)[0] == tuple(expected)


class Sees(Pong):
    def __init__(self, seen: Any) -> None:
        super().__init__()
        self.seen = seen

    def observe(self, player: int) -> Any:
        return self.seen


def test_a_recurrent_policy_and_one_that_sees_a_table_are_refused() -> None:
    with Sb3Training(Counts) as training:
        training.model.policy.lstm_actor = object()
        with pytest.raises(UsageError, match="Policy is recurrent or sees a table"):
            training.onnx()


def test_a_model_is_saved_whole_and_under_a_name_that_commands_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sb3Training(Counts) as training:
        with pytest.raises(UsageError, match=r"saved as FILE\.onnx, not as .*pong\.zip"):
            training.save(tmp_path / "pong.zip")
        training.model.policy.modes.clear()
        with pytest.raises(CheckpointError, match="cannot be written"):
            training.save(tmp_path / "nowhere" / "pong.onnx")
    assert list(tmp_path.iterdir()) == [] and sb3_export.ENDING == ".onnx"


# What is refused.


@pytest.mark.parametrize(
    ("environment", "settings", "told"),
    [
        (PONG, {"algorithm": "PPQ"}, "there is no algorithm 'PPQ' for this: take one of PPO, A2C, DQN, SAC, TD3, DDPG"),
        (PONG, {"copies": 0}, "copies must be a whole number from 1 to 256, not 0"),
        (PONG, {"seed": -1}, "the seed must be a whole number from 0 to 4294967295, not -1"),
        (PONG, {"n_steps": 1}, "PPO does not take this: `n_steps` must be greater than 1"),
        (PONG, {"no_such_option": 1}, "PPO does not take this: .*no_such_option"),
        (5, {}, "the environment is 5: give a Gymnasium id, or a function that makes one"),
        (Counts, {"settings": {"a": 1}}, "settings are for an environment named by its id"),
        (
            lambda: Counts(gymnasium.spaces.Dict(a=gymnasium.spaces.Discrete(2))),
            {},
            "shows Dict, and a policy sees one of Box, Discrete",
        ),
        (lambda: Counts(acted=gymnasium.spaces.Text(3)), {}, "PPO cannot answer with Text, .*: none here is for such actions"),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_sentence(environment: Any, settings: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        Sb3Training(environment, **settings)
    assert "\n" not in str(caught.value)


def test_an_environment_that_is_not_there_is_told_with_the_closest_one() -> None:
    with pytest.raises(GameError, match="did you mean rollback/Pong-v0"):
        Sb3Training("rollback/Pang-v0")
    with Sb3Training(Counts) as training, pytest.raises(UsageError, match="steps must be a whole number"):
        training.learn(0)


@pytest.mark.parametrize(("missing", "package"), [("torch", "torch"), ("stable_baselines3", "stable-baselines3")])
def test_without_the_packages_the_line_that_installs_them_is_told(
    missing: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingPackage) as caught:
        Sb3Training(PONG)
    assert str(caught.value) == f'training by Stable-Baselines3 needs the package {package}: pip install "rollback[sb3]"'


def test_a_training_that_could_not_be_saved_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    told = r'writing an ONNX model with PyTorch needs the package onnx: pip install "rollback\[sb3\]"'
    with Sb3Training(Counts) as training:
        monkeypatch.setattr(sb3_export, "find_spec", lambda name: None)
        with pytest.raises(MissingPackage, match=told):
            training.onnx()
        with pytest.raises(MissingPackage, match=told):
            Sb3Training(Counts)


def test_gridworld_is_seen_in_fields_unless_told() -> None:
    from rollback.agents.training import sb3

    for settings, kind in [({}, "Box"), ({"tabular": True}, "Discrete")]:
        env = sb3._maker("rollback/GridWorld-v0", settings)()
        assert type(env.observation_space).__name__ == kind
        assert (sb3._scale_of(env.observation_space) is None) == (kind == "Discrete")


def test_a_process_of_its_own_is_told_how_to_make_its_environment_and_no_more() -> None:
    with Sb3Training(Counts, in_processes=True) as training:
        training._make = Counts
        again = pickle.loads(pickle.dumps(training))
    assert set(vars(again)) == {"_make", "scale"}
    assert again._watched().reset(seed=1)[0].tolist() == [1, -1]
