import numpy as np
import pytest
from gymnasium import spaces

from rollback.envs.built_in.views import Seat, checked_mode, checked_reward, checked_seed, rewards_of, show
from rollback.errors import ActionError, GameError, MissingPackage, UsageError
from rollback.game import Bits, Raw, UInt
from rollback.games import Duel, Pong, Tetris


class Cells:
    """A game of numbered actions and of few situations."""

    players = 1
    codecs = (UInt(2),)
    observed = (("cell", -3, 3), ("steps", 0, 9))
    states = 7

    def observe(self, player):
        return (-2, 4)

    def state_index(self, player):
        return 5


@pytest.mark.parametrize("make", [Pong, Duel])
def test_the_bounds_of_a_space_are_those_the_game_names(make):
    space = Seat(make(), 1).observation_space
    assert space.dtype == np.int32
    assert [(int(low), int(high)) for low, high in zip(space.low, space.high, strict=True)] == [
        (least, greatest) for _, least, greatest in make.observed
    ]


def test_an_observation_is_a_new_array_of_what_the_game_shows_that_player():
    game = Pong(seed=3)
    for _ in range(120):
        game.step([(False, True), (True, False)])
    seats = [Seat(game, player) for player in range(2)]
    for player, seat in enumerate(seats):
        seen = seat.observe(game)
        assert seen.tolist() == list(game.observe(player))
        assert seen in seat.observation_space
        assert not np.shares_memory(seen, seat.observe(game))
    assert seats[0].observe(game).tolist() != seats[1].observe(game).tolist()


def test_buttons_are_multibinary_and_numbers_are_discrete():
    assert Seat(Duel(), 0).action_space == spaces.MultiBinary(5)
    assert Seat(Cells(), 0).action_space == spaces.Discrete(4)


def test_a_codec_without_a_space_is_told():
    class Bytes(Cells):
        codecs = (Raw(2),)

    with pytest.raises(GameError, match="no action space is known for the codec raw2"):
        Seat(Bytes(), 0)


def test_a_tabular_seat_sees_one_number():
    seat = Seat(Cells(), 0, tabular=True)
    assert seat.observation_space == spaces.Discrete(7)
    assert seat.observe(Cells()) == 5
    assert seat.observe(Cells()) in seat.observation_space


@pytest.mark.parametrize(
    "given",
    [np.array([1, 0], np.int8), np.array([1, 0], np.int64), np.array([True, False]), [1, 0], (True, False)],
    ids=["int8", "int64", "bool", "list", "tuple"],
)
def test_buttons_come_in_many_forms_and_leave_in_the_games_own(given):
    action = Seat(Pong(), 0).action(given)
    assert action == (True, False)
    assert [type(button) for button in action] == [bool, bool]


def test_many_buttons_need_no_table():
    class Piano(Cells):
        codecs = (Bits(40),)

    seat = Seat(Piano(), 0)
    pressed = np.zeros(40, np.int8)
    pressed[33] = 1
    assert seat.action(pressed) == tuple(place == 33 for place in range(40))


@pytest.mark.parametrize("given", [2, np.int64(2), np.array(2), np.uint8(2)])
def test_numbers_come_in_many_forms_and_leave_as_plain_ones(given):
    action = Seat(Cells(), 0).action(given)
    assert action == 2 and type(action) is int


@pytest.mark.parametrize(
    ("make", "given"),
    [
        (Pong, np.array([0, 2])),
        (Pong, np.array([0])),
        (Pong, np.array([0, 1, 0])),
        (Pong, np.array([[0, 1]])),
        (Pong, 1),
        (Pong, None),
        (Pong, [0.5, 0]),
        (Pong, "up"),
        (Pong, {"up": 1}),
        (Cells, 4),
        (Cells, -1),
        (Cells, 1.5),
        (Cells, "left"),
        (Cells, None),
        (Cells, np.array([1, 2])),
    ],
)
def test_an_action_outside_the_space_is_told_with_player_value_and_space(make, given):
    with pytest.raises(
        ActionError, match=r"the action of player_0 is .* outside (MultiBinary\(2\), the buttons up, down|Discrete\(4\)):"
    ):
        Seat(make(), 0).action(given)


def test_the_games_own_actions_become_those_of_the_space():
    seat = Seat(Duel(), 1)
    array = seat.arrayed(Duel(), (False, True, False, False, True))
    assert array in seat.action_space and array.tolist() == [0, 1, 0, 0, 1]
    assert seat.action(array) == (False, True, False, False, True)
    number = Seat(Cells(), 0).arrayed(Cells(), 3)
    assert number in spaces.Discrete(4) and number == 3


@pytest.mark.parametrize(
    ("before", "after", "score", "margin"),
    [
        ((0, 0), (1, 0), [1, 0], [1, -1]),
        ((2, 4), (2, 5), [0, 1], [-1, 1]),
        ((2, 1), (3, 2), [1, 1], [0, 0]),
        ((7,), (9,), [2], [2]),
        ((0, 5, 0), (6, 5, 0), [6, 0, 0], [6, -3, -3]),
        ((1, 1, 1, 1), (1, 1, 1, 1), [0] * 4, [0] * 4),
    ],
)
def test_rewards_are_what_the_scores_did(before, after, score, margin):
    assert rewards_of(before, after, "score") == score
    assert rewards_of(before, after, "margin") == margin
    assert all(type(reward) is float for way in ("score", "margin") for reward in rewards_of(before, after, way))
    if len(before) > 1:
        assert sum(rewards_of(before, after, "margin")) == 0


def test_a_picture_is_an_array_and_a_text_is_what_the_game_renders():
    game = Pong(seed=1)
    pixels = show(game, "rgb_array")
    assert pixels.shape == (400, 640, 3) and pixels.dtype == np.uint8 and pixels.flags.writeable
    assert len(np.unique(pixels)) > 2
    assert show(game, "ansi") == game.render()
    assert show(game, None) is None


def test_without_pillow_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(
        MissingPackage, match=r'render_mode="rgb_array" needs the package pillow: pip install "rollback\[export\]"'
    ):
        show(Pong(), "rgb_array")


def reward_of_pong(given):
    return checked_reward(given, Pong())


@pytest.mark.parametrize(
    ("check", "given", "message"),
    [
        (reward_of_pong, "points", "reward must be one of 'margin', 'score', not 'points'"),
        (reward_of_pong, "survival", "reward must be one of 'margin', 'score', not 'survival'"),
        (reward_of_pong, ["margin"], "reward must be one of"),
        (checked_mode, "human", "render_mode must be None or one of 'rgb_array', 'ansi', not 'human'"),
        (checked_seed, -1, "a seed must be a whole number of at least 0, not -1"),
        (checked_seed, 1.0, "a seed must be a whole number"),
        (checked_seed, True, "a seed must be a whole number"),
    ],
)
def test_wrong_settings_are_told_in_a_sentence(check, given, message):
    with pytest.raises(UsageError, match=message):
        check(given)


def test_right_settings_come_back():
    assert reward_of_pong("score") == "score"
    assert checked_reward("survival", Tetris()) == "survival"
    assert checked_mode(None) is None and checked_mode("ansi") == "ansi"
    seed = checked_seed(np.int64(7))
    assert seed == 7 and type(seed) is int
    assert checked_seed(1 << 100) == 1 << 100
