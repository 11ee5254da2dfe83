"""How many bits a space takes, and the sentences for those that cannot travel. Reckons only: builds no layout and no table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from gymnasium import spaces

from rollback.envs.codecs.layout import MAX_DEPTH, MAX_PARTS, shown
from rollback.errors import GameError
from rollback.game import MAX_INPUT_SIZE

__all__ = ["checked_width", "levels_help"]

OWN = "give the game codecs of its own"
WITHOUT_WIDTH = {spaces.Text: "a text", spaces.Sequence: "a sequence", spaces.Graph: "a graph"}


def checked_width(space: Any, bits: int | None) -> int:
    """Return the bits that an action of `space` takes.

    Raises:
        GameError: The space has no fixed width, is nested too deeply, has too many components, or is too wide for an input.
    """
    width = _width(space, bits, 0)
    if width > MAX_INPUT_SIZE * 8:
        raise GameError(_too_wide(space, bits, width))
    return width


def levels_help(space: Any, bits: int | None) -> bool:
    """Tell whether `bits` a component would make a Box of floats narrower: it must be bounded on both sides."""
    narrower = bits is not None and bits < np.dtype(space.dtype).itemsize * 8
    return narrower and bool(np.isfinite(space.low).all() and np.isfinite(space.high).all())


def _width(space: Any, bits: int | None, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise GameError(f"the action space is nested more than {MAX_DEPTH} deep: flatten it, or {OWN}")
    match space:
        case spaces.Discrete():
            return (int(space.n) - 1).bit_length()
        case spaces.Tuple() | spaces.Dict() | spaces.OneOf():
            inner = list(space.spaces.values()) if isinstance(space, spaces.Dict) else list(space.spaces)
            _count(space, len(inner))
            widths = [_width(part, bits, depth + 1) for part in inner]
            return (len(widths) - 1).bit_length() + max(widths) if isinstance(space, spaces.OneOf) else sum(widths)
        case spaces.MultiBinary():
            return _count(space, math.prod(space.shape))
        case spaces.MultiDiscrete():
            _count(space, space.nvec.size)
            return sum((int(count) - 1).bit_length() for count in space.nvec.reshape(-1).tolist())
        case spaces.Box():
            _count(space, space.low.size)
            if np.dtype(space.dtype).kind == "f":
                each = bits if bits is not None and levels_help(space, bits) else np.dtype(space.dtype).itemsize * 8
                return int(space.low.size) * each
            pairs = zip(space.low.reshape(-1).tolist(), space.high.reshape(-1).tolist(), strict=True)
            return sum((int(high) - int(low)).bit_length() for low, high in pairs)
    for kind, name in WITHOUT_WIDTH.items():
        if isinstance(space, kind):
            raise GameError(
                f"{shown(space)} is {name}, which has no fixed width, and inputs need one: wrap the actions, or {OWN}"
            )
    if isinstance(space, spaces.Space):
        known = "Discrete, MultiDiscrete, MultiBinary, Box, Tuple, Dict and OneOf"
        raise GameError(
            f"{shown(space)} is a space of its own kind ({type(space).__name__}): {known} have codecs, otherwise {OWN}"
        )
    raise GameError(f"{shown(space)} is no Gymnasium space: an instance of one is needed, such as gymnasium.spaces.Discrete(4)")


def _count(space: Any, parts: int) -> int:
    if parts > MAX_PARTS:
        raise GameError(f"{shown(space)} has {parts} components, and an action may have at most {MAX_PARTS}: {OWN}")
    return parts


def _too_wide(space: Any, bits: int | None, width: int) -> str:
    size = (width + 7) // 8
    asked = "" if bits is None else f" with bits={bits}"
    wide = f"{shown(space)} takes {size} bytes an input{asked}, and at most {MAX_INPUT_SIZE} can travel"
    for fewer in (8, 7, 6, 5, 4, 3, 2):
        quantised = (_width(space, fewer, 0) + 7) // 8
        if quantised <= MAX_INPUT_SIZE:
            return f"{wide}: quantise it, rollback.envs.codec_for(space, bits={fewer}) takes {quantised}"
    if _width(space, 2, 0) == width and bits is None:
        return f"{wide}, and nothing in it can be quantised (only bounded boxes of floats can): wrap the actions, or {OWN}"
    return f"{wide}, even quantised to bits=2: let the environment take fewer components, or {OWN}"
