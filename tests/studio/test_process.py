"""Processes that misbehave: none of them holds the studio up, and each ends in good time."""

import asyncio
import os
import signal

import pytest

from rollback.agents.checkpoints import Runs
from rollback.studio.limits import Limits
from rollback.studio.process import RunProcess, how_it_ended
from rollback.studio.states import Exit
from rollback.studio.trainer import Job
from tests.studio import programs

SOON = 60.0


class Watched:
    """A process and what was heard of it."""

    def __init__(self, program, limits=None, folder="nowhere", **options):
        self.reports, self.end = [], asyncio.get_running_loop().create_future()
        self.news = asyncio.Event()
        job = Job(str(folder), "q-learning", "gridworld?layout=rooms", {}, 1, **options)
        self.process = RunProcess(job, limits or Limits(), self.heard, self.ended, program)
        self.process.start()

    def heard(self, report):
        self.reports = [*self.reports[-1000:], report]
        self.news.set()

    def ended(self, code, words):
        self.end.set_result((code, list(words)))
        self.news.set()

    async def until(self, kind, count=1):
        async with asyncio.timeout(SOON):
            while sum(report["is"] == kind for report in self.reports) < count:
                assert not self.end.done(), self.end.result()
                self.news.clear()
                await self.news.wait()

    async def over(self):
        async with asyncio.timeout(SOON):
            return await self.end


@pytest.fixture
def folder(tmp_path):
    return Runs(tmp_path).create({}).path


async def test_a_training_is_stopped_by_an_order_and_has_saved(folder):
    watched = Watched(programs.training, folder=folder)
    await watched.until("points")
    assert not await watched.process.stop()
    assert await watched.over() == (Exit.LEFT, [])
    assert watched.reports[-2]["is"] == "saved" or watched.reports[-1]["is"] == "saved"
    assert (folder / "last-1.npz").exists()


async def test_sigterm_means_the_same_as_the_order(folder):
    watched = Watched(programs.training, folder=folder)
    await watched.until("points")
    os.kill(watched.process.pid, signal.SIGTERM)
    assert await watched.over() == (Exit.LEFT, [])
    assert (folder / "last-1.npz").exists()


async def test_ctrl_c_is_not_the_training_s_matter(folder):
    watched = Watched(programs.training, folder=folder)
    await watched.until("points")
    os.kill(watched.process.pid, signal.SIGINT)
    await watched.until("points", 3)
    await watched.process.stop()
    assert (await watched.over())[0] == Exit.LEFT


async def test_a_training_that_is_paused_leaves_too_and_when_nobody_gives_it_orders_any_more(folder):
    watched = Watched(programs.training, folder=folder)
    await watched.until("picture")  # or the next one, which is newer, would take its place
    assert watched.process.order("pause")
    await watched.until("picture", 2)
    watched.process.abandon()
    assert not watched.process.order("resume")
    assert (await watched.over())[0] == Exit.LEFT
    assert (folder / "last-1.npz").exists()


async def test_a_training_ends_by_itself_after_its_episodes(folder):
    watched = Watched(programs.training, folder=folder, episodes=30)
    assert await watched.over() == (Exit.DONE, [])
    assert [row[0] for report in watched.reports if report["is"] == "points" for row in report["rows"]] == list(range(1, 31))


async def test_what_cannot_begin_says_why_in_a_sentence(folder):
    watched = Watched(programs.training, folder=folder, checkpoint="absent")
    code, words = await watched.over()
    assert code == Exit.REFUSED
    assert "there is no checkpoint" in how_it_ended(code, words)


async def test_what_hears_no_orders_is_asked_by_the_system_and_then_made_to_end():
    quick = Limits(stop_within=0.05, terminate_within=30.0)
    deaf = Watched(programs.deaf, quick)
    await deaf.until("ready")
    assert not await deaf.process.stop()  # it need not be killed
    assert (await deaf.over())[0] == Exit.LEFT
    stubborn = Watched(programs.stubborn, Limits(stop_within=0.05, terminate_within=0.05))
    await stubborn.until("ready")
    assert await stubborn.process.stop()
    assert (await stubborn.over())[0] == -signal.SIGKILL


async def test_a_process_that_is_stopped_in_the_middle_of_a_word_holds_nobody_up():
    watched = Watched(programs.stopped_in_a_word, Limits(stop_within=0.05, terminate_within=0.05))
    await watched.until("ready")
    for _ in range(100):
        watched.process.order("evaluate", episodes=1)
    assert await watched.process.stop()
    assert (await watched.over())[0] == -signal.SIGKILL


async def test_orders_that_nobody_takes_are_refused_and_never_waited_for():
    watched = Watched(programs.stubborn, Limits(stop_within=0.01, terminate_within=0.01))
    await watched.until("ready")
    taken = 0
    while watched.process.order("evaluate", episodes=taken):
        taken += 1
        assert taken < 100_000
    assert taken > 100
    await watched.process.stop()
    assert not watched.process.order("pause")
    await watched.over()


async def test_of_many_pictures_only_the_newest_waits_and_complaints_are_bounded():
    watched = Watched(programs.talkative)
    await watched.until("picture", 5)
    assert watched.process._row.qsize() <= 64
    await watched.process.stop()
    code, words = await watched.over()
    assert code == Exit.LEFT
    assert len(words) <= Limits().error_lines
    numbers = [report["agent_pos"][0] for report in watched.reports if report["is"] == "picture"]
    assert numbers == sorted(numbers)


async def test_a_crash_is_told_with_its_last_lines():
    watched = Watched(programs.crashing)
    code, words = await watched.over()
    assert code == 1
    assert how_it_ended(code, words) == "it ended with exit code 1: ZeroDivisionError: the agent divided by nothing"
    assert any("in crashing" in line for line in words)


async def test_a_process_that_is_killed_is_told_by_the_signal():
    watched = Watched(programs.gone_at_once)
    code, words = await watched.over()
    assert how_it_ended(code, words) == "it was ended by SIGKILL"


async def test_what_is_no_report_is_the_last_that_is_read_and_the_process_can_still_be_stopped():
    watched = Watched(programs.rambling, Limits(stop_within=0.05))
    await watched.until("ready")
    await watched.process.stop()
    assert (await watched.over())[0] == -signal.SIGTERM


async def test_orders_come_as_they_were_given():
    watched = Watched(programs.echoing)
    await watched.until("ready")
    watched.process.order("load", name="mine")
    watched.process.order("speed", speed=2.5)
    assert not watched.process.order("load", name="x" * 5000)
    await watched.until("evaluated", 2)
    told = [report["metrics"] for report in watched.reports if report["is"] == "evaluated"]
    assert told == [{"order": "load", "name": "mine"}, {"order": "speed", "speed": 2.5}]
    await watched.process.stop()


async def test_a_process_that_cannot_be_started_is_told_as_its_end():
    watched = Watched(lambda *_: None)  # such a function cannot travel
    code, words = await watched.over()
    assert code is None
    assert "it could not be started" in how_it_ended(code, words)
    assert not await watched.process.stop()
