"""Who has to go on and who has to end, told from the facts of a schedule alone. Knows no session, no datagram and no input.

An idealised membership is played several times, with everything as early and as late as a real match can have it. Where all
of that comes to the same, a peer's fate is certain; where it does not, two things came too close upon each other, and both
are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rollback.sim.ideal import NEVER, Ideal
from rollback.sim.rules import Rules
from rollback.sim.stage import Fact

__all__ = ["Fate", "fates_of"]

SOONEST_AND_LATEST: Final = (  # seconds by which a loss is noticed off its time; that a change takes; that a newcomer takes
    (-0.2, 0.0, 0.3),
    (-0.2, 0.0, 6.0),
    (-0.2, 1.7, 6.0),
    (0.5, 0.3, 1.5),
    (0.5, 1.7, 6.0),
)


@dataclass(frozen=True, slots=True)
class Fate:
    """What has to become of the newest process of a peer.

    Attributes:
        goes_on_until: Up to then it must not have ended otherwise than by the end of the match.
        ends_by: By then it must have ended; infinite: it need not end.
        let_in_by: By then a newcomer must be playing; infinite: it need not be let in.
    """

    goes_on_until: float = 0.0
    ends_by: float = NEVER
    let_in_by: float = NEVER


def fates_of(rules: Rules, facts: Sequence[Fact], until: float) -> list[Fate]:
    """Return the fate of each peer, as far as it is certain; nothing is said of those that were killed.

    Args:
        rules: The settings.
        facts: What happened, in order.
        until: How far to look; what is noticed later is left open.
    """
    plays = [Ideal(rules, *timing) for timing in SOONEST_AND_LATEST]
    for play in plays:
        play.run(facts, until + rules.patience + 2.0)  # what is due soon has its reasons already
    fates = []
    first = min(min(play.out_at) for play in plays) if rules.ends else NEVER  # who ends tells all others to
    for peer in range(rules.peers):
        bit = 1 << peer
        if any((play.murky | ~play.alive) & bit for play in plays):
            fates.append(Fate())
            continue
        ends = [play.out_at[peer] for play in plays]
        joins = [play.in_at[peer] for play in plays]
        fates.append(
            Fate(
                goes_on_until=min(first, *ends) if max(joins) < NEVER else 0.0,
                ends_by=max(ends),
                let_in_by=max(joins) if min(ends) == NEVER and max(joins) < NEVER else NEVER,
            )
        )
    return fates
