"""Whether another process, with another hash seed and another time of day, holds the same states. Words no verdict."""

from __future__ import annotations

import json
import os
import pickle
import pickletools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import IO, Any, Final

from rollback.state import checksum, diff
from rollback.testing.trial import Failed, NotAsked, Trial, shown_differences
from rollback.wire import unpack_tree

__all__ = ["agrees", "as_bytes"]

_HASH_SEEDS: Final = ("1", "2", "31415926")  # two that are not our own are taken: a set of two has only two orders
_PROCESSES: Final = 2
_PATIENCE: Final = 30.0  # seconds another process may take at least; it starts in a fraction of one
_TIMES: Final = 20  # and how many times as long as this one took
_WHY: Final = (
    "another process, given the same actions, held another state: is there hash(), id(), the order of a set, a clock or"
    " chance in reset or step? Sort sets before looping over them, and use zlib.crc32 for strings"
)


def agrees(trial: Trial) -> str:
    """Play the matches here and in other processes, and compare the states.

    Raises:
        Failed: They differ; it names frame and paths, ours first.
        NotAsked: The game cannot be made in another process, or that cannot be started, or is too slow.
    """
    make = as_bytes(trial.make, trial.kind)
    started = time.perf_counter()
    matches = [(seed, _sums(trial, seed, frames)) for seed, frames in trial.matches]
    patience = _PATIENCE + _TIMES * (time.perf_counter() - started)
    order = {
        "make": make.hex(),
        "frames": trial.frames,
        "distance": trial.distance,
        "seed": trial.seed,
        "matches": matches,
    }
    ours = os.environ.get("PYTHONHASHSEED")
    seeds = [seed for seed in _HASH_SEEDS if seed != ours][:_PROCESSES]
    others: list[_Other] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            try:
                for seed in seeds:
                    others.append(_Other(order, seed, os.path.join(folder, seed)))
                answers = [other.answer(patience) for other in others]
            finally:
                for other in others:
                    other.close()
    except OSError as error:
        raise NotAsked(f"no other process can be started here ({error})") from None
    for answer in sorted(answers, key=lambda answer: (answer.get("match", -1), answer.get("frame", -1))):
        _judge(trial, answer)  # those without a fault stand first
    return "other processes with other hash seeds and another time of day held the same states"


def as_bytes(make: Callable[[], Any], kind: str) -> bytes:
    """Return what makes the game, as bytes that another process can make it from.

    Raises:
        NotAsked: None can.
    """
    name = getattr(make, "__qualname__", kind)
    module = getattr(make, "__module__", "__main__")
    if "<lambda>" in name:
        raise NotAsked("a lambda cannot be sent to another process: give the class, or a function of a module")
    if "<locals>" in name:
        raise NotAsked(f"{name} is defined inside a function: define it in a module, where another process can import it")
    try:
        data = pickle.dumps(make)
    except Exception as error:  # pickle lets through whatever the objects raise
        if module not in sys.modules:
            raise NotAsked(f"{name} belongs to {module}, which is no module that another process can import") from None
        raise NotAsked(f"what makes the game cannot be sent to another process ({error}): give its class") from None
    if any(argument == "__main__" for _, argument, _ in pickletools.genops(data)):
        file = os.path.basename(getattr(sys.modules["__main__"], "__file__", None) or "")
        place = file if file.endswith(".py") else "my_game.py"
        first = "" if file.endswith(".py") else "save it as a file and "
        raise NotAsked(
            f"{kind} belongs to the program that runs, which another process cannot import: {first}run"
            f" rollback check {place}:{kind}"
        )
    return data


class _Other:
    """One other process at work, with files for its order, its answer and what it says."""

    def __init__(self, order: dict[str, Any], hash_seed: str, path: str) -> None:
        if not sys.executable:
            raise OSError("there is no Python program")
        path_entries = [entry for entry in sys.path if isinstance(entry, str)]
        code = f"import sys; sys.path[:] = {path_entries!r}; from rollback.testing.second_process import main; main()"
        self._files: list[IO[str]] = []
        for ending in ("order", "answer", "said"):
            self._files.append(open(f"{path}.{ending}", "w+", encoding="utf-8", errors="replace"))
        stdin, stdout, stderr = self._files
        json.dump(order, stdin)
        stdin.flush()
        stdin.seek(0)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=os.environ | {"PYTHONHASHSEED": hash_seed},
            )
        except OSError:
            self._close_files()
            raise

    def answer(self, patience: float) -> dict[str, Any]:
        """Wait for the answer, and return it."""
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            raise NotAsked(f"the other process was not done within {patience:.0f} s") from None
        _, stdout, stderr = self._files
        stdout.seek(0)
        text = stdout.read()
        if self._process.returncode or not text:
            stderr.seek(0)
            last = (stderr.read().strip().splitlines() or ["it said nothing"])[-1]
            raise NotAsked(f"the other process ended with code {self._process.returncode} ({last})")
        answer: dict[str, Any] = json.loads(text)
        return answer

    def close(self) -> None:
        """End the process if it still runs, and close its files."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._close_files()

    def _close_files(self) -> None:
        for file in self._files:
            file.close()


def _sums(trial: Trial, seed: int, frames: int) -> list[int]:
    """Return the checksums of S_0 to S_frames."""
    game = trial.fresh(seed)
    sums = [checksum(trial.seen(game, 0))]
    for frame, actions in enumerate(trial.actions(game, seed, frames)):
        trial.step(game, actions, frame)
        sums.append(checksum(trial.seen(game, frame + 1)))
    return sums


def _state_at(trial: Trial, seed: int, until: int) -> Any:
    game = trial.fresh(seed)
    for frame, actions in enumerate(trial.actions(game, seed, until, watch_over=False)):
        trial.step(game, actions, frame)
    return trial.seen(game, until)


def _judge(trial: Trial, answer: dict[str, Any]) -> None:
    if "unmade" in answer:
        raise NotAsked(f"the game cannot be made in another process ({answer['unmade']})")
    if "failed" in answer:
        raise Failed(f"In another process {answer['failed']}", answer["at"])
    if "frame" in answer:
        frame = answer["frame"]
        seed, _ = trial.matches[answer["match"]]
        differences = diff(_state_at(trial, seed, frame), unpack_tree(bytes.fromhex(answer["state"])))
        raise Failed(f"At frame {frame} {_WHY}{shown_differences(differences)}", frame, differences)
