"""Losses, returns and spectators in whole matches, and that each oracle about them fires where it ought to."""

from __future__ import annotations

import pytest

from rollback import SessionConfig
from rollback.config import TakeOver
from rollback.core.agreement import Agreement, Standing
from rollback.core.ballot import Ballot
from rollback.core.cutting import Cutting
from rollback.core.spectator import SpectatorSession
from rollback.sim import Link, VirtualMatch
from rollback.sim.lobby import Agenda, VirtualLobby
from rollback.sim.plan import Steady
from rollback.types import Cut, PeerJoined
from tests.sim.games import Mixer

LINE = Link(latency_ms=50, jitter_ms=20, loss=0.05)


def match_of(peers: int = 3, seed: int = 1, **settings) -> VirtualMatch:
    lobby = {name: settings.pop(name) for name in ("votes", "absent") if name in settings}
    config = {"fps": 30, "on_disconnect": "idle", "disconnect_after": 1.0, "desync_interval": 15, **settings}
    return VirtualMatch(lambda: Mixer(peers), link=LINE, config=SessionConfig(**config), seed=seed, **lobby)


def oracles(match: VirtualMatch, frames: int = 240) -> set[str]:
    return {failure.oracle for failure in match.run(frames).failures}


@pytest.mark.parametrize("waits", [0, 400, 1100, 3000])
@pytest.mark.parametrize("on_disconnect", ["idle", "pause", TakeOver(Steady())], ids=["idle", "pause", "takeover"])
def test_who_is_killed_comes_back_and_plays_again(on_disconnect, waits):
    match = match_of(on_disconnect=on_disconnect, rejoin_grace=8.0)
    match.at(60).kill(1).later(waits).rejoin(1)
    report = match.run(330)
    assert report.passed, report.failures
    assert report.ended == ["end_at", "", "end_at", "end_at"] and report.frames == 330
    frame = next(event.frame for _, event in report.events[3] if isinstance(event, PeerJoined))
    assert match.referee.given[1].distinct > 5, "what settled from then on is what the new process gave"
    assert frame < 300


def test_a_policy_of_any_kind_may_stand_in_and_one_that_is_known_only_as_it_does():
    class Moody:
        def act(self, observation, memory):
            memory = (memory or 0) + 1
            return memory % 7, memory

    match = match_of(on_disconnect=TakeOver(Moody()))
    match.at(60).kill(1)
    assert match.run(240).passed
    assert match.referee.slots[1].stand_in == b""
    strict = match_of(on_disconnect=TakeOver(Moody()))
    strict.referee.stands_in(Steady())
    strict.at(60).kill(1)
    assert "given" in oracles(strict)


def test_a_new_process_takes_the_place_of_one_that_lives():
    match = match_of()
    match.at(60).rejoin(2)
    report = match.run(240)
    assert report.passed, report.failures
    assert report.ended == ["end_at", "end_at", "", "end_at"]
    assert any(isinstance(event, Cut) and event.players == (2,) for _, event in report.events[0])


def test_an_open_place_idles_until_somebody_comes():
    match = match_of(4, absent=(2,))
    match.at(90).join(2)
    report = match.run(240)
    assert report.passed, report.failures
    assert [peer.peer for peer in match.stage.processes] == [0, 1, 3, 2] and report.ended == ["end_at"] * 4
    never = match_of(3, absent=(1,))
    assert never.run(60).passed and len(never.peers) == 2


def test_a_spectator_sees_all_of_it_and_goes_on_with_another_host():
    match = match_of(4)
    match.at(30).watch(3).later(2000).watch(1).later(100).kill(3)
    report = match.run(240)
    assert report.passed, report.failures
    assert [watcher.hosts for watcher in match.stage.watchers] == [2, 1]
    assert [match.referee.settled[watcher.number] for watcher in match.stage.watchers] == [240, 240]


