"""Whom a page offers to play against, and what becomes of it: agents of the server and from files, right and wrong ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import pytest

from rollback.agents.checkpoints.limits import MAX_FILE
from tests.browser.acting_page import ActingPage, acting_page
from tests.browser.stage import Stage
from tests.browser.stand import Stand

HOSTILE: Final = "<img src=x onerror=alert(1)>"
CONTENT: Final = b"PK\x03\x04 the page does not look further than here"
CHOICES: Final = "() => [...document.querySelector('#opponent').options].map(({ value, text }) => [value, text])"
# What was asked of the client, the bytes as text.
ASKED: Final = """(name) => client.asked(name).map((asked) => (asked.agent
    ? { ...asked, agent: { ...asked.agent, data: new TextDecoder().decode(asked.agent.data) } } : asked))"""


@pytest.fixture
def stand(stage: Stage) -> Iterator[Stand]:
    """The server, which offers agents for the length of a test."""
    yield stage.stand
    stage.stand.agents.clear()
    stage.stand.kept.clear()


def alone(page: ActingPage, agent: str) -> None:
    """Hold that a match without a room has begun against an agent, with its bytes."""
    page.until_screen("room")
    [asked] = page.tab.evaluate(ASKED, "solo")
    assert asked["agent"] == {"name": agent, "data": CONTENT.decode()}
    assert page.text("#room-lead").endswith(f"against {agent}")


def told(page: ActingPage) -> str:
    """Return the sentence of trouble, once there is one; nothing has begun."""
    page.tab.until("() => !document.querySelector('#alert').hidden")
    assert page.screen == "start" and page.asked("solo") == page.asked("begin") == []
    return page.trouble


def test_each_game_offers_its_bots_its_agents_and_a_file(stage: Stage, stand: Stand) -> None:
    stand.offer_agent("tetris-best", "tetris", CONTENT, title=HOSTILE)
    stand.offer_agent("early", "tetris", CONTENT + b"2", title="early (cross-entropy, 9 episodes)")
    stand.offer_agent("paddle", "pong", CONTENT + b"3", title="x" * 5000)
    bots, file = [["best", "The game's best bot"], ["random", "Random moves"]], ["?file", "An agent from a file…"]
    with acting_page(stage) as page:
        assert page.tab.evaluate(CHOICES) == [*bots, ["paddle", f"paddle ({'x' * 100})"], file]
        page.tab.choose("#opponent", "paddle")
        page.tab.evaluate("() => document.querySelector('[value=tetris]').click()")
        assert page.tab.evaluate(CHOICES) == [
            *bots,
            ["tetris-best", f"tetris-best ({HOSTILE})"],
            ["early", "early (cross-entropy, 9 episodes)"],
            file,
        ]
        assert page.tab.evaluate("() => document.querySelector('#opponent').value") == "best", "paddle plays no Tetris"
        page.tab.choose("#opponent", "?file")
        page.tab.evaluate("() => document.querySelector('[value=duel]').click()")
        assert page.tab.evaluate("() => document.querySelector('#opponent').value") == "?file"
        assert page.tab.evaluate("() => document.images.length") == 0


def test_a_bot_that_is_chosen_plays(stage: Stage) -> None:
    with acting_page(stage, "?game=duel") as page:
        for choice in ("best", "random"):
            page.tab.choose("#opponent", choice)
            page.tab.click("Play against the bot")
            page.until_screen("room")
            assert page.text("#room-lead") == "Duel against the bot"
            page.tab.click("Leave")
            page.until_screen("start")
        asked = page.asked("solo")
        assert [(each["game"], each["bot"]) for each in asked] == [("duel", "best"), ("duel", "random")]
        assert not any("agent" in each for each in asked)


def test_an_agent_that_is_chosen_plays_and_is_named_beside_its_score(stage: Stage, stand: Stand) -> None:
    stand.offer_agent("tetris-best", "tetris", CONTENT)
    with acting_page(stage, "?game=tetris") as page:
        page.tab.choose("#opponent", "tetris-best")
        page.tab.click("Play against the bot")
        alone(page, "tetris-best")
        page.begin(players=[{"name": "you", "controller": "human"}, {"name": "tetris-best", "controller": "bot"}])
        assert page.text("#scores").split() == ["you", "tetris-best", "bot"]


def test_a_file_is_picked_by_keyboard_and_its_place_is_shown_while_it_is_wanted(stage: Stage) -> None:
    with acting_page(stage) as page:
        shown = "() => document.querySelector('#agent-file').checkVisibility()"
        assert not page.tab.evaluate(shown) and page.look("nameless") == []
        page.tab.evaluate("() => document.querySelector('#opponent').focus()")
        page.key("type", "An agent")
        assert page.tab.evaluate(shown)
        page.key("press", "Tab")
        assert page.tab.evaluate("() => [document.activeElement.id, document.activeElement.accept]") == ["agent-file", ".npz"]
        page.tab.pick("#agent-file", "my best.npz", CONTENT)
        page.key("press", "Tab")
        page.key("press", "Enter")
        alone(page, "my best.npz")
        kept = page.tab.evaluate("() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }])")
        assert "my best" not in kept and "agent" not in kept, "nothing of it is kept"


def test_the_choice_fits_and_stands_out_on_a_phone_and_on_a_desk(stage: Stage, stand: Stand) -> None:
    stand.offer_agent("a" * 64, "pong", CONTENT, title="w" * 500)
    with acting_page(stage) as page:
        for width in (320, 1280):
            page.size(width, 800)
            page.tab.choose("#opponent", "a" * 64)
            assert page.look("overflow")[0] <= 0 and page.look("faint") == []
            page.tab.choose("#opponent", "?file")
            page.tab.pick("#agent-file", "n" * 200 + ".npz", CONTENT)
            assert page.look("overflow")[0] <= 0 and page.look("faint") == []
            for part in ("#opponent", "#agent-file", "#solo"):
                left, top, right, bottom = page.look("edges", part)
                assert left >= 0 and right <= width and bottom - top >= 40, "a thumb finds it"


FILES = [
    ("none", None, "Choose the file of an agent, FILE.npz, or another opponent."),
    ("empty.npz", b"", "empty.npz is empty: choose a file FILE.npz that training saved."),
    ("cat.png", b"\x89PNG\r\n\x1a\n" + bytes(99), "cat.png is no agent: choose a file FILE.npz that training saved."),
    ("p", b"P", "p is no agent: choose a file FILE.npz that training saved."),
    ("deep.ONNX", b"\x08\x08", "deep.ONNX is an ONNX model, which no browser can play here: play it from a terminal"),
    (f"{HOSTILE}.npz", b"?", f"{HOSTILE}.npz is no agent"),
    ("n" * 300, b"?", f"{'n' * 100} is no agent"),
]


def test_a_file_that_is_no_agent_is_one_sentence_and_the_page_goes_on(stage: Stage) -> None:
    with acting_page(stage) as page:
        page.tab.choose("#opponent", "?file")
        for name, content, sentence in FILES:
            if content is not None:
                page.tab.pick("#agent-file", name, content)
            page.tab.click("Play against the bot")
            assert told(page).startswith(sentence)
            assert page.tab.evaluate("() => document.activeElement.id") == "agent-file", "there something is to be done"
            page.tab.click("Close this message")
        page.tab.pick("#agent-file", "right.npz", CONTENT)
        page.tab.click("Play against the bot")
        alone(page, "right.npz")
        assert page.trouble == ""


LARGE = """async (size) => {
    const { MAX_FILE, agentOfFile } = await import("/web/agents.js");
    let reads = 0;
    const file = { name: "large.npz", size, arrayBuffer: async () => { reads += 1; return new ArrayBuffer(0); } };
    const told = await agentOfFile(file).catch(({ message }) => message);
    return [MAX_FILE, told, reads];
}"""


def test_what_is_too_large_is_not_even_read_and_the_limit_is_that_of_checkpoints(stage: Stage) -> None:
    with acting_page(stage) as page:
        limit, sentence, reads = page.tab.evaluate(LARGE, MAX_FILE + 1)
        assert limit == MAX_FILE and reads == 0
        assert sentence.startswith(f"large.npz has {MAX_FILE + 1} bytes and an agent at most {MAX_FILE}: choose")
        assert page.tab.evaluate(LARGE, MAX_FILE)[1:] == [
            "large.npz is no agent: choose a file FILE.npz that training saved.",
            1,
        ]
        torn = LARGE.replace("return new ArrayBuffer(0)", "throw new Error('gone')")
        assert page.tab.evaluate(torn, 9)[1] == "large.npz cannot be read any more: choose it again."


FETCH: Final = """async (agent) => {
    const { fetchAgent } = await import("/web/agents.js");
    return fetchAgent(agent).then(({ data }) => data.length, ({ message }) => message);
}"""


def test_an_agent_that_the_server_sends_wrongly_is_one_sentence(stage: Stage, stand: Stand) -> None:
    stand.offer_agent("it", "pong", CONTENT)
    right = stand.agents[0]
    stand.offer_agent("other", "pong", CONTENT, sha256="0" * 64)
    otherwise = "came otherwise than the server says it is: reload the page, and try it again."
    with acting_page(stage, "?solo=other") as page:
        assert told(page) == f"The agent other {otherwise}"
        assert page.tab.evaluate(FETCH, right) == len(CONTENT)
        for size in (len(CONTENT) - 1, len(CONTENT) + 1, 1):
            assert page.tab.evaluate(FETCH, {**right, "size": size}) == f"The agent it {otherwise}"
        gone = page.tab.evaluate(FETCH, {**right, "sha256": "f" * 64})
        assert gone == "The server has the agent it no more: reload the page to see which ones there are."
        page.tab.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
        assert page.tab.evaluate(FETCH, right) == "The agent it does not come: is the server still running?"
        page.tab.click("Play against the bot")  # the game's own, which is what is chosen
        page.until_screen("room")
        assert page.trouble == ""


def test_where_the_browser_has_no_hashes_size_and_the_files_own_hash_have_to_do(stage: Stage, stand: Stand) -> None:
    stand.offer_agent("it", "pong", CONTENT, sha256=hashlib.sha256(b"other").hexdigest())
    with acting_page(stage, "?game=pong") as page:
        page.tab.evaluate("() => Object.defineProperty(crypto, 'subtle', { value: undefined })")
        page.tab.choose("#opponent", "it")
        page.tab.click("Play against the bot")
        alone(page, "it")


AGENTS_OF = "async (told) => (await import('/web/agents.js')).agentsOf(told).map(({ name }) => name)"


def test_what_a_manifest_tells_and_is_no_agent_is_not_offered(stage: Stage) -> None:
    right = {"name": "it", "game": "pong", "title": "It", "sha256": "ab" * 32, "size": 9}
    wrong: list[Any] = [
        {"name": "best"}, {"name": "random"}, {"name": "It"}, {"name": "../it"}, {"name": "x" * 65}, {"name": None},
        {"sha256": "ab"}, {"sha256": "../" * 22}, {"size": 0}, {"size": MAX_FILE + 1}, {"size": "9"}, {"game": 7},
    ]  # fmt: skip
    with acting_page(stage) as page:
        told = [right, *({**right, **each} for each in wrong), None, 7, [], {**right, "name": "other", "title": None}]
        assert page.tab.evaluate(AGENTS_OF, told) == ["it", "other"]
        for nothing in (None, {}, "it", 7):
            assert page.tab.evaluate(AGENTS_OF, nothing) == []


def test_an_address_begins_against_an_agent_in_its_game_at_once(stage: Stage, stand: Stand) -> None:
    stand.offer_agent("tetris-best", "tetris", CONTENT)
    with acting_page(stage, "?solo=tetris-best&frames=30") as page:
        alone(page, "tetris-best")
        [asked] = page.asked("solo")
        assert asked["game"] == "tetris" and asked["frames"] == 30
        assert page.tab.evaluate("() => document.querySelector('#games :checked').value") == "tetris"


def test_an_agent_plays_our_seat_in_a_room_that_we_open_or_join(stage: Stage, stand: Stand) -> None:
    stand.offer_agent("paddle", "pong", CONTENT)
    with acting_page(stage, "?bot=paddle") as page:
        page.tab.click("Create a room")
        page.until_screen("room")
        [asked] = page.tab.evaluate(ASKED, "begin")
        assert asked["agent"] == {"name": "paddle", "data": CONTENT.decode()} and asked["mode"] == "play"
        page.visit("?room=A-B&name=ann&bot=paddle")
        page.until_screen("room")
        assert page.tab.evaluate(ASKED, "begin")[0]["agent"]["name"] == "paddle"
        page.tab.click("Leave")
        page.visit("?room=C-D&name=ann&bot=paddle&watch=1")
        page.until_screen("room")
        assert "agent" not in page.asked("begin")[0], "who watches plays nothing"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("?solo=genius", "This server has no agent called genius: choose one of best, random, paddle."),
        ("?solo=paddle&game=tetris", "The agent paddle plays Pong, and not Tetris: choose that game, or another player"),
        ("?bot=agent&solo=Paddle", "?solo=Paddle is not known: use best, random or the name of an agent of this server"),
    ],
)
def test_an_agent_that_cannot_play_is_one_sentence_that_says_who_can(
    stage: Stage, stand: Stand, address: str, sentence: str
) -> None:
    stand.offer_agent("paddle", "pong", CONTENT)
    with acting_page(stage, address) as page:
        assert told(page).startswith(sentence)
        page.tab.click("Create a room")  # what was wrong is left out
        page.until_screen("room")
        assert page.asked("begin")[0]["bot"] is None


def test_a_room_of_another_game_than_the_agents_is_left_or_not_opened(stage: Stage, stand: Stand) -> None:
    stand.offer_agent("paddle", "pong", CONTENT)
    with acting_page(stage, "?bot=paddle") as page:
        page.tab.evaluate("() => document.querySelector('[value=duel]').click()")
        page.tab.click("Create a room")
        assert told(page).startswith("The agent paddle plays Pong, and not Duel") and page.asked("create") == []
        page.tab.evaluate("() => { client.game = 'duel'; document.querySelector('#code').value = 'A-B'; }")
        page.tab.click("Join")
        page.tab.until("() => client.asked('leave').length > 0")
        assert told(page).startswith("The agent paddle plays Pong, and not Duel")
