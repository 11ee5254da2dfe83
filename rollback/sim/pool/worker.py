"""What plays matches, in whichever process it is. Knows specs and what goes wrong in them; knows no backend."""

from __future__ import annotations

import os
import pickle
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rollback.sim.pool.blackbox import BlackBox
from rollback.sim.pool.job import Batch
from rollback.sim.pool.limits import MIB, limited, size_now
from rollback.sim.pool.played import Shared
from rollback.sim.pool.playing import CALLERS, LONGEST, Row, play_one, row_of, told
from rollback.sim.pool.result import MatchResult
from rollback.sim.pool.spawning import Script, open_script, opening
from rollback.sim.pool.wear import Wear

__all__ = ["Missing", "Orders", "Reply", "Unplayed", "pack", "play_batch", "play_one", "prepare", "unpack"]

ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
MAIN: Final = b"__main__"


@dataclass(frozen=True, slots=True)
class Orders:
    """What holds for all batches of a run, wherever they are played.

    Attributes:
        caller: The process that asks: what is played in that very process is neither watched nor limited.
        folder: Where a worker leaves what is found of it when it dies; made where it is not there.
        timeout: Seconds after which a match is ended together with its worker; None lets it take its time.
        starting: The same for what is imported and made before the first match.
        memory_mb: MiB that a worker may take above what it began with; None sets no limit.
        script: How to find the caller's script, for specs that are defined there.
    """

    caller: int
    folder: str
    timeout: float | None = None
    starting: float | None = None
    memory_mb: int | None = None
    script: Script = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a batch.

    Attributes:
        results: One a match, in the order of the batch.
        seconds: How long playing them took.
        unfair: Indices of those that failed perhaps only because of what others left in their worker.
        is_worn: Whether the worker should be replaced.
    """

    results: list[MatchResult]
    seconds: float
    unfair: tuple[int, ...] = ()
    is_worn: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """The worker lacks parcels: the batch has to come again, with them.

    Attributes:
        hashes: Which.
    """

    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unplayed:
    """No match of the batch could be played, because of one of them, or of all.

    Attributes:
        error: What went wrong, with the traceback.
        is_unfair: Whether that was perhaps only because of what others left in the worker.
        is_worn: Whether the worker should be replaced.
    """

    error: str
    is_unfair: bool = False
    is_worn: bool = False


class _Process:
    """What this process keeps between batches."""

    def __init__(self) -> None:
        self.shared = Shared()
        self.parcels: dict[str, bytes] = {}  # by SHA-256
        self.orders: Orders | None = None
        self.box: BlackBox | None = None
        self.start = 0  # bytes of address space
        self.wear = Wear(None, 0, size_now)


_here = _Process()


def pack(batch: Batch) -> bytes:
    """Return a batch as bytes for `play_batch`.

    Raises:
        Exception: A spec cannot be pickled; whatever it raises.
    """
    return pickle.dumps(batch, pickle.HIGHEST_PROTOCOL)


def play_batch(packed: bytes, number: int, orders: Orders, fetch: Callable[[str], bytes | None] | Mapping[str, bytes]) -> bytes:
    """Play a batch; the worker's side of all backends. A fresh interpreter may call it, without any preparation.

    Args:
        packed: What `pack` made.
        number: Of the batch in its run: what is found of a dead worker names it.
        orders: Of the run.
        fetch: Gives a parcel by its SHA-256 where this process lacks it; None or no entry: it cannot be had here.

    Returns:
        What `unpack` takes.
    """
    prepare(orders)
    box = _here.box
    # Where Ctrl-C is ignored, a KeyboardInterrupt comes from the game.
    ignores = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    let_through: tuple[type[BaseException], ...] = () if ignores else CALLERS
    taken = _here.wear.taken()
    if box is not None:
        box.enter(number)
    try:
        with limited(orders.memory_mb if box is not None else None, _here.start):
            return _reply(packed, number, orders, fetch.get if isinstance(fetch, Mapping) else fetch, let_through)
    except let_through:
        raise
    except BaseException as error:  # not raised: an exception of a user's class may not survive the way back
        text = told(error)
        is_fair = _here.wear.is_fair(text, taken)
        return pickle.dumps(("unplayed", (text, not is_fair, _here.wear.is_worn), ()))
    finally:
        if box is not None:
            box.rest(number)


def unpack(batch: Batch, reply: bytes) -> Reply | Missing | Unplayed:
    """Return what `play_batch` returned for this batch.

    Raises:
        Exception: A result cannot be unpickled here; whatever it raises.
    """
    word, value, rows = pickle.loads(reply)
    if word == "missing":
        return Missing(value)
    if word == "unplayed":
        return Unplayed(*value)
    specs = batch.specs
    seconds, unfair, is_worn = value
    return Reply(
        [
            MatchResult(index, status, 1, seed, digest, scores, stats, error, specs[place].tags)
            for (index, seed, place), (status, digest, scores, stats, error) in zip(batch.matches, rows, strict=True)
        ],
        seconds,
        tuple(batch.matches[at][0] for at in unfair),
        is_worn,
    )


def prepare(orders: Orders) -> None:
    """Make this process ready for the batches of a run; once for each run."""
    if _here.orders == orders:
        return
    if _here.orders is not None and replace(_here.orders, starting=orders.starting) == orders:
        _here.orders = orders  # the same run, which was told to hurry
        if _here.box is not None:
            _here.box.starting = orders.starting
        return
    if _here.box is not None:
        _here.box.close()
        _here.box = None
    _here.orders = orders
    _here.wear = Wear(None, 0, size_now)
    _here.shared = Shared()  # the names of another run may mean other things
    if os.getpid() == orders.caller:
        return
    for name in ONE_THREAD:  # one process a core is enough; read by NumPy's libraries when they are loaded
        os.environ[name] = "1"
    folder = Path(orders.folder)
    folder.mkdir(parents=True, exist_ok=True)
    _here.box = BlackBox(folder, orders.timeout, orders.starting)
    _here.box.settle()
    _here.shared.making = _here.box.making
    _here.start = size_now()
    _here.wear = Wear(None if orders.memory_mb is None else orders.memory_mb * MIB, _here.start, size_now)


def _reply(
    packed: bytes,
    number: int,
    orders: Orders,
    fetch: Callable[[str], bytes | None],
    let_through: tuple[type[BaseException], ...],
) -> bytes:
    if MAIN in packed and _here.box is not None:
        open_script(orders.script)
    with opening("a module of these matches") if _here.box is not None else nullcontext():
        batch: Batch = pickle.loads(packed)
    lacking = _lacking(batch, fetch)
    if lacking:
        return pickle.dumps(("missing", lacking, ()))
    shared, box, specs, wear = _here.shared, _here.box, batch.specs, _here.wear
    if batch.parcels:
        shared.parcels = {**shared.parcels, **{name: _here.parcels[sha] for name, sha in batch.parcels}}
    rows: list[Row] = []
    unfair: list[int] = []
    begin = time.perf_counter()
    for at, (_, seed, place) in enumerate(batch.matches):
        if box is not None:
            box.enter(number, at)
        taken = wear.taken()
        row = row_of(specs[place], seed, shared, let_through)
        rows.append(row)
        if not wear.is_fair(row[-1], taken):
            unfair.append(at)
    told_of_all = (time.perf_counter() - begin, tuple(unfair), wear.is_worn)
    try:
        return pickle.dumps(("played", told_of_all, rows), pickle.HIGHEST_PROTOCOL)
    except Exception:
        return pickle.dumps(("played", told_of_all, [_able_to_travel(row) for row in rows]), pickle.HIGHEST_PROTOCOL)


def _lacking(batch: Batch, fetch: Callable[[str], bytes | None]) -> tuple[str, ...]:
    """Fetch the parcels of a batch; return which cannot be had."""
    lacking = []
    for sha in dict.fromkeys(sha for _, sha in batch.parcels):
        if sha not in _here.parcels:
            content = fetch(sha)
            if content is None:
                lacking.append(sha)
            else:
                _here.parcels[sha] = content
    return tuple(lacking)


def _able_to_travel(row: Row) -> Row:
    try:
        pickle.dumps(row)
    except Exception as error:  # whatever a user's class raises
        return "error", "", (), {}, f"the result cannot travel to another process: {type(error).__name__}: {error}"[:LONGEST]
    return row
