from __future__ import annotations

import pytest

from rollback.config import MAX_LABEL, SessionConfig
from rollback.errors import ConfigError, NetworkError, UsageError
from rollback.games import Duel, Pong
from rollback.net.room_view import RoomView
from rollback.netplay.seats import Seats, check_room, config_for, is_full, why_in_step
from rollback.types import Local, Open, Remote
from tests.netplay.peers import Mix


def room(*seated, me="m1", players=2, away=(), loading=()):
    """Return a view of a room; `seated` are names on seats 0, 1, ..; None leaves a seat free, `~name` watches."""
    members = []
    for seat, name in enumerate(seated):
        if name is not None:
            watches = name.startswith("~")
            members.append(
                {
                    "id": f"m{seat + 1}",
                    "name": name.lstrip("~"),
                    "seat": None if watches else seat,
                    "connected": name not in away,
                    "loading": name in loading,
                }
            )
    view = RoomView()
    stranger = {"id": me, "name": "me", "seat": None, "connected": True}
    view.take_welcome(
        {
            "me": next((each for each in members if each["id"] == me), stranger),
            "room": "RIVER-OTTER-42",
            "invite": "",
            "resume": "",
            "members": members,
            "players": players,
            "game": "",
            "locked": False,
        }
    )
    return view


def test_seats_become_players_in_their_order():
    seats = Seats.of(room("ann", "bob", "cid", me="m2", players=3), 3)
    assert seats.me == 1 and seats.names == ("ann", "bob", "cid")
    assert seats.players("bot") == [Remote("ann"), Local("bot"), Remote("cid")]
    assert seats.others == {"m1": "ann", "m3": "cid"}


@pytest.mark.parametrize(
    "view",
    [room("ann", None), room("ann", "bob", away=("bob",)), room("ann", "bob", loading=("bob",)), room("ann", "~bob")],
)
def test_an_empty_seat_is_named(view):
    assert not is_full(view, 2)
    with pytest.raises(NetworkError, match="nobody sits on seat 1 of room RIVER-OTTER-42"):
        Seats.of(view, 2)


def test_a_room_is_full_when_the_seats_of_the_game_are_taken():
    assert is_full(room("ann", "bob"), 2)
    assert is_full(room("ann", "bob", "cid", players=None), 2)
    assert not is_full(room(None, "bob", "cid", players=None), 2)


def test_who_lost_its_own_seat_is_told():
    with pytest.raises(NetworkError, match="your seat in room RIVER-OTTER-42 was given up"):
        Seats.of(room("ann", "bob", me="m9"), 2)


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (room("~ann", "bob"), "you have no seat in room RIVER-OTTER-42, you watch it"),
        (room("ann", "bob", players=3), "is for 3 players and Pong has 2: open one with players=2"),
        (room("ann", "bob", "cid", me="m3", players=None), "has all 2 players of Pong already, you sit on seat 2"),
    ],
)
def test_a_room_that_does_not_fit_the_game_is_refused(view, says):
    with pytest.raises(UsageError) as caught:
        check_room(view, 2, "Pong")
    assert says in str(caught.value)


@pytest.mark.parametrize("players", [2, None])
def test_a_room_that_fits_is_none_the_wiser(players):
    check_room(room("ann", None, players=players), 2, "Pong")


def test_settings_come_from_the_game_and_the_room():
    config = config_for(Pong(), "RIVER-OTTER-42")
    assert config.fps == Pong.fps and config.seed > 0
    assert config == config_for(Pong(), "river otter 42") == config_for(Pong(), "RIVEROTTER42")
    assert config.seed != config_for(Pong(), "RIVER-OTTER-43").seed
    assert config.seed == config_for(Duel(), "RIVER-OTTER-42").seed == 6683350327128507648


@pytest.mark.parametrize(("fps", "taken"), [(30, 30), (59.94, 60), (5000, 1000), (None, 60), ("fast", 60), (0, 60), (True, 60)])
def test_the_rate_is_the_games_where_it_makes_sense(fps, taken):
    game = Mix()
    game.fps = fps
    assert config_for(game, "A").fps == taken
    del game.fps
    assert config_for(game, "A").fps == SessionConfig().fps


