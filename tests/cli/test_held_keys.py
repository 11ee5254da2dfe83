"""Keys count as held as long as they are, as far as a terminal's presses tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.cli.held_keys import REPEAT, TAP, HeldKeys


def test_a_tap_is_held_for_a_moment() -> None:
    keys = HeldKeys()
    keys.press("up", now=10.0)
    assert keys.held(now=10.0) == {"up"}
    assert keys.held(now=10.0 + TAP - 0.01) == {"up"}
    assert keys.held(now=10.0 + TAP + 0.01) == frozenset()


@pytest.mark.parametrize("period", [1 / 30, 1 / 25, 0.1])
def test_repeats_hold_a_key_without_a_gap(period: float) -> None:
    keys = HeldKeys()
    now = 0.0
    keys.press("up", now=now)
    for _ in range(50):
        now += period
        assert keys.held(now=now - 0.001) == {"up"}
        keys.press("up", now=now)
    assert keys.held(now=now + REPEAT - 0.01) == {"up"}
    assert keys.held(now=now + REPEAT + 0.01) == frozenset()


def test_a_short_repeat_delay_leaves_no_gap_and_a_long_one_a_short_one() -> None:
    for delay, gap in ((0.24, False), (0.5, True)):
        keys = HeldKeys()
        keys.press("up", now=0.0)
        assert (keys.held(now=delay - 0.001) == frozenset()) is gap
        keys.press("up", now=delay)
        assert keys.held(now=delay + REPEAT - 0.01) == {"up"}
        assert keys.held(now=delay + REPEAT + 0.01) == frozenset()


def test_two_keys_are_held_each_for_itself() -> None:
    keys = HeldKeys()
    keys.press("left", now=0.0)
    keys.press("j", now=0.1)
    assert keys.held(now=0.2) == {"left", "j"}
    assert keys.held(now=0.1 + TAP - 0.01) == {"j"}


def test_a_key_whose_release_is_told_is_held_until_then() -> None:
    keys = HeldKeys()
    keys.press("up", now=0.0, is_told_release=True)
    assert keys.held(now=1e6) == {"up"}
    keys.release("up")
    assert keys.held(now=1e6) == frozenset()


def test_a_release_of_what_was_not_pressed_is_harmless() -> None:
    keys = HeldKeys()
    keys.release("up")
    assert keys.held(now=0.0) == frozenset()


def test_nothing_is_held_when_the_focus_is_lost() -> None:
    keys = HeldKeys()
    keys.press("up", now=0.0, is_told_release=True)
    keys.press("j", now=0.0)
    keys.release_all()
    assert keys.held(now=0.0) == frozenset()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.0, 1.0), st.booleans())))
def test_whatever_is_pressed_all_is_let_go_in_the_end(presses: list[tuple[str, float, bool]]) -> None:
    keys, now = HeldKeys(), 0.0
    for key, later, is_released in presses:
        now += later
        if is_released:
            keys.release(key)
            assert key not in keys.held(now=now)
        else:
            keys.press(key, now=now)
            assert key in keys.held(now=now)
    assert keys.held(now=now + max(TAP, REPEAT) + 0.01) == frozenset()
