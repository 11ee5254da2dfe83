"""How quickly GridWorld is learned, headless, against the same loop without anything around it.

    python benchmarks/training.py [--steps 400000] [--rounds 7] [--only NAME ...] [--json] [--quick]

All contenders learn the same map from the same seed, and end with the same table, which is checked. `bare` is the bound:
the loop of a textbook with the game's own calls, written out with local names, that keeps what each episode earned and no
more, draws nothing, and cannot be stopped or saved. `training` is what `rollback train` and the studio drive: `advance`, a
slice of steps at a time; `studio` is the process of a run: the log on the disk, checkpoints, evaluations and reports. At
least 95 % are asked of it, of `training`: the same loop without the studio. They take turns, and the median of the rounds'
ratios counts, of processor time: other processes of the machine then matter little.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rollback.agents.checkpoints import Runs
from rollback.agents.training import make_algorithm
from rollback.agents.training.grid_course import Course
from rollback.studio.letters import written
from rollback.studio.trainer import Job, Trainer

ENVIRONMENT: Final = "gridworld?layout=halls"
SEED: Final = 7
SLICE: Final = 2000  # steps between two looks at whether to stop, to draw or to save: a few milliseconds
ASKED: Final = 0.95  # of bare
BUSY: Final = 1.5  # the load of the machine above which figures say little

Table = list[list[float]]
Contender = Callable[[int], Table]


def bare(steps: int) -> Table:
    """Learn in a plain loop."""
    course = Course(ENVIRONMENT)
    game, starts, base = course.game(), course.starts, course.base
    step, limit = game.step, course.limit
    goal = course.layout.spots[0]
    table = [[0.0] * 4 for _ in range(course.rows)]
    view = [table[number] for number in base]
    draw = random.Random(SEED).random
    rate, discount, epsilon, decay, least = 0.5, 0.99, 1.0, 0.999, 0.1
    buttons = [0]
    returns = []
    left = steps
    while left:
        game.reset(0)
        game.cells[0], game.spot = starts[int(draw() * len(starts))]
        cells = game.cells
        points = 0
        row = view[cells[0]]
        best = max(row)
        for _ in range(min(limit, left)):
            left -= 1
            move = int(draw() * 4) if draw() < epsilon else row.index(best)
            buttons[0] = move + 1
            step(buttons)
            before, points = points, game.points[0]
            cell = cells[0]
            if cell == goal:
                row[move] += rate * (points - before - row[move])
                break
            after = view[cell]
            row[move] += rate * (points - before + discount * max(after) - row[move])
            row, best = after, max(after)
        returns.append(points)
        epsilon = max(least, epsilon * decay)
    return table


def training(steps: int) -> Table:
    """Learn as `rollback train` and the studio do, and keep the points of the curve."""
    algorithm: Any = make_algorithm("q-learning", ENVIRONMENT, {}, SEED)
    points = []
    while algorithm.steps < steps:
        points += algorithm.advance(min(SLICE, steps - algorithm.steps))
    table: Table = algorithm.table
    return table


def studio(steps: int) -> Table:
    """Learn as the process of a run does: with its log on the disk, its checkpoints, and its reports, headless."""
    with tempfile.TemporaryDirectory() as folder:
        run = Runs(folder).create({})
        reported = []
        job = Job(str(run.path), "q-learning", ENVIRONMENT, {}, SEED, speed="headless")
        trainer = Trainer(job, run, lambda report: reported.append(report if isinstance(report, bytes) else written(report)))
        algorithm: Any = trainer.algorithm
        while algorithm.steps < steps:
            trainer.advance(steps - algorithm.steps)
        trainer.close()
    table: Table = algorithm.table
    return table


CONTENDERS: Final[dict[str, Contender]] = {"bare": bare, "training": training, "studio": studio}


def measured(names: list[str], steps: int, rounds: int) -> dict[str, list[float]]:
    """Return the processor seconds of each contender in each round.

    Raises:
        SystemExit: Two of them did not learn the same.
    """
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        tables = {}
        for name in names if number % 2 else reversed(names):
            begun = time.process_time()
            tables[name] = CONTENDERS[name](steps)
            seconds[name].append(time.process_time() - begun)
        if any(table != tables[names[0]] for table in tables.values()):
            raise SystemExit("the contenders did not learn the same: their speeds cannot be compared")
    return seconds


def share_of(seconds: dict[str, list[float]], slower: str, quicker: str) -> float:
    """Return how quick one contender is of another: the median over the rounds."""
    return statistics.median(alone / own for alone, own in zip(seconds[quicker], seconds[slower], strict=True))


def main() -> None:
    """Measure, and print a table or JSON."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--steps", type=int, default=400_000)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--only", nargs="*", choices=[name for name in CONTENDERS if name != "bare"], default=None)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="little, to see that it runs")
    given = options.parse_args()
    steps, rounds = (20_000, 1) if given.quick else (given.steps, given.rounds)
    load = os.getloadavg()[0]
    names = ["bare", *(name for name in CONTENDERS if name != "bare" and (not given.only or name in given.only))]
    seconds = measured(names, steps, rounds)
    rates = {name: steps / min(found) for name, found in seconds.items()}
    of_bare = {
        name: statistics.median(alone / own for alone, own in zip(seconds["bare"], found, strict=True))
        for name, found in seconds.items()
    }
    told = {
        "environment": ENVIRONMENT,
        "steps": steps,
        "rounds": rounds,
        "steps_per_second": {name: round(rate) for name, rate in rates.items()},
        "of_bare": {name: round(share, 4) for name, share in of_bare.items()},
        "studio_of_training": round(share_of(seconds, "studio", "training"), 4)
        if {"studio", "training"} <= set(names)
        else None,
        "asked": ASKED,
        "seconds": seconds,
        "machine": {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.machine()},
        "load": [round(load, 2), round(os.getloadavg()[0], 2)],
    }
    if given.json:
        print(json.dumps(told, indent=2))
        return
    print(f"{ENVIRONMENT}, {steps:,} steps, {rounds} rounds; Python {platform.python_version()}, {os.cpu_count()} cores")
    for name in names:
        print(f"  {name:10} {rates[name]:>10,.0f} steps/s of processor time   {of_bare[name]:7.1%} of bare")
    if told["studio_of_training"] is not None:
        print(f"  the studio costs {1 - told['studio_of_training']:.1%} of the training it watches")
    if max(told["load"]) > BUSY:
        print(f"  the machine was busy (load {told['load'][0]} to {told['load'][1]}): figures say little")


if __name__ == "__main__":
    main()
