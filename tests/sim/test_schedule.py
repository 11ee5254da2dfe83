from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.sim.schedule import Incident, Moment, Schedule

three = st.sampled_from([((0,), (1, 2)), ((0, 1), (2,)), ((0,), (1,), (2,))])
incidents = st.one_of(
    st.builds(Incident, st.integers(0, 10**6), st.just("kill"), peer=st.integers(0, 2)),
    st.builds(Incident, st.integers(0, 10**6), st.just("pause"), peer=st.integers(0, 2), seconds=st.floats(0, 3600)),
    st.builds(Incident, st.integers(0, 10**6), st.just("partition"), groups=three),
    st.builds(Incident, st.integers(0, 10**6), st.just("heal"), resets=st.booleans(), after_ms=st.none() | st.floats(0, 1e6)),
    st.builds(
        Incident,
        st.integers(0, 10**6),
        st.sampled_from(["leave", "rejoin", "join", "watch"]),
        peer=st.integers(0, 2),
        after_ms=st.integers(0, 5000),
    ),
    st.builds(
        Incident, st.integers(0, 10**6), st.just("partition"), groups=three, one_way=st.booleans(), lobby=st.integers(-1, 1)
    ),
    st.builds(
        Incident, st.integers(0, 10**6), st.just("sever"), peer=st.just(2), other=st.integers(0, 1), one_way=st.booleans()
    ),
    st.builds(Incident, st.integers(0, 10**6), st.just("set_delay"), player=st.integers(0, 2), frames=st.integers(0, 60)),
)


@given(st.lists(incidents, max_size=8))
def test_a_plan_comes_back_from_json_in_the_order_of_its_frames(planned):
    schedule, again = Schedule(3, 3), Schedule(3, 3)
    for incident in planned:
        schedule.add(incident)
    for values in json.loads(json.dumps([incident.to_dict() for incident in schedule.incidents])):
        again.add_dict(values)
    assert again.incidents == schedule.incidents
    assert schedule.incidents == sorted(planned, key=lambda incident: incident.frame)


def test_a_moment_plans_one_thing_after_another_at_its_frame():
    schedule = Schedule(3, 4)
    moment = Moment(schedule, 100)
    assert moment.partition({0}, {2, 1}).set_delay(3, 5) is moment
    Moment(schedule, 50).kill(1)
    Moment(schedule, 200).heal().pause(2, seconds=1.5)
    assert schedule.incidents == [
        Incident(50, "kill", peer=1),
        Incident(100, "partition", groups=((0,), (1, 2))),
        Incident(100, "set_delay", player=3, frames=5),
        Incident(200, "heal"),
        Incident(200, "pause", peer=2, seconds=1.5),
    ]


def test_what_comes_later_comes_after_what_was_planned_last():
    schedule = Schedule(3, 3)
    Moment(schedule, 100).kill(0).later(250).kill(1).later(0).rejoin(0)
    Moment(schedule, 100).partition({0}, {1, 2}, one_way=True, lobby=1).later(40).sever(1, 2, one_way=True).heal(resets=True)
    assert [(incident.kind, incident.after_ms) for incident in schedule.incidents] == [
        ("kill", None), ("kill", 250), ("rejoin", 0), ("partition", None), ("sever", 40), ("heal", 40),
    ]  # fmt: skip
    assert {incident.frame for incident in schedule.incidents} == {100}
    assert schedule.incidents[3].lobby == 1 and schedule.incidents[3].one_way and schedule.incidents[5].resets


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (lambda moment: moment.kill(3), r"peer must be a whole number from 0 to 2, not 3"),
        (lambda moment: moment.kill(True), r"peer must be a whole number"),
        (lambda moment: moment.pause(0, seconds=-1), r"a pause takes 0 to 3600 seconds, not -1"),
        (lambda moment: moment.pause(9, seconds=1), r"peer must be a whole number"),
        (
            lambda moment: moment.partition({0}, {1}),
            r"each of the peers 0..2 into one of two or more groups, not \[\[0\], \[1\]\]",
        ),
        (lambda moment: moment.partition({0, 1, 2}), r"two or more groups"),
        (lambda moment: moment.partition({0, 1}, {1, 2}), r"into one of"),
        (lambda moment: moment.partition(0, 1), r"a partition needs groups of peer numbers"),
        (lambda moment: moment.partition({"a"}, {1, 2}), r"a partition needs groups of peer numbers"),
        (lambda moment: moment.set_delay(4, 1), r"player must be a whole number from 0 to 3, not 4"),
        (lambda moment: moment.set_delay(0, 61), r"frames must be a whole number from 0 to 60, not 61"),
    ],
)
def test_what_cannot_happen_is_refused(plan, says):
    schedule = Schedule(3, 4)
    with pytest.raises(UsageError, match=says):
        plan(Moment(schedule, 10))
    assert schedule.incidents == []


@pytest.mark.parametrize("frame", [-1, 1.5, "10", None, True])
def test_a_frame_that_is_none_is_refused(frame):
    with pytest.raises(UsageError, match=r"frame must be a whole number from 0 on"):
        Moment(Schedule(2, 2), frame).heal()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, r"an event is an object with a kind from kill, leave, rejoin, .*, set_delay, not \{\}"),
        ([], r"an event is an object"),
        ({"kind": "vanish", "frame": 3}, r"a kind from"),
        ({"kind": "rejoin", "frame": 3}, r"the event rejoin has frame, kind, peer, not frame, kind"),
        ({"kind": "heal", "frame": 3, "after_ms": -1}, r"after_ms must be 0 to 3.6e\+06, not -1"),
        ({"kind": "heal", "frame": 3, "after_ms": "1"}, r"after_ms must be"),
        ({"kind": "heal", "frame": 3, "resets": 1}, r"resets must be true or false, not 1"),
        ({"kind": "kill", "frame": 3, "peer": 1, "resets": True}, r"the event kill has"),
        ({"kind": "sever", "frame": 3, "peer": 1, "other": 1}, r"from one peer to another, not from 1 to itself"),
        ({"kind": "sever", "frame": 3, "peer": 1, "other": 2}, r"other must be a whole number from 0 to 1, not 2"),
        ({"kind": "partition", "frame": 3, "groups": [[0], [1]], "lobby": 2}, r"lobby must be a whole number from -1 to 1"),
        ({"kind": "kill", "frame": 3}, r"the event kill has frame, kind, peer, not frame, kind"),
        ({"kind": "heal", "frame": 3, "peer": 1}, r"the event heal has frame, kind, not"),
        ({"kind": "partition", "frame": 3, "groups": 5}, r"a partition needs groups"),
    ],
)
def test_what_describes_no_incident_is_refused(values, says):
    with pytest.raises(UsageError, match=says):
        Schedule(2, 2).add_dict(values)
