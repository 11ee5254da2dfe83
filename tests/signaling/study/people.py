"""Studies to test with, their clock, and pages that POST to them without a server."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from signaling.study.desk import StudyDesk
from signaling.study.plan import StudyPlan
from signaling.study.routes import study_routes

SECRET = b"s" * 32


def plan_of(folder: Path = Path("nowhere"), **changes: Any) -> StudyPlan:
    """Return a small study."""
    told = {"title": "T", "game": "pong", "consent": "Do you?", "episodes": 2, "frames": 60, "waiting_room": 60.0}
    return StudyPlan(**{**told, "folder": folder, **changes})


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Server:
    """A study's routes over a folder, which can be started again."""

    def __init__(self, plan: StudyPlan, clock: Clock | None = None) -> None:
        self.plan = plan
        self.clock = clock or Clock()
        self.rooms = 0
        self.start()

    def start(self) -> None:
        self.desk = StudyDesk(self.plan, secret=SECRET, open_room=self.open_room, clock=self.clock)
        self.app = Starlette(routes=study_routes(self.desk, self.clock))

    def restart(self) -> None:
        self.desk.close()
        self.start()

    def open_room(self) -> str:
        self.rooms += 1
        return f"ROOM-{self.rooms:04d}"

    async def post(
        self, name: str, body: bytes | list[bytes], *, query: str = "", **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Return status and answer of a request; headers are named with underscores."""
        pairs = [(key.replace("_", "-").encode(), value.encode()) for key, value in {"host": "lab.test", **headers}.items()]
        scope = {
            "type": "http", "method": "POST", "path": f"/study/{name}", "headers": pairs, "query_string": query.encode(),
            "root_path": "", "client": ("10.0.0.1", 5),
        }  # fmt: skip
        pieces = body if isinstance(body, list) else [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], json.loads(content) if content.startswith(b"{") else {}


class Person:
    """A participant's page."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self.token = ""
        self.told: dict[str, Any] = {}

    async def say(self, deed: str, status: int = 200, **fields: Any) -> dict[str, Any]:
        """Ask for something, hold the status of the answer, and return it."""
        bearer = {"authorization": f"Bearer {self.token}"} if self.token else {}
        found, told = await self.server.post(deed, json.dumps(fields).encode(), content_type="application/json", **bearer)
        assert found == status, told
        assert told["ok"] is (status == 200)
        if status == 200:
            self.told = told
            self.token = told.get("token", self.token)
        return told

    async def arrive(self, status: int = 200) -> dict[str, Any]:
        return await self.say("arrive", status, participant=self.name)

    async def wait(self) -> dict[str, Any]:
        """Come as far as the waiting room, or the first episode with a bot."""
        await self.arrive()
        await self.say("agree", agreed=True)
        return await self.say("ready", rtt_ms=[20, 30, 25])

    async def upload(self, episode: int, piece: int, data: bytes, status: int = 200, sha256: str = "") -> dict[str, Any]:
        digest = sha256 or hashlib.sha256(data).hexdigest()
        found, told = await self.server.post(
            "upload",
            data,
            query=f"episode={episode}&piece={piece}&sha256={digest}",
            content_type="application/x-ndjson",
            authorization=f"Bearer {self.token}",
        )
        assert found == status, told
        return told
