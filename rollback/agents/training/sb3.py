"""Training by Stable-Baselines3 on environments for one player, and playing what came of it. Knows no network inside.

```python
training = Sb3Training("rollback/Pong-v0", {"opponent": "scripted"}, algorithm="PPO", copies=4, seed=1)
for point in training.learn(100_000):
    print(point.episode, point.reward)
training.save("pong.onnx")  # rollback play ROOM --bot pong.onnx
```
It stands beside the algorithms of this folder and is none of them: what Stable-Baselines3 saves is pickled, so a training
is not resumed from a file of ours bit for bit. What it learned is an ONNX model, which needs neither it nor PyTorch to play.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from rollback.agents.training.algorithm import EpisodePoint
from rollback.agents.training.sb3_export import Scale, check_export, onnx_of, save_onnx
from rollback.errors import MissingPackage, UsageError

if TYPE_CHECKING:
    import gymnasium

__all__ = ["ALGORITHMS", "Sb3Training"]

# What each can answer with, by the kinds of action spaces.
ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {
    "PPO": ("Discrete", "MultiDiscrete", "MultiBinary", "Box"),
    "A2C": ("Discrete", "MultiDiscrete", "MultiBinary", "Box"),
    "DQN": ("Discrete",),
    "SAC": ("Box",),
    "TD3": ("Box",),
    "DDPG": ("Box",),
}
_SEEN: Final = ("Box", "Discrete", "MultiDiscrete", "MultiBinary")
_COPIES: Final = (1, 256)
_MOST_STEPS: Final = 10**12
_MOST_SEED: Final = 2**32 - 1  # what Stable-Baselines3 gives to NumPy
_UNSEEN: Final = 2**30  # seeds of evaluations count on from here: training begins with small ones, and draws its further ones
_TABULAR: Final = "rollback/GridWorld-v0"


class Sb3Training:
    """A training by Stable-Baselines3.

    Observations of bounded numbers are scaled to -1..1 for the network, and the scaling becomes part of the saved model: it
    sees what the game shows. `rollback/GridWorld-v0` is seen in fields and not as one number (`tabular=False`), unless told.

    Args:
        environment: The id of a Gymnasium environment, or a function that makes one; a fresh one at every call.
        settings: Arguments of the environment, such as `opponent`; which may be an `OnnxPolicy` of an earlier training.
        algorithm: A name of `ALGORITHMS`.
        policy: The kind of network, in the words of Stable-Baselines3.
        copies: How many environments are played at a time.
        in_processes: Play each in a process of its own: worth it where a step takes milliseconds.
        seed: Of everything; with the same versions on the same machine the same training.
        **options: Of the algorithm, as Stable-Baselines3 has them: learning_rate, n_steps, batch_size, policy_kwargs ...

    Attributes:
        model: The one of Stable-Baselines3.
        steps: Environment steps made so far, all copies together.
        episodes: Episodes ended so far.

    Raises:
        MissingPackage: Stable-Baselines3 or PyTorch is not installed.
        UsageError: An argument is outside its limits, or the algorithm is none for the environment's actions.
        GameError: There is no such environment.
    """

    def __init__(
        self,
        environment: str | Callable[[], gymnasium.Env[Any, Any]],
        settings: Mapping[str, Any] | None = None,
        *,
        algorithm: str = "PPO",
        policy: str = "MlpPolicy",
        copies: int = 1,
        in_processes: bool = False,
        seed: int = 0,
        **options: Any,
    ) -> None:
        if algorithm not in ALGORITHMS:
            raise UsageError(f"there is no algorithm {algorithm!r:.60} for this: take one of {', '.join(ALGORITHMS)}")
        _check("copies", copies, *_COPIES)
        _check("the seed", seed, 0, _MOST_SEED)
        library = _library()
        self._make = _maker(environment, dict(settings or {}))
        one = self._make()
        try:
            self.scale = _scale_of(one.observation_space)
            _check_spaces(one, algorithm)
        finally:
            one.close()
        from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv

        several: Any = SubprocVecEnv if in_processes else DummyVecEnv
        self._environments = several([self._watched] * copies)
        try:
            self.model: Any = getattr(library, algorithm)(
                policy, self._environments, **{"seed": seed, "device": "cpu", "verbose": 0, **options}
            )
        except (AssertionError, TypeError, ValueError) as error:
            self.close()
            raise UsageError(f"{algorithm} does not take this: {' '.join(str(error).split())[:300]}") from None
        self.steps = self.episodes = 0

    def learn(self, steps: int, tell: Callable[[EpisodePoint], None] | None = None) -> list[EpisodePoint]:
        """Go on training; return the episodes that ended.

        Args:
            steps: Environment steps, all copies together; rounded up to what the algorithm collects at a time.
            tell: Called with each episode as it ends.
        """
        _check("steps", steps, 1, _MOST_STEPS)
        points: list[EpisodePoint] = []

        def look(now: Mapping[str, Any], _: Any) -> bool:
            self.steps = int(self.model.num_timesteps)
            for info in now["infos"]:
                if "episode" in info:
                    self.episodes += 1
                    ended = info["episode"]
                    epsilon = float(getattr(self.model, "exploration_rate", 0.0))
                    point = EpisodePoint(self.episodes, self.steps, float(ended["r"]), int(ended["l"]), epsilon)
                    points.append(point)
                    if tell is not None:
                        tell(point)
            return True

        self.model.learn(steps, callback=look, reset_num_timesteps=self.steps == 0)
        return points

    def evaluate(self, episodes: int = 20) -> dict[str, float]:
        """Play without exploring from seeds that training does not begin with; return what came of it.

        The training is not touched. What counts against others is `rollback simulate --agents`, with intervals.
        """
        _check("episodes", episodes, 1, 1_000_000)
        env, rewards, length = self._scaled(), [], 0
        try:
            for episode in range(episodes):
                seen, _ = env.reset(seed=_UNSEEN + episode)
                total, is_over = 0.0, False
                while not is_over:
                    action, _ = self.model.predict(seen, deterministic=True)
                    seen, reward, terminated, truncated, _ = env.step(action)
                    total, length, is_over = total + float(reward), length + 1, bool(terminated or truncated)
                rewards.append(total)
        finally:
            env.close()
        return {
            "reward": sum(rewards) / episodes,
            "reward_least": min(rewards),
            "reward_greatest": max(rewards),
            "length": length / episodes,
        }

    def onnx(self) -> bytes:
        """Return what it has learned as an ONNX model that answers as `predict(deterministic=True)` does."""
        return onnx_of(self.model, self.scale)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write that to a file, whole and to the disk, or not at all; `self.model.save` writes Stable-Baselines3's own.

        Raises:
            UsageError: The path does not end in .onnx, by which commands know such models.
            CheckpointError: It cannot be written.
        """
        save_onnx(self.onnx(), path)

    def close(self) -> None:
        """Let go of the environments."""
        self._environments.close()

    def __enter__(self) -> Sb3Training:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _scaled(self) -> Any:
        from gymnasium.wrappers import TransformObservation

        env = self._make()
        return env if self.scale is None else TransformObservation(env, self.scale, self.scale.space())

    def _watched(self) -> Any:
        from stable_baselines3.common.monitor import Monitor

        return Monitor(self._scaled())

    def __getstate__(self) -> dict[str, Any]:  # what a process of its own needs to make its environment
        return {"_make": self._make, "scale": self.scale}


