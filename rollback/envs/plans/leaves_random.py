"""Random generators: their whole state as a tree, checked before it is set, and a quick sight of whether it has changed.

Knows no plan. A generator whose state breaks its rules reads memory that is not its own (a Mersenne Twister looks up the
place it is told), so every number is checked before numpy hears of it.
"""

from __future__ import annotations

import ctypes
import random
from typing import Any, Final

import numpy
from numpy.random import MT19937, PCG64, PCG64DXSM, SFC64, BitGenerator, Philox

from rollback.errors import GameError

__all__ = ["BIT_GENERATORS", "Slot", "Watch", "check_bits", "check_old", "check_python"]

BIT_GENERATORS: Final[dict[str, type[BitGenerator]]] = {
    kind.__name__: kind for kind in (MT19937, PCG64, PCG64DXSM, Philox, SFC64)
}
_READ: Final = 624
_HEAD: Final = 16  # bytes of a PCG64: where the body is, whether half a number is left over, and that half
_BODY: Final = 32  # bytes of it: two numbers of 128 bits


def check_bits(name: str, state: Any) -> None:
    """Check the state of a bit generator of the class `name`.

    Raises:
        GameError: It is no state of such a generator.
    """
    try:
        if name not in BIT_GENERATORS or state["bit_generator"] != name:
            raise ValueError(f"it is one of {state['bit_generator']!r:.30}")
        inner = state["state"]
        if name == "MT19937":
            _words(inner["key"], "uint32", 624)
            _number(inner["pos"], 624)
        else:
            _number(state["has_uint32"], 1)
            _number(state["uinteger"], 2**32 - 1)
        if name == "Philox":
            _words(inner["counter"], "uint64", 4)
            _words(inner["key"], "uint64", 2)
            _words(state["buffer"], "uint64", 4)
            _number(state["buffer_pos"], 4)
        elif name == "SFC64":
            _words(inner["state"], "uint64", 4)
        elif name.startswith("PCG64"):
            _number(inner["state"], 2**128 - 1)
            _number(inner["inc"], 2**128 - 1)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise GameError(f"the snapshot holds no state of a {name}: {error!s:.80}") from None


def check_old(state: Any) -> None:
    """Check the state of a `numpy.random.RandomState`.

    Raises:
        GameError: It is no such state.
    """
    try:
        _number(state["has_gauss"], 1)
        float(state["gauss"])
        bits = {key: value for key, value in state.items() if key not in ("has_gauss", "gauss")}
        check_bits(bits["bit_generator"], bits)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GameError(f"the snapshot holds no state of a RandomState: {error!s:.80}") from None


def check_python(state: Any) -> None:
    """Check the state of a `random.Random`.

    Raises:
        GameError: It is no such state.
    """
    try:
        version, words, gauss = state
        if version != 3 or type(words) is not tuple or len(words) != _READ + 1 or type(gauss) not in (float, type(None)):
            raise ValueError("its parts are others")
        random.Random().setstate(state)
    except (TypeError, ValueError, OverflowError) as error:
        raise GameError(f"the snapshot holds no state of a random.Random: {error!s:.80}") from None


def _number(value: Any, highest: int) -> None:
    if not 0 <= int(value) <= highest or int(value) != value:
        raise ValueError(f"{value!r:.30} is not in 0..{highest}")


def _words(value: Any, dtype: str, count: int) -> None:
    if type(value) is not numpy.ndarray or value.dtype != dtype or value.shape != (count,):
        raise ValueError(f"there are not {count} numbers of {dtype}")


def _memory_of(bits: Any) -> tuple[Any, int, int] | None:
    """Return the memory of a PCG64 from its first part to its last, and where its head and its body are in there.

    None where that cannot be known, or where the parts are not all inside the object itself.
    """
    try:
        start, stop = id(bits), id(bits) + type(bits).__basicsize__
        outer = bits.ctypes.state_address
        if not start <= outer <= stop - _HEAD:
            return None
        inner = ctypes.cast(outer, ctypes.POINTER(ctypes.c_void_p))[0] or 0
        first, end = min(outer, inner), max(outer + _HEAD, inner + _BODY)
        if not start <= first < end <= stop or (end - first) % 8:
            return None
        memory = memoryview((ctypes.c_ubyte * (end - first)).from_address(first)).cast("B").cast("Q")
    except (AttributeError, TypeError, ValueError):
        return None
    return memory, outer - first, inner - first


