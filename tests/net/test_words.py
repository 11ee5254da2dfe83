from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.net.words import LONGEST, plain_words


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("", ""),
        ("left", "left"),
        ("Grüße, 世界 🎮", "Grüße, 世界 🎮"),
        ("one\ntwo\r\n  three\t", "one two three"),
        ("\x1b[2J\x1b]0;owned\x07bye", "[2J ]0;owned bye"),
        ("\x9b31mred", "31mred"),
        ("a\u202eb\u2066c", "a b c"),
        ("half \ud800", "half"),
    ],
)
def test_what_steers_a_terminal_is_left_out_and_the_words_stay(said, shown):
    assert plain_words(said) == shown


def test_long_words_are_cut_with_an_ellipsis():
    assert plain_words("x" * LONGEST) == "x" * LONGEST
    assert plain_words("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"
    assert plain_words("ab cd ef", 6) == "ab cd…"


@given(st.text(), st.integers(1, 40))
def test_any_text_becomes_one_printable_line_within_the_limit(text, longest):
    words = plain_words(text, longest)
    assert len(words) <= longest and words.isprintable() and words == words.strip()
