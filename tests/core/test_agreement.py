"""Who remains, agreed by those who do: whatever the bus does, no two commit different things, and one side goes on."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollback.core.agreement import Agreement, Change, Standing, seats_in
from rollback.wire.messages import Claim
from tests.core.claims import Bus

COMMON = ("play", "say", "say all", "deliver", "deliver", "again", "drop", "look", "look", "deliver all", "exchange")
TROUBLE = ("lose", "lose", "kill", "divide", "heal", "leave")


def act(bus: Bus, what: str, first: int, second: int) -> None:
    """Let one thing happen."""
    count = len(bus.peers)
    a, b = first % count, second % count
    if what == "play":
        bus.play(a)
    elif what == "say":
        bus.say(a, b)
    elif what == "say all":
        for other in range(count):
            bus.say(a, other)
    elif what == "deliver":
        bus.deliver(first)
    elif what == "again":
        bus.deliver(first, keep=True)
    elif what == "drop":
        if bus.letters:
            bus.letters.pop(first % len(bus.letters))
    elif what == "deliver all":
        for _ in range(len(bus.letters)):
            bus.deliver(first)
    elif what == "look":
        for _ in range(2):
            bus.look(a)
    elif what == "lose":
        if a != b:
            bus.lose(a, b)
    elif what == "kill":
        if sum(peer.goes_on for peer in bus.peers) > 1:
            bus.kill(a)
    elif what == "divide":
        bus.divide(first % (1 << count))
    elif what == "exchange":
        for other in range(count):
            act(bus, "say all", other, 0)
        act(bus, "deliver all", first, 0)
        bus.look(a)
    elif what == "heal":
        bus.blocked.clear()
    else:
        bus.leave(a)


def drawn(seed: int, *, votes: bool, kind: type[Agreement] = Agreement) -> Bus:
    """Return a bus after a drawn history, held to everything on the way and at the end."""
    dice = random.Random(f"{seed} {votes}")
    bus = Bus(dice.randint(2, 6), votes=votes, kind=kind)
    for _ in range(dice.randint(20, 140)):
        what = dice.choice(TROUBLE) if dice.random() < 0.07 else dice.choice(COMMON)
        act(bus, what, dice.randrange(64), dice.randrange(64))
    bus.settle_down()
    bus.hold_cuts()
    bus.hold_the_end()
    return bus


STEPS = st.lists(
    st.tuples(st.sampled_from(COMMON + TROUBLE), st.integers(0, 63), st.integers(0, 63)),
    max_size=60,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(count=st.integers(2, 6), votes=st.booleans(), steps=STEPS)
def test_no_two_peers_ever_commit_different_things_and_one_side_goes_on(
    count: int, votes: bool, steps: list[tuple[str, int, int]]
) -> None:
    bus = Bus(count, votes=votes)
    for step in steps:
        act(bus, *step)
    bus.settle_down()
    bus.hold_cuts()
    bus.hold_the_end()


@pytest.mark.parametrize("votes", [False, True])
def test_hundreds_of_drawn_histories_end_in_one_roster(votes: bool) -> None:
    commits = further = alone = 0
    for seed in range(300):
        bus = drawn(seed, votes=votes)
        commits += len(bus.committed) > 1
        further += len(bus.committed) > 2
        alone += not any(peer.goes_on for peer in bus.peers)
    assert commits > 100 and further > 20, "the premise: something was agreed upon, and something more"
    assert alone > 0


@pytest.mark.nightly
@pytest.mark.parametrize("votes", [False, True])
def test_many_thousands_of_drawn_histories_end_in_one_roster(votes: bool) -> None:
    for seed in range(300, 41_000):
        drawn(seed, votes=votes)


# The oracle sees what is broken.


class Least(Agreement):
    """Cuts at the least that anybody holds, as others did: one of them has shown more."""

    def due(self, held: Mapping[int, int]) -> Change | None:
        told = [claim for seat, claim in self.claims.items() if self.survivors >> seat & 1]
        least = {seat: min([frame, *[claim.held.get(seat, frame) for claim in told]]) for seat, frame in held.items()}
        whole, self.claims = self.claims, {seat: claim._replace(held=least) for seat, claim in self.claims.items()}
        change = super().due(least)
        self.claims = whole
        return change


class Hasty(Agreement):
    """Commits without waiting for what the others say."""

    def due(self, held: Mapping[int, int]) -> Change | None:
        whole, self.claims = self.claims, dict.fromkeys(self.others, self.claim(0, 0, held))
        change = super().due(held)
        self.claims = whole
        return change


class Crowd(Agreement):
    """Counts those who are lost as if they still had a say."""

    @property
    def standing(self) -> Standing:
        return Standing.MORE if self.roster.bit_count() > self.lost.bit_count() else Standing.LESS


class Forgiving(Agreement):
    """Takes somebody back whom another still hears."""

    def hear(self, seat: int, claim: Claim) -> int:
        lost = super().hear(seat, claim)
        self.lost &= ~claim.roster
        return lost


@pytest.mark.parametrize("kind", [Least, Hasty, Crowd, Forgiving])
def test_the_oracle_sees_a_broken_agreement(kind: type[Agreement]) -> None:
    seen = 0
    for seed in range(1_000):
        try:
            drawn(seed, votes=seed % 2 == 1, kind=kind)
        except AssertionError:
            seen += 1
            if seen > 1:
                return
    raise AssertionError(f"nothing was seen of {kind.__doc__}")


def test_without_the_rule_about_goodbyes_two_sides_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who went on without somebody, and then leaves, says no goodbye there: that one would count itself as what is left."""

    def leave(bus: Bus, seat: int) -> None:
        if bus.peers[seat].goes_on:
            bus.peers[seat].ended = True
            bus.letters += [(seat, to, None, {}) for to in range(len(bus.peers)) if to != seat]

    monkeypatch.setattr(Bus, "leave", leave)
    with pytest.raises(AssertionError):
        for seed in range(3_000):
            drawn(seed, votes=True)


