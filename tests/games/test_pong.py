import pytest

from rollback.games import Pong, bots
from rollback.games.pong import (
    BALL,
    FACE,
    FIRST_PAUSE,
    GOAL,
    HALF_HEIGHT,
    PADDLE,
    PADDLE_RANGE,
    PADDLE_SPEED,
    PAUSE,
    SERVE_SPEED,
    STEEPEST,
    TOP_SPEED,
)

UP, DOWN, NONE, BOTH = (True, False), (False, True), (False, False), (True, True)


def placed(**changes):
    """Return a game in play with some parts of its state replaced."""
    game = Pong(seed=1)
    game.load({**game.save(), "pause": 0, **changes})
    return game


def mirrored(state):
    (x, y), (vx, vy) = state["ball"], state["velocity"]
    return {
        **state,
        "paddles": state["paddles"][::-1],
        "points": state["points"][::-1],
        "ball": (-x, y),
        "velocity": (-vx, vy),
    }


def test_a_paddle_goes_where_it_is_told():
    for action, moved in ((UP, -PADDLE_SPEED), (DOWN, PADDLE_SPEED), (NONE, 0), (BOTH, 0)):
        game = Pong()
        game.step([action, NONE])
        assert game.paddles == (moved, 0)
        game.step([NONE, action])
        assert game.paddles == (moved, moved)


@pytest.mark.parametrize(("action", "end"), [(UP, -PADDLE_RANGE), (DOWN, PADDLE_RANGE)])
def test_a_paddle_stops_at_the_wall(action, end):
    game = Pong()
    for _ in range(60):
        game.step([action, action])
    assert game.paddles == (end, end)
    assert end in (-HALF_HEIGHT + PADDLE, HALF_HEIGHT - PADDLE)


def test_the_ball_waits_for_the_serve_and_then_flies():
    game = Pong(seed=3)
    ball = game.ball
    for left in range(FIRST_PAUSE, 0, -1):
        assert game.pause == left
        game.step([NONE, NONE])
        assert game.ball == ball
    game.step([NONE, NONE])
    assert game.ball == (ball[0] + game.velocity[0], ball[1] + game.velocity[1])
    assert abs(game.velocity[0]) == SERVE_SPEED


def test_first_serves_go_to_either_side_and_differ_in_height_and_slope():
    starts = [Pong(seed=seed) for seed in range(60)]
    to_the_left = sum(game.velocity[0] < 0 for game in starts)
    assert 15 < to_the_left < 45
    assert len({game.ball[1] for game in starts}) > 50
    assert len({game.velocity[1] for game in starts}) > 40


@pytest.mark.parametrize(("y", "vy"), [(-HALF_HEIGHT + BALL + 10, -100), (HALF_HEIGHT - BALL - 10, 100)])
def test_the_ball_bounces_off_the_walls_without_losing_speed(y, vy):
    game = placed(ball=(0, y), velocity=(200, vy))
    game.step([NONE, NONE])
    assert game.velocity == (200, -vy)
    assert abs(game.ball[1]) == HALF_HEIGHT - BALL - 90, "the way beyond the wall is flown back"


@pytest.mark.parametrize("side", [-1, 1])
def test_a_paddle_returns_the_ball_faster_than_it_came(side):
    game = placed(ball=(side * (FACE - BALL - 50), 0), velocity=(side * SERVE_SPEED, 0), rally=0)
    game.step([NONE, NONE])
    assert game.velocity[0] * side < -SERVE_SPEED
    assert game.rally == 1
    assert abs(game.ball[0]) == FACE - BALL


def test_rallies_have_a_top_speed():
    game = placed(ball=(FACE - BALL - 50, 0), velocity=(TOP_SPEED, 0), rally=500)
    game.step([NONE, NONE])
    assert game.velocity[0] == -TOP_SPEED


@pytest.mark.parametrize("side", [-1, 1])
def test_where_the_paddle_is_hit_decides_the_angle(side):
    slopes = []
    for offset in (-1_800, -900, 0, 900, 1_800):
        game = placed(ball=(side * (FACE - BALL - 50), offset), velocity=(side * SERVE_SPEED, 0))
        game.step([NONE, NONE])
        slopes.append(game.velocity[1])
    assert slopes == sorted(slopes)
    assert slopes[0] < -200 < slopes[2] == 0 < 200 < slopes[4]


@pytest.mark.parametrize(("action", "sign"), [(UP, -1), (DOWN, 1)])
def test_a_moving_paddle_takes_the_ball_along(action, sign):
    game = placed(ball=(-(FACE - BALL - 50), 0), velocity=(-SERVE_SPEED, 0))
    still = placed(ball=(-(FACE - BALL - 50), 0), velocity=(-SERVE_SPEED, 0), paddles=(sign * PADDLE_SPEED, 0))
    game.step([action, NONE])
    still.step([NONE, NONE])
    assert (game.velocity[1] - still.velocity[1]) * sign > 0


