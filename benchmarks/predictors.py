"""What predictors are worth on matches of bots and agents that nothing was tuned on, beside repeating the last input.

    python benchmarks/predictors.py [--seeds 4] [--frames 3600] [--rounds 3] [--only NAME ...] [--json] [--quick]

Every trace is a match of scripted bots, or of agents trained here, of seeds that nothing was chosen by; nothing is claimed of
people. Each is lived through by the peer of either player, with the other's inputs 3 or 6 frames late and up to 2 frames of
jitter, by the engine's own rollback. A policy as a guess is the very checkpoint that plays, or a scripted bot of another seed;
`foreseen` plays delayed bots over a virtual network 3 and 6 frames long with 2 of jitter and k of just that and the input
delay, and over one with loss. The counts are the same on every machine; only the microseconds of processor time a prediction
are not: the mean of the best of some rounds, learning and counting included, the clock's own share not; and beside it those
of the predictions that were asked for while the guesser was in charge, and while the last input was repeated.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rollback import Local, P2PSession, Remote, RepeatLast, SessionConfig, UInt
from rollback.agents.playing import act_from
from rollback.agents.predictors import DelayedBot, Evaluation, ExactPredictor, NGram, PolicyPredictor, evaluate_predictor
from rollback.agents.predictors.looking import policy_for
from rollback.agents.training import make_algorithm
from rollback.game import codecs_of
from rollback.games import Duel, GridWorld, Pong, Tetris
from rollback.games.bots import RandomBot, act_with, bot_for
from rollback.games.dice import advance
from rollback.replays import Replay, ReplayHeader, ReplayWriter
from rollback.sim import Link, VirtualMatch
from rollback.testing.bench import Blob

HELD_OUT: Final = 101  # the first seed; what was chosen was chosen on the seeds 1 and 2
DELAYS: Final = (3, 6)
JITTER: Final = 2
ASKED: Final = {"worst": 1.02, "us": 5.0, "mispredictions": 0}
ROUGH: Final = Link(60, 60, loss=0.1)
FRAME: Final = 1000 / 60  # milliseconds

clock = time.thread_time_ns

Make = Callable[[], Any]
Act = Callable[[Any, int], Any]


def bots(make: Make, seed: int) -> Act:
    """Return what plays by scripted bots."""
    hands = {player: act_with(bot_for(make(), player, seed)) for player in range(make().players)}
    return lambda game, player: hands[player](game, player)


def trained(algorithm: str, environment: str, steps: int) -> Any:
    """Return a checkpoint of a short training."""
    found = make_algorithm(algorithm, environment, {}, HELD_OUT)
    while found.steps < steps:
        found.advance(steps - found.steps)
    return found.checkpoint()


def noisy(checkpoint: Any, make: Make, seed: int) -> Act:
    """Return what plays by an agent that now and then does something else: two equal agents would play one match for ever."""
    plays, chance = act_from(checkpoint, seed), {}
    for player in range(make().players):
        chance[player] = act_with(RandomBot(make(), player, seed))
    calls = [0]

    def act(game: Any, player: int) -> Any:
        calls[0] += 1
        odd = chance[player](None, player)
        return odd if (calls[0] // 24 * 2654435761 + seed) % 97 < 12 else plays(game, player)

    return act


def grid() -> GridWorld:
    """Return GridWorld with two players who only meet."""
    return GridWorld(players=2)


def race() -> GridWorld:
    """Return GridWorld with two players who race."""
    return GridWorld(layout="race")


def tetris() -> Tetris:
    """Return Tetris with two players."""
    return Tetris(players=2)


def families() -> dict[str, tuple[Make, Callable[[int], Act], Any]]:
    """Return who plays which game, by name: what makes the game, who plays it, and what guesses."""
    found: dict[str, tuple[Make, Callable[[int], Act], Any]] = {}
    for name, make in (("pong", Pong), ("duel", Duel), ("gridworld", grid), ("tetris", tetris)):
        # The guess is the same kind of bot, of another seed.
        found[f"{name}, bots"] = make, lambda seed, make=make: bots(make, seed), bot_for(make(), 0, 999)
    return found


def agents() -> dict[str, tuple[Make, Callable[[int], Act], Any]]:
    """Return the like of agents trained here, who are guessed by themselves."""
    found: dict[str, tuple[Make, Callable[[int], Act], Any]] = {}
    for name, make, algorithm, environment, steps in (
        ("pong, self-play", Pong, "self-play", "pong", 400_000),
        ("gridworld race, q-learning", race, "q-learning", "gridworld?layout=race", 200_000),
        ("tetris, cross-entropy", tetris, "cross-entropy", "tetris", 60_000),
    ):
        agent = trained(algorithm, environment, steps)
        found[name] = make, lambda seed, make=make, agent=agent: noisy(agent, make, seed), agent
    return found


def recorded(make: Make, act: Act, seed: int, frames: int) -> Replay:
    """Play a match, and return the recording of it."""
    game = make()
    game.reset(seed)
    codecs, file = codecs_of(game), io.BytesIO()
    with ReplayWriter(file, ReplayHeader.of(game, SessionConfig(seed=seed))) as writer:
        for _ in range(frames):
            if game.over:
                break
            row = [codec.encode(act(game, player)) for player, codec in enumerate(codecs)]
            writer.add_all(writer.next_frame, [row])
            game.step([codec.decode(data) for codec, data in zip(codecs, row, strict=True)])
    file.seek(0)
    return Replay.open(file)


class Spent:
    """Processor time of predictions in nanoseconds, by whether the guesser was in charge."""

    def __init__(self) -> None:
        self.by_charge: tuple[list[int], list[int]] = ([], [])
        self.all: list[int] = []

    def mean(self, times: list[int]) -> float | None:
        """Return microseconds a prediction, None where there was none."""
        return round(max(0.0, sum(times) / len(times) - OVERHEAD) / 1000, 2) if times else None


class Timed:
    """Measures what a predictor takes."""

    def __init__(self, predictor: Any, spent: Spent) -> None:
        self.predictor, self.spent = predictor, spent
        self.reach, self.extra = getattr(predictor, "reach", 0), getattr(predictor, "extra", {})
        self.gates = getattr(predictor, "gates", dict)

    def begin(self, past: Any) -> Timed:
        """Begin the predictor."""
        return Timed(self.predictor.begin(past), self.spent)

    def predict(self, *asked: Any) -> bytes:
        """Ask it, and note how long that took."""
        predict = self.predictor.predict
        begun = clock()
        guess: bytes = predict(*asked)
        took = clock() - begun
        gate = self.gates().get(asked[0])
        self.spent.by_charge[gate is not None and gate.in_charge].append(took)
        self.spent.all.append(took)
        return guess

    def __repr__(self) -> str:
        return repr(self.predictor)


class Clocked:
    """Measures what a policy takes."""

    def __init__(self, policy: Any, spent: list[int]) -> None:
        self.policy, self.spent = policy, spent

    def act(self, observation: Any, memory: Any) -> Any:
        """Have it act."""
        begun = clock()
        done = self.policy.act(observation, memory)
        self.spent.append(clock() - begun)
        return done


def clock_itself() -> float:
    """Return the nanoseconds between two looks at the clock."""
    best = float("inf")
    for _ in range(20):
        looks = [clock() for _ in range(1000)]
        best = min(best, (looks[-1] - looks[0]) / 999)
    return best


OVERHEAD: Final = clock_itself()


def timed(replays: list[Replay], delay: int, predictor: Any, make: Make, rounds: int) -> tuple[Evaluation, Spent]:
    """Return what a predictor is worth, and the quickest of some rounds."""
    tries = [Spent() for _ in range(rounds)]
    for spent in tries:
        found = evaluate_predictor(replays, delay, JITTER, Timed(predictor, spent), game=make)
    return found, min(tries, key=lambda spent: sum(spent.all))


def alone(replay: Replay, source: Any, make: Make, rounds: int) -> float:
    """Return the microseconds that the policy itself takes to act, asked for every guess."""
    best = float("inf")
    for _ in range(rounds):
        spent: list[int] = []
        policy = policy_for(source, make(), 1, 0)
        evaluate_predictor(
            replay, DELAYS[0], JITTER, PolicyPredictor(Clocked(policy, spent), 1, delay=0, gated=False), game=make
        )
        best = min(best, sum(spent) / len(spent) - OVERHEAD)
    return round(best / 1000, 2)


def figures(name: str, predictor: str, found: Evaluation, spent: Spent) -> dict[str, Any]:
    """Return a row of the table."""
    ours, theirs = found.figures, found.repeat_last
    ordered = sorted(spent.all)
    return {
        "trace": name,
        "predictor": predictor,
        "delay": found.delay,
        "repeat": round(theirs.rollbacks_a_second, 2),
        "rollbacks": round(ours.rollbacks_a_second, 2),
        "ratio": round(found.ratio.value, 3),
        "low": round(found.ratio.low, 3),
        "high": round(found.ratio.high, 3),
        "worst": round(found.worst, 3),
        "depth": round(ours.mean_depth, 2),
        "p95": ours.p95_depth,
        "resimulated": round(ours.resimulated_a_second, 1),
        "of": round(theirs.resimulated_a_second, 1),
        "misses": [None if rate is None else round(rate, 3) for rate in ours.miss_rate],
        "misses_of_repeating": [None if rate is None else round(rate, 3) for rate in theirs.miss_rate],
        "us": spent.mean(spent.all),
        "us_in_charge": spent.mean(spent.by_charge[True]),
        "us_repeating": spent.mean(spent.by_charge[False]),
        "us_median": round(max(0.0, ordered[len(ordered) // 2] - OVERHEAD) / 1000, 2) if ordered else 0.0,
        "us_p99": round(ordered[len(ordered) * 99 // 100] / 1000, 2) if ordered else 0.0,
        "policy_us": None,
        "traces": len(found.traces),
    }


def measured(only: list[str], seeds: int, frames: int, rounds: int, quick: bool) -> list[dict[str, Any]]:
    """Return the rows of all families."""
    rows = []
    for name, (make, player, guess) in (families() | ({} if quick else agents())).items():
        if only and name not in only:
            continue
        print(name, file=sys.stderr)
        numbers = range(HELD_OUT, HELD_OUT + seeds)
        replays = [recorded(make, player(seed), seed, frames) for seed in numbers]
        for delay in DELAYS:
            rows.append(figures(name, "NGram()", *timed(replays, delay, NGram(), make, rounds)))
        is_bot = name.endswith(", bots")
        for delay in DELAYS[:1] if is_bot else DELAYS:
            found = timed(replays[: 2 if is_bot else seeds], delay, PolicyPredictor(guess, delay=0), make, rounds)
            rows.append(figures(name, f"PolicyPredictor, {'another bot' if is_bot else 'it'}", *found))
            rows[-1]["policy_us"] = alone(replays[0], guess, make, rounds)
    return rows


def imitated(frames: int, rounds: int) -> list[dict[str, Any]]:
    """Return what the very bot that plays is worth as a guess, where it saw what the guesser can see: the best case."""
    rows = []
    for name, make in (("pong", Pong), ("duel", Duel), ("gridworld", grid), ("tetris", tetris)):
        replay = recorded(make, bots(make, HELD_OUT), HELD_OUT, frames)
        very = bot_for(make(), 1, HELD_OUT)
        found, spent = timed([replay], DELAYS[0], PolicyPredictor(very, 1, delay=0), make, rounds)
        trace, us = found.traces[0], spent.mean(spent.all)
        rows.append(
            {"game": name, "rollbacks": trace.rollbacks, "repeated": trace.repeated, "us": us,
             "policy_us": alone(replay, very, make, rounds)}
        )  # fmt: skip
    return rows


def foreseen(frames: int) -> list[dict[str, Any]]:
    """Return what delayed bots cost the peer that foresees them, and what the same peer pays for one that it does not.

    The network is so many frames long with some of jitter, and k just that and the input delay; or it loses a tenth, with k of
    prediction window and input delay, or with less and a bot's peer that waits.
    """
    rows = []
    agent = trained("q-learning", "gridworld?layout=race", 200_000)
    short = [(f"{delay} frames late, jitter {JITTER}", Link(delay * FRAME, JITTER * FRAME), delay + JITTER + 2, False)
             for delay in DELAYS]  # fmt: skip
    lossy = [("a tenth lost", ROUGH, 10, False), ("a tenth lost, it waits", ROUGH, 6, True)]
    for name, make, source in (
        ("pong, a bot", Pong, bot_for(Pong(), 1, HELD_OUT)),
        ("duel, a bot", Duel, bot_for(Duel(), 1, HELD_OUT)),
        ("gridworld race, a checkpoint", race, agent),
    ):
        for line, link, k, waits in short + lossy:
            exact, spent = ExactPredictor({1: DelayedBot(source, k)}), Spent()
            hand = act_with(RandomBot(make(), 0, HELD_OUT))
            act = lambda game, player, exact=exact, hand=hand: exact.act(game, 1) if player else hand(None, 0)  # noqa: E731
            theirs = SessionConfig(input_delay=2, prediction_window=8, predictor=exact, extra=exact.extra, seed=HELD_OUT)
            configs = [replace(theirs, predictor=Timed(exact, spent)), exact.waiting(theirs) if waits else theirs]
            report = VirtualMatch(make, 2, configs, link, HELD_OUT, act).run(frames)
            rows.append(
                {"game": name, "line": line, "k": k, "frames": report.frames, "parity": report.parity, "lost": report.lost,
                 "mispredictions": report.rollbacks[0], "other_peer": report.rollbacks[1], "us": spent.mean(spent.all)}
            )  # fmt: skip
    return rows


def told(us: float | None) -> str:
    """Return microseconds as the documentation shows them."""
    return "" if us is None else f"{us:.1f}"


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the rows as docs/predictors.md shows them."""
    lines = []
    for row in rows:
        name, _, rest = row["predictor"].partition(",")
        share = f"{row['ratio']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        lines.append(
            f"| {row['trace']} | `{name.removesuffix('()')}`{rest and ',' + rest} | {row['delay']} | {row['repeat']:.2f} |"
            f" {row['rollbacks']:.2f} | {share} | {row['worst']:.3f} | {row['depth']:.2f} / {row['p95']} | {row['of']:.1f} |"
            f" {row['resimulated']:.1f} | {told(row['us'])} | {told(row['us_in_charge'])} | {told(row['us_repeating'])} |"
            f" {told(row['policy_us'])} |"
        )
    return "\n".join(lines)


