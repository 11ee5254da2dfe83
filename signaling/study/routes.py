"""A study over HTTP: what a participant's page may POST below /study/. Knows requests; decides nothing."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from signaling.buckets import BucketTable
from signaling.gate import address_of
from signaling.limits import Rate
from signaling.names import clean
from signaling.study import body
from signaling.study.desk import StudyDesk
from signaling.study.refusal import StudyRefusal
from signaling.study.uploads import PIECE

__all__ = ["LINES", "study_routes"]

LINES: Final = "application/x-ndjson"
# A laboratory of thirty sits behind one address, and each page asks twice in two seconds at the most.
BY_ADDRESS: Final = Rate(100, 1000)
ARRIVALS: Final = Rate(2, 120)  # of one address
_HASH: Final = re.compile(r"[0-9a-f]{64}")
MOST_PLAYERS: Final = 16
AT_ONCE: Final = 4  # uploads of one participant; a page sends one after the other, and each is held in memory
LONGEST_WORD: Final = 200  # characters of a reason; what is longer is cut


def study_routes(desk: StudyDesk, clock: Callable[[], float] = time.monotonic) -> list[BaseRoute]:
    """Return the routes of a study, for `signaling.serve.running`.

    Args:
        desk: The study.
        clock: Seconds that never go back, for the rates.
    """
    asked, arrived = BucketTable(BY_ADDRESS), BucketTable(ARRIVALS)

    def route(name: str, answer: Callable[[Request], Awaitable[dict[str, Any]]]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                body.check_origin(request)
                address = address_of(request.scope)
                if not asked.take(address, now=clock()) or (name == "arrive" and not arrived.take(address, now=clock())):
                    raise StudyRefusal("too_many", "too many requests come from your address: wait a moment")
                told, status = {"ok": True, **await answer(request)}, 200
            except StudyRefusal as refusal:
                told, status = refusal.answer(), refusal.status
            except ClientDisconnect:
                return Response(status_code=400)
            return JSONResponse(told, status, headers={"cache-control": "no-store"})

        return Route(f"/study/{name}", endpoint, methods=["POST"])

    deeds = _Deeds(desk)
    names = ("arrive", "agree", "ping", "ready", "look", "begin", "played", "leave", "upload")
    return [route(name, getattr(deeds, name)) for name in names]


class _Deeds:
    """Each of them reads what came, and has the desk answer."""

    def __init__(self, desk: StudyDesk) -> None:
        self._desk = desk
        self._uploading: Counter[str] = Counter()  # by token

    async def arrive(self, request: Request) -> dict[str, Any]:
        return await self._desk.arrive(await body.read_fields(request), body.token_of(request))

    async def ping(self, request: Request) -> dict[str, Any]:
        await body.read_fields(request)
        return {}

    async def agree(self, request: Request) -> dict[str, Any]:
        agreed = (await body.read_fields(request)).get("agreed")
        if not isinstance(agreed, bool):
            raise StudyRefusal("malformed", "agreed must be true or false")
        return await self._desk.decide(body.token_of(request), lambda study, member, now: study.agree(member, agreed, now=now))

    async def ready(self, request: Request) -> dict[str, Any]:
        trips = body.trips_of((await body.read_fields(request)).get("rtt_ms"))
        return await self._desk.decide(body.token_of(request), lambda study, member, now: study.ready(member, trips, now=now))

    async def look(self, request: Request) -> dict[str, Any]:
        told = (await body.read_fields(request)).get("rtt_ms")
        trip = None if told is None else body.trips_of(told)[:1] or None
        rtt_ms = trip[0] if trip else None
        return await self._desk.decide(
            body.token_of(request), lambda study, member, now: study.look(member, rtt_ms=rtt_ms, now=now)
        )

    async def begin(self, request: Request) -> dict[str, Any]:
        fields = await body.read_fields(request)
        episode = body.whole_of(fields, "episode", 1, self._desk.plan.episodes)
        player = body.whole_of(fields, "player", 0, MOST_PLAYERS - 1)
        token = body.token_of(request)
        return await self._desk.decide(token, lambda study, member, now: study.begin(member, episode, player, now=now))

    async def played(self, request: Request) -> dict[str, Any]:
        fields = await body.read_fields(request)
        episode = body.whole_of(fields, "episode", 1, self._desk.plan.episodes)
        told = {"frames": body.whole_of(fields, "frames", 0, 10**9), "reason": _word(fields, "reason")}
        checksum = _word(fields, "checksum")
        if checksum:
            told["checksum"] = checksum
        return await self._desk.decide(
            body.token_of(request), lambda study, member, now: study.played(member, episode, told, now=now)
        )

    async def leave(self, request: Request) -> dict[str, Any]:
        fields = await body.read_fields(request)
        kind, detail = _word(fields, "kind"), _word(fields, "detail")
        return await self._desk.decide(
            body.token_of(request), lambda study, member, now: study.leave(member, kind, detail, now=now)
        )

    async def upload(self, request: Request) -> dict[str, Any]:
        given = request.query_params
        episode = body.whole_of(given, "episode", 1, self._desk.plan.episodes)
        piece = body.whole_of(given, "piece", 0, 10**6)
        sha256 = given.get("sha256", "")
        if not _HASH.fullmatch(sha256):
            raise StudyRefusal("malformed", "sha256 must be 64 hexadecimal digits in lower case")
        token = body.token_of(request)
        self._desk.check(token)  # before a quarter of a megabyte of a stranger is read
        if self._uploading[token] >= AT_ONCE:
            raise StudyRefusal("too_many", f"{AT_ONCE} uploads of yours are on their way: wait for one of them")
        self._uploading[token] += 1
        try:
            return await self._desk.upload(token, episode, piece, sha256, await body.read_bytes(request, LINES, PIECE))
        finally:
            self._uploading[token] -= 1
            if not self._uploading[token]:
                del self._uploading[token]


def _word(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise StudyRefusal("malformed", f"{key} must be a text")
    return clean(value, LONGEST_WORD)
