"""The engine's benchmark: one workload, with the engine and without it, in the same process. Knows no network.

Two players in one process, an in-memory link of D ticks each way, inputs that change about every eight frames (xorshift32),
a small state, window 8, no input delay. The bare loop does what no engine can avoid: draw the input, carry it over the link,
step the game and take a snapshot. The ratio of the two is what the engine costs; it holds across machines.
"""

from __future__ import annotations

import gc
import platform
import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from rollback.config import SessionConfig
from rollback.core.session import P2PSession
from rollback.game import UInt
from rollback.types import Local, Remote

__all__ = ["ALL_CASES", "BenchCase", "BenchResult", "Blob", "as_rows", "machine", "run_bench"]

CHECKSUM_EVERY = 16
WINDOW = 8
MULTIPLIER = 6364136223846793005  # of Knuth's MMIX generator: any odd number would do


class Blob:
    """A game that does next to nothing: a number of `size` bytes, stirred by every action."""

    players = 2

    def __init__(self, size: int, codec: UInt) -> None:
        self.codecs = (codec, codec)
        self.number = 1
        self._small = min(size, 64)
        self._rest = bytes(size - self._small)
        self._mask = (1 << 8 * self._small) - 1

    def step(self, actions: Sequence[int]) -> None:
        """Stir both actions in."""
        self.number = (self.number * MULTIPLIER + actions[0] * 3 + actions[1] * 5 + 1) & self._mask

    def save(self) -> bytes:
        """Return all of the state as bytes."""
        return self.number.to_bytes(self._small, "little") + self._rest

    def load(self, state: bytes) -> None:
        """Become a saved state."""
        self.number = int.from_bytes(state[: self._small], "little")


@dataclass(frozen=True, slots=True)
class BenchCase:
    """One workload: ticks of delay each way, bytes of an input, bytes of the state, and what makes it less smooth.

    Attributes:
        jitter: Ticks that a datagram may come later still, drawn for each.
        reader: Whether somebody takes the settled frames after every tick, as a recorder does.
    """

    delay: int
    input_size: int = 1
    state_size: int = 64
    jitter: int = 0
    reader: bool = False


