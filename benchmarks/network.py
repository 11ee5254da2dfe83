"""Bytes, stalls and lag over bad networks, beside the published table of the strongest engine of the field.

Both: a 60 fps session ticked every 16 ms, window 8, delay 0, 4-byte inputs `step*31 + peer*7 + 1` that differ in every frame,
1,000 steps, uniform jitter in each direction. Ours: payload of everything sent, handshake and reliable channel included,
over the seconds from the first frame to the end; stalls and lag after the first 60 frames; the driver's pacing, which slows a
leading peer by 3 % at most. Mean of some seeds.

    python benchmarks/network.py [--seeds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from rollback import SessionConfig, UInt
from rollback.sim import Link, VirtualMatch

FRAMES = 1000
WARM_UP = 60
TICK_MS = 16
MASK = 0xFFFFFFFF


class Cell(NamedTuple):
    """One row: a network, their figures, and what ours are to be at most; each (KiB/s a player, stalls a minute, lag)."""

    players: int
    path: str
    loss: float
    rtt_ms: float
    jitter_ms: float
    theirs: tuple[float, float, float]
    bound: tuple[float, float, float]


CELLS = (
    Cell(2, "LAN", 0.00, 10, 0, (4.73, 0, 1.00), (1.5, 0, 1.0)),
    Cell(2, "Wi-Fi", 0.01, 50, 20, (5.24, 0, 2.62), (2.0, 0, 2.7)),
    Cell(2, "mobile", 0.05, 100, 20, (5.86, 15, 4.33), (2.5, 0, 4.4)),
    Cell(4, "Wi-Fi", 0.01, 50, 20, (17.78, 69, 6.12), (6.0, 0, 3.1)),
    Cell(4, "severe", 0.15, 200, 20, (6.95, 2064, 6.69), (14, 150, 7.5)),
    Cell(16, "regional", 0.01, 100, 20, (117, 1218, 7.39), (33, 0, 5.2)),
)


class Counters:
    """A game that adds up what each player did."""

    def __init__(self, players: int) -> None:
        self.players = players
        self.codecs = (UInt(32),) * players
        self.state = (0,) * (players + 1)

    def step(self, actions: Sequence[int]) -> None:
        """Add each player's action to its total."""
        totals = [total + action & MASK for total, action in zip(self.state[1:], actions, strict=True)]
        self.state = (self.state[0] + 1, *totals)

    def save(self) -> tuple[int, ...]:
        """Return the number of steps and the totals."""
        return self.state

    def load(self, state: tuple[int, ...]) -> None:
        """Take them back."""
        self.state = state


def act(game: Any, player: int) -> int:
    return game.state[0] * 31 + player * 7 + 1 & MASK


def measure(cell: Cell, seeds: int) -> tuple[float, float, float]:
    """Return KiB/s a player, stalls a minute and lag, the mean over all peers and seeds."""
    rates, stalls, lags = [], [], []
    for seed in range(seeds):
        match = VirtualMatch(
            lambda: Counters(cell.players),
            config=SessionConfig(input_delay=0, prediction_window=8, fps=60),
            link=Link(latency_ms=cell.rtt_ms / 2, jitter_ms=cell.jitter_ms, loss=cell.loss),
            seed=seed,
            act=act,
            tick_ms=TICK_MS,
            warm_up=WARM_UP,
        )
        report = match.run(FRAMES)
        if not report.passed:
            raise SystemExit(f"{cell.path}, seed {seed}: {report.failures[0]}")
        for peer in match.peers:
            seconds = peer.ended_at - peer.began_at
            rates.append(peer.bytes_sent / seconds / 1024)
            stalls.append(peer.stalls / (seconds - WARM_UP * TICK_MS / 1000) * 60)
            lags.append(peer.lag)
    return tuple(sum(values) / len(values) for values in (rates, stalls, lags))  # type: ignore[return-value]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    began = time.perf_counter()
    rows = []
    for cell in CELLS:
        ours = measure(cell, options.seeds)
        met = [round(value, 2) <= bound for value, bound in zip(ours, cell.bound, strict=True)]
        rows.append({"cell": cell, "ours": ours, "met": met})
        print(f"{cell.players} {cell.path}", file=sys.stderr)
    machine = f"{platform.machine()}, {platform.system()}, {platform.python_implementation()} {platform.python_version()}"
    if options.as_json:
        print(json.dumps({"machine": machine, "rows": [{**row, "cell": row["cell"]._asdict()} for row in rows]}))
        return 0
    print("players, path     loss/RTT/jitter   KiB/s a player        stalls a minute       lag mean")
    print("                                    theirs  ours  most    theirs  ours  most    theirs  ours  most")
    for row in rows:
        cell, texts = row["cell"], []
        for theirs, ours, bound, met in zip(cell.theirs, row["ours"], cell.bound, row["met"], strict=True):
            texts.append(f"{theirs:6g} {ours:6.2f}{' ' if met else '!'} {bound:<5g}")
        line = f"{cell.loss:.0%} / {cell.rtt_ms:g} / {cell.jitter_ms:g}"
        print(f"{cell.players:2}, {cell.path:12}  {line:16}  {'   '.join(texts)}")
    missed = sum(not all(row["met"]) for row in rows)
    print(f"{len(rows) - missed} of {len(rows)} cells met (! above what is wanted); {machine};", end=" ")
    print(f"{options.seeds} seeds, {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
