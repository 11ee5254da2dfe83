import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.refusals import Refusal
from signaling.tokens import Seal, make_birth

ROOM, OTHER = "K7QW3MZP", "AAAAAAAA"


def test_an_invitation_is_good_for_its_lifetime_and_no_longer():
    seal = Seal(ROOM)
    token = seal.invite(wall=1000.0, lifetime=300.0)
    seal.check_invitation(token, wall=1000.0)
    seal.check_invitation(token, wall=1299.9)
    with pytest.raises(Refusal, match="has expired: ask a member of the room for a new one") as caught:
        seal.check_invitation(token, wall=1300.0)
    assert caught.value.code == "token"


def test_a_resume_token_tells_what_was_put_into_it():
    seal = Seal(ROOM)
    assert seal.check_resume(seal.resume("m7")) == "m7"


def test_a_lobby_with_the_same_secret_comes_to_the_same_keys_and_a_room_born_later_to_others():
    token = Seal(ROOM, bytes(32), "first").resume("m7")
    assert Seal(ROOM, bytes(32), "first").check_resume(token) == "m7"
    for other in (Seal(ROOM, bytes(32), "later"), Seal(ROOM, b"1" * 32, "first"), Seal(ROOM, None, "first")):
        with pytest.raises(Refusal):
            other.check_resume(token)


def test_births_are_in_the_order_of_time_and_never_equal():
    births = [make_birth(wall) for wall in (0.0, 1.0, 1.0, 1.8e9)]
    assert births[0] < births[1] < births[3] and births[0] < births[2] and len(set(births)) == 4


def test_no_token_opens_another_room():
    ours, theirs = Seal(ROOM), Seal(OTHER)
    with pytest.raises(Refusal, match="no invitation to this room"):
        theirs.check_invitation(ours.invite(wall=0.0, lifetime=300.0), wall=1.0)
    with pytest.raises(Refusal, match="does not belong to this room"):
        theirs.check_resume(ours.resume("m1"))


def test_a_token_is_bound_to_its_room_even_under_the_same_key():
    key = bytes(32)
    with pytest.raises(Refusal):
        Seal(OTHER, key).check_resume(Seal(ROOM, key).resume("m1"))


def test_no_token_opens_a_later_room_with_the_same_code():
    with pytest.raises(Refusal):
        Seal(ROOM).check_resume(Seal(ROOM).resume("m1"))


def test_an_invitation_is_no_resume_token_and_a_resume_token_no_invitation():
    seal = Seal(ROOM)
    with pytest.raises(Refusal):
        seal.check_resume(seal.invite(wall=0.0, lifetime=300.0))
    with pytest.raises(Refusal):
        seal.check_invitation(seal.resume("m1"), wall=1.0)


@pytest.mark.parametrize("position", range(0, 60, 3))
def test_a_token_changed_anywhere_is_refused(position):
    seal = Seal(ROOM)
    token = seal.resume("m1")
    position %= len(token)
    changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
    with pytest.raises(Refusal):
        seal.check_resume(changed)


def test_a_longer_lifetime_cannot_be_written_into_an_invitation():
    seal = Seal(ROOM)
    kind, expires, mac = seal.invite(wall=0.0, lifetime=1.0).split(".")
    with pytest.raises(Refusal, match="no invitation"):
        seal.check_invitation(f"{kind}.{int(expires) + 10_000_000}.{mac}", wall=2.0)


@settings(deadline=None)
@given(st.one_of(st.text(), st.none(), st.integers(), st.binary(), st.lists(st.text()), st.dictionaries(st.text(), st.text())))
def test_whatever_comes_as_a_token_is_refused_and_nothing_else_is_raised(token):
    seal = Seal(ROOM, bytes(32))
    with pytest.raises(Refusal):
        seal.check_resume(token)
    with pytest.raises(Refusal):
        seal.check_invitation(token, wall=0.0)


def test_tokens_are_compared_in_constant_time(monkeypatch):
    compared = []
    original = __import__("hmac").compare_digest
    monkeypatch.setattr("signaling.tokens.hmac.compare_digest", lambda a, b: compared.append(1) or original(a, b))
    seal = Seal(ROOM)
    seal.check_resume(seal.resume("m1"))
    assert compared
