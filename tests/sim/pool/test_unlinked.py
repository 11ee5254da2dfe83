"""The plain loop: the same as a bare loop over the game, with every action as its codec makes it."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from rollback.errors import ActionError
from rollback.game import Raw
from rollback.games import Duel, GridWorld, Pong, Tetris
from rollback.games.bots import bot_for
from rollback.sim.pool.played import Played
from rollback.sim.pool.unlinked import ends, play_unlinked
from rollback.state import checksum
from tests.sim.pool.games import Alone, Buttons, Counting, Endless, Long, Opaque, Rising, Seeing, Sums, Unsure, Wild


def played(game: Any, *policies: Any, frames: int = 100) -> Played:
    return play_unlinked(game, policies * (game.players // len(policies)), frames)


@pytest.mark.parametrize("kind", [Pong, Duel, GridWorld, Tetris])
@pytest.mark.parametrize("seed", range(3))
def test_the_loop_plays_what_a_bare_loop_plays(kind: Any, seed: int) -> None:
    bare, game = kind(), kind()
    bare.reset(seed)
    game.reset(seed)
    policies = [bot_for(bare, player, seed) for player in range(2)]
    memories: list[Any] = [None, None]
    for _ in range(150):
        actions = []
        for player in range(2):
            action, memories[player] = policies[player].act(bare.observe(player), memories[player])
            actions.append(bare.codecs[player].decode(bare.codecs[player].encode(action)))
        bare.step(actions)
    found = play_unlinked(game, [bot_for(game, player, seed) for player in range(2)], 150)
    assert checksum(game.save()) == checksum(bare.save())
    assert found.scores == tuple(bare.scores()) and found.stats == {"frames": 150}


def test_a_match_ends_when_it_is_over_or_when_its_frames_are_and_says_which() -> None:
    over, cut = played(Sums(), Rising()), played(Long(), Rising())
    assert (over.stats, over.is_truncated) == ({"frames": 40}, False)
    assert (cut.stats, cut.is_truncated) == ({"frames": 100}, True)
    assert (played(Sums(), Rising(), frames=40).is_truncated, played(Sums(), Rising(), frames=39).is_truncated) == (False, True)


def test_a_game_without_an_end_is_not_cut_short() -> None:
    endless = played(Endless(), Rising())
    assert (endless.stats, endless.is_truncated, endless.scores) == ({"frames": 100}, False, ())
    assert ends(Sums()) and not ends(Endless())


def test_a_game_that_is_over_before_it_begins_is_not_stepped() -> None:
    game = Sums()
    game.steps = 40
    assert played(game, Rising()).stats == {"frames": 0} and game.steps == 40


def test_each_player_has_a_memory_of_its_own() -> None:
    assert played(Sums(3), Rising()).scores == (sum(range(1, 41)),) * 3
    assert played(Alone(), Rising()).scores == (sum(range(1, 41)),)


def test_players_see_the_game_before_the_frame() -> None:
    game, expected = Alone(), 0
    game.reset(7)
    bare = Alone()
    bare.reset(7)
    for _ in range(40):
        value, points = bare.observe(0)
        expected = (value + points) % 256
        bare.step([expected])
    assert played(game, Seeing()).scores == bare.scores() and expected > 0


def test_equal_actions_in_other_words_are_the_same_inputs_and_reach_the_game_as_its_codec_makes_them() -> None:
    class Plain:
        def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
            return (True, False, True), None

    one, other = played(Buttons(), Unsure()), played(Buttons(), Plain())
    assert one.digest == other.digest and one.scores == (80, 80)


def test_an_action_that_only_equals_a_legal_one_is_refused_as_a_session_refuses_it() -> None:
    with pytest.raises(ActionError, match=r"1\.0 is no whole number from 0 to 255"):
        played(Sums(), Wild())


def test_scores_of_numpy_and_opaque_snapshots_are_no_trouble() -> None:
    found = played(Counting(), Rising())
    assert [type(score) for score in found.scores] == [int, float]
    assert played(Opaque(), Rising()).digest == played(Opaque(), Rising()).digest


@pytest.mark.parametrize("frames", [999, 1000, 1001, 1002])
def test_the_digest_does_not_depend_on_when_the_tape_is_wound(frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = played(Long(), Rising(), frames=frames)
    monkeypatch.setattr("rollback.sim.pool.unlinked.WIND_EVERY", 7)
    assert played(Long(), Rising(), frames=frames) == usual


def test_many_actions_are_not_all_kept_in_mind(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = played(Long(), Rising(), frames=600)
    monkeypatch.setattr("rollback.sim.pool.unlinked.KNOWN", 3)
    assert played(Long(), Rising(), frames=600) == usual


class Wide(Long):
    """Has wide inputs, which would pile up."""

    codecs = (Raw(64), Raw(64))

    def step(self, actions: Any) -> None:
        super().step([len(action) for action in actions])


class Steady:
    def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
        return b"x" * 64, None


def test_a_long_match_takes_no_more_memory_than_a_short_one() -> None:
    def peak(frames: int) -> int:
        tracemalloc.start()
        play_unlinked(Wide(), [Steady(), Steady()], frames)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1001)
    assert peak(6001) < peak(2001) + 100_000, "a frame has 128 bytes"
