"""The page of players: every screen, every way in, every wrong input, for eyes and for ears."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.acting_page import ActingPage, acting_page
from tests.browser.stage import Stage

HOSTILE = "<img src=x onerror=alert(1)>"
TURNED = "\u202egnp.exe\u202d"
FIELD = "(id) => document.getElementById(id)"
ICE = [{"urls": ["stun:127.0.0.1:9"]}]
ENDED = {"reason": "over", "sentence": "The game is over: ann won.", "frames": 1800, "checksum": "00ff" * 4, "rollbacks": 42}


@pytest.fixture
def page(stage: Stage) -> Iterator[ActingPage]:
    """The page, with all four games."""
    with acting_page(stage) as page:
        yield page


def write(page: ActingPage, id: str, text: str) -> None:
    page.tab.evaluate(f"([id, text]) => {{ ({FIELD})(id).value = text; }}", [id, text])


def member(seat: int | None, name: str, **more: Any) -> dict[str, Any]:
    return {"id": f"m{seat}", "name": name, "seat": seat, "connected": True, "life": 1, **more}


def test_the_way_from_a_new_room_to_the_end_of_a_match_and_back(page: ActingPage) -> None:
    assert page.screen == "start" and page.asked("load") == [None]
    write(page, "name", "  ann ")
    page.tab.click("Create a room")
    page.until_screen("room")
    assert page.asked("create") == [{"game": "pong", "players": 2, "name": "ann"}]
    [settings] = page.asked("begin")
    assert settings == {
        "bot": None, "transport": "auto", "latency_ms": 0, "jitter_ms": 0, "loss": 0, "mode": "play", "game": "pong",
        "ice_servers": ICE,
    }  # fmt: skip
    assert page.tab.evaluate("() => location.search") == "?room=RIVER-OTTER-42"
    page.begin()
    assert page.screen == "match" and page.tab.evaluate("() => document.activeElement.id") == "picture"
    page.tell("picture", {"frame": 1, "primitives": [], "scores": [3, 1.5], "reason": "running"})
    assert page.text("#scores").split() == ["ann", "you", "3", "bob", "1.50"]
    page.tab.click("Pause")
    page.tell("picture", {"frame": 2, "primitives": [], "reason": "paused"})
    assert page.text("#reason") == "Paused" and page.text("#pause") == "Go on"
    held = {"frame": 2, "primitives": [], "reason": "paused"}
    for sentence, own, shown in [("waiting for bob", False, "Pause"), ("bob asked", True, "Go on"), ("", True, "Go on")]:
        page.tell("picture", {**held, "wait": {"sentence": sentence, "own": own, "lost": not own}})
        assert (page.text("#reason"), page.text("#pause")) == (sentence or "Paused", shown)
    page.tell("ended", {**ENDED, "scores": [5, 3], "again": True})
    assert page.screen == "end" and page.text("#sentence") == ENDED["sentence"]
    assert page.text("#facts") == "1800 frames · 42 rollbacks · checksum 00ff00ff00ff00ff"
    page.tab.click("Play again")
    assert page.asked("again") == [None] and "Waiting" in page.text("#again-told")
    page.begin()
    assert page.screen == "match"
    page.tab.click("Leave")
    page.until_screen("start")
    assert page.asked("leave") == [None] and page.asked("pause") == [None]
    assert page.tab.evaluate("() => location.href.endsWith('/')")


def test_who_wants_another_match_is_told_at_the_end_of_one(page: ActingPage) -> None:
    page.tab.click("Create a room")
    page.until_screen("room")
    page.begin()
    page.tell("ended", {**ENDED, "again": True})
    members = [member(0, "ann", again=False), member(1, HOSTILE, again=True)]
    page.tab.evaluate("(members) => client.tellRoom({ members, me: members[0] })", members)
    assert page.text("#again-told") == f"{HOSTILE} wants to play again."
    page.tab.click("Play again")
    page.tab.evaluate("() => client.tellRoom({})")
    assert page.text("#again-told").startswith("Waiting")


def test_one_screen_is_shown_at_a_time_and_gets_the_focus(page: ActingPage) -> None:
    assert page.look("screens") == ["start"]
    page.tab.click("Play against the bot")
    page.until_screen("room")
    assert page.look("screens") == ["room"] and page.tab.evaluate("() => document.activeElement.id") == "room-title"
    page.begin()
    assert page.look("screens") == ["match"]
    page.tell("ended", {**ENDED, "again": False})
    assert page.look("screens") == ["end"] and page.tab.evaluate("() => document.activeElement.id") == "end-title"
    assert not page.tab.evaluate("() => document.querySelector('#again').checkVisibility()")


@pytest.mark.parametrize(
    ("address", "name", "wish"),
    [
        ("?room=K7QW-3MZP&name=ann", "join", {"room": "K7QW-3MZP", "name": "ann", "spectate": False, "token": None}),
        ("?room=A-B&name=a&watch=1&token=t", "join", {"room": "A-B", "name": "a", "spectate": True, "token": "t"}),
        ("?solo=best&game=duel&latency=80,20,0.05&frames=1800&transport=relay", "solo", {
            "game": "duel", "bot": "best", "latency_ms": 80, "jitter_ms": 20, "loss": 0.05,
            "frames": 1800, "transport": "relay",
        }),
        ("?solo=random", "solo", {
            "game": "pong", "bot": "random", "latency_ms": 0, "jitter_ms": 0, "loss": 0, "transport": "auto",
        }),
    ],
)  # fmt: skip
def test_an_address_leads_into_a_match_by_itself(stage: Stage, address: str, name: str, wish: dict[str, Any]) -> None:
    with acting_page(stage, address) as page:
        assert page.screen == "room" and page.trouble == ""
        assert page.asked(name) == [wish if name == "join" else {**wish, "ice_servers": ICE}]


def test_an_address_may_have_a_bot_play_for_us_over_a_line_that_is_worse(stage: Stage) -> None:
    with acting_page(stage, "?room=A-B&name=ann&bot=best&latency=80,20,0.05") as page:
        [settings] = page.asked("begin")
        assert settings["bot"] == "best" and [settings[key] for key in ("latency_ms", "jitter_ms", "loss")] == [80, 20, 0.05]


def test_an_invitation_waits_for_a_name_and_one_press(stage: Stage) -> None:
    with acting_page(stage, "?room=K7QW-3MZP&game=duel") as page:
        assert page.screen == "start" and page.text("h1") == "You are invited" and page.asked("join") == []
        assert page.tab.evaluate("() => document.querySelector('#games :checked').value") == "duel"
        page.tab.evaluate("() => document.querySelector('#name').focus()")
        page.key("type", "ann")
        page.key("press", "Enter")
        page.until_screen("room")
        assert page.asked("join")[0]["name"] == "ann" and page.asked("join")[0]["room"] == "K7QW-3MZP"


def test_no_button_can_be_pressed_before_the_server_told_its_games(stage: Stage) -> None:
    resting = """async () => {
        const text = await (await fetch("/")).text();
        const pages = [document, new DOMParser().parseFromString(text, "text/html")]; // its script may come late, too
        const buttons = pages.flatMap((page) => [...page.querySelectorAll("#entry button:not(.terminal *)")]);
        return buttons.map((button) => button.disabled);
    }"""
    with acting_page(stage, "#held") as page:
        assert page.tab.evaluate(resting) == [True] * 8
        page.tab.evaluate("() => document.querySelector('#name').focus()")
        page.key("press", "Enter")
        assert page.trouble == "" and page.asked("create") == []
        page.tab.evaluate("() => answer()")
        page.tab.click("Create a room")
        page.until_screen("room")
        assert page.asked("create") == [{"game": "pong", "players": 2, "name": ""}] and page.trouble == ""


def test_a_reload_goes_back_into_the_room_and_leaving_does_not(page: ActingPage) -> None:
    write(page, "code", "k7qw 3mzp")
    page.tab.click("Watch")
    page.until_screen("room")
    assert page.asked("begin")[0]["mode"] == "watch"
    page.tab.reload()
    page.tab.until("() => window.isOpen")
    assert page.screen == "room" and page.asked("join")[0] == {
        "room": "k7qw 3mzp", "name": "", "spectate": True, "token": None,
    }  # fmt: skip
    page.tab.click("Leave")
    page.visit("?room=k7qw+3mzp")
    assert page.screen == "start" and page.asked("join") == []


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("?latency=80,20,0.05,9", "?latency=80,20,0.05,9 is no line"),
        ("?latency=fast", "such as 80,20,0.05"),
        ("?latency=-1", "?latency=-1 is no line"),
        ("?latency=1,2,3", "the share that is lost"),
        ("?frames=0", "give a whole number of frames"),
        ("?frames=1e3", "?frames=1e3 is no length"),
        ("?bot=genius", "This server has no agent called genius: choose one of best, random."),
        ("?solo=worst&game=pong", "no agent called worst: choose one of best, random."),
        ("?solo=..%2Fworst", "?solo=../worst is not known: use best, random or the name of an agent of this server"),
        ("?transport=pigeon", "use auto or webrtc or relay"),
        ("?transfer=maybe", "use on or off"),
        ("?watch=yes", "use 0 or 1"),
        ("?game=chess", "no game called chess: choose one of pong, duel, gridworld, tetris"),
        ("?game=" + "x" * 5000, "no game called xxx"),
        ("?bot=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", f"?bot={HOSTILE} is not known"),
    ],
)
def test_a_wrong_address_is_one_sentence_and_begins_nothing(stage: Stage, address: str, sentence: str) -> None:
    with acting_page(stage, f"{address}&room=A-B&name=ann") as page:
        assert sentence in page.trouble and len(page.trouble) < 400
        assert page.screen == "start" and page.asked("join") == page.asked("solo") == []
        assert page.tab.evaluate("() => document.querySelector('#alert').getAttribute('role')") == "alert"


def test_what_the_lobby_refuses_is_said_and_another_try_is_free(page: ActingPage) -> None:
    page.tab.evaluate("() => { client.refusal = { code: 'full', message: 'Room A-B is full.' }; }")
    write(page, "code", "A-B")
    page.tab.click("Join")
    page.tab.until("() => !document.querySelector('#alert').hidden")
    assert page.trouble == "Room A-B is full." and page.screen == "start" and page.asked("begin") == []
    page.tab.evaluate("() => { client.refusal = null; }")
    page.tab.click("Watch")
    page.until_screen("room")
    assert page.trouble == ""


@pytest.mark.parametrize("code", ["", "   ", "../etc", "A" * 65, "<b>", "\u202eABC"])
def test_what_can_be_no_code_is_never_sent(page: ActingPage, code: str) -> None:
    write(page, "code", code)
    page.tab.click("Join")
    page.tab.until("() => !document.querySelector('#alert').hidden")
    assert "code of letters and digits" in page.trouble and page.asked("join") == []


def test_a_second_press_does_nothing_while_the_first_is_on_its_way(page: ActingPage) -> None:
    page.tab.evaluate("() => { client.gate = new Promise((go) => { window.go = go; }); }")
    write(page, "code", "A-B")
    page.tab.click("Join")
    page.tab.evaluate("() => { for (const id of ['join', 'watch', 'create', 'solo']) document.getElementById(id).click(); }")
    page.tab.evaluate("() => document.querySelector('#join-match').requestSubmit()")
    page.tab.evaluate("() => window.go()")
    page.until_screen("room")
    assert len(page.asked("join")) == 1 and page.asked("create") == page.asked("solo") == []
    assert not page.tab.evaluate("() => document.querySelector('#join').disabled")


def test_a_room_of_another_game_is_left_with_a_sentence(page: ActingPage) -> None:
    page.tab.evaluate("() => { client.game = 'gym:Doom-v9'; }")
    write(page, "code", "A-B")
    page.tab.click("Join")
    page.tab.until("() => !document.querySelector('#alert').hidden")
    assert "plays gym:Doom-v9" in page.trouble and page.asked("leave") == [None] and page.asked("begin") == []


def test_names_of_others_are_text_and_turn_nothing_around(page: ActingPage) -> None:
    page.tab.click("Create a room")
    page.until_screen("room")
    names = [HOSTILE, TURNED, "x" * 10_000, "\u0627\u0644\u0627\u0633\u0645"]
    page.tab.evaluate(
        "(members) => client.tellRoom({ members, players: 4 })", [member(seat, name) for seat, name in enumerate(names)]
    )
    assert page.look("names", "#members") == [[name, "BDI", "auto"] for name in names]
    assert page.look("overflow")[0] <= 0, "a long name makes nothing wider"
    page.begin(players=[{"name": name, "controller": "human"} for name in names])
    assert page.look("names", "#scores") == [[name, "BDI", "auto"] for name in names]
    page.tell("news", {"sentence": f"{HOSTILE} {TURNED} left", "kind": "warning"})
    assert HOSTILE in page.text("#news") and page.tab.evaluate("() => document.images.length") == 0
    assert page.tab.evaluate("() => getComputedStyle(document.querySelector('#scores .name')).unicodeBidi") == "isolate"
    assert page.look("overflow") == [0, 0]


def test_the_room_tells_who_is_there_who_loads_and_who_is_away(page: ActingPage) -> None:
    page.tab.evaluate("() => { document.querySelector('[value=tetris]').click(); }")
    page.tab.evaluate("() => { document.querySelector('#players').value = '3'; }")
    page.tab.click("Create a room")
    page.until_screen("room")
    assert page.asked("create")[0]["players"] == 3 and page.text("#room-lead") == "Tetris · room RIVER-OTTER-42"
    members = [member(0, "ann", loading=True), member(1, "bob"), member(None, "eve"), member(2, "cy", connected=False)]
    page.tab.evaluate("(members) => client.tellRoom({ members, watching: 4 })", members)
    lines = [line.split() for line in page.text("#members").replace("\n\n", "\n").split("3\n")[0].split("2\n")]
    assert lines[0] == ["1", "ann", "you", "loading"] and lines[1] == ["bob", "ready"]
    assert page.text("#members li:nth-child(3)").split() == ["3", "cy", "away"]
    assert page.text("#watchers") == "5 are watching." and page.text("h1#room-title") == "Waiting for players"
    page.tab.evaluate("(members) => client.tellRoom({ members })", [member(seat, "a") for seat in range(3)])
    assert page.text("#room-title") == "Here we go"


def test_the_invitation_is_a_link_and_a_code_that_reads_as_the_link(page: ActingPage) -> None:
    page.tab.click("Create a room")
    page.tab.until("() => !document.querySelector('#qr').hidden")
    link = page.tab.evaluate("() => document.querySelector('#link').value")
    assert link == page.tab.evaluate("() => client.room.link") and link.endswith("/?room=RIVER-OTTER-42")
    assert page.look("codeSays", link) and not page.look("codeSays", link + "3")
    page.tab.click("Copy", exact=True)
    page.tab.until("() => document.querySelector('#copied').textContent")
    assert page.text("#copied") in ("Copied.", "It is selected: copy it with your keyboard or by a long press.")


def test_the_link_of_a_locked_room_is_made_anew_with_an_invitation(page: ActingPage) -> None:
    page.tab.click("Create a room")
    page.until_screen("room")
    page.tab.evaluate("(members) => client.tellRoom({ members, locked: true })", [member(0, "ann")])
    assert page.text("#copied").startswith("The match has begun, and this link is for those who watch.")
    assert page.asked("invitation") == []
    page.tab.click("Copy", exact=True)
    page.tab.until("() => document.querySelector('#link').value.endsWith('/?room=RIVER-OTTER-42&token=fresh')")
    assert page.asked("invitation") == [None]


def test_in_a_match_a_seat_that_became_free_can_be_offered_by_a_link(page: ActingPage) -> None:
    page.tab.click("Create a room")
    page.until_screen("room")
    page.begin()
    hidden = "() => document.querySelector('#invite').hidden"
    two = [member(0, "ann"), member(1, "bob")]
    for members, locked, is_hidden in [(two, True, True), (two[:1], False, True), (two[:1], True, False)]:
        page.tab.evaluate("(told) => client.tellRoom({ players: 2, ...told })", {"members": members, "locked": locked})
        assert page.tab.evaluate(hidden) is is_hidden
    page.tab.click("Invite")
    told = "document.querySelector('#news').innerText + document.querySelector('#alert-text').innerText"
    page.tab.until(f"() => ({told}).includes('lets a player in, for a few minutes')")


def test_the_bar_of_loading_tells_the_truth(page: ActingPage) -> None:
    bar = "() => [document.querySelector('#progress').position, document.querySelector('#loading').hidden]"
    assert page.tab.evaluate(bar)[1] is True
    page.tell("progress", {"stage": "manifest", "message": "Asking the server"})
    assert page.tab.evaluate(bar) == [-1, False], "nobody knows how much there is"
    page.tell("progress", {"stage": "download", "message": "Loading Python: 3 of 12 MB", "loaded": 3, "total": 12})
    assert page.tab.evaluate(bar) == [0.25, False] and page.text("#stage-told") == "Loading Python: 3 of 12 MB"
    page.tell("state", {"engine": "ready", "lobby": "none"})
    assert page.tab.evaluate(bar)[1] is True


def test_a_lost_lobby_and_a_failed_engine_are_told(page: ActingPage) -> None:
    page.tab.click("Create a room")
    page.until_screen("room")
    page.tell("state", {"engine": "loading", "lobby": "lost"})
    assert page.text("#line") == "The lobby cannot be reached. Trying again…"
    page.tell("state", {"engine": "loading", "lobby": "connected"})
    assert page.text("#line") == ""
    page.tell("failed", {"name": "GameError", "message": "step raised ValueError", "traceback": f"line 7\n{HOSTILE}"})
    assert page.trouble == "step raised ValueError" and page.screen == "start"
    assert page.asked("leave") == [None], "another room may be entered"
    assert page.tab.evaluate("() => document.querySelector('#alert-trace').textContent") == f"line 7\n{HOSTILE}"
    page.tab.click("Close this message")
    assert page.trouble == ""


def test_the_replay_can_be_downloaded_and_another_room_begins_without_it(page: ActingPage) -> None:
    page.begin()
    page.tab.evaluate("(ended) => client.tell('ended', { ...ended, data: new Uint8Array([1, 2, 3]) })", ENDED)
    assert page.tab.evaluate("() => document.querySelector('#download').download") == "pong.rbr"
    assert page.tab.evaluate("() => document.querySelector('#download').href.startsWith('blob:')")
    page.begin()
    page.tell("ended", ENDED)
    assert page.tab.evaluate("() => document.querySelector('#download').hidden")


@pytest.mark.parametrize(("width", "height"), [(360, 640), (640, 360), (1280, 800), (320, 568)])
def test_a_match_fits_on_the_screen_without_scrolling(page: ActingPage, width: int, height: int) -> None:
    page.size(width, height)
    page.tab.evaluate("() => document.body.classList.add('touched')")
    for opened in (False, True):
        page.begin()
        page.tab.evaluate("(open) => { document.querySelector('#overlay').open = open; }", opened)
        page.tell("picture", {"frame": 1, "primitives": [], "scores": [1, 2], "reason": "paused"})
        page.tell("stats", {"rtt_ms": 20, "quality": "poor", "why": "Half of all datagrams are lost, which costs rollbacks."})
        assert page.look("overflow") == [0, 0]
        for part in ("#picture", "#scores", "#pad-left button", "#pad-right button:last-child", "#pause", "#match .leave"):
            left, top, right, bottom = page.look("edges", part)
            assert left >= 0 and top >= 0 and right <= width + 0.5 and bottom <= height + 0.5, (part, opened)
            assert right - left > 30 and bottom - top > 20, (part, opened)


def test_every_control_has_a_name_and_can_be_reached_with_the_keyboard(page: ActingPage) -> None:
    assert page.look("nameless") == []
    reached: list[str] = []
    for _ in range(12):
        page.key("press", "Tab")
        reached.append(page.tab.evaluate("() => document.activeElement.id || document.activeElement.value"))
    for wanted in ("name", "pong", "create", "solo", "code", "join", "watch"):
        assert wanted in reached
    page.tab.evaluate("() => document.querySelector('#create').focus()")
    assert page.tab.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.key("press", "Enter")
    page.until_screen("room")


def test_the_score_and_the_news_are_said_to_whoever_does_not_see(page: ActingPage) -> None:
    page.begin()
    page.tab.evaluate("() => { const now = performance.now; performance.now = () => now.call(performance) + 5000; }")
    page.tell("picture", {"frame": 9, "primitives": [], "scores": [2, 0], "reason": "running", "text": "rally 7"})
    assert page.tab.evaluate("() => document.querySelector('#picture').ariaLabel") == "Pong: ann 2, bob 0. rally 7"
    live = "(id) => { const each = document.getElementById(id); return [each.ariaLive, each.textContent]; }"
    assert page.tab.evaluate(live, "announced") == ["polite", "ann 2, bob 0"]
    for place in range(5):
        page.tell("news", {"sentence": f"news {place}", "kind": "error"})
    assert page.tab.evaluate(live, "news")[0] == "polite"
    said = "() => [...document.querySelectorAll('#news p')].map((line) => line.lastChild.textContent)"
    assert page.tab.evaluate(said) == ["news 2", "news 3", "news 4"] and page.text("#news").endswith("news 4")


@pytest.mark.parametrize(("width", "height"), [(360, 640), (1280, 800)])
def test_news_lie_over_no_picture(page: ActingPage, width: int, height: int) -> None:
    page.size(width, height)
    page.begin()
    page.tell("picture", {"frame": 9, "primitives": [], "aspect": 1.0, "reason": "running"})
    for _ in range(3):
        page.tell("news", {"sentence": "bob is reached through the lobby: it passes everything on, as WebRTC does not work"})
    page.tab.until("() => document.querySelector('#news').getAnimations({ subtree: true }).length === 0")
    assert page.look("edges", "#news")[3] <= page.look("edges", "#picture")[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(stage: Stage, page: ActingPage, scheme: str) -> None:
    stage.run(page.tab._page.emulate_media(color_scheme=scheme))
    assert page.look("faint") == []
    page.tab.click("Create a room")
    page.until_screen("room")
    page.tab.evaluate(
        "(members) => client.tellRoom({ members, players: 3, watching: 1 })", [member(0, "ann", loading=True), member(1, "bob")]
    )
    assert page.look("faint") == []
    page.begin()
    for quality in ("good", "fair", "poor"):
        page.tell("stats", {"rtt_ms": 20, "quality": quality, "why": "It is so."})
        assert page.look("faint") == []
    page.tell("ended", {**ENDED, "scores": [1, 2], "again": True})
    assert page.look("faint") == []
    stage.run(page.tab._page.emulate_media(color_scheme="light"))


def test_the_page_has_nothing_inline(page: ActingPage) -> None:
    served = page.tab.evaluate("async () => (await fetch('/')).text()")
    assert served.count("<script") == served.count('<script type="module" src=') == 1 and "<style" not in served
    assert " style=" not in served and " onclick" not in served and "<!-- what is missing -->" in served
