"""Runs from their start to their end, with real processes where that is what is asked for."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from rollback.agents.checkpoints import RunFolder, Runs
from rollback.agents.training import algorithm_from
from rollback.studio import at_rest
from rollback.studio.catalogue import Catalogue
from rollback.studio.curve import Curve
from rollback.studio.desk import Desk
from rollback.studio.limits import Limits, Rate
from rollback.studio.refusals import Refused
from rollback.studio.run import Facts, Run
from rollback.studio.run_process import run as train
from rollback.studio.states import State
from rollback.studio.supervisor import Supervisor
from rollback.studio.trainer import Trainer
from tests.studio import programs

SOON = 60.0
ROOMS = {"env": "gridworld?layout=rooms"}


class Studio:
    """A supervisor, its desk, and all that it told."""

    def __init__(self, folder, program=train, **limits):
        self.told, self.news = [], asyncio.Event()
        catalogue, self.limits = Catalogue(), Limits(**{"starts": Rate(100, 100), **limits})
        self.supervisor = Supervisor(Runs(folder), catalogue, self.limits, self.tell, program)
        self.desk = Desk(self.supervisor, catalogue, self.limits)

    async def __aenter__(self):
        await self.supervisor.open()
        return self

    async def __aexit__(self, *problem):
        await self.supervisor.close()

    def tell(self, event, payload):
        self.told.append((event, payload))
        self.news.set()

    async def ask(self, command, **fields):
        return await self.desk.carry_out(command, fields)

    async def refused(self, command, **fields):
        with pytest.raises(Refused) as refused:
            await self.ask(command, **fields)
        return refused.value.status, str(refused.value)

    def run(self, name=""):
        return self.supervisor.shelf.find(name)

    async def until(self, fact):
        async with asyncio.timeout(SOON):
            while not fact():
                self.news.clear()
                await self.news.wait()

    async def reaches(self, state, name=""):
        await self.until(lambda: self.run(name).state.value == state)

    def events(self, event):
        return [payload for each, payload in self.told if each == event]


def is_whole(curve):
    """Return whether a curve has every episode from the first one on."""
    told = curve.thinned()
    ends = [row[0] for row in told["rows"]]
    return ends[:-1] == [told["stride"] * number for number in range(1, len(ends))] and ends[-1] == curve.last


async def test_a_run_is_started_paused_stepped_resumed_and_stopped(tmp_path):
    async with Studio(tmp_path) as studio:
        assert await studio.ask("start", **ROOMS) == {"ok": True, "run": "gridworld-rooms-1", "state": "starting"}
        await studio.until(lambda: studio.run().episode > 5)
        assert (await studio.ask("pause"))["state"] == "paused"
        await studio.ask("save", name="here")
        await studio.until(lambda: studio.events("save_complete"))
        step = studio.run().step
        await studio.ask("step")
        await studio.until(lambda: studio.run().step == step + 1)
        assert (await studio.refused("start", run="gridworld-rooms-1"))[0] == 409
        assert (await studio.ask("resume"))["state"] == "running"
        await studio.until(lambda: studio.run().step > step + 100)
        assert (await studio.ask("stop"))["state"] == "stopping"
        await studio.reaches("stopped")
        assert (
            studio.run().curve.last
            == studio.run().episode
            == Runs(tmp_path).find("gridworld-rooms-1").newest().checkpoint.episode
        )


async def test_save_reset_load_and_going_on_continues_the_curve(tmp_path):
    async with Studio(tmp_path) as studio:
        await studio.ask("start", **ROOMS)
        await studio.until(lambda: studio.run().episode > 20)
        await studio.ask("pause")
        await studio.ask("save", name="mine")
        await studio.until(lambda: studio.events("save_complete"))
        saved = studio.events("save_complete")[-1]
        assert saved["by_hand"] and saved["name"] == "mine"
        await studio.ask("reset")
        await studio.until(lambda: studio.events("reset_complete"))
        assert studio.run().episode == 0 and studio.run().curve.last == 0
        await studio.ask("load", name="mine")
        await studio.until(lambda: studio.events("load_complete"))
        await studio.until(lambda: studio.run().is_read)
        assert studio.run().curve.last == saved["episode"] == studio.run().episode
        await studio.ask("resume")
        await studio.until(lambda: studio.run().curve.last > saved["episode"] + 20)
        assert is_whole(studio.run().curve)
        await studio.ask("stop")
        await studio.reaches("stopped")


async def test_a_run_that_rests_is_loaded_and_goes_on_from_there(tmp_path):
    async with Studio(tmp_path) as studio:
        await studio.ask("start", **ROOMS, episodes=40)
        await studio.reaches("finished")
        assert studio.events("complete")[-1]["episode"] == 40
        folder = studio.run().folder
        folder.save(folder.newest().checkpoint, "forty")
        assert (await studio.ask("start", run=studio.run().name, episodes=60))["state"] == "starting"
        await studio.reaches("finished")
        assert studio.run().episode == 60
        await studio.ask("load", name="forty")
        await studio.reaches("finished")
        assert studio.run().episode == 60 and folder.newest().checkpoint.parent == folder.load("forty").hash
        await studio.ask("reset")
        assert studio.run().state.value == "idle" and studio.run().episode == 0
        await studio.ask("start", run=studio.run().name)
        await studio.reaches("finished")
        assert (studio.run().episode, studio.run().curve.last) == (60, 60)


async def test_a_second_start_of_a_running_run_is_refused_and_so_is_the_very_same_training(tmp_path):
    async with Studio(tmp_path, programs.stubborn, stop_within=0.01, terminate_within=0.01, runs=2) as studio:
        await studio.ask("start", **ROOMS)
        assert await studio.refused("start", run="gridworld-rooms-1") == (
            409, "the run gridworld-rooms-1 is starting already: stop it first, or start another one",
        )  # fmt: skip
        assert (await studio.refused("start", **ROOMS))[0] == 409
        assert (await studio.refused("start", **ROOMS, run="other"))[0] == 409
        assert (await studio.ask("start", **ROOMS, seed=2))["run"] == "gridworld-rooms-2"
        assert (await studio.refused("start", **ROOMS, seed=3))[0] == 503  # two at a time
        assert sorted(path.name for path in tmp_path.iterdir()) == ["gridworld-rooms-1", "gridworld-rooms-2"]


async def test_two_starts_in_the_same_moment_start_one_run(tmp_path):
    async with Studio(tmp_path, programs.stubborn, stop_within=0.01, terminate_within=0.01) as studio:
        answers = await asyncio.gather(*(studio.ask("start", **ROOMS) for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(answer, dict) for answer in answers) == 1
        assert all(answer.status == 409 for answer in answers if isinstance(answer, Refused))
        assert len(list(tmp_path.iterdir())) == 1


async def test_starts_are_rationed(tmp_path):
    async with Studio(tmp_path, programs.gone_at_once, starts=Rate(0.001, 2)) as studio:
        for seed in range(2):
            await studio.ask("start", **ROOMS, seed=seed)
        assert (await studio.refused("start", **ROOMS, seed=9))[0] == 429


async def test_a_killed_training_is_shown_as_crashed_with_its_reason_and_goes_on_from_its_last_checkpoint(tmp_path):
    async with Studio(tmp_path) as studio:
        await studio.ask("start", **ROOMS)
        await studio.until(lambda: studio.run().episode > 20)
        await studio.ask("save")
        await studio.until(lambda: studio.events("save_complete"))
        saved = studio.events("save_complete")[-1]["episode"]
        os.kill(studio.supervisor._processes[studio.run().name].pid, signal.SIGKILL)
        await studio.reaches("crashed")
        assert studio.run().reason == "it was ended by SIGKILL"
        assert studio.events("error")[-1]["message"] == "the run gridworld-rooms-1 crashed: it was ended by SIGKILL"
        await studio.ask("start", run="gridworld-rooms-1")
        await studio.until(lambda: studio.run().state.value == "running" and studio.run().curve.last > saved + 50)
        assert is_whole(studio.run().curve)
        assert studio.run().reason == ""


async def test_what_cannot_be_trained_crashes_with_a_sentence_and_not_a_traceback(tmp_path):
    async with Studio(tmp_path) as studio:
        await studio.ask("start", env="gridworld?layout=romms")
        await studio.reaches("crashed")
        assert "romms" in studio.run().reason and "Traceback" not in studio.run().reason


async def test_parameters_are_locked_while_it_runs_and_afterwards(tmp_path):
    async with Studio(tmp_path, programs.gone_at_once) as studio:
        await studio.ask("start", **ROOMS, learning_rate=0.25)
        await studio.reaches("crashed")
        assert studio.run().facts.parameters["learning_rate"] == 0.25
        status, sentence = await studio.refused("start", run="gridworld-rooms-1", learning_rate=0.5)
        assert status == 409 and sentence.startswith("learning_rate of the run gridworld-rooms-1 is 0.25 for good")
        assert (await studio.refused("start", **ROOMS, learning_rate=7))[0] == 400
        assert (await studio.refused("start", **ROOMS, learning_rat=0.5))[1].startswith("there is no parameter 'learning_rat'")


async def test_after_a_restart_the_runs_are_listed_as_stopped_and_go_on(tmp_path):
    async with Studio(tmp_path) as studio:
        await studio.ask("start", **ROOMS, seed=5)
        await studio.until(lambda: studio.run().episode > 10)
    ended = studio.run().episode  # closing stops it as the command does
    assert studio.run().state.value == "stopped"
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "run.json").write_text("[]")
    async with Studio(tmp_path) as studio:
        run = studio.run("gridworld-rooms-1")
        assert (run.state.value, run.episode, run.facts.seed) == ("stopped", ended, 5)
        assert studio.run("strange").reason
        assert (await studio.refused("start", run="strange"))[0] == 500
        await studio.ask("watch", run=run.name)
        await studio.until(lambda: run.is_read)
        assert run.curve.last == ended
        told = studio.events("status")[-1]
        assert told["run"] == run.name and 0 < told["epsilon"] < 1 and told["reward"] is not None
        await studio.ask("start", run=run.name)
        await studio.until(lambda: run.curve.last > ended + 10)


def train_elsewhere(runs, episodes, name="theirs", seed=9):
    """Begin a training as `rollback train` does, in this process and past the studio."""
    facts = Facts("q-learning", ROOMS["env"], Catalogue().facts("", ROOMS["env"], {}, seed, 0).parameters, seed, 0, 5.0)
    known = RunFolder(runs / name)
    folder = known if known.path.exists() else Runs(runs).create(facts.plain(), name)
    newest = folder.newest()
    training = Trainer(Run(folder, facts, Curve(10, 10)).job(newest.name if newest else "", 1.0), folder, lambda told: None)
    while training.algorithm.episodes < episodes:
        training.advance(at_most=200)
    training.keep()
    return training


async def test_a_run_that_another_process_begins_appears_grows_rests_and_disappears(tmp_path):
    async with Studio(tmp_path, look_every=3600) as studio:
        training = train_elsewhere(tmp_path, 20)
        assert studio.supervisor.shelf.get("theirs") is None
        await studio.supervisor.look()
        run = studio.run("theirs")
        assert (run.state.value, run.episode, run.facts.seed) == ("elsewhere", training.algorithm.episodes, 9)
        assert studio.events("status")[-1]["state"] == "elsewhere"
        await studio.ask("watch", run="theirs")
        await studio.until(lambda: run.is_read)
        assert run.curve.last == training.algorithm.episodes
        shown = run.generation
        while training.algorithm.episodes < 60:
            training.advance(at_most=200)
        training.show()  # writes the log
        await studio.supervisor.look()
        assert run.curve.last == run.episode == training.algorithm.episodes and run.generation == shown
        assert is_whole(run.curve) and studio.events("status")[-1]["episode"] == run.episode
        assert run.steps_per_second > 0 and 0 < run.epsilon < 1 and len(run.rewards) > 30
        training.keep()
        studio.told.clear()
        await studio.supervisor.look()
        assert studio.events("checkpoints") == [{"run": "theirs"}]
        for command in ("stop", "pause", "resume", "step", "save", "reset", "evaluate", "delete", "start"):
            status, sentence = await studio.refused(command, run="theirs")
            assert status == 409 and "being trained by another process" in sentence
        assert (await studio.refused("load", run="theirs", name="last-1"))[0] == 409
        assert (await studio.refused("start", **ROOMS, seed=9))[1].startswith("the run theirs is being trained by another")
        training.close()
        await studio.supervisor.look()
        assert run.state.value == "stopped" and run.curve.last == training.algorithm.episodes
        await studio.ask("start", run="theirs")
        await studio.until(lambda: run.curve.last > training.algorithm.episodes + 10)
        assert is_whole(run.curve)
        await studio.ask("stop")
        await studio.reaches("stopped")
        Runs(tmp_path).delete("theirs")
        await studio.supervisor.look()
        assert studio.supervisor.shelf.get("theirs") is None and studio.events("deleted") == [{"run": "theirs"}]


async def test_a_run_that_another_process_began_a_moment_ago_is_refused_before_the_next_look(tmp_path):
    async with Studio(tmp_path, look_every=3600) as studio:
        train_elsewhere(tmp_path, 5).close()
        await studio.supervisor.look()
        assert studio.run("theirs").state.value == "stopped"
        training = train_elsewhere(tmp_path, 6)
        status, sentence = await studio.refused("start", run="theirs")
        assert status == 409 and "being trained by another process" in sentence
        assert studio.run("theirs").state.value == "elsewhere"
        training.close()


async def test_a_curve_that_was_shown_begins_anew_where_another_process_goes_back(tmp_path):
    async with Studio(tmp_path, look_every=3600) as studio:
        training = train_elsewhere(tmp_path, 10)
        training.save("ten")
        ten = training.algorithm.episodes
        while training.algorithm.episodes < 60:
            training.advance(at_most=200)
        training.keep()
        await studio.supervisor.look()
        run = studio.run("theirs")
        await studio.ask("watch", run="theirs")
        await studio.until(lambda: run.is_read and run.curve.last == training.algorithm.episodes)
        training.load("ten")
        await studio.supervisor.look()
        await studio.until(lambda: run.is_read)
        assert run.curve.last == ten and is_whole(run.curve)
        training.close()


async def test_a_strange_run_is_listed_and_keeps_no_other_from_being_found(tmp_path):
    def odd(name, **facts):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(facts))

    odd("before", started=10**400, episode=10**400, seed=10**400, step=-1)
    async with Studio(tmp_path, look_every=0.01) as studio:
        assert studio.run("before").told()["started"] == 0.0
        odd("endless", started=float("inf"))
        odd("odd", started=-(10**400), step=10**400)
        holding = RunFolder(tmp_path / "odd").writing()
        await studio.until(lambda: studio.supervisor.shelf.get("odd") is not None)
        odd("later", started=3)
        await studio.until(lambda: studio.supervisor.shelf.get("later") is not None)
        RunFolder(tmp_path / "odd").write_facts({"step": 7})
        await studio.until(lambda: studio.run("odd").step == 7)
        holding.close()
        assert studio.run("later").facts.started == 3.0 and "damaged" in studio.run("endless").reason
        json.dumps([run.told() for run in studio.supervisor.shelf], allow_nan=False)


async def test_what_is_trained_here_is_not_taken_for_another_s(tmp_path):
    async with Studio(tmp_path, look_every=0.001) as studio:
        await studio.ask("start", **ROOMS, episodes=300)
        await studio.reaches("finished")
        await studio.ask("start", run=studio.run().name, episodes=400)
        await studio.reaches("finished")
        assert not any(told["state"] == "elsewhere" for told in studio.events("status"))
        assert studio.events("deleted") == []


async def test_what_cannot_be_done_now_is_refused_and_changes_nothing(tmp_path):
    async with Studio(tmp_path, programs.gone_at_once) as studio:
        for command in ("stop", "pause", "resume", "step", "reset", "save", "watch", "evaluate", "speed"):
            assert (await studio.refused(command))[0] in (400, 404)
        await studio.ask("start", **ROOMS)
        await studio.reaches("crashed")
        for command in ("stop", "pause", "resume", "step", "save", "evaluate"):
            assert (await studio.refused(command))[0] == 409
        assert (await studio.refused("load", name="absent"))[0] == 500
        assert (await studio.refused("load"))[0] == 400
        assert (await studio.refused("export", name="absent"))[0] == 404
        assert (await studio.refused("nonsense"))[0] == 400
        assert (await studio.refused("play"))[0] == 500
        assert studio.run().state.value == "crashed"


async def test_a_run_and_its_checkpoints_are_deleted_but_not_while_it_runs(tmp_path):
    async with Studio(tmp_path) as studio:
        await studio.ask("start", **ROOMS, episodes=20)
        await studio.reaches("finished")
        name = studio.run().name
        known = (await studio.ask("checkpoints"))["checkpoints"]
        *newest, best = [each["name"] for each in known]  # on a busy machine it is saved on the way too
        assert newest[0].startswith("last-") and best == "best" and known[0]["episode"] == 20
        exported = await studio.ask("export", name="best")
        assert exported["url"] == f"/api/runs/{name}/checkpoints/best.npz"
        assert exported["bytes"] == (tmp_path / name / "best.npz").stat().st_size
        await studio.ask("delete", name="best")
        assert [each["name"] for each in (await studio.ask("checkpoints"))["checkpoints"]] == newest
        await studio.ask("start", run=name, episodes=0)
        assert (await studio.refused("delete", run=name))[0] == 409
        await studio.ask("stop")
        await studio.reaches("stopped")
        await studio.ask("delete", run=name)
        assert studio.events("deleted") == [{"run": name}]
        assert (await studio.refused("start", run="../x"))[0] == 400
        assert not (tmp_path / name).exists()


async def test_stopping_what_does_not_leave_ends_it_and_says_so(tmp_path):
    async with Studio(tmp_path, programs.stubborn, stop_within=0.02, terminate_within=0.02) as studio:
        await studio.ask("start", **ROOMS)
        await studio.reaches("running")
        await studio.ask("stop")
        await studio.reaches("stopped")
        assert "it did not leave when it was asked" in studio.run().reason


async def test_a_picture_of_an_environment_is_there_before_any_run(tmp_path):
    async with Studio(tmp_path) as studio:
        assert (await studio.ask("preview"))["picture"]["kind"] == "gridworld"
        assert (await studio.ask("preview", algo="cross-entropy"))["picture"]["kind"] == "tetris"
        assert "did you mean" in (await studio.refused("preview", algo="q-learnin"))[1]
        assert (await studio.refused("preview", env="rollback/games/pong.py:Pong"))[0] == 400
        assert list(tmp_path.iterdir()) == []


async def test_a_run_that_rests_is_shown_by_its_newest_checkpoint_after_a_restart_too(tmp_path):
    train_elsewhere(tmp_path, 30).close()
    Runs(tmp_path).create({"algorithm": "cross-entropy", "environment": "tetris"}, "empty")
    async with Studio(tmp_path) as studio:
        shown = await studio.ask("preview", run="theirs")
        assert shown["name"] == studio.run("theirs").folder.newest().name and shown["episode"] == studio.run("theirs").episode
        assert any(value is not None for value in shown["picture"]["values"])
        assert not any(value is not None for value in (await studio.ask("preview", **ROOMS))["picture"]["values"])
        assert (await studio.ask("preview", run="empty"))["picture"]["kind"] == "tetris"  # before any training
        assert (await studio.refused("preview", run="nobody"))[0] == 404


async def test_more_runs_than_a_page_is_told_at_once_are_asked_for_piece_by_piece(tmp_path):
    for number in range(7):
        Runs(tmp_path).create({"started": float(number)}, f"run-{number}")
    async with Studio(tmp_path, listed=3) as studio:
        names, last = [], ""
        for more in (4, 1, 0):
            answer = await studio.ask("runs", run=last)
            names += [run["run"] for run in answer["runs"]]
            assert answer["more_runs"] == more
            last = names[-1]
        assert names == [f"run-{number}" for number in reversed(range(7))]
        assert (await studio.ask("runs", run=last))["runs"] == (await studio.ask("runs", run="gone"))["runs"] == []


async def test_runs_that_have_ended_keep_their_curves_and_pictures_only_while_they_are_among_the_newest(tmp_path):
    async with Studio(tmp_path, curves=1) as studio:
        for seed in range(2):
            await studio.ask("start", **ROOMS, seed=seed, episodes=10)
            await studio.reaches("finished", f"gridworld-rooms-{seed + 1}")
        old, new = (studio.run(f"gridworld-rooms-{number}") for number in (1, 2))
        assert (old.curve.last, new.curve.last) == (0, 10) and old.picture is None is not new.picture
        await studio.ask("watch", run=old.name)
        await studio.until(lambda: old.curve.last == 10)


PARENT = """
import asyncio, sys
from rollback.studio.server import StudioApp
async def main():
    app = StudioApp(sys.argv[1])
    await app.start()
    await app.supervisor.start(env="gridworld?layout=rooms")
    run = app.supervisor.shelf.current()
    while run.episode < 20:
        await asyncio.sleep(0.01)
    print(app.supervisor._processes[run.name].pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


async def test_a_training_whose_studio_is_killed_saves_and_leaves(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    child = int(await asyncio.to_thread(parent.stdout.readline))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    async with asyncio.timeout(SOON):
        while _lives(child):
            await asyncio.sleep(0.01)
    run = Runs(tmp_path).find("gridworld-rooms-1")
    assert run.newest().checkpoint.episode >= 20


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_finished_run_does_not_go_on_before_its_episodes_are_raised_and_they_cannot_be_lowered(tmp_path):
    async with Studio(tmp_path) as studio:
        await studio.ask("start", **ROOMS, episodes=2000)
        await studio.reaches("finished")
        name, before = studio.run().name, sorted(path.name for path in studio.run().folder.path.glob("*.npz"))
        further = f"the run {name} has made its 2,000 episodes: raise Episodes to go on"
        assert await studio.refused("start", run=name) == (409, further)
        assert await studio.refused("start", run=name, episodes=2000) == (409, further)
        lower = f"the run {name} is to make 2,000 episodes, which can only be raised: not 1,500"
        assert await studio.refused("start", run=name, episodes=1500) == (409, lower)
        assert "raise Episodes" in (await studio.refused("load", run=name, name=studio.run().folder.newest().name))[1]
        assert studio.run().state.value == "finished" and studio.run().facts.episodes == 2000
        assert sorted(path.name for path in studio.run().folder.path.glob("*.npz")) == before
        await studio.ask("start", run=name, episodes=2010)
        await studio.reaches("finished")
        assert studio.run().episode == 2010


async def test_what_a_run_that_rests_has_learned_gets_a_name_and_is_evaluated_and_put_aside(tmp_path, monkeypatch):
    async with Studio(tmp_path) as studio:
        train_elsewhere(tmp_path, 30).close()
        await studio.supervisor.look()
        run, newest = studio.run("theirs"), studio.run("theirs").folder.newest().checkpoint
        assert (await studio.refused("save", run="theirs"))[0] == 409  # it is saved already
        for name in ("best", "before-reset"):
            assert (await studio.refused("save", run="theirs", name=name))[0] == 400
        await studio.ask("save", run="theirs", name="mine")
        saved = studio.events("save_complete")[-1]
        assert saved["by_hand"] and saved["names"] == ["mine"] and saved["hash"] == newest.hash
        assert run.folder.load("mine") == newest and run.state.value == "stopped"
        is_let_go = threading.Event()
        monkeypatch.setattr(at_rest, "algorithm_from", lambda held: is_let_go.wait(SOON) and algorithm_from(held))
        await studio.ask("evaluate", run="theirs", episodes=20)
        assert "already" in (await studio.refused("evaluate", run="theirs"))[1]
        is_let_go.set()
        await studio.until(lambda: studio.events("evaluated"))
        assert studio.events("evaluated")[-1]["metrics"]["starts"] <= 20 and run.folder.newest().checkpoint == newest
        await studio.ask("reset", run="theirs")
        assert studio.events("reset_complete")[-1]["aside"] == "before-reset"
        assert run.folder.load("before-reset") == newest and run.folder.newest().checkpoint.step == 0
        await studio.ask("load", run="theirs", name="before-reset")
        await studio.until(lambda: run.is_read and run.curve.last > newest.episode)
        assert is_whole(run.curve)


@pytest.mark.parametrize(
    ("command", "told"),
    [({"command": "reset"}, "idle"), ({"command": "save", "name": "mine"}, "crashed"), ({"command": "delete"}, None)],
)
async def test_what_the_studio_does_to_a_run_is_not_taken_for_another_process(tmp_path, monkeypatch, command, told):
    begun, go_on, writing = threading.Event(), threading.Event(), RunFolder.writing

    def slowly(folder):
        held = writing(folder)
        begun.set()
        assert go_on.wait(SOON)
        return held

    train_elsewhere(tmp_path, 5).close()
    async with Studio(tmp_path, look_every=3600) as studio:
        run = studio.run("theirs")
        run.state, run.reason, run.last_words = State.CRASHED, "it was killed", ("the last word",)
        monkeypatch.setattr(RunFolder, "writing", slowly)
        asked = asyncio.create_task(studio.ask(**command, run="theirs"))
        assert await asyncio.to_thread(begun.wait, SOON)
        looked = asyncio.create_task(studio.supervisor.look())
        await asyncio.wait([looked], timeout=0.2)  # as long as a disk may take
        go_on.set()
        await asked
        await looked
        await studio.supervisor.look()
        assert not any(each["state"] == "elsewhere" for each in studio.events("status"))
        if told is None:
            assert studio.events("deleted") == [{"run": "theirs"}]
        else:
            assert (run.state.value, run.reason) == (told, "it was killed" if told == "crashed" else "")
            assert run.last_words == (("the last word",) if told == "crashed" else ())


async def test_a_run_that_learned_nothing_yet_is_neither_named_nor_evaluated(tmp_path):
    Runs(tmp_path).create({"algorithm": "q-learning", "environment": ROOMS["env"]}, "empty")
    async with Studio(tmp_path) as studio:
        assert "has learned nothing yet" in (await studio.refused("save", run="empty", name="mine"))[1]
        assert (await studio.refused("evaluate", run="empty"))[0] == 409
        (tmp_path / "empty" / "last-1.npz").write_bytes(b"torn")
        assert (await studio.refused("evaluate", run="empty"))[0] == 409
