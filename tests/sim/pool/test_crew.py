"""Who died, and of which match: judged by exit codes and by what the workers left behind."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from queue import SimpleQueue

import pytest

from rollback.sim.pool import crew as crews
from rollback.sim.pool.blackbox import BETWEEN, NOWHERE, PLACE
from rollback.sim.pool.crew import Crew
from rollback.sim.pool.job import Batch, Rules
from rollback.sim.pool.worker import Reply, Unplayed, pack
from tests.sim.pool.tasks import Task, numbered

JOBS = numbered([Task("nothing")] * 9)
KILLED, ENDED = -int(signal.SIGKILL), -int(signal.SIGTERM)
OTHER = [0, 1, 2, 4, 5, 6, 7, 8]


SENTINELS: dict[str, int] = {}


@dataclass(eq=False)
class FakeWorker:
    """A process as an executor leaves it."""

    pid: int | None
    exitcode: int | None
    kills: int = 0
    ended_groups: int = 0

    def join(self, timeout: float) -> None:
        """Nothing to wait for."""

    def end_group(self) -> None:
        """No such number is to be sent a signal: it may be somebody's."""
        assert self.exitcode is not None
        self.ended_groups += 1

    @property
    def sentinel(self) -> int:
        return SENTINELS["lives" if self.exitcode is None else "ended"]

    def kill(self) -> None:
        self.kills += 1
        self.exitcode = KILLED


@pytest.fixture(autouse=True, scope="module")
def sentinels():
    """What can be read once a process has ended, and what can not."""
    (ended, closed), (lives, other) = os.pipe(), os.pipe()
    os.close(closed)
    SENTINELS.update(ended=ended, lives=lives)
    yield
    for each in (ended, lives, other):
        os.close(each)


@pytest.fixture
def crew(tmp_path):
    """A crew without processes, to which three batches were handed over: matches 0 to 2, 3 to 5 and 6 to 8."""
    crew = Crew(2, Rules(timeout=10.0), tmp_path, "crew", (), SimpleQueue())
    for number in (1, 2, 3):
        crew._under_way[Future()] = crews._Flight(number, Batch.of(JOBS[number * 3 - 3 : number * 3]))
    yield crew
    crew._context.workers.clear()
    crew.close(is_done=False)


def died(crew, pid, code, batch=None, place=None, trace="", seconds=10.0):
    """Let a worker have died, with or without a word."""
    crew._context.workers.append(FakeWorker(pid, code))
    if batch is not None:
        (crew._folder / f"{pid}.box").write_bytes(PLACE.pack(batch, place, seconds))
        (crew._folder / f"{pid}.trace").write_text(trace)


def told(wreck):
    return (
        [(job.index, how) for job, how in wreck.killers],
        [(job.index, where) for job, where in wreck.timeouts],
        [job.index for job in wreck.suspects],
        [job.index for job in wreck.lost],
    )


LATE = "it took longer than timeout=10 s, and was ended:\n{}"
BY_KILL = [(3, "was killed by SIGKILL")]
CASES = {
    "one died by itself, the other was ended": ([(KILLED, 2, 0), (ENDED, 1, 1)], (BY_KILL, [], [], OTHER)),
    "both died by themselves": (
        [(0, 1, 2), (KILLED, 2, 0)],
        ([(2, "ended with exit code 0"), *BY_KILL], [], [], [0, 1, 4, 5, 6, 7, 8]),
    ),
    "none is known to have died by itself": ([(ENDED, 1, 0), (ENDED, 2, 0)], ([], [], [0, 3], [1, 2, 4, 5, 6, 7, 8])),
    "the only one under suspicion": ([(ENDED, 2, 0)], ([(3, "was killed by SIGTERM")], [], [], OTHER)),
    "the watchdog": ([(1, 2, 0, "Timeout!"), (ENDED, 1, 0)], ([], [(3, LATE.format("Timeout!"))], [], OTHER)),
    "between the matches of a batch": ([(KILLED, 2, BETWEEN), (ENDED, 1, 0)], ([], [], [3, 4, 5], [0, 1, 2, 6, 7, 8])),
    "the watchdog, before a match began": (
        [(1, 2, BETWEEN, "Timeout!"), (ENDED, 1, 0)],
        ([], [], [3, 4, 5], [0, 1, 2, 6, 7, 8]),
    ),
    "idle, or with a batch whose results have come": ([(KILLED, 7, 0), (ENDED, 1, 0)], ([], [], [], list(range(9)))),
    "before it had any": ([(KILLED, 0, NOWHERE), (ENDED, 1, 0)], ([], [], [], list(range(9)))),
    "before it could leave a word": ([(KILLED,), (ENDED, 1, 0)], ([], [], [], list(range(9)))),
}


