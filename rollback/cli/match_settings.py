"""What a match is played with, as the commands and their processes tell each other. Knows no options and no pipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self

from rollback.config import SessionConfig, TakeOver
from rollback.game import Game

__all__ = ["InputDelay", "MatchSettings", "OnDesync", "OnDisconnect", "Transport"]

_INTERRUPT_AFTER: Final = 0.5  # as in SessionConfig, unless a peer is to count as lost even sooner

Transport = Literal["auto", "webrtc", "relay"]
OnDisconnect = Literal["pause", "idle", "end", "takeover"]
OnDesync = Literal["stop", "resync", "report"]
InputDelay = int | Literal["auto"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSettings:
    """A match, in plain values.

    Attributes:
        game: The game's name.
        frames: Where it ends at the latest; None where only the game says so.
        fps: Frames a second; None takes the game's own.
        input_delay: See `SessionConfig`; None is 0 for a person who plays turn by turn, and otherwise 2.
        prediction_window: See `SessionConfig`; None leaves it to the game: 0 where no action does nothing, otherwise 8.
        on_disconnect: See `SessionConfig`; `takeover` is that by `stand_in`.
        stand_in: What plays for who is lost: `best`, the game's own bot, or the file of what was trained.
        on_desync: See `SessionConfig`.
        disconnect_after: See `SessionConfig`.
        seed: Of the game; None makes it of the room's code, as all members of a room do.
        transport: How the datagrams travel.
        latency_ms: Artificial delay of what this side sends.
        jitter_ms: What it varies by.
        loss: Share of datagrams dropped.
    """

    game: str
    frames: int | None = None
    fps: int | None = None
    input_delay: InputDelay | None = None
    prediction_window: int | None = None
    on_disconnect: OnDisconnect = "end"
    stand_in: str = "best"
    on_desync: OnDesync = "stop"
    disconnect_after: float = 5.0
    seed: int | None = None
    transport: Transport = "auto"
    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return what `as_values` told."""
        return cls(**values)

    def as_values(self) -> dict[str, Any]:
        """Return all of it as values that can travel as JSON."""
        return asdict(self)

    def config(
        self, game: Game, room: str, match: int = 0, *, player: int | None = None, by_hand: bool = False
    ) -> SessionConfig:
        """Return the session's settings for `game` in a room; a rematch has another seed, and who only watches another window.

        Args:
            game: The game.
            room: The code of the room.
            match: The number of the match in the room.
            player: Our player number.
            by_hand: Whether a person plays here.

        Raises:
            ConfigError: A value is out of its limits.
        """
        from rollback.netplay.hands.bots import stand_in  # here, since these bring all games and all of the network along
        from rollback.netplay.seats import config_for

        chosen = {
            "fps": self.fps,
            "seed": None if self.seed is None else (self.seed + match) % 2**63,
            "prediction_window": self.prediction_window,
            "input_delay": self.input_delay if self.input_delay is not None or not by_hand else self._delay_of(game, player),
        }
        return config_for(
            game,
            room,
            match,
            player=player,
            on_disconnect=TakeOver(stand_in(self.stand_in)) if self.on_disconnect == "takeover" else self.on_disconnect,
            on_desync=self.on_desync,
            disconnect_after=self.disconnect_after,
            interrupt_after=min(_INTERRUPT_AFTER, self.disconnect_after),
            **{name: value for name, value in chosen.items() if value is not None},
        )

    def _delay_of(self, game: Game, player: int | None) -> int | None:
        """Return the delay where a person plays: none where the next frame waits for the key, so that it is seen at once."""
        from rollback.netplay.hands.turns import plays_by_turns

        return 0 if player is not None and plays_by_turns(game, player, self.prediction_window) else None
