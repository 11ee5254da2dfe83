"""Which games a worker makes: what its lobby offers, by the names that rooms carry, and nothing on a stranger's word."""

import pytest

from rollback.errors import GameError, UsageError
from rollback.games import GridWorld, Pong
from rollback.netplay.in_worker.offered_games import OfferedGames
from signaling.offers import BUILT_IN

SOURCE = """
class Ring:
    def __init__(self, players=3):
        self.players = players
    def step(self, actions): pass
    def save(self): return 0
    def load(self, state): pass
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "served_games").mkdir()
    (tmp_path / "served_games" / "own.py").write_text(SOURCE)
    return tmp_path


@pytest.fixture
def games(root):
    built_in = {name: offer.describe() for name, offer in BUILT_IN.items()}
    return OfferedGames({**built_in, "games/own.py:Ring": {"full": "served_games/own.py:Ring"}}, root)


def test_a_file_is_found_where_the_zip_was_unpacked_whatever_folder_python_stands_in(games, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    found = games.find("games/own.py:Ring")
    assert (found.label, found.name, found.make().players) == ("games/own.py:Ring", "games/own.py:Ring", 3)
    assert games.find("games/own.py:Ring", 5).make().players == 5


@pytest.mark.parametrize(("name", "players", "kind"), [("", None, Pong), ("pong", 2, Pong), ("gridworld", 4, GridWorld)])
def test_built_in_games_are_made_by_the_names_of_rooms(games, name, players, kind):
    made = games.find(name, players).make()
    assert type(made) is kind and made.players == (players or 2)


def test_another_name_of_a_built_in_game_is_known_too(games):
    assert games.find("rollback.games:Duel").name == "rollback.games:Duel"


@pytest.mark.parametrize("name", ["served_games/own.py:Ring", "os:system", "gym:CartPole-v1", "elsewhere.py:Game", "nowhere"])
def test_what_the_lobby_does_not_offer_is_neither_run_nor_imported(games, name):
    with pytest.raises(GameError, match="this lobby does not offer the game"):
        games.find(name)


def test_a_wrong_number_of_players_names_the_game_as_the_room_does(games):
    with pytest.raises(UsageError, match="pong is a game for 2 players, not for 3") as caught:
        games.find("pong", 3)
    assert "rollback.games" not in str(caught.value)
