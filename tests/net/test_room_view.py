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


def test_who_is_still_loading_holds_its_seat_and_is_not_present():
    view = RoomView()
    cid = {**BOB, "connected": True, "loading": True}
    view.take_welcome({**WELCOME, "members": [ANN, cid, EVE]})
    assert view.members[1] == Member("m2", "bob", 1, True, loading=True)
    assert not view.members[1].is_ready and view.present == 1
    view.take_members({**NEWS, "members": [ANN, {**cid, "loading": False}]})
    assert view.members[1].is_ready and view.present == 2
    view.take_members({**NEWS, "members": [ANN, BOB]})
    assert not view.members[1].is_ready, "it is away"


def test_who_is_still_loading_shows_the_match_to_nobody():
    view = RoomView()
    view.take_welcome({**WELCOME, "members": [{**ANN, "loading": True}, {**BOB, "connected": True}]})
    assert not view.is_feeder
    view.take_members({**NEWS, "members": [ANN, {**BOB, "connected": True}]})
    assert view.is_feeder


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


@pytest.mark.parametrize(
    "change",
    [
        {"id": ["m2"]},
        {"id": "m" * 65},
        {"id": "m1"},
        {"name": 5},
        {"name": "ann"},
        {"name": "\x1bann"},
        {"seat": "1"},
        {"seat": True},
        {"seat": -1},
        {"connected": 1},
    ],
    ids=str,
)
def test_a_member_that_is_none_is_refused_and_what_was_known_stays(change):
    view = RoomView()
    view.take_welcome(WELCOME)
    before = vars(view).copy()
    with pytest.raises(TypeError):
        view.take_members({**NEWS, "members": [ANN, {**BOB, **change}]})
    assert vars(view) == before


@pytest.mark.parametrize("change", [{"players": "2"}, {"players": True}, {"game": None}, {"locked": 0}], ids=str)
def test_a_room_that_is_none_is_refused(change):
    with pytest.raises(TypeError):
        RoomView().take_members({**NEWS, **change})


def test_far_too_many_members_are_refused():
    crowd = [{**EVE, "id": f"m{number}", "name": f"eve {number}"} for number in range(257)]
    RoomView().take_members({**NEWS, "members": crowd[:256]})
    with pytest.raises(TypeError):
        RoomView().take_members({**NEWS, "members": crowd})


@pytest.mark.parametrize("code", ["", "-", "../../x", "a/b", "a\\b", "a b", "a\0", "\x1b[2J", "%Y", "ä", "A" * 41, 5, None])
def test_a_code_that_could_lead_a_file_elsewhere_is_no_welcome(code):
    view = RoomView()
    with pytest.raises(TypeError):
        view.take_welcome({**WELCOME, "room": code})
    assert (view.room, view.resume, view.members) == ("", "", ())


def test_names_and_labels_steer_no_terminal():
    view = RoomView()
    view.take_members(
        {**NEWS, "members": [{**ANN, "name": "a\x1b[31mn\x07n\r\n"}, {**BOB, "name": "\x9b"}], "game": "P\x1b]0;x\x07ong"}
    )
    assert [member.name for member in view.members] == ["a [31mn n", "m2"]
    assert view.game == "P ]0;x ong"


def seen(*changes):
    """Return the view of ann after news in which bob is so."""
    view = RoomView()
    view.take_welcome({**WELCOME, "members": [ANN, {**BOB, **changes[0]}, EVE]})
    before = view.members
    view.take_members({**NEWS, "members": [ANN, {**BOB, **changes[1]}, EVE]})
    return [(member.name, fresh) for member, fresh in view.returned_since(before)]


@pytest.mark.parametrize(
    ("before", "after", "returned"),
    [
        ({"connected": False}, {"connected": True}, [("bob", False)]),
        ({"connected": False}, {"connected": True, "life": 2}, [("bob", True)]),
        ({"connected": True}, {"connected": True, "life": 2}, [("bob", True)]),  # before its loss was noticed
        ({"connected": True}, {"connected": True}, []),
        ({"connected": True}, {"connected": False}, []),
        ({"connected": False}, {"connected": False, "life": 2}, []),
    ],
)
def test_who_is_back_is_told_and_whether_as_a_new_process(before, after, returned):
    assert seen(before, after) == returned


def test_newcomers_and_we_ourselves_are_not_back():
    view = RoomView()
    assert view.returned_since(()) == []
    view.take_welcome({**WELCOME, "members": [{**ANN, "connected": False}]})
    before = view.members
    view.take_members(NEWS | {"members": [ANN, BOB, EVE]})
    assert view.returned_since(before) == []


def test_the_connected_player_with_the_lowest_seat_shows_the_match():
    view = RoomView()
    assert not view.is_feeder
    view.take_welcome(WELCOME)
    assert view.is_feeder
    view.take_members({**NEWS, "members": [{**ANN, "connected": False}, {**BOB, "connected": True}, EVE]})
    assert not view.is_feeder


def test_one_of_many_who_watch_is_not_listed_and_still_knows_itself():
    view = RoomView()
    view.take_welcome({**WELCOME, "me": {**EVE, "id": "m99", "name": "zoe"}, "watching": 50})
    assert view.me == Member("m99", "zoe", None, True) and view.watching == 50


@pytest.mark.parametrize("name", ["match", "watching"])
@pytest.mark.parametrize("value", [-1, "1", True, None])
def test_numbers_that_are_none_are_refused(name, value):
    with pytest.raises(TypeError):
        RoomView().take_members({**NEWS, name: value})


@pytest.mark.parametrize("change", [{"life": "1"}, {"life": True}, {"again": 1}, {"again": "yes"}, {"loading": 1}], ids=str)
def test_a_life_a_wish_or_a_state_that_is_none_is_refused(change):
    with pytest.raises(TypeError):
        RoomView().take_members({**NEWS, "members": [{**ANN, **change}]})
