from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.codes import show_code
from signaling.limits import Limits
from signaling.member import Member
from signaling.refusals import Refusal
from signaling.rooms import Rooms

LIMITS = Limits()


def refused(code, function, *args, **kwargs):
    with pytest.raises(Refusal) as caught:
        function(*args, **kwargs)
    assert caught.value.code == code, str(caught.value)
    assert str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def rooms():
    return Rooms(LIMITS)


@pytest.fixture
def pair(rooms):
    """Ann and Bob in a room for two, on connections `a` and `b`."""
    room = rooms.create("a", "ann", players=2, game="Pong 1", now=0.0).room
    rooms.join("b", room.code, "bob", now=0.0)
    return room


def token(rooms, room, member_id):
    """Return a member's resume token as it is now; of one that is not there, one that says it is."""
    member = room.members.get(member_id) or Member(member_id, "ghost", None, None)
    return rooms.keys.token_of(room, member, now=0.0)


def names(room):
    return [(member["name"], member["seat"], member["connected"]) for member in room.describe()["members"]]


def test_members_take_the_seats_in_the_order_of_their_coming(pair):
    assert names(pair) == [("ann", 0, True), ("bob", 1, True)]
    assert list(pair.members) == ["m1", "m2"]


def test_joiners_are_told_the_game_and_the_number_of_players(rooms, pair):
    told = rooms.place_of("b").room.describe()
    assert (told["players"], told["game"]) == (2, "Pong 1")


def test_a_full_room_says_so_and_how_to_watch(rooms, pair):
    assert "all 2 seats are taken; you can watch" in refused("full", rooms.join, "c", pair.code, "cay", now=0.0)
    watcher = rooms.join("c", pair.code, "cay", spectate=True, now=0.0).member
    assert watcher.seat is None


def test_spectators_beyond_the_listed_ones_are_an_audience_and_both_are_bounded():
    rooms = Rooms(replace(LIMITS, spectators=2, audience=3))
    room = rooms.create("a", "ann", players=2, game="", now=0.0).room
    for number in range(5):
        rooms.join(f"s{number}", room.code, "eve", spectate=True, now=0.0)
    assert [member["name"] for member in room.describe()["members"]] == ["ann", "eve", "eve-2"]
    assert "has 5 spectators already" in refused("full", rooms.join, "x", room.code, "eve", spectate=True, now=0.0)
    refused("unknown_member", rooms.neighbour, "a", "m4")  # nobody can be told apart who is not listed
    refused("unknown_member", rooms.neighbour, "s2", "m1")
    assert rooms.neighbour("s1", "m1")[1] == "a"


def test_a_lobby_can_take_no_spectators_at_all():
    rooms = Rooms(replace(LIMITS, spectators=0))
    room = rooms.create("a", "ann", players=2, game="", now=0.0).room
    assert "takes no spectators" in refused("full", rooms.join, "x", room.code, "eve", spectate=True, now=0.0)


def test_the_first_member_that_names_a_number_of_players_fixes_it(rooms):
    room = rooms.open(kept=True, now=0.0)
    rooms.join("a", room.code, "ann", now=0.0)
    assert room.players is None
    rooms.join("b", room.code, "bob", players=2, game="Duel 3", now=0.0)
    rooms.join("s", room.code, "eve", players=9, game="Chess", spectate=True, now=0.0)
    assert (room.players, room.game) == (2, "Duel 3")
    refused("full", rooms.join, "c", room.code, "cay", players=5, now=0.0)


def test_who_sits_beyond_the_number_fixed_later_becomes_a_spectator(rooms):
    room = rooms.open(now=0.0)
    for each in "abc":
        rooms.join(each, room.code, each, now=0.0)
    rooms.join("d", room.code, "d", players=2, now=0.0)
    assert names(room) == [("a", 0, True), ("b", 1, True), ("c", None, True), ("d", None, True)]


def test_a_seat_is_free_again_when_its_member_left(rooms, pair):
    rooms.leave("a", now=1.0)
    assert names(pair) == [("bob", 1, True)]
    assert rooms.join("c", pair.code, "cay", now=1.0).member.seat == 0
    assert [member.id for member in pair.members.values()] == ["m2", "m3"]  # no id is used twice


def test_an_unknown_code_is_refused_and_says_what_to_check(rooms, pair):
    assert "there is no room 0000-0000" in refused("unknown_room", rooms.join, "c", "OOOO-OOOO", "cay", now=0.0)


def test_a_connection_sits_in_one_room_only(rooms, pair):
    refused("in_room", rooms.create, "a", "ann", players=2, game="", now=0.0)
    refused("in_room", rooms.join, "a", pair.code, "ann", now=0.0)


