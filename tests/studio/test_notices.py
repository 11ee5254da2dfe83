"""What a page missed can be told to it once."""

import json

from rollback.studio.notices import MOST, Notices

SAVED = {"run": "rooms-1", "name": "mine", "names": ["mine"], "episode": 40, "hash": "a" * 64, "metrics": {}, "by_hand": True}


def test_each_notice_has_a_number_and_says_what_its_event_says():
    notices = Notices()
    assert notices.told()["newest"] == []
    assert notices.noted("save_complete", SAVED, 5.0) == {**SAVED, "notice": 1}
    assert notices.noted("error", {"message": "it crashed", "run": "rooms-1", "reason": "failed"}, 6.0)["notice"] == 2
    told = {name: SAVED[name] for name in ("run", "name", "names", "episode", "by_hand")}
    assert notices.told()["newest"] == [
        {"number": 1, "event": "save_complete", "at": 5.0, "told": told},
        {"number": 2, "event": "error", "at": 6.0, "told": {"run": "rooms-1", "message": "it crashed"}},
    ]


def test_what_is_no_news_has_no_number():
    notices = Notices()
    for event, payload in (("status", {"run": "a"}), ("save_complete", {**SAVED, "by_hand": False}), ("news", {})):
        assert notices.noted(event, payload, 1.0) is payload
    assert notices.told()["newest"] == []


def test_only_the_newest_are_kept_and_they_are_small():
    notices = Notices()
    for number in range(3 * MOST):
        notices.noted("complete", {"run": "rooms-1", "episode": number, "parameters": {"much": "x" * 10_000}}, 1.0)
    newest = notices.told()["newest"]
    assert [notice["number"] for notice in newest] == list(range(2 * MOST + 1, 3 * MOST + 1))
    assert len(json.dumps(newest)) < 10_000


def test_another_start_of_the_studio_is_another_one():
    assert Notices().told()["studio"] != Notices().told()["studio"]
