"""A folder of assets that looks like Pyodide's, with a lock of two packages; and their files."""

import hashlib
import json

from signaling.assets import Asset, ThirdParty, place_of

LOADER = b"...V(`https://files.example.org/pyodide/v${U}/full/`)..."
WHEELS = {"numpy-2.0-cp314-cp314-x.whl": b"numbers" * 999, "tiny_one-1.0-py3-none-any.whl": b"tiny"}


def lock(**changes):
    """Return a lock file; `changes` are of its entry for numpy."""
    files = list(WHEELS)
    numpy = {
        "name": "numpy",
        "version": "2.0",
        "file_name": files[0],
        "sha256": hashlib.sha256(WHEELS[files[0]]).hexdigest(),
        "depends": ["Tiny_One"],
        "imports": ["numpy"],
        **changes,
    }
    tiny = {
        "name": "tiny-one",
        "version": "1.0",
        "file_name": files[1],
        "sha256": hashlib.sha256(WHEELS[files[1]]).hexdigest(),
        "depends": [],
        "imports": ["tiny"],
    }
    info = {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5", "python": "3.14.2"}
    return json.dumps({"info": info, "packages": {"numpy": numpy, "tiny-one": tiny}}).encode()


def lay_pyodide(folder, lock_file=None):
    """Put a Pyodide into a folder of assets, and return what it is pinned as."""
    files = {
        "pyodide.mjs": LOADER,
        "pyodide-lock.json": lock() if lock_file is None else lock_file,
        "python.wasm": b"\0asm" * 999,
    }
    assets = tuple(Asset(name, hashlib.sha256(content).hexdigest(), len(content)) for name, content in files.items())
    package = ThirdParty("pyodide", "9.9.9", "MPL-2.0", "Copyright (c) somebody", assets)
    for asset in assets:
        path = folder / place_of(package, asset)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[asset.name])
    return package


def lay_wheels(folder, **changes):
    """Put the wheels into a folder of packages."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (WHEELS | changes).items():
        (folder / name).write_bytes(content)
