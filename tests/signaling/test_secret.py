import os
import stat
import threading

import pytest

from rollback.errors import UsageError
from signaling.secret import given_secret, kept_secret


def test_a_missing_secret_is_made_once_and_is_the_same_from_then_on(tmp_path):
    path = tmp_path / "deep" / "down" / "secret"
    first = kept_secret(path)
    assert kept_secret(path) == first and len(first) >= 32
    assert kept_secret(tmp_path / "other") != first
    assert [each.name for each in path.parent.iterdir()] == ["secret"]


def test_only_this_user_can_read_it_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        kept_secret(tmp_path / "state" / "secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "state" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_lobbies_that_begin_at_once_have_one_secret(tmp_path):
    read = []
    threads = [threading.Thread(target=lambda: read.append(kept_secret(tmp_path / "secret"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read) == 8 and len(set(read)) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must have 32 to 1024 characters, not 0"),
        (b"short\n", "not 5"),
        (b"x" * 5000, "not 1026"),
        (b"\xff" * 64, "holds no secret: remove it"),
    ],
)
def test_a_file_with_something_else_is_refused(tmp_path, content, words):
    path = tmp_path / "secret"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(UsageError, match=words):
        kept_secret(path)


def test_a_secret_that_others_can_read_is_none(tmp_path):
    kept_secret(tmp_path / "secret")
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(UsageError, match=r"others can read the secret in .*secret: chmod 600 it"):
        kept_secret(tmp_path / "secret")


def test_where_no_file_can_be_a_sentence_says_so(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UsageError, match=r"the lobby's secret cannot be kept in .*secret: "):
        kept_secret(tmp_path / "file" / "secret")


def test_a_chosen_secret_is_taken_without_its_blanks():
    assert given_secret("  " + "s" * 32 + "\n") == b"s" * 32
    with pytest.raises(UsageError, match="make one with python"):
        given_secret("s" * 31)
