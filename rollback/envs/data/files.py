"""Data sets in files: arrays, lines of JSON, Parquet; whole or not at all. Knows columns; knows no session and no game."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

from rollback.envs.data.columns import Column, Numbers, Texts, Tree, plain_json
from rollback.envs.data.rows import Transition
from rollback.envs.data.table import TransitionTable
from rollback.errors import MissingPackage, UsageError
from rollback.replays.whole_file import write_whole

__all__ = ["ENDINGS", "LineFile", "check_ending", "json_line", "save"]

ENDINGS: Final = (".npz", ".jsonl", ".parquet")


def check_ending(target: str | os.PathLike[str]) -> Path:
    """Return the path, if its ending says what to write and a file can be made in its folder, which is tried.

    Raises:
        UsageError: It does not, or is not.
        MissingPackage: A .parquet needs pyarrow.
    """
    path = Path(target)
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{str(path)!r} does not say how to write the transitions: let it end in {', '.join(ENDINGS)}")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else f"is in no folder: there is none at {str(path.parent)!r}"
        raise UsageError(f"transitions cannot be written, {str(path)!r} {what}: name a file, such as match.npz")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"transitions cannot be written to {str(path)!r}: this account may not write there")
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".rollback-"
        ):  # some folders only say that they can be written
            pass
    except OSError as error:
        raise _refused(path, error) from None
    if path.suffix.lower() == ".parquet":
        _arrow()
    return path


def save(table: TransitionTable, target: str | os.PathLike[str]) -> Path:
    """Write all columns to a file in the format that its ending names, and return its path.

    Raises:
        UsageError: The ending names none, or the file cannot be written.
        MissingPackage: A .parquet needs pyarrow, which the extra `data` brings; a .npz needs numpy.
    """
    path = check_ending(target)
    write = {".npz": _write_arrays, ".jsonl": _write_lines, ".parquet": _write_parquet}[path.suffix.lower()]
    return _whole(path, lambda file: write(table, file))


class LineFile:
    """A .jsonl file that is written while the match runs; it has its name once it is closed. Without a row there is none.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(f"{path.name}.part")
        self._file: TextIO | None = None

    def add(self, row: Transition) -> None:
        """Write a frame.

        Raises:
            UsageError: It cannot be written.
        """
        try:
            if self._file is None:
                self._file = open(self._part, "w", encoding="utf-8")
            self._file.write(json_line(row))
        except OSError as error:
            raise _refused(self.path, error) from None

    def close(self) -> None:
        """Finish the file and give it its name.

        Raises:
            UsageError: That cannot be done.
        """
        if self._file is None:
            return
        try:
            self._file.close()
            os.replace(self._part, self.path)
        except OSError as error:
            raise _refused(self.path, error) from None

    def drop(self) -> None:
        """Leave no file."""
        if self._file is not None:
            self._file.close()
            self._part.unlink(missing_ok=True)


def json_line(row: Transition) -> str:
    """Return a frame as a line of JSON."""
    line = {
        "frame": row.frame,
        "episode": row.episode,
        "is_reset": row.is_reset,
        "observation": plain_json(row.observations),
        "action": plain_json(row.actions),
        "reward": plain_json(row.rewards),
        "terminated": row.terminated,
        "truncated": row.truncated,
        "controller": row.controllers,
        **row.timing.columns(len(row.rewards)),
    }
    return json.dumps(line, separators=(",", ":")) + "\n"


def _write_lines(table: TransitionTable, file: BinaryIO) -> None:
    for row in table.rows():
        file.write(json_line(row).encode())


def _write_arrays(table: TransitionTable, file: BinaryIO) -> None:
    try:
        import numpy
    except ImportError:
        raise MissingPackage("writing arrays", "numpy") from None
    count = table.players

    def of(values: Any, kind: Any, *, by_player: bool = True) -> Any:
        made = numpy.array(values, kind)
        return made.reshape(-1, count) if by_player else made

    arrays: dict[str, Any] = {
        "facts": numpy.array(json.dumps({**table.facts, "frames": len(table)})),
        "frame": of(table.frames, numpy.int64, by_player=False),
        "episode": of(table.episodes, numpy.int64, by_player=False),
        "is_reset": of(table.resets, numpy.bool_, by_player=False),
        "reward": of(table.rewards, numpy.float64),
        "terminated": of(table.terminated, numpy.bool_),
        "truncated": of(table.truncated, numpy.bool_),
        "controller": of(table.controllers, numpy.int32),
        "controller_names": numpy.array([name or "" for name in table.names], numpy.str_),
        "seconds": of(table.seconds, numpy.float64, by_player=False),
        "predicted": of(table.predicted, numpy.int8),
        "rollback_depth": of(table.depths, numpy.int32, by_player=False),
        "rtt_ms": of(table.rtt_ms, numpy.float64),
        "captured_frame": of(table.captured, numpy.int64),
        "input_delay": of(table.delays, numpy.int8),
    }
    for player in range(count):
        arrays |= dict(_arrays(f"observation_{player}", table.observations[player]))
        arrays |= dict(_arrays(f"action_{player}", table.actions[player]))
        if table.last:
            last = Column()
            last.add(table.last[player])
            arrays |= dict(_arrays(f"last_observation_{player}", last))
    numpy.savez_compressed(file, allow_pickle=False, **arrays)


