"""Rooms that come back after the lobby was started again, from what their members hold."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.limits import Limits
from signaling.passes import Holder, Pass, open_pass, seal_pass
from signaling.refusals import Refusal
from signaling.rooms import Rooms
from signaling.tokens import LONGEST, Seal, make_birth
from tests.cases import every

SECRET = b"s" * 32
LIMITS = Limits()
DAY = 86_400.0
GRACE = LIMITS.coming_back


def lobby(wall=1_000_000.0, **limits):
    """Return a lobby that began at this time of day."""
    return Rooms(replace(LIMITS, **limits), secret=SECRET, wall_ahead=wall)


def refused(code, function, *args, **kwargs):
    with pytest.raises(Refusal) as caught:
        function(*args, **kwargs)
    assert caught.value.code == code, str(caught.value)
    return str(caught.value)


def token(rooms, room, member_id, now=0.0):
    return rooms.keys.token_of(room, room.members[member_id], now=now)


def back(rooms, room, told, key, instance="p1", now=0.0):
    return rooms.join(key, room.code, "", resume=told, instance=instance, now=now)


def people(room):
    return [(member["id"], member["name"], member["seat"], member["connected"]) for member in room.describe()["members"]]


@pytest.fixture
def before():
    return lobby()


@pytest.fixture
def room(before):
    room = before.create("a", "ann", players=3, game="Duel", instance="pa", now=0.0).room
    before.join("b", room.code, "bob", instance="pb", now=0.0)
    before.join("c", room.code, "cay", instance="pc", now=0.0)
    before.lock("a")
    return room


def test_the_first_to_come_builds_the_room_as_it_was(before, room):
    again = lobby(wall=1_000_100.0)
    place = back(again, room, token(before, room, "m2"), "b2", "pb")
    assert (place.member.id, place.member.seat, place.member.life) == ("m2", 1, 1)
    assert people(place.room) == [("m1", "ann", 0, False), ("m2", "bob", 1, True), ("m3", "cay", 2, False)]
    assert (place.room.code, place.room.players, place.room.game, place.room.locked) == (room.code, 3, "Duel", True)
    assert back(again, room, token(before, room, "m1"), "a2", "pa").room is place.room
    assert len(again) == 1 and again.members == 2


def test_a_new_process_is_told_from_the_same_one_also_across_the_restart(before, room):
    again = lobby()
    assert back(again, room, token(before, room, "m2"), "b2", "another").member.life == 2
    assert back(again, room, token(before, room, "m3"), "c2", "pc").member.life == 1
    assert back(again, room, token(before, room, "m3"), "c3", "pc").member.life == 1
    assert back(again, room, token(before, room, "m3"), "c4", "other").member.life == 2


def test_who_left_on_purpose_is_out_as_soon_as_somebody_comes_who_knows(before, room):
    old = token(before, room, "m3")
    before.leave("c", now=1.0)
    again = lobby()
    assert people(back(again, room, old, "c2").room)[2] == ("m3", "cay", 2, True)
    place = back(again, room, token(before, room, "m1"), "a2")
    assert place.evicted == ("c2",)  # though it came as a new process, which is a change of its own
    assert again.place_of("c2") is None
    assert [each[0] for each in people(place.room)] == ["m1", "m2"]
    refused("gone", back, again, room, old, "c3")


def test_who_took_the_seat_of_somebody_who_left_keeps_it_whoever_comes_first(before, room):
    old = token(before, room, "m3")
    before.leave("c", now=1.0)
    before.join("d", room.code, "dan", token=before.invite("a", now=1.0), now=1.0)
    again = lobby()
    back(again, room, old, "c2")
    back(again, room, token(before, room, "m4"), "d2")
    assert ("m4", "dan", 2, True) in people(again.find(room.code)) and again.place_of("c2") is None


def test_the_newest_token_says_whether_the_room_is_locked_and_which_match_it_plays(before, room):
    old = token(before, room, "m1")
    room.lock(False)
    for member in room.members.values():
        member.again = True
    assert room.begin_next_match(now=1.0)
    new = token(before, room, "m2")
    for first, second in ((("m1", old), ("m2", new)), (("m2", new), ("m1", old))):
        again = lobby()
        back(again, room, first[1], first[0])
        built = back(again, room, second[1], second[0]).room
        assert (built.locked, built.match, len(built.members)) == (False, 1, 3)


def test_while_the_room_comes_back_nobody_else_gets_in_and_then_as_before(before, room):
    before.lock("a", locked=False)
    before.leave("c", now=0.0)
    again = lobby()
    place = back(again, room, token(before, room, "m1"), "a2")
    assert "waits for its members" in refused("busy", again.join, "x", room.code, "xia", now=GRACE - 1)
    refused("busy", again.join, "x", room.code, "xia", token=again.invite("a2", now=0.0), now=GRACE - 1)
    assert place.room in again.sweep(now=GRACE).changed
    stranger = again.join("x", room.code, "xia", now=GRACE).member
    assert stranger.seat == 2 and stranger.number > 1_000_000  # no id that an older token may tell of


def test_a_token_of_before_brings_no_old_facts_into_a_room_that_came_back_long_ago(before, room):
    sleeper = token(before, room, "m2")
    again = lobby(wall=1_000_100.0)
    back(again, room, token(before, room, "m1"), "a2")
    again.sweep(now=GRACE)
    again.lock("a2", locked=False)
    awake = token(again, again.find(room.code), "m1", now=GRACE)
    once_more = lobby(wall=1_000_200.0)
    for told, key in ((sleeper, "b3"), (awake, "a3")):
        built = back(once_more, room, told, key).room
    assert not built.locked and again.find(room.code).locked is False


def test_votes_of_a_match_that_was_interrupted_are_not_given_a_second_time(before, room):
    again = lobby()
    built = back(again, room, token(before, room, "m1"), "a2").room
    assert built.votes is None
    back(again, room, token(before, room, "m2"), "b2")
    back(again, room, token(before, room, "m3"), "c2")
    for member in built.members.values():
        member.again = True
    assert built.begin_next_match(now=1.0) and built.votes is not None


def test_a_spectator_is_known_again_by_the_own_token_only(before, room):
    watcher = before.join("s", room.code, "eve", spectate=True, now=0.0).member
    own = token(before, room, watcher.id)
    again = lobby()
    built = back(again, room, token(before, room, "m1"), "a2").room
    assert watcher.id not in built.members
    assert back(again, room, own, "s2").member.name == "eve"
    first = lobby()
    assert people(back(first, room, own, "s2").room)[-1] == (watcher.id, "eve", None, True)


def test_an_old_token_builds_nothing_and_a_living_room_takes_it(before, room):
    told = token(before, room, "m1")
    assert "too old" in refused("token", back, lobby(wall=1_000_000.0 + LIMITS.resume_lifetime), room, told, "a2")
    assert back(before, room, told, "a2", now=DAY).member.id == "m1"


def test_another_secret_is_another_lobby(before, room):
    other = Rooms(LIMITS, secret=b"t" * 32)
    told = refused("unknown_room", back, other, room, token(before, room, "m1"), "a2")
    assert "was restarted without keeping its secret, and its rooms are lost" in told and len(other) == 0


def test_rooms_that_come_back_count_as_rooms(before, room):
    full = lobby(rooms=1)
    full.create("x", "xia", players=2, game="", now=0.0)
    refused("busy", back, full, room, token(before, room, "m1"), "a2")


def test_a_token_opens_only_the_room_whose_code_is_named(before, room):
    other = before.create("x", "xia", players=2, game="", now=0.0).room
    refused("token", back, before, other, token(before, room, "m1"), "a2")
    refused("unknown_room", back, lobby(), other, token(before, room, "m1"), "a2")


def test_a_later_room_with_the_same_code_wins_against_an_earlier_one():
    before = lobby()
    kept = before.open(kept=True, now=0.0)
    before.join("a", kept.code, "ann", now=0.0)
    early = token(before, kept, "m1")
    before.leave("a", now=0.0)
    before.sweep(now=LIMITS.empty_grace)
    before.join("b", kept.code, "bob", now=LIMITS.empty_grace)
    late = token(before, kept, next(iter(kept.members)), now=LIMITS.empty_grace)
    assert "has begun anew" in refused("gone", back, before, kept, early, "a1", now=LIMITS.empty_grace)
    again = lobby(wall=1_001_000.0)
    back(again, kept, early, "a2")
    place = back(again, kept, late, "b2")
    assert place.evicted == ("a2",) and [each[1] for each in people(place.room)] == ["bob"]
    refused("gone", back, again, kept, early, "a3")


def test_a_room_that_everybody_lost_for_a_while_comes_back_in_the_same_lobby_too(before, room):
    tokens = [token(before, room, member) for member in ("m1", "m2", "m3")]
    for key in "abc":
        before.lose(key, now=0.0)
    before.sweep(now=LIMITS.empty_grace)
    assert len(before) == 0
    for number, told in enumerate(tokens):
        back(before, room, told, f"k{number}", now=100.0)
    assert [each[3] for each in people(before.find(room.code))] == [True] * 3


def full_pass(name="n" * 32):
    holders = tuple(Holder(f"m{1_800_000_000 + seat}", name, seat, 99) for seat in range(16))
    return Pass(make_birth(1.8e9), 2**33, holders[0], "f" * 32, 2**33, 2**33, 16, "g" * 200, True, 99, holders)


@pytest.mark.parametrize("letter", ["n", "ß", "語", "😀"])
def test_the_largest_room_fits_into_a_token(letter):
    told = full_pass(letter * 32)
    seal = Seal("K7QW3MZP", SECRET, told.born)
    text = seal_pass(told, seal)
    assert len(text) <= LONGEST and open_pass(text, "K7QW3MZP", SECRET) == told


@every("position", range(0, 12))
@every("wrong", [None, -1.5, "x", [], {}, [["m1", "n", 0]], [["x", "n", 0, 1]], True], ids=str)
def test_a_field_of_another_kind_is_no_token_even_if_it_were_signed(position, wrong):
    told = full_pass()
    fields = json.loads(_text_of(seal_pass(told, Seal("K7QW3MZP", SECRET, told.born))))
    if (position, wrong) in ((7, None), (9, True)):
        return  # these may be so
    fields[position] = wrong
    body = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
    born = fields[1] if isinstance(fields[1], str) else told.born
    try:
        read = open_pass(Seal("K7QW3MZP", SECRET, born).resume(body), "K7QW3MZP", SECRET)
    except Refusal as refusal:
        assert refusal.code == "token"
    else:
        assert isinstance(wrong, str | list)
        assert read == replace(
            told,
            **{
                1: {"born": wrong},
                4: {"instance": wrong},
                8: {"game": wrong},
                5: {"instance": wrong},
                11: {"seated": ()},
            }[position],
        )


def _text_of(text):
    body = text.split(".")[1]
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))


def _forged(born):
    fields = [1, born, 1, ["m1", "n", 0, 1], "", 1, 1, 2, "", False, 0, []]
    return f"resume.{base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip('=')}.x"


@settings(deadline=None)
@given(
    st.one_of(st.text(), st.none(), st.integers(), st.binary(), st.lists(st.text()))
    | st.builds(lambda data: f"resume.{base64.urlsafe_b64encode(data).decode()}.x", st.binary())
    | st.builds(_forged, st.text() | st.just("\ud800"))
    | st.just("resume." + base64.urlsafe_b64encode(b"[" * 5000).decode() + ".x")
)
def test_whatever_comes_as_a_resume_token_is_refused_and_nothing_else_is_raised(text):
    with pytest.raises(Refusal):
        open_pass(text, "K7QW3MZP", SECRET)
