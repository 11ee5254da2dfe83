"""Three matches in one room, one after the other, without joining again: each has its number, and ends as it should."""

from __future__ import annotations

import asyncio

import pytest

import rollback
from rollback.core.session import P2PSession
from rollback.games import Pong
from rollback.games.bots import act_with, bot_for
from rollback.netplay import config_for, match
from rollback.types import Ended
from signaling.serve import running

PATIENCE = 60.0  # seconds on a busy machine
MATCHES = 3


@pytest.mark.parametrize(
    "transport", [pytest.param("webrtc", marks=pytest.mark.nightly), pytest.param("relay", marks=pytest.mark.nightly)]
)
async def test_a_room_plays_on_and_what_is_left_of_the_last_match_harms_nobody(transport, monkeypatch):
    numbers = []

    class Noted(P2PSession):
        def __init__(self, *args, match, **options):
            numbers.append(match)
            super().__init__(*args, match=match, **options)

    monkeypatch.setattr(match, "P2PSession", Noted)

    async def player(url, room, name, seat):
        results = []
        async with rollback.join(url, room=room, name=name) as lobby:
            for number in range(MATCHES):
                assert lobby.match == number
                results.append(
                    await rollback.play(
                        Pong(),
                        lobby,
                        act_with(bot_for(Pong(), seat, number)),
                        config=config_for(Pong(), room, seed=number),
                        frames=40 + 20 * number,
                        transport=transport,
                        ice_addresses=["127.0.0.1"],
                        latency_ms=20,
                        jitter_ms=60,
                        impair_seed=number,
                    )
                )
                if number + 1 < MATCHES:
                    assert await lobby.rematch(PATIENCE) == number + 1
        return results

    async with asyncio.timeout(PATIENCE), running() as server:
        room = server.open_room(players=2)
        ann, bob = await asyncio.gather(player(server.url, room, "ann", 0), player(server.url, room, "bob", 1))
    assert sorted(numbers) == [0, 0, 1, 1, 2, 2]
    for number, (ours, theirs) in enumerate(zip(ann, bob, strict=True)):
        assert ours.ended == theirs.ended == Ended("end_at", 40 + 20 * number)
        assert ours.checksum == theirs.checksum
    assert len({result.checksum for result in ann}) == MATCHES
