"""Fetching wheels for the browser, from a folder or an address. Keeps nothing but what has the right hash.

Pip is of no use here: what it finds under the same name and version are other files than those that the lock names.
"""

from __future__ import annotations

import hashlib
import http.client
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol

from rollback.errors import NetworkError, UsageError
from signaling.asset_npm import write_whole
from signaling.asset_packages import Wheel, holds

__all__ = ["FromAddress", "FromFolder", "Source", "fetch_wheels", "source_of"]

LARGEST: Final = 256 << 20  # bytes
_PATIENCE: Final = 20.0  # seconds for a connection, and for each read
_PIECE: Final = 1 << 18


class Source(Protocol):
    """Where wheels come from."""

    def content(self, wheel: Wheel) -> bytes:
        """Return what it has for a wheel, right or wrong.

        Raises:
            NetworkError: It has none.
        """


class FromFolder:
    """Files in a folder.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def content(self, wheel: Wheel) -> bytes:
        """Return the file of that name."""
        path = self._folder / wheel.file_name
        try:
            with open(path, "rb") as file:
                return file.read(LARGEST + 1)
        except OSError as error:
            raise NetworkError(f"{path} cannot be read: {error.strerror or error}") from None


class FromAddress:
    """Files below an address.

    Args:
        address: Where they are; the lock's own addresses, if it has some, are taken when this is empty.
    """

    def __init__(self, address: str) -> None:
        self._address = address if address.endswith("/") or not address else f"{address}/"

    def content(self, wheel: Wheel) -> bytes:
        """Return what the address answers."""
        address = urllib.parse.urljoin(self._address, wheel.file_name) if self._address else wheel.url
        if not address:
            raise NetworkError(f"nobody says where {wheel.file_name} is: name the folder or address with --from")
        request = urllib.request.Request(address, headers={"user-agent": "rollback"})
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
                content = bytearray()
                while len(content) <= LARGEST and (piece := answer.read(_PIECE)):
                    content += piece
                return bytes(content)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NetworkError(f"{address} cannot be had: {getattr(error, 'reason', None) or error}") from None


def source_of(given: str) -> Source:
    """Return the source that a person names: an address, or a folder.

    Raises:
        UsageError: It is neither.
    """
    parts = urllib.parse.urlsplit(given)
    if parts.scheme in ("http", "https") and parts.netloc:
        return FromAddress(given)
    if given and Path(given).is_dir():
        return FromFolder(Path(given))
    raise UsageError(f"--from takes a folder, or an address that begins with https:// or http://, not {given!r:.200}")


def fetch_wheels(
    wheels: Iterable[Wheel], into: Path, sources: Iterable[Source], *, tell: Callable[[str], None] = lambda line: None
) -> tuple[list[str], list[str], list[str]]:
    """Fetch the wheels that are not there yet, each from the first source that has the right bytes.

    Args:
        wheels: Which.
        into: The folder that is filled.
        sources: Asked in this order.
        tell: Is told the name of each file that is about to be fetched.

    Returns:
        What was there, what is there now, and a sentence for each that is not.

    Raises:
        OSError: The folder cannot be written.
    """
    sources = list(sources)
    had, fetched, trouble = [], [], []
    for wheel in wheels:
        if holds(into / wheel.file_name, wheel):
            had.append(wheel.name)
            continue
        tell(wheel.file_name)
        said = []
        for source in sources:
            try:
                content = source.content(wheel)
            except NetworkError as error:
                said.append(str(error))
                continue
            if len(content) <= LARGEST and hashlib.sha256(content).hexdigest() == wheel.sha256:
                write_whole(into / wheel.file_name, content)
                fetched.append(wheel.name)
                break
            said.append(f"what came as {wheel.file_name} is not what Pyodide's lock names")
        else:
            trouble.append(f"{wheel.name} {wheel.version}: {'; '.join(said)}")
    return had, fetched, trouble