def test_rooms_are_bounded():
    rooms = Rooms(replace(LIMITS, rooms=2))
    for each in "ab":
        rooms.create(each, each, players=1, game="", now=0.0)
    refused("busy", rooms.create, "c", "c", players=1, game="", now=0.0)
    assert rooms.place_of("c") is None


def test_a_lost_member_keeps_its_seat_and_comes_back_as_the_same(rooms, pair):
    back = token(rooms, pair, "m2")
    rooms.lose("b", now=1.0)
    assert names(pair) == [("ann", 0, True), ("bob", 1, False)]
    refused("full", rooms.join, "c", pair.code, "cay", now=2.0)
    place = rooms.join("b again", pair.code, "ignored", resume=back, now=3.0)
    assert (place.member.id, place.member.name, place.member.seat, place.replaced) == ("m2", "bob", 1, None)
    assert names(pair) == [("ann", 0, True), ("bob", 1, True)]


def test_coming_back_before_the_loss_was_noticed_replaces_the_old_connection(rooms, pair):
    place = rooms.join("b again", pair.code, "bob", resume=token(rooms, pair, "m2"), now=1.0)
    assert place.replaced == "b"
    assert rooms.place_of("b") is None
    assert rooms.lose("b", now=2.0) is None  # the old connection's end takes nothing from the new one
    assert names(pair) == [("ann", 0, True), ("bob", 1, True)]


def test_who_left_on_purpose_does_not_come_back_by_its_token(rooms, pair):
    back = token(rooms, pair, "m2")
    rooms.leave("b", now=1.0)
    assert "was given up" in refused("gone", rooms.join, "b", pair.code, "bob", resume=back, now=2.0)


def test_a_resume_token_of_another_room_opens_nothing(rooms, pair):
    other = rooms.create("x", "xia", players=2, game="", now=0.0).room
    refused("token", rooms.join, "b2", pair.code, "bob", resume=token(rooms, other, "m1"), now=0.0)


def test_a_locked_room_refuses_its_code_and_takes_an_invitation(rooms, pair):
    rooms.leave("b", now=1.0)
    rooms.lock("a")
    told = refused("locked", rooms.join, "c", pair.code, "cay", now=2.0)
    assert "you can watch it, or ask who plays there for an invitation" in told
    assert rooms.join("e", pair.code, "eve", spectate=True, now=2.0).member.seat is None  # who watches may come at any time
    assert rooms.join("c", pair.code, "cay", token=rooms.invite("a", now=2.0), now=2.0).member.seat == 1
    assert rooms.join("d", pair.code, "dan", token=rooms.invite("a", now=2.0), spectate=True, now=2.0).member.seat is None


def test_an_invitation_does_not_make_a_seat(rooms, pair):
    refused("full", rooms.join, "c", pair.code, "cay", token=rooms.invite("a", now=0.0), now=0.0)


def test_an_invitation_is_good_for_five_minutes(rooms, pair):
    rooms.leave("b", now=0.0)
    token = rooms.invite("a", now=0.0)
    refused("token", rooms.join, "c", pair.code, "cay", token=token, now=300.0)
    rooms.join("c", pair.code, "cay", token=token, now=299.0)


def test_an_invitation_to_another_room_is_refused_even_where_none_is_needed(rooms, pair):
    other = rooms.create("x", "xia", players=2, game="", now=0.0).room
    rooms.leave("b", now=0.0)
    refused("token", rooms.join, "b", pair.code, "bob", token=rooms.keys.invite_to(other, now=0.0), now=0.0)


def test_a_locked_room_still_takes_its_own_members_back(rooms, pair):
    rooms.lock("a")
    rooms.lose("b", now=1.0)
    assert rooms.join("b2", pair.code, "", resume=token(rooms, pair, "m2"), now=500.0).member.seat == 1


def test_only_players_lock(rooms, pair):
    rooms.join("s", pair.code, "eve", spectate=True, now=0.0)
    refused("no_seat", rooms.lock, "s")
    refused("no_room", rooms.lock, "nobody")
    assert not pair.locked


def test_the_seat_of_a_member_that_is_away_for_long_goes_to_a_newcomer(rooms, pair):
    back = token(rooms, pair, "m2")
    rooms.lock("a")
    rooms.lose("b", now=0.0)
    invitation = rooms.invite("a", now=0.0)
    refused("full", rooms.join, "c", pair.code, "cay", token=invitation, now=LIMITS.away_grace - 1)
    assert rooms.join("c", pair.code, "cay", token=invitation, now=LIMITS.away_grace).member.seat == 1
    refused("gone", rooms.join, "b2", pair.code, "", resume=back, now=LIMITS.away_grace)


