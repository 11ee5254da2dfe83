"""Python packages for the browser: the wheels that Pyodide's lock file names, each held to its hash. Knows no game."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rollback.errors import UsageError
from signaling.assets import Found, cache_folder, hash_of

__all__ = ["Lock", "Wheel", "closure", "find_packages", "holds", "packages_folder", "read_lock"]

LARGEST_LOCK: Final = 8 << 20  # bytes
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,199}\.(?:whl|zip|tar\.gz)")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_USUAL_ORIGIN: Final = re.compile(r"https://[a-z0-9./-]{1,100}/v\$\{\w{1,20}\}/[a-z]{1,20}/")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A file of the lock.

    Attributes:
        name: The package's, as the lock calls it.
        version: Its version.
        file_name: The file's own name, without any folder.
        url: Where the lock says that it is, empty where it leaves that to its origin.
        sha256: What it holds.
        depends: The packages that it needs.
        imports: The modules that it brings.
    """

    name: str
    version: str
    file_name: str
    url: str
    sha256: str
    depends: tuple[str, ...]
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lock:
    """What can be had for this Pyodide.

    Attributes:
        wheels: By name.
        platform: The tag of wheels that hold machine code.
        python: The version of Python, such as `3.14`.
        origin: Where the files are, as Pyodide itself has it; empty where that is not known.
        info: What the lock says of the Pyodide that it is for.
    """

    wheels: dict[str, Wheel]
    platform: str
    python: str
    origin: str
    info: dict[str, str]


def packages_folder() -> Path:
    """Return where this user's wheels for the browser are kept."""
    return cache_folder() / "packages"


def read_lock(found: Found) -> Lock | None:
    """Return Pyodide's lock, None where Pyodide is not on this machine.

    Raises:
        UsageError: The lock is not one.
    """
    places = {place.rpartition("/")[2]: path for place, path in found.files.items() if place.startswith("pyodide/")}
    if "pyodide-lock.json" not in places:
        return None
    path = places["pyodide-lock.json"]
    try:
        with open(path, "rb") as file:
            told = json.loads(file.read(LARGEST_LOCK))
        info = {str(key): str(value) for key, value in told["info"].items()}
        wheels = {_plain(name): _wheel(name, values) for name, values in told["packages"].items()}
        platform = f"pyemscripten_{info['abi_version']}_{info['arch']}"
        python = ".".join(info["python"].split(".")[:2])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path} is no lock file of Pyodide ({error!r:.80}): run rollback fetch-assets") from None
    return Lock(wheels, platform, python, _usual_origin(places.get("pyodide.mjs"), path.parent.name), info)


def closure(lock: Lock, names: Iterable[str]) -> list[Wheel]:
    """Return the wheels of packages and of all they need, in the order of their names.

    Raises:
        UsageError: The lock has no package of a name; the closest ones are told.
    """
    found: dict[str, Wheel] = {}
    waiting = [_plain(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in lock.wheels:
            close = difflib.get_close_matches(name, lock.wheels, n=3, cutoff=0.6)
            meant = f": did you mean {' or '.join(close)}?" if close else ", or it needs none: pure Python goes with the game"
            raise UsageError(f"Pyodide has no package {name[:80]!r}{meant}")
        found[name] = lock.wheels[name]
        waiting += lock.wheels[name].depends
    return [found[name] for name in sorted(found)]


def find_packages(lock: Lock | None, folder: Path | None = None) -> dict[str, Path]:
    """Return the files of the packages that are on this machine whole, by name; others are left out."""
    if lock is None:
        return {}
    folder = packages_folder() if folder is None else folder
    try:
        names = {path.name for path in folder.iterdir()}
    except OSError:
        return {}
    there: dict[str, Path] = {}
    for name, wheel in lock.wheels.items():
        if wheel.file_name in names and holds(folder / wheel.file_name, wheel):
            there[name] = folder / wheel.file_name
    return there


def holds(path: Path, wheel: Wheel) -> bool:
    """Return whether a file is the wheel."""
    try:
        return hash_of(path) == wheel.sha256
    except OSError:
        return False


def _wheel(name: str, values: dict[str, Any]) -> Wheel:
    told = values["file_name"]
    url = told if re.match(r"https?://", told) else ""
    file_name = told.rpartition("/")[2]
    if not _FILE_NAME.fullmatch(file_name) or not _HASH.fullmatch(values["sha256"]):
        raise ValueError(name)
    depends = tuple(_plain(needed) for needed in values.get("depends") or ())
    imports = tuple(str(module) for module in values.get("imports") or ())
    return Wheel(_plain(name), str(values["version"]), file_name, url, values["sha256"], depends, imports)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _usual_origin(loader: Path | None, version: str) -> str:
    """Return where Pyodide itself would look: its loader says so."""
    if loader is None:
        return ""
    found = _USUAL_ORIGIN.search(loader.read_text(encoding="utf-8", errors="replace"))
    return re.sub(r"\$\{\w+\}", version, found[0]) if found else ""
