"""Whole matches of Duel: both sides are alike, everything happens, and they last."""

import pytest

from rollback.games import Duel, bots
from rollback.games.duel_moves import Stance


def mirrored(state):
    return {**state, "fighters": state["fighters"][::-1], "rounds": state["rounds"][::-1]}


@pytest.mark.parametrize("seed", range(30))
def test_left_and_right_are_treated_alike(seed, drawn_actions):
    game, image = Duel(seed=seed), Duel(seed=seed)
    for left, right in drawn_actions(game, seed, 1_200):
        game.step([left, right])
        image.step([right, left])
        assert image.save() == mirrored(game.save())
        assert image.observe(0) == game.observe(1)
        assert image.observe(1) == game.observe(0)


def test_matches_see_every_stance(drawn_actions, bot_match):
    seen = {fighter.stance for seed in range(12) for game, _ in bot_match(Duel, seed, 6_000) for fighter in game.fighters}
    for seed in range(12):
        game = Duel(seed=seed)
        for actions in drawn_actions(game, seed, 3_000):
            game.step(actions)
            seen.update(fighter.stance for fighter in game.fighters)
    assert seen == set(Stance), "or the tests over matches prove little"


def test_matches_of_bots_outlast_thirty_seconds_and_come_to_an_end():
    winners, lengths = [0, 0], []
    for seed in range(40):
        game = Duel(seed=seed)
        acts = [bots.act_with(bots.bot_for(game, player, seed)) for player in range(2)]
        frames = 0
        while not game.over and frames < 20_000:
            game.step([acts[0](game, 0), acts[1](game, 1)])
            frames += 1
        assert game.over, seed
        lengths.append(frames)
        winners[game.scores()[1] > game.scores()[0]] += 1
    assert min(lengths) > 1_800
    assert min(winners) > 8, "neither side is favoured"


def test_bots_change_their_input_often_enough_to_be_mispredicted(bot_match):
    for seed in range(10):
        changes, frames, last = [0, 0], 0, (None, None)
        for _, actions in bot_match(Duel, seed, 1_800):
            for player in range(2):
                changes[player] += actions[player] != last[player]
            last, frames = actions, frames + 1
        for count in changes:
            assert 6 < count / (frames / 60) < 20, "introductions included"
