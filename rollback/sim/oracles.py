"""What must hold in every match, looked at while it runs. Knows frames, inputs and sums; knows no network and no session.

A referee plays the match once more, without any session, on the inputs that settle; it holds every peer to that. It keeps
a window of frames and no more, so that a match of a million frames can be watched to its end; all frames only where somebody
may come who is shown old ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.game import Game, codecs_of, idle_inputs
from rollback.sim.given import Given, Slot
from rollback.sim.report import Failure
from rollback.state import checksum, why_not_tree
from rollback.types import Confirmed
from rollback.wire.limits import RING

__all__ = ["DIVERGING", "NAMES", "Referee"]

NAMES: Final = {
    "given": "every settled input is the one that its player gave, or idle from the frame on at which it was cut",
    "alike": "settled inputs are the same on all peers",
    "order": "every settled frame is handed out once and in order",
    "states": "every confirmed state is that of a plain run on the settled inputs",
    "plain run": "the game can be run on the settled inputs",
    "complete": "no input is lost: the match comes to its end, and all of it settles",
    "progress": "the match goes on",
    "stuck": "nobody waits for longer than disconnect_after and two seconds",
    "goes on": "who is more than half of the roster, or has the vote, goes on",
    "must end": "who is less than half, or has not the vote, ends",
    "shown": "a spectator whose host comes to the end has seen all of the match that it was shown, up to the end",
    "let in": "who comes into a match that goes on is let in, in a time that can be told",
    "same end": "all peers end for the same reason at the same frame",
    "false alarm": "no desync is reported where the states are the same",
    "bounded": "what waits to be sent, acknowledged or settled stays within the rings",
    "no exception": "a session never raises for what the network does",
    "same twice": "the same match run twice makes the same report",
}
DIVERGING: Final = ("given", "alike", "order", "states", "plain run")  # those that mean that parity is lost
PRUNE_EVERY: Final = 128  # frames
MOST: Final = 20  # failures kept: one is enough to know, and a broken match has thousands


class Referee:
    """Watches one match.

    Args:
        make: Makes a fresh game, for the plain run.
        seed: What the games are reset with.
        peers: How many there are.
        delays: The input delay of each player in the beginning.

    Attributes:
        failures: What did not hold.
        settled: Frames settled, by process; -1 for one that came later and was not shown any.
        slots: What each player's inputs have to be.
        gone: Players whose peer was lost to others: from some frame on they may idle.
        end: The frame at which the match ends at the latest.
        keeps: Whether no frame is forgotten, for somebody may come who is shown old ones.
    """

    def __init__(self, make: Callable[[], Game], seed: int, peers: int, delays: Sequence[int]) -> None:
        self.failures: list[Failure] = []
        self.settled = [0] * peers
        self.gone: list[int] = []
        self.end = 1 << 60
        self.keeps = False
        self.game: Any = make()
        self._codecs = codecs_of(self.game)
        if hasattr(self.game, "reset"):
            self.game.reset(seed)
        self._idle = idle_inputs(self.game, self._codecs)
        self.slots = [Slot(idle, delay) for idle, delay in zip(self._idle, delays, strict=True)]
        self._digest: Callable[[], Any] | None = getattr(self.game, "digest", None)
        self.sees_states = self._digest is not None or why_not_tree(self.game.save()) is None
        self._frame = 0  # frames the plain run has behind it; -1 once it cannot go on
        self._rows: dict[int, Sequence[bytes]] = {}
        self._sums: dict[int, int] = {0: self._sum()}
        self._early: dict[int, list[tuple[int, int]]] = {}  # sums of peers, before the plain run is there
        self._live = list(range(peers))
        self._alarms: list[tuple[int, int]] = []

    @property
    def given(self) -> list[Given]:
        """What each player gave, by the process that plays it now."""
        return [slot.given for slot in self.slots]

    @property
    def first_divergence(self) -> int | None:
        """The first frame at which inputs or states differed."""
        return min((failure.frame for failure in self.failures if failure.oracle in DIVERGING), default=None)

    def fail(self, oracle: str, frame: int, peer: int, expected: Any, found: Any) -> None:
        """Note that an oracle does not hold; the first time at each peer is enough."""
        if len(self.failures) < MOST and not any(f.oracle == oracle and f.peer == peer for f in self.failures):
            self.failures.append(Failure(oracle, frame, peer, str(expected), str(found)))

    def takes(self, peer: int, done: Confirmed) -> None:
        """A peer handed out a settled frame."""
        frame, inputs = done.frame, done.inputs
        if frame != self.settled[peer] and self.settled[peer] >= 0:
            self.fail("order", frame, peer, f"frame {self.settled[peer]}", f"frame {frame}")
        self.settled[peer] = frame + 1
        row = self._rows.get(frame)
        if row is None:
            self._first_settled(peer, frame, inputs)
        elif row != inputs:
            self.fail("alike", frame, peer, _hex(row), _hex(inputs))
        if frame % PRUNE_EVERY == 0:
            self._prune()

    def holds(self, peer: int, frame: int, value: int | None) -> None:
        """A peer's confirmed S_frame has this checksum."""
        if value is None:
            return
        wanted = self._sums.get(frame)
        if wanted is None:
            self._early.setdefault(frame, []).append((peer, value))
        elif wanted != value:
            self._differ(peer, frame, wanted, value)

    def leaves(self, peer: int, players: Sequence[int]) -> None:
        """A process was killed: nothing more comes from it, and its players may idle from some frame on."""
        if peer in self._live:
            self._live.remove(peer)
        self.may_be_cut(players)

    def may_be_cut(self, players: Sequence[int]) -> None:
        """Players may be lost to some of the others: from some frame on they may idle."""
        self.gone.extend(player for player in players if player not in self.gone)
        for player in players:
            self.slots[player].may_be_cut = True

    def stands_in(self, policy: Any) -> None:
        """A policy plays on for players that are lost; one that always does the same has that as its `action`."""
        for slot, codec in zip(self.slots, self._codecs, strict=True):
            slot.stand_in = codec.encode(policy.action) if hasattr(policy, "action") else b""

    def appears(self) -> int:
        """A process comes that was not there in the beginning; return its number."""
        self.settled.append(-1)
        return len(self.settled) - 1

    def alarmed(self, peer: int, frame: int) -> None:
        """A peer's session says that the states of a frame differ."""
        self._alarms.append((peer, frame))

    def close(self) -> None:
        """The match has ended: compare what the plain run did not get to, and look at the alarms."""
        for frame in sorted(self._early):
            (first, wanted), *others = self._early[frame]
            for peer, found in others:
                if found != wanted:
                    self.fail("states", frame, peer, f"checksum {wanted:016x}, as at peer {first}", f"{found:016x}")
        if self.first_divergence is None:
            for peer, frame in self._alarms:
                self.fail("false alarm", frame, peer, "no desync", "one reported")

    def varied(self) -> bool:
        """Whether every player that was left did at least two different things."""
        return all(given.distinct > 1 for player, given in enumerate(self.given) if player not in self.gone)

    def _first_settled(self, peer: int, frame: int, inputs: Sequence[bytes]) -> None:
        for player, slot in enumerate(self.slots):
            expected = slot.wrong(frame, inputs[player])
            if expected is not None:
                self.fail("given", frame, peer, f"{expected.hex() or 'nothing yet'} from player {player}", inputs[player].hex())
        self._rows[frame] = inputs
        if frame != self._frame:
            return  # the plain run cannot go on: a frame is missing, or it failed before
        try:
            self.game.step([codec.decode(data) for codec, data in zip(self._codecs, inputs, strict=True)])
        except Exception as error:  # the game's own failure
            self.fail("plain run", frame, -1, "a step", f"{type(error).__name__}: {error}")
            self._frame = -1
            return
        self._frame = frame + 1
        value = self._sums[frame + 1] = self._sum()
        for early, found_there in self._early.pop(frame + 1, ()):
            if found_there != value:
                self._differ(early, frame + 1, value, found_there)

    def _sum(self) -> int:
        if not self.sees_states:
            return 0
        return checksum(self._digest() if self._digest is not None else self.game.save())

    def _differ(self, peer: int, frame: int, wanted: int, found: int) -> None:
        self.fail("states", frame, peer, f"checksum {wanted:016x}", f"{found:016x}")

    def _prune(self) -> None:
        low = min((self.settled[peer] for peer in self._live), default=0) - 1
        for slot in self.slots:
            slot.forget(low)
        if self.keeps:
            return
        for frames in (self._rows, self._sums):
            for frame in [frame for frame in frames if frame < low]:
                del frames[frame]
        for frame in [frame for frame in self._early if frame < low - RING]:
            del self._early[frame]


def _hex(row: Sequence[bytes]) -> str:
    return " ".join(data.hex() for data in row)
