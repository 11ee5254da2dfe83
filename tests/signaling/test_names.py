import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.names import NAMELESS, clean, unique


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("ann", "ann"),
        ("  ann \t\n bea  ", "ann bea"),
        ("ann\x00\x1b[31m", "ann[31m"),
        ("user\u202etxt.exe", "usertxt.exe"),  # right-to-left override
        ("a\u200bn\u2066n\ufeff", "ann"),  # zero-width and isolating marks
        ("\ud800ann", "ann"),  # half a surrogate pair
        ("Zoe\u0308", "Zoë"),
        ("李小龙", "李小龙"),
        ("e" + "\u0301" * 40, "é\u0301\u0301"),
        ("x" * 10_000, "x" * 32),
        ("\u202e\u200b", ""),
    ],
)
def test_names_are_cleaned(given_name, shown):
    assert clean(given_name, 32) == shown


@settings(deadline=None)
@given(st.text(max_size=400))
def test_a_clean_name_is_printable_short_and_stays_as_it_is(text):
    name = clean(text, 32)
    assert len(name) <= 32
    assert all(letter.isprintable() for letter in name)
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in name)
    assert clean(name, 32) == name


def test_equal_names_are_numbered():
    taken = []
    for _ in range(4):
        taken.append(unique("ann", taken, 32))
    assert taken == ["ann", "ann-2", "ann-3", "ann-4"]


def test_upper_and_lower_case_do_not_make_a_difference():
    assert unique("ANN", ["ann"], 32) == "ANN-2"


def test_nobody_is_nameless():
    assert unique("", [], 32) == NAMELESS
    assert unique("", [NAMELESS], 32) == f"{NAMELESS}-2"


def test_a_number_fits_into_the_longest_name():
    longest = "x" * 32
    assert unique(longest, [longest], 32) == "x" * 30 + "-2"


@settings(deadline=None)
@given(st.lists(st.text(max_size=6), max_size=30))
def test_names_of_a_room_are_all_different(wanted):
    taken = []
    for each in wanted:
        taken.append(unique(clean(each, 8), taken, 8))
    assert len({name.casefold() for name in taken}) == len(taken)
    assert all(0 < len(name) <= 8 for name in taken)
