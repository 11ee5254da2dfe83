"""What `rollback serve --study` does besides: reads the study, serves it, and says where participants go. Plays nothing."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rollback.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signaling.agent_shelf import Agent
    from signaling.serve import LobbyServer
    from signaling.study.desk import StudyDesk
    from signaling.study.plan import StudyPlan

__all__ = ["begin_study", "read_study", "seats_of"]

LINK: Final = "/?study=1&participant=ID"
OPPONENT: Final = "opponent"  # what the agent of a study is called, whatever its file is


def read_study(path: Path) -> StudyPlan:
    """Return the study of a file whose game can be played as it says.

    Raises:
        UsageError: The file, or its game, is not one for a study.
    """
    from signaling.study.plan_file import read_plan

    plan = read_plan(path, _opponent)
    players = seats_of(plan)
    if plan.needs_partner and players != 2:
        raise UsageError(
            f'{path}: {plan.game} is for {players}, and participants play in pairs: name a game for two, or opponent = "best"'
        )
    return plan


def _opponent(path: Path, game: str) -> Agent:
    """Return the trained agent of a file that plays everybody but the participant."""
    from rollback.cli.agent_games import game_for
    from rollback.cli.foreword import made_to_play
    from rollback.cli.served_agents import agent_of, read_agent

    saved, seats = read_agent(path), made_to_play(game).players
    if seats < 2:
        raise UsageError(f"{game} is for one, and an agent needs somebody to play against: name a game for two")
    try:
        return agent_of(saved, game, OPPONENT, players=range(1, seats))
    except CheckpointError as error:
        fitting = ""
        with contextlib.suppress(UsageError):
            fitting = game_for(saved.checkpoint.environment)
        if fitting in ("", game):
            raise
        raise UsageError(f'{error}; or play what it was trained on, by game = "{fitting}"') from None


def seats_of(plan: StudyPlan) -> int:
    """Return how many play the game of a study."""
    from rollback.cli.foreword import made_to_play

    return made_to_play(plan.game).players


def begin_study(desk: StudyDesk, server: LobbyServer, games: Mapping[str, Any], *, as_json: bool) -> None:
    """Let the study open rooms in a lobby, and say where participants go.

    Args:
        desk: The study.
        server: The lobby.
        games: What browsers can play here.
        as_json: Whether a program reads it.
    """
    plan = desk.plan
    desk.open_room = lambda: server.open_room(players=2, game=plan.game, kept=False)
    link = f"{server.url}{LINK}"
    if as_json:
        told = {"url": server.url, "host": server.host, "port": server.port, "room": None, "game": plan.game, "page": None}
        told["agent"] = plan.agent.sha256 if plan.agent is not None else None
        print(json.dumps({**told, "study": link, "data": str(plan.folder)}), flush=True)
        return
    print(f"The study '{plan.title}' is at {link}", flush=True)
    print("Each participant gets a link with an ID of their own: letters, digits and hyphens.", flush=True)
    if plan.agent is not None:
        print(f"They play {plan.opponent}: SHA-256 {plan.agent.sha256}", flush=True)
    print(f"The data come to {plan.folder}", flush=True)
    print("It runs until Ctrl-C.", flush=True)
    if plan.game not in games:
        print(f"Browsers cannot play {plan.game} here, so nobody can take part.", file=sys.stderr)
