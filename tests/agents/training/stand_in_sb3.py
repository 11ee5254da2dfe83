"""As much of Stable-Baselines3's and PyTorch's interface as the adapter uses, in NumPy; its models weigh and do not learn."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import gymnasium
import numpy as np

from tests.agents.onnx_models import linear


class Monitor(gymnasium.Wrapper[Any, Any, Any, Any]):
    def reset(self, **settings: Any) -> Any:
        self.rewards: list[float] = []
        return super().reset(**settings)

    def step(self, action: Any) -> Any:
        seen, reward, terminated, truncated, info = super().step(action)
        self.rewards.append(float(reward))
        if terminated or truncated:
            info["episode"] = {"r": round(sum(self.rewards), 6), "l": len(self.rewards), "t": 0.1}
        return seen, reward, terminated, truncated, info


class DummyVecEnv:
    def __init__(self, makers: list[Any]) -> None:
        self.envs = [make() for make in makers]
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class Policy:
    """Presses the buttons whose weighted sum of a row is above 0.5."""

    squash_output = False
    training = True

    def __init__(self, env: Any, dice: np.random.Generator) -> None:
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self.table = dice.normal(size=(env.observation_space.shape[0], env.action_space.shape[0])).astype(np.float32)
        self.modes: list[bool] = []

    def set_training_mode(self, mode: bool) -> None:
        self.modes.append(mode)

    def _predict(self, observation: Any, deterministic: bool) -> Any:
        assert deterministic
        return observation @ self.table


class PPO:
    """Acts by its policy in every copy in turn, and tells the callback as Stable-Baselines3 does."""

    device = "cpu"

    def __init__(self, policy: str, env: DummyVecEnv, *, seed: int, device: str, verbose: int, n_steps: int = 16) -> None:
        if n_steps < 2:
            raise AssertionError("`n_steps` must\nbe greater than 1")
        self.env, self.n_steps, self.num_timesteps, self.normalised = env, n_steps, 0, None
        self.given = {"policy": policy, "seed": seed, "device": device, "verbose": verbose}
        self.policy = Policy(env.envs[0], np.random.default_rng(seed))
        self.seen = [one.reset(seed=seed + place)[0] for place, one in enumerate(env.envs)]

    def learn(self, steps: int, callback: Any, reset_num_timesteps: bool) -> None:
        assert reset_num_timesteps == (self.num_timesteps == 0)
        end = self.num_timesteps + steps
        while self.num_timesteps < end:
            for _ in range(self.n_steps):
                infos = [self._step(place, one) for place, one in enumerate(self.env.envs)]
                self.num_timesteps += len(infos)
                if not callback({"infos": infos}, {}):
                    return

    def _step(self, place: int, env: Any) -> dict[str, Any]:
        assert env.observation_space.contains(self.seen[place])
        self.seen[place], _, terminated, truncated, info = env.step(self.predict(self.seen[place], deterministic=True)[0])
        if terminated or truncated:
            self.seen[place], _ = env.reset()
        return dict(info)

    def predict(self, seen: Any, deterministic: bool) -> tuple[Any, None]:
        return (self.policy._predict(seen, deterministic) > 0.5).astype(np.int8), None

    def get_vec_normalize_env(self) -> Any:
        return self.normalised


class DQN(PPO):
    exploration_rate = 0.25


class Module:
    """What PyTorch calls one."""


def export(module: Any, arguments: tuple[Any], written: Any, *, dynamo: bool, opset_version: int, **names: Any) -> None:
    """Write a module as a model; as it is linear, what it answers to zeros and to ones says all about it."""
    assert (dynamo, opset_version) == (False, 17)
    assert names == {"input_names": ["observation"], "output_names": ["action"]}
    assert module.policy.modes == [False], "it is exported as it plays, not as it trains"
    (zeros,) = arguments
    bias = module.forward(zeros)[0]
    table = [module.forward(row[None])[0] - bias for row in np.eye(zeros.shape[1], dtype=np.float32)]
    written.write(linear(table, bias))


def modules() -> dict[str, ModuleType]:
    """Return the modules by name, as `sys.modules` has them."""
    names = ("torch", "stable_baselines3", "stable_baselines3.common.vec_env", "stable_baselines3.common.monitor")
    found = {name: ModuleType(name) for name in (*names, "stable_baselines3.common")}
    torch: Any = found["torch"]
    torch.nn, torch.onnx = SimpleNamespace(Module=Module), SimpleNamespace(export=export)
    torch.float32, torch.int64 = np.float32, np.int64
    torch.as_tensor = lambda values, device: np.asarray(values)
    torch.zeros = lambda shape, dtype, device: np.zeros(shape, dtype)
    torch.clamp = np.clip
    library: Any = found["stable_baselines3"]
    library.PPO, library.DQN = PPO, DQN
    several: Any = found["stable_baselines3.common.vec_env"]
    several.DummyVecEnv = several.SubprocVecEnv = DummyVecEnv
    watching: Any = found["stable_baselines3.common.monitor"]
    watching.Monitor = Monitor
    return found
