"""The folder of a run: a new one each time, and one sentence where there can be none."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from rollback.errors import UsageError
from rollback.sim import MatchSpec, simulate
from rollback.sim.pool.run_folder import run_folder, writing


def test_each_run_has_one_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    one, two = run_folder(), run_folder()
    assert one != two and one.is_dir() and one.parent == two.parent == tmp_path


def test_what_cannot_be_written_is_told_with_the_folder_and_what_to_do():
    with pytest.raises(UsageError) as caught, writing("/here"):
        raise OSError(28, "No space left on device")
    assert str(caught.value) == (
        "the temporary folder /here cannot be written: No space left on device; make room there, or name another one by the"
        " variable TMPDIR"
    )


@pytest.mark.parametrize("backend", ["process", lambda: ThreadPoolExecutor(1)])
def test_a_run_that_has_nowhere_to_write_says_so(backend, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(UsageError, match=r"^the temporary folder .*gone cannot be written: No such file"):
        simulate([MatchSpec(game="pong", frames=3)], backend=backend, workers=1)


def test_where_there_is_no_folder_no_executor_is_made_which_nobody_would_shut_down(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    made = []
    with pytest.raises(UsageError, match="cannot be written"):
        simulate([MatchSpec(game="pong", frames=3)], backend=lambda: made.append(ThreadPoolExecutor(1)) or made[-1], workers=1)
    assert made == []


def test_where_no_executor_is_made_no_folder_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(UsageError, match="it must make a concurrent"):
        simulate([MatchSpec(game="pong", frames=3)], backend=lambda: None)
    assert list(tmp_path.iterdir()) == []
