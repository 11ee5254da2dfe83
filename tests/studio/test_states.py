import pytest

from rollback.studio.states import ACTIVE, EXITS, TRANSITIONS, Cause, Exit, State, cause_of, following
from tests.cases import every

ENDS = (Cause.DONE, Cause.LEFT, Cause.DIED)


def test_every_state_is_in_the_table_and_can_be_left_and_reached():
    assert set(TRANSITIONS) == set(State)
    assert all(TRANSITIONS[state] for state in State)
    reached = {after for row in TRANSITIONS.values() for after in row.values()}
    assert reached == set(State)


@every("state", State)
def test_whatever_has_a_process_knows_every_end_of_it_and_nothing_else_does(state):
    if state in ACTIVE:
        assert all(following(state, end) is not None for end in ENDS)
        assert all(following(state, end) not in ACTIVE for end in ENDS)
    else:
        assert all(following(state, end) is None for end in ENDS)
        assert following(state, Cause.START) is (None if state is State.ELSEWHERE else State.STARTING)


def test_what_another_process_trains_can_only_be_waited_for():
    assert TRANSITIONS[State.ELSEWHERE] == {Cause.FREED: State.STOPPED}
    assert all(following(state, Cause.TAKEN) is None for state in ACTIVE)


def test_an_active_run_is_not_started_a_second_time():
    assert [state for state in ACTIVE if following(state, Cause.START) is not None] == []


@pytest.mark.parametrize(
    ("code", "after"),
    [
        (Exit.DONE, State.FINISHED),
        (Exit.LEFT, State.STOPPED),
        (Exit.REFUSED, State.CRASHED),
        (1, State.CRASHED),
        (-9, State.CRASHED),
        (-11, State.CRASHED),
        (None, State.CRASHED),
    ],
)
def test_the_exit_code_says_how_a_run_ended(code, after):
    assert following(State.RUNNING, cause_of(code)) is after


def test_who_was_asked_to_stop_and_was_killed_for_not_doing_it_is_stopped_and_not_crashed():
    assert following(State.STOPPING, cause_of(-9)) is State.STOPPED


def test_only_what_is_in_the_table_of_exits_is_no_crash():
    assert [code for code in range(-64, 256) if cause_of(code) is not Cause.DIED] == sorted(EXITS)
