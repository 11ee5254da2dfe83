import pytest

from rollback.errors import UsageError
from rollback.games import Pong
from rollback.games.bots import PongBot, act_with
from rollback.games.pong_bot import arrival, per_mille
from rollback.state import is_tree

NONE = (False, False)


def score(left, right, seed, frames=8_000):
    game = Pong(seed=seed)
    acts = [act_with(bot) if bot else (lambda game, player: NONE) for bot in (left, right)]
    for _ in range(frames):
        if game.over:
            break
        game.step([acts[0](game, 0), acts[1](game, 1)])
    return game.scores()


@pytest.mark.parametrize("seed", range(8))
def test_it_beats_who_does_nothing_from_either_side(seed):
    assert score(PongBot(seed=seed), None, seed)[0] == 5
    assert score(None, PongBot(seed=seed), seed)[1] == 5


def test_the_better_one_wins_more_often():
    wins = 0
    for seed in range(24):
        strong, weak = PongBot(skill=0.8, seed=seed), PongBot(skill=0.4, seed=seed + 100)
        left, right = score(strong, weak, seed)
        wins += left > right
        left, right = score(weak, strong, seed)
        wins += right > left
    assert wins > 40, wins


def test_it_foresees_where_the_ball_arrives():
    for seed in range(30):
        game = Pong(seed=seed)
        bot = act_with(PongBot(seed=seed))
        for _ in range(3_000):
            if game.over:
                break
            seen = game.observe(0)
            if seen[4] < 0 and not game.pause and seen[2] > 0:
                foreseen = arrival(*seen[2:6])
                image = Pong()
                image.load(game.save())
                while image.ball[0] + image.velocity[0] > -14_500:
                    image.step([NONE, NONE])
                assert abs(image.ball[1] - foreseen) <= 2 * abs(image.velocity[1]) + 1
                break
            game.step([bot(game, 0), bot(game, 1)])


def test_it_is_a_pure_function_of_what_it_sees_and_remembers(bot_match):
    bot = PongBot(seed=3)
    memory = None
    for game, _ in bot_match(Pong, 3, 600):
        seen = game.observe(0)
        first, second = bot.act(seen, memory), bot.act(seen, memory)
        assert first == second
        action, memory = first
        assert is_tree(memory)
        assert game.codecs[0].encode(action) in (b"\x00", b"\x01", b"\x02")


def test_other_seeds_play_otherwise(bot_match):
    rows = []
    for seed in (1, 2):
        act = act_with(PongBot(seed=seed))
        rows.append([act(game, 0) for game, _ in bot_match(Pong, 5, 400)])
    assert rows[0] != rows[1]


def test_it_lets_go_between_two_taps(bot_match):
    last = NONE
    for _, actions in bot_match(Pong, 7, 1_800):
        assert actions[0] != (True, True)
        assert NONE in (last, actions[0]) or last == actions[0]
        last = actions[0]


@pytest.mark.parametrize("skill", [-0.1, 1.1, "good", None, True, float("nan")])
def test_a_skill_outside_zero_to_one_is_refused_in_one_sentence(skill):
    with pytest.raises(UsageError, match=r"skill must be a number from 0 \(hopeless\) to 1 \(best\), not"):
        PongBot(skill=skill)


@pytest.mark.parametrize(("skill", "thousandths"), [(0, 0), (1, 1000), (0.5, 500), (0.1234, 123)])
def test_a_skill_is_kept_as_a_whole_number(skill, thousandths):
    assert per_mille(skill) == thousandths
