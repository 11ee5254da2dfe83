"""What the pages need of others: names, versions, hashes, and where on this machine it lies. Knows no network."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = [
    "CACHE_VARIABLE",
    "CHARTS",
    "COMMAND",
    "PINNED",
    "PLAYING",
    "Asset",
    "Found",
    "ThirdParty",
    "asset_folders",
    "cache_folder",
    "find_assets",
    "hash_of",
    "is_intact",
    "missing_sentence",
    "packed_folder",
    "place_of",
]

CACHE_VARIABLE: Final = "ROLLBACK_CACHE_DIR"
COMMAND: Final = "rollback fetch-assets"
_PIECE: Final = 1 << 20  # bytes that are hashed at a time


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a package.

    Attributes:
        path: Where it lies in the package that npm packs.
        sha256: What its bytes are, in lower-case hexadecimals.
        size: How many they are.
    """

    path: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The file's own name, which is what it is called here."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """A package of others, in exactly one version.

    Attributes:
        name: As npm calls it.
        version: The one version.
        licence: Its identifier.
        notice: Whose it is, and where its source is found.
        files: What is used of it.
    """

    name: str
    version: str
    licence: str
    notice: str
    files: tuple[Asset, ...]

    @property
    def pinned_name(self) -> str:
        """What npm takes for exactly this version."""
        return f"{self.name}@{self.version}"


PLAYING: Final = (  # what the page of players cannot do without
    ThirdParty(
        "pyodide",
        "314.0.7",
        "MPL-2.0",
        "Copyright (C) 2019-2026, Pyodide contributors and Mozilla. It holds CPython and its standard library\n"
        "(Copyright Python Software Foundation, PSF-2.0, see docs.python.org/3/license.html) and what Emscripten links\n"
        "with them. Source: pyodide.org",
        (
            Asset("pyodide.mjs", "6f1d60f7bf529beb300f0f47983c921d3982363640ba20af0e38efdddbc66109", 17931),
            Asset("pyodide.asm.mjs", "f7cdc8ece80678ceb712f8e65ebe6d3a83203a180c399865f49612a051693635", 1250344),
            Asset("pyodide.asm.wasm", "cc36e3cab04fdfc9a63ff13eb52eae2b911bf46c025cc7b281f394bd3de1d5e6", 9598218),
            Asset("python_stdlib.zip", "fa1957e5777068fc4f7437f96d860ae2fbe9c19732ba06c84e004ec16dd7dd7a", 2545637),
            Asset("pyodide-lock.json", "5dc2fc119108bc148c7457dc86e7675b5c87e1cafd420b9c34c1eaef7b36c010", 119077),
        ),
    ),
    ThirdParty(
        "socket.io-client",
        "4.8.4",
        "MIT",
        "Copyright (c) 2014-2026 Guillermo Rauch. Source: socket.io",
        (
            Asset("dist/socket.io.esm.min.js", "771c3872e7d9bf81020615fda67ef0fd2aa61fcaf1990100714a46fa2c39f8a1", 40759),
            Asset("LICENSE", "73cb68c437d59e066f9386ef97be57298df4db119fdbd7d7150817c6dbd9f189", 1116),
        ),
    ),
    ThirdParty(
        "qrcode-generator",
        "2.0.4",
        "MIT",
        "Copyright (c) 2009 Kazuhiko Arase. Source: www.d-project.com\n"
        'The word "QR Code" is a registered trademark of DENSO WAVE INCORPORATED.',
        (Asset("dist/qrcode.mjs", "ea91d7118a5395289170da848b7c6758b996163bfbccf312591ab65a4911b7c0", 51907),),
    ),
)
CHARTS: Final = ThirdParty(  # what draws the curves of the studio, whose page shows numbers without it
    "uplot",
    "1.6.32",
    "MIT",
    "Copyright (c) 2022 Leon Sorokin. Source: github.com/leeoniya/uPlot",
    (
        Asset("dist/uPlot.esm.js", "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba", 145423),
        Asset("dist/uPlot.min.css", "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04", 1857),
        Asset("LICENSE", "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd", 1078),
    ),
)
PINNED: Final = (*PLAYING, CHARTS)


@dataclass(frozen=True, slots=True)
class Found:
    """What of the assets is on this machine.

    Attributes:
        files: By place, such as `pyodide/314.0.7/pyodide.mjs`: a file that holds just what it should.
        missing: The packages of which something lacks, as `name@version`.
        damaged: Files that are there and hold something else.
    """

    files: dict[str, Path]
    missing: tuple[str, ...]
    damaged: tuple[Path, ...]


def place_of(package: ThirdParty, asset: Asset) -> str:
    """Return where a file lies in a folder of assets, and below `/assets/` of the server."""
    return f"{package.name}/{package.version}/{asset.name}"


def packed_folder() -> Path:
    """Return where a build of this package puts the assets."""
    return Path(__file__).resolve().parent / "web" / "assets"


def cache_folder() -> Path:
    """Return where this user's assets are kept: `ROLLBACK_CACHE_DIR`, or what the platform has for it."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    named = Path(os.environ.get("XDG_CACHE_HOME") or "")
    if named.is_absolute():  # the convention: a relative one is to be ignored
        return named / "rollback"
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "rollback" / "cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "rollback"
    return home / ".cache" / "rollback"


def asset_folders() -> tuple[Path, ...]:
    """Return where assets are looked for, the first place first."""
    return packed_folder(), cache_folder() / "assets"


def find_assets(folders: Sequence[Path] | None = None, *, wanted: Iterable[ThirdParty] = PINNED) -> Found:
    """Look for the assets and hold that they are what was pinned; about 20 ms where all are there.

    Args:
        folders: Where to look; without, beside this package and then in the user's cache.
        wanted: What to look for.
    """
    files: dict[str, Path] = {}
    missing: list[str] = []
    damaged: list[Path] = []
    for package in wanted:
        for asset in package.files:
            place = place_of(package, asset)
            for folder in asset_folders() if folders is None else folders:
                path = folder / place
                if is_intact(path, asset):
                    files[place] = path
                    break
                if path.exists():
                    damaged.append(path)
            else:
                if package.pinned_name not in missing:
                    missing.append(package.pinned_name)
    return Found(files, tuple(missing), tuple(damaged))


def is_intact(path: Path, asset: Asset) -> bool:
    """Return whether a file holds just what was pinned."""
    try:
        return path.stat().st_size == asset.size and hash_of(path) == asset.sha256
    except OSError:
        return False


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def missing_sentence(missing: Sequence[str], command: str = COMMAND) -> str:
    """Return the sentence for people whose browser client cannot begin."""
    return f"The browser client lacks {', '.join(missing)}: run {command} on the machine of this server."
