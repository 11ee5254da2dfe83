"""A study.toml, read into a plan; whatever is wrong is one sentence with its line. Knows the file; knows no participant."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from rollback.errors import ConfigError, RollbackError, UsageError
from signaling.agent_shelf import Agent
from signaling.study.plan import AGENT, KINDS, StudyPlan

__all__ = ["read_plan"]

LARGEST: Final = 256 * 1024  # bytes
TOP: Final = (
    "title", "game", "consent", "debrief", "episodes", "frames", "opponent", "waiting_room", "max_rtt_ms", "max_participants",
)  # fmt: skip
TABLES: Final = {
    "session": ("input_delay", "prediction_window", "on_disconnect"),
    "data": ("folder", "participant_mib", "total_mib"),
    "codes": ("url", *KINDS),
}
NEEDED: Final = ("title", "game", "consent")


def read_plan(path: Path, read_agent: Callable[[Path, str], Agent] | None = None) -> StudyPlan:
    """Read a study; a relative folder, and the file of an opponent, are beside the file.

    Args:
        path: The file.
        read_agent: Returns the trained agent of a file for the game of that name, or raises a `RollbackError`.

    Raises:
        UsageError: The file cannot be read, is no TOML, or says something that is not allowed.
    """
    text = _text(path)
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}") from None
    values: dict[str, Any] = {}
    for key, value in told.items():
        if key in TABLES:
            if not isinstance(value, dict):
                raise _wrong(path, text, "", key, f"{key} is a table: write [{key}] and its keys below")
            for inner, each in value.items():
                _check_known(path, text, key, inner, TABLES[key])
                values[inner] = each
        else:
            _check_known(path, text, "", key, (*TOP, *TABLES))
            values[key] = value
    for key in NEEDED:
        if key not in values:
            raise UsageError(f"{path} lacks {key}: a study needs {', '.join(NEEDED)}")
    return _with_agent(path, text, _made(path, text, values), read_agent)


def _made(path: Path, text: str, values: dict[str, Any]) -> StudyPlan:
    codes: dict[str, Any] = {kind: values.pop(kind) for kind in KINDS if kind in values}
    folder = values.pop("folder", "study-data")
    if not isinstance(folder, str) or not folder.strip() or "\0" in folder:
        raise _wrong(path, text, "data", "folder", "folder must be the name of a folder, as a text")
    try:
        return StudyPlan(**values, codes=codes, folder=path.resolve().parent / Path(folder).expanduser())
    except ConfigError as error:
        key = str(error).partition(" ")[0]
        table = next((name for name, keys in TABLES.items() if key in keys), "")
        raise _wrong(path, text, table, key, str(error)) from None


def _with_agent(path: Path, text: str, plan: StudyPlan, read_agent: Callable[[Path, str], Agent] | None) -> StudyPlan:
    if read_agent is None or not plan.opponent.endswith(AGENT):
        return plan
    try:
        agent = read_agent(path.resolve().parent / Path(plan.opponent).expanduser(), plan.game)
    except (RollbackError, RuntimeError) as error:  # there is no home folder
        raise _wrong(path, text, "", "opponent", f"opponent: {error}") from None
    return dataclasses.replace(plan, agent=agent)


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"the study {str(path)!r} cannot be read: {error.strerror or error}") from None
    if len(content) > LARGEST:
        raise UsageError(f"the study {str(path)!r} has more than {LARGEST >> 10} KiB: it is no study.toml")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise UsageError(f"the study {str(path)!r} is no text in UTF-8") from None


def _check_known(path: Path, text: str, table: str, key: str, allowed: Iterable[str]) -> None:
    allowed = list(allowed)
    if key in allowed:
        return
    where = f"in [{table}]" if table else "at the top"
    near = difflib.get_close_matches(key, allowed, 1)
    elsewhere = next((name for name, keys in {"": TOP, **TABLES}.items() if name != table and key in keys), None)
    if elsewhere is not None:
        hint = f"it belongs into [{elsewhere}]" if elsewhere else "it belongs to the top, before the first table"
    elif near:
        hint = f"did you mean {near[0]}?"
    else:
        hint = f"allowed are {', '.join(allowed)}"
    raise _wrong(path, text, table, key, f"there is no key {key[:80]!r} {where}: {hint}")


def _wrong(path: Path, text: str, table: str, key: str, sentence: str) -> UsageError:
    line = _line_of(text, table, key)
    return UsageError(f"{path}, line {line}: {sentence}" if line else f"{path}: {sentence}")


def _line_of(text: str, table: str, key: str) -> int | None:
    """Return the line of a key as people write it; None where it is written in a rarer way."""
    here, quoted = "", re.escape(key)
    for number, line in enumerate(text.splitlines(), 1):
        header = re.fullmatch(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(?:#.*)?", line)
        if header:
            here = header[1]
            if here == key and not table:
                return number
        elif here == table and re.match(rf"""\s*(?:{quoted}|"{quoted}"|'{quoted}')\s*[=.]""", line):
            return number
    return None
