"""A whole match on virtual time, from its arguments to its report. Knows no real clock, no thread and no process.

Everything is drawn from the seed, so the same match is the same anywhere: in another process, on another machine, in a
browser.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rollback.config import SessionConfig, TakeOver
from rollback.core.session import P2PSession
from rollback.core.spectator import SpectatorSession
from rollback.core.timesync import Cadence
from rollback.errors import UsageError
from rollback.game import Game, codecs_of
from rollback.games.bots import RandomBot, act_with
from rollback.sim.clock import VirtualClock
from rollback.sim.link import Link
from rollback.sim.lobby import Agenda
from rollback.sim.oracles import Referee
from rollback.sim.peer import Act, VirtualPeer
from rollback.sim.report import MatchReport
from rollback.sim.schedule import Moment, Schedule
from rollback.sim.seating import configs_of, links_of, numbers_of, seats_of, starting_delay
from rollback.sim.stage import Stage
from rollback.sim.timeline import Timeline
from rollback.sim.verdict import judge, judge_fates, judge_watchers, report_of, rules_of
from rollback.sim.watcher import Watcher
from rollback.sim.wires import Wires
from rollback.types import Local, Open, Remote

__all__ = ["VirtualMatch"]


class VirtualMatch:
    """A match of several peers over a virtual network; it runs once.

    Args:
        make: Makes a fresh game: one for each peer, and one for the plain run they are all held to.
        players: How many the game is to have; None takes what it has.
        config: The settings, of all peers or of each.
        link: The link of all directions, or by (from, to); a direction that is left out is perfect.
        seed: Decides losses, delays, clocks and the drawn actions.
        act: `act(game, player) -> action`, asked once a frame; None draws legal actions, each held for some frames.
        tick_ms: The period of the frame loop in milliseconds; None takes that of `fps`.
        skew_ppm: By how many millionths each peer's clock is too fast.
        seats: The players of each peer; None gives each peer one.
        input_delays: The input delay of each peer; None takes that of its settings.
        phases: Where in a frame each peer's first tick lies, in shares of the period; None lets all begin at once.
        paced: Whether a peer that is ahead slows down, by the driver's arithmetic.
        warm_up: Frame from which stalls, lag and leads are counted.
        votes: Whether a lobby stands by that votes where exactly half of the peers are left.
        absent: Peers that are not there in the beginning; their players are open, and idle until they `join`.

    Raises:
        UsageError: The arguments do not fit each other; the message says which.
        GameError: The game lacks what it needs.
    """

    def __init__(
        self,
        make: Callable[[], Game],
        players: int | None = None,
        config: SessionConfig | Sequence[SessionConfig] | None = None,
        link: Link | Mapping[tuple[int, int], Link] | None = None,
        seed: int = 0,
        act: Act | None = None,
        tick_ms: float | None = None,
        *,
        skew_ppm: Sequence[float] | None = None,
        seats: Sequence[Sequence[int]] | None = None,
        input_delays: Sequence[int] | None = None,
        phases: Sequence[float] | None = None,
        paced: bool = True,
        warm_up: int = 0,
        votes: bool = False,
        absent: Sequence[int] = (),
    ) -> None:
        def again() -> VirtualMatch:
            return VirtualMatch(
                make, players, config, link, seed, act, tick_ms, skew_ppm=skew_ppm, seats=seats,
                input_delays=input_delays, phases=phases, paced=paced, warm_up=warm_up, votes=votes, absent=absent,
            )  # fmt: skip

        self._again = again
        games = _games(make, players, seats)
        count, total = len(games), len(codecs_of(games[0]))
        rows = seats_of(total, players, seats)
        configs = configs_of(config, input_delays, count)
        links = links_of(link, count)
        skews = numbers_of("skew_ppm", skew_ppm, count, -100_000, 100_000)
        begins = numbers_of("phases", phases, count, 0, 1)
        period = None if tick_ms is None else numbers_of("tick_ms", [tick_ms], 1, 0.1, 10_000)[0] / 1000
        where = {player: number for number, row in enumerate(rows) for player in row}
        delays = [starting_delay(configs[where[player]]) for player in range(total)]
        dice = random.Random(f"{seed}: clocks")
        away = sorted(absent)
        if not set(away) < set(range(count)) or count - len(away) < 2:
            raise UsageError(f"absent must be some of the peers 0..{count - 1}, and leave two at least, not {absent!r:.80}")
        self.referee = Referee(make, configs[0].seed, count - len(away), delays)
        if isinstance(configs[0].on_disconnect, TakeOver):
            self.referee.stands_in(configs[0].on_disconnect.policy)
        self._schedule = Schedule(count, total)
        self._paced = paced
        self._has_run = False
        self._rules = rules_of(configs[0], count, votes=votes, absent=absent)
        self.certain = 0
        self.wires = Wires(links, seed)
        self.peers: list[VirtualPeer] = []

        def process(peer: int, number: int, game: Game, *, comes: bool = False) -> VirtualPeer:
            row, every = rows[peer], period or 1.0 / configs[peer].fps
            here = [other for other in range(count) if other != peer and other not in away]
            stands = [
                Local("bot") if where[p] == peer else Remote(f"p{where[p]}") if where[p] in here else Open()
                for p in range(total)
            ]
            nonce = dice.getrandbits(30) + 1
            session = P2PSession(game, stands, configs[peer], nonce=nonce, votes=votes, joining=comes)
            clock = VirtualClock(float(dice.getrandbits(10)), skews[peer])
            cadence = Cadence(every, begins[peer] * every)
            plays = act or _drawn(game, row, seed + (number + 1) * comes)
            made = VirtualPeer(number, peer, session, row, plays, clock, cadence, self.referee, warm_up, comes=comes)
            for other in here:
                made.connect(other, self.wires.line(peer, other), self.wires.line(other, peer))
            return made

        for number in range(count):
            if number in away:
                for player in rows[number]:
                    self.referee.slots[player].empty()
                self.referee.gone.extend(rows[number])
            else:
                self.peers.append(process(number, len(self.peers), games[number]))

        def spectate(number: int, agenda: Agenda, left: Sequence[VirtualPeer]) -> Watcher:
            session = SpectatorSession(make(), "p0", configs[0])
            return Watcher(number, session, links[1, 0], self.referee, agenda, left, period or 1.0 / configs[0].fps)

        def replace(peer: int, number: int) -> VirtualPeer:
            return process(peer, number, make(), comes=True)

        self.stage = Stage(self.peers, away, self.wires, self.referee, seed, replace, spectate)

    def at(self, frame: int) -> Moment:
        """Plan something for when the foremost peer has simulated `frame` frames.

        `match.at(120).pause(1, seconds=3)`, and likewise kill, leave, rejoin, watch, partition, sever, heal and set_delay.
        """
        return Moment(self._schedule, frame)

    def plan(self, incidents: Sequence[Mapping[str, Any]]) -> None:
        """Plan what a list of JSON objects describes, as `Incident.to_dict` makes them."""
        for incident in incidents:
            self._schedule.add_dict(incident)

    def run(self, frames: int = 600, *, twice: bool = False) -> MatchReport:
        """Play `frames` frames, or until the game is over, and report.

        Args:
            frames: Where the match ends at the latest.
            twice: Play the same match once more, and hold that it makes the same report. `act` must then keep nothing
                in mind from one match to the next.

        Raises:
            UsageError: The match was run before, or `frames` cannot be.
        """
        if not isinstance(frames, int) or isinstance(frames, bool) or frames < 1:
            raise UsageError(f"a match has a whole number of frames from 1 on, not {frames!r}")
        if self._has_run:
            raise UsageError("this match was run: make another one with the same arguments to run it again")
        self._has_run = True
        self.referee.end = frames
        for peer in self.peers:
            peer.session.end_at(frames)
        timeline = Timeline(self.stage, self.referee, paced=self._paced)
        self.referee.keeps = any(incident.kind in ("rejoin", "join", "watch") for incident in self._schedule.incidents)
        timeline.play(self._schedule.incidents)
        facts = self.stage.facts
        judge(self.peers, self.referee, disturbed=bool(facts))
        judge_watchers(self.stage.watchers, self.referee)
        if facts and timeline.went_on:
            self.certain = judge_fates(self.peers, self.referee, self._rules, facts, timeline.now)
        report = report_of(self.peers, self.referee, timeline.now, timeline.gap)
        if twice:
            again = self._again()
            again.plan([incident.to_dict() for incident in self._schedule.incidents])
            if again.run(frames).to_dict() != report.to_dict():
                self.referee.fail("same twice", 0, -1, "the same report", "another one")
                report = report_of(self.peers, self.referee, timeline.now, timeline.gap)
        return report


def _games(make: Callable[[], Game], players: int | None, seats: Sequence[Sequence[int]] | None) -> list[Game]:
    """Return a game for each peer, after a look at what makes them."""
    if not callable(make):
        raise UsageError(f"a match needs what makes games, such as a class or lambda: Pong(), not {make!r:.80}")
    first = make()
    rows = seats_of(len(codecs_of(first)), players, seats)
    others = [make() for _ in rows[1:]]
    if any(other is first for other in others):
        raise UsageError("every peer needs a game of its own: give a class or lambda: Pong(), which makes a new one each time")
    return [first, *others]


def _drawn(game: Game, seats: Sequence[int], seed: int) -> Act:
    """Return what draws the actions of a peer's players; those of a player do not depend on where it sits."""
    hands = {player: act_with(RandomBot(game, player, seed)) for player in seats}
    return lambda game, player: hands[player](None, player)
