"""What playing an environment costs, against stepping it: frames, rollbacks, and snapshots of arrays.

    python benchmarks/envs.py [--frames 4000] [--rounds 5] [--json]

CartPole-v1 as a race of two, with the wrappers that `gymnasium.make` puts around it. A frame is a tick of one session with
all that a match calls in it, and both copies' steps; the bare loop steps two copies by the same rule. Frames that begin or
end an episode are left out on both sides. The other peer, which is another computer's, has no environments here: its
session sends what it would send. With them in the same process, which is measured too, each pushes the other out of the
processor's caches; a bare loop alone never leaves them. Arrays are changed in place, saved and loaded by the generated saver.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import gymnasium
import numpy

from rollback import Local, P2PSession, Remote, SessionConfig
from rollback.envs import from_gymnasium
from rollback.envs.plans.plan import Plan
from rollback.testing.bench import machine

ENVIRONMENT: Final = "CartPole-v1"
WINDOW: Final = 8
ASKED: Final = {"frame": 2.5, "rollback": 1.8, "arrays_us": 5.0}


def balance(observation: Any) -> int:
    """Push the cart under the pole: an episode then lasts to its limit."""
    return int(observation[2] + 0.5 * observation[3] > 0)


def bare(frames: int) -> float:
    """Return the median of what a step of one copy takes, in microseconds."""
    copies = [gymnasium.make(ENVIRONMENT) for _ in range(2)]
    seen = [copy.reset(seed=1)[0] for copy in copies]
    one, two = copies
    took = []
    for _ in range(frames):
        left, right = balance(seen[0]), balance(seen[1])
        start = time.perf_counter_ns()
        first, second = one.step(left), two.step(right)
        took.append(time.perf_counter_ns() - start)
        seen = [first[0], second[0]]
        if first[2] or first[3] or second[2] or second[3]:
            seen = [copy.reset(seed=1)[0] for copy in copies]
    return statistics.median(took) / 2000


class Elsewhere:
    """Stands for a game that another computer plays: nothing is computed here.

    Args:
        game: The game; what is agreed on before a match is taken from it.
    """

    over = False

    def __init__(self, game: Any) -> None:
        self.players, self.codecs, self.idle = game.players, game.codecs, game.idle

    def step(self, actions: Any) -> None:
        """Do nothing."""

    def save(self) -> int:
        """Return a state."""
        return 0

    def load(self, state: Any) -> None:
        """Do nothing."""


def played(frames: int, late: int, *, has_both: bool = False) -> dict[int, list[float]]:
    """Return what ticks of one session took in microseconds, by the frames they replayed.

    Args:
        frames: How many ticks.
        late: Ticks that the other's datagrams take; with 0 they are there before the tick that wants them.
        has_both: Whether the other peer's environments are played in this process too.
    """
    config = SessionConfig(  # the checksums of a game that is not here cannot agree; every 60th frame has one anyway
        input_delay=0, prediction_window=WINDOW, fps=50, desync_interval=0, game_id=ENVIRONMENT, game_version="1"
    )
    make = lambda: from_gymnasium(ENVIRONMENT, players=2, share="race")  # noqa: E731
    ann = P2PSession(make(), [Local(), Remote("bob")], config)
    bob = P2PSession(make() if has_both else Elsewhere(make()), [Remote("ann"), Local()], config)
    to_ann: deque[tuple[int, bytes]] = deque()
    to_bob: deque[tuple[int, bytes]] = deque()
    took: dict[int, list[float]] = {}
    count, clock = 0, time.perf_counter_ns
    while ann.frame < frames:
        count += 1
        if ann.reason == "ended":
            raise SystemExit(f"the match ended: {ann.events()}")
        now = count / 50
        while to_bob and to_bob[0][0] <= count:
            bob.receive("ann", to_bob.popleft()[1])
        bob.tick({1: balance((bob if has_both else ann).game.observe(1))}, now=now)
        to_ann.extend((count + late, datagram) for _, datagram in bob.outgoing(now=now))
        while to_ann and to_ann[0][0] <= count:
            ann.receive("bob", to_ann.popleft()[1])
        game, action = ann.game, {0: balance(ann.game.observe(0))}
        between = game.is_between or game.step_in_episode < 2 * WINDOW
        start = clock()
        tick = ann.tick(action, now=now)
        out = list(ann.outgoing(now=now))
        spent = clock() - start
        to_bob.extend((count + max(1, late), datagram) for _, datagram in out)
        ann.events(), bob.events(), ann.confirmed_frames(), bob.confirmed_frames()
        if tick.advanced and not between and not game.is_between:
            took.setdefault(tick.resimulated, []).append(spent / 1000)
    return took


class Arrays:
    """Something like an environment: arrays that are changed in place."""

    def __init__(self, parts: int) -> None:
        self.parts = [numpy.zeros(65536 // 8 // parts) for _ in range(parts)]

    def step(self) -> None:
        """Change a little of each."""
        for part in self.parts:
            part[0] += 1


def arrays(parts: int, repeats: int = 2000) -> float:
    """Return what saving and loading 64 KiB in so many arrays takes together, in microseconds."""
    root = Arrays(parts)
    plan = Plan(root)
    took = []
    for _ in range(repeats):
        root.step()
        start = time.perf_counter_ns()
        state = plan.save()
        plan.load(state)
        took.append((time.perf_counter_ns() - start) / 1000)
    return statistics.median(took)


def middle(rounds: int, measure: Callable[[], float]) -> float:
    """Return the median over the rounds."""
    return statistics.median(measure() for _ in range(rounds))


def figures(frames: int, rounds: int) -> dict[str, Any]:
    """Measure in alternating rounds, and return what came out."""
    pairs, replays, shared = [], [], []
    for _ in range(rounds):
        step = bare(frames)
        calm = statistics.median(played(frames, 0)[0])
        late = played(frames, WINDOW)
        deep = statistics.median(late[WINDOW]) - statistics.median(late[0])
        pairs.append((step, calm))
        shared.append(statistics.median(played(frames, 0, has_both=True)[0]) / (2 * step))
        replays.append((step, deep))
    return {
        "step_us": round(statistics.median(step for step, _ in pairs), 2),
        "frame_us": round(statistics.median(calm for _, calm in pairs), 2),
        "frame": round(statistics.median(calm / (2 * step) for step, calm in pairs), 2),
        "frame_of_both": round(statistics.median(shared), 2),
        "rollback_us": round(statistics.median(deep for _, deep in replays), 2),
        "rollback": round(statistics.median(deep / (2 * WINDOW * step) for step, deep in replays), 2),
        "arrays_us": {parts: round(middle(rounds, lambda parts=parts: arrays(parts)), 2) for parts in (1, 2, 4)},
        "asked": ASKED,
        "frames": frames,
        "rounds": rounds,
        "machine": machine(),
    }


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--frames", type=int, default=4000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    found = figures(given.frames, given.rounds)
    if given.json:
        print(json.dumps(found))
        return
    print(f"{ENVIRONMENT}, a race of two; a step of one copy takes {found['step_us']} us")
    print(f"  a frame without rollback   {found['frame_us']:7.2f} us, {found['frame']} times two steps (asked 2.5)")
    print(f"    with the other peer's environments in this process too {found['frame_of_both']} times")
    print(f"  a rollback of {WINDOW} frames     {found['rollback_us']:7.2f} us, {found['rollback']} times 16 steps (asked 1.8)")
    for parts, took in found["arrays_us"].items():
        print(f"  64 KiB in {parts} array{'s' * (parts > 1)}, saved and loaded  {took:5.2f} us (asked 5)")
    told = found["machine"]
    print(
        f"Medians of {given.rounds} rounds of {given.frames} frames on {told['python']}, {told['system']}, {told['processor']}."
    )


if __name__ == "__main__":
    main()
