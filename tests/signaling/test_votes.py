import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.refusals import Refusal
from signaling.votes import AHEAD, KEPT, Decided, Votes, seats_of

FOUR = {0, 1, 2, 3}
LEFT, RIGHT = 0b0011, 0b1100


@pytest.fixture
def votes():
    return Votes(wait=0.3)


def decide(votes, now, connected=FOUR):
    return votes.settle(connected=connected, now=now)


def test_nothing_is_decided_before_the_other_side_had_its_moment(votes):
    assert votes.wake_at is None
    assert votes.ask(0, 1, LEFT, seated=FOUR, now=10.0) is None
    assert votes.ask(1, 1, LEFT, seated=FOUR, now=10.2) is None
    assert votes.wake_at == 10.3  # of the first question: further ones put nothing off
    assert decide(votes, 10.29) == []
    assert decide(votes, 10.3) == [Decided(1, LEFT, (0, 1))]
    assert votes.wake_at is None


@pytest.mark.parametrize(
    ("connected", "winner"),
    [(FOUR, LEFT), ({0, 2, 3}, RIGHT), ({0, 1, 2}, LEFT), ({1, 3}, LEFT), (set(), LEFT), ({2}, RIGHT)],
    ids=str,
)
@pytest.mark.parametrize("first", [0, 3])
def test_the_side_with_more_members_connected_wins_and_then_the_lower_seat(votes, connected, winner, first):
    for seat in (first, 3 - first):
        votes.ask(seat, 1, LEFT if seat < 2 else RIGHT, seated=FOUR, now=0.0)
    assert decide(votes, 1.0, connected) == [Decided(1, winner, (0, 3))]


def test_what_was_decided_is_answered_again_to_everybody_and_never_changes(votes):
    votes.ask(2, 1, RIGHT, seated=FOUR, now=0.0)
    decide(votes, 0.3, connected={2, 3})
    for seat, roster in ((0, LEFT), (1, LEFT), (2, RIGHT), (3, RIGHT)):
        assert votes.ask(seat, 1, roster, seated=FOUR, now=9.0) == RIGHT
    assert votes.wake_at is None


def test_each_epoch_is_decided_by_itself(votes):
    votes.ask(2, 1, RIGHT, seated=FOUR, now=0.0)
    votes.ask(0, 2, 0b0001, seated=FOUR, now=0.1)
    assert [each.epoch for each in decide(votes, 0.35)] == [1]
    assert decide(votes, 0.4) == [Decided(2, 0b0001, (0,))]


def test_who_asks_twice_has_one_voice_the_newest(votes):
    votes.ask(0, 1, LEFT, seated=FOUR, now=0.0)
    votes.ask(0, 1, 0b0001, seated=FOUR, now=0.1)
    assert decide(votes, 1.0) == [Decided(1, 0b0001, (0,))]


@pytest.mark.parametrize(
    ("epoch", "roster", "words"),
    [
        (0, LEFT, "an epoch from 1 on"),
        (-1, LEFT, "an epoch from 1 on"),
        (True, LEFT, "an epoch from 1 on"),
        ("1", LEFT, "an epoch from 1 on"),
        (None, None, "an epoch from 1 on"),
        (1, 0, "at least one"),
        (1, -1, "at least one"),
        (1, 1.0, "a mask of seats"),
        (1, [0, 1], "a mask of seats"),
        (1, RIGHT, "you sit on seat 0, and the roster you ask for leaves it out"),
        (1, 0b10001, "nobody sits"),
        (1, 1 | 1 << 10_000, "nobody sits"),
        (AHEAD + 1, LEFT, f"only 1 to {AHEAD} can be"),
    ],
    ids=str,
)
def test_a_question_that_cannot_be_asked_is_refused_and_leaves_nothing(votes, epoch, roster, words):
    with pytest.raises(Refusal, match=words) as caught:
        votes.ask(0, epoch, roster, seated=FOUR, now=0.0)
    assert caught.value.code == "malformed" and votes.wake_at is None


def test_old_epochs_are_forgotten_and_not_decided_a_second_time(votes):
    for epoch in range(1, KEPT + 11):
        votes.ask(0, epoch, LEFT, seated=FOUR, now=0.0)
        decide(votes, 1.0)
    assert len(votes._decided) == KEPT
    with pytest.raises(Refusal, match="epoch 10 cannot be voted on: only 11 to"):
        votes.ask(2, 10, RIGHT, seated=FOUR, now=2.0)
    assert votes.ask(2, 11, RIGHT, seated=FOUR, now=2.0) == LEFT


def test_seats_of_a_mask():
    assert list(seats_of(0b101001)) == [0, 3, 5] and list(seats_of(0)) == []


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 200), st.integers(1, 15), st.sets(st.integers(0, 3)), st.booleans()))
)
def test_whatever_is_asked_an_epoch_has_one_verdict_for_ever(asked):
    votes, verdicts = Votes(wait=1.0), {}
    for now, (seat, epoch, roster, connected, later) in enumerate(asked):
        try:
            told = votes.ask(seat, epoch, roster, seated=FOUR, now=float(now))
        except Refusal:
            told = None
        assert told is None or verdicts[epoch] == told
        for each in votes.settle(connected=connected, now=now + 2.0 * later):
            assert each.epoch not in verdicts and each.askers
            verdicts[each.epoch] = each.roster
        assert len(votes._decided) <= KEPT and len(votes._polls) <= 2 * (KEPT + AHEAD)
