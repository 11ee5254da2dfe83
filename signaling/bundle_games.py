"""Which files a user's game is made of: its module, and what that imports from beside it. Reads source; runs none."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rollback.errors import GameError

__all__ = ["FOLDER", "game_files"]

FOLDER: Final = "served_games"  # in the zip: files that are no part of a package
DATA: Final = frozenset({".py", ".json", ".toml", ".txt", ".csv"})  # of a package; a folder may hold what is nobody's business
_NONE: Final = ("rollback", "gymnasium", "pettingzoo")  # in the zip already, or packages of their own


def game_files(name: str) -> tuple[str, list[tuple[str, Path]]]:
    """Return what a game is called in the zip, and its files with their places there.

    Args:
        name: The full name of a game.

    Raises:
        GameError: Its file or module is not found.
    """
    module, rest = _parted(name)
    if module.endswith(".py"):
        file = Path(module).expanduser()
        if not file.is_file():
            raise GameError(f"there is no file {module!r} to be served")
        file = file.resolve()
        return f"{FOLDER}/{file.name}{rest}", [(f"{FOLDER}/{place}", path) for place, path in _with_neighbours(file)]
    top = module.partition(".")[0]
    if not top or top in _NONE:
        return name, []
    try:
        found = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        found = None
    if found is None or not (found.origin or found.submodule_search_locations):
        raise GameError(f"there is no module {top!r} to be served with {name!r}")
    if found.submodule_search_locations:
        folders = [Path(each) for each in found.submodule_search_locations]
        return name, [(f"{top}/{inner}", path) for folder in folders for inner, path in _of_folder(folder)]
    if not str(found.origin).endswith(".py"):
        raise GameError(f"{top} of {name!r} is not written in Python, and cannot be served to a browser")
    return name, list(_with_neighbours(Path(str(found.origin))))


def _parted(name: str) -> tuple[str, str]:
    """Return the module or file of a game, and what follows it, with its colon."""
    if name.startswith("gym:"):
        head, colon, _ = name.removeprefix("gym:").partition("?")[0].rpartition(":")
        return (head if colon else ""), ""
    if name.startswith("pettingzoo:"):
        return name.removeprefix("pettingzoo:").partition("?")[0], ""
    if name.endswith(".py"):
        return name, ""
    head, colon, attribute = name.rpartition(":")
    return head, colon + attribute


def _with_neighbours(file: Path) -> Iterator[tuple[str, Path]]:
    """Yield a file and, again and again, the modules and packages beside it that are imported by name."""
    seen: set[Path] = set()
    waiting = [file]
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        yield here.relative_to(file.parent).as_posix(), here
        for top in sorted(_imported(here)):
            beside = file.parent / f"{top}.py"
            package = file.parent / top
            if beside.is_file():
                waiting.append(beside)
            elif (package / "__init__.py").is_file():
                for _, path in _of_folder(package):
                    if path.suffix == ".py":
                        waiting.append(path)
                    elif path not in seen:
                        seen.add(path)
                        yield path.relative_to(file.parent).as_posix(), path


def _imported(file: Path) -> set[str]:
    """Return the first words of what a file imports absolutely."""
    if file.suffix != ".py":
        return set()
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise GameError(f"{file} cannot be served: {error}") from None
    tops: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            tops.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            tops.add(node.module.partition(".")[0])
    return tops - set(_NONE)


def _of_folder(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        is_hidden = any(part.startswith(".") or part == "__pycache__" for part in inner.parts)
        if path.suffix in DATA and not is_hidden and path.is_file() and not path.is_symlink():
            yield inner.as_posix(), path
