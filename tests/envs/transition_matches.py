"""Virtual matches in which every process records a data set, and a replay beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rollback.config import SessionConfig, TakeOver
from rollback.envs.data.transitions import TransitionRecorder, record_transitions
from rollback.netplay.recorder import Recorder
from rollback.replays import Replay
from rollback.sim import Link, VirtualMatch

TIMING = ("seconds", "predicted", "rollback_depth", "rtt_ms", "captured_frame", "input_delay")
ROUGH = Link(latency_ms=60, jitter_ms=30, loss=0.1)


class Mix:
    """Whatever anybody presses changes everything that follows; the highest bit of each action scores."""

    def __init__(self, players: int = 3, over_at: int | None = None) -> None:
        self.players = players
        self.over_at = over_at
        self.reset(0)

    def another(self) -> Mix:
        return Mix(self.players, self.over_at)

    def reset(self, seed: int) -> None:
        self.value, self.steps, self.points = seed, 0, (0,) * self.players

    def step(self, actions: Any) -> None:
        for action in actions:
            self.value = (self.value * 1103515245 + action + 12345) % 2**31
        self.points = tuple(points + (action >> 7) for points, action in zip(self.points, actions, strict=True))
        self.steps += 1

    @property
    def over(self) -> bool:
        return self.steps == self.over_at

    def observe(self, player: int) -> dict[str, Any]:
        return {"value": self.value, "points": self.points, "me": player}

    def scores(self) -> tuple[int, ...]:
        return self.points

    def save(self) -> dict[str, Any]:
        return {"value": self.value, "steps": self.steps, "points": self.points}

    def load(self, state: dict[str, Any]) -> None:
        self.value, self.steps, self.points = state["value"], state["steps"], state["points"]


class OneProcess:
    """A process of a virtual match, with all that it recorded."""

    def __init__(self, peer: Any, folder: Path | None, **options: Any) -> None:
        self.peer = peer
        self.session = session = peer.session
        self.recorder: TransitionRecorder = record_transitions(session, **options)
        self.path = folder / f"{peer.name}-{peer.number}.rbr" if folder is not None else None
        self.tape = Recorder(session, self.path) if self.path is not None else None
        self.last: Any = None
        self._events, self._tick, self._peer_tick = session.events, session.tick, peer.tick
        session.events, session.tick, peer.tick = self.events, self.tick, self.peer_tick

    def events(self) -> list[Any]:
        news = self._events()
        for event in news:
            self.recorder.event(event)
            if self.tape is not None:
                self.tape.event(event)
        return news

    def tick(self, actions: Any, *, now: float) -> Any:
        self.last = self._tick(actions, now=now), now
        return self.last[0]

    def peer_tick(self, now: float) -> None:
        self._peer_tick(now)
        self.recorder.after(*self.last)
        if self.tape is not None and (self.last[0].reason != "synchronizing" or self.session.frame):
            self.tape.take()

    def close(self) -> None:
        self.recorder.close()
        assert self.recorder.problem == ""
        if self.tape is not None:
            self.tape.close()

    def replay(self) -> Replay:
        assert self.path is not None
        return Replay.open(self.path)


class RecordedMatch:
    """A virtual match; `processes` are those that played it, in the order in which they came."""

    def __init__(self, make: Any, folder: Path | None = None, options: Any = None, **settings: Any) -> None:
        options = options or (lambda peer: {})
        settings = {"link": ROUGH, "seed": 1, "config": SessionConfig(input_delay=1)} | settings
        self.match = VirtualMatch(make, **settings)
        self.processes = [OneProcess(peer, folder, **options(peer.peer)) for peer in self.match.peers]
        replace = self.match.stage._replace
        assert replace is not None

        def brought(peer: int, number: int) -> Any:
            made = replace(peer, number)
            self.processes.append(OneProcess(made, folder, **options(peer)))
            return made

        self.match.stage._replace = brought
        self.at = self.match.at

    def run(self, frames: int = 300) -> Any:
        report = self.match.run(frames=frames)
        assert report.parity
        for process in self.processes:
            process.close()
        return report


def taking_over(seed: int = 5) -> SessionConfig:
    """Return settings with which a policy plays for who is lost, soon."""
    return SessionConfig(
        input_delay=1, seed=seed, on_disconnect=TakeOver(lambda game, player: 200), disconnect_after=1.0, interrupt_after=0.3
    )


def rows_of(process: OneProcess, folder: Path) -> list[dict[str, Any]]:
    """Return the rows of a process as JSON has them."""
    return read_lines(process.recorder.save(folder / f"rows-{process.peer.number}.jsonl"))


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def settled(rows: list[dict[str, Any]], *but: str) -> str:
    """Return what must be the same on every peer, as one text."""
    return "\n".join(json.dumps({key: row[key] for key in row if key not in (*TIMING, *but)}) for row in rows)
