import pytest

from rollback.agents.checkpoints import Runs
from rollback.studio.curve import Curve
from rollback.studio.refusals import Refused
from rollback.studio.reports import heard
from rollback.studio.run import Facts, Run
from rollback.studio.states import State
from rollback.studio.terms import check_alone, check_locked, check_resting

FACTS = Facts("q-learning", "gridworld", {"discount": 0.9}, 1, 0, 5.0)


@pytest.fixture
def run(tmp_path):
    return Run(Runs(tmp_path).create({}, "rooms-1"), FACTS, Curve(100, 100), is_read=True)


@pytest.fixture
def told():
    return []


def rows(first, last):
    return [[number, 10 * number, 2.0, 10, 0.5] for number in range(first, last + 1)]


def hear(run, told, kind, **values):
    heard(run, {"is": kind, **values}, lambda event, payload: told.append((event, payload)))


PLACE = {"episode": 4, "step": 44, "epsilon": 0.25}


def test_a_process_that_is_ready_makes_a_starting_run_a_running_one(run, told):
    run.state = State.STARTING
    hear(run, told, "ready", **PLACE)
    assert run.state is State.RUNNING
    assert told[0][0] == "status" and told[0][1]["state"] == "running" and told[0][1]["episode"] == 4


def test_a_word_that_comes_late_does_not_make_a_stopping_run_run_again(run, told):
    run.state = State.STOPPING
    hear(run, told, "ready", **PLACE)
    assert run.state is State.STOPPING


def test_points_make_the_curve_and_the_figures(run, told):
    hear(run, told, "points", rows=rows(1, 5))
    assert (run.episode, run.step, run.epsilon) == (5, 50, 0.5)
    assert run.curve.last == 5 and run.told()["reward"] == 2.0


def test_a_gap_in_the_points_means_that_the_log_must_be_read(run, told):
    hear(run, told, "points", rows=rows(1, 5))
    hear(run, told, "points", rows=rows(8, 9))
    assert not run.is_read and run.generation == 1


def test_points_that_come_while_the_log_is_read_are_left_to_it(run, told):
    run.begin_curve(is_read=False)
    hear(run, told, "points", rows=rows(1, 5))
    assert run.curve.last == 0 and run.episode == 5


def test_a_run_that_goes_on_from_before_its_last_points_begins_a_new_curve(run, told):
    hear(run, told, "points", rows=rows(1, 9))
    hear(run, told, "ready", **PLACE)
    assert run.generation == 1 and not run.is_read


def test_only_the_newest_picture_is_kept_and_has_the_next_number(run, told):
    for number in range(1, 4):
        hear(run, told, "picture", agent_pos=[1, number], picture={"kind": "gridworld"}, **PLACE)
    assert told == []
    assert run.picture == {
        "run": "rooms-1", "number": 3, **PLACE, "agent_pos": [1, 3], "picture": {"kind": "gridworld"}
    }  # fmt: skip


def test_a_reset_and_a_loaded_checkpoint_are_told_and_begin_a_curve(run, told):
    hear(run, told, "reset", episode=0, step=0, epsilon=1.0)
    assert [event for event, _ in told] == ["reset_complete", "status"] and run.is_read and run.generation == 1
    told.clear()
    hear(run, told, "loaded", name="mine", **PLACE)
    assert [event for event, _ in told] == ["load_complete", "status"] and not run.is_read and run.generation == 2
    assert told[0][1] == {"run": "rooms-1", "name": "mine", **PLACE}


def test_what_was_saved_refused_and_evaluated_is_told(run, told):
    hear(run, told, "saved", names=["last-1", "best"], hash="h", parent="", metrics={}, by_hand=False, episode=4, step=44)
    hear(run, told, "refused", command="load", message="there is no checkpoint x")
    hear(run, told, "evaluated", metrics={"success": 1.0}, **PLACE)
    assert [event for event, _ in told] == ["save_complete", "error", "evaluated"]
    assert told[0][1]["name"] == "last-1" and told[0][1]["names"] == ["last-1", "best"]
    assert told[1][1] == {"message": "there is no checkpoint x", "command": "load", "run": "rooms-1", "reason": "failed"}


def test_an_unknown_report_changes_nothing(run, told):
    before = run.told()
    hear(run, told, "nonsense")
    assert told == [] and run.told() == before


def test_parameters_are_locked_for_good(run):
    check_locked(run, {"algo": "", "env": None, "seed": 1, "discount": 0.9})
    for given in ({"discount": 0.8}, {"seed": 2}, {"algo": "cross-entropy"}, {"env": "tetris"}, {"other": 1}):
        with pytest.raises(Refused, match="for good: start a new run") as refused:
            check_locked(run, given)
        assert refused.value.status == 409


def test_the_very_same_training_is_not_started_twice_but_one_with_another_seed_is(run):
    check_alone([run], FACTS)
    run.state = State.PAUSED
    with pytest.raises(Refused, match="rooms-1 is paused and trains the very same") as refused:
        check_alone([run], Facts("q-learning", "gridworld", {"discount": 0.9}, 1, 100, 9.0))
    assert refused.value.status == 409
    check_alone([run], Facts("q-learning", "gridworld", {"discount": 0.9}, 2, 0, 5.0))
    with pytest.raises(Refused):
        check_resting(run)


def test_what_a_run_is_survives_its_file_and_a_strange_file_is_read_too():
    assert Facts.from_plain(FACTS.plain()) == FACTS
    assert Facts.from_plain({"algorithm": 7, "parameters": [], "seed": "x", "started": True, "episodes": -5}) == Facts(
        "", "", {}, 0, 0, 0.0
    )
    for started in (10**400, -(10**400), float("inf"), float("nan"), "1", None, [1.0]):
        assert Facts.from_plain({"started": started}).started == 0.0
    assert Facts.from_plain({"started": 7}).started == 7.0
