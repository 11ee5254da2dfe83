"""What doing nothing is: as the user says, as the environment says, as is known of it, or as its space suggests."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import ClipAction, DiscretizeAction, RescaleAction, StickyAction, TransformAction

from rollback.envs.codecs.idle_actions import KNOWN, idle_action
from rollback.envs.codecs.spaces import codec_for
from rollback.errors import GameError

F32 = np.float32


def tree(action: Any) -> Any:
    """Return the action with lists for arrays and ints for numpy's, to compare it."""
    if isinstance(action, dict):
        return {key: tree(value) for key, value in action.items()}
    if isinstance(action, tuple):
        return tuple(map(tree, action))
    return action.tolist() if isinstance(action, np.ndarray | np.generic) else action


class Silent(gymnasium.Env[Any, Any]):
    """An environment that names no no-op."""

    def __init__(self, space: spaces.Space[Any]) -> None:
        self.action_space = space
        self.observation_space = spaces.Discrete(1)


class WithMethod(Silent):
    def idle(self, player: Any) -> Any:
        return {0: 1, 1: 2, "left": 3}[player]


class WithIdleOfAll(Silent):
    def idle(self) -> int:
        return 2


class WithValue(Silent):
    noop_action: Any = 3


class WithValues(Silent):
    noop_action: Any = {"left": 1, "right": 2}  # noqa: RUF012


class WithNoopMethod(Silent):
    def noop_action(self, agent: Any) -> int:
        return 2 if agent == "left" else 1


class WithMeanings(Silent):
    meanings = ("UP", "Noop", "DOWN", "FIRE")

    def get_action_meanings(self) -> list[str]:
        return list(self.meanings)


FOUR = spaces.Discrete(4)


@pytest.mark.parametrize(
    ("space", "expected", "is_noop"),
    [
        (spaces.Discrete(4), 0, False),
        (spaces.Discrete(4, start=-2), -2, False),
        (spaces.Discrete(1, start=5), 5, True),
        (spaces.MultiDiscrete([3, 3]), [0, 0], False),
        (spaces.MultiDiscrete([[3], [3]], start=[[1], [-1]]), [[1], [-1]], False),
        (spaces.MultiDiscrete([1, 1]), [0, 0], True),
        (spaces.MultiBinary((2, 2)), [[0, 0], [0, 0]], True),
        (spaces.Box(-1, 1, (2,), F32), [0.0, 0.0], True),
        (spaces.Box(-np.inf, np.inf, (1,), F32), [0.0], True),
        (spaces.Box(0, 1, (2,), F32), [0.0, 0.0], True),
        (spaces.Box(2, 5, (2,), F32), [2.0, 2.0], False),
        (spaces.Box(np.array([-9, -1], F32), np.array([-3, 1], F32), dtype=F32), [-3.0, 0.0], False),
        (spaces.Box(-np.inf, -1, (1,), F32), [-1.0], False),
        (spaces.Box(3, 3, (1,), np.int8), [3], True),
        (spaces.Box(-5, 5, (1,), np.int8), [0], True),
        (spaces.Tuple((spaces.MultiBinary(2), spaces.Discrete(3))), ([0, 0], 0), False),
        (spaces.Tuple((spaces.MultiBinary(2), spaces.Box(-1, 1, (1,)))), ([0, 0], [0.0]), True),
        (spaces.Tuple(()), (), True),
        (spaces.Dict({"b": spaces.MultiBinary(1), "a": spaces.Box(-1, 1, (1,))}), {"a": [0.0], "b": [0]}, True),
        (spaces.Dict({"b": spaces.Discrete(2), "a": spaces.Box(-1, 1, (1,))}), {"a": [0.0], "b": 0}, False),
        (spaces.OneOf((spaces.MultiBinary(1), spaces.Discrete(2))), (0, [0]), False),
    ],
    ids=str,
)
def test_what_a_space_suggests(space: spaces.Space[Any], expected: Any, is_noop: bool) -> None:
    action, found = idle_action(space)
    assert tree(action) == expected and found is is_noop
    assert space.contains(action)
    assert tree(codec_for(space).idle) == expected  # and the codec of the space starts with it
    assert tree(idle_action(space, Silent(space))[0]) == expected


def test_what_the_user_gives_comes_first() -> None:
    assert idle_action(FOUR, WithValue(FOUR), given=1) == (1, True)
    assert idle_action(FOUR, given=0) == (0, True)


@pytest.mark.parametrize(
    ("kind", "agent", "expected"),
    [
        (WithMethod, None, 1),
        (WithMethod, 1, 2),
        (WithMethod, "left", 3),
        (WithIdleOfAll, None, 2),
        (WithIdleOfAll, "left", 2),
        (WithValue, None, 3),
        (WithValues, "left", 1),
        (WithValues, "right", 2),
        (WithNoopMethod, "left", 2),
        (WithNoopMethod, "right", 1),
        (WithMeanings, None, 1),
    ],
)
def test_what_the_environment_names(kind: type[Silent], agent: Any, expected: int) -> None:
    assert idle_action(FOUR, kind(FOUR), agent) == (expected, True)
    wrapped = StickyAction(kind(FOUR), 0.25)
    assert idle_action(FOUR, wrapped, agent) == (expected, True)


