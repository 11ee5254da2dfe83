import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.codes import ALPHABET, LENGTH, make_code, read_code, show_code
from signaling.refusals import Refusal


def test_a_code_has_forty_bits_and_uses_them():
    assert len(set(ALPHABET)) ** LENGTH == 2**40
    codes = [make_code() for _ in range(2000)]
    assert len(set(codes)) == 2000
    letters = Counter("".join(codes))
    assert set(letters) == set(ALPHABET)
    assert max(letters.values()) < 2 * min(letters.values())  # 500 each on average


def test_a_code_is_shown_with_a_hyphen_in_the_middle():
    assert show_code("K7QW3MZP") == "K7QW-3MZP"
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", show_code(make_code()))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("K7QW-3MZP", "K7QW3MZP"),
        ("k7qw3mzp", "K7QW3MZP"),
        ("  k7qw 3mzp \n", "K7QW3MZP"),
        ("K7-QW_3M-ZP", "K7QW3MZP"),
        ("O0oO-IlL1", "00001111"),
    ],
)
def test_slips_of_people_who_type_codes_are_mended(typed, code):
    assert read_code(typed) == code


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "K7QW-3MZ",
        "K7QW-3MZPP",
        "K7QW-3MZU",
        "K7QW-3MZ!",
        "ß" * 8,
        "\x00" * 8,
        "A" * 10_000,
        None,
        7,
        b"K7QW3MZP",
        [],
    ],
)
def test_what_cannot_be_a_code_is_refused_in_a_sentence(typed):
    with pytest.raises(Refusal, match="8 letters and digits, such as K7QW-3MZP") as caught:
        read_code(typed)
    assert caught.value.code == "unknown_room"
    assert len(str(caught.value)) < 160
    assert str(caught.value).isprintable()


@settings(deadline=None)
@given(st.text(alphabet=ALPHABET, min_size=LENGTH, max_size=LENGTH))
def test_every_code_is_read_back_as_it_is_shown(code):
    assert read_code(show_code(code)) == code
    assert read_code(show_code(code).lower()) == code


@settings(deadline=None)
@given(st.text(max_size=70))
def test_any_text_is_a_code_or_refused(text):
    try:
        code = read_code(text)
    except Refusal:
        return
    assert len(code) == LENGTH and set(code) <= set(ALPHABET)
