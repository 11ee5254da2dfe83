"""Playing a recording: from anywhere, in any direction, at any speed, and always the state that was played."""

from __future__ import annotations

import io
import random
from itertools import pairwise

import pytest

from rollback.errors import GameError, ReplayError, UsageError
from rollback.replays import Replay, ReplayWriter
from rollback.replays import player as module
from rollback.types import Confirmed


def opened(data):
    return Replay.open(io.BytesIO(data))


@pytest.fixture
def states(Counter, match):
    game, found = Counter(), []
    game.reset(11)
    for _ in match(game, 900):
        found.append(game.save())
    return [*found, game.save()]


@pytest.mark.parametrize("keyframes", [0, 100, 1])
def test_any_frame_is_the_state_that_was_played(record, states, Counter, keyframes):
    replay = opened(record(900, keyframes=keyframes))
    player = replay.play(game=Counter())
    draw = random.Random(3)
    for _ in range(150):
        frame = draw.choice([draw.randrange(901), player.frame, 0, 900, min(900, player.frame + draw.randrange(5))])
        player.seek(frame)
        assert player.frame == frame and player.game.save() == states[frame]
        assert player.step(-1) == max(0, frame - 1) and player.game.save() == states[max(0, frame - 1)]


def test_seek_gives_the_state_and_leaves_the_game_there(record, states, Counter):
    replay, game = opened(record(300)), Counter()
    assert replay.seek(250, game) == states[250] == game.save()


def test_a_keyframe_saves_the_steps_before_it(record, Counter):
    class Counting(Counter):
        steps = 0

        def step(self, actions):
            super().step(actions)
            type(self).steps += 1

    opened(record(900, keyframes=100)).seek(850, Counting())
    assert Counting.steps == 50
    opened(record(900, keyframes=0)).seek(850, Counting())
    assert Counting.steps == 50 + 850


def test_going_back_costs_no_more_than_a_stride(record, Counter):
    class Counting(Counter):
        steps = 0

        def step(self, actions):
            super().step(actions)
            type(self).steps += 1

    player = opened(record(900, keyframes=0)).play(game=Counting())
    player.seek(899)
    for _ in range(10):
        before = Counting.steps
        player.step(-1)
        assert Counting.steps - before <= module._STRIDE


def test_it_plays_from_first_to_last_and_says_how_long_to_wait(record, states, Counter):
    replay = opened(record(300))
    player = replay.play(2.0, Counter())
    assert player.wait == pytest.approx(1 / 120)
    seen = [(frame, game.save()) for frame, game in player]
    assert seen == list(enumerate(states[:301])) and list(player) == []
    player.seek(298)
    player.speed = 0.5
    assert [frame for frame, _ in player] == [298, 299, 300] and player.wait == pytest.approx(1 / 30)


def test_a_step_stops_at_either_end(record, Counter):
    player = opened(record(50)).play(game=Counter())
    assert (player.step(-1), player.step(49), player.step(20), player.step(-500)) == (0, 49, 50, 0)


@pytest.mark.parametrize("frame", [-1, 301, 2.0, "3", None, True])
def test_a_frame_that_is_not_there_is_one_sentence(record, Counter, frame):
    with pytest.raises(ReplayError, match=r"the replay has no state before frame .*: it goes from 0 to 300"):
        opened(record(300)).seek(frame, Counter())


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf"), 1001, "2", None, True])
def test_what_is_no_speed_is_one_sentence(record, Counter, speed):
    with pytest.raises(UsageError, match="speed must be a number above 0, at most 1000"):
        opened(record(30)).play(speed, Counter())


def test_a_game_that_is_not_built_in_has_to_be_given(record):
    with pytest.raises(UsageError, match=r"names its game 'tests.*Counter', which is not built in: give a game") as caught:
        opened(record(30)).seek(3)
    assert "\n" not in str(caught.value)


def test_another_game_is_refused(record, Counter):
    class Trio(Counter):
        players = 3

    with pytest.raises(GameError, match="give the game that was recorded"):
        opened(record(30)).play(game=Trio())


def test_a_game_that_fails_on_the_way_is_told_and_the_player_goes_on_elsewhere(record, states, Counter):
    class Fails(Counter):
        def step(self, actions):
            if self.ball["x"] == states[150]["ball"]["x"] and self.dice == states[150]["dice"]:
                self.score = None
                raise ZeroDivisionError("by nothing")
            super().step(actions)

    player = opened(record(300, keyframes=100)).play(game=Fails())
    with pytest.raises(ReplayError, match=r"cannot be played from frame 150 on: step\(\) raised ZeroDivisionError"):
        player.seek(180)
    player.seek(250)
    assert player.game.save() == states[250]
    player.seek(140)
    assert player.game.save() == states[140]


def test_a_keyframe_that_the_game_does_not_take_is_one_sentence(header, Counter):
    file = io.BytesIO()
    with ReplayWriter(file, header) as writer:
        for frame in range(100):
            if frame == 50:
                writer.keyframe(50, ["no state of it"])
            writer.add(Confirmed(frame, (), (b"\0", b"\1")))
    with pytest.raises(ReplayError, match=r"cannot be played from frame 50 on: load\(\) raised TypeError"):
        opened(file.getvalue()).seek(60, Counter())


def test_states_kept_on_the_way_are_few(record, Counter, monkeypatch):
    monkeypatch.setattr(module, "_STRIDE", 10)
    player = opened(record(900, keyframes=0)).play(game=Counter())
    for frame, _ in player:
        assert len(player._remembered) <= module._REMEMBERED, frame
    assert len(player._remembered) == module._REMEMBERED
    assert all(one < other for one, other in pairwise(player._remembered))
