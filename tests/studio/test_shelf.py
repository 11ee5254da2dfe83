import asyncio

import pytest

from rollback.agents.checkpoints import Runs
from rollback.agents.training import EpisodePoint
from rollback.studio.history import PointLog
from rollback.studio.limits import Limits
from rollback.studio.points import lines_of
from rollback.studio.refusals import Refused
from rollback.studio.run import Facts
from rollback.studio.shelf import Shelf
from rollback.studio.states import State
from rollback.studio.tasks import Tasks


def facts(environment="gridworld?layout=rooms", started=1.0):
    return Facts("q-learning", environment, {}, 1, 0, started)


@pytest.fixture
async def tasks():
    tasks = Tasks()
    yield tasks
    await tasks.end()


@pytest.fixture
def shelf(tmp_path, tasks):
    return Shelf(Runs(tmp_path), Limits(curves=2), tasks, lambda run: None)


def write(run, first, last):
    log = PointLog(run.folder)
    log.add(lines_of(EpisodePoint(number, number, 1.0, 1, 0.5) for number in range(first, last + 1)))
    log.close()


async def test_runs_are_found_by_name_and_the_newest_active_one_without(shelf):
    with pytest.raises(Refused, match="there is no run yet"):
        shelf.find()
    old, new = await shelf.make(facts(started=1.0), ""), await shelf.make(facts(started=2.0), "mine")
    assert (old.name, new.name) == ("gridworld-rooms-1", "mine")
    assert shelf.find() is new and shelf.find("gridworld-rooms-1") is old
    old.state = State.PAUSED
    assert shelf.find() is old and shelf.newest_first() == [new, old]
    with pytest.raises(Refused, match="there is no run other"):
        shelf.find("other")


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ("tetris", "tetris-1"),
        ("gym:rollback/GridWorld-v0?layout=rooms&players=2", "gridworld-v0-rooms-2-1"),
        ("gridworld", "gridworld-1"),
    ],
)
async def test_a_run_is_called_after_what_it_trains_on(shelf, environment, name):
    assert (await shelf.make(facts(environment), "")).name == name


async def test_a_name_that_is_taken_on_the_disk_is_refused(shelf, tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(Refused) as refused:
        await shelf.make(facts(), "mine")
    assert refused.value.status == 400


async def test_a_long_log_is_read_whole_while_it_grows(shelf):
    run = await shelf.make(facts(), "")
    run.is_read = False
    write(run, 1, 20_000)
    await shelf.read(run)
    assert run.is_read and run.curve.last == run.episode == 20_000
    assert len(run.curve.thinned()["rows"]) <= 1000
    run.begin_curve(is_read=False)
    write(run, 20_001, 20_010)
    await shelf.read(run)
    assert run.curve.last == 20_010


async def test_curves_of_runs_that_were_only_looked_at_do_not_pile_up(shelf):
    runs = [await shelf.make(facts(), "") for _ in range(4)]
    for run in runs:
        run.state, run.is_read = State.STOPPED, False
        write(run, 1, 10)
        shelf.want_curve(run)
        await shelf.read(run)
    assert [run.is_read for run in runs] == [False, False, True, True]
    assert [run.curve.last for run in runs] == [0, 0, 10, 10]
    shelf.want_curve(runs[0])
    await shelf.read(runs[0])
    assert [run.curve.last for run in runs] == [10, 0, 0, 10]


async def test_a_curve_that_was_forgotten_while_it_was_read_twice_is_not_read_once_more(shelf):
    runs = [await shelf.make(facts(), "") for _ in range(3)]
    for run in runs:
        run.state, run.is_read = State.STOPPED, False
        write(run, 1, 10)
    shelf.want_curve(runs[0])
    (task,) = shelf._tasks._tasks
    await asyncio.sleep(0)  # it waits for the disk
    runs[0].is_read = True  # another reading was quicker
    for run in runs[1:]:
        run.is_read = True
        shelf.want_curve(run)  # two are kept
    assert not runs[0].is_read
    await task
    assert not runs[0].is_read and runs[0].curve.last == 0


async def test_a_run_that_is_deleted_is_gone_and_no_longer_read(shelf, tmp_path):
    run = await shelf.make(facts(), "")
    run.is_read = False
    await shelf.delete(run)
    await shelf.read(run)
    assert not run.is_read and list(shelf) == [] and list(tmp_path.iterdir()) == []


async def test_no_task_is_left_behind():
    tasks = Tasks()
    forever = tasks.start(asyncio.Event().wait())
    await tasks.end()
    assert forever.cancelled()
