"""Who has to go on, told from the facts: known answers, and that nobody is told to go on on two sides at once."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.sim.fates import Fate, fates_of
from rollback.sim.link import Link
from rollback.sim.rules import Rules
from rollback.sim.seating import links_of
from rollback.sim.stage import Fact
from rollback.sim.wires import Wires

PATIENCE = 1.5
END = 18.0


class Story:
    """Facts, told one after another."""

    def __init__(self, peers: int) -> None:
        self.facts: list[Fact] = []
        self._wires = Wires(links_of(Link(), peers), 0)
        self._lobby = (1 << peers) - 1

    def add(self, at: float, kind, peer: int = -1, until: float = 0.0) -> Story:
        self.facts.append(Fact(at, kind, peer, tuple(self._wires.hears), self._lobby, until))
        return self

    def kill(self, at: float, *peers: int) -> Story:
        for peer in peers:
            self.add(at, "kill", peer)
        return self

    def partition(self, at: float, *groups, lobby: int = -1, one_way: bool = False) -> Story:
        self._wires.partition(groups, one_way=one_way)
        if lobby >= 0:
            self._lobby = sum(1 << peer for peer in groups[lobby])
        return self.add(at, "partition")

    def sever(self, at: float, one: int, two: int) -> Story:
        self._wires.sever(one, two)
        return self.add(at, "sever", one)

    def heal(self, at: float) -> Story:
        self._wires.heal()
        self._lobby = -1
        return self.add(at, "heal")


def told(peers: int, story: Story, until: float = END, **rules) -> str:
    """Return one letter a peer: + goes on, - ends, ? either."""
    fates = fates_of(Rules(peers, PATIENCE, **rules), story.facts, until)
    return "".join("+" if fate.goes_on_until > until else "-" if fate.ends_by < until else "?" for fate in fates)


@pytest.mark.parametrize(
    ("peers", "story", "rules", "fates"),
    [
        (3, Story(3).kill(5, 1), {}, "+?+"),
        (3, Story(3).kill(5, 0, 2), {}, "?-?"),  # of three with two killed at once the survivor ends
        (3, Story(3).kill(5, 0).kill(5.5, 2), {}, "?-?"),  # the second one before the first was missed
        (3, Story(3).kill(5, 0).kill(9, 2), {}, "?+?"),  # the second one when the first was agreed upon
        (3, Story(3).kill(5, 0).kill(6.7, 2), {}, "???"),  # in the middle of it: both are right
        (4, Story(4).kill(5, 0, 2), {}, "?-?-"),
        (4, Story(4).kill(5, 0, 2), {"votes": True}, "?+?+"),  # half, and the lobby's vote
        (6, Story(6).kill(5, 0, 2), {}, "?+?+++"),
        (6, Story(6).kill(5, 0).kill(6.7, 2), {}, "?+?+++"),  # whenever the second one comes, they are more than half
        (2, Story(2).kill(5, 0), {}, "?+"),
        (2, Story(2).kill(5, 0), {"ends_alone": True}, "?-"),
        (3, Story(3).kill(5, 0), {"ends": True}, "?--"),
        (3, Story(3).partition(5, (0,), (1, 2)), {}, "-++"),
        (3, Story(3).partition(5, (0,), (1, 2)).heal(5.2), {}, "+++"),
        (3, Story(3).partition(5, (0,), (1, 2)).heal(6.6), {}, "???"),
        (3, Story(3).partition(5, (0,), (1, 2)).heal(9), {}, "-++"),
        (4, Story(4).partition(5, (0, 1), (2, 3)), {}, "----"),
        (4, Story(4).partition(5, (0, 1), (2, 3)), {"votes": True}, "????"),
        (6, Story(6).partition(5, (0, 1), (2, 3), (4, 5)), {}, "------"),
        (6, Story(6).partition(5, (0, 1), (2, 3, 4, 5)).kill(5.3, 3), {}, "---?--"),
        (3, Story(3).sever(5, 0, 1), {}, "+++"),  # the third passes on what they say
        (3, Story(3).sever(5, 0, 1).kill(9, 2), {}, "--?"),
        (3, Story(3).add(5, "pause", 1, 5.5), {}, "+++"),
        (3, Story(3).add(5, "pause", 1, 9.0), {}, "+-+"),
        (3, Story(3).add(5, "leave", 1), {}, "+-+"),
        (4, Story(4).add(5, "leave", 1).kill(5.05, 0), {}, "?-++"),  # who left is no side
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_fates_that_are_known(peers, story, rules, fates):
    assert told(peers, story, **rules) == fates


def test_a_vote_is_for_those_who_reach_the_lobby():
    story = Story(4).partition(5, (0, 1), (2, 3), lobby=1)
    assert told(4, story, votes=True) == "????", "the other side may go on: whether it does is the lobby's to say"
    killed = Story(4).partition(5, (0, 1, 2), (3,), lobby=1).kill(5.01, 2)
    assert told(4, killed, votes=True)[:2] in ("--", "??")


@pytest.mark.parametrize("kind", ["rejoin", "join"])
def test_a_newcomer_is_let_in_by_those_who_go_on(kind):
    facts = Story(3).kill(5, 1).add(9, kind, 1).facts
    fates = fates_of(Rules(3, PATIENCE), facts, END)
    assert 9 < fates[1].let_in_by < 17 and fates[1].goes_on_until > END
    alone = fates_of(Rules(3, PATIENCE), Story(3).kill(5, 0, 1).add(9, kind, 1).facts, END)
    assert alone[1] == Fate(), "nobody is left who could"


def test_with_a_newcomer_the_majority_is_of_one_more():
    story = Story(3).kill(5, 1).add(9, "rejoin", 1).kill(16, 2)
    assert told(3, story) == "++?"


masks = st.integers(1, 3)
times = st.floats(2, 12)


@st.composite
def stories(draw):
    peers = draw(st.integers(3, 6))
    story = Story(peers)
    alive = list(range(peers))
    for at in sorted(draw(st.lists(times, min_size=1, max_size=4))):
        kind = draw(st.sampled_from(["kill", "partition", "heal"]))
        if kind == "kill" and len(alive) > 1:
            story.kill(at, alive.pop(draw(st.integers(0, len(alive) - 1))))
        elif kind == "partition":
            side = draw(st.integers(1, (1 << peers) - 2))
            story.partition(at, *[[p for p in range(peers) if (side >> p & 1) == which] for which in (0, 1)])
        else:
            story.heal(at)
    return peers, story


@settings(max_examples=60, deadline=None)
@given(stories())
def test_no_two_sides_that_stay_apart_are_both_told_to_go_on(drawn):
    peers, story = drawn
    letters = told(peers, story, ends_alone=True)  # of two who part nothing is promised without a lobby
    hears = story.facts[-1].hears
    dead = {fact.peer for fact in story.facts if fact.kind == "kill"}
    going = [peer for peer in range(peers) if letters[peer] == "+" and peer not in dead]
    for one, two in itertools.combinations(going, 2):
        assert any(hears[one] >> c & 1 and hears[two] >> c & 1 for c in range(peers)), letters


@settings(max_examples=25, deadline=None)
@given(stories(), st.floats(0.3, 3))
def test_without_facts_everybody_goes_on_and_the_answer_does_not_depend_on_the_step(drawn, shift):
    peers, story = drawn
    assert told(peers, Story(peers)) == "+" * peers
    assert told(peers, story) == told(peers, story, END + shift)
