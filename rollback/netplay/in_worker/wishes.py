"""What a page wants of a match, read from its message. Knows limits and words; plays nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, get_args

from rollback.errors import UsageError
from rollback.netplay.hands.bots import SAVED, HandedAgent, check_bot
from rollback.netplay.in_worker.agents import AGENT, agent_of

__all__ = ["Wishes"]

LONGEST: Final = 200  # characters of a name
LONGEST_SEED: Final = 2**63
MOST_FRAMES: Final = 10_000_000  # two days at 60 frames a second
MOST_SERVERS: Final = 16
STUDY_PAUSE: Final = 60.0  # seconds: long enough for the door, and a partner waits no longer than for a coffee
STUDY_WAIT: Final = 120.0  # seconds for all that keeps a match standing: a pause, and some reloads

Mode = Literal["play", "watch", "solo"]
Transport = Literal["auto", "webrtc", "relay"]
OnDisconnect = Literal["pause", "idle", "end", "takeover"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a page wants.

    Attributes:
        mode: Whether to play in the room, to watch it, or to play alone against bots.
        game: The game's name, as the lobby offers it; empty for the room's.
        bot: The bot that plays our seat, by name or as a saved agent; in solo those of the opponents. None: a person
            plays, against the best bots.
        keys: Which keys are to be which actions of an environment; None leaves it to the game.
        latency_ms: Artificial delay of what this side sends.
        jitter_ms: What it varies by.
        loss: Share of datagrams dropped.
        frames: Where the match ends at the latest.
        transport: How the datagrams travel.
        ice_servers: See `rollback.play`.
        input_delay: See `SessionConfig`; None leaves it to the game.
        prediction_window: See `SessionConfig`; None leaves it to the game.
        on_disconnect: See `SessionConfig`; `takeover` is that by the game's own bot.
        disconnect_after: See `SessionConfig`.
        direct: Whether who watches connects to a player, and not to the lobby alone.
        seed: Of a match alone; None draws one.
        study: Whether the page wants what really happened, frame by frame, to upload it.
        max_pause_s: Seconds that a player of the room may pause in all; None: no limit. A study has one.
        max_wait_s: Seconds that this side waits for others in all, whatever for; None: no limit. A study has one.
    """

    mode: Mode
    game: str
    bot: str | HandedAgent | None = None
    keys: Mapping[str, Any] | None = None
    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    frames: int | None = None
    transport: Transport = "auto"
    ice_servers: tuple[str | Mapping[str, Any], ...] = ()
    input_delay: int | None = None
    prediction_window: int | None = None
    on_disconnect: OnDisconnect = "pause"
    disconnect_after: float = 5.0
    direct: bool = False
    seed: int | None = None
    study: bool = False
    max_pause_s: float | None = None
    max_wait_s: float | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any], data: Any = None) -> Self:
        """Return what a `begin` asks for; what is left out, or null, is as if nothing was said.

        Args:
            told: The message.
            data: The bytes beside it: those of the saved agent, where `bot` is `agent` and `agent` names it.

        Raises:
            UsageError: A value cannot be meant; the sentence names it.
            CheckpointError: The bytes are no saved agent.
        """
        bot = _one(told, "bot", str, "the name of a bot", None)
        if bot == AGENT:
            bot = agent_of(told.get(AGENT), data)
        elif bot is not None:
            if bot.endswith(SAVED):
                raise UsageError(f"bot must be best, random, or agent with the bytes of one, not the file {bot!r:.80}")
            check_bot(bot)
        game = _one(told, "game", str, "the name of a game", "")
        if len(game) > LONGEST:
            raise UsageError(f"game has {len(game)} characters, at most {LONGEST} make a name")
        servers = _one(told, "ice_servers", list, "a list of servers", [])
        if len(servers) > MOST_SERVERS:
            raise UsageError(f"ice_servers names {len(servers)} servers, at most {MOST_SERVERS} are asked")
        is_study = _one(told, "study", bool, "true or false", False)
        return cls(
            mode=_word(told, "mode", get_args(Mode), "play"),
            game=game.strip(),
            bot=bot,
            keys=_one(told, "keys", dict, "a table of keys and actions", None),
            latency_ms=_number(told, "latency_ms", 0.0, 10_000.0, 0.0),
            jitter_ms=_number(told, "jitter_ms", 0.0, 10_000.0, 0.0),
            loss=_number(told, "loss", 0.0, 1.0, 0.0),
            frames=_whole(told, "frames", 1, MOST_FRAMES),
            transport=_word(told, "transport", get_args(Transport), "auto"),
            ice_servers=tuple(servers),
            input_delay=_whole(told, "input_delay", 0, 60),
            prediction_window=_whole(told, "prediction_window", 0, 120),
            on_disconnect=_word(told, "on_disconnect", get_args(OnDisconnect), "pause"),
            disconnect_after=_number(told, "disconnect_after", 0.2, 600.0, 5.0),
            direct=_one(told, "direct", bool, "true or false", False),
            seed=_whole(told, "seed", 0, LONGEST_SEED - 1),
            study=is_study,
            max_pause_s=_number(told, "max_pause_s", 0.0, 3600.0, STUDY_PAUSE if is_study else None),
            max_wait_s=_number(told, "max_wait_s", 0.0, 36_000.0, STUDY_WAIT if is_study else None),
        )


def _one(told: Mapping[str, Any], name: str, kind: type, what: str, otherwise: Any) -> Any:
    value = told.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, kind):
        raise UsageError(f"{name} must be {what}, not {value!r:.80}")
    return value


def _word(told: Mapping[str, Any], name: str, words: tuple[str, ...], otherwise: str) -> Any:
    value = told.get(name)
    if value is None:
        return otherwise
    if value not in words:
        raise UsageError(f"{name} must be one of {', '.join(words)}, not {value!r:.80}")
    return value


def _number(told: Mapping[str, Any], name: str, least: float, most: float, otherwise: Any) -> Any:
    value = told.get(name)
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise UsageError(f"{name} must be a number from {least:g} to {most:g}, not {value!r:.80}")
    return float(value)


def _whole(told: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    value = told.get(name)
    if value is None:
        return None
    if type(value) is not int or not least <= value <= most:
        raise UsageError(f"{name} must be a whole number from {least} to {most}, not {value!r:.80}")
    return value
