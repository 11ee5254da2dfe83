"""The state of an Atari emulator, random state included, as bytes: ale_py's and PettingZoo's. Knows no environment.

Both emulators read a state in C++, and one of them ends the process when it cannot. So bytes that were not made here are
laid beside a state that was: equal lengths, names and markers, and a random state made of as many numbers. Frames that a
wrapper stacks, and what the environment counts, go by the plan.
"""

from __future__ import annotations

import re
from typing import Any, Final

from rollback.errors import GameError

__all__ = ["AleState", "ale_state"]

_RANDOM: Final = re.compile(rb"[0-9 ]{1248,}")  # a Mersenne Twister in text: 624 numbers, and a place among them perhaps
_NUMBERS: Final = re.compile(rb"\d{1,10}(?: \d{1,10}){623,}")
_NAME: Final = re.compile(rb"[ -~]{3,}")
_TRUE, _FALSE = bytes.fromhex("b2fab1fa"), bytes.fromhex("d2bad1ba")
_WHOLE: Final = re.compile(  # the length of all that follows, before the name of the cartridge
    rb"(.{4})(?=(?:" + re.escape(_TRUE) + rb")?\x20\0\0\0[0-9a-f]{32})", re.DOTALL
)
_STICKY: Final = "repeat_action_probability"
_REMEMBERED: Final = 64  # states made here that are known by identity: more than a window of them
_BEHIND: Final = 64  # bytes that may follow it
_WORD: Final = 2**32


def ale_state(thing: Any) -> AleState | None:
    """Return how `thing` is saved when it is an emulator, else None.

    Raises:
        GameError: It repeats actions by chance: which one it would repeat is in no state that it hands out.
    """
    package = type(thing).__module__.partition(".")[0]
    if type(thing).__name__ != "ALEInterface" or package not in ("ale_py", "multi_agent_ale_py"):
        return None
    sticky = float(thing.getFloat(_STICKY))
    if sticky > 0:
        raise GameError(
            f"the emulator repeats the last action with a chance of {sticky:g} and does not save which one that is:"
            f" make the environment with {_STICKY}=0"
        )
    return AleState(_New(thing) if package == "ale_py" else _Old(thing))


class _New:
    """ale_py: states are objects, made from bytes."""

    def __init__(self, ale: Any) -> None:
        from ale_py import ALEState

        self._ale, self._made = ale, ALEState

    def read(self) -> bytes:
        data: bytes = self._ale.cloneState(include_rng=True).serialize()
        return data

    def write(self, data: bytes) -> None:
        self._ale.restoreState(self._made(data))


class _Old:
    """multi_agent_ale_py: states are pointers, to be freed by hand."""

    def __init__(self, ale: Any) -> None:
        import numpy

        self._ale, self._numpy = ale, numpy

    def read(self) -> bytes:
        pointer = self._ale.cloneSystemState()
        try:
            data: bytes = self._ale.encodeState(pointer).tobytes()
        finally:
            self._ale.deleteState(pointer)
        return data

    def write(self, data: bytes) -> None:
        pointer = self._ale.decodeState(self._numpy.frombuffer(data, self._numpy.uint8).copy())
        try:
            self._ale.restoreSystemState(pointer)
        finally:
            self._ale.deleteState(pointer)


class AleState:
    """One emulator's state as bytes.

    Args:
        emulator: Reads and writes them.
    """

    name = "clone_state"

    def __init__(self, emulator: Any) -> None:
        self._emulator = emulator
        self._made: dict[int, bytes] = {}  # kept by this dict, so that their ids stay theirs

    def save(self) -> bytes:
        """Return the bytes."""
        data: bytes = self._emulator.read()
        made = self._made
        if len(made) >= _REMEMBERED:
            del made[next(iter(made))]
        made[id(data)] = data
        return data

    def load(self, tree: Any) -> None:
        """Become that state again.

        Raises:
            GameError: It is no state of this game's emulator.
        """
        is_made_here = type(tree) is bytes and self._made.get(id(tree)) is tree
        if not is_made_here and (why := why_not_alike(tree, self._emulator.read())):
            raise GameError(f"this is no state of this Atari game: {why}")
        try:
            self._emulator.write(tree)
        except Exception as error:
            raise GameError(f"the Atari emulator refuses the state: {error}") from None


def why_not_alike(data: Any, own: bytes) -> str | None:
    """Return why `data` is not laid out as `own`, a state of the same game; None when it is."""
    if type(data) is not bytes:
        return f"it is {type(data).__name__}, not bytes"
    theirs, ours = _parts(data), _parts(own)
    if ours is None:
        return "states of this emulator cannot be checked, so none is taken that was not made here"
    if theirs is None:
        return "its random state or its length is none"
    (plain, numbers), (template, count) = theirs, ours
    if len(plain) != len(template):
        return f"it has {len(plain)} bytes and {len(template)} are needed"
    if numbers != count:
        return f"its random states have {numbers} numbers, not {count}"
    for found in _NAME.finditer(template):
        start, end = found.span()
        has_length = start >= 4 and int.from_bytes(template[start - 4 : start], "little") == end - start
        if has_length and plain[start - 4 : end] != template[start - 4 : end]:
            return f"{found.group().decode()!r:.40} is missing in it"
    for mark in (_TRUE, _FALSE):
        place = template.find(mark)
        while place >= 0:
            if plain[place : place + 4] not in (_TRUE, _FALSE):
                return f"the marker at {place} is none"
            place = template.find(mark, place + 4)
    return None


def _parts(data: bytes) -> tuple[bytes, list[int]] | None:
    """Return the bytes without the random states and the lengths that depend on these, and how many numbers each has."""
    whole = _WHOLE.search(data)
    if whole is None:
        return None
    behind = len(data) - whole.end() - int.from_bytes(whole.group(1), "little")
    if not 0 <= behind <= _BEHIND:
        return None
    pieces, counts, place = [data[: whole.start()], behind.to_bytes(4, "little")], [], whole.end()
    for found in _RANDOM.finditer(data, place):
        start, end = found.span()
        if _NUMBERS.fullmatch(found.group()) is None:
            return None
        numbers = [int(number) for number in found.group().split(b" ")]
        if int.from_bytes(data[start - 4 : start], "little") != end - start or max(numbers) >= _WORD:
            return None
        pieces.append(data[place : start - 4])
        counts.append(len(numbers))
        place = end
    return (b"".join([*pieces, data[place:]]), counts) if counts else None