@pytest.mark.parametrize(("dead", "expected"), CASES.values(), ids=CASES)
def test_only_the_match_that_a_worker_died_of_is_blamed(crew, dead, expected):
    for number, (code, *where) in enumerate(dead):
        died(crew, 100 + number, code, *where)
    wreck = crew.wreck()
    assert told(wreck) == expected
    assert wreck.strays == (dead[0][0] == KILLED and not any(expected[:3]))  # it had nothing to play, and died all the same
    assert len(crew) == 0


def test_who_had_to_be_killed_is_not_blamed_and_one_that_never_started_is_left_alone(crew):
    died(crew, 100, None, 1, 0)
    died(crew, 101, 3, 2, 0)
    crew._context.workers.append(FakeWorker(None, None))
    assert told(crew.wreck())[0] == [(3, "ended with exit code 3")]
    assert [worker.kills for worker in crew._context.workers] == [1, 0, 0]
    assert [worker.ended_groups for worker in crew._context.workers] == [1, 1, 0]


def test_a_signal_without_a_name_is_told_by_its_number(crew):
    died(crew, 100, -77, 2, 0)
    died(crew, 101, ENDED, 1, 0)
    assert told(crew.wreck())[0] == [(3, "was killed by signal 77")]


def test_a_death_that_the_executor_does_not_tell_is_found_at_the_second_look(crew):
    died(crew, 100, None, 1, 0)
    crew.look()
    crew.look()
    assert not crew.is_broken
    died(crew, 101, KILLED, 2, 0)
    crew.look()
    assert not crew.is_broken  # it may just be about to
    crew.look()
    assert crew.is_broken


