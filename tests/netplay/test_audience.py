"""The match is shown by one player to the lobby, while somebody watches, and to some directly, as long as they are there."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rollback.errors import UsageError
from rollback.netplay.audience import ANEW, AWAY, BURST, Audience
from rollback.netplay.reach import BROADCAST
from rollback.netplay.switchboard import WATCH, Switchboard
from tests.netplay.hall import Hall, Told, Ways, member
from tests.netplay.quick_time import run

ANN, BOB, EVE = member(0, "ann"), member(1, "bob"), member(None, "eve")


class Stage:
    def __init__(self, me: str = "ann") -> None:
        self.lobby: Any = Hall(me, ANN, BOB, EVE)
        self.session: Any = Told()
        self.reach: Any = Ways()
        self.signals = Switchboard(self.lobby)
        self.signals.on_signal = lambda id, data: None
        self.audience = Audience(self.lobby, self.session, self.reach, self.signals)
        self.lobby.on_members = self.audience.look

    def ask(self, id: str = "m-eve", said: Any = None) -> None:
        self.lobby.on_signal(id, {WATCH: {"match": 0} if said is None else said})


def test_the_lowest_player_shows_the_match_while_somebody_watches_and_the_lobby_is_there():
    async def main():
        stage = Stage()
        stage.lobby.tell(ANN, BOB, watching=0)
        assert stage.session.broadcasts == []
        for _ in range(3):
            stage.lobby.tell(ANN, BOB, watching=7)
        assert stage.session.broadcasts == [BROADCAST] and stage.session.dismissed == []
        stage.lobby.tell(ANN, BOB, watching=7, connected=False)
        assert stage.session.dismissed == [BROADCAST]
        stage.lobby.tell(ANN, BOB, watching=1)  # a lobby that was started again has nothing of it
        assert stage.session.broadcasts == [BROADCAST] * 2
        stage.lobby.tell(ANN, BOB, watching=0)
        assert stage.session.dismissed == [BROADCAST] * 2

    run(main())


def test_another_player_takes_over_where_the_lowest_is_gone():
    async def main():
        stage = Stage("bob")
        stage.lobby.tell(ANN, BOB, watching=1)
        assert stage.session.broadcasts == []
        stage.lobby.tell(member(0, "ann", connected=False), BOB, watching=1)
        assert stage.session.broadcasts == [BROADCAST]
        stage.lobby.tell(member(0, "ann", life=2), BOB, watching=1)
        assert stage.session.dismissed == [BROADCAST]

    run(main())


def test_what_the_lobby_did_not_take_is_begun_anew_after_a_moment():
    async def main():
        stage = Stage()
        stage.lobby.tell(ANN, BOB, watching=1)
        for _ in range(5):
            stage.reach.on_refused()
        assert stage.session.broadcasts == [BROADCAST] and stage.session.dismissed == [BROADCAST]
        await asyncio.sleep(1.5 * ANEW)
        assert stage.session.broadcasts == [BROADCAST] * 2 and stage.session.dismissed == [BROADCAST]
        stage.reach.on_refused()
        await stage.audience.close()
        await asyncio.sleep(1.5 * ANEW)
        assert stage.session.broadcasts == [BROADCAST] * 2

    run(main())


def test_a_match_that_cannot_be_watched_is_no_trouble_for_those_who_play_it():
    async def main():
        stage = Stage()

        def refuse(peer: str, *, keyframe_every: float) -> None:
            raise UsageError("its states are no trees")

        stage.session.broadcast = refuse
        stage.lobby.tell(ANN, BOB, watching=1)
        stage.lobby.tell(ANN, BOB, watching=0)

    run(main())


def test_who_asks_to_watch_directly_is_admitted_under_its_name():
    async def main():
        stage = Stage()
        stage.ask()
        stage.ask()  # asks again until something comes
        assert set(stage.session.admitted) == {("eve", None)} and stage.reach.known == {"eve": "m-eve"}
        assert stage.lobby.said == []

    run(main())


@pytest.mark.parametrize("said", [{"match": 1}, {"match": "0"}, {}, [], "watch", 7, {"refused": "no"}])
def test_who_asks_for_another_match_or_nonsense_has_no_answer(said):
    async def main():
        stage = Stage()
        stage.ask(said=said)
        await asyncio.sleep(0.01)
        assert stage.session.tries == 0 and stage.lobby.said == []

    run(main())


@pytest.mark.parametrize("id", ["m-bob", "m-nobody"])
def test_who_plays_or_is_nobody_cannot_ask(id):
    async def main():
        stage = Stage()
        stage.ask(id)
        assert stage.session.tries == 0

    run(main())


@pytest.mark.parametrize("reason", ["synchronizing", "ended"])
def test_nobody_is_admitted_before_the_match_or_after_it(reason):
    async def main():
        stage = Stage()
        stage.session.reason = reason
        stage.ask()
        assert stage.session.tries == 0

    run(main())


def test_a_refusal_is_one_sentence_and_is_not_repeated_as_often_as_it_is_asked_for():
    async def main():
        stage = Stage()
        stage.session.refuses = UsageError("32 spectators watch already")
        for _ in range(50):
            stage.ask()
        await asyncio.sleep(0.01)
        assert stage.lobby.said == [("m-eve", {WATCH: {"refused": "32 spectators watch already"}})] * BURST
        assert stage.reach.known == {}
        stage.lobby.lost = "the lobby is gone"
        await asyncio.sleep(10.0)
        stage.ask()
        await asyncio.sleep(0.01)  # nobody hears it, and nothing breaks
        await stage.audience.close()

    run(main())


def test_who_left_is_let_go_and_who_is_only_away_for_a_moment_is_not():
    async def main():
        stage = Stage()
        stage.lobby.tell(ANN, BOB, EVE, member(None, "dan"))
        for id in ("m-eve", "m-dan"):
            stage.ask(id)
        stage.lobby.tell(ANN, BOB, connected=False)  # of a lobby that is away nothing is known
        await asyncio.sleep(2 * AWAY)
        assert set(stage.reach.known) == {"eve", "dan"}
        stage.lobby.tell(ANN, BOB)  # and it hears of its members one after the other
        await asyncio.sleep(AWAY / 2)
        stage.lobby.tell(ANN, BOB, EVE)
        await asyncio.sleep(AWAY)
        assert set(stage.reach.known) == {"eve"} and stage.session.dismissed == ["dan"]
        stage.lobby.tell(ANN, BOB)
        await stage.audience.close()
        await asyncio.sleep(2 * AWAY)
        assert stage.session.dismissed == ["dan"]

    run(main())
