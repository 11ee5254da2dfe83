"""A sentence ends with one mark."""

from __future__ import annotations

import pytest

from rollback.cli.sentences import ended


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("bob left", "bob left."),
        ("is the game running there?", "is the game running there?"),
        ("You left.", "You left."),
        ("no!\n", "no!"),
        ("frame 3:", "frame 3:."),
    ],
)
def test_no_sentence_ends_twice(given: str, told: str) -> None:
    assert ended(given) == told
