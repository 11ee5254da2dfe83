"""Small packages of others, to be fetched and found in place of the real ones."""

import hashlib

from signaling.assets import Asset, ThirdParty, place_of


def third_party(name="thing", **contents):
    """Return a package whose files hold these bytes."""
    files = tuple(
        Asset(f"dist/{file}.js", hashlib.sha256(content).hexdigest(), len(content)) for file, content in contents.items()
    )
    return ThirdParty(name, "1.2.3", "MIT", "Copyright (c) somebody", files)


def lay(folder, package, **contents):
    """Put files of a package into a folder of assets."""
    for asset in package.files:
        path = folder / place_of(package, asset)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[asset.name.removesuffix(".js")])
