"""Many matches over many networks: which ones, and what they add up to. Knows plans and reports; knows no process."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rollback.sim.plan import MatchPlan
from rollback.sim.pool.result import MatchResult
from rollback.sim.profiles import Profile
from rollback.sim.report import MatchReport, quantile

__all__ = ["DIED", "ENDED", "Outcome", "Summary", "outcome_of", "plan_for", "summarize"]

DIED: Final = "the process that played it died"
ENDED: Final = "it took too long, and was ended"
_OWN_ERROR: Final = re.compile(r"^rollback\.errors\.\w+: ")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one plan: its report, or why there is none.

    Attributes:
        plan: What was played.
        report: What came out, None where the process died or the match could not be made.
        trouble: Why there is no report.
    """

    plan: MatchPlan
    report: MatchReport | None
    trouble: str = ""

    @property
    def passed(self) -> bool:
        """Whether every oracle held."""
        return self.report is not None and self.report.passed

    @property
    def why(self) -> str:
        """What went wrong, in one line."""
        if self.report is None:
            return self.trouble
        return str(self.report.failures[0]) if self.report.failures else ""


def outcome_of(plan: MatchPlan, result: MatchResult) -> Outcome:
    """Return what came of a plan that `rollback.sim.simulate` played."""
    match result.status:
        case "crashed":
            return Outcome(plan, None, DIED)
        case "timeout":
            return Outcome(plan, None, ENDED)
        case _ if result.stats:
            return Outcome(plan, MatchReport.from_dict(result.stats))
        case _:
            lines = result.error.strip().splitlines()
            return Outcome(plan, None, _OWN_ERROR.sub("", lines[-1]) if lines else "it could not be played")


def plan_for(profile: Profile, *, game: str, players: int, seed: int, frames: int, fps: int, **settings: Any) -> MatchPlan:
    """Return the match of one seed on a profile; where in a frame each peer begins is drawn from the seed."""
    dice = random.Random(f"{seed}: phases")
    return MatchPlan(
        game=game,
        players=players,
        seed=seed,
        frames=profile.frames(frames, fps),
        link=profile.link,
        fps=fps,
        skew_ppm=profile.skews(players),
        phases=tuple(dice.getrandbits(10) / 1024 for _ in range(players)),
        profile=profile.name,
        **settings,
    )


@dataclass(slots=True)
class Summary:
    """The matches of one profile, added up.

    Attributes:
        profile: Its name.
        matches: How many were played.
        failed: Those with an oracle that did not hold.
        diverged: Those in which parity was lost.
        frames: Frames settled.
        rollbacks: Of all peers.
        rollbacks_per_100: Rollbacks of a peer in 100 frames.
        depth_median: Half of the rollbacks were no deeper.
        depth_p99: 99 % were no deeper.
        depth_max: None was deeper.
        stalls_per_minute: Ticks of a peer that had to wait.
        lag: Mean number of frames that stood on guesses.
        kib_per_second: Payload that a player's peer sent.
        frames_ahead: Mean of the leads, whichever way.
        gap: Most frames between the foremost peer and the last.
        lost: Share of datagrams lost.
        premises: What the matches did not show and ought to have; empty where they prove something.
    """

    profile: str
    matches: int = 0
    failed: int = 0
    diverged: int = 0
    frames: int = 0
    rollbacks: int = 0
    rollbacks_per_100: float = 0.0
    depth_median: int = 0
    depth_p99: int = 0
    depth_max: int = 0
    stalls_per_minute: float = 0.0
    lag: float = 0.0
    kib_per_second: float = 0.0
    frames_ahead: float = 0.0
    gap: int = 0
    lost: float = 0.0
    premises: list[str] = field(default_factory=list)

    @property
    def proves(self) -> bool:
        """Whether the matches were such that a fault would have shown."""
        return not self.premises


def summarize(profile: Profile, outcomes: Iterable[Outcome], *, window: int) -> Summary:
    """Add up the matches of a profile.

    Args:
        profile: Which one.
        outcomes: What came of its matches.
        window: The prediction window; without one nothing is guessed, and nothing has to be rolled back.
    """
    every = list(outcomes)
    reports = [outcome.report for outcome in every if outcome.report is not None]
    depths: dict[int, int] = {}
    for report in reports:
        for each in report.depths:
            for depth, times in each.items():
                depths[depth] = depths.get(depth, 0) + times
    peer_frames = sum(report.frames * len(report.rollbacks) for report in reports)
    peer_seconds = sum(report.seconds * len(report.rollbacks) for report in reports)
    rollbacks = sum(sum(report.rollbacks) for report in reports)
    lost, sent = sum(report.lost for report in reports), sum(report.sent for report in reports)
    summary = Summary(
        profile.name,
        matches=len(every),
        failed=sum(not outcome.passed for outcome in every),
        diverged=sum(not report.parity for report in reports),
        frames=sum(report.frames for report in reports),
        rollbacks=rollbacks,
        rollbacks_per_100=_share(100 * rollbacks, peer_frames),
        depth_median=quantile(depths, 0.5),
        depth_p99=quantile(depths, 0.99),
        depth_max=max(depths, default=0),
        stalls_per_minute=_share(60 * sum(sum(report.stalls) for report in reports), peer_seconds),
        lag=_mean([lag for report in reports for lag in report.lag]),
        kib_per_second=_mean([rate for report in reports for rate in report.bytes_per_second]) / 1024,
        frames_ahead=_mean([abs(lead) for report in reports for lead in report.frames_ahead]),
        gap=max((report.gap for report in reports), default=0),
        lost=_share(lost, sent),
    )
    if not reports:
        summary.premises.append("no match was played")
        return summary
    if rollbacks == 0 and window > 0:
        summary.premises.append("nothing was rolled back")
    if profile.link.loses and lost == 0:
        summary.premises.append("no datagram was lost")
    if not any(report.inputs_varied for report in reports):
        summary.premises.append("the inputs never varied")
    if summary.frames == 0:
        summary.premises.append("no frame settled")
    return summary


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
