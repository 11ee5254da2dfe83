"""The settings of a session, checked on construction. Knows limits; knows no session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from rollback.errors import ConfigError

__all__ = ["MAX_BEHIND", "MAX_DELAY", "MAX_WINDOW", "Default", "Predictor", "RepeatLast", "SessionConfig", "TakeOver"]

MAX_DELAY: Final = 60  # one second at 60 fps: more is no game
MAX_BEHIND: Final = 300.0  # seconds a spectator may choose to stay behind
MAX_WINDOW: Final = 60  # two windows and two delays fit the rings of 256 frames with room to spare
MAX_LABEL: Final = 200  # characters of a game's id and version: they travel in the handshake
MAX_EXTRA: Final = 64  # entries


class Predictor(Protocol):
    """Guesses an input that has not arrived. Local only: peers need not agree on it.

    It may have a method `begin(past)`, called once a session, that returns the one to ask there, and a number `reach` of
    frames whose states it wants to look at: see `rollback.core.past`.
    """

    def predict(self, player: int, frame: int, last_input: bytes, history: Any, game: Any) -> bytes:
        """Return an input of the player's width.

        Args:
            player: Whose input is missing.
            frame: The frame it is missing for.
            last_input: The player's newest known input.
            history: `history(frame)` gives the player's known input of a frame, or None where it is no longer held.
            game: The game, before the frame.
        """


@dataclass(frozen=True, slots=True)
class RepeatLast:
    """The guess that a player goes on doing what it last did: right most of the time, for buttons are held for a while."""

    def predict(self, player: int, frame: int, last_input: bytes, history: Any, game: Any) -> bytes:
        """Return `last_input`."""
        return last_input


@dataclass(frozen=True, slots=True)
class Default:
    """The guess that a player does nothing: for games whose inputs are single events, such as a move in a board game."""

    def predict(self, player: int, frame: int, last_input: bytes, history: Any, game: Any) -> bytes:
        """Return the player's idle input: what `game.idle(player)` encodes to, or zeros."""
        idle = getattr(game, "idle", None)
        if idle is None:
            return bytes(len(last_input))
        codecs = getattr(game, "codecs", None)
        encoded: bytes = bytes((idle(player),)) if codecs is None else codecs[player].encode(idle(player))
        return encoded


@dataclass(frozen=True, slots=True)
class TakeOver:
    """`on_disconnect`: the lowest surviving peer plays on for a lost player by `policy`, until the player is back."""

    policy: Any


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """How a session behaves; every value is checked here, and the message names the value and the limit.

    Attributes:
        fps: Frames a second, 1 to 1000.
        input_delay: Frames between an action and its effect, 0 to 60; `auto` chooses it at the start and lets it follow the
            line, so that a frame rarely rolls back more than four.
        prediction_window: How many frames may be simulated on predicted inputs, 0 (lockstep) to 60.
        desync_interval: Frames between checksums, 0 for none.
        on_desync: What a desync does: end the match, take the state of the lowest player's peer, or only tell.
        predictor: Guesses missing inputs.
        save: Take a snapshot every frame, only where needed (`sparse`, for states that are dear to save), or `auto`.
        interrupt_after: Seconds of silence after which a peer counts as interrupted.
        disconnect_after: Seconds of silence after which a peer counts as lost.
        rejoin_grace: Seconds a lost peer may take to come back under `on_disconnect="pause"`.
        on_disconnect: What becomes of the slot of a lost player.
        max_spectators: How many may watch directly.
        seed: Passed to `game.reset(seed)` on every peer.
        game_id: Names the game in the handshake; empty takes the class's name.
        game_version: Compared in the handshake.
        extra: Anything else that must be the same on every peer: a flat mapping of strings to plain values.
    """

    fps: int = 60
    input_delay: int | Literal["auto"] = 2
    prediction_window: int = 8
    desync_interval: int = 60
    on_desync: Literal["stop", "resync", "report"] = "stop"
    predictor: Predictor = RepeatLast()
    save: Literal["every", "sparse", "auto"] = "every"
    interrupt_after: float = 0.5
    disconnect_after: float = 5.0
    rejoin_grace: float = 30.0
    on_disconnect: Literal["pause", "idle", "end"] | TakeOver = "pause"
    max_spectators: int = 32
    seed: int = 0
    game_id: str = ""
    game_version: str = ""
    extra: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _whole("fps", self.fps, 1, 1000)
        if self.input_delay != "auto":
            _whole("input_delay", self.input_delay, 0, MAX_DELAY, ' or "auto"')
        _whole("prediction_window", self.prediction_window, 0, MAX_WINDOW)
        _whole("desync_interval", self.desync_interval, 0, 1_000_000)
        _one_of("on_desync", self.on_desync, ("stop", "resync", "report"))
        _one_of("save", self.save, ("every", "sparse", "auto"))
        _seconds("interrupt_after", self.interrupt_after, 0.05, 3600)
        _seconds("disconnect_after", self.disconnect_after, 0.1, 86400)
        _seconds("rejoin_grace", self.rejoin_grace, 0.0, 86400)
        if self.disconnect_after < self.interrupt_after:
            raise ConfigError(
                f"disconnect_after is {self.disconnect_after}, shorter than interrupt_after ({self.interrupt_after}):"
                " a peer is interrupted before it is lost"
            )
        if not isinstance(self.on_disconnect, TakeOver):
            _one_of("on_disconnect", self.on_disconnect, ("pause", "idle", "end"), " or TakeOver(policy)")
        _whole("max_spectators", self.max_spectators, 0, 32)
        _whole("seed", self.seed, 0, 2**63 - 1)
        for name in ("game_id", "game_version"):
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > MAX_LABEL:
                raise ConfigError(f"{name} must be a string of at most {MAX_LABEL} characters, not {value!r:.80}")
        if not callable(getattr(self.predictor, "predict", None)):
            raise ConfigError(f"predictor has no method predict(): {self.predictor!r}")
        _plain("extra", self.extra)


def _whole(name: str, value: Any, low: int, high: int, more: str = "") -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{name} must be a whole number from {low} to {high}{more}, not {value!r:.80}")


def _seconds(name: str, value: Any, low: float, high: float) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{name} must be a number of seconds from {low:g} to {high:g}, not {value!r}")


def _one_of(name: str, value: Any, allowed: tuple[str, ...], more: str = "") -> None:
    if value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(map(repr, allowed))}{more}, not {value!r}")


def _plain(name: str, value: Any) -> None:
    if not isinstance(value, Mapping) or len(value) > MAX_EXTRA:
        raise ConfigError(f"{name} must be a mapping of at most {MAX_EXTRA} entries, not {value!r:.80}")
    for key, entry in value.items():
        if not isinstance(key, str) or not (entry is None or isinstance(entry, str | int | float | bool)):
            raise ConfigError(f"{name}[{key!r}] must be a string, number, bool or None under a string, not {entry!r:.80}")
