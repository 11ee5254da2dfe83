"""No desync is reported where there is none, however late corrections come. A detector that cries wolf is switched off.

The dangerous moment: one side has sent its checksum of a frame, and at the other a correction of an earlier frame arrives
before its own checksum is due. Each run counts how often that happened.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any, Final

import pytest

from rollback import DesyncFound, SessionConfig
from rollback.core.confirmation import Confirmation
from rollback.core.simulation import Simulation
from rollback.games import Duel, Pong
from rollback.sim import Link, VirtualMatch
from tests.core.games import OpaqueWithDigest, Sums

GAMES: Final[list[tuple[Callable[[], Any], int]]] = [
    (Pong, 2),
    (Duel, 2),
    (lambda: Sums(2), 2),
    (lambda: Sums(3), 3),
    (OpaqueWithDigest, 2),
]
FRAMES: Final = 40
Notes = list[tuple[str, int, int]]  # what, whose simulation, which frame


def drawn(seed: int) -> VirtualMatch:
    """Return a short match over lines whose directions differ, with checksums as dense as they come."""
    dice = random.Random(f"no false alarm {seed}")
    make, players = dice.choice(GAMES)
    interval = dice.choice((1, 1, 2, 3, 5))
    configs = [
        SessionConfig(
            input_delay=dice.choice((0, 0, 1, 3)),
            prediction_window=dice.choice((2, 8, 8, 12)),
            desync_interval=interval,
            on_desync="report",
            save=dice.choice(("every", "every", "sparse")),
            interrupt_after=5.0,
            disconnect_after=20.0,
        )
        for _ in range(players)
    ]
    links = {
        (one, two): Link(
            latency_ms=dice.choice((0, 20, 60, 150)),
            jitter_ms=dice.choice((0, 20, 100)),
            loss=dice.choice((0.0, 0.05, 0.25)),
            duplicate=dice.choice((0.0, 0.1)),
            reorder=dice.choice((0.0, 0.2)),
        )
        for one in range(players)
        for two in range(players)
        if one != two
    }
    phases = [dice.random() for _ in range(players)]
    return VirtualMatch(make, config=configs, link=links, seed=seed, phases=phases)


def noted(patch: pytest.MonkeyPatch) -> Notes:
    """Let every checksum and every rollback be written down, in the order in which they happen."""
    notes: Notes = []
    offer, rollback = Confirmation._offer, Simulation.rollback

    def offered(self: Confirmation, frame: int) -> None:
        notes.append(("checksum", id(self._sim), frame))
        offer(self, frame)

    def rolled_back(self: Simulation) -> int:
        notes.append(("rollback", id(self), self.wrong))
        return rollback(self)

    patch.setattr(Confirmation, "_offer", offered)
    patch.setattr(Simulation, "rollback", rolled_back)
    return notes


def late_corrections(notes: Notes) -> int:
    """Return how often a frame was corrected at one peer after another one had sent the checksum of what follows it."""
    newest: dict[int, int] = {}  # newest checksum frame, by peer
    late = 0
    for what, whose, frame in notes:
        if what == "checksum":
            newest[whose] = frame
        else:
            late += any(frame < sent for other, sent in newest.items() if other != whose)
    return late


def hold_no_alarm(seeds: Iterable[int]) -> tuple[int, int, int]:
    """Play the matches of some seeds; return rollbacks, checksums and late corrections."""
    rollbacks = checksums = late = 0
    for seed in seeds:
        with pytest.MonkeyPatch.context() as patch:
            notes = noted(patch)
            match = drawn(seed)
            report = match.run(FRAMES)
        assert report.failures == (), f"seed {seed}: {report.failures}"
        alarms = [event for peer in match.peers for _, event in peer.events if isinstance(event, DesyncFound)]
        assert alarms == [], f"seed {seed}: {alarms}"
        rollbacks += sum(report.rollbacks)
        checksums += sum(what == "checksum" for what, _, _ in notes)
        late += late_corrections(notes)
    return rollbacks, checksums, late


def test_no_desync_is_reported_where_there_is_none() -> None:
    rollbacks, checksums, late = hold_no_alarm(range(100))
    assert rollbacks > 1_000 and checksums > 2_500
    assert late > 250, "no correction came between the checksums of the two sides: nothing was proved"


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("thousand", range(10))
def test_no_desync_is_reported_in_any_of_ten_thousand_matches(thousand: int) -> None:
    rollbacks, checksums, late = hold_no_alarm(range(thousand * 1_000, thousand * 1_000 + 1_000))
    assert rollbacks > 10_000 and checksums > 25_000 and late > 2_500


def test_a_checksum_that_does_not_wait_for_its_correction_is_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the matches above would say of a detector that sums up too early."""
    rollback = Simulation.rollback
    confirmations: dict[int, Confirmation] = {}
    made = Confirmation.__init__

    def remembered(self: Confirmation, own: Any, playing: Any, sim: Simulation, *rest: Any) -> None:
        made(self, own, playing, sim, *rest)
        confirmations[id(sim)] = self

    def summed(self: Simulation) -> int:
        confirmations[id(self)].confirm()
        return rollback(self)

    monkeypatch.setattr(Confirmation, "__init__", remembered)
    monkeypatch.setattr(Simulation, "rollback", summed)
    with pytest.raises(AssertionError, match=r"alarm|states|DesyncFound"):
        hold_no_alarm(range(20))
