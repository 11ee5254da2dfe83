"""Pages play pages: the same end on all of them, over a line that delays, jitters and loses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.arena import Arena
from tests.browser.seats import ROUGH, create, ending, follow, news, play, until

pytestmark = pytest.mark.timeout(300)  # a busy machine is no failure


def test_two_pages_play_by_keys_and_agree_though_one_is_loaded_again(arena: Arena) -> None:
    """Two facts in one match, for a match is dear; at night each has its own."""
    common = f"latency={ROUGH}&frames=420"
    ann, link = create(arena, f"name=ann&{common}")
    bob = follow(arena, link, f"name=bob&{common}")
    until(bob, "facts.picture?.frame > 60")
    player, members = news(bob)["begun"]["player"], news(ann)["room"]["members"]
    bob.reload()
    until(bob, "facts.picture?.frame > 60 && facts.picture.reason === 'running'")
    assert news(bob)["begun"]["player"] == player
    first, second = play(ann, bob)
    assert any("bob plays from frame" in told["sentence"] for told in news(ann)["news"]), "it is the same match"
    assert [member["id"] for member in news(ann)["room"]["members"]] == [member["id"] for member in members]
    assert first["checksum"] == second["checksum"] and first["checksum"]
    assert first["frames"] == second["frames"] == 420, "nobody can lose five balls in that time"
    assert first["rollbacks"] > 0 and second["rollbacks"] > 0, "the premise: the line was rough"
    assert [news(tab)["stats"]["path"] for tab in (ann, bob)] == ["webrtc", "webrtc"]
    assert first["bytes"] > 0, "there is a replay to download"


@pytest.mark.nightly
@pytest.mark.parametrize("frames", [360, 600, 1800])
def test_two_pages_play_by_keys_and_agree(arena: Arena, frames: int, tmp_path: Path) -> None:
    common = f"latency={ROUGH}&frames={frames}"
    ann, link = create(arena, f"name=ann&{common}")
    bob = follow(arena, link, f"name=bob&{common}")
    for tab in (ann, bob):
        until(tab, "facts.picture?.frame > 120")
        tab.screenshot(tmp_path / f"{'ann' if tab is ann else 'bob'}.png")
    first, second = play(ann, bob)
    assert first["checksum"] == second["checksum"] and first["checksum"]
    assert first["frames"] == second["frames"] == frames, "nobody can lose five balls in that time"
    assert first["rollbacks"] > 0 and second["rollbacks"] > 0, "the premise: the line was rough"
    assert [news(tab)["stats"]["path"] for tab in (ann, bob)] == ["webrtc", "webrtc"]
    assert first["bytes"] > 0, "there is a replay to download"


@pytest.mark.nightly
def test_three_pages_play_a_match_of_three_and_a_fourth_watches(arena: Arena) -> None:
    common = "latency=30,10,0.02&frames=400"
    ann, link = create(arena, f"name=ann&bot=random&{common}", game="gridworld", players=3)
    watching = follow(arena, link, "name=dee&watch=1")
    others = [follow(arena, link, f"name={name}&bot=random&{common}") for name in ("bob", "cay")]
    endings = [ending(tab) for tab in (ann, *others, watching)]
    assert len({told["checksum"] for told in endings}) == 1 and endings[0]["checksum"]
    assert {told["frames"] for told in endings} == {400}
    assert sorted(news(tab)["begun"]["player"] for tab in (ann, *others)) == [0, 1, 2]
    assert news(watching)["begun"]["player"] is None
