"""What may be wrong with a room, a name, a game or a browser: each time a sentence in the page, and nothing worse."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.browser.arena import Arena
from tests.browser.seats import NO_PYTHON, create, ending, follow, news, until
from tests.browser.stage import Tab

pytestmark = pytest.mark.timeout(300)  # a busy machine is no failure

RAISING = '''
import sys
class Fragile:
    """Falls over in its hundredth frame, in a browser: whoever comes there first tells the other one."""
    players = 2
    def __init__(self): self.frame = 0
    def reset(self, seed): self.frame = 0
    def step(self, actions):
        self.frame += 1
        if self.frame == 100 and sys.platform == 'emscripten':
            raise ZeroDivisionError("the glass is broken")
    def save(self): return self.frame
    def load(self, state): self.frame = state
'''


def alert(tab: Tab) -> str:
    """Return the sentence that the page shows."""
    return str(tab.until("() => !document.querySelector('#alert').hidden && document.querySelector('#alert-text').textContent"))


def code_of(link: str) -> str:
    return link.rpartition("=")[2]


def test_who_waits_for_what_cannot_come_is_told_at_once_what_the_page_says(arena: Arena) -> None:
    deaf = NO_PYTHON + "window.WebSocket = class { constructor() { throw new Error('off'); } };"
    with pytest.raises(AssertionError, match=r'(?s)no room: The lobby at .*"screen":"start"'):
        create(arena, "name=ann", before=deaf)
    tab = arena.open("/?room=%3F", before=NO_PYTHON, shared=True)
    with pytest.raises(AssertionError, match="letters and digits"):
        tab.click("Join")
        until(tab, "facts.room")
    with pytest.raises(TimeoutError, match=r'(?s)not within 0\.2 s: .*letters and digits.*"engine"'):
        tab.until("() => null", 0.2)


def test_a_room_that_does_not_exist_is_told_in_a_sentence(arena: Arena) -> None:
    tab = follow(arena, f"{arena.url}/?room=ZZZZ-ZZZZ", before=NO_PYTHON)
    assert "ZZZZ-ZZZZ" in alert(tab)


def test_a_full_room_is_told_in_a_sentence(arena: Arena) -> None:
    # With Python the match would begin at some moment, and the room be locked.
    _, link = create(arena, "name=ann", before=NO_PYTHON)
    second = follow(arena, link, "name=bob", before=NO_PYTHON)
    until(second, "facts.room?.seat === 1")
    assert "full" in alert(follow(arena, link, "name=cay", before=NO_PYTHON))


def test_an_old_link_is_told_in_a_sentence(arena: Arena) -> None:
    _, link = create(arena, "name=ann", before=NO_PYTHON)
    old = "name=bob&token=invite.1795250678862.3XpQX-XiAPhSl0YyLi9nC8aTjeOENOH"
    assert "invitation" in alert(follow(arena, link, old, before=NO_PYTHON))


@pytest.mark.nightly
def test_of_a_lobby_that_has_lost_its_memory_the_page_says_that_the_room_is_gone(arena: Arena, tmp_path: Path) -> None:
    _, link = create(arena, "name=ann", before=NO_PYTHON)
    arena.end_pages()
    arena.serve("--secret-file", str(tmp_path / "another"))  # a lobby that has lost its memory
    assert code_of(link) in alert(follow(arena, link, "name=bob", before=NO_PYTHON))
    arena.stop()


def test_a_name_is_text_and_short_wherever_it_is_shown(arena: Arena) -> None:
    names = {"<img src=x onerror=alert(1)>": "<img", "evil\u202egpj.exe\u2066": "evil", "\x00\x1b[31mred": "red"}
    first, *others = names
    ann, link = create(arena, f"name={quote(first)}", game="gridworld", players=4, before=NO_PYTHON)
    pages = [ann, *[follow(arena, link, f"name={quote(name)}", before=NO_PYTHON) for name in others]]
    longest = arena.open("/", before=NO_PYTHON, shared=True)  # a name that is longer than an address may be
    longest.evaluate("(room) => client.join({ room, name: 'x'.repeat(10_000) }).then(() => true)", code_of(link))
    until(ann, "facts.room.members.length === 4")
    text = ann.until(
        "() => document.querySelector('#members').innerText.includes('xxx') && document.querySelector('#members').innerText"
    )
    assert all(shown in text for shown in [*names.values(), "xxx"]) and len(text) < 600
    assert not set(text) & set("\u202e\u2066\x00\x1b")
    for page in pages:
        assert page.evaluate("() => document.querySelectorAll('#members img, #members script').length") == 0


def test_a_game_that_raises_is_told_with_its_traceback_here_and_its_reason_there(arena: Arena, tmp_path: Path) -> None:
    (tmp_path / "fragile.py").write_text(RAISING)
    named = f"{tmp_path / 'fragile.py'}:Fragile"
    arena.serve("--game", named)
    tab = arena.open(f"/?room={arena.room}&name=ann&bot=random", shared=True)
    with arena.peer("play", arena.room, "--game", named, "--bot", "random", "--json") as native:
        failed = tab.until("() => client.facts().failed")
        assert native.code() == 3, f"{native.said}\n{native.out}"
    assert "ZeroDivisionError" in failed["traceback"] and "the glass is broken" in failed["message"]
    assert tab.until("() => document.querySelector('#alert-trace').textContent.includes('ZeroDivisionError')")
    assert native.result()["ended"] == "ann: the game raised ZeroDivisionError: the glass is broken"
    arena.stop()


@pytest.mark.nightly
def test_another_version_of_a_game_ends_on_both_sides_with_what_to_do(arena: Arena, tmp_path: Path) -> None:
    calm = RAISING.replace("== 100", "== -1")
    for folder, version in (("old", "1.0"), ("new", "2.0")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "fragile.py").write_text(f"{calm}    version = {version!r}\n")
    arena.serve("--game", f"{tmp_path / 'old' / 'fragile.py'}:Fragile")
    tab = arena.open(f"/?room={arena.room}&name=ann&bot=random")
    options = ["--game", f"{tmp_path / 'new' / 'fragile.py'}:Fragile", "--bot", "random", "--json"]
    with arena.peer("play", arena.room, *options) as native:
        told = ending(tab)
        assert native.code() == 3
    assert "version" in told["sentence"], told
    arena.stop()


@pytest.mark.parametrize(
    "trouble",
    [
        "delete window.RTCPeerConnection;",
        pytest.param(
            "window.RTCPeerConnection = class { constructor() { throw new Error('off'); } };", marks=pytest.mark.nightly
        ),
    ],
)
def test_without_webrtc_the_match_goes_through_the_lobby(arena: Arena, trouble: str) -> None:
    ann, link = create(arena, "name=ann&bot=best&frames=90", before=trouble)
    bob = follow(arena, link, "name=bob&bot=best&frames=90")
    endings = [ending(tab) for tab in (ann, bob)]
    assert endings[0]["checksum"] == endings[1]["checksum"] and endings[0]["frames"] == 90
    assert [news(tab)["stats"]["path"] for tab in (ann, bob)] == ["relay", "relay"]


@pytest.mark.nightly
def test_channels_that_stay_on_the_page_carry_a_match_too(arena: Arena) -> None:
    ann, link = create(arena, "name=ann&bot=best&frames=150&transfer=off")
    bob = follow(arena, link, "name=bob&bot=best&frames=150")
    endings = [ending(tab) for tab in (ann, bob)]
    assert endings[0]["checksum"] == endings[1]["checksum"] and endings[0]["frames"] == 150
    assert [news(tab)["stats"]["path"] for tab in (ann, bob)] == ["webrtc", "webrtc"]


def test_without_webassembly_the_page_says_what_it_needs(arena: Arena) -> None:
    with arena.other_browser("--js-flags=--jitless") as browser:
        tab = browser.open("/?game=pong")
        assert "WebAssembly" in alert(tab)
        tab.evaluate("() => 0")
        assert tab.strangers == [] and tab.violations == []
