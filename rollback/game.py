"""What a game is, and how its actions become fixed-width bytes. Knows no network and no frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol, runtime_checkable

from rollback.errors import ActionError, GameError

__all__ = ["MAX_INPUT_SIZE", "MAX_PLAYERS", "ActionCodec", "Bits", "Game", "Raw", "State", "UInt", "codecs_of", "idle_inputs"]

State = Any  # what `save` returned: best a state tree (see `rollback.state`), otherwise opaque

MAX_PLAYERS: Final = 16
MAX_INPUT_SIZE: Final = 64  # bytes a player and frame; wider actions want a quantised codec


@runtime_checkable
class Game(Protocol):
    """A deterministic simulation that can be saved and loaded.

    Optional methods and attributes are found by name when a session is made: `reset(seed)`, `codecs`, `idle(player)`,
    `render()`, `over`, `observe(player)`, `scores()`, `draw()`, `digest()` and `replay(batch)`.
    """

    players: int

    def step(self, actions: Sequence[Any]) -> None:
        """Advance one frame by one action per player; the same state and actions always lead to the same state."""

    def save(self) -> State:
        """Return a snapshot that belongs to the engine: the game never mutates it afterwards."""

    def load(self, state: State) -> None:
        """Become the saved state again, without keeping or mutating `state`."""


class ActionCodec(Protocol):
    """Turns the actions of one player into inputs of a fixed width, and any bytes of that width into a legal action.

    A codec whose decoded actions are immutable says `immutable = True`: then one decoded action serves many frames.
    """

    size: int

    def encode(self, action: Any) -> bytes:
        """Return `size` bytes; raise `ActionError` for an action outside the space."""

    def decode(self, data: bytes) -> Any:
        """Return a legal action for every byte string of the right length, the same on all peers."""

    def describe(self) -> str:
        """Name the codec for the handshake; equal names must mean equal codecs."""


class UInt:
    """Whole numbers from 0 to 2**bits - 1, little-endian in as few bytes as hold them.

    Args:
        bits: 1 to 512.
    """

    immutable = True

    def __init__(self, bits: int = 8) -> None:
        if not isinstance(bits, int) or isinstance(bits, bool) or not 1 <= bits <= MAX_INPUT_SIZE * 8:
            raise GameError(f"UInt: bits must be a whole number from 1 to {MAX_INPUT_SIZE * 8}, not {bits!r}")
        self.bits = bits
        self.size = (bits + 7) // 8
        self._limit = 1 << bits
        self._table = [bytes([value]) for value in range(self._limit)] if bits <= 8 else None

    def encode(self, action: Any) -> bytes:
        """Return the number as bytes; anything with `__index__` (a numpy integer too) is a number."""
        if type(action) is int and self._table and 0 <= action < self._limit:  # nearly always
            return self._table[action]
        try:
            value: int = action.__index__()
        except (AttributeError, TypeError):
            raise ActionError(f"{action!r} is no whole number from 0 to {self._limit - 1} ({self.describe()})") from None
        if not 0 <= value < self._limit:
            raise ActionError(f"{action!r} is outside 0..{self._limit - 1} ({self.describe()})")
        return self._table[value] if self._table else value.to_bytes(self.size, "little")

    def decode(self, data: bytes) -> int:
        """Return the number, or 0 where the bytes hold one that is too large."""
        value = int.from_bytes(data, "little")
        return value if value < self._limit else 0

    def describe(self) -> str:
        """Name the codec."""
        return f"uint{self.bits}"


class Bits:
    """A row of buttons: a tuple of `n` bools, the first one in the lowest bit.

    Args:
        n: 1 to 512 buttons.
    """

    immutable = True

    def __init__(self, n: int) -> None:
        if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= MAX_INPUT_SIZE * 8:
            raise GameError(f"Bits: n must be a whole number from 1 to {MAX_INPUT_SIZE * 8}, not {n!r}")
        self.n = n
        self.size = (n + 7) // 8

    def encode(self, action: Any) -> bytes:
        """Return the buttons as bytes; any sequence of `n` values that are 0, 1, False or True will do."""
        try:
            pressed = [int(button) for button in action]
        except (TypeError, ValueError):
            raise ActionError(f"{action!r} is no sequence of {self.n} buttons ({self.describe()})") from None
        if len(pressed) != self.n or any(button not in (0, 1) for button in pressed):
            raise ActionError(f"{action!r} is no sequence of {self.n} buttons, each True or False ({self.describe()})")
        return sum(button << place for place, button in enumerate(pressed)).to_bytes(self.size, "little")

    def decode(self, data: bytes) -> tuple[bool, ...]:
        """Return the buttons; spare bits are ignored."""
        value = int.from_bytes(data, "little")
        return tuple(bool(value >> place & 1) for place in range(self.n))

    def describe(self) -> str:
        """Name the codec."""
        return f"bits{self.n}"


class Raw:
    """Byte strings of exactly `size` bytes, as they are.

    Args:
        size: 1 to 64 bytes.
    """

    immutable = True

    def __init__(self, size: int) -> None:
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MAX_INPUT_SIZE:
            raise GameError(f"Raw: size must be a whole number from 1 to {MAX_INPUT_SIZE}, not {size!r}")
        self.size = size

    def encode(self, action: Any) -> bytes:
        """Return the bytes."""
        if not isinstance(action, bytes | bytearray | memoryview) or len(bytes(action)) != self.size:
            raise ActionError(f"{action!r} is no byte string of length {self.size} ({self.describe()})")
        return bytes(action)

    def decode(self, data: bytes) -> bytes:
        """Return the bytes."""
        return data

    def describe(self) -> str:
        """Name the codec."""
        return f"raw{self.size}"


def codecs_of(game: Game) -> tuple[ActionCodec, ...]:
    """Return one checked codec per player of `game`; without `codecs`, one unsigned byte a player.

    Raises:
        GameError: The game lacks a method, has too many players, or has a codec that cannot travel.
    """
    for method in ("step", "save", "load"):
        if not callable(getattr(game, method, None)):
            raise GameError(f"{type(game).__name__} has no method {method}(): a game needs players, step, save and load")
    players = getattr(game, "players", None)
    if not isinstance(players, int) or isinstance(players, bool) or not 1 <= players <= MAX_PLAYERS:
        raise GameError(f"{type(game).__name__}.players must be a whole number from 1 to {MAX_PLAYERS}, not {players!r}")
    given = getattr(game, "codecs", None)
    codecs: tuple[ActionCodec, ...] = (UInt(8),) * players if given is None else tuple(given)
    if len(codecs) != players:
        raise GameError(f"{type(game).__name__}.codecs has {len(codecs)} codecs for {players} players: one each is needed")
    for player, codec in enumerate(codecs):
        size = getattr(codec, "size", None)
        if not isinstance(size, int) or not 1 <= size <= MAX_INPUT_SIZE:
            raise GameError(
                f"the codec of player {player} has size {size!r}: a fixed width of 1 to {MAX_INPUT_SIZE} bytes is needed;"
                " quantise wider actions (rollback.envs.codec_for(space, bits=...))"
            )
        for method in ("encode", "decode", "describe"):
            if not callable(getattr(codec, method, None)):
                raise GameError(f"the codec of player {player} has no method {method}()")
    return codecs


def idle_inputs(game: Game, codecs: Sequence[ActionCodec]) -> tuple[bytes, ...]:
    """Return each player's neutral input: what `game.idle(player)` encodes to, or all zeros."""
    idle = getattr(game, "idle", None)
    if idle is None:
        return tuple(bytes(codec.size) for codec in codecs)
    return tuple(codec.encode(idle(player)) for player, codec in enumerate(codecs))
