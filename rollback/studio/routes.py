"""The commands that are also there over HTTP, for scripts. Knows requests; carries nothing out itself."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from rollback.agents.checkpoints import is_id
from rollback.errors import CheckpointError
from rollback.studio.bucket import Bucket
from rollback.studio.desk import Desk
from rollback.studio.limits import Limits
from rollback.studio.origins import Origins
from rollback.studio.refusals import Refused
from rollback.studio.sending import Answer
from rollback.studio.shelf import Shelf

__all__ = ["api_routes"]

BODY_WITHIN: Final = 5.0  # seconds for a whole body

Handler = Callable[[Request], Awaitable[Response]]


def api_routes(desk: Desk, shelf: Shelf, origins: Origins, limits: Limits) -> list[BaseRoute]:
    """Return the routes below `/api`."""
    allowance = Bucket(limits.commands, now=time.monotonic())

    def guarded(handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                origins.check(request.scope)
                origins.check_bearer(request.scope)
                return await handler(request)
            except Refused as refused:
                told = {"ok": False, "error": str(refused), "reason": refused.reason, "status": refused.status}
                return Answer(told, refused.status)
            except ClientDisconnect:
                return Response(status_code=400)

        return answer

    def command(name: str) -> Handler:
        async def handle(request: Request) -> Response:
            if not allowance.take(now=time.monotonic()):
                raise Refused("too_often", f"too many commands: at most {limits.commands.per_second:g} a second are taken")
            answer = await desk.carry_out(name, await _body(request, limits))
            return Answer(answer)

        return handle

    async def status(request: Request) -> Response:
        current = shelf.current()
        told: dict[str, Any] = {
            "state": current.state.value if current is not None else "idle",
            "run": current.name if current is not None else None,
            "runs": [run.told() for run in shelf.newest_first()[: limits.listed]],
        }
        return Answer(told)

    async def checkpoint(request: Request) -> Response:
        run, name = shelf.find(request.path_params["run"]), request.path_params["name"].removesuffix(".npz")
        if not is_id(name):
            raise Refused("unknown", "there is no such checkpoint")
        try:
            content = (await asyncio.to_thread(run.folder.load, name)).to_bytes()
        except CheckpointError as error:
            raise Refused("unknown", str(error)) from None
        saved_as = {"content-disposition": f'attachment; filename="{run.name}-{name}.npz"', "cache-control": "no-store"}
        return Response(content, media_type="application/octet-stream", headers=saved_as)

    return [
        Route("/api/status", guarded(status)),
        Route("/api/training/start", guarded(command("start")), methods=["POST"]),
        Route("/api/training/stop", guarded(command("stop")), methods=["POST"]),
        Route("/api/runs/{run}/checkpoints/{name}", guarded(checkpoint)),
    ]


async def _body(request: Request, limits: Limits) -> Any:
    content = b""
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for piece in request.stream():
                content += piece
                if len(content) > limits.message_bytes:
                    raise Refused("too_large", f"a command has at most {limits.message_bytes} bytes")
    except TimeoutError:
        raise Refused("malformed", "the command did not come to its end in time") from None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # A page of any origin can send what forms send without asking first; what clients send with no body is harmless.
    if kind != "application/json" and (content or kind not in ("", "application/octet-stream")):
        raise Refused("not_json", f"a command is application/json, not {kind[:60] or 'without a content type'}")
    if not content:
        return None
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Refused("malformed", "the command is no JSON") from None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
