"""Checkpoints that are played in the browser of whoever looks at the studio: no second process, no network. Trains nothing.

The bytes go through the lobby beside the studio, whose page plays them. That lobby is open to whoever reaches it, for people
who are invited into a room are to get there; the agents are not: only a browser that the studio itself led to the lobby
brings the cookie along with which they are told of and served.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rollback.cli.agent_games import alone_page, game_for
from rollback.cli.served_agents import agent_of, read_agent
from rollback.cli.studio_gone import gone_page
from rollback.errors import UsageError
from signaling.agent_shelf import Agent, AgentShelf

__all__ = ["AgentsHere", "shelf_for_studio"]

MOST: Final = 16  # agents that are kept for pages; those offered first make place for others
MOST_BYTES: Final = 80 << 20  # of all together: one of the largest, and some more
FOR: Final = 24 * 3600  # seconds that a browser is let in for


def shelf_for_studio() -> AgentShelf:
    """Return a shelf for the lobby of a studio, which only those see whom the studio leads there."""
    return AgentShelf(key=secrets.token_urlsafe(32), most=MOST, most_bytes=MOST_BYTES)


class AgentsHere:
    """The checkpoints that were offered.

    Args:
        shelf: From which the lobby serves them.
        games: What browsers can play there, by name.
        port: The lobby's.
    """

    def __init__(self, shelf: AgentShelf, games: Mapping[str, Any], port: int) -> None:
        self._shelf = shelf
        self._games = games
        self._port = port

    def problem(self, environment: str) -> str:
        """Return why what is trained on `environment` cannot be played in a browser alone; empty where it can."""
        try:
            self._game_for(environment)
        except UsageError as error:
            return str(error)
        return ""

    async def offer(self, checkpoint: Path, environment: str) -> dict[str, Any]:
        """Offer a checkpoint of a run, and return where it is played: `url`, a path of the studio, `agent` and `game`.

        Raises:
            RollbackError: Browsers cannot play it.
        """
        agent = await asyncio.to_thread(_agent, checkpoint, self._game_for(environment))
        self._shelf.offer(agent)
        url = f"/here/{agent.name}?key={self._shelf.cookie[1]}"
        return {"url": url, "agent": agent.name, "game": agent.game, "sha256": agent.sha256}

    def route(self) -> Route:
        """Return the route of the studio that leads to the lobby's page: on another port of whatever host was asked."""

        async def lead(request: Request) -> Response:
            name, value = self._shelf.cookie
            given = request.query_params.get("key", "")
            agent = self._shelf.find(request.path_params["name"])
            if agent is None or not hmac.compare_digest(given.encode(), value.encode()):
                return gone_page(
                    "This agent is not offered any more",
                    f"The studio was started again since, or has offered {MOST} others meanwhile."
                    " Press “Play it here” once more.",
                )
            host = request.url.hostname or "127.0.0.1"
            shown = f"[{host}]" if ":" in host else host
            page = alone_page(f"{request.url.scheme}://{shown}:{self._port}", {"name": agent.name, "game": agent.game})
            answer = RedirectResponse(page, 303, {"cache-control": "no-store"})
            # Cookies know no ports, so the lobby gets it too.
            is_safe = request.url.scheme == "https"
            answer.set_cookie(name, value, max_age=FOR, path="/assets", httponly=True, samesite="strict", secure=is_safe)
            return answer

        return Route("/here/{name}", lead)

    def _game_for(self, environment: str) -> str:
        name = game_for(environment)
        if name not in self._games:
            raise UsageError(f"browsers cannot be given {name}: press Play against it, and play it from a terminal")
        return name


def _agent(checkpoint: Path, game: str) -> Agent:
    return agent_of(read_agent(checkpoint), game)
