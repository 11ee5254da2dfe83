import pytest

from rollback.net.room_view import Member, RoomView

ANN = {"id": "m1", "name": "ann", "seat": 0, "connected": True}
BOB = {"id": "m2", "name": "bob", "seat": 1, "connected": False}
EVE = {"id": "m3", "name": "eve", "seat": None, "connected": True}
NEWS = {"members": [ANN, BOB, EVE], "players": 2, "game": "Pong", "locked": False}
WELCOME = {**NEWS, "me": ANN, "room": "K7QW-3MZP", "invite": "i", "resume": "r"}


def test_a_welcome_is_taken_whole():
    view = RoomView()
    view.take_welcome(WELCOME)
    assert view.me == Member("m1", "ann", 0, True)
    assert view.members == (Member(**ANN), Member(**BOB), Member(**EVE))
    assert (view.room, view.invite, view.resume, view.players, view.game) == ("K7QW-3MZP", "i", "r", 2, "Pong")


def test_only_others_that_are_connected_can_be_reached():
    view = RoomView()
    view.take_welcome(WELCOME)
    assert view.reachable == {"m3"}
    view.take_members({**NEWS, "members": [ANN, {**BOB, "connected": True}]})
    assert view.reachable == {"m2"}


def test_only_connected_members_with_a_seat_are_present():
    view = RoomView()
    view.take_welcome(WELCOME)
    assert view.present == 1


def test_before_anything_was_told_nobody_is_here():
    view = RoomView()
    assert view.members == () and view.present == 0 and view.players is None
    assert view.me == Member("", "", None, False)


@pytest.mark.parametrize("missing", sorted(WELCOME))
def test_an_answer_without_a_field_is_no_welcome(missing):
    with pytest.raises(KeyError):
        RoomView().take_welcome({field: value for field, value in WELCOME.items() if field != missing})


@pytest.mark.parametrize("members", [None, 1, [1], [None]])
def test_news_of_another_form_are_refused(members):
    with pytest.raises(TypeError):
        RoomView().take_members({**NEWS, "members": members})
