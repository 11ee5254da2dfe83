"""From where packages come; addresses are tested in tests/network."""

import pytest

from rollback.errors import NetworkError, UsageError
from signaling import asset_sources
from signaling.asset_packages import closure, read_lock
from signaling.asset_sources import FromAddress, FromFolder, fetch_wheels, source_of
from signaling.assets import find_assets
from tests.signaling.pyodide_like import WHEELS, lay_pyodide, lay_wheels, lock


@pytest.fixture
def wheels(tmp_path):
    return closure(read_lock(find_assets([tmp_path], wanted=[lay_pyodide(tmp_path)])), ["numpy"])


def test_a_folder_gives_what_it_has_and_only_once(tmp_path, wheels):
    lay_wheels(tmp_path / "stick")
    told = []
    source = FromFolder(tmp_path / "stick")
    assert fetch_wheels(wheels, tmp_path / "into", [source], tell=told.append) == ([], ["numpy", "tiny-one"], [])
    assert told == list(WHEELS) and (tmp_path / "into" / told[1]).read_bytes() == b"tiny"
    assert fetch_wheels(wheels, tmp_path / "into", [], tell=told.append) == (["numpy", "tiny-one"], [], [])
    assert len(told) == 2


def test_a_file_with_another_content_is_not_kept_and_the_next_source_is_asked(tmp_path, wheels):
    lay_wheels(tmp_path / "bad", **{next(iter(WHEELS)): b"evil"})
    lay_wheels(tmp_path / "good")
    bad, good = FromFolder(tmp_path / "bad"), FromFolder(tmp_path / "good")
    _, fetched, trouble = fetch_wheels(wheels, tmp_path / "into", [bad])
    assert fetched == ["tiny-one"]
    assert trouble == [f"numpy 2.0: what came as {next(iter(WHEELS))} is not what Pyodide's lock names"]
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["tiny_one-1.0-py3-none-any.whl"]
    assert fetch_wheels(wheels, tmp_path / "into", [bad, good]) == (["tiny-one"], ["numpy"], [])


def test_a_file_that_was_damaged_is_fetched_anew(tmp_path, wheels):
    lay_wheels(tmp_path / "stick")
    lay_wheels(tmp_path / "into", **{next(iter(WHEELS)): b"cut"})
    assert fetch_wheels(wheels, tmp_path / "into", [FromFolder(tmp_path / "stick")]) == (["tiny-one"], ["numpy"], [])


def test_what_is_nowhere_is_told_with_each_reason(tmp_path, wheels):
    (tmp_path / "empty").mkdir()
    _, _, trouble = fetch_wheels(wheels[:1], tmp_path / "into", [FromFolder(tmp_path / "empty"), FromAddress("")])
    assert len(trouble) == 1 and trouble[0].startswith("numpy 2.0: ")
    assert "cannot be read: No such file or directory; nobody says where" in trouble[0] and "--from" in trouble[0]


def test_a_file_without_an_end_is_not_read_to_it(tmp_path, wheels, monkeypatch):
    monkeypatch.setattr(asset_sources, "LARGEST", 100)
    lay_wheels(tmp_path / "stick")
    assert len(FromFolder(tmp_path / "stick").content(wheels[0])) == 101
    assert fetch_wheels(wheels[:1], tmp_path / "into", [FromFolder(tmp_path / "stick")])[1] == []


@pytest.mark.parametrize("given", ["ftp://example.org/", "file:///etc", "http://", "nowhere/at/all", "", "javascript:x"])
def test_what_is_neither_folder_nor_address_is_refused(given):
    with pytest.raises(UsageError, match="takes a folder, or an address"):
        source_of(given)


def test_a_person_names_a_folder_or_an_address(tmp_path):
    assert isinstance(source_of(str(tmp_path)), FromFolder)
    assert isinstance(source_of("https://example.org/full"), FromAddress)


def test_an_address_in_the_lock_that_cannot_be_reached_is_no_crash(tmp_path):
    told = lock(file_name="http://127.0.0.1:1/numpy-2.0.whl")
    found = closure(read_lock(find_assets([tmp_path], wanted=[lay_pyodide(tmp_path, told)])), ["numpy"])
    with pytest.raises(NetworkError, match=r"http://127\.0\.0\.1:1/numpy-2\.0\.whl cannot be had: .*refused"):
        FromAddress("").content(found[0])