def test_a_worker_that_its_watchdog_does_not_end_is_ended_from_outside(crew, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(crews.time, "monotonic", lambda: now[0])
    died(crew, 100, None, 2, 0)
    died(crew, 101, None, 9, 0)  # idle
    crew.look()
    now[0] = 10.0 + 1.0 + crews.LATE
    crew.look()
    assert [worker.kills for worker in crew._context.workers] == [0, 0]
    now[0] += 0.1
    crew.look()
    assert [worker.kills for worker in crew._context.workers] == [1, 0]
    crew._context.workers[1].exitcode = ENDED
    assert told(crew.wreck()) == ([], [(3, LATE.format("its watchdog had been switched off\n"))], [], OTHER)


def test_a_worker_that_imports_a_game_has_the_time_for_that_and_says_so_when_it_was_too_little(crew, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(crews.time, "monotonic", lambda: now[0])
    died(crew, 100, None, 2, 0, seconds=60.0)
    crew.look()
    now[0] = 60.0 + 1.0 + crews.LATE
    crew.look()
    assert [worker.kills for worker in crew._context.workers] == [0]
    now[0] += 0.1
    crew.look()
    assert [worker.kills for worker in crew._context.workers] == [1]
    crew._context.workers[0].exitcode = KILLED
    wreck = crew.wreck()
    ((job, text),) = wreck.timeouts
    assert job.index == 3 and wreck.is_slow
    assert text.startswith("to import what it needs took longer than 60 s, and was ended (timeout=10 s counts from then on):\n")


def test_the_clock_of_a_match_begins_anew_when_its_game_is_imported(crew, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(crews.time, "monotonic", lambda: now[0])
    for seconds in (60.0, 10.0):
        crew._context.workers.clear()
        died(crew, 100, None, 2, 0, seconds=seconds)
        crew.look()
        now[0] += 12.0
    crew.look()
    assert not crew._overdue
    now[0] += 12.0
    crew.look()
    assert crew._overdue == {100}


def test_a_worker_that_gets_on_is_never_ended_from_outside(crew, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(crews.time, "monotonic", lambda: now[0])
    for place in (0, 1, 2):
        crew._context.workers.clear()
        died(crew, 100, None, 2, place)
        crew.look()
        now[0] += 12.0
    assert not crew._overdue


def test_answers_are_results_or_what_kept_them_from_being_some(crew):
    ended, failed, broken = crew._under_way
    ended.set_result(b"no pickle")
    failed.set_exception(OSError("no room on the disk"))
    broken.set_exception(BrokenProcessPool("somebody died"))
    batch, answer = crew.answer(ended)
    assert [job.index for job in batch.jobs()] == [0, 1, 2]
    assert isinstance(answer, Unplayed) and answer.error.startswith("the result cannot be read here: ")
    assert crew.answer(failed)[1] == Unplayed("OSError: no room on the disk")
    assert crew.answer(ended) is None and not crew.is_broken  # once is enough
    assert crew.answer(broken) is None and crew.is_broken
    died(crew, 100, KILLED)
    assert [job.index for job in crew.wreck().lost] == [6, 7, 8]


@pytest.mark.parametrize("error", [OSError("handle is closed"), ValueError("bad value(s) in fds_to_keep")])
def test_a_worker_that_dies_while_another_is_started_breaks_the_crew(crew, monkeypatch, error):
    def submit(*_):
        raise error

    monkeypatch.setattr(crew._executor, "submit", submit)
    batch = Batch.of(JOBS)
    assert not crew.hand_over(batch, pack(batch)) and crew.is_broken and len(crew) == 3
    assert crew.wreck().how == f"could not be started: {error}"


def test_a_real_crew_plays_and_refuses_when_it_is_broken(tmp_path):
    finished = SimpleQueue()
    crew = Crew(1, Rules(), tmp_path, "crew", (), finished)
    batch = Batch.of(JOBS)
    assert crew.hand_over(batch, pack(batch)) and len(crew) == 1
    whose, future = finished.get(timeout=60)
    answered, reply = crew.answer(future)
    assert whose is crew and answered is batch and isinstance(reply, Reply)
    assert [result.digest for result in reply.results] == [f"nothing {7 * index}" for index in range(9)]
    crew._context.workers[0].kill()
    crew._context.workers[0].join()
    while crew.hand_over(batch, pack(batch)):
        finished.get(timeout=60)
    wreck = crew.wreck()
    assert len(wreck.lost) % 9 == 0 and not wreck.killers and wreck.how == "was killed by SIGKILL"
    assert not (tmp_path / "crew").exists()


def test_who_died_by_itself_is_not_taken_for_killed_where_its_end_is_not_written_down_yet(tmp_path):
    crew = Crew(1, Rules(), tmp_path, "crew", (), SimpleQueue())

    class Late:
        pid, sentinel, exitcode, kills = 4_000_000, SENTINELS["ended"], None, 0

        def is_alive(self):
            return True  # so says multiprocessing as long as no thread has written the end down

        def join(self, timeout=None):
            self.exitcode = -9

        def kill(self):
            self.kills += 1

        def end_group(self):
            assert self.exitcode == -9

    late = Late()
    crew._context.workers.append(late)
    assert crew._end(1.0) == set() and late.kills == 0 and late.exitcode == -9
    crew._context.workers.clear()
    crew.close(is_done=True)
