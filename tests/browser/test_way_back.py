"""The way back into a room that a tab keeps, what waits for a listener, and words of others, all on a page of the server."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.room import join, room_of
from tests.browser.stage import Tab


def test_a_reloaded_page_is_the_same_member_in_a_new_life(ann: Tab, open_tab: Callable[[], Tab]) -> None:
    ben, room = open_tab(), room_of(ann)
    join(ben, room)
    ben.evaluate("() => addEventListener('pagehide', () => lobby.depart())")
    ben.reload()
    ben.until("() => 'Lobby' in window")
    told = join(ben, room, "another name")["value"]
    assert (told["me"]["id"], told["me"]["name"], told["me"]["seat"], told["me"]["life"]) == ("m2", "ben", 1, 2)
    ann.until("() => lobby.view.members[1]?.life === 2 && lobby.view.members[1].connected")


def test_a_tab_that_was_duplicated_does_not_throw_the_first_one_out(ann: Tab, open_tab: Callable[[], Tab]) -> None:
    copy, room = open_tab(), room_of(ann)
    kept = ann.evaluate("() => ({ ...sessionStorage })")
    copy.evaluate("(kept) => Object.assign(sessionStorage, kept)", kept)
    assert join(copy, room, "copy")["value"]["me"]["id"] == "m2"
    assert ann.evaluate("() => lobby.connected")
    assert copy.evaluate("(kept) => Object.keys(sessionStorage).length", kept) == 1, "the newest one is kept"


def test_a_page_that_was_replaced_by_another_stays_away(ann: Tab, open_tab: Callable[[], Tab]) -> None:
    thief, room = open_tab(), room_of(ann)
    kept = ann.evaluate("() => { wayBack.releaseWayBack(lobby.view.room); return { ...sessionStorage }; }")
    thief.evaluate("(kept) => Object.assign(sessionStorage, kept)", kept)
    assert join(thief, room)["value"]["me"]["id"] == "m1"
    ann.until("() => lobby.over?.code === 'replaced'")
    assert not ann.evaluate("() => lobby.connected")


def test_a_stale_token_falls_back_to_joining_anew(ann: Tab, open_tab: Callable[[], Tab]) -> None:
    ben, room = open_tab(), room_of(ann)
    ben.evaluate("(room) => { wayBack.keepWayBack(room, 'resume.nothing', false); wayBack.releaseWayBack(room); }", room)
    assert ben.evaluate("(room) => wayBack.findWayBack(room, false)", room) == "resume.nothing"
    assert join(ben, room)["value"]["me"]["name"] == "ben"
    assert ben.evaluate("(room) => wayBack.findWayBack(room, false)", room) is None, "the new one is in use"


def test_a_token_is_found_by_any_spelling_of_the_room_and_for_the_same_kind_of_member(ann: Tab) -> None:
    found = ann.evaluate(
        """() => {
            wayBack.keepWayBack("K0W1-3MZP", "token", true);
            wayBack.releaseWayBack("K0W1-3MZP");
            const rooms = ["k0w13mzp", "KOWI-3mzp", " kowl 3mzp"];
            const found = [...rooms.map((room) => wayBack.findWayBack(room, true)), wayBack.findWayBack(rooms[0], false)];
            wayBack.forgetWayBack("k0w1-3mzp");
            return [...found, wayBack.findWayBack(rooms[0], true)];
        }"""
    )
    assert found == ["token", "token", "token", None, None]


def test_what_waits_is_bounded_and_members_are_told_once_the_newest(ann: Tab) -> None:
    came = ann.evaluate(
        """() => {
            const mail = new LobbyMail();
            for (let n = 0; n < 1000; n += 1) mail.put("relay", { n });
            for (let n = 0; n < 5; n += 1) mail.put("members", { n });
            mail.put("welcome", { n: 0, locked: false });
            mail.put("welcome", { n: 5, locked: true });
            mail.put("lost", {});
            const came = [];
            mail.listen((event, { n }) => came.push([event, n]));
            mail.put("lost", { n: 6 });
            return came;
        }"""
    )
    assert came[:3] == [["welcome", 0], ["members", 5], ["relay", 0]]
    assert came[-1] == ["lost", 6] and len(came) == 2 + 256 + 1


def test_words_of_others_are_one_plain_line(ann: Tab) -> None:
    words = ["a\u202eb", " a\n\tb ", "x" * 400, "\U0001f600" * 200, "\u0000\u200bfine", "e\u0301"]
    shown = ann.evaluate("(words) => words.map((word) => plainWords(word))", words)
    assert shown[0] == "a b" and shown[1] == "a b" and shown[4] == "fine" and shown[5] == "e\u0301"
    assert len(shown[2]) == 300 and shown[2].endswith("x\u2026")
