"""What a browser needs of others, as it lies on this machine now, ready to be served. Knows no page and no game."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signaling.asset_notice import NOTICE, notice
from signaling.asset_packages import Lock, Wheel, find_packages, packages_folder, read_lock
from signaling.assets import PLAYING, ThirdParty, find_assets, place_of
from signaling.bundle_installed import InstalledWheel, installed_wheels
from signaling.served_file import FOR_EVER, REVALIDATED, ServedFile, in_memory, media_type_of

__all__ = ["Stock", "lacking_packages", "take_stock"]


@dataclass(frozen=True, slots=True)
class Stock:
    """What is there.

    Attributes:
        files: By the path of its address.
        folders: By package: the path below which its files are; only packages of which nothing lacks.
        packages: Python packages by name, with `url`, `sha256`, `version`, `depends` and `imports`.
        lock: What Pyodide says of itself: which version and platform its packages are for.
        missing: Packages that are not there whole, as `name@version`.
    """

    files: dict[str, ServedFile]
    folders: dict[str, str]
    packages: dict[str, dict[str, Any]]
    lock: dict[str, str]
    missing: tuple[str, ...]


def take_stock(
    folders: Sequence[Path] | None = None,
    packages: Path | None = None,
    *,
    wanted: Sequence[ThirdParty] = PLAYING,
    wheels: Iterable[InstalledWheel] | None = None,
) -> Stock:
    """Look for everything and hold that it is what was pinned: about 100 ms.

    Args:
        folders: Where assets are looked for; without, beside this package and then in the user's cache.
        packages: Where wheels are looked for; without, in the user's cache.
        wanted: The assets.
        wheels: Wheels made of what is installed here; made now unless given.

    Raises:
        UsageError: Pyodide's lock file is not one.
    """
    found = find_assets(folders, wanted=wanted)
    files = {f"/assets/{NOTICE}": in_memory(notice(wanted).encode(), ".txt", REVALIDATED)}
    assets = {place_of(each, asset): asset for each in wanted for asset in each.files}
    for place, path in found.files.items():
        asset = assets[place]
        files[f"/assets/{place}"] = ServedFile(
            path, sha256=asset.sha256, size=asset.size, media_type=media_type_of(path.name), caching=FOR_EVER
        )
    lock = read_lock(found)
    offered: dict[str, dict[str, Any]] = {}
    if lock is not None:
        _offer_fetched(lock, find_packages(lock, packages or packages_folder()), files, offered)
    _offer_installed(installed_wheels() if wheels is None else wheels, files, offered)
    whole = {each.name: f"/assets/{each.name}/{each.version}/" for each in wanted if each.pinned_name not in found.missing}
    return Stock(files, whole, offered, lock.info if lock is not None else {}, found.missing)


def lacking_packages(needs: Iterable[str], packages: dict[str, dict[str, Any]]) -> list[str]:
    """Return what of these packages, and of what they depend on, is not offered."""
    seen: set[str] = set()
    waiting = list(needs)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += packages.get(name, {}).get("depends", ())
    return sorted(seen - packages.keys())


def _offer_fetched(
    lock: Lock, there: dict[str, Path], files: dict[str, ServedFile], offered: dict[str, dict[str, Any]]
) -> None:
    for name, path in there.items():
        wheel = lock.wheels[name]
        url = _offer(wheel, offered)
        files[url] = ServedFile(
            path, sha256=wheel.sha256, size=path.stat().st_size, media_type="application/zip", caching=FOR_EVER
        )


def _offer_installed(
    wheels: Iterable[InstalledWheel], files: dict[str, ServedFile], offered: dict[str, dict[str, Any]]
) -> None:
    for wheel in wheels:
        if wheel.name not in offered:  # what Pyodide's own lock names is made for it
            files[_offer(wheel, offered)] = in_memory(wheel.content, ".zip", FOR_EVER)


def _offer(wheel: Wheel | InstalledWheel, offered: dict[str, dict[str, Any]]) -> str:
    url = f"/assets/packages/{wheel.sha256[:16]}/{wheel.file_name}"
    offered[wheel.name] = {
        "url": url,
        "sha256": wheel.sha256,
        "version": wheel.version,
        "depends": list(wheel.depends),
        "imports": list(wheel.imports),
    }
    return url
