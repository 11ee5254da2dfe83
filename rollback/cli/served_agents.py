"""Saved agents for browsers: which file, what it is called, which game it plays there. Knows checkpoints; serves nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from rollback.agents.checkpoints import EXTENSION, Checkpoint, RunFolder
from rollback.agents.checkpoints.contents import content_of
from rollback.agents.playing import policy_from
from rollback.cli.agent_games import game_for
from rollback.envs.names import game_factory
from rollback.errors import CheckpointError, RollbackError, UsageError
from rollback.game import Game
from rollback.netplay.in_worker.agents import refuse_onnx
from signaling.agent_shelf import Agent, check_agent_name, is_agent_name

__all__ = ["SavedAgent", "agent_of", "read_agent", "served_agents"]

_LONGEST: Final = 64  # characters of a name
_DIGITS: Final = 8  # of a hash, in a name


@dataclass(frozen=True, slots=True)
class SavedAgent:
    """A file that was read and is a checkpoint.

    Attributes:
        path: The file.
        content: Its bytes.
        checkpoint: What they say.
    """

    path: Path
    content: bytes
    checkpoint: Checkpoint

    @property
    def title(self) -> str:
        """What people are shown besides the name."""
        return f"{self.checkpoint.algorithm}, {self.checkpoint.episode} episodes"


def read_agent(path: Path) -> SavedAgent:
    """Read a file that browsers shall play.

    Raises:
        CheckpointError: It is no checkpoint, or an ONNX model, which browsers cannot play.
    """
    refuse_onnx(str(path))
    content = content_of(path, "checkpoint", "look for it in the folder runs")
    refuse_onnx(str(path), content)
    return SavedAgent(path, content, Checkpoint.load(content, str(path)))


def agent_of(saved: SavedAgent, game: str, name: str = "", *, players: Sequence[int] | None = None) -> Agent:
    """Return a saved agent as browsers get it.

    Args:
        saved: The agent.
        game: The name of the game it shall play.
        name: What it is called; unless given it is made of its run, its file and its content, so that what was trained
            further is another agent.
        players: Whom it shall play; all players of the game unless given.

    Raises:
        CheckpointError: It does not fit the game.
        UsageError: It cannot be called so.
        GameError: The name of the game leads nowhere.
    """
    _check_fit(saved, game_factory(game)(), players)
    name = name or f"{_name_of(saved.path)[: _LONGEST - 1 - _DIGITS]}-{sha256(saved.content).hexdigest()[:_DIGITS]}"
    return Agent(name, game, f"{name} ({saved.title})", saved.content)


def served_agents(given: Sequence[str], game: str, made: Game) -> list[Agent]:
    """Return the agents that a command names, each for a game it fits.

    Args:
        given: Each FILE.npz or NAME=FILE.npz.
        game: The name of the game that is played first.
        made: That game.

    Raises:
        UsageError: One is no good checkpoint, has no proper name, or fits no game that browsers can be given.
    """
    agents = []
    for text in given:
        name, path = _parsed(text)
        try:
            if name:
                check_agent_name(name)
            saved = read_agent(path)
            agents.append(agent_of(saved, _game_of(saved, game, made), name or _name_of(path)))
        except RollbackError as error:
            named = "--agent takes a checkpoint" if str(path) in str(error) else f"--agent {text}"
            raise UsageError(f"{named}: {error}") from None
    return agents


def _parsed(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not equals or Path(text).is_file() or Path(name) != Path(Path(name).name):  # `=` in the name of a file, or of a folder
        return "", Path(text)
    if not name or not path:
        raise UsageError(
            f"--agent takes FILE{EXTENSION} or NAME=FILE{EXTENSION}, and {text[:200]!r} lacks the {'FILE' if name else 'NAME'}"
        )
    return name, Path(path)


def _game_of(saved: SavedAgent, game: str, made: Game) -> str:
    """Return the named game if the agent fits it, else the one for what it was trained on."""
    try:
        _check_fit(saved, made, None)
    except CheckpointError:
        return game_for(saved.checkpoint.environment)
    return game


def _check_fit(saved: SavedAgent, game: Game, players: Sequence[int] | None) -> None:
    for player in range(game.players) if players is None else players:
        policy_from(saved.checkpoint, game, player)


def _name_of(path: Path) -> str:
    """Return a name made of the run and the checkpoint, or of the file alone where it is in no run's folder."""
    folder = path.resolve().parent
    own, above = _plain(path.stem), _plain(folder.name)
    if RunFolder(folder).has_facts() or not is_agent_name(own):
        own = f"{above[: max(0, _LONGEST - 1 - len(own))]}-{own}".strip("-_")
    return own


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:_LONGEST]