def test_meanings_count_from_the_start_of_the_space_and_must_be_as_many_as_actions() -> None:
    later = spaces.Discrete(4, start=10, dtype=np.int32)
    action, is_noop = idle_action(later, WithMeanings(later))
    assert action == 11 and type(action) is np.int32 and is_noop
    assert idle_action(spaces.Discrete(5), WithMeanings(spaces.Discrete(5))) == (0, False)
    without = WithMeanings(FOUR)
    without.meanings = ("UP", "DOWN", "LEFT", "RIGHT")
    assert idle_action(FOUR, without) == (0, False)


def test_a_wrapper_may_name_another_one() -> None:
    class Wrapper(gymnasium.Wrapper[Any, Any, Any, Any]):
        noop_action = 0

    assert idle_action(FOUR, Wrapper(WithValue(FOUR))) == (0, True)


def test_plain_lists_and_nested_values_are_legal_names() -> None:
    box = spaces.Box(-1, 1, (2,), F32)
    both = spaces.Dict({"aim": box, "keys": spaces.MultiBinary(2), "pair": spaces.Tuple((FOUR, FOUR))})
    named = WithValue(both)
    named.noop_action = {"aim": [0.5, 0], "keys": [0, 1], "pair": [1, 2]}
    assert idle_action(both, named) == (named.noop_action, True)
    assert tree(codec_for(both, idle=idle_action(both, named)[0]).idle) == {"aim": [0.5, 0.0], "keys": [0, 1], "pair": (1, 2)}


@pytest.mark.parametrize(
    ("space", "action"),
    [
        (FOUR, 4),
        (FOUR, "left"),
        (spaces.Box(-1, 1, (2,), F32), [2, 0]),
        (spaces.Box(-1, 1, (2,), F32), [0]),
        (spaces.Box(-1, 1, (2,), F32), "left"),
        (spaces.Box(-1, 1, (2,), F32), [0, [1]]),
        (spaces.MultiDiscrete([2, 2]), [0, 2]),
        (spaces.Tuple((FOUR,)), (0, 1)),
        (spaces.Dict({"a": FOUR}), {"b": 0}),
        (spaces.Dict({"a": FOUR}), 0),
    ],
)
def test_an_environment_that_names_an_illegal_action_is_told(space: spaces.Space[Any], action: Any) -> None:
    wrong = WithValue(space)
    wrong.noop_action = action
    with pytest.raises(GameError, match=r"WithValue names .* as its idle action, which .* does not hold"):
        idle_action(space, wrong)


def test_a_name_below_a_wrapper_that_changes_the_space_is_passed_over() -> None:
    class Fewer(gymnasium.Wrapper[Any, Any, Any, Any]):
        pass

    wrapped = Fewer(WithValue(FOUR))
    wrapped.action_space = spaces.Discrete(2)
    assert idle_action(wrapped.action_space, wrapped) == (0, False)


@pytest.mark.parametrize(
    ("name", "settings", "expected", "is_noop"),
    [
        ("CartPole-v1", {}, 0, False),
        ("Taxi-v4", {}, 0, False),
        ("FrozenLake-v1", {}, 0, False),
        ("Blackjack-v1", {}, 0, False),
        ("MountainCar-v0", {}, 1, True),
        ("MountainCarContinuous-v0", {}, [0.0], True),
        ("Acrobot-v1", {}, 1, True),
        ("Pendulum-v1", {}, [0.0], True),
    ],
)
def test_environments_of_gymnasium(name: str, settings: dict[str, Any], expected: Any, is_noop: bool) -> None:
    env = gymnasium.make(name, **settings)
    action, found = idle_action(env.action_space, env)
    assert tree(action) == expected and found is is_noop
    env.close()


@pytest.mark.filterwarnings("ignore")  # of the packages that these bring
@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("LunarLander-v3", {}, 0),
        ("LunarLander-v3", {"continuous": True}, [0.0, 0.0]),
        ("CarRacing-v3", {"continuous": False}, 0),
    ],
)
def test_environments_of_box2d(name: str, settings: dict[str, Any], expected: Any) -> None:
    pytest.importorskip("Box2D")
    env = gymnasium.make(name, **settings)
    action, is_noop = idle_action(env.action_space, env)
    assert tree(action) == expected and is_noop
    env.close()


def test_what_the_table_calls_nothing_does_nothing() -> None:
    car = gymnasium.make("MountainCar-v0")
    rested, pushed = [], []
    for action, found in ((idle_action(car.action_space, car)[0], rested), (2, pushed)):
        car.reset(seed=1)
        for _ in range(3):
            found.append(car.step(action)[0].tolist())
    car.reset(seed=1)
    place, speed = car.unwrapped.state  # type: ignore[attr-defined]
    speed -= np.cos(3 * place) * 0.0025  # gravity alone
    assert rested[0][1] == pytest.approx(speed, abs=1e-6) and pushed[0][1] != pytest.approx(speed, abs=1e-6)