def test_settings_that_are_given_win():
    config = config_for(Pong(), "A", input_delay=4, seed=3, on_disconnect="end")
    assert (config.input_delay, config.seed, config.on_disconnect, config.fps) == (4, 3, "end", 60)
    with pytest.raises(ConfigError, match="input_delay"):
        config_for(Pong(), "A", input_delay=61)


@pytest.mark.parametrize(("version", "sent"), [("1.2", "1.2"), (7, "7"), (None, ""), (True, ""), (object, "")], ids=repr)
def test_the_version_is_the_games_own(version, sent):
    game = Mix()
    assert config_for(game, "A").game_version == ""
    game.version = version
    assert config_for(game, "A").game_version == sent
    assert config_for(game, "A", game_version="mine").game_version == "mine"


def test_in_a_match_that_is_running_seats_may_be_empty_and_members_away():
    view = room("ann", None, "cid", "dot", me="m3", players=4, away=("dot",))
    with pytest.raises(NetworkError, match="nobody sits on seat 1"):
        Seats.of(view, 4)
    seats = Seats.of(view, 4, late=True)
    assert seats.names == ("ann", "", "cid", "dot") and seats.me == 2
    assert seats.players("human") == [Remote("ann"), Open(), Local("human"), Remote("dot")]
    assert seats.others == {"m1": "ann"}  # dot cannot be reached now, whether or not it is in the match


def test_in_a_match_that_is_running_who_is_still_loading_has_a_seat_and_is_not_called_yet():
    seats = Seats.of(room("ann", "bob", "cid", players=3, loading=("bob",)), 3, late=True)
    assert seats.players("human") == [Local("human"), Remote("bob"), Remote("cid")]
    assert seats.others == {"m3": "cid"}


def test_each_match_of_a_room_has_a_seed_of_its_own():
    seeds = [config_for(Pong(), "K7QW-3MZP", match).seed for match in range(5)]
    assert len(set(seeds)) == 5 and seeds[0] == config_for(Pong(), "k7qw3mzp").seed
    assert config_for(Pong(), "K7QW-3MZP", 3, seed=9).seed == 9


class Environment(Mix):
    """A game that says of itself what environments do."""

    def __init__(self, *, has_noop: bool = True, watchers: tuple[int, ...] = (), **more):
        super().__init__()
        self.has_noop, self.watchers = has_noop, watchers
        for name, value in more.items():
            setattr(self, name, value)


def test_where_no_action_is_known_to_do_nothing_nothing_is_predicted():
    game = Environment(has_noop=False, game_id="gym:CartPole-v1")
    assert config_for(game, "A").prediction_window == 0
    assert config_for(game, "A", prediction_window=8).prediction_window == 8  # it was asked for
    assert "in gym:CartPole-v1 no action is known to do nothing" in why_in_step(game)
    assert "named with ?idle=0, idle= or noop_action" in why_in_step(game)
    assert "in Environment no action" in why_in_step(Environment(has_noop=False))
    assert why_in_step(Environment()) is None is why_in_step(Pong())
    assert config_for(Environment(), "A").prediction_window == SessionConfig().prediction_window


def test_who_only_watches_sees_what_is_certain():
    game = Environment(watchers=(1, 2))
    windows = [config_for(game, "A", player=player).prediction_window for player in range(3)]
    assert windows == [SessionConfig().prediction_window, 0, 0]
    assert "player 3 only watches" in why_in_step(game, 2)
    assert why_in_step(game, 0) is None is why_in_step(game)


def test_the_name_and_the_version_of_an_environment_go_into_the_handshake():
    game = Environment(game_id="gym:CartPole-v1", game_version="gymnasium 1.4.0")
    assert (config_for(game, "A").game_id, config_for(game, "A").game_version) == ("gym:CartPole-v1", "gymnasium 1.4.0")
    assert config_for(Pong(), "A").game_id == ""


def test_labels_that_are_too_long_are_cut_and_still_differ():
    configs = [config_for(Environment(game_version="x" * 300 + end), "A") for end in "ab"]
    assert all(len(config.game_version) == MAX_LABEL for config in configs)
    assert configs[0].game_version != configs[1].game_version
