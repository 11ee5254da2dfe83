from __future__ import annotations

import itertools

import pytest

from rollback.errors import UsageError
from rollback.net.signaling import comes_first, find_person, name_of
from tests.net.room import Member, Room


def test_a_member_is_found_by_its_id():
    assert find_person(Room("ann", "bob")["ann"], "bob").name == "Bob"


def test_a_stranger_is_answered_with_the_members():
    with pytest.raises(UsageError, match="'cid' is nobody in this room: the members are 'ann', 'bob'"):
        find_person(Room("ann", "bob")["ann"], "cid")


def test_somebody_who_went_away_is_called_by_the_id():
    seat = Room("ann", "bob")["ann"]
    assert [name_of(seat, "bob"), name_of(seat, "m-17")] == ["Bob", "m-17"]


def test_of_any_two_members_exactly_one_comes_first():
    members = [Member("a", "A", 2), Member("b", "B", 0), Member("d", "D", None), Member("c", "C", None)]
    for one, other in itertools.permutations(members, 2):
        assert comes_first(one, other) != comes_first(other, one)
    assert comes_first(members[1], members[0]), "the lower seat comes first"
    assert comes_first(members[0], members[2]), "a player comes before a spectator"
    assert comes_first(members[3], members[2]), "spectators go by their ids"
