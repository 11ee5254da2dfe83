"""Gymnasium environments as games for several players: raced, split, taken in turns or watched. Knows no match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import gymnasium

from rollback.envs.codecs.idle_actions import holds, idle_action
from rollback.envs.controls import check_count, controls_for
from rollback.envs.environment_game import USUAL_FPS, EnvironmentGame
from rollback.envs.keys import KeyTable
from rollback.envs.making import made_quietly, maker_of, one_more
from rollback.envs.race import RaceGame, episode_of
from rollback.envs.saving.probe import Episode
from rollback.envs.shared import SplitGame, TurnsGame, WatchGame
from rollback.envs.splitting import can_split, divided, join_for, split
from rollback.envs.versions import version_of
from rollback.errors import GameError

__all__ = ["SHARES", "from_gymnasium", "rate_of", "usual_share"]

SHARES: Final = ("race", "turns", "watch", "split")


def from_gymnasium(
    env: Any,
    players: int = 2,
    share: str | None = None,
    *,
    idle: Any = None,
    keys: Mapping[Any, Any] | None = None,
    bits: int | None = None,
    saver: str | None = None,
    episodes: int | None = None,
) -> EnvironmentGame:
    """Return a game of a Gymnasium environment.

    Args:
        env: An id such as `CartPole-v1` (or `module:Id-v0`), a function that makes the environment, or the environment
            itself, which then belongs to the game.
        players: How many play.
        share: `race`: one copy per player, all from the same seed. `turns`: players alternate by episode. `watch`: player 0
            plays and the others see. `split`: the parts of a Tuple, Dict, MultiDiscrete or MultiBinary space are divided
            among the players; all see the same, and share the reward unless the environment gives a tuple of them or
            `info["rewards"]`. None splits where the space can be, and for a single player races.
        idle: The action that does nothing, for all players or by agent, or of the whole that is split; None asks the
            environment, then the space.
        keys: From keys to actions, as `{"left": 0, "right": 1}`; None asks `get_keys_to_action()`, then takes usual ones.
        bits: Bits of each number of a Box, for actions that are too wide; None keeps them exact.
        saver: The name of the only saver to try; None takes the first one that proves right.
        episodes: After how many episodes the match is over; None goes on.

    Raises:
        GameError: It cannot be shared so, or its actions cannot travel, or it cannot be saved; the message says why.
        MissingPackage: The environment's package is not installed.
    """
    if share not in (*SHARES, None):
        raise GameError(f"share must be one of {', '.join(map(repr, SHARES))} or None, not {share!r}")
    check_count(players, "this game")
    make = maker_of(env)
    first = env if make is None or isinstance(env, gymnasium.Env) else made_quietly(make)
    if not isinstance(first, gymnasium.Env):
        raise GameError(f"{env!r:.80} gives {type(first).__name__}, no Gymnasium environment: give an id, a function or one")
    if share is None:
        share = "race" if players == 1 else "split"  # refused with the other three named, where there are no parts
    settings: dict[str, Any] = {"saver": saver, "episodes": episodes, "fps": rate_of(first), "keys": KeyTable(keys, first)}
    if make is not None:
        settings["again"] = lambda: from_gymnasium(
            make, players, share, idle=idle, keys=keys, bits=bits, saver=saver, episodes=episodes
        )
    game = _shared(first, isinstance(env, gymnasium.Env), make, players, share, idle, bits, settings)
    name = first.spec.id if first.spec is not None else type(first.unwrapped).__name__
    game.game_id = f"gym:{name}?players={players}&share={share}"
    game.game_version = version_of(first, game.saver.name)
    settings["keys"].check(game.controls)
    return game


def usual_share(make: Callable[[], Any], players: int) -> str:
    """Return how an environment that is only named is shared: split where its actions have parts, and raced where not."""
    env = made_quietly(make)
    shared = "split" if players != 1 and can_split(env.action_space, players) else "race"
    env.close()
    return shared


def rate_of(env: Any) -> int:
    """Return the frames a second that the environment's metadata name, or the usual ones."""
    rate = (getattr(env, "metadata", None) or {}).get("render_fps")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 1 <= rate <= 1000:
        return USUAL_FPS
    return round(rate)


def _shared(
    first: Any,
    is_given: bool,
    make: Callable[[], Any] | None,
    players: int,
    share: str,
    idle: Any,
    bits: int | None,
    settings: dict[str, Any],
) -> EnvironmentGame:
    observed, acted = first.observation_space, first.action_space
    env = first if is_given else one_more(first, make)
    scout = first if not is_given else None if make is None else one_more(first, make)
    settings = {**settings, "make": make, "scout": scout}
    if share == "split":
        parts = split(acted, players)
        names = tuple(name for name, _ in parts)
        rows = [(observed, part) for _, part in parts]
        resting = _idle_of_parts(first, acted, players, idle)
        controls = controls_for(first, range(players), rows, idle=resting, bits=bits, names=names)
        join = join_for(acted, players)

        def drive_split(boat: Any) -> Episode:
            return episode_of(boat, lambda dice: join([control.draw(dice) for control in controls]))

        return SplitGame(env, controls, drive_split, join=join, **settings)
    names = tuple(f"player_{player}" for player in range(players))
    controls = controls_for(first, range(players), [(observed, acted)] * players, idle=idle, bits=bits, names=names)
    if share == "race":
        copies = [env, *(one_more(env, make) for _ in range(players - 1))]
        return RaceGame(copies, controls, **settings)
    kind = TurnsGame if share == "turns" else WatchGame
    return kind(env, controls, lambda each: episode_of(each, controls[0].draw), **settings)


def _idle_of_parts(env: Any, space: Any, players: int, given: Any) -> Any:
    """Return the idle action of each player's part where one of the whole is given or named, otherwise what is given."""
    whole = given
    if given is None:
        try:
            whole, is_noop = idle_action(space, env)
        except GameError:  # what the environment names may be of the parts
            return None
        if not is_noop:
            return None
    return divided(space, players, whole) if holds(space, whole) else given
