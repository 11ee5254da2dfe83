"""An idealised membership, played on the facts of a schedule: who loses whom, who goes on. Knows no session and no datagram.

Whoever is in touch knows of each other at once, a loss is noticed when it is due, a change of the roster takes a given time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from rollback.sim.rules import Rules
from rollback.sim.stage import Fact

__all__ = ["NEVER", "Ideal"]

STEP: Final = 0.1  # seconds
NEVER: Final = float("inf")
NOTICED: Final = 0.7  # seconds of a stop that a process notices in any case
UNSURE: Final = 0.6  # seconds before a loss is due from which on a line that heals may come too late


@dataclass(slots=True)
class Ideal:
    """One run of the idealised membership; peers are bits of masks.

    Attributes:
        out_at: When each peer ends, infinite where it does not.
        in_at: When each peer begins to play.
        murky: Those of whom nothing is said.
        alive: Those whose process exists.
    """

    rules: Rules
    late: float
    change_takes: float
    join_takes: float
    out_at: list[float] = field(default_factory=list)
    in_at: list[float] = field(default_factory=list)
    murky: int = 0
    alive: int = 0
    _out: int = 0
    _coming: int = 0
    _left: int = 0
    _replaced: int = 0
    _lobby: int = -1
    _now: float = 0.0
    _roster: list[int] = field(default_factory=list)
    _lost: list[int] = field(default_factory=list)
    _changed: list[float] = field(default_factory=list)
    _touched: list[list[float]] = field(default_factory=list)
    _hears: Sequence[int] = ()
    _direct: list[int] = field(default_factory=list)
    _wakes: list[float] = field(default_factory=list)
    _slept: list[float] = field(default_factory=list)
    _came: list[float] = field(default_factory=list)
    _groups: list[int] = field(default_factory=list)

    def run(self, facts: Sequence[Fact], until: float) -> None:
        """Play it."""
        peers = self.rules.peers
        everybody = (1 << peers) - 1
        self.alive = here = everybody & ~self.rules.absent
        self.out_at, self.in_at = [NEVER] * peers, [0.0] * peers
        self._roster, self._lost = [here] * peers, [0] * peers
        self._changed, self._wakes, self._slept, self._came = ([0.0] * peers for _ in range(4))
        self._touched = [[0.0] * peers for _ in range(peers)]
        self._hears = (everybody,) * peers
        self._direct = [everybody] * peers
        waiting = list(facts)[::-1]
        step = 0
        while (now := step * STEP) <= until:
            step += 1
            self._now = now
            changed = step == 1
            while waiting and waiting[-1].at <= now:
                self._happens(waiting.pop())
                changed = True
            woken = [peer for peer, wake in enumerate(self._wakes) if now - STEP < wake <= now]
            if woken:
                self._may_come_too_late()
            for peer in woken:
                if self.late < 0 and now - self._slept[peer] < NOTICED:
                    continue
                told = self.rules.grace if self.late < 0 else 0.0  # others may have waited before
                self._touched[peer] = [max(at, now - told) for at in self._touched[peer]]  # it cannot tell who was silent
            if changed or woken:
                self._groups = self._in_touch()
            for group in self._groups:
                self._touch(group)
            if not self.alive & ~self._out & ~self.murky and not waiting:
                return
            if self._is_calm():
                if not waiting:
                    return
                step = max(step, int(waiting[-1].at / STEP))  # nothing changes until then
                self._now = step * STEP
                for group in self._groups:
                    self._touch(group)
                continue
            for group in self._groups:
                self._decide(group)

    def _present(self) -> int:
        return sum(1 << p for p in _bits(self.alive & ~self._out) if self._wakes[p] <= self._now)

    def _is_calm(self) -> bool:
        """Whether nothing will change until something happens: all who play are in touch with all they know of."""
        if self._coming or any(wake > self._now for wake in self._wakes):
            return False
        return all(self._roster[peer] == group and not self._lost[peer] for group in self._groups for peer in _bits(group))

    def _happens(self, fact: Fact) -> None:
        bit = 1 << fact.peer if fact.peer >= 0 else 0
        if fact.kind == "kill":
            self.alive &= ~bit
            self._coming &= ~bit
        elif fact.kind == "leave":
            self._out |= bit
            self._left |= bit
            self.out_at[fact.peer] = min(self.out_at[fact.peer], fact.at)
        elif fact.kind == "pause":
            self._wakes[fact.peer], self._slept[fact.peer] = fact.until, fact.at
        elif fact.kind in ("rejoin", "join"):
            self._comes(fact.peer)
        elif fact.kind == "heal":
            self._may_come_too_late()
        self._hears, self._lobby = fact.hears, fact.lobby

    def _comes(self, peer: int) -> None:
        bit = 1 << peer
        self.alive |= bit
        self._out &= ~bit
        self._left &= ~bit
        self._coming |= bit
        self._wakes[peer] = 0.0
        self._came[peer] = self._now
        self._roster[peer] = self._lost[peer] = 0
        self.out_at[peer] = self.in_at[peer] = NEVER
        self._replaced |= bit
        self.murky |= self.alive * self.rules.ends  # whether that is a loss depends on whose word comes first
        for other in _bits(self.alive & ~self._out):
            if self._roster[other] & bit and other != peer:
                self._lose(other, bit)  # a new process takes its place: the old one is lost at once

    def _may_come_too_late(self) -> None:
        """What was apart comes together again: those for whom the loss was nearly due, or just was, are not told about."""
        due = self.rules.patience - UNSURE
        for one in _bits(self.alive & ~self._out & ~self._coming):
            for two in _bits(self._roster[one] & self.alive & ~self._coming & ~(1 << one)):
                if not self._roster[two] >> one & 1:
                    continue  # that is decided
                if self._now - self._touched[one][two] > due or self._lost[one] >> two & 1:
                    self.murky |= self._roster[one] | 1 << one

    def _in_touch(self) -> list[int]:
        """Return the groups of those in touch with each other, directly or by one who passes things on."""
        present = self._present()
        left, groups = present, []
        reach = [0] * self.rules.peers
        for peer in _bits(present):
            reach[peer] = (self._hears[peer] & present) | 1 << peer
        for peer in _bits(left):
            if not left >> peer & 1:
                continue
            group = frontier = 1 << peer
            while frontier:
                found = 0
                for one in _bits(frontier):
                    found |= sum(1 << two for two in _bits(reach[one]) if reach[two] >> one & 1)
                frontier = found & ~group
                group |= found
            left &= ~group
            groups.append(group)
            for one in _bits(group):
                self._direct[one] = sum(1 << two for two in _bits(reach[one]) if reach[two] >> one & 1)
                for two in _bits(group & ~(1 << one)):
                    by = sum(1 << c for c in _bits(group & reach[one]) if reach[c] >> two & 1 and reach[two] >> c & 1)
                    if not by & sum(1 << c for c in _bits(group) if reach[c] >> one & 1):
                        self.murky |= group  # in touch only by two others in a row: nothing is promised
        return groups

    def _touch(self, group: int) -> None:
        by_others = self._now
        if self.late < 0:  # who is heard through others only is missed as soon as they are
            by_others -= self.rules.patience - UNSURE
        for one in _bits(group):
            touched, direct = self._touched[one], self._direct[one]
            for two in _bits(group):
                touched[two] = self._now if direct >> two & 1 else max(touched[two], by_others)

    def _lose(self, peer: int, lost: int) -> None:
        if lost & ~self._lost[peer]:
            self._lost[peer] |= lost
            self._changed[peer] = self._now

    def _decide(self, group: int) -> None:
        members = group & ~self._coming
        due = self.rules.patience + self.late
        for peer in _bits(members):  # who was left out while it was away learns of it
            told = [q for q in _bits(members) if not self._roster[q] >> peer & 1]
            if told:
                if any(not self._roster[peer] >> q & 1 for q in told):
                    self.murky |= members
                self._ends(peer)
                members &= ~(1 << peer)
        for peer in _bits(members):
            gone = sum(1 << q for q in _bits(self._roster[peer] & ~group) if self._now - self._touched[peer][q] > due)
            gone |= self._roster[peer] & self._out & (group | self._left)
            others = [q for q in _bits(members & ~self._lost[peer]) if q != peer]
            for q in others:
                gone &= ~sum(1 << x for x in _bits(gone & self._roster[q]) if self._now - self._touched[q][x] <= due
                             and not self._out >> x & 1)  # fmt: skip
            self._lose(peer, gone)
        lost = 0
        for peer in _bits(members):
            lost |= self._lost[peer]
        for peer in _bits(members):
            self._lose(peer, lost & self._roster[peer] & ~(1 << peer))
        self._stand(members)
        self._let_in(group)

    def _stand(self, members: int) -> None:
        rules = self.rules
        for peer in _bits(members):
            lost = self._lost[peer]
            if not lost or self._out >> peer & 1:
                continue
            base = self._roster[peer] & ~(lost & (self._left | self._replaced))
            remain, lack = (self._roster[peer] & ~lost).bit_count(), (base & lost).bit_count()
            two = self._roster[peer].bit_count() <= 2
            away = self._roster[peer] & ~lost & ~members
            if away and self.late > 0 and 2 * (base & members).bit_count() <= base.bit_count():
                continue  # who hears so few may wait until it has missed all the others
            if lost & ~self._replaced and (rules.ends or (two and rules.ends_alone and lack)):
                self._ends(peer)
            elif remain < lack or (remain == lack and not rules.votes and not two):
                self._ends(peer)
            elif remain == lack and rules.votes and lost & (self._left | self._replaced):
                self.murky |= self._roster[peer]  # whether the loss of who left was agreed before decides
            elif remain == lack and rules.votes and lost & self.alive & ~self._out & ~self._coming:
                self.murky |= self._roster[peer]  # the other half may have the vote
            elif remain == lack and rules.votes and not two and not self._lobby >> peer & 1:
                self._ends(peer)
        ready = [p for p in _bits(members & ~self._out) if self._lost[p]]
        for peer in ready:
            remain = self._roster[peer] & ~self._lost[peer]
            if remain & ~members or self._now - max(self._changed[p] for p in _bits(remain)) < self.change_takes:
                continue
            for each in _bits(remain):
                self._roster[each] = remain
                self._lost[each] = 0

    def _let_in(self, group: int) -> None:
        hosts = group & ~self._coming & ~self._out
        if not hosts or any(self._lost[p] for p in _bits(hosts)):
            return
        roster = self._roster[_bits(hosts)[0]]
        if roster & ~hosts:
            return
        for peer in _bits(group & self._coming):
            if self._now - self._came[peer] < self.join_takes or hosts & ~self._direct[peer]:
                continue
            roster |= 1 << peer
            self._coming &= ~(1 << peer)
            self._replaced &= ~(1 << peer)
            self.in_at[peer] = self._now
            for each in _bits(roster):
                self._roster[each], self._lost[each] = roster, 0
                for other in _bits(roster):
                    self._touched[each][other] = self._touched[other][each] = self._now

    def _ends(self, peer: int) -> None:
        self._out |= 1 << peer
        self.out_at[peer] = min(self.out_at[peer], self._now)
        for group in self._groups:
            if not group >> peer & 1 and any(self._hears[other] >> peer & 1 for other in _bits(group)):
                self.murky |= group  # told of the end by one they do not reach, they are more than half of the rest
        for other in _bits(self.alive & ~self._out):
            if self._wakes[other] > self._now and self._hears[other] >> peer & 1:
                self.murky |= 1 << other  # it learns that when it wakes


def _bits(mask: int) -> Sequence[int]:
    return [place for place in range(mask.bit_length()) if mask >> place & 1]
