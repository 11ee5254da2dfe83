"""What the trainings of GridWorld and Tetris come to, by `rollback train` from nothing, and Tetris against its scripted bot.

    python benchmarks/learning.py [--only gridworld tetris versus rows] [--seeds 1 2 3 4 5] [--matches 60] [--workers 1]
                                  [--json] [--quick]

Each training is a command in a process of its own, whose processor time is told, start of Python included. `gridworld` learns
the map halls until `--until 0.95` is reached, and goes on to 300,000 steps; `tetris` stops by `--until 585`. Their figures are
those that the command prints, of what was held out of the training. In `versus` the newest checkpoint of each training of
Tetris plays whole matches with buttons, from both sides, against the built-in bot as it usually plays and at its best. `rows`
trains Tetris on higher fields than six rows, and tells what judging a piece costs. All of it takes about five minutes of a
processor. It prints the tables of `docs/training.md`; all but the seconds is the same on every machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.training import algorithm_from
from rollback.agents.training.tetris_search import best_place
from rollback.agents.training.tetris_trial import TetrisTrial
from rollback.games.tetris_board import afterstates
from rollback.games.tetris_features import BCTS, value
from rollback.sim.league import League
from rollback.sim.pool.intervals import wilson
from rollback.testing.bench import machine

ROOT: Final = Path(__file__).resolve().parent.parent
COMMAND: Final = (
    "import sys, time; from rollback.cli.app import run; code = run(sys.argv[1:]); "
    "print(time.process_time(), file=sys.stderr); sys.exit(code)"
)
MISSED: Final = 1  # what the command leaves with if --until was not reached
BUSY: Final = 1.5  # the load of the machine above which seconds say little
SUCCESS: Final = 0.95
LONG: Final = 300_000  # steps of GridWorld
LINES: Final = 585
OTHERS: Final = ("best", "rollback.games.bots:TetrisBot?skill=1")
SEED: Final = 5  # of the matches
FRAMES: Final = 36_000  # of a match at the most, ten minutes: all end sooner
ROWS: Final = (10, 20)  # of other fields to train on than the usual six
ROWS_SEEDS: Final = (1, 2)
PUBLISHED: Final = 60  # games of the published weights on six rows
JUDGED: Final = 2_000  # pieces whose places are judged, for the time that takes

Row = dict[str, Any]


def commanded(runs: Path, *words: str) -> Row:
    """Run `rollback train`, and return what it tells, with the processor seconds of its process."""
    line = [sys.executable, "-c", COMMAND, "train", *words, "--runs", str(runs), "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    if done.returncode not in (0, MISSED):
        raise SystemExit(f"rollback train {' '.join(words)} failed: {done.stderr.strip()}")
    told: Row = json.loads(done.stdout)
    return told | {"processor_seconds": round(float(done.stderr.split()[-1]), 1)}


def gridworld(runs: Path, seed: int, *, quick: bool) -> Row:
    """Learn a map until it is good enough, and then to the end; return both figures."""
    name, long = f"gridworld-{seed}", 10_000 if quick else LONG
    ends = ["--steps", "5000"] if quick else []
    until = commanded(runs, "gridworld", "--seed", str(seed), "--name", name, "--until", str(SUCCESS), *ends)
    after = commanded(runs, "--resume", name, "--steps", str(long))
    found, last = until["evaluation"], after["evaluation"]
    interval = wilson(last["success"] * last["starts"], int(last["starts"]))
    return {
        "seed": seed,
        "processor_seconds": until["processor_seconds"],
        "is_reached": until["reached"],
        "steps": until["steps"],
        "success": found["success"],
        "steps_long": after["steps"],
        "success_long": last["success"],
        "interval_long": [interval.low, interval.high],
        "moves": last["length"],
    }


def tetris(runs: Path, seed: int, rows: int = 6, *, quick: bool) -> Row:
    """Learn Tetris on a field of so many rows until it is good enough; return how it plays on the full one."""
    name, ends = f"tetris-{rows}-{seed}", ["--steps", "300", "--evaluate", "2", "--set", "population=8"] if quick else []
    words = ["tetris", "--seed", str(seed), "--name", name, "--set", f"rows={rows}", "--until", str(LINES), *ends]
    told = commanded(runs, *words)
    found = told["evaluation"]
    return {
        "rows": rows,
        "seed": seed,
        "processor_seconds": told["processor_seconds"],
        "is_reached": told["reached"],
        "pieces": told["steps"],
        "games": int(found["games"]),
        "lines": found["lines"],
        "interval": told["interval"],
        "tenth": found["lines_tenth"],
        "least": found["lines_least"],
        "newest": told["newest"],
    }


def look(row: Row) -> float:
    """Play the games of the figure again, and return the processor seconds they take.

    Raises:
        SystemExit: They came out otherwise than the command told.
    """
    training = algorithm_from(Checkpoint.load(row["newest"]))
    begun = time.process_time()
    found = training.evaluate(row["games"])
    seconds = time.process_time() - begun
    if (found["lines"], found["lines_tenth"], found["lines_least"]) != (row["lines"], row["tenth"], row["least"]):
        raise SystemExit(f"the checkpoint of seed {row['seed']} plays otherwise than rollback train told")
    return round(seconds, 1)


def versus(row: Row, matches: int, frames: int, workers: int) -> Row:
    """Let what was trained play against the bot, as it usually plays and at its best.

    The newest checkpoint does: which one is saved as the best depends on when the clock lets a run save.
    """
    found: Row = {"seed": row["seed"], "cut": 0}
    for other in OTHERS:
        league = League("tetris", [row["newest"], other], matches=matches, frames=frames, seed=SEED)
        table = league.play(workers=workers, backend="process")
        own = next(each for each in table.standings if each.agent == league.labels[0])
        found["cut"] += table.truncated
        found[other] = [own.share or 0.0, own.interval.low, own.interval.high]
    return found


def published(games: int) -> int:
    """Return in how many games on six rows the published weights reach the last piece of a training's game."""
    trials = [TetrisTrial(BCTS, seed, 6, 600) for seed in range(games)]
    return sum([trial.run(600) == 600 for trial in trials])


