"""What environments draw, side by side or in words. Draws only when asked; knows no frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

__all__ = ["beside", "shown_by", "told"]

_MODES: Final = ("rgb_array", "rgb_array_list", "ansi", "ansi_list")  # those that open no window


def shown_by(env: Any) -> Any:
    """Return what `env.render()` gives: an array (height, width, 3), a text, or None where it cannot be drawn."""
    if getattr(env, "render_mode", None) not in _MODES:
        return None
    shown = env.render()
    if isinstance(shown, list):
        shown = shown[-1] if shown else None
    if isinstance(shown, np.ndarray):
        return shown if shown.ndim == 3 and shown.dtype == np.uint8 else None
    if shown is None or isinstance(shown, str):
        return shown
    return str(shown.getvalue()) if hasattr(shown, "getvalue") else None


def beside(shown: Sequence[Any]) -> Any:
    """Return several pictures as one, left to right, or several texts one below the other; None where one is missing."""
    if len(shown) == 1:
        return shown[0]
    if all(isinstance(picture, np.ndarray) for picture in shown):
        height = max(picture.shape[0] for picture in shown)
        return np.concatenate([_filled(picture, height) for picture in shown], axis=1)
    return "\n\n".join(shown) if all(isinstance(text, str) for text in shown) else None


def told(game: Any) -> str:
    """Return how the game stands, in words: for environments that draw nothing."""
    lines = [f"episode {game.episode}, step {game.step_in_episode}{', over' if game.is_between else ''}"]
    width = max(map(len, game.agents))
    scores = game.scores()
    for player, agent in enumerate(game.agents):
        state = "watches" if player in game.watchers else "plays" if game.alive[player] else "is done"
        lines.append(f"{agent:<{width}}  {state:<8} {game.returns[player]:10.2f} {scores[player]:10.2f}")
    return "\n".join(lines)


def _filled(picture: Any, height: int) -> Any:
    missing = height - picture.shape[0]
    return np.pad(picture, ((0, missing), (0, 0), (0, 0))) if missing else picture
