"""Small environments with the habits of large ones: reused arrays, agents that die or come late, odd rewards and infos."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces


class Cliffs:
    """A parallel environment of climbers: each falls by luck or by leaping, and stays dead; the last one ends the episode.

    Arrays are reused, rewards are numpy's, and the infos hold what is no state tree.
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "cliffs", "render_fps": 12, "render_modes": []}
    render_mode = None

    def __init__(self, climbers: int = 3, longest: int = 18) -> None:
        self.possible_agents = [f"climber_{number}" for number in range(climbers)]
        self.agents: list[str] = []
        self.longest = longest
        self.heights = {agent: np.zeros(3, np.float32) for agent in self.possible_agents}
        self.clock = 0

    @property
    def unwrapped(self) -> Cliffs:
        return self

    def observation_space(self, agent: str) -> Any:
        return spaces.Box(-1000, 1000, (3,), np.float32)

    def action_space(self, agent: str) -> Any:
        return spaces.Discrete(4)

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        self.dice = np.random.default_rng(seed)
        self.agents = list(self.possible_agents)
        self.clock = 0
        for row in self.heights.values():
            row[:] = 0
        return dict(self.heights), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        assert set(actions) == set(self.agents), f"{sorted(actions)} act, and {self.agents} are there"
        self.clock += 1
        rewards: dict[str, Any] = {}
        dead: dict[str, bool] = {}
        for agent in self.agents:
            row, action = self.heights[agent], int(actions[agent])
            row[0] += action
            row[1] = self.dice.normal()
            row[2] += 1
            rewards[agent] = np.float64(action * 0.5)
            dead[agent] = bool(action == 3 and self.dice.random() < 0.4)
        late = self.clock >= self.longest
        infos = {agent: {"steps": self.clock, "where": self.heights[agent], "self": self} for agent in self.agents}
        seen = {agent: self.heights[agent] for agent in self.agents}
        cut = dict.fromkeys(self.agents, late)
        self.agents = [agent for agent in self.agents if not dead[agent] and not late]
        return seen, rewards, dead, cut, infos

    def close(self) -> None:
        pass


class Walk(gymnasium.Env):
    """One walker whose way ends by chance; the observation is one array for ever, the reward numpy's and sometimes NaN."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array", "ansi"], "render_fps": 20}
    observation_space = spaces.Box(-100, 100, (2,), np.float64)
    action_space = spaces.Discrete(3, start=-1)

    def __init__(self, chance: float = 0.06, render_mode: str | None = None, nan: bool = False) -> None:
        self.chance = chance
        self.nan = nan
        self.render_mode = render_mode
        self.drawn = 0
        self.place = np.zeros(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.place[:] = (0, self.np_random.integers(10))
        return self.place, {}

    def step(self, action: Any) -> tuple[Any, Any, Any, bool, dict[str, Any]]:
        self.place[0] += action
        ended = self.np_random.random() < self.chance
        reward = float("nan") if self.nan and self.place[0] == 3 else np.float32(action)
        return self.place, reward, np.bool_(ended), False, {"place": self.place, "mask": np.array([1, 0], np.int8)}

    def render(self) -> Any:
        self.drawn += 1
        if self.render_mode == "ansi":
            return f"at {self.place[0]:.0f}"
        return np.full((4, 6, 3), int(self.place[0]) % 256, np.uint8)


class Crew(gymnasium.Env):
    """Several rowers in one boat: the action has a part for each. Rewards one number, a tuple, or by the infos."""

    observation_space = spaces.Dict({"place": spaces.Box(-1000, 1000, (1,), np.float64), "turn": spaces.Discrete(9)})

    def __init__(self, action_space: Any, rewards: str = "one") -> None:
        self.action_space = action_space
        self.rewards = rewards
        self.place = 0.0
        self.last: Any = None

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.place, self.last = float(self.np_random.integers(5)), None
        return self._seen(), {}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action), action
        parts = [float(np.sum(part)) for part in (action.values() if isinstance(action, dict) else action)]
        self.place += sum(parts)
        self.last = [float(part) for part in parts]
        told = {"rewards": tuple(parts)} if self.rewards == "infos" else {}
        return self._seen(), tuple(parts) if self.rewards == "tuple" else sum(parts), self.place > 40, False, told

    def _seen(self) -> dict[str, Any]:
        return {"place": np.array([self.place]), "turn": np.int64(int(self.place) % 9)}
