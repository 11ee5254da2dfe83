"""What CPython and the worker both do, so that a test can compare what came of it. Knows no browser and no test.

Its text is also what the worker runs as an environment: `step([name, *arguments])` calls a function of it.
"""

from __future__ import annotations

import importlib
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

import rollback
from rollback import SessionConfig
from rollback.errors import MissingPackage, RollbackError
from rollback.games import Duel, GridWorld, Pong, Tetris
from rollback.replays import Replay
from rollback.sim import Link, VirtualMatch
from rollback.state import checksum, diff
from rollback.testing import LossyPair, check_game
from rollback.wire import (
    Line,
    decode_inputs,
    decode_message,
    encode_inputs,
    encode_message,
    pack_tree,
    unpack_tree,
)
from rollback.wire import inputs as wire
from rollback.wire.runs import change_between, encode_runs, payload_lengths

GAMES: dict[str, Any] = {"pong": Pong, "duel": Duel, "gridworld": GridWorld, "tetris": Tetris}


def modules() -> dict[str, str]:
    """Import every module of the package; return by name why it cannot be, empty where it can: no module is left out."""
    root = Path(rollback.__file__).parent.parent
    found = {}
    for path in sorted((root / "rollback").rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        try:
            importlib.import_module(name)
            found[name] = ""
        except (ImportError, MissingPackage) as error:
            found[name] = str(error)
    return found


def virtual_match(name: str, seed: int, frames: int) -> dict[str, Any]:
    """Play over a bad network on virtual time; return the whole report and a checksum of each peer's last state."""
    match = VirtualMatch(
        GAMES[name],
        config=SessionConfig(input_delay=1, desync_interval=20, seed=seed),
        link=Link(latency_ms=50, jitter_ms=20, loss=0.05, duplicate=0.02),
        seed=seed,
    )
    report = match.run(frames)
    ends = [f"{checksum(peer.session.game.save()):016x}" for peer in match.peers]
    return {**report.to_dict(), "ends": ends}


def checked(name: str) -> list[list[Any]]:
    """Check a game; return each question, whether it was asked and passed, and of what was not asked, why."""
    report = check_game(GAMES[name], frames=60)
    return [[each.name, each.asked, each.passed, "" if each.asked else each.sentence] for each in report.checks]


def recorded(name: str, seed: int, frames: int) -> bytes:
    """Play over a bad network and return the replay that the first peer's recorder wrote."""
    from rollback.netplay.recorder import Recorder

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "match.rbr"
        pair = LossyPair(GAMES[name], seed=seed, config=SessionConfig(input_delay=0, seed=seed, desync_interval=20))
        session = pair.sessions[0]
        recorder = Recorder(session, path, names=("ann", "bob"), recorded_at=5.0, bundles=folder, keyframe_every=2.0)
        session.end_at(frames)
        while not pair.ended:
            pair.run(1)
            recorder.take()
        recorder.close(next(event for event in pair.events[0] if type(event).__name__ == "Ended"))
        assert pair.rollbacks > 0 and pair.lost > 0, "the premise, or it proves nothing"
        return path.read_bytes()


def verified(name: str, replay: bytes) -> dict[str, Any]:
    """Read a replay and play it again; return what was found."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "match.rbr"
        path.write_bytes(replay)
        opened = Replay.open(path)
    verdict = opened.verify(GAMES[name]())
    return {
        "ok": verdict.ok,
        "frames": verdict.frames,
        "checked": verdict.checked,
        "bad": verdict.first_bad_frame,
        "complete": opened.complete,
        "names": list(opened.header.names),
        "checksum": f"{opened.final_checksum or 0:016x}",
    }


def agents_match(name: str, checkpoint: bytes, seed: int, frames: int) -> dict[str, Any]:
    """Let a saved agent play all players; return checksums on the way, how varied it played, and ms that an act took.

    The game is found, and the agent read, as where a page hands it over. The ms are for people: no two runs have the same.
    """
    from rollback.netplay.hands.bots import bot_act
    from rollback.netplay.in_worker.agents import agent_of
    from rollback.netplay.in_worker.offered_games import OfferedGames

    game: Any = OfferedGames({name: {"full": name}} if ":" in name else None).find(name).make()
    game.reset(seed)
    agent = agent_of({"name": "it"}, checkpoint)
    acts = [bot_act(agent, game, player, seed) for player in range(game.players)]
    checksums, played, took = [], set(), []
    for frame in range(1, frames + 1):
        actions = []
        for player, act in enumerate(acts):
            began = time.perf_counter()
            actions.append(act(game, player))
            took.append(1000 * (time.perf_counter() - began))
        played.add(repr(actions))
        game.step(actions)
        if frame % 50 == 0:
            checksums.append(f"{checksum(game.save()):016x}")
    took.sort()
    return {"checksums": checksums, "varied": len(played), "ms": [sum(took) / len(took), took[-1 - len(took) // 100], took[-1]]}


def trees(packed: bytes) -> list[Any]:
    """Read a state tree; return it packed again, as Python shows it, and its checksum."""
    tree = unpack_tree(packed)
    return [pack_tree(tree), repr(tree), f"{checksum(tree):016x}", [str(each) for each in diff(tree, None)]]


def datagrams(hexes: list[str]) -> list[list[str]]:
    """Read messages; return each as Python shows it, and written again."""
    return [[repr(message), encode_message(message).hex()] for message in map(decode_message, map(bytes.fromhex, hexes))]


def inputs(golden: list[dict[str, Any]]) -> list[list[Any]]:
    """Write inputs as the golden vectors tell, and read them again; return the bytes and all that was read."""
    return [[(data := _written(vector)).hex(), *_read(vector, data)] for vector in golden]


def refusals(hexes: list[str]) -> list[str]:
    """Read bytes that break the rules; return the name and the words of what each is refused with."""
    told = []
    for data in map(bytes.fromhex, hexes):
        try:
            told.append(repr(decode_message(data)))
        except RollbackError as error:
            told.append(f"{type(error).__name__}: {error}")
    return told


def _rows(vector: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(row) for row, count in vector["rows"] for _ in range(count)]


def _written(vector: dict[str, Any]) -> bytes:
    rows = _rows(vector)
    changes: deque[Any] = deque()
    before = bytes(len(rows[0]))
    for frame, row in enumerate(rows):
        if row != before:
            changes.append((frame, *change_between(before, row)))
        before = row
    tokens, newest = encode_runs(changes, vector["acknowledged"], len(rows) - 1, 1_000)
    flags, blocks = vector["match"] << 5 | (wire.ECHO if vector["echo"] else 0), b""
    if vector["checksum"]:
        flags, blocks = flags | wire.CHECKSUM, blocks + wire.encode_checksum(*vector["checksum"])
    if vector["line"]:
        flags, blocks = flags | wire.LINE, blocks + wire.encode_line(Line(*vector["line"]))
    if vector["more"]:
        flags, blocks = flags | wire.MORE, blocks + wire.encode_more(bytes.fromhex(vector["more"]))
    return encode_inputs(flags, newest, vector["ack"], vector["advantage"], vector["confirmed"], blocks, tokens)


def _read(vector: dict[str, Any], data: bytes) -> list[Any]:
    rows, known = _rows(vector), vector["acknowledged"]
    width = len(rows[0])
    message = decode_inputs(data, known, rows[known] if known >= 0 else bytes(width), 1_000, payload_lengths(width))
    return [message.rows == rows[known + 1 :], message.newest, message.ack, message.advantage, message.confirmed]


class Anywhere:
    """An environment whose steps are calls."""

    def reset(self, seed: int | None = None) -> Any:
        return seed, {}

    def step(self, action: list[Any]) -> Any:
        name, *arguments = action
        return globals()[name](*arguments), 0.0, False, False, {}


env = Anywhere()
