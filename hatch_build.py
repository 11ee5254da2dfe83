"""Puts what the browser client needs of others into a wheel, or beside the source for an editable install.

Runs inside a build, before anything is installed: it uses no package but hatchling. A build never fails for want of it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """The hook that pyproject.toml names."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the assets into the user's cache if they are not there, and have them packed."""
        try:
            told = self._pack(is_editable=version == "editable", build_data=build_data)
        except Exception as error:  # whatever it is: the package works without, and can fetch them later
            told = f"the browser client's assets are not packed ({error}): run rollback fetch-assets afterwards"
        self.app.display_info(f"rollback: {told}")

    def _pack(self, *, is_editable: bool, build_data: dict[str, Any]) -> str:
        root = Path(self.root)
        sys.path.insert(0, str(root))
        try:
            from signaling.asset_notice import NOTICE, notice
            from signaling.asset_npm import fetch_assets, write_whole
            from signaling.assets import cache_folder, find_assets
        finally:
            sys.path.remove(str(root))
        cache = _writable(cache_folder() / "assets")
        packed = root / "signaling" / "web" / "assets"
        done = fetch_assets(cache, folders=(packed,))
        found = find_assets((cache, packed))
        write_whole(cache / NOTICE, notice().encode())
        places = {**found.files, NOTICE: cache / NOTICE}
        if is_editable:  # what is imported is the source folder, so that is where they have to lie
            for place, path in places.items():
                if path != packed / place:
                    write_whole(packed / place, path.read_bytes())
        else:
            build_data["force_include"].update({str(path): f"signaling/web/assets/{place}" for place, path in places.items()})
        if done.trouble:
            return f"the browser client's assets are not packed ({done.trouble[0]}): run rollback fetch-assets afterwards"
        return f"the browser client's assets are packed ({', '.join([*done.had, *done.fetched])})"


def _writable(folder: Path) -> Path:
    """Return the folder if it can be written, else one for this build: not every build has a home."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="rollback-assets-"))
    return folder