# One thing at a time.


def agree(bus: Bus, *seats: int, rounds: int = 3) -> None:
    """Let some peers speak to each other, over a bus that loses nothing."""
    for _ in range(rounds):
        for seat in seats:
            for other in seats:
                bus.say(seat, other)
        while bus.letters:
            bus.deliver(0)
        for seat in seats:
            bus.look(seat)


def test_the_cut_is_the_most_that_anybody_holds_and_the_others_are_given_it() -> None:
    bus = Bus(4)
    for seat, frame in ((0, 5), (1, 9), (2, 7), (3, 10)):
        bus.peers[seat].held[3] = frame
    bus.kill(3)
    for seat in range(3):
        bus.lose(seat, 3)
    agree(bus, 0, 1, 2)
    assert bus.committed[1] == (0b0111, {3: 9})
    assert [bus.peers[seat].held[3] for seat in range(3)] == [9, 9, 9]


def test_one_who_is_told_takes_over_who_is_lost_and_never_takes_it_back() -> None:
    ours = Agreement(0, 0b1111)
    assert ours.hear(1, Claim(1, 0, 0b1111, 0b0111, 0, 0, {3: 4}, {})) == 0b1000
    assert ours.hear(2, Claim(0, 0, 0b1111, 0b1111, 0, 0, {}, {})) == 0
    assert ours.lost == 0b1000 and ours.proposed == 1
    assert ours.due({1: 0, 2: 0, 3: 4}) is None, "one of them has not said it yet"
    assert ours.hear(2, Claim(1, 0, 0b1111, 0b0111, 0, 0, {3: 3}, {})) == 0
    assert ours.due({1: 0, 2: 0, 3: 4}) is None, "one of them lacks a row"
    assert ours.hear(2, Claim(1, 0, 0b1111, 0b0111, 0, 0, {3: 4}, {})) == 0
    assert ours.due({1: 0, 2: 0, 3: 4}) == Change(1, 0b0111, {3: 4}, {})


def test_what_all_say_is_committed_under_a_number_that_all_say() -> None:
    """Two of one roster had committed it under two numbers, and parted then: the lobby gave each of them a vote."""
    ours = Agreement(0, 0b1111)
    ours.lose(2)
    ours.lose(3)
    held = {1: 0, 2: 5, 3: 6}
    assert ours.proposed == 2
    ours.hear(1, Claim(1, 0, 0b1111, 0b0011, 0, 0, {2: 5, 3: 6}, {}))
    ours.approved = True
    assert ours.due(held) is None
    ours.hear(1, Claim(2, 0, 0b1111, 0b0011, 0, 0, {2: 5, 3: 6}, {}))
    assert ours.due(held) == Change(2, 0b0011, {2: 5, 3: 6}, {})


def test_who_hears_of_a_change_that_is_committed_enters_it_once_it_holds_the_rows() -> None:
    ours = Agreement(0, 0b111)
    ours.hear(1, Claim(1, 1, 0b011, 0b011, 0, 0, {2: 8}, {}))
    assert ours.due({1: 0, 2: 7}) is None
    change = ours.due({1: 0, 2: 8})
    assert change == Change(1, 0b011, {2: 8}, {})
    ours.commit(change)
    assert (ours.epoch, ours.roster, ours.cuts) == (1, 0b011, {2: 8})
    assert ours.due({1: 0, 2: 8}) is None


def test_who_is_left_out_of_a_committed_change_is_out() -> None:
    ours = Agreement(0, 0b111)
    ours.hear(1, Claim(1, 1, 0b110, 0b110, 0, 0, {0: 3}, {}))
    assert ours.out


def test_who_claims_us_lost_is_with_us_no_more_but_nothing_is_decided_by_it() -> None:
    ours = Agreement(0, 0b111)
    ours.hear(1, Claim(1, 0, 0b111, 0b110, 0, 0, {0: 3}, {}))
    assert ours.shunned == 0b010 and not ours.out and not ours.lost