def _arrays(name: str, column: Column) -> list[tuple[str, Any]]:
    """Return a column as arrays by name: one, one for each entry of a container, or the texts of JSON and their ends."""
    import numpy

    match column.held:
        case Numbers() as held:
            flat = numpy.frombuffer(bytes(held.data), held.dtype)
            return [(name, flat.reshape(-1, *held.shape))]
        case Texts() as held:
            texts, ends = numpy.frombuffer(bytes(held.data), numpy.uint8), numpy.array(held.ends, numpy.int64)
            return [(f"{name}.json", texts), (f"{name}.json_ends", ends)]
        case Tree() as held:
            return [pair for key, entry in held.entries.items() for pair in _arrays(f"{name}.{_key(key)}", entry)]
    return []


def _key(key: Any) -> str:
    return "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in str(key))


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingPackage("a .parquet file", "pyarrow", "data") from None
    return pyarrow


def _write_parquet(table: TransitionTable, file: BinaryIO) -> None:
    arrow = _arrow()
    columns: dict[str, Any] = {
        "frame": arrow.array(table.frames, arrow.int64()),
        "episode": arrow.array(table.episodes, arrow.int64()),
        "is_reset": arrow.array([bool(flag) for flag in table.resets]),
    }

    def of(name: str, player: int, values: Any, kind: Any) -> None:
        columns[f"{name}_{player}"] = arrow.array(values, kind)

    for player in range(table.players):
        of("observation", player, _arrow_values(table.observations[player]), None)
        of("action", player, _arrow_values(table.actions[player]), None)
        of("reward", player, table.of_player(table.rewards, player), arrow.float64())
        of("terminated", player, [bool(flag) for flag in table.of_player(table.terminated, player)], arrow.bool_())
        of("truncated", player, [bool(flag) for flag in table.of_player(table.truncated, player)], arrow.bool_())
        of("controller", player, [table.names[name] for name in table.of_player(table.controllers, player)], arrow.string())
    rows = [row.timing for row in table.rows()] if len(table) else []
    columns["seconds"] = arrow.array([timing.seconds for timing in rows], arrow.float64())
    columns["rollback_depth"] = arrow.array([timing.depth for timing in rows], arrow.int32())
    for player in range(table.players):
        seen = [timing.seen[player] for timing in rows]
        of("predicted", player, [timing.predicted[player] for timing in rows], arrow.bool_())
        of("rtt_ms", player, [timing.rtt_ms[player] for timing in rows], arrow.float64())
        of("captured_frame", player, [each and each[0] for each in seen], arrow.int64())
        of("input_delay", player, [each and each[1] for each in seen], arrow.int8())
    facts = json.dumps({**table.facts, "frames": len(table)})
    made = arrow.table(columns).replace_schema_metadata({"rollback": facts})
    arrow.parquet.write_table(made, file, compression="zstd")


def _arrow_values(column: Column) -> list[Any]:
    if isinstance(column.held, Texts):
        return [json.dumps(value) for value in column.values()]  # of many shapes, which no column of Parquet has
    return [value.tolist() if hasattr(value, "tolist") else _listed(value) for value in column.values()]


def _listed(value: Any) -> Any:
    """Return a value in which arrays are lists, and all entries of a tuple have one type."""
    if isinstance(value, dict):
        return {str(key): _listed(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        entries = [_listed(entry) for entry in value]
        is_mixed = len({type(entry) for entry in entries}) > 1 or any(isinstance(entry, dict) for entry in entries)
        return {str(place): entry for place, entry in enumerate(entries)} if is_mixed else entries
    return value.tolist() if hasattr(value, "tolist") else value


def _whole(path: Path, write: Callable[[BinaryIO], None]) -> Path:
    """Write a file whole or not at all."""
    try:
        write_whole(path, write)
    except OSError as error:
        raise _refused(path, error) from None
    return path


def _refused(path: Path, error: OSError) -> UsageError:
    return UsageError(f"transitions cannot be written to {str(path)!r}: {error.strerror or error}")
