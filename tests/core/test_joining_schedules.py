"""Random schedules of deaths, returns and late joins, each told to everybody at another moment. The oracle is `returning`'s."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rollback import SessionConfig
from tests.core.games import Sums
from tests.core.network import Link
from tests.core.returning import Returning
from tests.core.test_rejoin import QUICK, WAYS, over_soon

LATE = 20  # rounds until somebody hears from the lobby who comes


class Schedule:
    """One match and what happens in it, drawn from a seed."""

    def __init__(self, seed: int, **settings: Any) -> None:
        self.dice = dice = random.Random(seed)
        self.count = dice.choice([2, 2, 3, 3, 4])
        link = Link(dice.randint(0, 5), dice.randint(0, 3), dice.choice([0, 0, 0.05, 0.15]))
        config = SessionConfig(
            **{**QUICK, "on_disconnect": WAYS[dice.choice(list(WAYS))], **settings},
            input_delay=dice.choice([0, 2, 4]),
            prediction_window=dice.choice([0, 4, 8]),
            desync_interval=dice.choice([20, 60]),
            save=dice.choice(["every", "sparse"]),
        )
        self.absent = (dice.randrange(self.count),) if dice.random() < 0.3 else ()
        seats = [(number,) for number in range(self.count)]
        self.match = Returning(lambda: Sums(self.count), seats, config, link, seed=seed, absent=self.absent)
        self.told: list[tuple[int, int, int]] = []  # the round, who is told, of whom

    def rounds(self, count: int) -> None:
        """Play, and tell whoever is to be told."""
        match = self.match
        for _ in range(count):
            for item in [item for item in self.told if item[0] <= match.round_number]:
                self.told.remove(item)
                _, who, whom = item
                match.blocked -= {(who, whom), (whom, who)}
                if not match.peers[who].stopped and not match.peers[whom].stopped:
                    match.peers[who].session.admit(f"p{whom}", whom)
            match.round()

    def start(self, number: int) -> None:
        """Start a process; whoever is there hears of it within a moment, and only then has a line to it."""
        match = self.match
        match.start(number)
        for peer in match.living:
            if peer.number == number:
                continue
            self.told = [item for item in self.told if item[1:] != (peer.number, number)]
            self.told.append((match.round_number + self.dice.randint(0, LATE), peer.number, number))
            match.blocked |= {(peer.number, number), (number, peer.number)}
            if peer.session.reason == "synchronizing":
                self.told.append((match.round_number + self.dice.randint(0, LATE), number, peer.number))

    def all_in(self) -> None:
        """Play until everybody plays."""
        last = self.match.round_number + 1500
        while self.told or any(peer.session.reason in ("synchronizing", "paused") for peer in self.match.living):
            assert self.match.round_number < last, f"not all came in: {self.match}"
            self.rounds(1)
        self.rounds(60)
        frames = [peer.session.frame for peer in self.match.living]
        self.rounds(120)  # in lockstep over the longest line, one frame in nine rounds
        for peer, before in zip(self.match.living, frames, strict=True):
            assert peer.session.frame > before + 6, f"{peer.name} stands still: {self.match}"

    def run(self) -> None:
        """Play the schedule, and hold everybody to the contract."""
        dice, match = self.dice, self.match
        match.until(lambda: all(peer.session.frame > 0 for peer in match.living))
        for number in self.absent:
            self.rounds(dice.randint(0, 200))
            self.start(number)
            self.all_in()
        for _ in range(dice.randint(1, 2)):
            self.rounds(dice.randint(0, 120))
            number = dice.randrange(self.count)
            match.kill(number)
            self.rounds(dice.choice([0, 0, 5, 30, 100, 200]))
            self.start(number)
            draw = dice.random()
            if draw < 0.3:
                self.rounds(dice.randint(0, 60))
                match.kill(number)
                self.rounds(dice.choice([0, 0, 10, 150]))
                self.start(number)
            elif draw < 0.55 and self.count >= 4:
                self.rounds(30 + dice.randint(0, 150))
                other = dice.choice([each for each in range(self.count) if each != number])
                match.kill(other)
                self.rounds(dice.choice([0, 50, 150]))
                self.start(other)
            self.all_in()
        over_soon(match)


@pytest.mark.parametrize("seed", range(8))
def test_whoever_comes_and_goes_all_settle_the_same(seed: int) -> None:
    Schedule(seed).run()


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(8, 400))
def test_whoever_comes_and_goes_all_settle_the_same_in_many_schedules(seed: int) -> None:
    Schedule(seed).run()
