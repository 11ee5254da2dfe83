"""What must hold in every match, looked at while it runs. Knows frames, inputs and sums; knows no network and no session.

A referee plays the match once more, without any session, on the inputs that settle; it holds every peer to that. It keeps
a window of frames and no more, so that a match of a million frames can be watched to its end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.game import Game, codecs_of, idle_inputs
from rollback.sim.report import Failure
from rollback.state import checksum, why_not_tree
from rollback.types import Confirmed
from rollback.wire.limits import RING

__all__ = ["DIVERGING", "NAMES", "Given", "Referee"]

NAMES: Final = {
    "given": "every settled input is the one that its player gave",
    "alike": "settled inputs are the same on all peers",
    "order": "every settled frame is handed out once and in order",
    "states": "every confirmed state is that of a plain run on the settled inputs",
    "plain run": "the game can be run on the settled inputs",
    "complete": "no input is lost: the match comes to its end, and all of it settles",
    "progress": "the match goes on",
    "same end": "all peers end for the same reason at the same frame",
    "false alarm": "no desync is reported where the states are the same",
    "bounded": "what waits to be sent, acknowledged or settled stays within the rings",
    "no exception": "a session never raises for what the network does",
    "same twice": "the same match run twice makes the same report",
}
DIVERGING: Final = ("given", "alike", "order", "states", "plain run")  # those that mean that parity is lost
PRUNE_EVERY: Final = 128  # frames
MOST: Final = 20  # failures kept: one is enough to know, and a broken match has thousands


class Given:
    """The inputs of one player by the rules of the input delay alone, from `base` on."""

    __slots__ = ("_inputs", "_last", "base", "delay", "distinct")

    def __init__(self, idle: bytes, delay: int) -> None:
        self.base = 0
        self.delay = delay
        self.distinct = 1  # how often the input changed
        self._inputs: deque[bytes] = deque([idle] * delay)
        self._last = idle

    def take(self, frame: int, data: bytes) -> None:
        """An action was captured at `frame`; its input is `data`."""
        inputs, target = self._inputs, frame + self.delay
        end = self.base + len(inputs)
        if end > target:
            return  # the delay was lowered: the frame has its input
        if end < target:
            inputs.extend([self._last] * (target - end))
        if data != self._last:
            self.distinct += 1
            self._last = data
        inputs.append(data)

    def at(self, frame: int) -> bytes | None:
        """Return the input of a frame, None where none was given yet, or where it was forgotten."""
        place = frame - self.base
        return self._inputs[place] if 0 <= place < len(self._inputs) else None

    def forget(self, frame: int) -> None:
        """Forget what was given for frames before `frame`."""
        while self.base < frame and self._inputs:
            self._inputs.popleft()
            self.base += 1


class Referee:
    """Watches one match.

    Args:
        make: Makes a fresh game, for the plain run.
        seed: What the games are reset with.
        peers: How many there are.
        delays: The input delay of each player in the beginning.

    Attributes:
        failures: What did not hold.
        settled: Frames settled, by peer.
        given: What each player gave.
        gone: Players whose peer was killed: from some frame on they may idle.
        end: The frame at which the match ends at the latest.
    """

    def __init__(self, make: Callable[[], Game], seed: int, peers: int, delays: Sequence[int]) -> None:
        self.failures: list[Failure] = []
        self.settled = [0] * peers
        self.gone: list[int] = []
        self.end = 1 << 60
        self.game: Any = make()
        self._codecs = codecs_of(self.game)
        if hasattr(self.game, "reset"):
            self.game.reset(seed)
        self._idle = idle_inputs(self.game, self._codecs)
        self.given = [Given(idle, delay) for idle, delay in zip(self._idle, delays, strict=True)]
        self._digest: Callable[[], Any] | None = getattr(self.game, "digest", None)
        self.sees_states = self._digest is not None or why_not_tree(self.game.save()) is None
        self._cut: dict[int, int] = {}  # frame from which a player idles
        self._frame = 0  # frames the plain run has behind it; -1 once it cannot go on
        self._rows: dict[int, Sequence[bytes]] = {}
        self._sums: dict[int, int] = {0: self._sum()}
        self._early: dict[int, list[tuple[int, int]]] = {}  # sums of peers, before the plain run is there
        self._live = list(range(peers))
        self._alarms: list[tuple[int, int]] = []

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
        if frame != self.settled[peer]:
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
        """A peer was killed: nothing more comes from it, and its players may idle from some frame on."""
        self._live.remove(peer)
        self.gone.extend(players)

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
        for player, given in enumerate(self.given):
            expected, found = given.at(frame), inputs[player]
            if player in self._cut and frame >= self._cut[player]:
                expected = self._idle[player]
            elif expected != found and player in self.gone and found == self._idle[player]:
                self._cut[player] = frame
            if expected != found and self._cut.get(player) != frame:
                wanted = "nothing yet" if expected is None else expected.hex()
                self.fail("given", frame, peer, f"{wanted} from player {player}", found.hex())
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
        for given in self.given:
            given.forget(low)
        for frames in (self._rows, self._sums):
            for frame in [frame for frame in frames if frame < low]:
                del frames[frame]
        for frame in [frame for frame in self._early if frame < low - RING]:
            del self._early[frame]


def _hex(row: Sequence[bytes]) -> str:
    return " ".join(data.hex() for data in row)
