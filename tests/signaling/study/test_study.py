"""The study as a machine: whatever people do, in whatever order, whenever the server is started again."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rollback.errors import NetworkError
from signaling.study.arrival import Arrival
from signaling.study.completion import CodeMaker
from signaling.study.plan import CODED, KINDS
from signaling.study.refusal import STATUSES, StudyRefusal
from signaling.study.roll import Roll
from signaling.study.stages import TRANSITIONS, Cause, Stage
from signaling.study.study import AWAY, MOST, MOST_VISITS, Study
from signaling.study.tickets import Tickets
from tests.signaling.study.people import plan_of

NAMES = st.sampled_from(["ann", "bob", "cay", "dan", "eve"])


class StudyMachine(RuleBasedStateMachine):
    """Everybody does anything at any time."""

    def __init__(self):
        super().__init__()
        self.plan = plan_of(episodes=2, max_rtt_ms=200, max_participants=4, waiting_room=30)
        self.now, self.rooms, self.journal = 100.0, 0, []
        self.make_code = CodeMaker()
        self.study = self.made()
        self.study.open("b", now=self.now)
        self.write()

    def made(self):
        return Study(self.plan, open_room=self.open_room, make_code=self.make_code)

    def open_room(self):
        self.rooms += 1
        return f"room{self.rooms}"

    def write(self):
        self.journal += [json.loads(json.dumps(event)) for event in self.study.news()]

    def do(self, name, deed, *arguments, **more):
        member = self.study.roll.named(name)
        if member is None:
            return
        before = member.stage
        self.study.heard(member, now=self.now)
        try:
            getattr(self.study, deed)(member, *arguments, now=self.now, **more)
        except StudyRefusal as refusal:
            assert member.stage is before and refusal.code in STATUSES
        self.write()

    @rule(name=NAMES, has_token=st.booleans())
    def arrive(self, name, has_token):
        there = self.study.roll.named(name)
        visit = there.visit if there else 0
        try:
            came = self.study.arrive(Arrival(name), there if has_token else None, now=self.now)
        except StudyRefusal as refusal:
            assert refusal.code == "taken" and there is not None and not has_token
        else:
            assert came is None or came.visit == visit + 1
        self.write()

    @rule(name=NAMES, agreed=st.integers(0, 5))
    def agree(self, name, agreed):
        self.do(name, "agree", agreed > 0)

    @rule(name=NAMES, trip=st.sampled_from([20.0, 20.0, 500.0]))
    def ready(self, name, trip):
        self.do(name, "ready", [trip] * 3)

    @rule(name=NAMES, trip=st.sampled_from([None, 20.0, 500.0]))
    def look(self, name, trip):
        self.do(name, "look", rtt_ms=trip)

    @rule(name=NAMES, episode=st.integers(1, 2))
    def begin(self, name, episode):
        self.do(name, "begin", episode, 0)

    @rule(name=NAMES, episode=st.integers(1, 2))
    def played(self, name, episode):
        self.do(name, "played", episode, {"frames": 60})

    @rule(name=NAMES, kind=st.sampled_from(["withdrew", "failed", "partner_left", "complete", "nonsense"]))
    def leave(self, name, kind):
        self.do(name, "leave", kind, "so it is")

    @rule(seconds=st.sampled_from([1.0, 5.0, 31.0, AWAY + 1]))
    def wait(self, seconds):
        self.now += seconds

    @precondition(lambda self: len(self.journal) > 3)
    @rule()
    def start_again(self):
        """Nothing is lost but when pages were last heard, and what they measured."""
        old, self.study = self.study, self.made()
        self.study.restore(self.journal, now=self.now)
        assert self.told(old) == self.told(self.study)

    @precondition(lambda self: len(self.journal) > 3)
    @rule(lost=st.integers(1, 2))
    def any_beginning_of_the_journal_can_be_gone_on_from(self, lost):
        study = self.made()
        study.restore(self.journal[:-lost], now=self.now)
        study.pass_time(self.now + 1000)
        self.hold_pairs(study)

    def told(self, study):
        volatile = ("seen", "trips")
        return [{key: getattr(each, key) for key in each.__slots__ if key not in volatile} for each in study.roll]

    @invariant()
    def codes_are_fair_and_never_the_same(self):
        codes = []
        for member in self.study.roll:
            assert bool(member.kind) == member.is_over and (member.stage is Stage.FINISHED) == (member.kind == "complete")
            assert member.kind in ("", *KINDS) and bool(member.code) == (member.kind in CODED)
            codes += [member.code] if member.code else []
        assert len(codes) == len(set(codes))

    @invariant()
    def pairs_are_pairs(self):
        self.hold_pairs(self.study)

    @invariant()
    def no_more_take_part_than_are_wanted(self):
        taking = [each for each in self.study.roll if each.stage not in (Stage.ARRIVED, Stage.ENDED)]
        assert len(taking) <= self.plan.max_participants

    def hold_pairs(self, study):
        rooms = {}
        for member in study.roll:
            if not member.partner:
                assert not member.is_in_match and member.episode == 0
                continue
            partner = study.roll.get(member.partner)
            assert partner.partner == member.number and partner.place == 1 - member.place
            assert 1 <= member.episode <= self.plan.episodes
            if member.is_in_match and partner.is_in_match:
                assert member.episode == partner.episode and member.room == partner.room
            if partner.stage is Stage.FINISHED:
                assert partner.episode == self.plan.episodes
            rooms.setdefault(member.room, set()).update((member.number, partner.number))
        assert all(len(people) == 2 for people in rooms.values())  # no room is given to two pairs


StudyMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_whatever_people_do_it_stays_a_fair_study = StudyMachine.TestCase


def study_of(**changes):
    made = Study(plan_of(**changes), open_room=lambda: "R", make_code=CodeMaker())
    made.open("b", now=0.0)
    return made


def test_every_stage_leads_to_an_end_and_the_ends_lead_nowhere():
    assert set(TRANSITIONS) == set(Stage) and not TRANSITIONS[Stage.FINISHED] and not TRANSITIONS[Stage.ENDED]
    for stage in Stage:
        if stage not in (Stage.FINISHED, Stage.ENDED):
            assert TRANSITIONS[stage][Cause.ENDED] is Stage.ENDED


def test_the_diagram_of_the_page_is_the_table():
    page = (Path(__file__).resolve().parents[3] / "docs" / "studies.md").read_text(encoding="utf-8")
    shown = re.findall(r"^    (\w+) --> (\w+): (\w+)$", page, re.MULTILINE)
    known = [(stage, target, cause) for stage, ways in TRANSITIONS.items() for cause, target in ways.items()]
    assert sorted(shown) == sorted((str(stage), str(target), str(cause)) for stage, target, cause in known)


def test_those_who_waited_longest_play_first():
    rooms = []

    def open_room():
        if not rooms:
            raise NetworkError("the lobby is full")
        return rooms.pop()

    study = Study(plan_of(waiting_room=600), open_room=open_room, make_code=CodeMaker())
    study.open("b", now=0.0)
    members = [study.arrive(Arrival(name), None, now=0.0) for name in ("ann", "bob", "cay")]
    for at, member in enumerate(reversed(members)):  # who came last is ready first
        study.agree(member, True, now=0.0)
        study.heard(member, now=5.0)
        study.ready(member, [1.0] * 3, now=4.0 + at)
    rooms.append("R")
    study.pass_time(8.0)
    assert [each.stage for each in members] == [Stage.WAITING, Stage.PAIRED, Stage.PAIRED]


def test_what_is_told_twice_is_told_once():
    study = study_of(opponent="best", episodes=1)
    member = study.arrive(Arrival("ann"), None, now=0.0)
    for _ in range(2):
        study.agree(member, True, now=0.0)
        study.ready(member, [1.0] * 3, now=0.0)
    for _ in range(2):
        study.begin(member, 1, 0, now=0.0)
    for _ in range(2):
        study.played(member, 1, {"frames": 60}, now=0.0)  # the answer to the first one was lost
    happened = [event["event"] for event in study.news()]
    assert happened == ["opened", "arrived", "agreed", "paired", "began", "played", "finished"]


def test_nobody_can_fill_the_record_without_an_end():
    study = study_of(max_participants=10_000)
    roll = study.roll
    for number in range(1, MOST + 1):
        roll.apply({"at": 0.0, "event": "arrived", "who": [number], "participant": f"p{number}"})
    assert study.arrive(Arrival("one-more"), None, now=0.0) is None


def test_what_is_due_is_looked_for_only_among_those_who_are_there():
    study = study_of()
    for number in range(1, 200):
        study.roll.apply({"at": 0.0, "event": "arrived", "who": [number], "participant": f"p{number}"})
    assert study.roll.there() == []
    two = [study.roll.get(number) for number in (70, 7)]
    for member in two:
        study.agree(member, True, now=0.0)
    assert [each.number for each in study.roll.there()] == [7, 70]
    study.leave(two[0], "withdrew", "", now=0.0)
    assert study.roll.there() == [two[1]] and study.roll.finished == 0


def test_no_code_is_made_twice(monkeypatch):
    letters = iter("A" * 10 + "B" * 10 + "A" * 10 + "B" * 10 + "C" * 10)
    monkeypatch.setattr("signaling.study.completion.secrets.choice", lambda alphabet: next(letters))
    make = CodeMaker()
    make.know("A" * 10)
    assert [make(), make()] == ["B" * 10, "C" * 10]


def test_a_token_is_of_one_study():
    told = Tickets(b"s" * 32, "first").make(1, 1)
    assert Tickets(b"s" * 32, "first").read(told) == (1, 1)
    for other in (Tickets(b"s" * 32, "second"), Tickets(b"t" * 32, "first")):
        with pytest.raises(StudyRefusal):
            other.read(told)


def test_nobody_can_come_back_without_an_end():
    study = study_of()
    member = study.arrive(Arrival("ann"), None, now=0.0)
    for _ in range(MOST_VISITS - 1):
        study.arrive(Arrival("ann"), member, now=0.0)
    with pytest.raises(StudyRefusal, match="opened 1000 times"):
        study.arrive(Arrival("ann"), member, now=0.0)
    assert member.visit == MOST_VISITS


def test_an_event_that_cannot_be_is_not_taken():
    roll = Roll()
    roll.apply({"at": 0.0, "event": "arrived", "who": [1], "participant": "ann"})
    for event in (
        {"event": "arrived", "who": [1], "participant": "bob"},
        {"event": "arrived", "who": [2], "participant": "ann"},
        {"event": "finished", "who": [1]},
        {"event": "agreed", "who": [7]},
        {"event": "danced", "who": [1]},
    ):
        before = roll.named("ann").stage
        try:
            roll.apply({"at": 1.0, **event})
        except (KeyError, ValueError):
            assert roll.named("ann").stage is before and len(roll) == 1
        else:
            raise AssertionError(event)
