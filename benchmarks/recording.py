"""What it costs to record a match, how large the file gets, and how long it takes to verify an hour.

Cost: the workload of `rollback bench` (two sessions in one process, three ticks of delay each way, one-byte inputs that change
about every eight frames), the same match with and without a recorder on both sides, in turn; the middle of the differences.
The checksums that a recorder takes are timed apart. Size: Pong and Duel between their bots, all that is in the file over the
seconds of the match. Verifying: an hour of Pong between two followers who never miss, so that it does not end.

    python benchmarks/recording.py [--frames 20000] [--rounds 9] [--json]
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rollback import Local, P2PSession, Remote, SessionConfig
from rollback.game import UInt
from rollback.games import Duel, Pong
from rollback.games.bots import act_with, bot_for
from rollback.netplay import Recorder
from rollback.netplay.collector import quiet
from rollback.replays import Replay, ReplayHeader, ReplayWriter
from rollback.state import checksum
from rollback.testing.bench import Blob, machine

DELAY = 3
HOUR = 216_000
MOST_COST, MOST_BYTES, MOST_SECONDS = 1.0, 1024.0, 30.0


def sessions_of(make: Any, seed: int) -> list[P2PSession]:
    config = SessionConfig(input_delay=0, desync_interval=60, seed=seed)
    seats = [Local("bot"), Remote("b")], [Remote("a"), Local("bot")]
    return [P2PSession(make(), players, config, nonce=me + 1) for me, players in enumerate(seats)]


def played(sessions: Sequence[P2PSession], recorders: Sequence[Recorder], frames: int, act: Any) -> float:
    """Play so many frames; return the seconds."""
    links: list[deque[list[tuple[str, bytes]]]] = [deque([[] for _ in range(DELAY + 1)]) for _ in range(2)]
    now, names, taking = 0.0, "ab", [recorder.take for recorder in recorders] or [None, None]
    collector = quiet()  # as in the frame loop of a match
    collector.__enter__()
    began = time.process_time()  # other processes that want the processor do not count
    while min(sessions[0].frame, sessions[1].frame) < frames:
        now += 1 / 60
        for me, session in enumerate(sessions):
            for _to, datagram in links[1 - me].popleft():
                session.receive(names[1 - me], datagram)
            tick = session.tick({me: act(session.game, me)}, now=now)
            links[me].append(session.outgoing(now=now))
            session.events()
            take = taking[me]
            if take is not None and tick.reason != "synchronizing":
                take()
            for _ in session.confirmed_frames():
                pass  # as the frame loop of a match does, with a recorder and without
    seconds = time.process_time() - began
    collector.__exit__(None, None, None)
    for recorder in recorders:
        recorder.close()
    return seconds


class Presses:
    """Draws an action that changes about every eight frames, for each player its own."""

    def __init__(self) -> None:
        self.words = [2463534242, 88675123]
        self.held = [0, 0]

    def __call__(self, game: Any, player: int) -> int:
        """Return the action of this frame."""
        x = self.words[player]
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self.words[player] = x
        if not x & 7:
            self.held[player] = x >> 3 & 255
        return self.held[player]


def cost(frames: int, rounds: int, folder: Path) -> dict[str, float]:
    """Return microseconds a frame and peer: the match alone, what recording adds, and the checksums in that."""

    def make() -> Blob:
        return Blob(64, UInt(8))

    alone, added = [], []
    for _ in range(rounds):
        without = played(sessions_of(make, 1), [], frames, Presses())
        sessions = sessions_of(make, 1)
        recorders = [Recorder(session, folder / f"{me}.rbr") for me, session in enumerate(sessions)]
        alone.append(without)
        added.append(played(sessions, recorders, frames, Presses()) - without)
    state = make().save()
    began = time.perf_counter()
    for _ in range(10_000):
        checksum(state)
    sums = (time.perf_counter() - began) / 10_000 / 60
    unit = 1e6 / (2 * frames)
    return {
        "match_us": statistics.median(alone) * unit,
        "recording_us": statistics.median(added) * unit,
        "checksums_us": sums * 1e6,
    }


def size(make: Any, seconds: int, folder: Path) -> dict[str, float]:
    """Return the bytes a second of matches between bots, one after another as in an evening."""
    total = frames = keyframes = seed = 0
    while frames < seconds * 60:
        seed += 1
        sessions = sessions_of(make, seed)
        recorder = Recorder(sessions[0], folder / "size.rbr", names=("ann", "bob"))
        bots = [act_with(bot_for(make(), player, seed)) for player in (0, 1)]
        links: list[deque[list[tuple[str, bytes]]]] = [deque([[] for _ in range(DELAY + 1)]) for _ in range(2)]
        now = 0.0
        while sessions[0].reason != "ended" and sessions[0].frame < seconds * 60:
            now += 1 / 60
            for me, session in enumerate(sessions):
                for _to, datagram in links[1 - me].popleft():
                    session.receive("ab"[1 - me], datagram)
                tick = session.tick({me: bots[me](session.game, me)}, now=now)
                links[me].append(session.outgoing(now=now))
                if not me and tick.reason != "synchronizing":
                    recorder.take()
                session.confirmed_frames()
        recorder.close()
        replay = Replay.open(folder / "size.rbr")
        verdict = replay.verify(make())
        assert replay.complete and verdict.ok, verdict.message or replay.damage
        total += (folder / "size.rbr").stat().st_size
        frames += replay.frames
        keyframes += len(replay.keyframes)
    return {"bytes_a_second": total / (frames / 60), "seconds": frames / 60, "matches": seed, "keyframes": keyframes}


def hour() -> dict[str, float]:
    """Return the seconds it takes to verify an hour of Pong."""
    game, config = Pong(), SessionConfig(seed=3)
    game.reset(3)
    file = io.BytesIO()
    with ReplayWriter(file, ReplayHeader.of(game, config)) as writer:
        for frame in range(HOUR):
            if frame % config.desync_interval == 0:
                writer.checksum(frame, checksum(game.save()))
            if frame % 600 == 0 and frame:
                writer.keyframe(frame, game.save())
            actions = tuple(follow(game, player) for player in (0, 1))
            writer.add(Row(frame, tuple(codec.encode(each) for codec, each in zip(game.codecs, actions, strict=True))))
            game.step(actions)
        writer.close(checksum(game.save()), "end_at")
    assert not game.over
    began = time.perf_counter()
    verdict = Replay.open(io.BytesIO(file.getvalue())).verify(Pong())
    seconds = time.perf_counter() - began
    assert verdict.ok and verdict.frames == HOUR, verdict.message
    return {"seconds": seconds, "checked": verdict.checked, "bytes": len(file.getvalue())}


class Row:
    """A settled frame, as a writer takes it."""

    def __init__(self, frame: int, inputs: tuple[bytes, ...]) -> None:
        self.frame = frame
        self.inputs = inputs


def follow(game: Pong, player: int) -> tuple[bool, bool]:
    """Keep the paddle at the ball's height."""
    way = game.ball[1] - game.paddles[player]
    return (way < -170, way > 170)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=20_000, help="frames of a match whose cost is measured")
    parser.add_argument("--rounds", type=int, default=9, help="matches with and without a recorder")
    parser.add_argument("--minutes", type=float, default=5, help="minutes of matches between bots, for the size")
    parser.add_argument("--json", action="store_true", help="print plain values for a program")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        costs = cost(told.frames, told.rounds, folder)
        sizes = {each.__name__: size(each, round(told.minutes * 60), folder) for each in (Pong, Duel)}
    verified = hour()
    rows = [
        ("recording a frame, checksums apart", costs["recording_us"] - costs["checksums_us"], "us", MOST_COST),
        *((f"a second of {each}", found["bytes_a_second"], "bytes", MOST_BYTES) for each, found in sizes.items()),
        ("verifying an hour of Pong", verified["seconds"], "s", MOST_SECONDS),
    ]
    is_well = all(value <= most for _, value, _, most in rows)
    if told.json:
        print(json.dumps({"machine": machine(), "cost": costs, "size": sizes, "hour": verified, "ok": is_well}))
        return 0 if is_well else 1
    print(", ".join(machine().values()) + "\n")
    print(f"{'':<36}{'measured':>12}{'at most':>12}")
    for what, value, unit, most in rows:
        print(f"{what:<36}{value:>9.2f} {unit:<5}{most:>6g} {unit}")
    print(f"\na frame of the match itself: {costs['match_us']:.2f} us; checksums: {costs['checksums_us']:.2f} us a frame")
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
