"""The bots that play for people, by name: the game's own, one that draws, or a saved agent. Knows no match."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from typing import Any, Final

from rollback.errors import CheckpointError, UsageError
from rollback.game import Game
from rollback.games.bots import RandomBot, act_with, bot_for

__all__ = ["BOTS", "SAVED", "HandedAgent", "bot_act", "check_bot", "stand_in"]

BOTS: Final = ("best", "random")
SAVED: Final = (".npz", ".onnx")  # checkpoints, and the models of others


@dataclass(frozen=True, slots=True, eq=False)
class HandedAgent:
    """A saved agent that came as bytes and not as a file's name.

    Attributes:
        name: What people and messages call it.
        agent: What was read of the bytes, see `rollback.agents.playing.saved_agent`; it is read once, whoever plays by it.
        sha256: Of the bytes, 64 hexadecimal digits.
    """

    name: str
    agent: Any
    sha256: str

    @classmethod
    def read(cls, content: bytes, name: str) -> HandedAgent:
        """Return the agent of a file's bytes.

        Raises:
            CheckpointError: They are no saved agent; the sentence says `name`.
            MissingPackage: It is an ONNX model, and onnxruntime is not installed.
        """
        return cls(name, _playing().saved_agent(content, name), sha256(content).hexdigest())


def check_bot(name: str) -> None:
    """Find out whether there is a bot of that name, or a saved agent in that file.

    Raises:
        UsageError: There is no bot of that name.
        CheckpointError: The file cannot be read, or is no saved agent.
        MissingPackage: It is an ONNX model, and onnxruntime is not installed.
    """
    if name.endswith(SAVED):
        _playing().saved_agent(name)
    elif name not in BOTS:
        found = difflib.get_close_matches(name, BOTS, n=1)
        closest = f", did you mean {found[0]}?" if found else ""
        raise UsageError(
            f"there is no bot called {name!r}{closest}: best is the game's own bot, random plays any game,"
            " FILE.npz is a checkpoint, FILE.onnx an ONNX model"
        )


def bot_act(bot: str | HandedAgent, game: Game, player: int, seed: int) -> Callable[[Any, int], Any]:
    """Return what a bot does, as `rollback.play` takes it.

    Args:
        bot: The bot's name, the file of a saved agent, or a saved agent that was read.
        game: The game.
        player: For whom it plays.
        seed: Of its moods.

    Raises:
        UsageError: There is no bot of that name.
        CheckpointError: There is no saved agent in that file, or it does not fit the game.
        MissingPackage: It is an ONNX model, and onnxruntime is not installed.
    """
    if isinstance(bot, HandedAgent):
        try:
            return act_with(_playing().policy_from(bot.agent, game, player, seed))
        except CheckpointError as error:
            raise CheckpointError(f"{bot.name} does not fit: {error}") from None
    if bot.endswith(SAVED):
        return act_with(_playing().policy_from(bot, game, player, seed))
    check_bot(bot)
    return act_with(RandomBot(game, player, seed) if bot == "random" else bot_for(game, player, seed))


def stand_in(name: str = "best") -> Callable[[Any, int], Any]:
    """Return what plays for whoever is lost, any player of any game: the best bot there is for it, or the one named."""
    acts: dict[int, Callable[[Any, int], Any]] = {}

    def act(game: Any, player: int) -> Any:
        if player not in acts:
            acts[player] = bot_act(name, game, player, 0)
        return acts[player](game, player)

    return act


def _playing() -> Any:
    """Return what plays from files, by its name, as the bot of any module would be: it stands above this folder."""
    return import_module("rollback.agents.playing")
