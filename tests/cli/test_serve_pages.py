"""What `rollback serve` hands to browsers; the running command is tested in tests/network."""

import pytest

from rollback.cli import interrupts, serve
from rollback.cli.app import run
from rollback.cli.served_games import offers_of
from rollback.envs.names import game_factory
from signaling import web_pages
from signaling.offers import Offer
from signaling.web_shelf import Stock

GAME = """
class Own:
    players = 2
    def step(self, actions): pass
    def save(self): return 0
    def load(self, state): pass
"""
GYMNASIUM = {"gymnasium": {"url": "/assets/packages/0/gymnasium.whl", "depends": ["numpy"]}}


@pytest.fixture(autouse=True)
def stock(monkeypatch):
    """Let everything of others be there."""
    monkeypatch.setitem(web_pages.WebPages.__init__.__kwdefaults__, "look", lambda: Stock({}, {}, GYMNASIUM, {}, ()))
    made = []
    real = web_pages.WebPages

    def remembered(*arguments, **options):
        made.append(real(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(web_pages, "WebPages", remembered)
    return made


def pages(name):
    return serve._pages(name, offers_of(name, game_factory(name)(), 2))


@pytest.mark.parametrize("name", ["pong", "rollback.games:Duel"])
def test_a_built_in_game_needs_nothing_besides_the_engine(capsys, name):
    made = pages(name)
    assert made.manifest()["needs"] == [] and name in made.games and capsys.readouterr().err == ""


def test_a_game_of_the_user_goes_along(capsys, tmp_path):
    (tmp_path / "own.py").write_text(GAME)
    told = pages(f"{tmp_path}/own.py:Own").manifest()["games"][f"{tmp_path}/own.py:Own"]
    assert told == {"full": "served_games/own.py:Own", "title": "Own", "players": [2], "comes_with_us": False}
    assert capsys.readouterr().err == ""


def test_what_is_missing_is_told_and_keeps_nobody_from_playing(capsys):
    assert "gym:CartPole-v1" in pages("gym:CartPole-v1").games
    said = capsys.readouterr().err
    assert "The browser client lacks numpy: run rollback fetch-assets --packages numpy on the machine" in said


def test_a_game_that_browsers_cannot_play_is_told_and_the_others_are_served(capsys):
    served = serve._pages("sys:Game", {"sys:Game": Offer("sys:Game", "Game", (2,))})
    assert "Browsers cannot play sys:Game: sys of 'sys:Game' is not written in Python" in capsys.readouterr().err
    assert list(served.games) == ["pong", "duel", "gridworld", "tetris"]


def test_pages_ask_the_same_servers_for_a_way_through_routers_as_the_terminal_does(stock, monkeypatch):
    served = []
    monkeypatch.setattr(interrupts, "run_until_interrupted", lambda work: served.append(work.close()) or 0)
    assert run(["serve", "--ice-server", "stun:stun.example.org"]) == 0 and served
    assert stock[0].manifest()["ice_servers"] == [{"urls": ["stun:stun.example.org"]}]


def test_what_is_no_ice_server_is_refused_before_anything_is_served(capsys, stock):
    assert run(["serve", "--port", "0", "--ice-server", "https://example.org"]) == 2
    assert "the URL of an ICE server must start with stun:" in capsys.readouterr().err and stock == []


@pytest.mark.parametrize("address", ["proxy.example.org", "", "*", "127.0.0.1:80", "10.0.0.1/8"])
def test_a_proxy_is_named_by_its_address(capsys, stock, address):
    assert run(["serve", "--port", "0", "--proxy", address]) == 2
    assert "--proxy takes an address such as 127.0.0.1 or 10.0.0.0/8, not " in capsys.readouterr().err and stock == []


def test_a_frame_of_no_origin_is_refused_before_anything_is_served(capsys, stock):
    assert run(["serve", "--port", "0", "--embed-origin", "survey.example.org"]) == 2
    assert "an origin is https:// and a name" in capsys.readouterr().err and stock == []
