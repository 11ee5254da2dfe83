"""Matches in which peers are lost, cut off, come back and are watched: one for every seed. Knows plans; plays nothing.

Each is made of one to three troubles, drawn with their times: a second loss falls into the agreement on the first as often
as before or after it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from rollback.sim.plan import MatchPlan
from rollback.sim.profiles import PROFILES

__all__ = ["FPS", "TROUBLES", "ordeal"]

FPS: Final = 30  # half the usual frames, so that a match costs half the time: what is looked for lies in seconds
SECONDS: Final = (8.0, 13.0)  # of play; those that everybody waits come on top
NETWORKS: Final = ("mobile", "poor")
PEERS: Final = (3, 4, 6)

Planned = list[dict[str, Any]]


class _Draft:
    """Incidents under way, and what is left of the peers as far as that can be foreseen."""

    def __init__(self, dice: random.Random, peers: int, absent: tuple[int, ...], patience: float, *, votes: bool) -> None:
        self.dice = dice
        self.peers = peers
        self.patience = patience
        self.votes = votes
        self.alive = [peer for peer in range(peers) if peer not in absent]
        self.absent = list(absent)
        self.shaken: set[int] = set(absent)  # whether these are in the roster at some time is not foreseen
        self.dead: list[int] = []
        self.incidents: Planned = []
        self.frame = dice.randrange(20, 120)

    def add(self, kind: str, after_ms: float | None = None, **what: Any) -> None:
        """Plan an incident; the first of a schedule waits for its frame, all others for some time to pass."""
        told: dict[str, Any] = {"frame": self.frame, "kind": kind, **what}
        if self.incidents:
            told["after_ms"] = self.dice.randrange(0, 1500) if after_ms is None else round(after_ms)
        self.incidents.append(told)

    @property
    def can_part(self) -> bool:
        """Whether three at least are there in any case: of two who cannot reach each other nothing is promised."""
        return sum(peer not in self.shaken for peer in self.alive) > 2

    def kill(self, after_ms: float | None = None) -> None:
        """Kill one of those who live, if two are left to go on."""
        if len(self.alive) > 2:
            peer = self.alive.pop(self.dice.randrange(len(self.alive)))
            self.dead.append(peer)
            self.add("kill", after_ms, peer=peer)

    def within_the_agreement(self) -> float:
        """Return milliseconds after a loss at which others are about to agree on it, or just have."""
        return 1000 * (self.patience + self.dice.uniform(-0.3, 0.6))

    def settled(self) -> float:
        """Return milliseconds after a loss by which all is agreed."""
        return 1000 * (self.patience + self.dice.uniform(1.8, 2.5))


def _one_killed(draft: _Draft) -> None:
    draft.kill()


def _two_killed_at_once(draft: _Draft) -> None:
    draft.kill()
    if draft.alive and len(draft.alive) > 1 and draft.peers > 2:
        peer = draft.alive.pop(draft.dice.randrange(len(draft.alive)))
        draft.dead.append(peer)
        draft.add("kill", 0, peer=peer)


def _killed_in_the_agreement(draft: _Draft) -> None:
    draft.kill()
    draft.kill(draft.within_the_agreement())


def _killed_one_after_another(draft: _Draft) -> None:
    draft.kill()
    draft.kill(draft.dice.uniform(0, 1000 * draft.patience))


def _sides(draft: _Draft) -> list[list[int]]:
    peers = list(range(draft.peers))
    draft.dice.shuffle(peers)
    cut = draft.dice.randrange(1, draft.peers)
    return [sorted(peers[:cut]), sorted(peers[cut:])]


def _partition(draft: _Draft) -> None:
    """Cut the peers into two sides, for a moment or for good."""
    if not draft.can_part:
        return
    what: dict[str, Any] = {"groups": _sides(draft)}
    if draft.dice.random() < 0.3:
        what["one_way"] = True
    if draft.votes and draft.dice.random() < 0.4:
        what["lobby"] = draft.dice.randrange(2)
    draft.add("partition", **what)
    lasts = draft.dice.choice(("short", "near", "long"))
    if lasts == "short":
        draft.add("heal", 1000 * draft.patience * draft.dice.uniform(0.1, 0.6), **_resets(draft))
    elif lasts == "near":
        draft.add("heal", draft.within_the_agreement(), **_resets(draft))
        draft.shaken.update(draft.alive)
    else:
        draft.add("heal", draft.settled(), **_resets(draft))
        draft.alive = draft.alive[:2]  # who went on is not foreseen here: nobody else is taken away


def _killed_in_a_partition(draft: _Draft) -> None:
    if len(draft.alive) < 4 or not draft.can_part:
        return
    draft.add("partition", groups=_sides(draft))
    draft.kill(draft.dice.uniform(0, 1000 * draft.patience * 1.2))
    draft.add("heal", draft.settled(), **_resets(draft))
    draft.alive = draft.alive[:2]


def _dead_line(draft: _Draft) -> None:
    """Cut one line between two who live; a third passes on what they have to say."""
    if not draft.can_part:
        return
    one, two = draft.dice.sample(draft.alive, 2)
    draft.add("sever", peer=one, other=two, **({"one_way": True} if draft.dice.random() < 0.4 else {}))
    if draft.dice.random() < 0.5:
        draft.add("heal", 1000 * draft.patience * draft.dice.uniform(0.5, 2.5))


def _stopped(draft: _Draft) -> None:
    """Stop a process for a while."""
    peer = draft.dice.choice(draft.alive)
    draft.shaken.add(peer)
    draft.add("pause", peer=peer, seconds=round(draft.patience * draft.dice.choice((0.3, 0.6, 2.5)), 2))


def _leaves(draft: _Draft) -> None:
    if len(draft.alive) > 2:
        draft.add("leave", peer=draft.alive.pop(draft.dice.randrange(len(draft.alive))))


def _comes_back(draft: _Draft) -> None:
    """Kill one, and let it come back: before it was missed, in the middle of the agreement, or long after."""
    if len(draft.alive) < 2 or draft.peers - len(draft.alive) > 1:
        return
    peer = draft.alive[draft.dice.randrange(len(draft.alive))]
    draft.shaken.add(peer)
    draft.add("kill", peer=peer)
    waits = draft.dice.choice(
        (100, 1000 * draft.patience * draft.dice.uniform(0.2, 0.8), draft.within_the_agreement(), draft.settled())
    )
    draft.add("rejoin", waits, peer=peer)


def _comes_late(draft: _Draft) -> None:
    """Let somebody come to a place that was open."""
    if draft.absent:
        peer = draft.absent.pop()
        draft.add("join", peer=peer)
        if draft.dice.random() < 0.3:
            draft.add("kill", draft.dice.uniform(0, 3000), peer=peer)
        else:
            draft.alive.append(peer)


def _sponsor_lost_in_a_join(draft: _Draft) -> None:
    """Kill one and let it come back, and kill the lowest of the others while it does."""
    if draft.peers < 4 or len(draft.alive) < 4:
        return
    draft.alive.sort()
    peer = draft.alive[draft.dice.randrange(1, len(draft.alive))]
    sponsor = draft.alive.pop(0)
    draft.shaken.add(peer)
    draft.add("kill", peer=peer)
    draft.add("rejoin", draft.settled(), peer=peer)
    draft.add("kill", draft.dice.uniform(100, 1500), peer=sponsor)
    draft.dead.append(sponsor)


def _watched(draft: _Draft) -> None:
    draft.add("watch", peer=draft.dice.choice(draft.alive))


def _resets(draft: _Draft) -> dict[str, Any]:
    return {"resets": True} if draft.dice.random() < 0.5 else {}


TROUBLES: Final[dict[str, Callable[[_Draft], None]]] = {
    "one killed": _one_killed,
    "two killed at once": _two_killed_at_once,
    "killed in the agreement": _killed_in_the_agreement,
    "killed one after another": _killed_one_after_another,
    "partition": _partition,
    "killed in a partition": _killed_in_a_partition,
    "dead line": _dead_line,
    "stopped": _stopped,
    "leaves": _leaves,
    "comes back": _comes_back,
    "comes late": _comes_late,
    "sponsor lost in a join": _sponsor_lost_in_a_join,
    "watched": _watched,
}


def ordeal(seed: int, *, game: str, troubles: tuple[str, ...] = tuple(TROUBLES)) -> MatchPlan:
    """Return the match of a seed.

    Args:
        seed: Decides everything.
        game: The game's name; it must be one for 3, 4 and 6 players.
        troubles: What may happen in it.
    """
    dice = random.Random(f"{seed}: ordeal")
    peers = dice.choice(PEERS)
    name = dice.choice(NETWORKS)
    on_disconnect = dice.choice(("idle", "idle", "idle", "takeover", "takeover", "end", "pause"))
    disconnect_after = dice.choice((1.0, 1.5, 2.5))
    grace = dice.choice((0.5, 1.5))
    votes = dice.random() < 0.5
    patience = disconnect_after + grace * (on_disconnect == "pause")
    absent = (dice.randrange(peers),) if "comes late" in troubles and dice.random() < 0.25 else ()
    draft = _Draft(dice, peers, absent, patience, votes=votes)
    chosen = [dice.choice(troubles) for _ in range(dice.choice((1, 1, 2, 2, 3)))]
    for trouble in [*chosen, *["comes late"] * len(absent)]:
        TROUBLES[trouble](draft)
    return MatchPlan(
        game=game,
        players=peers,
        seed=seed,
        frames=round(dice.uniform(*SECONDS) * FPS),
        link=PROFILES[name].link,
        fps=FPS,
        window=dice.choice((6, 8, 8, 10)),
        delays=(dice.choice((0, 1, 2)),),
        interval=dice.choice((10, 15, 30)),
        phases=tuple(dice.getrandbits(8) / 256 for _ in range(peers)),
        incidents=tuple(draft.incidents),
        on_disconnect=on_disconnect,
        disconnect_after=disconnect_after,
        rejoin_grace=grace,
        votes=votes,
        absent=absent,
        profile=name,
    )
