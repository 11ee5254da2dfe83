"""Drawn histories of kills, partitions, dead lines, sleeps and goodbyes: nobody ever settles another thing, nobody hangs."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from rollback import Cut, SessionConfig, TakeOver
from rollback.types import Ended
from tests.cases import more_at_night
from tests.core.losses import SOON, Group, drawn_sides, longest_stand, maker, reason
from tests.core.network import Link

LINKS = [Link(1), Link(3, 2, 0.05), Link(6, 6, 0.05), Link(4, 3, 0.15)]
ACTS = ["kill", "kill", "kill two", "part", "halve", "dead line", "one way", "leave", "sleep", "heal"]


class Counts:
    """A policy that counts in its memory."""

    def act(self, observation: Any, memory: Any) -> tuple[int, int]:
        memory = (memory or 0) + 1
        return memory * 37 % 200, memory


def do(match: Group, what: str, dice: random.Random, asleep: list[int]) -> None:
    """Let one thing happen to a match."""
    count = len(match.peers)
    able = [peer.number for peer in match.living]
    if not able:
        what = "heal"
    if what.startswith("kill"):
        for number in dice.sample(able, min(len(able) - 1, 2 if what == "kill two" else 1)):
            match.kill(number)
    elif what in ("part", "halve"):
        side = drawn_sides(count, dice) if what == "part" else set(dice.sample(range(count), count // 2))
        match.part(side, set(range(count)) - side)
    elif what in ("dead line", "one way"):
        a, b = dice.sample(range(count), 2)
        match.blocked |= {(a, b), (b, a)} if what == "dead line" else {(a, b)}
    elif what == "leave":
        peer = match.peers[dice.choice(able)]
        peer.session.leave(now=peer.now)
    elif what == "sleep":
        asleep.append(dice.choice(able))
        match.kill(asleep[-1])
    else:
        match.blocked = set()
        while asleep:
            match.peers[asleep.pop()].stopped = False


def drawn(seed: int, count: int) -> Group:
    """Return a match after a drawn history; a lobby votes, so that there is always one side at most."""
    dice = random.Random(f"{seed}: losses of {count}")
    on_disconnect = dice.choice(["idle", "idle", TakeOver(Counts()), TakeOver(Counts()), "end"])
    config = SessionConfig(**SOON, on_disconnect=on_disconnect, input_delay=dice.choice([0, 1, 3]))  # type: ignore[arg-type]
    seats = [(number,) for number in range(count)]
    match = Group(maker(count), seats, config, dice.choice(LINKS), seed=seed, end=360, votes=True, lobby=dice.randint(1, 80))
    match.started()
    match.rounds(dice.randint(5, 90))
    asleep: list[int] = []
    for _ in range(dice.randint(1, 4)):
        do(match, dice.choice(ACTS), dice, asleep)
        match.rounds(dice.choice([0, 2, 30, 55, 60, 62, 64, 66, 70, 90, 150]))
    match.rounds(200)
    do(match, "heal", dice, asleep)
    match.until(lambda: all(peer.happened(Ended) for peer in match.living), 3_000)
    match.rounds(60)
    return match.agree(policy=isinstance(on_disconnect, TakeOver))


def judge(seeds: range, counts: tuple[int, ...]) -> Counter[str]:
    seen: Counter[str] = Counter()
    for seed in seeds:
        match = drawn(seed, counts[seed % len(counts)])
        for peer in match.peers:
            seen[reason(peer) if reason(peer) in ("end_at", "partitioned", "left") else "other"] += 1
            seen["cuts"] += len(peer.happened(Cut))
            seen["votes"] += len(match.verdicts)
        through = [peer for peer in match.peers if reason(peer) == "end_at"]
        # A chain of losses may follow one another; none of them takes longer than the patience and two seconds.
        assert all(longest_stand(peer) < 4 * (1.0 + 2.0) for peer in through if not match.blocked)
    return seen


@pytest.mark.parametrize("seeds", more_at_night([range(0, 10), range(10, 20)], 1), ids=str)
def test_whatever_happens_those_who_go_on_agree(seeds: range) -> None:
    seen = judge(seeds, (3, 4, 3, 6, 2, 4, 5))
    assert seen["end_at"] > 10 and seen["cuts"] > 10, "the premise: something happened, and was survived"


@pytest.mark.nightly
@pytest.mark.parametrize("slice_", range(10))
def test_whatever_happens_those_who_go_on_agree_for_hours(slice_: int) -> None:
    judge(range(1_000 + slice_ * 150, 1_150 + slice_ * 150), (3, 4, 6, 2, 5))
