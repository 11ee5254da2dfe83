"""How well self-play comes to play Pong and Duel: trains with several seeds, then plays against the built-in bot and random.

    python benchmarks/self_play.py [--only pong duel] [--seeds 1 2] [--matches 200] [--workers 2] [--json] [--quick]

Each training is as long as `STEPS` says, in frames, and its processor time is told. The matches come after it, by seeds that no
training has, from both sides, with 95 % intervals; the built-in bot is met there for the first time. `docs/training.md`
has the tables.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rollback.agents.training import make_algorithm
from rollback.sim.league import League

STEPS: Final = {
    ("pong", "self-play"): 17_000_000,
    ("pong", "self-play-q-learning"): 6_000_000,
    ("duel", "self-play"): 15_000_000,
    ("duel", "self-play-q-learning"): 14_000_000,
}
SLICE: Final = 50_000
SEED: Final = 77  # of the matches
FRAMES: Final = 20_000  # of a match at the most
OTHERS: Final = ("best", "random")


def trained(game: str, algorithm: str, seed: int, steps: int, path: str) -> float:
    """Train, save, and return the processor seconds it took."""
    training = make_algorithm(algorithm, game, {}, seed)
    begun = time.process_time()
    while training.steps < steps:
        training.advance(min(SLICE, steps - training.steps))
    seconds = time.process_time() - begun
    training.checkpoint().save(path)
    return seconds


def measured(game: str, seeds: list[int], matches: int, workers: int, share: float) -> dict[str, Any]:
    """Return what came of a game: seconds of the trainings, and the standings."""
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(workers) as pool:
        chosen = [(algorithm, seed) for (where, algorithm) in STEPS if where == game for seed in seeds]
        paths = [f"{folder}/{algorithm}-{seed}.npz" for algorithm, seed in chosen]
        waiting = [
            pool.submit(trained, game, algorithm, seed, round(STEPS[game, algorithm] * share), path)
            for (algorithm, seed), path in zip(chosen, paths, strict=True)
        ]
        seconds = {Path(path).stem: round(each.result(), 1) for path, each in zip(paths, waiting, strict=True)}
        rows = [
            {"agent": Path(path).stem, **{other: fought(game, path, other, matches, workers) for other in OTHERS}}
            for path in paths
        ]
    return {"game": game, "seconds": seconds, "agents": rows}


def fought(game: str, path: str, other: str, matches: int, workers: int) -> list[float]:
    """Return the share of the matches won, a draw being half of one, and its 95 % interval."""
    league = League(game, [path, other], matches=matches, frames=FRAMES, seed=SEED)
    row = next(row for row in league.play(workers=workers, backend="process").standings if row.agent == league.labels[0])
    return [round(each, 3) for each in (row.share or 0.0, row.interval.low, row.interval.high)]


def main() -> None:
    """Measure, and print tables or JSON."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", nargs="*", choices=["pong", "duel"], default=["pong", "duel"])
    options.add_argument("--seeds", nargs="*", type=int, default=[1, 2])
    options.add_argument("--matches", type=int, default=200)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="little, to see that it runs")
    given = options.parse_args()
    matches, share = (4, 0.001) if given.quick else (given.matches, 1.0)
    seeds = given.seeds[:1] if given.quick else given.seeds
    found = [measured(game, seeds, matches, given.workers, share) for game in given.only]
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for each in found:
        print(f"{each['game']}, {matches} matches against each; processor seconds of the trainings: {each['seconds']}")
        for row in each["agents"]:
            told = [f"{other} {share:.1%} ({low:.1%} to {high:.1%})" for other in OTHERS for share, low, high in [row[other]]]
            print(f"  {row['agent']:26} wins against {', '.join(told)}")


if __name__ == "__main__":
    main()
