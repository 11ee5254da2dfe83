"""Fetching the pinned assets by npm, whose registry only npm knows. Knows one child process; never more than a minute.

Nothing that arrives is run, and nothing of an archive but the files that were pinned is written anywhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signaling.assets import PINNED, Asset, ThirdParty, find_assets, place_of

__all__ = ["Fetched", "fetch_assets", "write_whole"]

WITHIN: Final = 60.0  # seconds for all of it
LARGEST_ARCHIVE: Final = 64 << 20  # bytes
MOST_MEMBERS: Final = 10_000
_FLAGS: Final = (
    "--ignore-scripts",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=500",
    "--fetch-retry-maxtimeout=2000",
    "--fetch-timeout=10000",
    "--no-update-notifier",
    "--loglevel=error",
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What fetching came to.

    Attributes:
        had: Packages that were there already, as `name@version`.
        fetched: Packages that are there now.
        trouble: One sentence for each package that is not.
    """

    had: tuple[str, ...]
    fetched: tuple[str, ...]
    trouble: tuple[str, ...]


class _Trouble(Exception):
    pass


def fetch_assets(
    into: Path,
    *,
    wanted: Sequence[ThirdParty] = PINNED,
    folders: Sequence[Path] = (),
    npm: str | None = None,
    within: float = WITHIN,
    clock: Callable[[], float] = time.monotonic,
    tell: Callable[[str], None] = lambda line: None,
) -> Fetched:
    """Fetch what is not there yet; never raises, for a build must go on without.

    Args:
        into: The folder of assets that is filled.
        wanted: What to fetch.
        folders: Other folders of assets in which it may be already.
        npm: The program; without, the first on the path.
        within: Seconds for all of it.
        clock: Seconds that never go back.
        tell: Is told each package that is about to be fetched.
    """
    ends = clock() + within
    had: list[str] = []
    fetched: list[str] = []
    trouble: list[str] = []
    for package in wanted:
        if not find_assets((*folders, into), wanted=[package]).missing:
            had.append(package.pinned_name)
            continue
        if trouble:
            trouble.append(f"{package.pinned_name}: not tried after that")  # no network is no network
            continue
        tell(package.pinned_name)
        try:
            _fetch(package, into, npm, ends - clock(), within)
        except (_Trouble, OSError) as error:
            trouble.append(f"{package.pinned_name}: {error}")
        else:
            fetched.append(package.pinned_name)
    return Fetched(tuple(had), tuple(fetched), tuple(trouble))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(content)
        os.chmod(fresh, 0o644)
        os.replace(fresh, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
        raise


def _fetch(package: ThirdParty, into: Path, npm: str | None, left: float, within: float) -> None:
    program = npm or shutil.which("npm")
    if program is None:
        raise _Trouble("npm is not here, which comes with Node.js")
    if left <= 0:
        raise _Trouble(f"no time is left of {within:g} s")
    with tempfile.TemporaryDirectory(prefix="rollback-assets-") as folder:
        # In a folder of its own: the settings of a project in which somebody stands are not for this.
        command = [program, "pack", package.pinned_name, *_FLAGS, f"--pack-destination={folder}"]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=left)
        except subprocess.TimeoutExpired:
            raise _Trouble(f"npm took longer than {within:g} s") from None
        archives = sorted(Path(folder).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            raise _Trouble(f"npm pack did not work: {_reason(done.stderr)}")
        contents = _unpacked(archives[0], package)
    for asset, content in contents.items():
        write_whole(into / place_of(package, asset), content)


def _unpacked(archive: Path, package: ThirdParty) -> dict[Asset, bytes]:
    """Return the pinned files of an archive, each looked at before any is written."""
    if archive.stat().st_size > LARGEST_ARCHIVE:
        raise _Trouble(f"what npm packed has more than {LARGEST_ARCHIVE >> 20} MiB")
    wanted = {f"package/{asset.path}": asset for asset in package.files}
    contents: dict[Asset, bytes] = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for number, member in enumerate(tar):
                if number >= MOST_MEMBERS:
                    raise _Trouble(f"what npm packed has more than {MOST_MEMBERS} files")
                asset = wanted.get(member.name)
                if asset is None or not member.isfile() or member.size != asset.size:
                    continue
                file = tar.extractfile(member)
                content = file.read(asset.size) if file is not None else b""
                if hashlib.sha256(content).hexdigest() == asset.sha256:
                    contents[asset] = content
    except (tarfile.TarError, EOFError, ValueError, OSError) as error:
        raise _Trouble(f"what npm packed cannot be read: {error}") from None
    for asset in package.files:
        if asset not in contents:
            raise _Trouble(f"{asset.name} is not the file that was pinned")
    return contents


def _reason(said: bytes) -> str:
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() and "log of this run" not in line] or lines
    return telling[0][:200] if telling else "it said nothing"
