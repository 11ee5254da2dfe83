"""A game under test is played by legal actions that follow from the seed, and what it raises is an answer."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from rollback.errors import GameError
from rollback.game import Bits
from rollback.state import Difference
from rollback.testing.trial import Failed, Trial, shown_differences
from tests.envs import broken_environments as broken
from tests.envs.broken_environments import Making
from tests.testing.broken_games import Sound


class Buttons(Sound):
    codecs = (Bits(3), Bits(3))

    def step(self, actions: Any) -> None:
        super().step([sum(buttons) for buttons in actions])


class Short(Sound):
    @property
    def over(self) -> bool:
        return self.frame >= 25


class OverAtOnce(Sound):
    over = True


class WithoutReset:
    players = 1

    def __init__(self) -> None:
        self.count = 0

    @property
    def over(self) -> bool:
        return self.count >= 25

    def step(self, actions: Any) -> None:
        self.count += 1

    def save(self) -> int:
        return self.count

    def load(self, state: int) -> None:
        self.count = state


class Breaking(Sound):
    def step(self, actions: Any) -> None:
        raise RuntimeError("no more")


class Opaque(Sound):
    def save(self) -> Any:
        return object()


def trial(game: Any, frames: int = 60, seed: int = 0) -> Trial:
    return Trial(game, frames, 8, seed)


def drawn(game: Any, seed: int, frames: int = 60) -> list[list[Any]]:
    return list(trial(game).actions(game(), seed, frames))


def test_actions_are_legal_follow_from_the_seed_and_are_held_for_a_while() -> None:
    assert drawn(Buttons, 3) == drawn(Buttons, 3) != drawn(Buttons, 4)
    rows = drawn(Buttons, 3, 200)
    assert all(len(row) == 2 and all(len(buttons) == 3 for buttons in row) for row in rows)
    changes = sum(before[0] != after[0] for before, after in pairwise(rows))
    assert 15 < changes < 60  # each is held for 1 to 12 frames
    assert any(row[0] != row[1] for row in rows)


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    assert drawn(Sound, 5, 80)[:30] == drawn(Sound, 5, 30)


@pytest.mark.parametrize(
    ("game", "matches"),
    [
        (Sound, [(7, 60)]),
        (Short, [(7, 25), (8, 25), (9, 10)]),
        (WithoutReset, [(7, 25)]),
        (OverAtOnce, [(7, 1)]),
    ],
)
def test_matches_fill_the_frames_where_a_game_can_begin_again(game: Any, matches: list[tuple[int, int]]) -> None:
    assert trial(game, seed=7).matches == matches


def test_a_game_that_is_over_gets_no_more_actions_unless_it_is_asked_for_them() -> None:
    game = OverAtOnce()
    assert list(trial(OverAtOnce).actions(game, 0, 5)) == []
    assert len(list(trial(OverAtOnce).actions(game, 0, 5, watch_over=False))) == 5


def test_what_a_game_raises_is_an_answer_with_its_frame() -> None:
    with pytest.raises(Failed, match=r"step\(\) raised RuntimeError at frame 4: no more") as caught:
        trial(Sound).step(Breaking(), [0, 0], 4)
    assert caught.value.frame == 4


def test_what_is_seen_belongs_to_us() -> None:
    class Sharing(Sound):
        def save(self) -> Any:
            return self.numbers

    game = Sharing()
    seen = trial(Sharing).seen(game, 0)
    seen[0] = 99
    assert game.numbers[0] != 99


def test_two_states_that_differ_are_named_with_frame_and_paths() -> None:
    one, other = Sound(), Sound()
    trial(Sound).same(one, other, 3, "is told only where they differ")
    other.numbers[1] = 8
    with pytest.raises(Failed, match=r"^At frame 3 they went apart \(numbers\[1\]: 0 != 8\)$") as caught:
        trial(Sound).same(one, other, 3, "they went apart")
    assert caught.value.differences == (Difference("numbers[1]", 0, 8),)


def test_a_sentence_shows_the_first_few_differences() -> None:
    assert shown_differences([]) == ""
    many = [Difference(f"a[{place}]", 0, 1) for place in range(9)]
    assert shown_differences(many).count("!=") == 5


def test_opaque_snapshots_without_a_digest_cannot_be_compared() -> None:
    with pytest.raises(GameError, match=r"Opaque.save\(\) returns no state tree .* add a method digest\(\)"):
        trial(Opaque)


def test_actions_of_an_environment_are_drawn_from_its_spaces_all_alike() -> None:
    """Random bytes are nearly all the idle action there."""
    trial = Trial(Making(broken.Field), 200, 8, 0)
    drawn = [int(action) for actions in trial.actions(trial.fresh(0), 0, 200) for action in actions]
    assert all(drawn.count(action) > 60 for action in range(3))
    again = [int(action) for actions in trial.actions(trial.fresh(0), 0, 200) for action in actions]
    assert again == drawn


def test_episodes_that_end_in_the_matches_are_counted() -> None:
    trial = Trial(Making(broken.Field), 60, 8, 0)
    assert trial.matches == [(0, 60)]
    assert (trial.ended, trial.longest) == (2, 25)
    assert trial.is_environment and not trial.is_replayed
    assert trial.kind == "gym:Field?players=2&share=race"


def test_of_an_episode_that_does_not_end_it_is_told_how_far_it_came() -> None:
    trial = Trial(Making(broken.Buffered), 20, 8, 0)
    assert trial.matches == [(0, 20)]
    assert (trial.ended, trial.longest) == (0, 20)
    assert trial.is_replayed


def test_a_plain_game_has_no_episodes() -> None:
    trial = Trial(Sound, 60, 8, 0)
    assert trial.matches and not trial.is_environment and not trial.is_replayed
    assert (trial.ended, trial.longest) == (0, 0)
