"""Pages as players: into a room, through a match of Pong with the keys of a real keyboard, to what came of it.

Knows the page by its labels and by `client.facts()`; knows no server and no network.
"""

from __future__ import annotations

import time
from typing import Any, Final

from tests.browser.arena import Arena
from tests.browser.stage import Tab

ROUGH: Final = "80,20,0.05"  # ms one way, jitter, loss; what `?latency=` takes
# Before a page's own script: a worker that never answers, so that Python loads for ever, and costs nothing. No match begins.
NO_PYTHON: Final = "window.Worker = class extends EventTarget { postMessage() {} terminate() {} };"
MATCH_WITHIN: Final = 120.0  # seconds for a match, its start included

_NEWS: Final = """() => {
    const { begun, picture, stats, news, ended, failed, room, state, lost } = client.facts();
    const frame = picture?.frame ?? -1;
    const told = ended && { ...ended, data: undefined, replay: undefined, bytes: (ended.data ?? ended.replay)?.length ?? 0 };
    return { begun, frame, reason: picture?.reason, stats, news, ended: told, failed, room, state, lost };
}"""
# The invitation, or the sentence that there is instead of one.
_LINK: Final = """() => document.querySelector("#link").value
    || (!document.querySelector("#alert").hidden && `no room: ${document.querySelector("#alert-text").textContent}`)"""
# What a player who looks at the picture does: the own paddle after the ball.
_WISH: Final = """() => {
    const { begun, picture, ended, failed } = client.facts();
    if (ended || failed) return { over: true };
    const shapes = (picture?.primitives ?? []).filter(([kind]) => kind === "rect");
    const paddle = shapes.find(([, , , , , colour]) => colour === ["#4cc9f0", "#ff7a59"][begun?.player]);
    if (!paddle) return { key: null };
    const middle = ([, , y, , down]) => y + down / 2;
    const way = middle(shapes.at(-1)) - middle(paddle);
    return { key: way < -0.03 ? "ArrowUp" : way > 0.03 ? "ArrowDown" : null };
}"""


def create(
    arena: Arena, query: str = "", *, game: str = "pong", players: int | None = None, before: str = ""
) -> tuple[Tab, str]:
    """Open a room by the button of the page, and return the page and the invitation link that it shows."""
    tab = arena.open(f"/?game={game}&{query}", before=before, shared=True)
    if players is not None:
        tab.until("() => document.querySelector('#players').options.length > 0")
        tab.evaluate(
            """(players) => {
                const select = document.querySelector("#players");
                select.value = players;
                select.dispatchEvent(new Event("change", { bubbles: true }));
            }""",
            str(players),
        )
    tab.click("Create a room")
    link = tab.until(_LINK)
    assert link.startswith(arena.url), f"{link}\n{tab.state()}"
    return tab, str(link)


def follow(arena: Arena, link: str, query: str = "", *, before: str = "") -> Tab:
    """Open an invitation link in another tab, and enter: by itself where the address has a name, else by the button."""
    tab = arena.open(f"{link.removeprefix(arena.url)}&{query}", before=before, shared=True)
    if "name=" not in query:
        tab.click("Watch" if "watch=1" in query else "Join")
    return tab


def news(tab: Tab) -> Any:
    """Return what the page's client knows, without its picture and its replay."""
    return tab.evaluate(_NEWS)


def until(tab: Tab, fact: str, within: float = MATCH_WITHIN) -> Any:
    """Wait until a fact about `facts`, an expression of JavaScript, is true, and return it; a failed client ends it."""
    look = f"""() => {{
        const facts = client.facts();
        if (facts.failed) return {{ failed: facts.failed }};
        const found = ({fact});
        if (found) return {{ found }};
        const isOutside = !facts.room && document.body.dataset.screen === "start";
        const isTold = isOutside && document.getElementById("alert")?.hidden === false;
        return isTold ? {{ failed: document.getElementById("alert-text").textContent }} : null;
    }}"""
    try:
        found = tab.until(look, within)
    except TimeoutError as error:
        raise AssertionError(f"{fact} did not come true within {within} s: {news(tab)}\n{error}") from None
    assert "failed" not in found, f"{fact} cannot come true: {found['failed']}"
    return found["found"]


def play(*tabs: Tab, within: float = MATCH_WITHIN) -> list[Any]:
    """Play Pong in these pages by pressing keys until the match is over in each, and return what each says of its end."""
    until_then = time.monotonic() + within
    held: dict[Tab, str | None] = dict.fromkeys(tabs)
    running = list(tabs)
    while running:
        for tab in list(running):
            wish = tab.evaluate(_WISH)
            if wish.get("over"):
                running.remove(tab)
                continue
            if wish["key"] != held[tab]:
                if held[tab] is not None:
                    tab.press(str(held[tab]), down=False)
                if wish["key"] is not None:
                    tab.press(wish["key"], down=True)
                held[tab] = wish["key"]
        assert time.monotonic() < until_then, [news(tab) for tab in tabs]
    return [ending(tab) for tab in tabs]


def ending(tab: Tab, within: float = MATCH_WITHIN) -> Any:
    """Wait for the end of the match in a page, and return what it says of it."""
    until(tab, "facts.ended && { frames: facts.ended.frames }", within)
    return news(tab)["ended"]
