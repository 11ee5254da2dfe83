"""Many matches on two workers, against two bare processes and what else there is; and what a match and a start cost.

    python benchmarks/simulate.py [--rounds 7] [--only NAME ...] [--json] [--quick]

A match is a fixed amount of pure arithmetic, 2 ms or 20 ms of it. `bare` is the bound: two processes, each of which plays
its half of the matches in a plain loop. All contenders play the same matches from the same seeds, and each is measured from
the call to the last result, with the start of its processes; only Ray runs before, for it takes seconds, and AsyncVectorEnv,
which plays the matches as episodes, step by step. The contenders take turns, and the best of the rounds counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from contenders import CONTENDERS, PACKAGES, SEED, VECTOR, WORKERS, cluster, vectors
from labour import Tiny, labour, played

from rollback.sim import isimulate
from rollback.sim.pool.played import Shared
from rollback.sim.pool.seeds import seeds_of

ASKED: Final = {"of_bare": 0.95, "start_seconds": 0.3, "overhead_us": 10.0}
BUSY: Final = 1.5  # the load of the machine above which figures say little


@dataclass(frozen=True)
class Size:
    """How long a match takes, and how many are played: so many that the run is long against its start.

    Attributes:
        milliseconds: Of a match.
        matches: How many.
    """

    milliseconds: float
    matches: int


SIZES: Final = (Size(2, 3000), Size(20, 300))
QUICK: Final = (Size(0.5, 200),)

FEW: Final = 40  # matches that it plays: enough to tell


def frames_for(milliseconds: float) -> int:
    """Return how many frames a match has that takes so long here."""
    times = []
    for _ in range(100):  # short ones: of those some are not disturbed on a busy machine either
        start = time.perf_counter()
        played(labour(50), [SEED])
        times.append((time.perf_counter() - start) / 50)
    return max(1, round(milliseconds / 1000 / min(times)))


def start() -> float:
    """Return the seconds from the call to the first result of a run of tiny matches."""
    begin = time.perf_counter()
    results = isimulate([Tiny()] * 50, seed=SEED, backend="process", workers=WORKERS)
    next(results)
    took = time.perf_counter() - begin
    list(results)
    return took


def overhead(matches: int) -> float:
    """Return the processor's microseconds that all processes together spend on a match, less what a plain loop takes for it."""
    tiny = Tiny()
    few = max(1, matches // 50)
    spent = []
    for count in (few, matches):
        before = _processor()
        for _ in isimulate([tiny] * count, seed=SEED, backend="process", workers=WORKERS):
            pass
        spent.append(_processor() - before)
    seeds, shared = list(map(seeds_of(SEED), range(matches))), Shared()
    before = _processor()
    for seed in seeds:
        tiny.play(seed, shared)
    loop = _processor() - before
    return ((spent[1] - spent[0]) / (matches - few) - loop / matches) * 1e6


def _processor() -> float:
    """Return the seconds that this process and those it has waited for took of the processors."""
    told = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in told)


def raced(size: Size, contenders: list[str], rounds: int) -> dict[str, Any]:
    """Let the contenders take turns on the same matches; return the best of each as matches a second."""
    frames = frames_for(size.milliseconds)
    spec, seeds = labour(frames), list(map(seeds_of(SEED), range(size.matches)))
    wanted = played(spec, seeds[:5])
    took: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        for place in range(len(contenders)):
            name = contenders[(place + turn) % len(contenders)]
            begin = time.perf_counter()
            digests = CONTENDERS[name](spec, seeds)
            took[name].append(time.perf_counter() - begin)
            if len(digests) != len(seeds) or digests[:5] != wanted:
                raise SystemExit(f"{name} played other matches than the rest")
    rates = {name: round(size.matches / min(times), 1) for name, times in took.items()}
    rates[VECTOR] = round(1 / min(vectors(frames, min(FEW, size.matches)) for _ in range(min(rounds, 3))), 1)
    return {
        "milliseconds": size.milliseconds,
        "frames": frames,
        "matches": size.matches,
        "rates": rates,
        "of_bare": {name: round(rate / rates["bare"], 3) for name, rate in rates.items()},
        "seconds": {name: [round(each, 3) for each in times] for name, times in took.items()},
    }


def figures(sizes: tuple[Size, ...], contenders: list[str], rounds: int, tiny: int) -> dict[str, Any]:
    """Measure all, and return what came out."""
    from rollback.testing.bench import machine  # not above: processes that are spawned import this file

    with ExitStack() as stack:
        if "ray" in {PACKAGES.get(name) for name in contenders}:
            stack.enter_context(cluster())
        load = os.getloadavg()[0]
        starts = [start() for _ in range(rounds)]
        overheads = [overhead(tiny) for _ in range(rounds)]
        races = [raced(size, contenders, rounds) for size in sizes]
    return {
        "workers": WORKERS,
        "rounds": rounds,
        "races": races,
        "start_seconds": {"best": round(min(starts), 3), "median": round(statistics.median(starts), 3)},
        "overhead_us": {"best": round(min(overheads), 2), "median": round(statistics.median(overheads), 2)},
        "tiny_matches": tiny,
        "asked": ASKED,
        "load": [round(load, 2), round(os.getloadavg()[0], 2)],
        "machine": machine(),
    }


def show(found: dict[str, Any]) -> None:
    """Print the table."""
    names = list(found["races"][0]["rates"])
    heads = [f"{race['milliseconds']:g} ms" for race in found["races"]]
    print(
        f"Matches a second on {found['workers']} workers, and the part of what two bare processes reach (asked of ours: 0.95)\n"
    )
    print("| | " + " | ".join(heads) + " |\n|---|" + "---|" * len(heads))
    for name in names:
        cells = [f"{race['rates'][name]:.0f} ({race['of_bare'][name]:.3f})" for race in found["races"]]
        print(f"| {name} | " + " | ".join(cells) + " |")
    first, over = found["start_seconds"], found["overhead_us"]
    print(f"\nFirst result after {first['best']} s, median {first['median']} (asked 0.3)")
    print(f"Overhead a tiny match {over['best']} us of the processors, median {over['median']} (asked 10)")
    told = found["machine"]
    where = f"{told['python']}, {told['system']}, {told['processor']}, {os.cpu_count()} processors"
    print(f"Best of {found['rounds']} rounds on {where}.")
    if found["load"][0] > BUSY:
        print(f"The machine was busy (load {found['load'][0]}): these figures say little.")


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--only", nargs="+", choices=list(CONTENDERS), help="these contenders; bare is always one")
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="one short round of bare, ours and Pool: whether it works")
    given = options.parse_args()
    wanted = ["ours", "Pool"] if given.quick else list(given.only or CONTENDERS)
    missing = [name for name in wanted if name in PACKAGES and find_spec(PACKAGES[name]) is None]
    for name in missing:
        print(f"{name} is left out: pip install {PACKAGES[name]}", file=sys.stderr)
    contenders = ["bare", *(name for name in wanted if name not in (*missing, "bare"))]
    if given.quick:
        found = figures(QUICK, contenders, 1, 500)
    else:
        found = figures(SIZES, contenders, given.rounds, 100_000)
    if given.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()