def test_no_return_is_steeper_than_the_steepest():
    game = placed(ball=(-(FACE - BALL - 50), 8_000), velocity=(-SERVE_SPEED, 0), paddles=(6_200, 0))
    game.step([DOWN, NONE])
    assert game.rally == 1
    assert abs(game.velocity[1]) <= STEEPEST


def test_the_edge_of_the_ball_on_the_edge_of_the_paddle_is_a_hit_and_a_unit_farther_is_not():
    for offset, hits in ((PADDLE + BALL, 1), (PADDLE + BALL + 1, 0), (-PADDLE - BALL, 1), (-PADDLE - BALL - 1, 0)):
        game = placed(ball=(FACE - BALL - 50, offset), velocity=(SERVE_SPEED, 0), rally=0)
        game.step([NONE, NONE])
        assert game.rally == hits, offset


@pytest.mark.parametrize("speed", range(SERVE_SPEED, TOP_SPEED + 1, 30))
def test_no_ball_is_too_fast_to_be_hit(speed):
    for start in range(0, 700, 53):
        game = placed(ball=(FACE - 5_000 - start, 0), velocity=(speed, 0), rally=0)
        for _ in range(30):
            game.step([NONE, NONE])
        assert game.rally == 1


@pytest.mark.parametrize(("side", "points"), [(-1, (0, 1)), (1, (1, 0))])
def test_a_ball_that_gets_through_is_a_point_and_is_served_to_who_missed_it(side, points):
    game = placed(ball=(side * 15_000, 5_000), velocity=(side * 400, 0))
    for _ in range(3):
        game.step([NONE, NONE])
    assert game.points == points
    assert game.scores() == points
    assert game.pause == PAUSE or game.pause == PAUSE - 1
    assert game.velocity[0] == side * SERVE_SPEED
    assert game.rally == 0


@pytest.mark.parametrize("player", [0, 1])
def test_the_first_to_five_wins(player):
    side = 1 if player == 0 else -1
    points = [3, 3]
    points[player] = GOAL - 1
    game = placed(ball=(side * 15_900, 5_000), velocity=(side * 400, 0), points=tuple(points))
    assert not game.over
    game.step([NONE, NONE])
    assert game.over is True
    assert game.scores()[player] == GOAL == 5


@pytest.mark.parametrize("seed", range(20))
def test_left_and_right_are_treated_alike(seed, drawn_actions):
    game, image = Pong(seed=seed), Pong(seed=seed)
    image.load(mirrored(game.save()))
    for left, right in drawn_actions(game, seed, 1_500):
        game.step([left, right])
        image.step([right, left])
        assert image.save() == mirrored(game.save())
        assert image.observe(0) == game.observe(1)
        assert image.observe(1) == game.observe(0)
    assert sum(game.points) > 0, "without a point the test saw too little"


def test_the_two_players_see_the_same_thing_from_their_own_sides():
    game = placed(ball=(5_000, 700), velocity=(300, 40), paddles=(-100, 200), points=(2, 3))
    assert game.observe(0) == (-100, 200, 5_000, 700, 300, 40, 2, 3, 0)
    assert game.observe(1) == (200, -100, -5_000, 700, -300, 40, 3, 2, 0)


def test_matches_of_bots_outlast_thirty_seconds_and_come_to_an_end():
    lengths, winners = [], [0, 0]
    for seed in range(60):
        game = Pong(seed=seed)
        acts = [bots.act_with(bots.bot_for(game, player, seed)) for player in range(2)]
        frames = 0
        while not game.over and frames < 20_000:
            game.step([acts[0](game, 0), acts[1](game, 1)])
            frames += 1
        assert game.over, seed
        lengths.append(frames)
        winners[game.scores()[1] == GOAL] += 1
    lengths.sort()
    assert sum(length < 1_800 for length in lengths) <= 2, lengths[:5]
    assert lengths[30] > 40 * 60 * 1.5, "the middle one of the matches lasts well over forty seconds"
    assert min(winners) > 15, "neither side is favoured"


def test_bots_change_their_input_often_enough_to_be_mispredicted(bot_match):
    for seed in range(10):
        changes, frames, last = [0, 0], 0, (None, None)
        for _, actions in bot_match(Pong, seed, 1_800):
            for player in range(2):
                changes[player] += actions[player] != last[player]
            last, frames = actions, frames + 1
        for count in changes:
            assert 8 < count / (frames / 60) < 16, "more often than no person presses keys"