def judging(pieces: int) -> dict[str, float]:
    """Return the microseconds that judging all places of a piece takes on well-played fields, by the loop and plainly.

    Raises:
        SystemExit: They do not choose the same.
    """
    trial = TetrisTrial(BCTS, 1, 20, pieces + 1)
    fields = []
    for _ in range(pieces):
        fields.append((trial.board, trial.next(1)[0]))
        trial.run(1)
    ways: dict[str, Callable[[int, int], int]] = {"loop": by_loop, "plain": plainly}
    chosen, microseconds = {}, {}
    for name, way in ways.items():
        rounds = []
        for _ in range(3):
            begun = time.process_time()
            chosen[name] = [way(board, piece) for board, piece in fields]
            rounds.append(1e6 * (time.process_time() - begun) / pieces)
        microseconds[name] = round(min(rounds), 1)
    if chosen["loop"] != chosen["plain"]:
        raise SystemExit("the loop and the plain functions do not choose the same places: their speeds cannot be compared")
    return microseconds


def by_loop(board: int, piece: int) -> int:
    """Return the best placement as a training finds it."""
    found = best_place(board, piece, BCTS)
    return -1 if found is None else found.action


def plainly(board: int, piece: int) -> int:
    """Return the same by the functions that the game's own bot uses."""
    return max(afterstates(board, piece), key=lambda after: (value(after), -after.action)).action


def percent(share: float) -> str:
    """Return a share as people read it."""
    return f"{100 * share:.1f} %"


def span(low_end: float, high_end: float) -> str:
    """Return the interval of a share as people read it."""
    return f"{100 * low_end:.1f} to {percent(high_end)}"