def test_a_vote_is_taken_once_and_told_again_to_whoever_asks_later():
    class Peer:
        def __init__(self, peer: int) -> None:
            self.peer, self.seats, self.alive, self.ended, self.wanted, self.told = peer, (peer,), True, None, None, []
            self.session = self

        def decide(self, roster: int, epoch: int) -> None:
            self.told.append((roster, epoch))

        def asks(self, roster: int):
            self.wanted = type("Wanted", (), {"roster": roster, "epoch": 1})()
            return self

    agenda, peers = Agenda(), [Peer(number) for number in range(4)]
    lobby = VirtualLobby(agenda, peers, 1, lambda one, two: None)
    lobby.reached_by = 0b1110
    lobby.ask(peers[0].asks(0b0011), 0.0)
    lobby.ask(peers[2].asks(0b1100), 0.0)
    lobby.ask(peers[1].asks(0b0011), 0.1)
    for tick in range(40):
        agenda.run(tick / 20)
    assert lobby.votes == 1 and peers[0].told == [], "who does not reach the lobby gets no answer"
    assert peers[1].told == peers[2].told == [(0b1100, 1)], "the half that more of the lobby's members belong to"
    lobby.ask(peers[3].asks(0b1100), 2.0)
    agenda.run(3.0)
    assert peers[3].told == [(0b1100, 1)] and lobby.votes == 1


# Planted faults: without each of these oracles nobody would notice.


def killed(peers: int = 3, *also: int, **settings) -> VirtualMatch:
    match = match_of(peers, **settings)
    moment = match.at(60).kill(1)
    for peer in also:
        moment.kill(peer)
    return match


def test_who_goes_on_without_a_majority_is_found_out(monkeypatch):
    monkeypatch.setattr(Agreement, "standing", property(lambda self: Standing.MORE))
    assert "must end" in oracles(killed(3, 2))
    match = match_of(5)
    match.at(60).partition({0, 1}, {2, 3, 4})
    assert {"must end", "alike"} <= oracles(match), "two sides went on, and settled different inputs"


def test_who_ends_without_need_is_found_out(monkeypatch):
    monkeypatch.setattr(Ballot, "is_lost", lambda self, now: True)
    assert oracles(killed()) == {"goes on"}


def test_an_agreement_that_never_comes_is_found_out(monkeypatch):
    monkeypatch.setattr(Agreement, "due", lambda self, held: None)
    assert "stuck" in oracles(killed())


def test_a_cut_that_one_of_them_makes_elsewhere_is_found_out(monkeypatch):
    commit = Cutting.commit

    def early(self, change):
        if self._agreement.me == 0:
            for seat in change.cuts:
                self._by_seat[seat].queue.known -= 1
        commit(self, change)

    monkeypatch.setattr(Cutting, "commit", early)
    assert {"alike", "given", "states"} & oracles(killed())


def test_a_slot_that_does_not_idle_after_the_cut_is_found_out(monkeypatch):
    commit = Cutting.commit

    def busy(self, change):
        commit(self, change)
        for seat in change.cuts:
            self._by_seat[seat].queue.last = b"\x63"

    monkeypatch.setattr(Cutting, "commit", busy)
    assert "given" in oracles(killed())


def test_a_newcomer_that_is_not_let_in_is_found_out(monkeypatch):
    monkeypatch.setattr(VirtualLobby, "_let_in", lambda self, peer, newcomer: None)
    match = killed()
    match.at(60).later(2500).rejoin(1)
    assert oracles(match, 420) == {"let in"}


def test_a_spectator_that_is_shown_only_half_is_found_out(monkeypatch):
    tick = SpectatorSession.tick
    monkeypatch.setattr(SpectatorSession, "tick", lambda self, *, now: tick(self, now=now, most=int(self.frame < 100)))
    match = match_of()
    match.at(30).watch(0)
    assert oracles(match) == {"shown"}


def test_a_spectator_that_is_shown_something_else_is_found_out(monkeypatch):
    from rollback.core.screening import Screening

    step = Screening.step
    monkeypatch.setattr(Screening, "step", lambda self, row: step(self, row[:-1] + b"\1" if self.frame == 90 else row))
    match = match_of()
    match.at(30).watch(0)
    assert "alike" in oracles(match)
