"""The verdict says in words what the answers mean, and what to change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollback.testing.costs import Costs
from rollback.testing.report import ELSEWHERE, KEPT, MADE, Check, CheckReport
from tests.testing.test_environment_facts import PLAIN

FINE = Check("same inputs, same states", True, "they did")
COSTS = Costs(10, 5, 5, 100, 60, "every")
SOUND = CheckReport("Tag", 300, 8, (FINE,), costs=COSTS, environment=PLAIN)
REPLAYED = replace(PLAIN, saver="simulated again")


def refused(sentence: str, name: str = MADE) -> CheckReport:
    return CheckReport("gym:Tag-v0", 300, 8, (Check(name, False, sentence),))


def test_a_sound_environment_is_told_as_such() -> None:
    assert SOUND.passed
    assert SOUND.verdict == "Tag can be played with rollback: nothing gave it away in 300 frames."


@pytest.mark.parametrize(
    ("sentence", "mend"),
    [
        ("Tag is not deterministic, so it cannot be played by rollback: ...", "Draw chance from self.np_random only"),
        ("Tag cannot be saved. the generated saver: ...", "Give it get_state() and set_state(state)"),
        ("in Tag the agents act one after the other, so ...", "Choose an environment with a parallel_env"),
        ("Box(...) takes 68 bytes an input, and at most 64 can travel: ...", "that is ?bits=8"),
    ],
)
def test_what_cannot_be_made_a_game_is_told_with_what_to_change(sentence: str, mend: str) -> None:
    verdict = refused(sentence).verdict
    assert verdict.startswith(f"gym:Tag-v0 cannot be played over a network: {sentence.rstrip('.')}.")
    assert mend in verdict


def test_a_refusal_that_says_itself_what_to_do_gets_nothing_added() -> None:
    assert refused("it has 20 players: make it with fewer").verdict == (
        "gym:Tag-v0 cannot be played over a network: it has 20 players: make it with fewer."
    )


def test_other_failures_keep_their_words() -> None:
    assert refused("At frame 3 no.", KEPT).verdict == "gym:Tag-v0 is one change in place away from a desync. At frame 3 no."
    assert refused("At frame 3 no.", "x").verdict == "gym:Tag-v0 would not stay the same on two computers. At frame 3 no."


@pytest.mark.parametrize(
    ("causes", "told"),
    [
        (("Tally.step asks time.time()",), " Likely cause: Tally.step asks time.time()."),
        (("one", "two"), " Likely causes: one; two."),
        ((), ""),
    ],
)
def test_likely_causes_stand_at_the_end(causes: tuple[str, ...], told: str) -> None:
    report = replace(refused("At frame 3 no.", "x"), causes=causes)
    assert report.verdict == f"gym:Tag-v0 would not stay the same on two computers. At frame 3 no.{told}"


def test_an_environment_without_a_no_op_is_played_in_step() -> None:
    verdict = replace(SOUND, environment=replace(PLAIN, has_noop=False)).verdict
    assert verdict.startswith("Tag can be played, in step: nothing gave it away in 300 frames, but no action is known to do")
    assert "set prediction_window (up to 60 fits)" in verdict
    slow = replace(SOUND, environment=replace(PLAIN, has_noop=False), costs=replace(COSTS, window=0))
    assert "prediction_window" not in slow.verdict and "slow" not in slow.verdict


def test_own_methods_that_were_not_trusted_are_to_be_mended() -> None:
    why = "get_state/set_state of Tag: after load reward of step 9 differs"
    facts = replace(PLAIN, refused=(why, "deep copies: no"))
    verdict = replace(SOUND, environment=facts).verdict
    assert f"Mend its own methods, or take them away: {why}." in verdict and "deep copies" not in verdict


def test_snapshots_that_cannot_travel_are_told_in_words_of_environments() -> None:
    report = replace(SOUND, why_opaque="environment is of type Copies")
    assert "nobody can rejoin or come late" in report.verdict and "Copies" not in report.verdict
    assert "Copies" in replace(report, environment=None).verdict


def test_a_slow_game_is_told_at_its_own_pace() -> None:
    verdict = replace(SOUND, costs=replace(COSTS, step_us=3000, window=4, fps=20)).verdict
    assert "within a quarter of a 20 Hz frame it can go back 4 frames and not 8. step costs most, 3000 us" in verdict
    assert "prediction_window=4" in verdict


def test_an_episode_that_is_played_again_is_smooth_only_so_far() -> None:
    costs = replace(COSTS, fps=50, reach=31)
    report = replace(SOUND, environment=replace(REPLAYED, ended=2, longest=120), costs=costs)
    assert "smooth until step 31 of an episode and stutters beyond" in report.verdict
    assert "get_state and set_state" in report.verdict and "prediction_window=0" in report.verdict
    assert "stutters" not in replace(report, environment=replace(REPLAYED, ended=2, longest=30)).verdict


@pytest.mark.parametrize("costs", [replace(COSTS, reach=0), replace(COSTS, window=5, reach=12)])
def test_an_episode_that_no_frame_has_room_to_play_again_is_told_with_its_cost(costs: Costs) -> None:
    report = replace(SOUND, environment=REPLAYED, costs=replace(costs, step_us=400, load_us=2690, fps=50))
    assert (
        "its reset, 2690 us, and a step of 400 us for each that was played, which no 50 Hz frame has room for" in report.verdict
    )


def test_a_question_that_could_not_be_put_is_told() -> None:
    unasked = Check(ELSEWHERE, True, "not asked, because it is a lambda", asked=False)
    assert replace(SOUND, checks=(FINE, unasked)).verdict.endswith("One question was not asked, because it is a lambda.")


def test_reports_are_equal_whatever_the_clock_said() -> None:
    assert SOUND == replace(SOUND, costs=replace(COSTS, step_us=99))
    assert SOUND != replace(SOUND, causes=("somebody",))
