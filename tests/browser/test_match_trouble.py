"""What happens to a match when a page is loaded again, a tab dies, or the lobby is gone for a while."""

from __future__ import annotations

import pytest

from tests.browser.arena import Arena
from tests.browser.seats import create, ending, follow, news, until

pytestmark = pytest.mark.timeout(300)  # a busy machine is no failure


def agreed(*tabs):  # type: ignore[no-untyped-def]
    """Hold that the match came to the same end in all pages."""
    endings = [ending(tab) for tab in tabs]
    assert len({told["checksum"] for told in endings}) == 1 and endings[0]["checksum"], endings
    assert len({told["frames"] for told in endings}) == 1
    return endings


@pytest.mark.nightly  # by day a part of the match in test_match_pages.py
def test_a_page_that_is_loaded_again_is_back_in_the_same_match(arena: Arena) -> None:
    ann, link = create(arena, "name=ann&bot=best&frames=700")
    bob = follow(arena, link, "name=bob&bot=best&frames=700")
    until(bob, "facts.picture?.frame > 60")
    player, members = news(bob)["begun"]["player"], news(ann)["room"]["members"]
    bob.reload()
    until(bob, "facts.picture?.frame > 60 && facts.picture.reason === 'running'")
    assert news(bob)["begun"]["player"] == player
    assert any("bob plays from frame" in told["sentence"] for told in news(ann)["news"]), "it is the same match"
    assert [member["id"] for member in news(ann)["room"]["members"]] == [member["id"] for member in members]
    agreed(ann, bob)


@pytest.mark.nightly
def test_of_a_tab_that_dies_the_other_page_says_so(arena: Arena) -> None:
    ann, link = create(arena, "name=ann&bot=best&frames=100000")
    bob = follow(arena, link, "name=bob&bot=best&frames=100000")
    until(ann, "facts.picture?.frame > 60")
    bob.crash()
    until(ann, "facts.picture.reason === 'stalled'")
    until(ann, "facts.news.some(({ sentence }) => sentence.startsWith('bob is lost'))")
    until(ann, "facts.picture.reason === 'paused'")  # until somebody comes back, or the time for that is over
    until(ann, "facts.stats.quality === 'poor' && facts.stats.why.startsWith('waiting for bob to come back')")
    assert str(ann.until("() => document.querySelector('#reason').innerText")).startswith("waiting for bob to come back")
    shown = ann.evaluate("() => ['quality', 'why', 'pause'].map((id) => document.getElementById(id).textContent)")
    assert shown[0] == "poor" and shown[1].startswith("waiting for bob") and shown[2] == "Pause"


@pytest.mark.nightly
def test_a_match_goes_on_without_the_lobby_which_is_found_again(arena: Arena) -> None:
    arena.serve()  # not what another test left here, which may keep no secret
    ann, link = create(arena, "name=ann&bot=best&frames=600")
    bob = follow(arena, link, "name=bob&bot=best&frames=600")
    until(ann, "facts.picture?.frame > 60")
    arena.stop()
    for tab in (ann, bob):
        until(tab, "facts.state.lobby === 'lost'")
    before = news(ann)["frame"]
    until(ann, f"facts.picture?.frame > {before + 120}")
    arena.serve()
    for tab in (ann, bob):
        until(tab, "facts.state.lobby === 'connected'")
    agreed(ann, bob)
