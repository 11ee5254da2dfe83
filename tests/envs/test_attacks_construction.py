"""What differs between peers from the moment an environment is made, or by the clock at its end: no reset undoes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces, wrappers

from rollback.config import SessionConfig
from rollback.envs import from_gymnasium
from rollback.envs.plans.space_chance import settle_spaces
from rollback.sim import Link, VirtualMatch


class Made(gymnasium.Wrapper[Any, Any, Any, Any]):
    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.created = time.perf_counter()


class Drawn(gymnasium.Wrapper[Any, Any, Any, Any]):
    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.taste = np.random.default_rng().random(3)


class Sampled(gymnasium.Wrapper[Any, Any, Any, Any]):
    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.env.action_space.sample()  # which leaves a generator in the space


class TimedEnds(gymnasium.Wrapper[Any, Any, Any, Any]):
    ended = 0.0

    def step(self, action: Any) -> Any:
        results = self.env.step(action)
        if results[2] or results[3]:
            self.ended = time.perf_counter()
        return results


def stacked(env: Any) -> Any:
    return wrappers.FrameStackObservation(env, 3)


def race(wrap: Callable[[Any], Any]) -> Any:
    return from_gymnasium(lambda: wrap(gymnasium.make("CartPole-v1")), 2, "race")


@pytest.mark.parametrize(
    ("wrap", "saver", "said"),
    [
        (Made, "simulated again", "two fresh instances hold different values at env.created"),
        (Drawn, "simulated again", "two fresh instances hold different values at ['env.taste'][0]"),
        (TimedEnds, "simulated again", "across the end of an episode and"),
        (Sampled, "generated", ""),
        (stacked, "generated", ""),
    ],
)
def test_peers_agree_from_the_first_frame_on_and_beyond_the_first_end(wrap: Any, saver: str, said: str) -> None:
    game = race(wrap)
    assert game.saver.name == saver
    assert any(said in note for note in game.notes) or not said
    link = Link(latency_ms=80, jitter_ms=20, loss=0.05)
    match = VirtualMatch(lambda: race(wrap), config=SessionConfig(input_delay=0), link=link, seed=5)
    report = match.run(frames=90)
    assert sum(report.rollbacks) > 0
    assert report.parity


def settled() -> list[Any]:
    env = wrappers.FrameStackObservation(gymnasium.make("Blackjack-v1"), 2)
    env.action_space.sample()
    inner = env.unwrapped
    inner.by_agent = {"a": spaces.Dict({"x": spaces.Discrete(9)}), "b": spaces.Discrete(9)}  # type: ignore[attr-defined]
    inner.by_agent["a"].sample()  # type: ignore[attr-defined]
    settle_spaces(env)
    assert inner.by_agent["b"]._np_random is None  # type: ignore[attr-defined]  # it had none, and gets none
    return [env.action_space.sample(), *(int(inner.by_agent["a"].sample()["x"]) for _ in range(8))]  # type: ignore[attr-defined]


def test_generators_of_spaces_begin_alike_also_inside_others_and_by_agent() -> None:
    first = settled()
    assert settled() == first
    assert len(set(first)) > 2
