from __future__ import annotations

import asyncio

import pytest

from rollback.net.refusal import BURST, PACE, refuse_direct
from tests.net.room import Room
from tests.net.virtual_time import run


@pytest.mark.parametrize(
    ("signal", "answers"),
    [
        ({"webrtc": "offer", "attempt": "a1", "sdp": "..."}, ["a1"]),
        ({"webrtc": "want", "have": "a1"}, [""]),
        ({"webrtc": "answer", "attempt": "a1", "sdp": "..."}, []),
        ({"webrtc": "offer", "attempt": "a" * 301}, []),
        ({"webrtc": "offer", "attempt": 7}, []),
        ({"chat": "hello"}, []),
    ],
)
def test_offers_and_wishes_are_refused_and_nothing_else_is_answered(signal, answers):
    async def main():
        room = Room("ann", "bob")
        refuse_direct(room["ann"], lambda: ["bob"])
        room["ann"].on_signal("bob", signal)
        await asyncio.sleep(0.1)
        assert [data["attempt"] for _, _, data in room.signals] == answers
        assert all(to == "bob" and data["webrtc"] == "refused" for _, to, data in room.signals)

    run(main())


def test_a_flood_of_offers_is_not_answered_one_by_one():
    async def main():
        room = Room("ann", "bob", "eve")
        refuse_direct(room["ann"], lambda: ["bob", "eve"])
        for _ in range(1000):
            room["ann"].on_signal("bob", {"webrtc": "want", "have": ""})
        room["ann"].on_signal("eve", {"webrtc": "want", "have": ""})
        await asyncio.sleep(0.1)
        assert [to for _, to, _ in room.signals] == ["bob"] * BURST + ["eve"], "and nobody else has to wait for it"
        await asyncio.sleep(PACE)
        room["ann"].on_signal("bob", {"webrtc": "want", "have": ""})
        await asyncio.sleep(0.1)
        assert len(room.signals) == BURST + 2

    run(main())


def test_who_only_watches_is_not_answered_at_all():
    async def main():
        room = Room("ann", "bob", "eve")
        refuse_direct(room["ann"], lambda: ["bob"])
        room["ann"].on_signal("eve", {"webrtc": "want", "have": ""})
        await asyncio.sleep(0.1)
        assert room.signals == []

    run(main())


def test_a_lobby_that_is_gone_is_no_exception():
    async def main():
        room = Room("ann", "bob")
        refuse_direct(room["ann"], lambda: ["bob"])
        room.open = False
        room["ann"].on_signal("bob", {"webrtc": "want", "have": ""})
        await asyncio.sleep(0.1)
        assert room.signals == []

    run(main())
