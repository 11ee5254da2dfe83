"""The bots that play for people, by name: the game's own, one that draws, or a saved agent. Knows no match."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from rollback.errors import UsageError
from rollback.game import Game
from rollback.games.bots import RandomBot, act_with, bot_for

__all__ = ["BOTS", "SAVED", "bot_act", "check_bot", "stand_in"]

BOTS: Final = ("best", "random")
SAVED: Final = (".npz", ".onnx")  # checkpoints, and the models of others


def check_bot(name: str) -> None:
    """Find out whether there is a bot of that name, or a saved agent in that file.

    Raises:
        UsageError: There is no bot of that name.
        CheckpointError: The file cannot be read, or is no saved agent.
        MissingPackage: It is an ONNX model, and onnxruntime is not installed.
    """
    if name.endswith(SAVED):
        import_module("rollback.agents.playing").saved_agent(name)
    elif name not in BOTS:
        found = difflib.get_close_matches(name, BOTS, n=1)
        closest = f", did you mean {found[0]}?" if found else ""
        raise UsageError(
            f"there is no bot called {name!r}{closest}: best is the game's own bot, random plays any game,"
            " FILE.npz is a checkpoint, FILE.onnx an ONNX model"
        )


def bot_act(name: str, game: Game, player: int, seed: int) -> Callable[[Any, int], Any]:
    """Return what a bot does, as `rollback.play` takes it.

    Raises:
        UsageError: There is no bot of that name.
        CheckpointError: There is no saved agent in that file, or it does not fit the game.
        MissingPackage: It is an ONNX model, and onnxruntime is not installed.
    """
    if name.endswith(SAVED):
        # By its name, as the bot of any module would be: what plays from files stands above this folder.
        return act_with(import_module("rollback.agents.playing").policy_from(name, game, player, seed))
    check_bot(name)
    return act_with(RandomBot(game, player, seed) if name == "random" else bot_for(game, player, seed))


def stand_in(name: str = "best") -> Callable[[Any, int], Any]:
    """Return what plays for whoever is lost, any player of any game: the best bot there is for it, or the one named."""
    acts: dict[int, Callable[[Any, int], Any]] = {}

    def act(game: Any, player: int) -> Any:
        if player not in acts:
            acts[player] = bot_act(name, game, player, 0)
        return acts[player](game, player)

    return act
