"""Real environments, unmodified: saved, stepped, loaded and stepped again they give the same, here and elsewhere."""

from __future__ import annotations

import base64
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy
import pytest
from gymnasium import wrappers

from rollback.envs.plans.plan import Plan
from rollback.errors import GameError
from rollback.state import checksum, diff, is_tree
from rollback.wire import pack_tree, unpack_tree

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


class Solo:
    """A Gymnasium environment with the actions that a seed gives."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.env = make()

    def begin(self, seed: int) -> None:
        self.env.reset(seed=seed)

    def act(self, number: int) -> Any:
        space, chance = self.env.action_space, random.Random(number)
        if isinstance(space, gymnasium.spaces.Discrete):
            action: Any = chance.randrange(int(space.n))
        else:
            action = numpy.full(space.shape, chance.uniform(-1, 1), space.dtype)
        seen = self.env.step(action)
        if seen[2] or seen[3]:
            return seen[:4], self.env.reset(seed=number)
        return seen[:4]


class Crowd(Solo):
    """A parallel environment of PettingZoo."""

    def act(self, number: int) -> Any:
        if not self.env.agents:
            return self.env.reset(seed=number)
        chance = random.Random(number)
        return self.env.step({agent: chance.randrange(5) for agent in self.env.agents})[:4]


def crowd(name: str) -> Callable[[], Any]:
    def make() -> Any:
        import importlib

        return importlib.import_module(f"mpe2.{name}").parallel_env(max_cycles=12)

    return make


def gym(name: str, *around: Callable[[Any], Any]) -> Callable[[], Any]:
    def make() -> Any:
        env = gymnasium.make(name)
        for wrapper in around:
            env = wrapper(env)
        return env

    return make


WRAPPED = gym(
    "CartPole-v1",
    lambda env: wrappers.TransformReward(env, lambda reward: reward * 2),
    lambda env: wrappers.FrameStackObservation(env, 3),
    wrappers.FlattenObservation,
    wrappers.NormalizeObservation,
    lambda env: wrappers.RecordEpisodeStatistics(env, buffer_length=4),
    wrappers.TimeAwareObservation,
)
MAKERS: dict[str, Callable[[], Any]] = {
    **{
        name: (lambda name=name: Solo(gym(name)))
        for name in (
            "CartPole-v1",
            "Taxi-v4",
            "FrozenLake-v1",
            "Blackjack-v1",
            "Acrobot-v1",
            "MountainCar-v0",
            "CliffWalking-v1",
            "Pendulum-v1",
        )
    },
    "all wrappers": lambda: Solo(WRAPPED),
    "simple_tag": lambda: Crowd(crowd("simple_tag_v3")),
    "simple_spread": lambda: Crowd(crowd("simple_spread_v3")),
}


def played(player: Any, first: int, count: int) -> str:
    with numpy.printoptions(precision=17):
        return repr([player.act(number) for number in range(first, first + count)])


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_steps_give_the_same_after_loading(name: str) -> None:
    player = MAKERS[name]()
    player.begin(3)
    plan = Plan(player.env)
    assert plan.unsaved == ()
    saved = []
    for number in range(40):
        state = plan.save()
        assert not diff(state, Plan(player.env).save())  # the code that was compiled sees what a walk sees
        saved.append((number, state, checksum(state)))
        player.act(number)
    after = played(player, 40, 5)
    for number, state, total in saved[::-7]:
        plan.load(state)
        assert checksum(plan.save()) == total
        again = played(player, number, 45 - number)
        assert again.endswith(after[1:])
        assert checksum(state) == total


@pytest.mark.parametrize("name", MAKERS)
def test_another_instance_takes_a_snapshot_from_the_wire(name: str) -> None:
    player, other = MAKERS[name](), MAKERS[name]()
    player.begin(3)
    other.begin(99)
    plan, another = Plan(player.env), Plan(other.env)
    for number in range(9):
        plan.save()
        player.act(number)
    state = plan.save()
    assert is_tree(state)
    for number in range(30):  # beyond the end of an episode in most
        other.act(number)
        another.save()
    expected = played(player, 9, 30)
    for _ in range(2):
        another.load(unpack_tree(pack_tree(state)))
        assert not diff(another.save(), state)
        assert another.save()["structure"] == state["structure"]
        assert played(other, 9, 30) == expected


ELSEWHERE = """
import base64, sys, warnings
warnings.simplefilter("ignore")
from tests.envs.plans.test_environments import MAKERS, played
from rollback.envs.plans.plan import Plan
from rollback.state import checksum
from rollback.wire import unpack_tree
for line in sys.stdin:
    name, data = line.rstrip("\\n").split("\\t")
    player = MAKERS[name]()
    player.begin(5)
    plan = Plan(player.env)
    plan.load(unpack_tree(base64.b64decode(data)))
    print(checksum(plan.save()), played(player, 7, 20))