def test_messages_reach_members_of_the_own_room_only(rooms, pair):
    other = rooms.create("x", "xia", players=2, game="", now=0.0).room
    rooms.join("y", other.code, "yan", now=0.0)
    place, target = rooms.neighbour("a", "m2")
    assert (place.member.id, target) == ("m1", "b")
    assert rooms.neighbour("x", "m2")[1] == "y"
    for strange in ("m1", "m3", "b", "x", pair.code, show_code(other.code), "", None, 2, ["m2"], {"m2": 1}):
        refused("unknown_member", rooms.neighbour, "a", strange)
    refused("no_room", rooms.neighbour, "nobody", "m2")
    rooms.lose("b", now=1.0)
    assert "bob (m2) is not connected" in refused("away", rooms.neighbour, "a", "m2")


def test_an_empty_room_lives_on_for_a_grace_and_then_goes(rooms, pair):
    rooms.lose("a", now=10.0)
    rooms.lose("b", now=20.0)
    rooms.sweep(now=20.0 + LIMITS.empty_grace - 1)
    assert len(rooms) == 1
    rooms.sweep(now=20.0 + LIMITS.empty_grace)
    assert len(rooms) == 0 and rooms.members == 0
    refused("unknown_room", rooms.join, "c", pair.code, "cay", now=90.0)


def test_a_member_that_comes_back_in_time_saves_the_room(rooms, pair):
    rooms.lock("a")
    rooms.lose("a", now=10.0)
    rooms.lose("b", now=10.0)
    rooms.join("a2", pair.code, "", resume=token(rooms, pair, "m1"), now=10.0 + LIMITS.empty_grace - 1)
    rooms.sweep(now=10.0 + 2 * LIMITS.empty_grace)
    assert names(pair) == [("ann", 0, True), ("bob", 1, False)]


def test_an_open_room_gives_up_who_is_away_for_long_and_a_locked_one_does_not(rooms, pair):
    rooms.lose("b", now=0.0)
    assert rooms.sweep(now=LIMITS.away_grace - 1).changed == []
    assert rooms.sweep(now=LIMITS.away_grace).changed == [pair]
    assert names(pair) == [("ann", 0, True)]
    other = rooms.create("x", "xia", players=2, game="", now=0.0).room
    rooms.join("y", other.code, "yan", now=0.0)
    rooms.lock("x")
    rooms.lose("y", now=0.0)
    assert other not in rooms.sweep(now=1000.0).changed
    assert len(other.members) == 2


def test_a_room_without_traffic_goes_with_its_members(rooms, pair):
    assert rooms.sweep(now=LIMITS.room_idle - 1).closed == []
    assert sorted(rooms.sweep(now=LIMITS.room_idle).closed) == ["a", "b"]
    assert len(rooms) == 0 and rooms.place_of("a") is None


def test_a_kept_room_waits_without_an_end_and_is_open_and_empty_again_after_a_match(rooms):
    room = rooms.open(kept=True, now=0.0)
    rooms.sweep(now=100_000.0)
    now = 100_000.0
    rooms.join("a", room.code, "ann", players=2, game="Pong", now=now)
    old = token(rooms, room, "m1")
    rooms.lock("a")
    rooms.leave("a", now=now)
    rooms.sweep(now=now + LIMITS.empty_grace)
    assert (room.players, room.game, room.locked, len(room.members)) == (None, "", False, 0)
    refused("gone", rooms.join, "a", room.code, "", resume=old, now=now + 100)
    assert rooms.join("b", room.code, "bob", players=3, game="Duel", now=now + 100).member.seat == 0


def loading(room):
    """Return the ids of the members that everybody is told to be loading."""
    return [member["id"] for member in room.describe()["members"] if member.get("loading")]


def test_who_is_loading_has_a_seat_and_says_when_it_is_done(rooms):
    room = rooms.create("a", "ann", players=2, game="pong", loading=True, now=0.0).room
    rooms.join("b", room.code, "bob", loading=True, now=0.0)
    assert names(room) == [("ann", 0, True), ("bob", 1, True)] and loading(room) == ["m1", "m2"]
    refused("full", rooms.join, "c", room.code, "cay", now=0.0)
    place, is_news = rooms.loaded("a")
    assert (place.member.id, is_news, loading(room)) == ("m1", True, ["m2"])
    assert rooms.loaded("a")[1] is False
    refused("no_room", rooms.loaded, "nobody")


def test_whoever_says_nothing_of_loading_is_not(rooms, pair):
    rooms.join("s", pair.code, "eve", spectate=True, now=0.0)
    assert loading(pair) == [] and all("loading" not in member for member in pair.describe()["members"])


