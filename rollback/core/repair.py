"""What follows when two peers' checksums differ: find out where, tell, and stop, go on, or take over one state.

Knows states, checksums and peers; knows no inputs and no timers but its own patience.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.core.checksums import Disagreement
from rollback.core.confirmation import Confirmation
from rollback.core.diagnosis import Diagnosis
from rollback.core.endpoint import Endpoint
from rollback.core.simulation import Simulation
from rollback.errors import WireError
from rollback.state import why_not_tree
from rollback.types import DesyncFound, Event, Resynced
from rollback.wire.blobs import Blob, Branches, Compared, Leaf, Reloaded, StateAt, decode_blob, encode_blob
from rollback.wire.limits import MAX_BLOB, RING

__all__ = ["Repair"]

PATIENCE: Final = 2.0  # seconds for the letters to go to and fro; without a reliable channel we tell what we know
RESYNCS: Final = 3  # a match: a game that drifts apart again and again is not mended by taking over states
LETTERS_A_LOOK: Final = 4  # read in one tick; the others wait for the next
MAX_BLOBS: Final = 64  # letters that wait for the next look


class _Case:
    """One open disagreement with one peer."""

    def __init__(self, found: Disagreement, diagnosis: Diagnosis | None) -> None:
        self.found = found
        self.diagnosis = diagnosis
        self.until: float | None = None


class Repair:
    """The disagreements of one session.

    Attributes:
        inbox: Letters that wait to be read.
        dropped: Letters dropped, by reason.
        resyncs: How often a state was taken over, or given.
    """

    def __init__(
        self,
        endpoints: list[Endpoint],
        lowest: Endpoint | None,
        config: SessionConfig,
        sim: Simulation,
        confirmation: Confirmation,
        emit: Callable[[Event], None],
        stop: Callable[[Endpoint, int], None],
        post: Callable[[Endpoint, bytes], None],
    ) -> None:
        self.inbox: deque[tuple[Endpoint, bytes]] = deque()
        self.resyncs = 0
        self.dropped: Counter[str] = Counter()
        self._waiting = 0
        self._endpoints = endpoints
        self._lowest = lowest  # the peer of the lowest player, whose state counts; None: ourselves
        self._config = config
        self._sim = sim
        self._confirmation = confirmation
        self._emit = emit
        self._stop = stop
        self._post = post
        self._cases: dict[str, _Case] = {}
        self._trusted_from = {endpoint.name: 0 for endpoint in endpoints}
        self._told = {endpoint.name: -1 for endpoint in endpoints}  # newest frame that was told of: each only once

    @property
    def busy(self) -> bool:
        """Whether a disagreement is open, or letters wait."""
        return bool(self._cases) or bool(self.inbox)

    @property
    def halts(self) -> bool:
        """Whether the match stands still meanwhile."""
        return bool(self._cases) and self._config.on_desync == "stop"

    def disagree(self, endpoint: Endpoint, found: Disagreement) -> None:
        """Two checksums differ: begin to find out where."""
        newer = found.frame >= self._trusted_from[endpoint.name] and found.frame > self._told[endpoint.name]
        if endpoint.name in self._cases or not newer:
            return
        tree = self._confirmation.kept.get(found.frame)
        case = _Case(found, None if tree is None or why_not_tree(tree) is not None else Diagnosis(found.frame, tree))
        self._cases[endpoint.name] = case
        self._send(endpoint, case)

    def _read(self, endpoint: Endpoint, data: bytes) -> str | None:
        """Apply a letter; return why it was dropped."""
        try:
            blob = decode_blob(data, states=self._takes_states_from(endpoint))
        except WireError as error:
            return error.reason
        match blob:
            case StateAt(frame, state):
                return self._take_over(endpoint, frame, state)
            case Reloaded(frame, since):
                if self._trusted_from[endpoint.name] > frame:
                    self._trusted_from[endpoint.name] = since
                    if self._lowest is None:
                        self._emit(Resynced(frame))
            case Branches() | Leaf() | Compared():
                self._hear(endpoint, blob)
        return None

    def take(self, endpoint: Endpoint, data: bytes) -> bool:
        """Queue a letter for the next look; False where too many wait."""
        self._waiting += len(data)
        if len(self.inbox) >= MAX_BLOBS or self._waiting > 2 * MAX_BLOB:
            self._waiting -= len(data)
            return False
        self.inbox.append((endpoint, data))
        return True

    def look(self, now: float) -> None:
        """Read the letters, and close the cases that are clear or have lasted too long."""
        for _ in range(min(len(self.inbox), LETTERS_A_LOOK)):
            endpoint, data = self.inbox.popleft()
            self._waiting -= len(data)
            reason = self._read(endpoint, data)
            if reason is not None:
                self.dropped[reason] += 1
        for endpoint in self._endpoints:
            case = self._cases.get(endpoint.name)
            if case is None:
                continue
            if case.until is None:
                case.until = now + PATIENCE
            if case.diagnosis is None or case.diagnosis.done or now >= case.until or not endpoint.live:
                self._close(endpoint, case)

    def renew(self, endpoint: Endpoint) -> None:
        """Another process comes to a peer's place: what was told of the one before is no matter."""
        self._cases.pop(endpoint.name, None)
        self._trusted_from[endpoint.name], self._told[endpoint.name] = 0, -1

    def close_all(self, endpoint: Endpoint) -> None:
        """Tell at once what is known of a disagreement with a peer that goes."""
        case = self._cases.get(endpoint.name)
        if case is not None:
            self._close(endpoint, case)

    def _hear(self, endpoint: Endpoint, blob: Branches | Leaf | Compared) -> None:
        case = self._cases.get(endpoint.name)
        if case is None and not isinstance(blob, Compared):
            # The peer has seen both checksums before us; ours is on its way, or was compared there alone.
            if blob.frame in self._confirmation.kept:
                self.disagree(endpoint, Disagreement(blob.frame, 0, 0))
                case = self._cases.get(endpoint.name)
        if case is not None and case.diagnosis is not None and case.found.frame == blob.frame:
            case.diagnosis.hear(blob)
            self._send(endpoint, case)

    def _send(self, endpoint: Endpoint, case: _Case) -> None:
        if case.diagnosis is not None:
            for blob in case.diagnosis.out:
                self._letter(endpoint, blob)
            case.diagnosis.out.clear()

    def _close(self, endpoint: Endpoint, case: _Case) -> None:
        del self._cases[endpoint.name]
        self._told[endpoint.name] = case.found.frame
        differences = tuple(case.diagnosis.differences) if case.diagnosis else ()
        self._emit(DesyncFound(case.found.frame, endpoint.name, differences))
        if self._config.on_desync == "stop":
            self._stop(endpoint, case.found.frame)
        elif self._config.on_desync == "resync":
            if self.resyncs >= RESYNCS:
                self._stop(endpoint, case.found.frame)
            elif self._lowest is None:
                self._give(endpoint)
            elif self._lowest is endpoint:
                # Until its state has come our checksums mean nothing.
                self._trusted_from[endpoint.name] = self._sim.present + RING

    def _give(self, endpoint: Endpoint) -> None:
        """Send our newest settled state to a peer whose own differs."""
        settled = self._confirmation.settle()
        frames = [frame for frame in self._confirmation.kept if frame <= settled + 1]
        if frames:
            self.resyncs += 1
            self._trusted_from[endpoint.name] = self._sim.present + RING
            self._letter(endpoint, StateAt(max(frames), self._confirmation.kept[max(frames)]))

    def _take_over(self, endpoint: Endpoint, frame: int, state: Any) -> str | None:
        """Take the state of the lowest player's peer, and replay what came since."""
        sim = self._sim
        if not sim.reload(frame, state):
            return "old state"
        if self._told[endpoint.name] < 0 and endpoint.name not in self._cases:
            self._emit(DesyncFound(frame, endpoint.name))  # it saw a difference before us: nobody's state changes unannounced
        self.resyncs += 1
        self._cases.clear()
        since = self._confirmation.begin_again()
        for other in self._endpoints:
            self._trusted_from[other.name] = since
            self._letter(other, Reloaded(frame, since))
        self._emit(Resynced(frame))
        return None

    def _takes_states_from(self, endpoint: Endpoint) -> bool:
        return endpoint is self._lowest and self._config.on_desync == "resync" and self.resyncs < RESYNCS

    def _letter(self, endpoint: Endpoint, blob: Blob) -> None:
        self._post(endpoint, encode_blob(blob))
