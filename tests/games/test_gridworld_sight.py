import pytest

from rollback.games.gridworld import DOWN, LEFT, RIGHT, UP, GridWorld
from rollback.games.gridworld_layouts import LAYOUTS, Layout
from rollback.games.gridworld_sight import Seen, sight_of, ways

PLAYABLE = [(name, players) for name, found in LAYOUTS.items() for players in range(found.least, len(found.starts) + 1)]


@pytest.mark.parametrize(("name", "players"), PLAYABLE)
def test_all_that_is_observed_is_read_back(name, players, drawn_actions):
    game = GridWorld(players, name, seed=2)
    for actions in drawn_actions(game, 2, 300):
        game.step(actions)
        for player in range(players):
            sight = sight_of(game.layout, players, game.observe(player))
            everybody = [Seen(*row) for row in zip(game.cells, game.facing, game.waits, game.carried, game.held, strict=True)]
            assert sight.own == everybody[player]
            assert list(sight.others) == everybody[player + 1 :] + everybody[:player]
            assert sight.occupied == [other.cell for other in sight.others]
            assert (sight.loose, sight.doors, sight.pause) == (game.loose, game.doors, game.pause)
            assert sight.goal == (game.layout.spots[game.spot] if game.layout.spots else -1)
            if game.kitchen:
                kitchen = game.kitchen
                assert (sight.counters, sight.pots, sight.cooking) == (kitchen.counters, kitchen.pots, kitchen.cooking)
                assert (sight.wanted, sight.following) == (kitchen.wanted, kitchen.following)


OWN = Layout("own", ("######", "#1...#", "#.##A#", "#a.~.#", "######"))


def test_ways_are_the_shortest_ones_with_their_first_move():
    found = ways(OWN, 7, 0, ())
    assert found[7] == (0, 0)
    assert found[10] == (3, RIGHT)
    assert found[20] == (3, DOWN)
    assert set(found) == {7, 8, 9, 10, 13, 19, 20}, "walls, cliffs and closed doors are no way"


def test_keys_open_ways_and_others_block_them():
    assert ways(OWN, 7, 1, ())[22] == (5, RIGHT)
    assert 22 not in ways(OWN, 7, 1, [9])
    assert ways(OWN, 7, 1, [9])[20] == (3, DOWN)


def test_of_equally_short_ways_the_turn_decides():
    layout = Layout("own", ("####", "#1.#", "#..#", "####"))
    assert {ways(layout, 5, 0, (), turn)[10].action for turn in range(4)} == {RIGHT, DOWN}
    assert {ways(layout, 10, 0, (), turn)[5].action for turn in range(4)} == {LEFT, UP}
