import pytest

from rollback.agents.races import TITLES
from rollback.cli.agent_games import race_offers
from rollback.cli.served_games import offers_of
from rollback.sim.plan import factory_for
from signaling.offers import BUILT_IN, Offer


class Fixed:
    players = 2


class Round:
    """A game for an even number of players that is hard to please."""

    def __init__(self, players=2):
        if players > 8:
            raise RuntimeError("too many")
        self.players = players - players % 2


class Odd:
    players = 3
    __signature__ = "none"


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_game_is_offered_anyway(name):
    assert offers_of(name, factory_for(name, None)(), 2) == {}


@pytest.mark.parametrize("name", ["rollback.games:Tetris", "rollback.games.tetris:Tetris", "TETRIS"])
def test_another_name_of_a_built_in_game_is_offered_as_that_game(name):
    assert offers_of(name, factory_for(name, None)(), 2) == {name: BUILT_IN["tetris"]}


@pytest.mark.parametrize("name", TITLES)
def test_a_race_of_two_has_the_title_by_which_it_is_told_from_the_others(name):
    offer = Offer(name, TITLES[name], (2,), comes_with_us=True)
    assert offers_of(name, factory_for(name, None)(), 2) == {name: offer} == race_offers([name])


@pytest.mark.parametrize(("made", "seats", "players"), [(Fixed(), 2, (2,)), (Round(), 4, (2, 4, 6, 8)), (Odd(), 3, (3,))])
def test_a_game_of_the_user_is_offered_for_the_numbers_of_players_that_it_takes(made, seats, players):
    title = type(made).__name__
    assert offers_of("own.py:Thing", made, seats) == {"own.py:Thing": Offer("own.py:Thing", title, players)}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("gym:rollback/Pong-v0", "rollback/Pong-v0"),
        ("gym:CartPole-v1?share=race", "CartPole-v1"),
        ("pettingzoo:mpe2.simple_spread_v3", "mpe2.simple_spread_v3"),
    ],
)
def test_an_environment_is_titled_by_its_name(name, title):
    (offer,) = offers_of(name, Fixed(), 2).values()
    assert (offer.title, offer.players) == (title, (2,)) and offer.full.startswith(name.partition("?")[0])


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("gym:rollback/Pong-v0", True),
        ("pettingzoo:rollback.envs.tetris_v0", True),
        ("gym:CartPole-v1", False),
        ("rollback.games:Other", False),  # somebody's own, whatever its module is called
        ("own.py:Thing", False),
    ],
)
def test_a_page_is_told_of_what_others_must_name_their_own_copy(name, is_ours):
    assert [offer.comes_with_us for offer in offers_of(name, Fixed(), 2).values()] == [is_ours]
