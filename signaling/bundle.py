"""The engine and the games as one zip for a browser's worker, made from what is installed. Knows no browser and no game.

The same files make the same bytes, so that the zip can be kept for ever under its hash.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rollback.errors import UsageError
from signaling.bundle_games import game_files
from signaling.bundle_installed import of_distribution, zipped

__all__ = ["Bundle", "make_bundle"]

# Of `rollback`: commands, screens, and what opens sockets as soon as it is imported.
NOT_PLAYED_THERE: Final = ("cli", "studio", "__main__.py", "net/lobby.py", "net/lobby_link.py")
PURE: Final = "msgpack"  # what the engine itself needs; it has a version in pure Python
ENVIRONMENTS: Final = {"gym:": "gymnasium", "pettingzoo:": "pettingzoo"}  # by the prefix of a game's name: its package
LARGEST: Final = 32 << 20  # bytes before they are compressed
MOST: Final = 4_000  # files


@dataclass(frozen=True, slots=True)
class Bundle:
    """The zip.

    Attributes:
        content: Its bytes; unpacked into a folder of Python's path, `rollback` can be imported from there.
        sha256: Their hash.
        games: By the name that the server was given: the name that means the same in the folder where it is unpacked.
        needs: Packages that are not in it and that its games import, such as `gymnasium`.
    """

    content: bytes
    sha256: str
    games: dict[str, str]
    needs: tuple[str, ...]


def make_bundle(games: Mapping[str, str] | None = None) -> Bundle:
    """Make the zip of the engine, the built-in games, and games of the user.

    Args:
        games: By the name that people use: the full name, as `rollback.envs.names.canonical_name` returns it, such as
            `module:Game`, `path/file.py:Game`, `gym:[module:]Id-v0` or `pettingzoo:module`. Their modules and what those
            import from beside them come along; nothing of them is imported here.

    Raises:
        UsageError: A game's module is not found, or is too much.
    """
    games = games or {}
    files: dict[str, bytes] = {}
    _add(files, _of_package("rollback", left_out=NOT_PLAYED_THERE), "rollback")
    _add(files, of_distribution(PURE), PURE)
    names: dict[str, str] = {}
    for game, full in games.items():
        names[game], found = game_files(full)
        _add(files, ((place, path.read_bytes()) for place, path in found), game)
    needs = [package for prefix, package in ENVIRONMENTS.items() if any(full.startswith(prefix) for full in games.values())]
    content = zipped(files)
    return Bundle(content, hashlib.sha256(content).hexdigest(), names, tuple(needs))


def _add(files: dict[str, bytes], more: Iterable[tuple[str, bytes]], whose: str) -> None:
    total = sum(map(len, files.values()))
    for place, content in more:
        if files.get(place, content) != content:
            raise UsageError(f"{whose} brings {place}, which something else is called already: give it another name")
        total += len(content)
        files[place] = content
        if total > LARGEST or len(files) > MOST:
            raise UsageError(
                f"{whose} is too much for a browser: all its files may be {LARGEST >> 20} MiB and {MOST} files;"
                " put the game into a folder of its own"
            )


def _of_package(package: str, *, left_out: Sequence[str] = ()) -> Iterator[tuple[str, bytes]]:
    found = importlib.util.find_spec(package)
    assert found is not None and found.origin is not None  # it imported us, or is what it needs
    root = Path(found.origin).parent
    for path in sorted(root.rglob("*.py")):
        inner = path.relative_to(root)
        if inner.parts[0] not in left_out and inner.as_posix() not in left_out:
            yield f"{package}/{inner.as_posix()}", path.read_bytes()
