"""A key that asks everybody to wait: pressed, held, let go, pressed again; and a game that needs it for itself."""

from __future__ import annotations

from typing import Any

from rollback.netplay.hands.pause_key import PauseKey


class Asked:
    """Writes down what is asked of a session."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, float]] = []

    def pause(self, reason: str, *, now: float) -> None:
        assert reason == "p was pressed"
        self.calls.append(("pause", now))

    def resume(self, *, now: float) -> None:
        self.calls.append(("resume", now))


def pressed(key: PauseKey, *held: str) -> list[tuple[str, float]]:
    session: Any = Asked()
    for now, keys in enumerate(held):
        key.look(frozenset(keys), session, float(now))
    return session.calls  # type: ignore[no-any-return]


def test_one_press_pauses_and_the_next_one_resumes() -> None:
    key = PauseKey(["up", "down"])
    assert key.legend == "  p pauses"
    assert pressed(key, "", "p", "", "p", "w") == [("pause", 1.0), ("resume", 3.0)]


def test_a_key_that_is_held_is_one_press() -> None:
    assert pressed(PauseKey([]), "p", "p", "wp", "p", "w") == [("pause", 0.0)]


def test_other_keys_do_nothing() -> None:
    assert pressed(PauseKey([]), "w", "q", "P") == []


def test_a_game_that_has_the_key_for_itself_keeps_it() -> None:
    key = PauseKey({"p": 1})
    assert key.legend == "" and pressed(key, "p", "", "p") == []


def test_where_everybody_waits_for_a_move_anyway_there_is_no_such_key() -> None:
    key = PauseKey(["left"], is_known=False)
    assert key.legend == ""
    assert pressed(key, "p", "", "p") == []
