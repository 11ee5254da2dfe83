"""The command, with a folder in place of the network, and assets that look like Pyodide's."""

import json

import pytest

from rollback.cli.app import run
from signaling import asset_npm, assets
from tests.signaling.pyodide_like import lay_pyodide, lay_wheels


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Let the cache be a folder of the test's, which holds all assets, and npm be away."""
    monkeypatch.setenv("ROLLBACK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    package = lay_pyodide(tmp_path / "cache/assets")
    for function in (assets.find_assets, asset_npm.fetch_assets):
        monkeypatch.setitem(function.__kwdefaults__, "wanted", [package])
    monkeypatch.setattr(assets, "packed_folder", lambda: tmp_path / "packed")
    return tmp_path / "cache"


def test_where_everything_is_there_it_says_so(capsys):
    assert run(["fetch-assets"]) == 0
    assert capsys.readouterr().out == "Nothing lacks: pyodide@9.9.9\n"


def test_what_cannot_be_fetched_is_told_with_what_to_do(capsys, cache):
    (cache / "assets/pyodide/9.9.9/python.wasm").unlink()
    assert run(["fetch-assets"]) == 3
    said = capsys.readouterr()
    assert "pyodide@9.9.9: npm is not here, which comes with Node.js" in said.err
    assert f"or copy {cache}/assets from a machine that has it" in said.err and said.out == ""


def test_packages_are_fetched_with_what_they_need_and_then_they_are_there(capsys, tmp_path, cache):
    lay_wheels(tmp_path / "stick")
    words = ["fetch-assets", "--packages", "numpy", "--from", str(tmp_path / "stick"), "--json"]
    assert run(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["fetched"] == ["numpy", "tiny-one"] and told["had"] == ["pyodide@9.9.9"] and told["complete"] is True
    assert told["folder"] == str(cache) and len(list((cache / "packages").iterdir())) == 2
    assert run(words) == 0
    assert json.loads(capsys.readouterr().out)["had"] == ["pyodide@9.9.9", "numpy", "tiny-one"]


def test_a_package_with_another_content_is_not_kept(capsys, tmp_path, cache):
    lay_wheels(tmp_path / "stick", **{"tiny_one-1.0-py3-none-any.whl": b"evil"})
    assert run(["fetch-assets", "--packages", "tiny_one", "--from", str(tmp_path / "stick"), "--json"]) == 3
    said = capsys.readouterr()
    assert json.loads(said.out)["complete"] is False and "is not what Pyodide's lock names" in said.out
    assert not (cache / "packages").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--packages", "nunpy"], "Pyodide has no package 'nunpy': did you mean numpy?"),
        (["--packages", "numpy", "--from", "ftp://x"], "--from takes a folder, or an address"),
        (["--packages", "numpy", "--from", "/no/such/folder"], "--from takes a folder, or an address"),
    ],
)
def test_a_wrong_word_is_one_sentence(capsys, words, sentence):
    assert run(["fetch-assets", *words]) == 2
    said = capsys.readouterr()
    assert sentence in said.err and len(said.err.splitlines()) == 1


def test_packages_without_pyodide_say_that_it_is_pyodide_that_lacks(capsys, cache):
    (cache / "assets/pyodide/9.9.9/pyodide-lock.json").unlink()
    assert run(["fetch-assets", "--packages", "numpy"]) == 3
    assert "Pyodide could not be fetched" in capsys.readouterr().err
