"""A saved agent that a page hands over: bytes of its own server, or of a file that somebody picked. Knows no match.

Bytes are read as a checkpoint and as nothing else. What they are called is shown to people, who know the file by it.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any, Final
from urllib.parse import parse_qsl

from rollback.errors import CheckpointError, UsageError
from rollback.net.words import plain_words
from rollback.netplay.hands.bots import HandedAgent
from rollback.netplay.in_worker.offered_games import OfferedGame
from rollback.sim.plan import factory_for

__all__ = ["AGENT", "agent_of", "on_own_map", "refuse_onnx"]

AGENT: Final = "agent"  # what a page calls the bot whose bytes come beside its message
LONGEST: Final = 100  # characters of a name
_GRIDWORLD: Final = "rollback.games:GridWorld"
_ONNX: Final = ".onnx"
_ONNX_MARK: Final = b"\x08"  # writers of ONNX put this field first, in which no checkpoint begins


def agent_of(told: Any, data: Any) -> HandedAgent:
    """Return the agent of a message that asks for one.

    Args:
        told: What the message says of it: `name`.
        data: Its bytes.

    Raises:
        UsageError: The message does not name it, or brings no bytes.
        CheckpointError: The bytes are no checkpoint, or an ONNX model, which needs more than a browser has; the sentence names
            it.
    """
    given = told.get("name") if isinstance(told, dict) else None
    name = plain_words(given, LONGEST) if isinstance(given, str) else ""
    if not name:
        raise UsageError(f"agent must be a table with the name of the agent, not {told!r:.80}")
    if not isinstance(data, bytes) or not data:
        raise UsageError(f"{name} is empty: an agent is the file FILE.npz that training saved")
    refuse_onnx(name, data)
    return HandedAgent.read(data, name)


def refuse_onnx(name: str, data: bytes = b"") -> None:
    """Do nothing, unless a browser is to get an ONNX model.

    Args:
        name: Of the file.
        data: What it begins with, where that is known.

    Raises:
        CheckpointError: It is one, by its name or by its bytes.
    """
    if name.endswith(_ONNX) or data.startswith(_ONNX_MARK):
        raise CheckpointError(
            f"{name} is an ONNX model, which no browser can play here: take a FILE.npz that a training saved, or play it from a"
            " terminal with rollback play ROOM --bot FILE.onnx"
        )


def on_own_map(offered: OfferedGame, bot: Any) -> OfferedGame:
    """Return the game in which a bot plays alone against a person: GridWorld on the map that an agent has learned.

    A room's usual map asks two to work together, and no table learns it; an agent knows the one map that it was trained on.
    Every other game, and every other bot, is returned as it is offered.
    """
    if offered.name != _GRIDWORLD or not isinstance(bot, HandedAgent):
        return offered
    learned = dict(parse_qsl(str(bot.agent.environment).partition("?")[2])).get("layout", "")
    # By its name: the maps for two are made above this folder, of those that agents learn alone.
    race = import_module("rollback.agents.races").RACES.get(learned)
    return offered if race is None else replace(offered, name=race, make=factory_for(race, None))
