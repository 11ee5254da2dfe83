from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from rollback.errors import ReplayError
from rollback.netplay import targets as module
from rollback.netplay.targets import bundle_folder, check_target


def test_a_target_that_cannot_be_written_is_refused_before_the_match(tmp_path):
    assert check_target(tmp_path / "new.rbr") == tmp_path / "new.rbr"
    assert check_target(str(tmp_path / "new.rbr")) == tmp_path / "new.rbr"
    with pytest.raises(ReplayError, match="a folder: name a file"):
        check_target(tmp_path)
    with pytest.raises(ReplayError, match="there is no folder"):
        check_target(tmp_path / "nowhere" / "new.rbr")


def test_a_folder_that_may_not_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module.os, "access", lambda path, mode: False)  # whoever runs as root may write anywhere
    with pytest.raises(ReplayError, match="may not write there"):
        check_target(tmp_path / "new.rbr")


def test_bundles_go_beside_the_replay_or_into_the_temporary_folder_unless_a_folder_is_named(tmp_path):
    assert bundle_folder(tmp_path / "match.rbr") == tmp_path
    assert bundle_folder("match.rbr") == Path(".")
    assert bundle_folder(None) == Path(tempfile.gettempdir())
    assert bundle_folder(tmp_path / "nowhere" / "match.rbr", tmp_path) == tmp_path


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_a_folder_of_bundles_that_is_none_is_refused(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReplayError, match="which is no folder: make it, or name another"):
        bundle_folder(None, tmp_path / name)
