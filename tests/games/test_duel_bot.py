import pytest

from rollback.errors import UsageError
from rollback.games import Duel
from rollback.games.bots import DuelBot, RandomBot, act_with
from rollback.games.duel import Phase
from rollback.games.duel_moves import Stance
from rollback.state import is_tree

STILL = (False, False, False, False, False)


def rounds(left, right, seed, frames=12_000):
    game = Duel(seed=seed)
    acts = [act_with(bot) if bot else (lambda game, player: STILL) for bot in (left, right)]
    for _ in range(frames):
        if game.over:
            break
        game.step([acts[0](game, 0), acts[1](game, 1)])
    return game.scores()


@pytest.mark.parametrize("seed", range(8))
def test_it_beats_who_does_nothing_from_either_side(seed):
    assert rounds(DuelBot(seed=seed), None, seed) == (3, 0)
    assert rounds(None, DuelBot(seed=seed), seed) == (0, 3)


def test_it_beats_who_presses_anything():
    wins = 0
    for seed in range(12):
        left, right = rounds(DuelBot(seed=seed), RandomBot(Duel(), 1, seed), seed)
        wins += left > right
        left, right = rounds(RandomBot(Duel(), 0, seed), DuelBot(seed=seed), seed)
        wins += right > left
    assert wins >= 20, wins


def test_the_better_one_wins_more_often():
    wins = 0
    for seed in range(20):
        strong, weak = DuelBot(skill=0.9, seed=seed), DuelBot(skill=0.1, seed=seed + 100)
        left, right = rounds(strong, weak, seed)
        wins += left > right
        left, right = rounds(weak, strong, seed)
        wins += right > left
    assert wins > 28, wins


def test_it_uses_everything_it_can_do(bot_match):
    seen, pressed = set(), set()
    for seed in range(8):
        for game, actions in bot_match(Duel, seed, 6_000):
            seen.update(fighter.stance for fighter in game.fighters)
            pressed.update(actions)
    assert seen == set(Stance)
    assert len(pressed) == 7


def test_it_waits_for_the_round_to_begin(bot_match):
    for game, actions in bot_match(Duel, 2, 5_000):
        if game.phase != Phase.FIGHT:
            assert actions == (STILL, STILL)


def test_it_is_a_pure_function_of_what_it_sees_and_remembers(bot_match):
    bot = DuelBot(seed=3)
    memory = None
    for game, _ in bot_match(Duel, 3, 1_500):
        seen = game.observe(1)
        first, second = bot.act(seen, memory), bot.act(seen, memory)
        assert first == second
        action, memory = first
        assert is_tree(memory)
        game.codecs[1].encode(action)


@pytest.mark.parametrize("skill", [-1, 2, "good"])
def test_a_skill_outside_zero_to_one_is_refused(skill):
    with pytest.raises(UsageError, match="skill must be a number"):
        DuelBot(skill=skill)
