"""Who comes and goes is told to the session: new processes, newcomers and verdicts, each once, and none too early."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rollback.errors import NetworkError, UsageError
from rollback.netplay.audience import Audience
from rollback.netplay.company import LOOK_EVERY, Company
from rollback.netplay.reach import BROADCAST
from rollback.netplay.seats import Seats
from rollback.netplay.switchboard import Switchboard
from rollback.types import PeerJoined, PeerLost, VoteWanted
from tests.netplay.hall import Hall, Told, Ways, member
from tests.netplay.quick_time import run

ANN, BOB, CID = member(0, "ann"), member(1, "bob"), member(2, "cid")


class Table:
    """A match of three, as ann sees it."""

    def __init__(self, *members: dict[str, Any], late: bool = False, me: str = "ann") -> None:
        self.lobby: Any = Hall(me, *(members or (ANN, BOB, CID)), locked=late)
        self.session: Any = Told()
        self.reach: Any = Ways()
        seats = Seats.of(self.lobby, 3, late=late)
        self.company = Company(self.lobby, self.session, self.reach, Switchboard(self.lobby), seats, late=late)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_those_who_were_there_from_the_start_are_not_admitted_again():
    async def main():
        table = Table()
        async with table.company:
            table.lobby.tell(ANN, BOB, member(2, "cid", connected=False))
            table.lobby.tell(ANN, BOB, CID)  # the same process, whose line to the lobby was lost for a while
            await turns()
        assert table.session.admitted == [] and table.reach.known == {}

    run(main())


def test_a_new_process_of_a_member_is_admitted_to_its_seat_once():
    async def main():
        table = Table()
        async with table.company:
            for _ in range(3):
                table.lobby.tell(ANN, BOB, member(2, "cid", life=2))
                await turns()
        assert table.session.admitted == [("cid", 2)] and table.reach.known == {"cid": "m-cid"}

    run(main())


def test_a_process_that_dies_again_and_one_of_our_own_are_known_for_what_they_are():
    async def main():
        table = Table()
        async with table.company:
            table.lobby.tell(member(0, "ann", life=5), BOB, member(2, "cid", life=2, connected=False))
            await turns()
            assert table.session.admitted == []
            table.lobby.tell(member(0, "ann", life=5), BOB, member(2, "cid", life=3))
            await turns()
        assert table.session.admitted == [("cid", 2)]

    run(main())


def test_who_is_still_loading_is_admitted_once_it_has_loaded():
    async def main():
        table = Table()
        async with table.company:
            for _ in range(3):
                table.lobby.tell(ANN, BOB, member(2, "cid", life=2, loading=True))
                await turns()
            assert table.session.tries == 0 and table.reach.known == {}
            table.lobby.tell(ANN, BOB, member(2, "cid", life=2))
            await turns()
        assert table.session.admitted == [("cid", 2)] and table.reach.known == {"cid": "m-cid"}

    run(main())


def test_who_comes_late_offers_nobody_who_is_still_loading():
    async def main():
        table = Table(ANN, member(1, "bob", loading=True), CID, late=True)
        async with table.company:
            await turns()
            assert table.session.admitted == [("cid", 2)]
            table.lobby.tell(ANN, BOB, CID)
            await turns()
        assert table.session.admitted == [("cid", 2), ("bob", 1)]

    run(main())


def test_somebody_new_takes_a_seat_and_the_one_before_is_let_go():
    async def main():
        table = Table()
        table.reach.known = {"bob": "m-bob", "cid": "m-cid"}
        async with table.company:
            table.lobby.tell(ANN, BOB)
            table.lobby.tell(ANN, BOB, member(2, "dot"), member(None, "eve"), member(3, "fay"))
            await turns()
        assert table.session.admitted == [("dot", 2)]  # eve watches, and there is no fourth player
        assert table.reach.known == {"bob": "m-bob", "dot": "m-dot"}

    run(main())


def test_who_cannot_be_admitted_yet_is_tried_again_until_it_can_or_another_comes():
    async def main():
        table = Table()
        table.session.refuses = UsageError("player 2 is played by 'cid'")
        async with table.company:
            table.lobby.tell(ANN, BOB, member(2, "dot"))
            await asyncio.sleep(3 * LOOK_EVERY)
            assert table.session.tries >= 3 and table.reach.known == {}
            table.session.refuses = None
            table.lobby.tell(ANN, BOB, member(2, "eli"))
            await asyncio.sleep(3 * LOOK_EVERY)
        assert table.session.admitted == [("eli", 2)] and table.reach.known == {"eli": "m-eli"}

    run(main())


def test_nobody_is_tried_for_ever():
    async def main():
        for ends in (True, False):
            table = Table()
            table.session.refuses = UsageError("no")
            async with table.company:
                table.lobby.tell(ANN, BOB, member(2, "dot"))
                await asyncio.sleep(2 * LOOK_EVERY)
                table.session.reason = "ended" if ends else "running"
                before = table.session.tries
                await asyncio.sleep(4 * LOOK_EVERY)
                assert (table.session.tries == before) is ends
            before = table.session.tries
            await asyncio.sleep(4 * LOOK_EVERY)
            assert table.session.tries == before  # the match is over for us

    run(main())


def test_who_comes_late_itself_offers_all_who_are_there_and_shows_nothing_before_it_is_in():
    async def main():
        table = Table(ANN, member(1, "bob", connected=False), CID, late=True)
        async with table.company:
            table.lobby.tell(ANN, member(1, "bob", connected=False), CID, watching=2)
            await turns()
            assert table.session.admitted == [("cid", 2)] and table.session.broadcasts == []
            table.lobby.tell(ANN, member(1, "bob", life=2), CID, watching=2)
            await turns()
            assert table.session.admitted == [("cid", 2), ("bob", 1)]
            table.company.event(PeerJoined("cid", (2,), 60))
            assert table.session.broadcasts == []
            table.company.event(PeerJoined("", (0,), 60))
            assert table.session.broadcasts == [BROADCAST]

    run(main())


@pytest.mark.parametrize("verdict", [0b11, 0b100, NetworkError("the lobby is gone")])
def test_the_lobbys_vote_is_passed_on_and_its_silence_is_not(verdict):
    async def main():
        table = Table()
        table.lobby.verdict = verdict
        async with table.company:
            table.company.event(PeerLost("cid", (2,), "silence"))
            assert table.lobby.votes == []
            table.company.event(VoteWanted(0b11, 4))
            await turns()
        assert table.lobby.votes == [(4, 0b11)]
        assert table.session.decided == ([] if isinstance(verdict, Exception) else [(verdict, 4)])

    run(main())


def test_whoever_listened_before_is_told_meanwhile_and_listens_again():
    async def main():
        table, news = Table(), []
        table.lobby.on_members = before = lambda: news.append(len(table.lobby.members))
        table.company = Company(
            table.lobby,
            table.session,
            table.reach,
            Switchboard(table.lobby),
            Seats.of(table.lobby, 3),
            late=False,
        )
        async with table.company:
            table.lobby.tell(ANN, BOB)
        assert news == [3, 2] and table.lobby.on_members is before
        assert isinstance(table.company._audience, Audience)

    run(main())