def _check(name: str, value: Any, least: int, greatest: int) -> None:
    if type(value) is not int or not least <= value <= greatest:
        raise UsageError(f"{name} must be a whole number from {least} to {greatest}, not {value!r:.80}")


def _library() -> Any:
    what = "training by Stable-Baselines3"
    try:
        import torch  # noqa: F401
    except (ImportError, OSError):  # the latter where a library that it loads is missing
        raise MissingPackage(what, "torch", "sb3") from None
    try:
        import stable_baselines3
    except ImportError:
        raise MissingPackage(what, "stable-baselines3", "sb3") from None
    check_export()  # before hours of training, and not after
    return stable_baselines3


def _maker(environment: Any, settings: dict[str, Any]) -> Callable[[], Any]:
    from rollback.envs.making import made_quietly, maker_of_id

    if isinstance(environment, str):
        if environment == _TABULAR:
            settings.setdefault("tabular", False)
        make = maker_of_id(environment, settings)
        return lambda: made_quietly(make, f"the environment {environment}")
    if not callable(environment):
        raise UsageError(f"the environment is {environment!r:.80}: give a Gymnasium id, or a function that makes one")
    if settings:
        raise UsageError("settings are for an environment named by its id: let the function make it with them")
    return lambda: made_quietly(environment)


def _check_spaces(env: Any, algorithm: str) -> None:
    seen, acted = type(env.observation_space).__name__, type(env.action_space).__name__
    if seen not in _SEEN:
        raise UsageError(f"the environment shows {seen}, and a policy sees one of {', '.join(_SEEN)}: flatten it first")
    if acted not in ALGORITHMS[algorithm]:
        fitting = [name for name, kinds in ALGORITHMS.items() if acted in kinds]
        mend = f"take one of {', '.join(fitting)}" if fitting else "none here is for such actions"
        raise UsageError(f"{algorithm} cannot answer with {acted}, the actions of the environment: {mend}")


def _scale_of(space: Any) -> Scale | None:
    """Return what brings bounded numbers to -1..1; None for pictures, numbered observations and unbounded ones."""
    if type(space).__name__ != "Box" or space.dtype.name == "uint8":
        return None
    low, high = space.low.astype("float64"), space.high.astype("float64")
    if not all(map(isfinite, [*low.flat, *high.flat])) or not (low < high).all():
        return None
    return Scale((low + high) / 2, 2 / (high - low))
