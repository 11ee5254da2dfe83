import pytest

from rollback.envs.names import SHORT_NAMES, canonical_name, comes_with_us
from rollback.errors import GameError, UsageError
from rollback.sim.plan import factory_for
from signaling.offers import BUILT_IN, Offer


def fits(name, players):
    try:
        return factory_for(name, players)().players == players
    except (GameError, UsageError):
        return False


def test_the_built_in_games_are_offered_by_the_names_that_commands_know():
    assert {name: offer.full for name, offer in BUILT_IN.items()} == SHORT_NAMES
    assert all(canonical_name(name) == offer.full for name, offer in BUILT_IN.items())
    assert all(offer.describe()["comes_with_us"] is comes_with_us(name) is True for name, offer in BUILT_IN.items())


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_game_is_offered_for_just_the_numbers_of_players_that_it_takes(name):
    assert [players for players in range(1, 17) if fits(name, players)] == list(BUILT_IN[name].players)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_game_is_offered_under_the_name_of_its_class(name):
    assert type(factory_for(name, None)()).__name__ == BUILT_IN[name].title


def test_what_a_page_is_told_names_what_makes_the_game_there():
    offer = Offer("a.py:Ring", "Ring", (2, 3))
    assert offer.describe() == {"full": "a.py:Ring", "title": "Ring", "players": [2, 3], "comes_with_us": False}
    assert offer.describe("served_games/a.py:Ring")["full"] == "served_games/a.py:Ring"
