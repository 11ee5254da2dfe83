"""What is held, and told, when a match has ended. Knows processes, facts and the referee; knows no clock and no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rollback.config import SessionConfig
from rollback.sim.fates import fates_of
from rollback.sim.ideal import NEVER
from rollback.sim.oracles import DIVERGING, Referee
from rollback.sim.peer import VirtualPeer
from rollback.sim.report import MatchReport
from rollback.sim.rules import Rules
from rollback.sim.stage import Fact
from rollback.sim.watcher import Watcher

__all__ = ["judge", "judge_fates", "judge_watchers", "report_of", "rules_of"]

EARLY: Final = 0.5  # seconds by which a loss may be noticed before it is due: its last datagrams were lost
LATE: Final = 2.0  # seconds by which an end may come after it is due: votes and datagrams take their time


def rules_of(config: SessionConfig, peers: int, *, votes: bool, absent: Sequence[int] = ()) -> Rules:
    """Return the settings that decide who goes on."""
    waits = config.on_disconnect == "pause"
    return Rules(
        peers,
        config.disconnect_after + config.rejoin_grace * waits,
        config.rejoin_grace * waits,
        ends=config.on_disconnect == "end",
        ends_alone=config.on_disconnect in ("end", "pause"),
        votes=votes,
        absent=sum(1 << peer for peer in absent),
    )


def judge_fates(peers: Sequence[VirtualPeer], referee: Referee, rules: Rules, facts: Sequence[Fact], until: float) -> int:
    """Hold that those went on, ended and were let in that had to; return of how many that was certain."""
    newest = {peer.peer: peer for peer in peers if peer.seats}
    certain = 0
    over_at = min([peer.ended_at for peer in peers if peer.alive and peer.is_complete], default=until)  # no way in from then on
    for number, fate in enumerate(fates_of(rules, facts, until)):
        peer = newest.get(number)
        if peer is None or not peer.alive or (peer.ended is not None and peer.ended.reason == "left"):
            continue
        ended_at, why = (peer.ended_at, peer.ended.reason) if peer.ended is not None else (until, "no end")
        early = peer.ended is not None and not peer.is_complete
        certain += fate.goes_on_until == NEVER or fate.ends_by < NEVER
        if early and ended_at < fate.goes_on_until - EARLY:
            wanted = f"no end before {fate.goes_on_until:.1f} s" if fate.goes_on_until <= until else "that it goes on"
            referee.fail("goes on", peer.session.frame, peer.number, wanted, f"{why} at {ended_at:.1f} s")
        elif (peer.ended is None or ended_at > fate.ends_by + LATE) and until > fate.ends_by + LATE:
            wanted = f"an end by {fate.ends_by + LATE:.1f} s"
            referee.fail("must end", peer.session.frame, peer.number, wanted, f"{why} at {ended_at:.1f} s")
        elif peer.comes and not peer.playing and over_at > fate.let_in_by + LATE and not early:
            wanted = f"that it plays by {fate.let_in_by:.1f} s"
            referee.fail("let in", peer.session.frame, peer.number, wanted, f"it waits at {until:.1f} s")
    return certain


def judge_watchers(watchers: Sequence[Watcher], referee: Referee) -> None:
    """Hold that whoever watched somebody who came to the end has seen the end."""
    if referee.failures:
        return
    for watcher in watchers:
        host, seen = watcher.host, referee.settled[watcher.number]
        if host is None or host.ended is None or not host.alive or not host.is_complete:
            continue
        if watcher.ended is None or seen != host.ended.frame:
            wanted = f"the end at frame {host.ended.frame}, as at peer {host.number}"
            referee.fail("shown", max(seen, 0), watcher.number, wanted, f"{seen} frames, {watcher.session.reason}")


def judge(peers: Sequence[VirtualPeer], referee: Referee, *, disturbed: bool = False) -> None:
    """Hold what can only be seen at the end: that there is one, the same for all, and that all of the match settled.

    Args:
        peers: All processes.
        referee: Is told what does not hold.
        disturbed: Whether anything happened that may end the match early for somebody.
    """
    referee.close()
    fail, settled = referee.fail, referee.settled
    left = [peer for peer in peers if peer.alive]
    stayed = len(left) == len(peers) and not disturbed
    excused = bool(referee.failures)  # a match that diverged, or stands still, ends as it can
    for peer in left:
        if peer.ended is None:
            if not excused and peer.playing:
                fail("complete", settled[peer.number], peer.number, f"an end by frame {referee.end}", "none")
        elif peer.is_complete:
            if settled[peer.number] != peer.ended.frame:
                wanted = f"{peer.ended.frame} settled frames"
                fail("complete", settled[peer.number], peer.number, wanted, settled[peer.number])
        elif stayed and not excused:
            fail("complete", peer.ended.frame, peer.number, "the end of the match", peer.ended.reason)
    ends = [(peer, peer.ended.reason, peer.ended.frame) for peer in left if peer.ended is not None and peer.is_complete]
    for peer, reason, frame in ends:
        if (reason, frame) != ends[0][1:]:
            fail("same end", frame, peer.number, f"{ends[0][1]} at {ends[0][2]}", f"{reason} at {frame}")
    if not referee.sees_states and not referee.failures:
        for peer, _, frame in ends:
            if peer.session.game.save() != referee.game.save():
                fail("states", frame, peer.number, "the state of a plain run", "another one")


def report_of(peers: Sequence[VirtualPeer], referee: Referee, seconds: float, gap: int) -> MatchReport:
    """Return all that was measured."""
    stats = [peer.session.stats() for peer in peers]
    channels = {id(channel): channel for peer in peers for channel, _ in peer.outbound.values()}.values()
    return MatchReport(
        parity=not any(failure.oracle in DIVERGING for failure in referee.failures),
        first_divergence=referee.first_divergence,
        failures=tuple(referee.failures),
        frames=min((referee.settled[peer.number] for peer in peers if peer.alive and peer.playing), default=0),
        seconds=seconds,
        lost=sum(channel.lost for channel in channels),
        sent=sum(channel.sent for channel in channels),
        rollbacks=[each.rollbacks for each in stats],
        resimulated=[each.resimulated for each in stats],
        stalls=[peer.stalls for peer in peers],
        depths=[dict(each.depths) for each in stats],
        bytes_per_second=[peer.bytes_sent / seconds if seconds else 0.0 for peer in peers],
        confirmed=[each.confirmed for each in stats],
        lag=[peer.lag for peer in peers],
        frames_ahead=[peer.mean_frames_ahead for peer in peers],
        gap=gap,
        ended=[peer.ended.reason if peer.ended is not None else "" for peer in peers],
        inputs_varied=referee.varied(),
        events=[peer.events for peer in peers],
        dropped=[dict(each.dropped) for each in stats],
    )
