"""The action codec of any Gymnasium space of fixed width. Knows no environment, no player and no frame."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from rollback.envs.codecs.layout import Layout
from rollback.errors import ActionError, GameError, MissingPackage

try:
    import numpy as np
    from gymnasium import spaces

    from rollback.envs.codecs.fields import OneNumber, numbers_of
    from rollback.envs.codecs.floats import floats_of
    from rollback.envs.codecs.idle_actions import idle_action
    from rollback.envs.codecs.nesting import DictOf, OneOfMany, TupleOf
    from rollback.envs.codecs.width import checked_width
except ModuleNotFoundError as error:
    raise MissingPackage("a codec from an action space", error.name or "gymnasium") from None

__all__ = ["MAX_BITS", "DiscreteCodec", "SpaceCodec", "codec_for", "fresh"]

MAX_BITS: Final = 16  # 65,536 levels a component, in tables; finer than that, send the floats themselves
TABLE: Final = 256  # codecs of one byte and one number look up every input
SHORT: Final = 160  # characters of a description before a digest takes its place


class SpaceCodec:
    """The actions of one space as inputs of a fixed width: bit fields in the order of the space, little-endian.

    Decoded arrays are read-only, and decoded dicts are shared: hand `fresh(action)` to whoever might write into it.

    Attributes:
        space: The space.
        idle: The idle action, as decoding gives it.
        size: Bytes an input.
    """

    immutable = True

    def __init__(self, space: spaces.Space[Any], layout: Layout, idle: Any) -> None:
        self.space = space
        self.size = max((layout.bits + 7) // 8, 1)  # one byte also where there is nothing to choose
        self.idle = layout.unpack(layout.pack(idle))
        self._layout, self._bits = layout, layout.bits

    def encode(self, action: Any) -> bytes:
        """Return `size` bytes; numbers, lists and arrays of another dtype are taken where the space holds their value.

        Raises:
            ActionError: The action is outside the space; the message names it, the space and what is allowed.
        """
        return self._layout.pack(action).to_bytes(self.size, "little")

    def decode(self, data: bytes) -> Any:
        """Return an action of the space for any bytes; a component that is NaN or out of range is the idle one."""
        number = int.from_bytes(data, "little")
        return self.idle if number >> self._bits else self._layout.unpack(number)  # spare bits are never set by `encode`

    def describe(self) -> str:
        """Name the layout and the idle input; where that is long, by its kind and a digest."""
        text = f"{self._layout.text} idle={self.encode(self.idle).hex()}"
        if len(text) <= SHORT:
            return text
        digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]
        return f"{text[:48]}... {self.size} bytes, sha256={digest}"


class DiscreteCodec(SpaceCodec):
    """A Discrete of up to 256 actions: both ways are one look-up, since this is on the path of every frame."""

    def __init__(self, space: spaces.Space[Any], layout: OneNumber, idle: Any) -> None:
        super().__init__(space, layout, idle)
        self._actions = [layout.unpack(number) if number < layout.count else self.idle for number in range(TABLE)]
        self._inputs = {layout.start + place: bytes([place]) for place in range(layout.count)}

    def encode(self, action: Any) -> bytes:
        """Return the one byte of the action."""
        try:
            return self._inputs[action]  # a numpy integer has the hash of its value
        except (KeyError, TypeError):
            return super().encode(action)

    def decode(self, data: bytes) -> Any:
        """Return the action of the one byte."""
        return self._actions[data[0]]


def codec_for(space: Any, *, bits: int | None = None, idle: Any = None) -> SpaceCodec:
    """Return the codec of an action space.

    Discrete, MultiDiscrete, MultiBinary, Box, Tuple, Dict and OneOf have one, also nested. Everything is packed into bit
    fields: whole numbers take the bits that their range needs, floats all of theirs.

    Args:
        space: A `gymnasium.spaces.Space`.
        bits: 2 to 16: bounded boxes of floats travel as so many bits a component. The levels include both bounds, and
            exactly 0 where the bounds lie about it. Unbounded boxes and everything else stay exact.
        idle: The neutral action, also for bytes that are no action; by default what `idle_action(space)` says.

    Raises:
        GameError: The space has no fixed width, is wider than an input may be, or is too deeply nested; or `bits` or `idle`
            do not fit.
    """
    if bits is not None and (not isinstance(bits, int) or isinstance(bits, bool) or not 2 <= bits <= MAX_BITS):
        raise GameError(f"codec_for: bits must be a whole number from 2 to {MAX_BITS}, or None for exact floats, not {bits!r}")
    checked_width(space, bits)
    resting, _ = idle_action(space)
    layout = _layout(space, bits, resting)
    if idle is not None:
        try:
            resting = layout.unpack(layout.pack(idle))
        except ActionError as error:
            raise GameError(f"the idle action cannot be used: {error}") from None
        layout = _layout(space, bits, resting)
    if isinstance(layout, OneNumber) and layout.count <= TABLE:
        return DiscreteCodec(space, layout, resting)
    return SpaceCodec(space, layout, resting)


def _layout(space: Any, bits: int | None, idle: Any) -> Layout:
    match space:
        case spaces.Discrete():
            return OneNumber(space, idle)
        case spaces.Tuple():
            return TupleOf(space, [_layout(part, bits, resting) for part, resting in zip(space.spaces, idle, strict=True)])
        case spaces.Dict():
            return DictOf(space, {key: _layout(part, bits, idle[key]) for key, part in space.spaces.items()})
        case spaces.OneOf():
            inner = [idle[1] if place == idle[0] else idle_action(part)[0] for place, part in enumerate(space.spaces)]
            return OneOfMany(space, [_layout(part, bits, rest) for part, rest in zip(space.spaces, inner, strict=True)], idle)
        case spaces.Box() if np.dtype(space.dtype).kind == "f":
            return floats_of(space, bits, idle)
    return numbers_of(space, idle)


def fresh(action: Any) -> Any:
    """Return the action as its receiver may change it: arrays copied and writable, containers new."""
    kind = type(action)
    if kind is np.ndarray:
        return action.copy()
    if kind is dict:
        return {key: fresh(value) for key, value in action.items()}
    if kind is tuple:
        return tuple([fresh(value) for value in action])
    return action
