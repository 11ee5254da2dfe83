"""The players of an environment: their codecs, and what they do when they do nothing. Knows spaces; knows no episode."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from rollback.envs.codecs.idle_actions import idle_action
from rollback.envs.codecs.spaces import codec_for, fresh
from rollback.envs.draws import drawn
from rollback.errors import GameError
from rollback.game import MAX_PLAYERS

__all__ = ["Control", "Watching", "check_count", "controls_for"]


@dataclass(frozen=True, slots=True)
class Control:
    """One player's say in an environment.

    Attributes:
        name: The agent.
        observation_space: What it sees.
        action_space: What it may do.
        codec: Its actions as bytes.
        idle: What it does when it does nothing.
        has_noop: Whether that truly does nothing.
        is_fresh: Whether a decoded action may go to an environment as it is, being no array and no container.
    """

    name: str
    observation_space: Any
    action_space: Any
    codec: Any
    idle: Any
    has_noop: bool
    is_fresh: bool

    def draw(self, dice: Random) -> Any:
        """Return some legal action."""
        return self.codec.decode(self.codec.encode(drawn(self.action_space, dice)))


class Watching:
    """The codec of who only watches: one byte that says nothing. Takes any action, for none matters.

    Args:
        idle: What every byte means.
    """

    size = 1
    immutable = True

    def __init__(self, idle: Any) -> None:
        self.idle = idle

    def encode(self, action: Any) -> bytes:
        """Return the one input there is."""
        return b"\0"

    def decode(self, data: bytes) -> Any:
        """Return the idle action."""
        return self.idle

    def describe(self) -> str:
        """Name the codec."""
        return "watching"


def check_count(players: Any, what: str) -> None:
    """Raise `GameError` unless `players` may be the number of players of `what`."""
    if not isinstance(players, int) or isinstance(players, bool):
        raise GameError(f"players must be a whole number, not {players!r}: a match is for 1 to {MAX_PLAYERS}")
    if not 1 <= players <= MAX_PLAYERS:
        mend = "somebody has to play" if players < 1 else "make it with fewer"
        raise GameError(f"{what} has {players} players: a match is for 1 to {MAX_PLAYERS}; {mend}")


def controls_for(
    env: Any,
    agents: Sequence[Any],
    spaces: Sequence[tuple[Any, Any]],
    *,
    idle: Any = None,
    bits: int | None = None,
    names: Sequence[str] | None = None,
) -> tuple[Control, ...]:
    """Return one control per player.

    Args:
        env: The environment, asked for its no-op.
        agents: How the environment calls each player: an agent, or a number.
        spaces: The observation space and the action space of each.
        idle: The idle action of all, or of each by the player's name; None asks the environment.
        bits: See `codec_for`.
        names: The players' names; None takes the agents.

    Raises:
        GameError: A space has no codec, or an idle action is none of its space.
    """
    names = [str(agent) for agent in agents] if names is None else names
    by_name = idle if isinstance(idle, Mapping) and idle and set(idle) <= {*names, *agents} else None
    controls = []
    for agent, name, (observed, acted) in zip(agents, names, spaces, strict=True):
        given = idle if by_name is None else by_name.get(agent, by_name.get(name))
        action, has_noop = _idle(acted, env, agent, given)
        # Copies: who samples from an environment's own space changes its generator, and with it what is saved.
        observed, acted = copy.deepcopy(observed), copy.deepcopy(acted)
        codec = codec_for(acted, bits=bits, idle=action)
        decoded = codec.decode(codec.encode(codec.idle))
        controls.append(Control(name, observed, acted, codec, codec.idle, has_noop, fresh(decoded) is decoded))
    return tuple(controls)


def _idle(space: Any, env: Any, agent: Any, given: Any) -> tuple[Any, bool]:
    try:
        return idle_action(space, env, agent, given)
    except GameError:
        if space is getattr(env, "action_space", None) or callable(getattr(env, "action_space", None)):
            raise
        return idle_action(space)  # the environment names one for the whole of which this is a part
