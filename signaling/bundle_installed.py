"""Installed distributions in pure Python as wheels for a browser, which has none of them. Knows no game.

The same files make the same bytes.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rollback.errors import GameError

__all__ = ["InstalledWheel", "installed_wheels", "of_distribution", "zipped"]

# What environments need and Pyodide does not have; what each depends on there.
OFFERED: Final[Mapping[str, tuple[str, ...]]] = {
    "gymnasium": ("numpy", "farama-notifications", "cloudpickle", "typing-extensions"),
    "farama-notifications": (),
    "cloudpickle": (),
    "typing-extensions": (),
    "pettingzoo": ("gymnasium", "numpy"),
}
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first day that a zip can name
_WHEEL: Final = b"Wheel-Version: 1.0\nGenerator: rollback\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_METADATA: Final = re.compile(
    r"[^/]+\.dist-info/(METADATA|entry_points\.txt|licenses/.+|LICEN[^/]*|COPYING[^/]*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class InstalledWheel:
    """A distribution that is installed here, made a wheel again.

    Attributes:
        name: The package's.
        version: Its version.
        file_name: What the wheel is called.
        content: Its bytes.
        sha256: Their hash.
        depends: The packages that it needs.
        imports: The modules that it brings.
    """

    name: str
    version: str
    file_name: str
    content: bytes
    sha256: str
    depends: tuple[str, ...]
    imports: tuple[str, ...]


def installed_wheels() -> list[InstalledWheel]:
    """Return wheels of the packages for environments that are installed here; about 60 ms for all."""
    made = []
    for name, depends in OFFERED.items():
        try:
            files = dict(of_distribution(name))
        except GameError:
            continue
        version = importlib.metadata.version(name)
        stem = f"{name.replace('-', '_')}-{version}"
        files[f"{stem}.dist-info/WHEEL"] = _WHEEL
        tops = sorted({place.partition("/")[0].removesuffix(".py") for place in files if place.endswith(".py")})
        content = zipped(files)
        digest = hashlib.sha256(content).hexdigest()
        file_name = f"{stem}-py3-none-any.whl"
        made.append(InstalledWheel(name, version, file_name, content, digest, depends, tuple(tops)))
    return made


def of_distribution(name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the Python files of an installed distribution, its metadata and licences; what was compiled is left out.

    Raises:
        GameError: It is not installed.
    """
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        raise GameError(f"{name} is not installed: pip install {name}") from None
    folder = f"{name.replace('-', '_')}-{distribution.version}.dist-info"
    for file in sorted(distribution.files or (), key=str):
        place = file.as_posix()
        if place.startswith("..") or file.is_absolute():
            continue  # programs and pages of a manual
        if _METADATA.fullmatch(place):
            yield f"{folder}/{place.partition('/')[2]}", Path(str(file.locate())).read_bytes()
        elif place.endswith(".py") and ".dist-info/" not in place:
            yield place, Path(str(file.locate())).read_bytes()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of these files: the same bytes for the same files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for place in sorted(files):
            entry = zipfile.ZipInfo(place, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # the same on every system
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[place])
    return target.getvalue()
