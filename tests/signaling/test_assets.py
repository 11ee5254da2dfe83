import hashlib
import re
from pathlib import Path

import pytest

from signaling import assets
from signaling.assets import (
    CHARTS,
    PINNED,
    PLAYING,
    Asset,
    Found,
    asset_folders,
    cache_folder,
    find_assets,
    is_intact,
    missing_sentence,
    packed_folder,
)
from tests.signaling.third_party import lay, third_party


@pytest.mark.parametrize("package", PINNED, ids=lambda package: package.name)
def test_what_is_pinned_is_one_version_and_one_content(package):
    assert re.fullmatch(r"\d+\.\d+\.\d+", package.version) and package.licence and package.notice
    assert package.files and len({asset.name for asset in package.files}) == len(package.files)
    for asset in package.files:
        assert re.fullmatch(r"[0-9a-f]{64}", asset.sha256) and 0 < asset.size < 16 << 20
        assert not asset.path.startswith("/") and ".." not in asset.path


def test_the_client_has_python_sockets_and_codes_to_photograph_and_the_studio_has_charts():
    assert {package.name for package in PLAYING} == {"pyodide", "socket.io-client", "qrcode-generator"}
    assert [package.name for package in PINNED if package not in PLAYING] == [CHARTS.name] == ["uplot"]
    assert [asset.name for asset in CHARTS.files] == ["uPlot.esm.js", "uPlot.min.css", "LICENSE"]  # what its page asks for
    assert {"pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"} < {a.name for a in PINNED[0].files}


def test_a_file_is_found_in_the_first_folder_that_has_it_whole(tmp_path):
    package = third_party(a=b"aaa", b=b"bbb")
    lay(tmp_path / "first", package, a=b"aaa", b=b"bbX")
    lay(tmp_path / "second", package, a=b"aaa", b=b"bbb")
    found = find_assets((tmp_path / "first", tmp_path / "second"), wanted=[package])
    assert found == Found(
        {
            "thing/1.2.3/a.js": tmp_path / "first/thing/1.2.3/a.js",
            "thing/1.2.3/b.js": tmp_path / "second/thing/1.2.3/b.js",
        },
        (),
        (tmp_path / "first/thing/1.2.3/b.js",),
    )


@pytest.mark.parametrize("content", [b"", b"aa", b"aab", b"aaaa"], ids=["empty", "cut", "changed", "longer"])
def test_a_damaged_file_counts_as_missing_and_is_named(tmp_path, content):
    package = third_party(a=b"aaa", b=b"bbb")
    lay(tmp_path, package, a=content, b=b"bbb")
    found = find_assets([tmp_path], wanted=[package])
    assert found.missing == ("thing@1.2.3",)
    assert found.damaged == (tmp_path / "thing/1.2.3/a.js",)
    assert list(found.files) == ["thing/1.2.3/b.js"]


def test_a_package_is_missing_once_however_many_of_its_files_are(tmp_path):
    package, other = third_party(a=b"a", b=b"b"), third_party("other", a=b"a")
    assert find_assets([tmp_path], wanted=[package, other]).missing == ("thing@1.2.3", "other@1.2.3")


def test_a_folder_in_the_place_of_a_file_is_no_file(tmp_path):
    (tmp_path / "a").mkdir()
    assert not is_intact(tmp_path / "a", Asset("a", "0" * 64, (tmp_path / "a").stat().st_size))


def test_large_files_are_hashed_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "_PIECE", 7)
    content = bytes(range(256)) * 5
    (tmp_path / "a").write_bytes(content)
    assert assets.hash_of(tmp_path / "a") == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("system", "environment", "folder"),
    [
        ("linux", {}, "HOME/.cache/rollback"),
        ("linux", {"XDG_CACHE_HOME": "/elsewhere"}, "/elsewhere/rollback"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "HOME/.cache/rollback"),
        ("linux", {"XDG_CACHE_HOME": "/elsewhere", "ROLLBACK_CACHE_DIR": "/chosen"}, "/chosen"),
        ("darwin", {}, "HOME/Library/Caches/rollback"),
        ("darwin", {"XDG_CACHE_HOME": "/elsewhere"}, "/elsewhere/rollback"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/rollback/cache"),
        ("win32", {}, "HOME/AppData/Local/rollback/cache"),
    ],
)
def test_the_cache_lies_where_the_platform_has_it(monkeypatch, tmp_path, system, environment, folder):
    for name in ("XDG_CACHE_HOME", "ROLLBACK_CACHE_DIR", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(assets.sys, "platform", system)
    monkeypatch.setattr(assets.Path, "home", lambda: tmp_path)
    assert cache_folder() == Path(folder.replace("HOME", str(tmp_path)))


def test_what_was_packed_comes_before_what_was_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("ROLLBACK_CACHE_DIR", str(tmp_path))
    assert asset_folders() == (packed_folder(), tmp_path / "assets")
    assert packed_folder().parts[-3:] == ("signaling", "web", "assets")


def test_who_lacks_something_is_told_what_and_the_command():
    said = missing_sentence(["pyodide@1.2.3", "other@4.5.6"])
    assert (
        said == "The browser client lacks pyodide@1.2.3, other@4.5.6: run rollback fetch-assets on the machine of this server."
    )
