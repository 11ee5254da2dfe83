"""Keyboard, touch and gamepad: which keys the client is told, what the page keeps for itself, and that nothing sticks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.acting_page import ActingPage, acting_page
from tests.browser.stage import Stage

DUEL = [
    {"label": "back", "keys": ["left", "a"]}, {"label": "forward", "keys": ["right", "d"]}, {"label": "punch", "keys": ["j"]},
    {"label": "kick", "keys": ["k"]}, {"label": "dash", "keys": ["l", "space"]},
]  # fmt: skip
ALL = [{"label": key, "keys": [key]} for key in ("up", "down", "left", "right", "space", "enter", "p", "7", "+")]


@pytest.fixture(scope="module")
def shared(stage: Stage) -> Iterator[ActingPage]:
    """The page, which notes keys that were kept from scrolling."""
    with acting_page(stage) as page:
        page.tab.evaluate(
            """() => {
                window.prevented = [];
                window.addEventListener("keydown", (event) => event.defaultPrevented && prevented.push(event.key));
            }"""
        )
        yield page


@pytest.fixture
def page(shared: ActingPage) -> ActingPage:
    """The page in a match of Pong, with nothing asked of the client yet."""
    shared.size(1280, 800)
    begin(shared)
    return shared


def begin(page: ActingPage, **changes: Any) -> None:
    page.begin(**changes)
    page.tab.evaluate("() => { client.calls = []; prevented.length = 0; document.querySelector('#picture').focus(); }")


def told(page: ActingPage) -> list[list[str]]:
    """Return the keys that were told, each time that they changed."""
    return page.asked("keys")


def test_keys_are_told_as_they_are_held_the_newest_last(page: ActingPage) -> None:
    for what, key in [("down", "ArrowUp"), ("down", "s"), ("up", "ArrowUp"), ("up", "s")]:
        page.key(what, key)
    assert told(page) == [["up"], ["up", "s"], ["s"], []]
    assert page.tab.evaluate("() => prevented") == ["ArrowUp", "s"]


def test_a_key_that_repeats_is_told_once_and_never_scrolls(page: ActingPage) -> None:
    for _ in range(3):
        page.key("down", "ArrowDown")
    page.key("up", "ArrowDown")
    assert told(page) == [["down"], []] and page.tab.evaluate("() => prevented") == ["ArrowDown"] * 3


def test_keys_that_the_game_does_not_use_are_left_to_the_browser(page: ActingPage) -> None:
    for key in ("ArrowLeft", " ", "PageDown", "Tab", "F5", "x"):
        if key != "F5":
            page.key("press", key)
    assert told(page) == [] and page.tab.evaluate("() => prevented") == []


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("ArrowUp", "up"), ("ArrowDown", "down"), ("ArrowLeft", "left"), ("ArrowRight", "right"), (" ", "space"),
        ("Enter", "enter"), ("p", "p"), ("P", "p"), ("7", "7"), ("+", "+"),
    ],
)  # fmt: skip
def test_keys_have_the_names_of_the_terminal(page: ActingPage, key: str, name: str) -> None:
    begin(page, buttons=ALL)
    page.key("press", key)
    assert told(page) == [[name], []] and page.asked("pause") == []


def test_another_alphabet_plays_by_the_place_of_the_key(page: ActingPage) -> None:
    assert page.look("key", "keydown", {"key": "\u0446", "code": "KeyW"}) is True
    page.look("key", "keyup", {"key": "\u0446", "code": "KeyW"})
    assert told(page) == [["w"], []]


def test_a_key_whose_letter_changes_while_it_is_held_does_not_stick(page: ActingPage) -> None:
    begin(page, buttons=[{"label": "one", "keys": ["1"]}, {"label": "up", "keys": ["w"]}])
    page.look("key", "keydown", {"key": "1", "code": "Digit1"})
    page.look("key", "keyup", {"key": "!", "code": "Digit1"})
    page.look("key", "keydown", {"key": "W", "code": "KeyW"})
    page.look("key", "keyup", {"key": "w", "code": "KeyW"})
    assert told(page) == [["1"], [], ["w"], []]


@pytest.mark.parametrize("with_key", [{"ctrlKey": True}, {"metaKey": True}, {"altKey": True}, {"isComposing": True}])
def test_shortcuts_of_the_browser_are_no_keys_of_the_game(page: ActingPage, with_key: dict[str, bool]) -> None:
    assert page.look("key", "keydown", {"key": "w", "code": "KeyW", **with_key}) is False
    assert told(page) == []


@pytest.mark.parametrize(
    "leave", ["window.dispatchEvent(new Event('blur'))", "document.dispatchEvent(new Event('visibilitychange'))"]
)
def test_looking_elsewhere_releases_every_key_at_once(page: ActingPage, leave: str) -> None:
    page.key("down", "ArrowUp")
    page.key("down", "s")
    page.tab.evaluate(f"() => {leave}")
    assert told(page)[-1] == [] and len(told(page)) <= 4
    page.key("up", "ArrowUp")
    page.key("up", "s")
    assert told(page)[-1] == []


def test_the_end_of_a_match_releases_every_key_and_hears_no_more(page: ActingPage) -> None:
    page.key("down", "ArrowUp")
    page.tell("ended", {"reason": "over", "sentence": "Over.", "frames": 1, "again": False})
    page.key("down", "s")
    page.key("up", "s")
    page.key("up", "ArrowUp")
    assert told(page) == [["up"], []]


def test_a_focused_button_is_pressed_by_space_and_the_game_hears_nothing_of_it(page: ActingPage) -> None:
    begin(page, buttons=DUEL)
    page.tab.evaluate("() => document.querySelector('#pause').focus()")
    page.key("press", " ")
    assert page.asked("pause") == [None] and told(page) == []
    page.key("press", "j")
    assert told(page) == [["j"], []], "other keys play on"


def test_p_pauses_unless_the_game_has_that_key(page: ActingPage) -> None:
    page.key("press", "p")
    assert page.asked("pause") == [None] and told(page) == [] and page.text("#keys") == "↑/w up · p pauses"
    begin(page, buttons=ALL)
    assert page.text("#keys") == "↑/w up"
    page.key("press", "p")
    assert page.asked("pause") == [] and told(page) == [["p"], []]


def test_whoever_watches_has_no_keys_no_pads_and_no_pause(page: ActingPage) -> None:
    begin(page, player=None)
    page.key("press", "ArrowUp")
    page.key("press", "p")
    assert page.tab.evaluate("() => client.calls") == [] and page.text("#keys") == "You are watching"
    seen = "() => ['pad-left', 'pad-right', 'pause'].map((id) => document.getElementById(id).hidden)"
    assert page.tab.evaluate(seen) == [True, True, True]


def test_a_bot_on_our_seat_leaves_us_nothing_but_the_pause(page: ActingPage) -> None:
    begin(page, players=[{"name": "ann", "controller": "best"}, {"name": "bob", "controller": "human"}])
    page.key("press", "ArrowUp")
    page.key("press", "p")
    assert told(page) == [] and page.asked("pause") == [None] and page.text("#keys") == "A bot plays for you"


# Touch


@pytest.fixture
def pads(page: ActingPage) -> ActingPage:
    """The page of a phone, in a match of Duel."""
    page.size(360, 640)
    begin(page, buttons=DUEL)
    page.tab.evaluate("() => document.body.classList.add('touched')")
    return page


def place(page: ActingPage, key: str, finger: int) -> tuple[float, float, int]:
    return (*page.look("middle", f"[data-key='{key}']"), finger)


def test_pads_have_a_named_button_for_each_of_the_game(pads: ActingPage) -> None:
    names = "(id) => [...document.querySelectorAll(`#${id} button`)].map(({ ariaLabel, dataset }) => [ariaLabel, dataset.key])"
    assert pads.tab.evaluate(names, "pad-left") == [["back", "left"], ["forward", "right"]]
    assert pads.tab.evaluate(names, "pad-right") == [["punch", "j"], ["kick", "k"], ["dash", "l"]]
    assert place(pads, "left", 0)[0] < 90 and place(pads, "j", 0)[0] > 270, "under the thumbs, at the edges"
    begin(pads)
    assert pads.tab.evaluate(names, "pad-left") == pads.tab.evaluate(names, "pad-right") == [["up", "up"], ["down", "down"]]


def test_two_thumbs_press_two_buttons_at_once(pads: ActingPage) -> None:
    right, punch = place(pads, "right", 0), place(pads, "j", 1)
    pads.touch("touchStart", right)
    pads.touch("touchStart", right, punch)
    assert pads.tab.evaluate("() => document.querySelectorAll('.pressed').length") == 2
    pads.touch("touchEnd", punch)
    pads.touch("touchEnd")
    assert told(pads)[:2] == [["right"], ["right", "j"]] and told(pads)[-1] == [] and len(told(pads)) == 4
    assert pads.tab.evaluate("() => document.querySelectorAll('.pressed').length") == 0


def test_a_thumb_slides_from_button_to_button_and_off_them(pads: ActingPage) -> None:
    pads.touch("touchStart", place(pads, "left", 0))
    pads.touch("touchMove", place(pads, "right", 0))
    pads.touch("touchMove", (180, 100, 0))
    pads.touch("touchMove", place(pads, "left", 0))
    pads.touch("touchEnd")
    assert told(pads) == [["left"], ["left", "right"], ["right"], [], ["left"], []]


def test_two_thumbs_on_the_same_key_hold_it_until_both_are_gone(pads: ActingPage) -> None:
    begin(pads)
    left, right = (*pads.look("middle", "#pad-left .up"), 0), (*pads.look("middle", "#pad-right .up"), 1)
    pads.touch("touchStart", left)
    pads.touch("touchStart", left, right)
    pads.touch("touchEnd", right)
    assert told(pads) == [["up"]]
    pads.touch("touchEnd")
    assert told(pads) == [["up"], []]


def test_the_end_of_a_match_lifts_every_thumb(pads: ActingPage) -> None:
    pads.touch("touchStart", place(pads, "left", 0))
    pads.tell("ended", {"reason": "over", "sentence": "Over.", "frames": 1, "again": False})
    assert told(pads) == [["left"], []]
    pads.touch("touchEnd")
    assert told(pads) == [["left"], []]


def test_a_button_of_a_pad_can_be_pressed_without_a_finger(pads: ActingPage) -> None:
    pads.tab.evaluate("() => document.querySelector('[data-key=k]').click()")
    pads.tab.until("() => client.asked('keys').length === 2")
    assert told(pads) == [["k"], []]


def test_pads_come_with_the_first_touch_where_nobody_said_that_there_is_a_touch_screen(page: ActingPage) -> None:
    page.tab.evaluate("() => document.body.classList.remove('touched')")
    shown = "() => document.querySelector('#pad-left').checkVisibility()"
    before = page.tab.evaluate(shown)
    page.touch("touchStart", (*page.look("middle", "#picture"), 0))
    page.touch("touchEnd")
    assert page.tab.until(shown) and not before


# Gamepad

PAD = """() => {
    window.pads = [];
    navigator.getGamepads = () => pads;
    window.plug = () => {
        pads[0] = { connected: true, axes: [0, 0, 0, 0], buttons: Array.from({ length: 17 }, () => ({ pressed: false })) };
        window.dispatchEvent(new Event("gamepadconnected"));
    };
    window.holding = () => client.asked("keys").at(-1) ?? [];
}"""


@pytest.fixture
def pad(page: ActingPage) -> Iterator[ActingPage]:
    """The page in a match of Duel, with a gamepad that a test moves."""
    page.tab.evaluate(PAD)
    begin(page, buttons=DUEL)
    page.tab.evaluate("() => plug()")
    yield page
    page.tab.evaluate("() => { pads.length = 0; }")


def holds(page: ActingPage, *keys: str) -> bool:
    page.tab.until(f"() => holding().toSorted().join() === '{','.join(sorted(keys))}'")
    return True


def test_cross_stick_and_buttons_are_keys(pad: ActingPage) -> None:
    pad.tab.evaluate("() => { pads[0].buttons[14].pressed = true; }")
    assert holds(pad, "left")
    pad.tab.evaluate("() => { pads[0].buttons[14].pressed = false; pads[0].axes[0] = 0.9; pads[0].buttons[0].pressed = true; }")
    assert holds(pad, "right", "j")
    pad.tab.evaluate("() => { pads[0].axes[0] = 0.3; pads[0].buttons[0].pressed = false; pads[0].buttons[2].pressed = true; }")
    assert holds(pad, "l")
    pad.tab.evaluate("() => { pads[0].buttons[2].pressed = false; pads[0].axes[1] = -1; }")
    assert holds(pad), "Duel has nothing that is up"


def test_the_start_button_pauses_once_a_press(pad: ActingPage) -> None:
    pad.tab.evaluate("() => { pads[0].buttons[9].pressed = true; pads[0].buttons[0].pressed = true; }")
    assert holds(pad, "j")
    pad.tab.evaluate("() => { pads[0].buttons[9].pressed = false; pads[0].buttons[0].pressed = false; }")
    assert holds(pad) and pad.asked("pause") == [None]


def test_a_gamepad_that_is_pulled_out_holds_nothing(pad: ActingPage) -> None:
    pad.tab.evaluate("() => { pads[0].buttons[15].pressed = true; }")
    assert holds(pad, "right")
    pad.tab.evaluate("() => { pads[0] = null; }")
    assert holds(pad)


def test_a_key_held_on_two_devices_is_released_with_the_last(pad: ActingPage) -> None:
    pad.tab.evaluate("() => { pads[0].buttons[14].pressed = true; }")
    assert holds(pad, "left")
    pad.key("down", "ArrowLeft")
    pad.tab.evaluate("() => { pads[0].buttons[14].pressed = false; pads[0].buttons[0].pressed = true; }")
    assert holds(pad, "j", "left")
    pad.tab.evaluate("() => { pads[0].buttons[0].pressed = false; }")
    assert holds(pad, "left")
    pad.key("up", "ArrowLeft")
    assert told(pad) == [["left"], ["left", "j"], ["left"], []]


def test_a_page_in_a_frame_that_forbids_gamepads_plays_without(page: ActingPage) -> None:
    page.tab.evaluate("() => { navigator.getGamepads = () => { throw new DOMException('no', 'SecurityError'); }; }")
    begin(page, buttons=DUEL)
    page.key("press", "j")
    assert told(page) == [["j"], []]
