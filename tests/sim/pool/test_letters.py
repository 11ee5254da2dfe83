"""Short contents travel as they are, long ones by a file that is gone when it was read."""

from __future__ import annotations

import pickle
import select

import pytest

from rollback.errors import UsageError
from rollback.sim.pool.letters import LONGEST, opened, posted


@pytest.mark.parametrize("size", [0, 1, LONGEST, LONGEST + 1, 1_000_000])
def test_what_is_posted_is_what_is_opened_and_no_file_stays(size, tmp_path):
    content = bytes(size)
    letter = posted(content, tmp_path)
    assert len(list(tmp_path.iterdir())) == (size > LONGEST)
    assert opened(letter) == content
    assert not list(tmp_path.iterdir())


def test_a_letter_fits_into_a_pipe_at_once(tmp_path):
    for size in (LONGEST, 1_000_000):
        assert len(pickle.dumps(posted(bytes(size), tmp_path))) + 500 < select.PIPE_BUF or select.PIPE_BUF < 4096


def test_a_folder_that_has_no_room_is_named(tmp_path):
    with pytest.raises(
        UsageError, match=r"^the temporary folder .*gone cannot be written: No such file or directory; make room"
    ):
        posted(bytes(LONGEST + 1), tmp_path / "gone")


def test_a_letter_is_opened_once(tmp_path):
    letter = posted(bytes(LONGEST + 1), tmp_path)
    opened(letter)
    with pytest.raises(FileNotFoundError):
        opened(letter)
