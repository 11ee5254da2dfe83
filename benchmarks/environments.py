"""Environments of others, unmodified, through virtual matches on a bad line and through `rollback check`.

    python benchmarks/environments.py [--matches 50] [--only cartpole,taxi] [--json] [--write docs/environments.md]

Every match is on a line of 100 ms, up to 20 ms of jitter and 5 % loss each way, with drawn actions. What is asked of each:
rollbacks, and peers that agree on every frame. `--write` puts the table into a page, between the marks that are there for it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rollback import SessionConfig
from rollback.envs import game_factory
from rollback.sim import Link, VirtualMatch
from rollback.testing import check_game
from rollback.testing.bench import machine

LINE: Final = Link(latency_ms=100, jitter_ms=20, loss=0.05)
BEGIN: Final = "<!-- environments -->\n"
END: Final = "<!-- /environments -->\n"


@dataclass(frozen=True, slots=True)
class Case:
    """One environment.

    Attributes:
        name: As `--game` names it.
        frames: Of a match: fewer where the environment is simulated again from its reset, or draws what agents see.
    """

    name: str
    frames: int = 200


CASES: Final = {
    "cartpole": Case("gym:CartPole-v1?share=race"),
    "taxi": Case("gym:Taxi-v4?share=race"),
    "lander": Case("gym:LunarLander-v3?share=race"),
    "pendulum": Case("gym:InvertedPendulum-v5?share=race"),
    "ant": Case("gym:Ant-v5?share=race"),
    "tag": Case("pettingzoo:mpe2.simple_tag_v3", 120),
    "spread": Case("pettingzoo:mpe2.simple_spread_v3", 120),
    "pistonball": Case("pettingzoo:pettingzoo.butterfly.pistonball_v6?n_pistons=4", 60),
    "atari": Case("pettingzoo:pettingzoo.atari.pong_v3", 120),
}


@dataclass(frozen=True, slots=True)
class Played:
    """What came of an environment; times are microseconds.

    Attributes:
        agreed: Matches whose peers agreed on every frame.
        with_rollbacks: Matches in which a peer went back.
        lost: Datagrams lost in all.
    """

    name: str
    players: int
    saved_by: str
    frames: int
    matches: int
    agreed: int
    with_rollbacks: int
    rollbacks: int
    resimulated: int
    lost: int
    step_us: float
    save_us: float
    load_us: float
    window: int
    passed: bool
    verdict: str
    seconds: float

    @property
    def is_fine(self) -> bool:
        """Whether every match agreed and went back, and the check passed."""
        return self.agreed == self.with_rollbacks == self.matches and self.passed


def play(case: Case, matches: int, first_seed: int = 0) -> dict[str, int]:
    """Play so many matches of an environment, and count."""
    make = game_factory(case.name)
    players = make().players
    counted = {"agreed": 0, "with_rollbacks": 0, "rollbacks": 0, "resimulated": 0, "lost": 0}
    for seed in range(first_seed, first_seed + matches):
        config = SessionConfig(input_delay=0)
        report = VirtualMatch(make, players=players, config=config, link=LINE, seed=seed).run(frames=case.frames)
        counted["agreed"] += report.parity
        counted["with_rollbacks"] += sum(report.rollbacks) > 0
        counted["rollbacks"] += sum(report.rollbacks)
        counted["resimulated"] += sum(report.resimulated)
        counted["lost"] += report.lost
    return counted


def prove(case: Case, matches: int) -> Played:
    """Play and check an environment."""
    start = time.perf_counter()
    game: Any = game_factory(case.name)()
    counted = play(case, matches)
    checked = check_game(game_factory(case.name))
    costs = checked.costs
    return Played(
        name=case.name,
        players=game.players,
        saved_by=game.saver.name,
        frames=case.frames,
        matches=matches,
        step_us=costs.step_us if costs else 0.0,
        save_us=costs.save_us if costs else 0.0,
        load_us=costs.load_us if costs else 0.0,
        window=costs.window if costs else 0,
        passed=checked.passed,
        verdict=checked.verdict,
        seconds=round(time.perf_counter() - start, 1),
        **counted,
    )


def table(found: list[Played]) -> str:
    """Return the results as a table of Markdown."""
    columns = (
        "environment",
        "players",
        "saved by",
        "step us",
        "save us",
        "load us",
        "window",
        "matches",
        "rollbacks",
        "agreed",
    )
    lines = ["| " + " | ".join(columns) + " |", "| --- | ---: | --- |" + " ---: |" * 7]
    for one in found:
        window = "60 or more" if one.window >= 60 else str(one.window)
        cells = (
            f"`{one.name}`",
            str(one.players),
            one.saved_by,
            f"{one.step_us:.0f}",
            f"{one.save_us:.1f}",
            f"{one.load_us:.1f}",
            window,
            f"{one.matches} of {one.frames} frames",
            str(one.rollbacks),
            f"{one.agreed} of {one.matches}" if one.passed else f"{one.agreed} of {one.matches}, but the check failed",
        )
        lines.append("| " + " | ".join(cells) + " |")
    told = machine()
    return "\n".join([*lines, "", f"Measured on {told['python']}, {told['system']}, {told['processor']}.", ""])


def main() -> None:
    """Print the table; leave with 1 if an environment did not do what is asked of it."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--matches", type=int, default=50)
    options.add_argument("--only", default=",".join(CASES), help=f"some of {', '.join(CASES)}")
    options.add_argument("--json", action="store_true")
    options.add_argument("--write", type=Path, help="the page to put the table into")
    given = options.parse_args()
    found = []
    for key in given.only.split(","):
        if key not in CASES:
            options.error(f"there is no case {key!r}: name some of {', '.join(CASES)}")
        found.append(prove(CASES[key], given.matches))
        print(f"{key}: {asdict(found[-1])}", file=sys.stderr, flush=True)
    print(json.dumps([asdict(one) for one in found]) if given.json else table(found))
    if given.write is not None:
        page = given.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        given.write.write_text(before + BEGIN + "\n" + table(found) + "\n" + END + rest.partition(END)[2], encoding="utf-8")
    sys.exit(0 if all(one.is_fine for one in found) else 1)


if __name__ == "__main__":
    main()