def reached(row: Row, count: int) -> str:
    """Return after how many steps it was good enough."""
    return f"{count:,}" if row["is_reached"] else f"not in {count:,}"


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table in Markdown."""
    for cells in (heads, ["---"] * len(heads), *rows):
        print(f"| {' | '.join(map(str, cells))} |")
    print()


def show(found: Row) -> None:
    """Print what was found, as the page on training has it."""
    print(", ".join(found["machine"].values()) + "\n")
    if "gridworld" in found:
        show_gridworld(found["gridworld"])
    if "tetris" in found:
        show_tetris(found["tetris"])
        print(f"The {found['tetris'][0]['games']} games of a look, or of the figure, take {found['look_seconds']} s of that.\n")
    if "versus" in found:
        show_versus(found["versus"])
        print(f"{found['matches']} matches each; {sum([row['cut'] for row in found['versus']])} were cut.\n")
    if "rows" in found:
        show_tetris(found["rows"])
        print(f"The published weights reach the 600th piece on six rows in {found['published']} of {found['of']} games.")
        print("Judging a piece's places takes {loop} us, plainly {plain} us.\n".format(**found["judging_us"]))
    if max(found["load"]) > BUSY:
        print(f"The machine was busy (load {found['load'][0]} to {found['load'][1]}): an idle one takes fewer seconds.")


def show_gridworld(rows: list[Row]) -> None:
    """Print the table of GridWorld."""
    long = f"success after {rows[0]['steps_long']:,} steps"
    heads = ("seed", "processor seconds", "steps until 95 %", "success then", long, "95 %", "moves to the goal")
    cells = []
    for row in rows:
        first = row["seed"], row["processor_seconds"], reached(row, row["steps"]), percent(row["success"])
        cells.append((*first, percent(row["success_long"]), span(*row["interval_long"]), f"{row['moves']:.1f}"))
    table(heads, cells)


def show_tetris(rows: list[Row]) -> None:
    """Print the table of Tetris."""
    heads = ("rows, seed", "processor seconds", "pieces trained on", "median of lines", "95 %", "tenth percentile", "least")
    cells = []
    for row in rows:
        first = f"{row['rows']}, {row['seed']}", row["processor_seconds"], reached(row, row["pieces"]), f"{row['lines']:g}"
        within = "{:g} to {:g}".format(*row["interval"]) if row["interval"] else ""
        cells.append((*first, within, f"{row['tenth']:g}", f"{row['least']:g}"))
    table(heads, cells)


def show_versus(rows: list[Row]) -> None:
    """Print the table of matches against the bot."""
    heads = ["seed"] + [cell for other in OTHERS for cell in (f"won against `{other.rpartition(':')[2]}`", "95 %")]
    cells = [
        (row["seed"], *[cell for other in OTHERS for cell in (percent(row[other][0]), span(*row[other][1:]))]) for row in rows
    ]
    table(heads, cells)


def main() -> None:
    """Measure, and print tables or JSON."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ["gridworld", "tetris", "versus", "rows"]
    options.add_argument("--only", nargs="*", choices=parts, default=parts)
    options.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3, 4, 5])
    options.add_argument("--matches", type=int, default=60)
    options.add_argument("--workers", type=int, default=1, help="processes at once")
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="little, to see that it runs: no figures")
    given = options.parse_args()
    quick, wanted, workers = given.quick, set(given.only), given.workers
    seeds, matches, frames = ([given.seeds[0]], 2, 60) if quick else (given.seeds, given.matches, FRAMES)
    found: Row = {"machine": machine(), "matches": matches}
    before, begun = os.getloadavg()[0], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        runs = Path(folder)
        if "gridworld" in wanted:
            found["gridworld"] = list(pool.map(partial(gridworld, runs, quick=quick), seeds))
        if wanted & {"tetris", "versus"}:
            trained = list(pool.map(partial(tetris, runs, quick=quick), seeds))
            if "tetris" in wanted:
                found |= {"tetris": trained, "look_seconds": look(trained[0])}
            if "versus" in wanted:
                found["versus"] = [versus(row, matches, frames, workers) for row in trained]
        if "rows" in wanted:
            cases = [(rows, seed) for rows in ROWS for seed in ROWS_SEEDS][: 1 if quick else None]
            found["rows"] = list(pool.map(lambda case: tetris(runs, case[1], case[0], quick=quick), cases))
            of, pieces = (2, 50) if quick else (PUBLISHED, JUDGED)
            found |= {"published": published(of), "of": of, "judging_us": judging(pieces)}
    found |= {"seconds": round(time.perf_counter() - begun, 1)}
    found |= {"load": [round(before, 1), round(os.getloadavg()[0], 1)]}
    if given.json:
        print(json.dumps(found, indent=2))
        return
    show(found)


if __name__ == "__main__":
    main()
