"""Which wrapper makes an environment differ from itself: each layer is played by itself, the innermost first.

It looks into the environment where the making of its game was given up, and only to give a name to what was found there.
"""

from __future__ import annotations

import random
import traceback
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rollback.envs.saving.probe import Episode

__all__ = ["given_up_in", "unlike_layer"]

_CHOICE: Final = "saver_for"  # the function that is given an environment, and gives it up


def given_up_in(error: BaseException) -> Any:
    """Return the environment for which no saver was found, None where the error has another reason."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_name == _CHOICE:
            return frame.f_locals.get("env")
    return None


def unlike_layer(env: Any) -> str | None:
    """Return which wrapper differs from itself while all that it wraps does not, as a sentence.

    Args:
        env: The environment with its wrappers; it is reset and stepped.

    Returns:
        The sentence; None where all layers are alike, the innermost differs, or one cannot be played by itself.
    """
    from rollback.envs.saving.own_state import chain_of
    from rollback.envs.saving.probe import unlike_itself

    within: Any = None
    for layer in reversed(list(chain_of(env))):
        try:
            differs = unlike_itself(_driven(layer))
        except Exception:  # a layer may be unfit to be played without those around it
            return None
        if differs:
            return None if within is None else f"{_name(layer)} differs from itself, and {_name(within)} within it does not"
        within = layer
    return None


def _name(layer: Any) -> str:
    return type(layer).__name__


def _driven(layer: Any) -> Episode:
    """Return how a layer is driven: one of Gymnasium, or a parallel one."""
    from rollback.envs.draws import drawn
    from rollback.envs.saving.probe import Episode

    ended = [True]
    is_parallel = hasattr(layer, "possible_agents")

    def reset(seed: int) -> Any:
        ended[0] = False
        return layer.reset(seed=seed)[0]

    def step(actions: Any) -> Any:
        given = {agent: actions[agent] for agent in layer.agents} if is_parallel else actions
        results = layer.step(given)[:4]
        ended[0] = not layer.agents if is_parallel else bool(results[2] or results[3])
        return results

    def draw(dice: random.Random) -> Any:
        if is_parallel:
            return {agent: drawn(layer.action_space(agent), dice) for agent in layer.possible_agents}
        return drawn(layer.action_space, dice)

    return Episode(reset, step, draw, lambda: ended[0])