class Same:
    """Repeats the last input without the engine's knowing that this is all it does."""

    def predict(self, player: int, frame: int, last_input: bytes, history: Any, game: Any) -> bytes:
        """Return `last_input`."""
        return last_input


def ticking(frames: int, rounds: int) -> dict[str, float]:
    """Return the microseconds of a frame and peer in the workload of `rollback bench`, 4 frames of delay, by predictor."""
    found: dict[str, float] = {}
    for _ in range(rounds):
        for name, make in (("RepeatLast", RepeatLast), ("one that repeats", Same), ("NGram", NGram)):
            sessions = []
            for nonce, stands in ((1, [Local(), Remote("1")]), (2, [Remote("0"), Local()])):
                config = SessionConfig(input_delay=0, desync_interval=16, predictor=make())
                sessions.append(P2PSession(Blob(64, UInt(8)), stands, config, nonce=nonce))
            links: list[deque[Any]] = [deque([[]] * 5), deque([[]] * 5)]
            words, inputs, begun = [2463534242, 88675123], [0, 0], clock()
            for tick in range(frames):
                for me, session in enumerate(sessions):
                    words[me] = word = advance(words[me])
                    if not word & 7:
                        inputs[me] = word >> 3 & 255
                    for _, datagram in links[1 - me].popleft():
                        session.receive(str(1 - me), datagram)
                    session.tick({me: inputs[me]}, now=tick / 60)
                    links[me].append(session.outgoing(now=tick / 60))
                    session.events()
            found[name] = min(found.get(name, float("inf")), round((clock() - begun) / 2000 / frames, 1))
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as text."""
    lines = [
        f"{'trace':<27}{'predictor':<30}{'delay':>5}{'repeat':>8}{'ours':>7}{'ratio':>7}{'(95 %)':>16}{'worst':>7}{'depth':>7}"
        f"{'p95':>5}{'resim':>7}{'of':>7}{'us':>6}{'charge':>8}{'repeat':>8}{'policy':>8}"
    ]
    for row in rows:
        interval = f"({row['low']:.3f}-{row['high']:.3f})"
        lines.append(
            f"{row['trace']:<27}{row['predictor']:<30}{row['delay']:>5}{row['repeat']:>8.2f}{row['rollbacks']:>7.2f}"
            f"{row['ratio']:>7.3f}{interval:>16}{row['worst']:>7.3f}{row['depth']:>7.2f}{row['p95']:>5}"
            f"{row['resimulated']:>7.1f}{row['of']:>7.1f}{row['us']:>6.2f}"
            + "".join([f"{'-' if row[key] is None else row[key]:>8}" for key in ("us_in_charge", "us_repeating", "policy_us")])
        )
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and return 1 where the gate did not keep its promise or a bot was not foreseen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4, help="matches of each kind")
    parser.add_argument("--frames", type=int, default=3600, help="of each match at most")
    parser.add_argument("--rounds", type=int, default=3, help="of which the quickest is taken")
    parser.add_argument("--only", nargs="+", default=[], help="names of traces")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="the table as the documentation shows it")
    parser.add_argument("--quick", action="store_true", help="short matches of bots: to see that it works")
    given = parser.parse_args()
    seeds, frames = (1, 600) if given.quick else (given.seeds, given.frames)
    rows = measured(given.only, seeds, frames, given.rounds, given.quick)
    very, exact = imitated(frames, given.rounds), foreseen(frames)
    ticks = ticking(frames, given.rounds)
    machine = f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    if given.json:
        print(
            json.dumps(
                {"machine": machine, "jitter": JITTER, "rows": rows, "imitated": very, "foreseen": exact, "tick": ticks},
                indent=2,
            )
        )
    else:
        print(markdown(rows) if given.markdown else table(rows))
        for row in very:
            print(
                f"imitated: {row['game']}: {row['rollbacks']} rollbacks, {row['repeated']} by repeating, {row['us']} us a"
                f" prediction (by the very policy, which itself takes {row['policy_us']} us)"
            )
        for row in exact:
            print(
                f"foreseen: {row['game']}, {row['line']}, k = {row['k']}, {row['frames']} frames, {row['lost']} datagrams lost:"
                f" {row['mispredictions']} mispredictions ({row['other_peer']} rollbacks on the other peer), {row['us']} us"
            )
        print("a frame:", ", ".join([f"{us} us with {name}" for name, us in ticks.items()]))
        print(machine)
    kept = all(row["worst"] <= ASKED["worst"] for row in rows) and all(row["mispredictions"] == 0 for row in exact)
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
