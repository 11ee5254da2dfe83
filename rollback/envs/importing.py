"""Modules and files of people, imported by name, or one sentence on what is wrong in them. Knows no game."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import pkgutil
import sys
import threading
import traceback
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

from rollback.errors import GameError

__all__ = ["closest", "from_here", "imported", "last_line", "run_file", "under_way"]

_OURS: Final = os.path.dirname(__file__)  # frames of this folder say nothing of where the user's code went wrong
_IMPORTERS: Final = (os.path.join("importlib", "__init__.py"), os.path.join("gymnasium", "envs", "registration.py"))
_here: Final = threading.local()  # what this thread is importing: another one's may take long


def under_way() -> tuple[str, ...]:
    """Return what this thread is importing for somebody just now, the outermost first; mostly nothing."""
    return tuple(getattr(_here, "names", ()))


@contextmanager
def _noted(name: str) -> Iterator[None]:
    names = _here.__dict__.setdefault("names", [])
    names.append(name)
    try:
        yield
    finally:
        names.pop()


def imported(module: str, name: str, forms: str) -> ModuleType:
    """Return a module; the current folder counts as a place of modules.

    Args:
        module: Its name, with dots.
        name: What it is imported for, in the user's words.
        forms: What may be written instead, where it leads nowhere.

    Raises:
        GameError: There is none (the closest ones are told), or it cannot be imported.
    """
    if not module.startswith("rollback."):  # ours may be named by others, beside whose files one may stand
        from_here()
    if not all(part.isidentifier() for part in module.split(".")):
        raise GameError(f"{name!r} names no game: {forms}")
    try:
        with _noted(module):
            return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if module == missing or module.startswith(f"{missing}."):
            raise GameError(f"there is no module {missing!r}{closest(module, _modules(missing))}: {forms}") from None
        raise GameError(f"{module} cannot be imported: {last_line(error)}") from error
    except (Exception, SystemExit) as error:  # a module may raise anything, or leave
        raise GameError(f"{module} cannot be imported: {last_line(error)}") from error


def from_here() -> None:
    """Let modules be found in the current folder: a console script starts without it, and people stand beside their game."""
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)


def run_file(path: str, forms: str) -> ModuleType:
    """Return a file as a module, run once; what lies beside it can be imported.

    Args:
        path: Where it is.
        forms: What may be written instead, where it leads nowhere.

    Raises:
        GameError: There is none (the closest ones are told), or it cannot be run.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        beside = sorted(each.name for each in file.parent.glob("*.py")) if file.parent.is_dir() else []
        raise GameError(f"there is no file {path!r}{closest(file.name, beside)}: {forms}")
    file = file.resolve()
    known = sys.modules.get(file.stem)
    if known is not None and getattr(known, "__file__", None) == str(file):
        return known  # two games of one file share their classes
    module_name = file.stem if known is None else f"{file.stem}_{zlib.crc32(str(file).encode()):08x}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))  # as when the file is run
    found = importlib.util.spec_from_file_location(module_name, file)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[module_name] = module
    try:
        with _noted(path):
            found.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a file may raise anything, or leave
        del sys.modules[module_name]
        raise GameError(f"{path} cannot be run: {last_line(error)}") from error
    return module


def last_line(error: BaseException) -> str:
    """Return the last line of the traceback, and where in the user's own code it happened."""
    said = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    if isinstance(error, SyntaxError):
        file = os.path.basename(error.filename or "")
        return f"{said} ({f'{file}, ' if file else ''}line {error.lineno})"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen")]
    own = [frame for frame in frames if not frame.filename.startswith(_OURS) and not frame.filename.endswith(_IMPORTERS)]
    return f"{said} ({os.path.basename(own[-1].filename)}, line {own[-1].lineno})" if own else said


def closest(name: str, known: Iterable[str]) -> str:
    """Return a question after the known names that are close, empty where none is."""
    found = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f", did you mean {' or '.join(found)}?" if found else ""


def _modules(missing: str) -> list[str]:
    """Return the modules that stand where `missing` does not."""
    parent, _, _ = missing.rpartition(".")
    if not parent:
        return [each.name for each in pkgutil.iter_modules()]
    paths = getattr(sys.modules.get(parent), "__path__", [])
    return [f"{parent}.{each.name}" for each in pkgutil.iter_modules(paths)]