def _is_memory_known() -> bool:
    """Return whether the memory of a PCG64 is laid out as read above: every part of the state is set and looked for."""
    scratch = PCG64(1)
    found = _memory_of(scratch)
    if found is None:
        return False
    memory, head, body = found
    low, high = (1 << 77) | 5, (1 << 127) | 0x1234567
    for state, increment, has, half in ((low, high | 1, 1, 0xDEADBEEF), (high, low | 1, 0, 7)):
        scratch.state = {
            "bit_generator": "PCG64",
            "state": {"state": state, "inc": increment},
            "has_uint32": has,
            "uinteger": half,
        }
        seen = memory.tobytes()
        numbers = [int.from_bytes(seen[place : place + 16], "little") for place in (body, body + 16)]
        swapped = [(number >> 64) | ((number & (2**64 - 1)) << 64) for number in numbers]
        if [state, increment] not in (numbers, swapped):
            return False
        if seen[head + 8 : head + 16] != has.to_bytes(4, "little") + half.to_bytes(4, "little"):
            return False
    return True


_IS_MEMORY_KNOWN: Final = _is_memory_known()


class Watch:
    """The state of a bit generator, read quickly where nothing was drawn meanwhile.

    The state that was read last is handed out again while the memory of the generator holds the same words (20 ns instead
    of 700). Whoever gets a state must not change it. Who is in a hurry takes `last` while `memory == seen`.

    Args:
        bits: The bit generator.

    Attributes:
        bits: The bit generator.
        memory: The words of its state, now; None where it is not known what is in them.
        seen: A copy of them as they were when `last` was read, never equal to None.
        last: The state that was read or set last.
    """

    __slots__ = ("bits", "last", "memory", "seen")

    def __init__(self, bits: Any) -> None:
        self._watch(bits)

    def _watch(self, bits: Any) -> None:
        self.bits = bits
        found = _memory_of(bits) if type(bits) is PCG64 and _IS_MEMORY_KNOWN else None
        self.memory = None if found is None else found[0]
        self._remember(bits.state)

    def _remember(self, state: Any) -> Any:
        self.last = state
        self.seen = False if self.memory is None else memoryview(self.memory.tobytes()).cast("Q")
        return state

    def state(self) -> Any:
        """Return the state."""
        return self.last if self.memory == self.seen else self._remember(self.bits.state)

    def set(self, state: Any) -> None:
        """Set the state."""
        if state is not self.last or self.memory != self.seen:
            self.bits.state = state
            self._remember(state)


class Slot(Watch):
    """The place of a numpy generator in an environment, which may put another generator there with every reset.

    Args:
        generator: The one that is there now.
        slots: All slots of the environment, this one included, once they are made.
    """

    __slots__ = ("_kind", "_slots", "generator")

    def __init__(self, generator: Any, slots: list[Slot]) -> None:
        super().__init__(generator.bit_generator)
        self._slots = slots
        self._kind = type(generator.bit_generator)
        self.generator = generator

    def read(self, generator: Any) -> Any:
        """Return the state of the generator that is there now.

        Raises:
            ValueError: It is of another kind, or the generator of another place.
        """
        if generator is not self.generator:
            if type(generator) is not numpy.random.Generator or type(generator.bit_generator) is not self._kind:
                raise ValueError("this is a generator of another kind")
            self.generator = generator
            self._watch(generator.bit_generator)
            if len({id(slot.bits) for slot in self._slots}) < len(self._slots):
                raise ValueError("two places share a generator")
        return self.state()

    def put(self, state: Any) -> Any:
        """Set the state of the generator that was there last, and return it."""
        self.set(state)
        return self.generator