@pytest.mark.parametrize(
    ("before", "instance", "said", "after"),
    [
        (True, "one", None, True),  # the same page on another connection: as it was
        (True, "one", True, True),
        (True, "one", False, False),  # what it said meanwhile was lost with the connection
        (False, "one", None, False),
        (False, "one", True, False),  # a page that has loaded does not unload
        (True, "two", None, False),  # another process: its own word only
        (True, "two", False, False),
        (False, "two", True, True),
        (False, "two", None, False),
    ],
)
def test_coming_back_keeps_what_the_process_was_and_a_new_process_says_its_own(rooms, before, instance, said, after):
    room = rooms.create("a", "ann", players=2, game="", instance="one", loading=before, now=0.0).room
    back = token(rooms, room, "m1")
    rooms.lose("a", now=1.0)
    rooms.join("a2", room.code, "", resume=back, instance=instance, loading=said, now=2.0)
    assert loading(room) == (["m1"] if after else [])


@pytest.mark.parametrize("said", [None, False, True])
def test_a_lobby_that_was_started_again_takes_the_word_of_who_comes_back(said):
    rooms = Rooms(LIMITS, secret=b"s" * 32)
    room = rooms.create("a", "ann", players=2, game="", instance="one", loading=said is False, now=0.0).room
    again = Rooms(LIMITS, secret=b"s" * 32)
    back = again.join("a2", room.code, "", resume=token(rooms, room, "m1"), instance="one", loading=said, now=0.0)
    assert loading(back.room) == (["m1"] if said else [])


def test_seats_of_those_who_load_or_are_away_are_not_active(rooms, pair):
    assert pair.active_seats() == {0, 1}
    back = token(rooms, pair, "m1")
    place = rooms.join("a2", pair.code, "", resume=back, instance="another", loading=True, now=1.0)
    assert pair.active_seats() == {1} and pair.seats() == {0, 1}
    rooms.loaded("a2")
    assert pair.active_seats() == {0, 1} and place.member.life == 2
    rooms.lose("b", now=2.0)
    assert pair.active_seats() == {0}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "join", "watch", "invited", "resume", "loaded", "leave", "lose", "lock", "sweep"]),
        st.integers(0, 7),
        st.integers(0, 3),
        st.sampled_from([0.0, 1.0, 29.0, 61.0]),
        st.sampled_from([None, True, False]),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(STEPS)
def test_after_any_history_seats_names_and_places_agree(steps):
    rooms, seen, now, fresh = Rooms(replace(LIMITS, rooms=3, spectators=3)), [], 0.0, 0
    live: list[str] = []
    for step, who, where, later, is_loading in steps:
        now += later
        room = seen[where % len(seen)] if seen else None
        key = live[who % len(live)] if live else ""
        fresh += 1
        new = f"k{fresh}"
        try:
            match step:
                case "create":
                    seen.append(rooms.create(new, "n", players=1 + where, game="g", loading=is_loading, now=now).room)
                    live.append(new)
                case "join" | "watch" if room:
                    rooms.join(new, room.code, "n", spectate=step == "watch", loading=is_loading, now=now)
                    live.append(new)
                case "invited" if room:
                    rooms.join(new, room.code, "n", token=rooms.keys.invite_to(room, now=now), now=now)
                    live.append(new)
                case "resume" if room:
                    told = token(rooms, room, f"m{who}")
                    instance = ("", "one", "two")[where % 3]
                    place = rooms.join(new, room.code, "", resume=told, instance=instance, loading=is_loading, now=now)
                    live.append(new)
                    if place.replaced:
                        live.remove(place.replaced)
                case "leave" | "lose" if key:
                    (rooms.leave if step == "leave" else rooms.lose)(key, now=now)
                    live.remove(key)
                case "loaded" if key:
                    rooms.loaded(key)
                    assert not rooms.place_of(key).member.loading
                case "lock" if key:
                    rooms.lock(key)
                case "sweep":
                    for closed in rooms.sweep(now=now).closed:
                        live.remove(closed)
        except Refusal:
            pass
        assert rooms.members == len(live) and len(rooms) <= 3
        for each in rooms:
            seats = [member.seat for member in each.members.values() if member.seat is not None]
            assert len(set(seats)) == len(seats) and all(seat < (each.players or 16) for seat in seats)
            assert len({member.name for member in each.members.values()}) == len(each.members)
            here = [member for member in each.members.values() if member.connection is not None]
            assert all(rooms.place_of(member.connection).member is member for member in here)
            told = [member for member in each.describe()["members"] if member["connected"] and not member.get("loading")]
            assert each.active_seats() == {member["seat"] for member in told} - {None}
