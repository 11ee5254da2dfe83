"""What is held, and told, when a match has ended. Knows peers and the referee; knows no clock and no network."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.sim.oracles import DIVERGING, Referee
from rollback.sim.peer import VirtualPeer
from rollback.sim.report import MatchReport

__all__ = ["judge", "report_of"]


def judge(peers: Sequence[VirtualPeer], referee: Referee) -> None:
    """Hold what can only be seen at the end: that there is one, the same for all, and that all of the match settled."""
    referee.close()
    fail, settled = referee.fail, referee.settled
    left = [peer for peer in peers if peer.alive]
    stayed = len(left) == len(peers)
    excused = bool(referee.failures)  # a match that diverged, or stands still, ends as it can
    for peer in left:
        if peer.ended is None:
            if not excused:
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
    channels = [channel for peer in peers for channel, _ in peer.outbound.values()]
    return MatchReport(
        parity=not any(failure.oracle in DIVERGING for failure in referee.failures),
        first_divergence=referee.first_divergence,
        failures=tuple(referee.failures),
        frames=min((referee.settled[peer.number] for peer in peers if peer.alive), default=0),
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