"""


def test_another_process_plays_on_from_a_snapshot() -> None:
    lines, expected = [], []
    for name in ("CartPole-v1", "all wrappers", "simple_tag"):
        player = MAKERS[name]()
        player.begin(1)
        plan = Plan(player.env)
        for number in range(7):
            player.act(number)
        state = plan.save()
        lines.append(f"{name}\t{base64.b64encode(pack_tree(state)).decode()}")
        expected.append(f"{checksum(state)} {played(player, 7, 20)}")
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], input="\n".join(lines), capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == "\n".join(expected).split()


def test_most_frames_need_no_walk() -> None:
    player = MAKERS["simple_tag"]()
    player.begin(0)
    plan = Plan(player.env)
    walks = 0
    look = plan._look

    def counted() -> Any:
        nonlocal walks
        walks += 1
        return look()

    plan._look = counted  # type: ignore[method-assign]
    for number in range(700):
        if number == 500:
            assert walks > 5  # the premise: structures come and go, and what varies is learned
            walks = 0
        state = plan.save()
        player.act(number)
        if number % 3 == 0:
            plan.load(state)
    assert walks < 10


def test_the_structure_is_one_object_between_snapshots() -> None:
    player = MAKERS["CartPole-v1"]()
    player.begin(0)
    plan = Plan(player.env)
    player.act(0)
    player.act(1)
    first = plan.save()
    for number in range(6):
        player.act(number)
        assert plan.save()["structure"] is first["structure"]


def test_wrappers_with_state_are_named() -> None:
    env = WRAPPED()
    env.reset(seed=1)
    named = Plan(env).wrappers
    assert [line.split(":")[0] for line in named][:2] == ["TimeAwareObservation", "RecordEpisodeStatistics"]
    assert any(line.startswith("TimeLimit: ") for line in named)


def test_differences_name_the_attribute() -> None:
    player = MAKERS["CartPole-v1"]()
    player.begin(0)
    plan = Plan(player.env)
    left = plan.save()
    player.act(0)
    paths = " ".join(difference.path for difference in diff(left, plan.save()))
    assert "_elapsed_steps" in paths
    assert "env.unwrapped.state'][0]" in paths


def test_a_window_is_left_alone_and_stays_open() -> None:
    pytest.importorskip("pygame")
    env = gymnasium.make("CartPole-v1", render_mode="rgb_array")
    env.reset(seed=1)
    plan = Plan(env)
    before = plan.save()
    for _ in range(4):
        env.step(0)
        plan.save()
    env.render()
    screen = env.unwrapped.screen
    assert screen is not None
    for _ in range(6):
        assert plan.save()["env.unwrapped"]["screen"] is None  # a peer that does not render has the same state
        env.render()
    assert any(path.startswith("env.unwrapped.screen (") for path in plan.left_alone)
    for _ in range(2):
        plan.load(before)
        assert env.unwrapped.screen is screen
        assert env.render().shape == (400, 600, 3)
        plan.load(unpack_tree(pack_tree(before)))
        assert env.unwrapped.screen is screen


def test_readings_of_a_clock_are_no_state() -> None:
    def after_ten_steps() -> int:
        env = wrappers.RecordEpisodeStatistics(gymnasium.make("CartPole-v1"))
        env.reset(seed=1)
        for _ in range(5):
            env.step(0)
        return checksum(Plan(env).save())

    assert after_ten_steps() == after_ten_steps()


def test_box2d_is_named_and_refused() -> None:
    pytest.importorskip("Box2D")
    env = gymnasium.make("LunarLander-v3")
    env.reset(seed=1)
    plan = Plan(env)
    assert "env.unwrapped.world is a b2World (Box2D)" in plan.unsaved
    with pytest.raises(GameError, match="b2World"):
        plan.save()


def test_a_snapshot_of_another_environment_is_refused() -> None:
    left, right = MAKERS["CartPole-v1"](), MAKERS["simple_tag"]()
    left.begin(1)
    right.begin(1)
    with pytest.raises(GameError):
        Plan(left.env).load(Plan(right.env).save())
    acrobot = MAKERS["Acrobot-v1"]()
    acrobot.begin(1)
    with pytest.raises(GameError, match="CartPole"):
        Plan(acrobot.env).load(Plan(left.env).save())


class ForgetsTheClock(gymnasium.Wrapper):  # type: ignore[type-arg]
    """Keeps a count where no walk comes: in a closure."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        count = [0]

        def tick() -> int:
            count[0] += 1
            return count[0]

        self.tick = tick

    def step(self, action: Any) -> Any:
        observation, _, *rest = super().step(action)
        return observation, float(self.tick()), *rest


def test_state_in_a_closure_is_not_seen_so_the_probe_has_to() -> None:
    env = ForgetsTheClock(gymnasium.make("CartPole-v1"))
    env.reset(seed=1)
    plan = Plan(env)
    state = plan.save()
    first = env.step(0)
    plan.load(state)
    assert env.step(0)[1] != first[1]