ALL_CASES = (
    *(BenchCase(delay, size) for size in (1, 4) for delay in (0, 2, 4, 7)),
    *(BenchCase(delay, 1, 64 * 1024) for delay in (0, 2, 4, 7)),
    BenchCase(4, 4, 64 * 1024),
    BenchCase(4, jitter=2),
    BenchCase(4, reader=True),
)


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What one workload cost, per frame and peer; times are medians over the rounds."""

    delay: int
    input_size: int
    state_size: int
    jitter: int
    reader: bool
    engine_us: float
    bare_us: float
    ratio: float
    bytes_a_frame: float
    datagrams_a_frame: float
    rollbacks_per_100: float


def run_bench(
    cases: Sequence[BenchCase],
    *,
    frames: int = 6000,
    rounds: int = 7,
    on_result: Callable[[BenchResult], None] | None = None,
) -> list[BenchResult]:
    """Measure each case in alternating rounds with and without the engine.

    Args:
        cases: What to measure.
        frames: Frames a round.
        rounds: Rounds of either kind.
        on_result: Called with each result as it is there.
    """
    results = []
    for case in cases:
        pairs = []
        for _ in range(rounds):
            bare = _timed(partial(_bare, case, frames))
            engine = _timed(partial(_engine, case, frames))
            pairs.append((engine, bare))
        counted = _engine(case, frames, count=True)
        scale = 1e6 / frames / 2
        result = BenchResult(
            delay=case.delay,
            input_size=case.input_size,
            state_size=case.state_size,
            jitter=case.jitter,
            reader=case.reader,
            engine_us=round(statistics.median(engine for engine, _ in pairs) * scale, 3),
            bare_us=round(statistics.median(bare for _, bare in pairs) * scale, 3),
            ratio=round(statistics.median(engine / bare for engine, bare in pairs), 2),
            bytes_a_frame=round(counted["bytes"], 2),
            datagrams_a_frame=round(counted["datagrams"], 4),
            rollbacks_per_100=round(counted["rollbacks"], 1),
        )
        results.append(result)
        if on_result is not None:
            on_result(result)
    return results


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
    }


def as_rows(results: Sequence[BenchResult]) -> list[dict[str, Any]]:
    """Return the results as plain dicts."""
    return [asdict(result) for result in results]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _timed(run: Callable[[], Any]) -> float:
    gc.collect()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _bare(case: BenchCase, frames: int) -> None:
    """Play without an engine: no prediction, no rollback, the remote input simply comes late."""
    limit = (1 << 8 * case.input_size) - 1
    games = [Blob(case.state_size, UInt(8 * case.input_size)) for _ in range(2)]
    links: list[deque[int]] = [deque([0] * (case.delay + 1)) for _ in range(2)]
    seeds, inputs = [2463534242, 88675123], [0, 0]
    for _ in range(frames):
        for me in (0, 1):
            x = seeds[me]
            x ^= x << 13 & 0xFFFFFFFF
            x ^= x >> 17
            x ^= x << 5 & 0xFFFFFFFF
            seeds[me] = x
            if not x & 7:
                inputs[me] = x >> 3 & limit
            links[me].append(inputs[me])
            other = links[1 - me].popleft()
            game = games[me]
            game.step((inputs[0], other) if me == 0 else (other, inputs[1]))
            game.save()


def _engine(case: BenchCase, frames: int, *, count: bool = False) -> dict[str, float]:
    """Play the same with two sessions, and everything that a match without a recorder calls in a frame."""
    limit = (1 << 8 * case.input_size) - 1
    codec = UInt(8 * case.input_size)
    config = SessionConfig(input_delay=0, prediction_window=WINDOW, desync_interval=CHECKSUM_EVERY)
    sessions = [
        P2PSession(Blob(case.state_size, codec), players, config, nonce=nonce)
        for players, nonce in (((Local(), Remote("b")), 1), ((Remote("a"), Local()), 2))
    ]
    now = _shake_hands(sessions)
    jitter, reader = case.jitter, case.reader
    links: list[deque[list[tuple[str, bytes]]]] = [deque([[] for _ in range(case.delay + jitter + 1)]) for _ in range(2)]
    seeds, inputs = [2463534242, 88675123], [0, 0]
    names = "ab"
    started = [session.stats() for session in sessions]
    sent = datagrams = 0
    period = 1 / 60
    for _ in range(frames):
        now += period
        for me in (0, 1):
            x = seeds[me]
            x ^= x << 13 & 0xFFFFFFFF
            x ^= x >> 17
            x ^= x << 5 & 0xFFFFFFFF
            seeds[me] = x
            if not x & 7:
                inputs[me] = x >> 3 & limit
            session = sessions[me]
            other = names[1 - me]
            for _to, datagram in links[1 - me].popleft():
                session.receive(other, datagram)
            session.tick({me: inputs[me]}, now=now)
            out = session.outgoing(now=now)
            if jitter:
                links[me].append([])
                links[me][case.delay + (x >> 9) % (jitter + 1)].extend(out)
            else:
                links[me].append(out)
            if reader:
                session.confirmed_frames()
            if count:
                sent += sum(len(datagram) for _to, datagram in out)
                datagrams += len(out)
            session.events()
    rollbacks = sum(session.stats().rollbacks for session in sessions) - sum(stats.rollbacks for stats in started)
    done = sum(session.frame for session in sessions)
    return {"bytes": sent / done, "datagrams": datagrams / done, "rollbacks": 100 * rollbacks / done}


def _shake_hands(sessions: Sequence[P2PSession]) -> float:
    """Bring two sessions to their first frame over a perfect link; return the time."""
    now, names = 0.0, "ab"
    while not all(session.frame for session in sessions):
        now += 1 / 60
        for me, session in enumerate(sessions):
            session.tick({me: 0}, now=now)
            for _to, datagram in session.outgoing(now=now):
                sessions[1 - me].receive(names[me], datagram)
    return now
