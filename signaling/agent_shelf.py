"""The trained agents that browsers may play here: their names, their games and their bytes. Knows no policy and no room.

The bytes are as they were handed over: a file that changes later changes nothing that is served. Each lies at an address
made of its hash, so that a browser can keep it for ever.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rollback.errors import UsageError
from signaling.served_file import FOR_EVER, ServedFile

__all__ = ["LARGEST", "MOST", "RESERVED", "Agent", "AgentShelf", "check_agent_name", "is_agent_name"]

MOST: Final = 64  # agents: a page lists them all
LARGEST: Final = 66 << 20  # bytes of one, a little more than a checkpoint may have
MOST_BYTES: Final = 256 << 20  # of all together: they are kept in memory
RESERVED: Final = ("best", "random", "agent", "idle")  # what pages and commands call other players
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TITLE: Final = 200  # characters
_FOLDER: Final = "/assets/agents/"
_MINE: Final = "private, max-age=31536000, immutable"  # no proxy keeps it for others
_COOKIE: Final = "rollback-agents-"


def is_agent_name(name: str) -> bool:
    """Return whether an agent may be called so: in addresses, and beside the names that mean something else."""
    return _NAME.fullmatch(name) is not None and name not in RESERVED


def check_agent_name(name: str) -> None:
    """Check that an agent may be called so.

    Raises:
        UsageError: It may not; the message says how it may.
    """
    if not is_agent_name(name):
        raise UsageError(
            f"an agent cannot be called {name!r:.80}: take 1 to 64 of a-z, 0-9, - and _, the first a letter or a digit, and"
            f" none of {', '.join(RESERVED)}"
        )


@dataclass(frozen=True, slots=True)
class Agent:
    """A trained agent.

    Attributes:
        name: What addresses and people call it.
        game: The game it plays, by the name under which browsers are offered it.
        title: What is shown to people.
        content: The bytes of its file.
        sha256: Their hash.

    Raises:
        UsageError: The name is none, or the bytes are too many.
    """

    name: str
    game: str
    title: str
    content: bytes = field(repr=False)
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        check_agent_name(self.name)
        if len(self.content) > LARGEST:
            raise UsageError(f"the agent {self.name} has {len(self.content)} bytes: browsers get at most {LARGEST >> 20} MiB")
        object.__setattr__(self, "title", self.title[:_TITLE])
        object.__setattr__(self, "sha256", hashlib.sha256(self.content).hexdigest())

    @property
    def address(self) -> str:
        """Where its bytes are served."""
        return f"{_FOLDER}{self.sha256}.npz"

    def told(self) -> dict[str, Any]:
        """Return what a page is told of it."""
        return {
            "name": self.name,
            "game": self.game,
            "title": self.title,
            "sha256": self.sha256,
            "size": len(self.content),
        }


@dataclass(frozen=True, slots=True)
class _Kept:
    agent: Agent
    is_listed: bool
    file: ServedFile


class AgentShelf:
    """The agents of one server.

    Args:
        key: What a browser must bring along as `cookie` to see any of them; empty: everybody sees them.
        most: How many there may be.
        most_bytes: How many bytes they may have together.
    """

    def __init__(self, *, key: str = "", most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._key = key
        self._most = most
        self._most_bytes = most_bytes
        self._kept: dict[str, _Kept] = {}

    @property
    def cookie(self) -> tuple[str, str]:
        """Name and value of the cookie that opens the shelf; of two servers on one host each has its own."""
        return _COOKIE + hashlib.sha256(self._key.encode()).hexdigest()[:12], self._key

    def add(self, agent: Agent, *, is_listed: bool = True) -> None:
        """Offer an agent for as long as the server runs.

        Args:
            agent: The agent.
            is_listed: Whether pages are told of it; else its bytes are served to who knows their hash.

        Raises:
            UsageError: Another one has its name, or there is no room for it.
        """
        if agent.name in self._kept:
            raise UsageError(f"two agents are called {agent.name}: give one of them another name, by NAME=FILE.npz")
        if len(self._kept) >= self._most:
            raise UsageError(f"{self._most} agents are offered already, as many as may be: offer fewer")
        if self._size() + len(agent.content) > self._most_bytes:
            raise UsageError(f"all agents together have more than {self._most_bytes >> 20} MiB: offer fewer, or smaller ones")
        self._keep(agent, is_listed=is_listed)

    def offer(self, agent: Agent) -> None:
        """Offer an agent in place of an older one of its name; where it needs room, those offered first make it.

        Raises:
            UsageError: It is too large even alone.
        """
        if len(agent.content) > self._most_bytes:
            raise UsageError(f"the agent {agent.name} has {len(agent.content)} bytes: at most {self._most_bytes} are offered")
        self._kept.pop(agent.name, None)
        while self._kept and (len(self._kept) >= self._most or self._size() + len(agent.content) > self._most_bytes):
            del self._kept[next(iter(self._kept))]
        self._keep(agent, is_listed=True)

    def find(self, name: str) -> Agent | None:
        """Return the agent of a name; None if there is none, or not any more."""
        kept = self._kept.get(name)
        return kept.agent if kept is not None else None

    def told(self, scope: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what the page of a request is told of all of them, those offered first at first."""
        if not self._may_see(scope):
            return []
        return [kept.agent.told() for kept in self._kept.values() if kept.is_listed]

    def file(self, scope: Mapping[str, Any]) -> ServedFile | None:
        """Return the file that a request asks for; None where there is none, or not for whoever asks."""
        if not scope["path"].startswith(_FOLDER) or not self._may_see(scope):
            return None
        return next((kept.file for kept in self._kept.values() if kept.agent.address == scope["path"]), None)

    def _keep(self, agent: Agent, *, is_listed: bool) -> None:
        file = ServedFile(
            agent.content,
            sha256=agent.sha256,
            size=len(agent.content),
            media_type="application/octet-stream",
            caching=_MINE if self._key else FOR_EVER,
        )
        self._kept[agent.name] = _Kept(agent, is_listed, file)

    def _size(self) -> int:
        return sum(len(kept.agent.content) for kept in self._kept.values())

    def _may_see(self, scope: Mapping[str, Any]) -> bool:
        if not self._key:
            return True
        name, value = self.cookie
        own = f"{name}={value}".encode()
        given = [pair.strip() for key, line in scope["headers"] if key.lower() == b"cookie" for pair in line.split(b";")]
        return any(hmac.compare_digest(pair, own) for pair in given)
