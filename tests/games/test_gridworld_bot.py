from itertools import pairwise

import pytest

from rollback.errors import UsageError
from rollback.games.bots import act_with
from rollback.games.gridworld import STAY, GridWorld
from rollback.games.gridworld_bot import GridWorldBot
from rollback.games.gridworld_layouts import LAYOUTS, Layout
from rollback.state import is_tree


def play(game, seed=0, skill=0.8, frames=None, bots=None):
    """Play a match of scripted players to its end; `bots` says who plays, the others stay where they are."""
    layout, players = game.layout, game.players
    acts = [act_with(GridWorldBot(layout, players, pace=game.pace, skill=skill, seed=seed * 16 + p)) for p in range(players)]
    rows = []
    while not game.over and (frames is None or len(rows) < frames):
        row = [act(game, player) if bots is None or player in bots else STAY for player, act in enumerate(acts)]
        rows.append(row)
        game.step(row)
    return rows


@pytest.mark.parametrize(("players", "least"), [(2, 14), (3, 16), (4, 16)])
def test_two_three_and_four_of_them_serve_dishes_all_the_time(players, least):
    for seed in range(2):
        game = GridWorld(players, "handover", seed=seed)
        play(game, seed)
        assert game.kitchen.served >= least
        assert game.kitchen.missed == 0


@pytest.mark.parametrize("players", [2, 3, 4])
def test_agents_at_every_frame_serve_too(players):
    game = GridWorld(players, "handover", pace=1, limit=1_000, seed=3)
    play(game, 3)
    assert game.kitchen.served >= 25


@pytest.mark.parametrize("players", [1, 2, 3, 4])
@pytest.mark.parametrize("pace", [1, 8])
def test_the_way_through_the_doors_is_found_by_any_number_of_them(players, pace):
    for seed in range(5):
        game = GridWorld(players, "keys", seed=seed, pace=pace, limit=450 * pace)
        play(game, seed)
        assert game.is_won, seed


@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_every_race_has_a_winner(players):
    winners = set()
    for seed in range(16):
        game = GridWorld(players, "race", seed=seed)
        play(game, seed)
        assert game.is_won, seed
        winners.add(game.won.index(max(game.won)))
    assert winners == set(range(players)), "and everybody wins some"


@pytest.mark.parametrize("name", ["rooms", "cliff"])
def test_a_perfect_one_takes_the_shortest_way_and_never_falls(name):
    for seed in range(40):
        game = GridWorld(1, name, pace=1, seed=seed)
        y, x = divmod(game.cells[0], game.layout.width)
        play(game, seed, skill=1)
        assert game.is_won
        assert game.points[0] == 100 - game.clock
        if name == "cliff" and x != 12:
            assert game.clock == 12 - x + (4 - y if y < 4 else 2)


def test_the_more_skilful_are_quicker():
    served = []
    for skill in (0.2, 1):
        game = GridWorld(2, "handover")
        play(game, skill=skill)
        served.append(game.kitchen.served)
    assert served[0] < served[1]


@pytest.mark.parametrize(("players", "playing"), [(3, {0, 2}), (4, {2, 3})])
def test_one_on_each_side_serves_also_beside_those_who_only_stand_there(players, playing):
    game = GridWorld(players, "handover", seed=1)
    play(game, bots=playing)
    assert game.kitchen.served >= 8


def test_alone_at_the_sources_it_fills_no_counter_that_is_needed_for_nothing():
    game = GridWorld(2, "handover")
    play(game, bots={0})
    assert 0 < sum(item > 0 for item in game.kitchen.counters) <= 3
    assert game.points == [-5 * (3_600 // 480)] * 2


def test_it_is_a_pure_function_of_what_it_sees_and_remembers():
    game = GridWorld(2, "handover", seed=3)
    bots = [GridWorldBot("handover", 2, seed=seed) for seed in range(2)]
    memories = [None, None]
    for _ in range(400):
        row = []
        for player, bot in enumerate(bots):
            seen = game.observe(player)
            first = bot.act(seen, memories[player])
            assert bot.act(seen, memories[player]) == first
            assert GridWorldBot("handover", 2, seed=player).act(seen, memories[player]) == first
            action, memories[player] = first
            assert is_tree(memories[player])
            assert game.codecs[player].decode(game.codecs[player].encode(action)) == action
            row.append(action)
        game.step(row)


@pytest.mark.parametrize("name", LAYOUTS)
def test_other_seeds_play_otherwise(name):
    players = LAYOUTS[name].least
    matches = {repr(play(GridWorld(players, name, seed=2), seed, frames=600)) for seed in range(5)}
    assert len(matches) > 2


def test_they_change_what_they_press_often_enough_to_be_mispredicted():
    for players in (2, 3, 4):
        rows = play(GridWorld(players, "handover", seed=2), 2, frames=900)
        for player in range(players):
            changes = sum(one[player] != other[player] for one, other in pairwise(rows))
            assert 2 < changes / (len(rows) / 60) < 20


def test_it_plays_maps_of_ones_own():
    layout = Layout("mine", ("#######", "O..=..P", "#1.=.2#", "T..=..H", "#######"), least=2, goals=0, together=True, price=0)
    game = GridWorld(2, layout)
    play(game)
    assert game.kitchen.served > 10


def test_alone_in_a_kitchen_it_does_everything_itself():
    layout = Layout("mine", ("#######", "O..=..P", "#1....#", "T..=..H", "#######"), goals=0, price=0)
    game = GridWorld(1, layout, limit=3_600)
    play(game)
    assert game.kitchen.served > 5


def test_where_there_is_no_way_it_keeps_trying_without_harm():
    game = GridWorld(1, Layout("shut", ("#####", "#1#G#", "#####")), limit=200)
    play(game)
    assert not game.is_won


@pytest.mark.parametrize("skill", [-0.1, 1.1, "good", None, True])
def test_a_skill_outside_zero_to_one_is_refused_in_one_sentence(skill):
    with pytest.raises(UsageError, match="skill must be a number from 0"):
        GridWorldBot(skill=skill)


def test_an_unknown_layout_is_refused():
    with pytest.raises(UsageError, match="there is no layout 'maze'"):
        GridWorldBot("maze")
