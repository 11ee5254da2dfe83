"""What a player does who does nothing: the idle action of a space, and whether it truly is a no-op. Knows no codec.

In this order: what the user gave, what the environment names, a table of known environments, and what the space suggests.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import TransformAction

from rollback.errors import GameError

__all__ = ["holds", "idle_action"]

MAX_LAYERS: Final = 64  # wrappers within wrappers; a chain that leads back to itself ends here
WORDS: Final = ("noop", "no-op", "no_op")

# Action 0 (or another) that does nothing, by the class that says so; each was looked up in the environment's own source or its
# documentation of actions. An environment that is not here and names no no-op has none: Taxi and FrozenLake always move,
# CartPole always pushes, and "stick" in Blackjack ends the hand.
KNOWN: Final[dict[str, int]] = {
    "gymnasium.envs.classic_control.acrobot:AcrobotEnv": 1,  # "apply 0 torque to the actuated joint"
    "gymnasium.envs.classic_control.mountain_car:MountainCarEnv": 1,  # "Don't accelerate"
    "gymnasium.envs.box2d.lunar_lander:LunarLander": 0,  # "do nothing"
    "gymnasium.envs.box2d.car_racing:CarRacing": 0,  # "do nothing"
    "pettingzoo.butterfly.cooperative_pong.cooperative_pong:raw_env": 0,  # "do nothing"
    "pettingzoo.butterfly.pistonball.pistonball:raw_env": 1,  # "1 to stay still"
    "pettingzoo.butterfly.knights_archers_zombies.knights_archers_zombies:raw_env": 5,  # "do nothing"
    "pettingzoo.sisl.pursuit.pursuit:raw_env": 4,  # motion_range[4] is [0, 0]
}


def idle_action(space: Any, env: Any = None, agent: Any = None, given: Any = None) -> tuple[Any, bool]:
    """Return the idle action of `space`, and whether it does nothing (no accelerating, turning or moving).

    Args:
        space: The action space of the player.
        env: The environment with its wrappers, if there is one. `env.idle(agent)`, `env.noop_action` (a value, a dict by
            agent, or a method) and `env.get_action_meanings()` with a "NOOP" are asked, the outermost wrapper first.
        agent: The PettingZoo agent or the number of the player; `env.idle` gets it, or 0.
        given: What the user wants; it is taken as it is.

    Raises:
        GameError: The environment names an action that its own space does not hold.
    """
    if given is not None:
        return given, True
    for layer in _layers(env):
        named = _named(layer, space, agent)
        if named is not None:
            if holds(space, named[0]):
                return named
            if layer is env:
                raise GameError(f"{type(layer).__name__} names {named[0]!r} as its idle action, which {space!r} does not hold")
        if isinstance(layer, TransformAction):
            return _transformed(layer, space, agent)
    return _of_space(space)


def holds(space: Any, action: Any) -> bool:
    """Return whether an action named by a person is one of `space`; lists and plain floats are, where arrays are meant."""
    if isinstance(space, spaces.Box | spaces.MultiDiscrete | spaces.MultiBinary):
        try:
            made = np.asarray(action)
            return bool(made.shape == space.shape and space.contains(made.astype(space.dtype)))
        except (TypeError, ValueError):
            return False
    if isinstance(space, spaces.Tuple) and isinstance(action, tuple | list):
        return len(action) == len(space.spaces) and all(map(holds, space.spaces, action))
    if isinstance(space, spaces.Dict) and isinstance(action, dict):
        return action.keys() == space.spaces.keys() and all(holds(part, action[key]) for key, part in space.spaces.items())
    return bool(space.contains(action))


def _layers(env: Any) -> Iterator[Any]:
    # Not by `unwrapped`: a wrapper may name a no-op of its own. `aec_env` is PettingZoo's converter to the parallel form.
    for _ in range(MAX_LAYERS):
        if env is None:
            return
        yield env
        inside = getattr(env, "__dict__", {})
        env = inside.get("env", inside.get("aec_env"))


def _named(layer: Any, space: Any, agent: Any) -> tuple[Any, bool] | None:
    """Return what one layer says itself, without asking what it wraps."""
    idle = _own(layer, "idle")
    if callable(idle):
        return _called(idle, agent), True
    noop = _own(layer, "noop_action")
    if callable(noop):
        return _called(noop, agent), True
    if isinstance(noop, dict) and agent in noop and not isinstance(space, spaces.Dict):
        noop = noop[agent]
    if noop is not None:
        return noop, True
    meanings = _own(layer, "get_action_meanings")
    if callable(meanings) and isinstance(space, spaces.Discrete):
        words = [str(word).lower() for word in meanings()]
        places = [words.index(word) for word in WORDS if word in words]
        if places and len(words) == int(space.n):
            return np.dtype(space.dtype).type(int(space.start) + places[0]), True
    return _known(layer, space, agent)


def _own(layer: Any, name: str) -> Any:
    # PettingZoo's wrappers answer for what they wrap, which comes later; and a private name raises.
    if name in getattr(layer, "__dict__", {}) or any(name in vars(kind) for kind in type(layer).__mro__):
        return getattr(layer, name)
    return None


def _called(method: Callable[..., Any], agent: Any) -> Any:
    asked = 0 if agent is None else agent
    try:
        inspect.signature(method).bind(asked)
    except TypeError:
        return method()
    return method(asked)


def _known(layer: Any, space: Any, agent: Any) -> tuple[Any, bool] | None:
    if not isinstance(space, spaces.Discrete):
        return None
    scalar = np.dtype(space.dtype).type
    for kind in type(layer).__mro__:
        name = f"{kind.__module__}:{kind.__qualname__}"
        if name in KNOWN:
            return scalar(KNOWN[name]), True
        if name == "mpe2._mpe_utils.simple_env:SimpleEnv":
            # 0 does not move, and is the first of the words where an agent talks; one that only talks cannot be silent.
            movable = {one.name: bool(one.movable) for one in layer.world.agents}
            return scalar(0), movable.get(agent, True)
        if name == "pettingzoo.atari.base_atari_env:ParallelAtariEnv":
            places = np.flatnonzero(np.asarray(layer.action_mapping) == 0)  # ALE's own number of NOOP
            return (scalar(places[0]), True) if places.size else None
    return None


def _transformed(wrapper: Any, space: Any, agent: Any) -> tuple[Any, bool]:
    """Look for the action of a wrapper that becomes the no-op of what it wraps; that is asked of it alone: it is a mapping."""
    inner, is_noop = idle_action(wrapper.env.action_space, wrapper.env, agent)
    fallback, _ = _of_space(space)
    if not is_noop:
        return fallback, False
    candidates = [fallback]
    if isinstance(space, spaces.Discrete) and int(space.n) <= 256:
        candidates = [np.dtype(space.dtype).type(int(space.start) + place) for place in range(int(space.n))]
    elif isinstance(space, spaces.Box) and np.dtype(space.dtype).kind == "f" and np.isfinite(space.high - space.low).all():
        candidates.append(((space.low.astype(np.float64) + space.high) / 2).astype(space.dtype))
    for candidate in candidates:
        made = wrapper.action(candidate.copy() if isinstance(candidate, np.ndarray) else candidate)
        if np.shape(made) == np.shape(inner) and np.allclose(made, inner, rtol=0, atol=1e-6):
            return candidate, True
    return fallback, False


def _of_space(space: Any) -> tuple[Any, bool]:
    """Return what a space suggests by itself: zeros where they are a rest position, otherwise the first legal value."""
    match space:
        case spaces.Discrete():
            return space.start, int(space.n) == 1  # nothing else can be done
        case spaces.MultiDiscrete():
            return space.start.copy(), bool((space.nvec == 1).all())
        case spaces.MultiBinary():
            return np.zeros(space.shape, space.dtype), True
        case spaces.Box():
            if bool(((space.low <= 0) & (space.high >= 0)).all()):
                return np.zeros(space.shape, space.dtype), True
            return np.clip(np.zeros(space.shape, space.dtype), space.low, space.high), bool((space.low == space.high).all())
        case spaces.Tuple():
            parts = [_of_space(part) for part in space.spaces]
            return tuple(action for action, _ in parts), all(is_noop for _, is_noop in parts)
        case spaces.Dict():
            named = {key: _of_space(part) for key, part in space.spaces.items()}
            return {key: action for key, (action, _) in named.items()}, all(is_noop for _, is_noop in named.values())
        case spaces.OneOf():
            action, is_noop = _of_space(space.spaces[0])
            return (np.int64(0), action), is_noop and len(space.spaces) == 1
    raise GameError(f"{space!r} has no idle action that could be told: give one (idle=...)")