@pytest.mark.parametrize(
    ("lost", "left", "standing"),
    [
        (0b00001, 0, Standing.MORE),
        (0b00011, 0, Standing.MORE),
        (0b00111, 0, Standing.LESS),
        (0b00111, 0b00001, Standing.HALF),
        (0b00111, 0b00011, Standing.MORE),
        (0b01111, 0b01111, Standing.MORE),
        (0b01111, 0b00111, Standing.HALF),
    ],
)
def test_more_than_half_of_those_who_did_not_leave_may_go_on(lost: int, left: int, standing: Standing) -> None:
    ours = Agreement(4, 0b11111)
    for seat in seats_in(lost):
        assert ours.lose(seat, left=bool(left >> seat & 1))
    assert ours.standing is standing
    assert ours.may_go_on == (standing is Standing.MORE)


def test_a_vote_is_for_one_change_and_one_roster() -> None:
    ours = Agreement(0, 0b1111)
    assert ours.decide(0b0011, 1), "the others may know sooner than we"
    assert not ours.decide(0b1100, 1), "nobody is lost here yet, and yet they go on without us"
    ours.lose(2)
    ours.lose(3)
    assert ours.decide(0b1100, 2) and not ours.approved, "about another change"
    assert not ours.decide(0b1100, 1)
    assert not ours.decide(0b0111, 1), "the lobby voted for more than are left"
    assert ours.decide(0b0011, 1) and ours.may_go_on
    ours.lose(1)
    assert not ours.may_go_on


@pytest.mark.parametrize(
    "claim",
    [
        Claim(1, 0, 0b1111, 0b0111, 0, 0, {}, {}),  # a seat that is none
        Claim(1, 0, 0b011, 0b111, 0, 0, {}, {}),  # more than there were
        Claim(1, 0, 0b111, 0b1000, 0, 0, {}, {}),
    ],
)
def test_a_claim_that_cannot_be_true_changes_nothing(claim: Claim) -> None:
    ours = Agreement(0, 0b111)
    assert ours.hear(1, claim) == 0
    assert not ours.claims and not ours.lost and not ours.out and not ours.shunned


# Newcomers.


def ready(ours: Agreement, seat: int, frame: int, epoch: int) -> None:
    """Let a newcomer say that it is ready."""
    ours.hear(seat, Claim(epoch, 0, ours.roster | 1 << seat, ours.roster | 1 << seat, 0, 0, {}, {seat: frame}))


def test_a_newcomer_comes_when_everybody_stood_by_it() -> None:
    sponsor, other = Agreement(0, 0b011, 0b111), Agreement(1, 0b011, 0b111)
    number = sponsor.propose(2, 40)
    assert number == 1
    assert other.accept(2, 40, number) and other.accept(2, 40, number), "the same again is the same"
    assert not other.accept(2, 50, number + 1), "another one must wait"
    ready(sponsor, 2, 40, number)
    assert sponsor.due({1: 9, 2: 39}) is None
    sponsor.hear(1, other.claim(0, 0, {}))
    change = sponsor.due({1: 9, 2: 39})
    assert change == Change(1, 0b111, {}, {2: 40})
    sponsor.commit(change)
    assert sponsor.roster == 0b111 and not sponsor.joining
    other.hear(0, sponsor.claim(0, 0, {}))
    assert other.due({0: 9, 2: 39}) == Change(1, 0b111, {}, {2: 40})


@pytest.mark.parametrize("committed", [False, True])
def test_a_newcomer_whose_sponsor_is_lost_comes_only_if_somebody_committed_it(committed: bool) -> None:
    sponsor, second, third = (Agreement(seat, 0b0111, 0b1111) for seat in range(3))
    number = sponsor.propose(3, 40)
    assert second.accept(3, 40, number) and third.accept(3, 40, number)
    if committed:
        ready(second, 3, 40, number)
        second.hear(0, sponsor.claim(0, 0, {}))
        second.hear(2, third.claim(0, 0, {}))
        change = second.due({0: 9, 2: 9, 3: 39})
        assert change is not None
        second.commit(change)
    held = {0: 9, 1: 9, 2: 9, 3: 39}
    for ours in (second, third):
        assert ours.lose(0)
    for _ in range(4):
        second.hear(2, third.claim(0, 0, held))
        third.hear(1, second.claim(0, 0, held))
        for ours in (second, third):
            if committed and ours.roster >> 3 & 1:
                claim = Claim(ours.proposed, ours.epoch, ours.roster, ours.survivors, 0, 0, held, {})
                ours.hear(3, claim)
            while (change := ours.due(held)) is not None:
                ours.commit(change)
    roster = 0b1110 if committed else 0b0110
    assert (second.roster, third.roster) == (roster, roster)
    assert second.epoch == third.epoch and second.cuts == third.cuts == {0: 9}
