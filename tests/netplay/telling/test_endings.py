"""How a match ended: the reason in words, and the result as our player sees it."""

from __future__ import annotations

import pytest

from rollback.netplay.telling.endings import LONGEST, ending_sentence, score_sentence
from rollback.netplay.telling.event_texts import sentence_of
from rollback.types import Mismatch

ENDS = [
    ("over", (5, 3), 0, "The game is over. You won, 5 to 3."),
    ("over", (5, 3), 1, "The game is over. You lost, 3 to 5."),
    ("over", (2, 2), 1, "The game is over. A draw, 2 to 2."),
    ("over", (1, 0.5, 2), 1, "The game is over. You lost, 0.5 to 1 to 2."),
    ("over", (5, 3), None, "The game is over. The score is 5 to 3."),
    ("over", (7,), 0, "The game is over."),
    ("over", None, 0, "The game is over."),
    ("end_at", (1, 2), 1, "The match came to its end at frame 90. The score is 2 to 1, yours first."),
    ("left", (1, 2), 1, "You left."),
    ("bob left", (1, 2), 1, "The match ended at frame 90: bob left."),
    ("what happened?", None, 0, "The match ended at frame 90: what happened?"),
]


@pytest.mark.parametrize(("reason", "scores", "player", "says"), ENDS)
def test_an_end_is_told_with_its_result_where_there_is_one(reason: str, scores: object, player: object, says: str) -> None:
    assert ending_sentence(reason, 90, scores, player) == says  # type: ignore[arg-type]


def test_nobody_wins_before_the_game_is_over() -> None:
    assert score_sentence((5, 0), 0, is_over=False) == "The score is 5 to 0, yours first."


def test_a_reason_from_outside_is_cut_and_steers_nothing() -> None:
    told = ending_sentence("x\x1b[2J" + "y" * 5000, 1, None, 0)
    assert len(told) <= LONGEST and "\x1b" not in told


def test_settings_are_called_as_on_the_command_line_only_where_there_is_one() -> None:
    event = Mismatch("bob", "on_disconnect", "pause", "end", "agree on one")
    reason = sentence_of(event, flags=False)
    assert reason.startswith("bob cannot play with us: on_disconnect is 'pause' here and 'end' there;")
    assert "--on-disconnect is 'pause' here" in sentence_of(event)
    assert "--on-disconnect" in ending_sentence(reason, 0, None, 0)
    assert "--" not in ending_sentence(reason, 0, None, 0, flags=False)