def test_transforming_wrappers_are_followed_back() -> None:
    pendulum = gymnasium.make("Pendulum-v1")
    halves = RescaleAction(pendulum, F32(0), F32(1))
    assert tree(idle_action(halves.action_space, halves)) == ([0.5], True)
    clipped = ClipAction(pendulum)
    assert tree(idle_action(clipped.action_space, clipped)) == ([0.0], True)
    five = DiscretizeAction(pendulum, 5)
    assert tree(idle_action(five.action_space, five)) == (2, True)
    four = DiscretizeAction(pendulum, 4)  # which cannot let go
    assert tree(idle_action(four.action_space, four)) == (0, False)
    turned = TransformAction(gymnasium.make("MountainCar-v0"), lambda action: (action + 1) % 3, spaces.Discrete(3))
    assert tree(idle_action(turned.action_space, turned)) == (0, True)
    pushing = TransformAction(gymnasium.make("CartPole-v1"), lambda action: 1 - action, spaces.Discrete(2))
    assert tree(idle_action(pushing.action_space, pushing)) == (0, False)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("module", "settings", "agent", "expected", "is_noop"),
    [
        ("mpe2.simple_tag_v3", {}, "adversary_0", 0, True),
        ("mpe2.simple_tag_v3", {"continuous_actions": True}, "agent_0", [0.0] * 5, True),
        ("mpe2.simple_reference_v3", {}, "agent_1", 0, True),
        ("mpe2.simple_speaker_listener_v4", {}, "listener_0", 0, True),
        ("mpe2.simple_speaker_listener_v4", {}, "speaker_0", 0, False),
        ("pettingzoo.butterfly.pistonball_v6", {"n_pistons": 4, "continuous": False}, "piston_0", 1, True),
        ("pettingzoo.butterfly.pistonball_v6", {"n_pistons": 4}, "piston_0", [0.0], True),
        ("pettingzoo.butterfly.cooperative_pong_v6", {}, "paddle_0", 0, True),
        ("pettingzoo.butterfly.knights_archers_zombies_v11", {}, "archer_0", 5, True),
        ("pettingzoo.sisl.pursuit_v5", {}, "pursuer_0", 4, True),
    ],
)
def test_environments_of_pettingzoo(module: str, settings: dict[str, Any], agent: str, expected: Any, is_noop: bool) -> None:
    pytest.importorskip(module.partition(".")[0])
    env = importlib.import_module(module).parallel_env(**settings)
    action, found = idle_action(env.action_space(agent), env, agent)
    assert tree(action) == expected and found is is_noop
    env.close()


@pytest.mark.filterwarnings("ignore")
def test_the_arcade_machines() -> None:
    ale = pytest.importorskip("ale_py")
    gymnasium.register_envs(ale)
    env = gymnasium.make("ALE/Pong-v5")
    assert tree(idle_action(env.action_space, env)) == (0, True)
    env.close()
    pytest.importorskip("multi_agent_ale_py")
    pong = importlib.import_module("pettingzoo.atari.pong_v3")
    two = pong.parallel_env(auto_rom_install_path=str(Path(ale.__file__).parent / "roms"))
    assert tree(idle_action(two.action_space("first_0"), two, "first_0")) == (0, True)
    two.close()


def test_an_arcade_machine_whose_first_action_is_another() -> None:
    # Not every machine's smallest set of actions begins with ALE's action 0.
    machine = type("ParallelAtariEnv", (), {"__module__": "pettingzoo.atari.base_atari_env"})()
    machine.action_mapping = np.array([3, 4, 0, 1])
    assert tree(idle_action(FOUR, machine)) == (2, True)
    machine.action_mapping = np.array([3, 4, 2, 1])
    assert tree(idle_action(FOUR, machine)) == (0, False)


@pytest.mark.filterwarnings("ignore")
def test_the_table_names_classes_that_are_there() -> None:
    for name in KNOWN:
        module, _, kind = name.partition(":")
        pytest.importorskip(module.partition(".")[0])
        assert hasattr(importlib.import_module(module), kind), name


def test_a_chain_of_wrappers_that_leads_back_to_itself_ends() -> None:
    class Loop:
        pass

    first, second = Loop(), Loop()
    first.env, second.env = second, first  # type: ignore[attr-defined]
    assert tree(idle_action(FOUR, first)) == (0, False)


def test_a_space_without_any_idle_action_asks_for_one() -> None:
    text = spaces.Text(4)
    with pytest.raises(GameError, match=r"has no idle action that could be told: give one \(idle=\.\.\.\)"):
        idle_action(text)
    assert idle_action(text, given="nothing") == ("nothing", True)
