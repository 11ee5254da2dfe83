"""Ids: what is one, what never is, and that no path is."""

from __future__ import annotations

import pytest

from rollback.agents.checkpoints.names import check_array_name, check_id, is_id
from rollback.errors import UsageError

PATHS = ["../x", "a/b", "a\\b", ".", "..", "/etc/passwd", "C:x", "a.npz", ".hidden", "~", "a\0", "a\n", "%2e%2e"]
OTHERS = ["", "A", "-a", "_a", "ä", "a b", "a" * 65, "٣", None, 3, b"a", ["a"]]


@pytest.mark.parametrize("name", ["a", "7", "last-12", "rooms-1", "by_hand", "0-_", "a" * 64])
def test_an_id_is_taken(name: str) -> None:
    assert is_id(name) and check_id(name, "a run") == name


@pytest.mark.parametrize("name", PATHS + OTHERS)
def test_no_path_and_nothing_else_is_an_id(name: object) -> None:
    assert not is_id(name)
    with pytest.raises(UsageError) as caught:
        check_id(name, "a run")
    assert "cannot be the name of a run: take 1 to 64 of a-z" in str(caught.value)
    assert "\n" not in str(caught.value) and "\0" not in str(caught.value)


@pytest.mark.parametrize("name", ["q", "weights_2", "a" * 64])
def test_an_array_s_name_is_taken(name: str) -> None:
    assert check_array_name(name) == name


@pytest.mark.parametrize("name", [*PATHS, "meta", "2q", "q-1", "Q", "", "a" * 65, None])
def test_no_path_is_an_array_s_name(name: object) -> None:
    with pytest.raises(UsageError, match="cannot be the name of an array"):
        check_array_name(name)
