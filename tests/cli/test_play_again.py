"""Another match begins when all want it; a person is asked, a bot is not."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import pytest

from rollback.cli.play_again import DECIDE_WITHIN, plays_again
from rollback.cli.play_offer import FREE_WITHIN, SeatOffer
from rollback.errors import NetworkError
from rollback.types import PeerLeft, PeerLost
from tests.netplay.hall import Hall, member
from tests.netplay.quick_time import run

ANN, BOB = member(0, "ann"), member(1, "bob")


class Hands:
    """Somebody who holds keys one after the other, a tenth of a second each."""

    def __init__(self, *keys: str, controller: str = "human") -> None:
        self.controller = controller
        self.closed = asyncio.Event()
        self.told: list[str] = []
        self._keys = keys
        self._began = 0.0

    def held(self) -> Collection[str]:
        time = asyncio.get_running_loop().time()
        self._began = self._began or time
        place = int((time - self._began) * 10)
        return {self._keys[place]} if place < len(self._keys) else set()

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)


class Room(Hall):
    def __init__(self, *members: Any, answer: Exception | None = None) -> None:
        super().__init__("ann", *(members or (ANN, BOB)))
        self.answer = answer
        self.asked = 0
        self.invites = 0

    async def rematch(self, timeout: float) -> int:
        self.asked += 1
        if self.answer is not None:
            raise self.answer
        return 1

    async def renew_invite(self) -> str:
        self.invites += 1
        return "a-token"


def again(room: Any, hands: Any, further: int = 0) -> bool:
    return bool(run(plays_again(room, hands, further=further)))


@pytest.mark.parametrize(
    ("keys", "wants"),
    [
        (("", "r"), True),
        (("", "", "q"), False),
        (("", "escape"), False),
        (("w", "s", "r"), True),
        (("r", "r", "", "r"), True),  # the game's own key is still held, then pressed anew
        (("r", "r", "q"), False),
        ((), False),
    ],
)
def test_a_person_says_by_a_key_whether_to_play_again(keys: tuple[str, ...], wants: bool) -> None:
    room, hands = Room(), Hands(*keys)
    assert again(room, hands) is wants and room.asked == wants
    assert hands.told[0] == "r plays again, q leaves"


def test_a_bot_plays_as_many_as_it_was_told_to() -> None:
    assert again(Room(), Hands(controller="bot"), further=1)
    room = Room()
    assert not again(room, Hands("r", controller="bot")) and room.asked == 0


def test_nobody_is_asked_where_nobody_is_left_to_play_with() -> None:
    for room in (Room(ANN), Room(ANN, member(None, "eve")), Room(ANN, member(1, "bob", again=False))):
        hands = Hands("r")
        assert not again(room, hands) and hands.told == []


def test_who_closes_the_window_or_waits_too_long_or_is_left_alone_leaves() -> None:
    async def main() -> None:
        for event in ("closed", "late", "alone"):
            room, hands = Room(), Hands()
            waiting = asyncio.ensure_future(plays_again(room, hands, further=0))  # type: ignore[arg-type]
            await asyncio.sleep(1.0)
            assert not waiting.done()
            if event == "closed":
                hands.closed.set()
            elif event == "alone":
                room.tell(ANN)
            await asyncio.sleep(DECIDE_WITHIN if event == "late" else 0.1)
            assert waiting.done() and not waiting.result() and room.asked == 0

    run(main())


def test_who_does_not_get_another_match_is_told_why() -> None:
    hands = Hands("", "r")
    assert not again(Room(answer=NetworkError("bob does not want another match")), hands)
    assert hands.told[-1] == "there is no further match: bob does not want another match"


@pytest.mark.parametrize(
    ("event", "frees", "offers"),
    [
        (PeerLeft("bob", (1,), "left"), True, True),
        (PeerLeft("bob", (1,), "left"), False, False),
        (PeerLeft("bob", (1,), "ended"), True, False),
        (PeerLeft("eve", (), "left"), True, False),
        (PeerLost("bob", (1,), "nothing was heard"), True, False),  # it may come back
    ],
)
def test_the_seat_of_who_left_is_offered_once_it_is_free(event: Any, frees: bool, offers: bool) -> None:
    async def main() -> None:
        room: Any = Room()
        told: list[str] = []
        offer = SeatOffer(room, told.append, lambda invite: f"rollback play ROOM --invite {invite}")
        offer.event(event)
        await asyncio.sleep(0.3)
        assert told == []
        if frees:
            room.tell(ANN)
        await asyncio.sleep(2 * FREE_WITHIN)
        await offer.close()
        sentence = "somebody else can play on for player 2, within five minutes: rollback play ROOM --invite a-token"
        assert told == ([sentence] if offers else [])

    run(main())


def test_nothing_is_offered_after_the_end() -> None:
    async def main() -> None:
        room: Any = Room()
        offer = SeatOffer(room, lambda sentence: None, str)
        offer.event(PeerLeft("bob", (1,), "left"))
        await asyncio.sleep(0.1)
        await offer.close()
        room.tell(ANN)
        await asyncio.sleep(2 * FREE_WITHIN)
        assert room.invites == 0

    run(main())
