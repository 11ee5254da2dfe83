import json

import pytest

from rollback.agents.checkpoints import Runs
from rollback.errors import CheckpointError, RollbackError
from rollback.studio import figures
from rollback.studio import trainer as module
from rollback.studio.history import BEGINNING, PointLog, read_rows
from rollback.studio.points import rows_of
from rollback.studio.trainer import Job, Trainer

ENVIRONMENT = "gridworld?layout=rooms"


class Told:
    """What a trainer tells."""

    def __init__(self):
        self.messages, self.rows = [], []

    def __call__(self, message):
        if isinstance(message, bytes):
            self.rows += rows_of(message)
        else:
            json.dumps(message, allow_nan=False)
            self.messages.append(message)

    def of(self, kind):
        return [message for message in self.messages if message["is"] == kind]


@pytest.fixture
def folder(tmp_path):
    return Runs(tmp_path).create({"seed": 3})


def trainer(folder, told=None, **options):
    job = Job(
        **{
            "folder": str(folder.path),
            "algorithm": "q-learning",
            "environment": ENVIRONMENT,
            "parameters": {},
            "seed": 3,
            **options,
        }
    )
    return Trainer(job, folder, told or Told())


def finish(training):
    while not training.is_finished:
        training.advance()
    training.close()


def learned(folder):
    newest = folder.newest().checkpoint
    return newest.step, newest.episode, newest.epsilon, newest.arrays, newest.random_state


def log(folder):
    return (folder.path / "log.jsonl").read_bytes()


def test_a_run_trains_exactly_so_many_episodes_and_tells_each_of_them_once(folder):
    told = Told()
    finish(trainer(folder, told, episodes=300))
    assert [row[0] for row in told.rows] == list(range(1, 301))
    assert read_rows(folder, BEGINNING, 10**7)[0] == told.rows
    assert told.of("ready") and told.of("saved")[-1]["episode"] == 300
    assert folder.facts()["episode"] == 300 and folder.facts()["seed"] == 3


@pytest.mark.parametrize("stops", [1, 4])
def test_a_resumed_run_goes_on_exactly_as_one_that_was_never_stopped(tmp_path, stops):
    whole, parted = (Runs(tmp_path).create({}, name) for name in ("whole", "parted"))
    finish(trainer(whole, episodes=200))
    training = trainer(parted, episodes=200)
    for number in range(stops):
        for _ in range(3 + number):
            training.advance(at_most=37)  # in the middle of an episode
        assert not training.is_finished
        training.close()
        training = trainer(parted, episodes=200, checkpoint=parted.newest().name)
    finish(training)
    assert learned(parted) == learned(whole)
    assert log(parted) == log(whole)


def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint_and_tells_no_episode_twice(tmp_path):
    whole, killed = (Runs(tmp_path).create({}, name) for name in ("whole", "killed"))
    finish(trainer(whole, episodes=200))
    training = trainer(killed, episodes=200)
    training.advance(at_most=500)
    while training.algorithm.episodes < 20:
        training.advance(at_most=100)
    training.keep()
    while training.algorithm.episodes < 60:
        training.advance(at_most=100)
    training.show()  # writes the log
    training._log.close()  # as the end of a process does
    training._writing.close()
    finish(trainer(killed, episodes=200, checkpoint=killed.newest().name))
    assert learned(killed) == learned(whole)
    assert log(killed) == log(whole)


def test_save_reset_load_and_training_on_continues_the_curve(tmp_path):
    whole, folder = (Runs(tmp_path).create({}, name) for name in ("whole", "other"))
    finish(trainer(whole, episodes=150))
    told = Told()
    training = trainer(folder, told, episodes=150)
    while training.algorithm.episodes < 50:
        training.advance(at_most=50)
    training.save("mine")
    saved = told.of("saved")[-1]
    assert saved["names"] == ["mine"] and saved["by_hand"]
    training.reset()
    assert training.algorithm.episodes == 0 and log(folder) == b""
    assert told.of("reset")[-1]["episode"] == 0
    training.advance(at_most=100)
    training.load("mine")
    assert told.of("loaded")[-1] == {"is": "loaded", "name": "mine", **{key: saved[key] for key in ("episode", "step")}} | {
        "epsilon": told.of("loaded")[-1]["epsilon"]
    }
    assert folder.newest().checkpoint.parent == saved["hash"]  # the lineage
    finish(training)
    assert learned(folder) == learned(whole)
    assert log(folder) == log(whole)


def test_a_checkpoint_that_does_not_fit_leaves_the_training_as_it_was(tmp_path):
    other, folder = (Runs(tmp_path).create({}, name) for name in ("other", "this"))
    finish(trainer(other, episodes=5, environment="gridworld?layout=cliff"))
    training = trainer(folder, episodes=50)
    training.advance(at_most=100)
    training.save("before")
    (folder.path / "foreign.npz").write_bytes((other.path / "last-1.npz").read_bytes())
    (folder.path / "broken.npz").write_bytes(b"PK")
    for name in ("foreign", "broken", "absent"):
        with pytest.raises(RollbackError):
            training.load(name)
    training.save("after")
    assert folder.load("after").arrays == folder.load("before").arrays
    finish(training)


def test_single_steps_and_slow_motion_train_the_same(tmp_path):
    quick, slow = (Runs(tmp_path).create({}, name) for name in ("quick", "slow"))
    finish(trainer(quick, episodes=10))
    training = trainer(slow, episodes=10, speed=1000.0)
    while not training.is_finished:
        training.step()
    training.close()
    assert learned(slow) == learned(quick)
    assert log(slow) == log(quick)


def test_pictures_are_made_only_where_somebody_looks(folder):
    told = Told()
    training = trainer(folder, told, pictures=1e9)
    seen = len(told.of("picture"))
    training.advance()
    assert len(told.of("picture")) == seen
    training.is_watched = True
    training.advance()
    assert len(told.of("picture")) == seen + 1
    training.set_speed("headless")
    training.advance()
    assert len(told.of("picture")) == seen + 1
    picture = told.of("picture")[-1]
    assert picture["picture"]["kind"] == "gridworld" and len(picture["agent_pos"]) == 2
    training.close()


def test_what_is_saved_says_how_well_it_plays_where_it_never_trained(folder, monkeypatch):
    monkeypatch.setattr(figures, "EVALUATED_WITHIN", 1e9)  # also on a busy machine
    told = Told()
    training = trainer(folder, told, environment="gridworld?layout=halls")
    while training.algorithm.steps < 3000:
        training.advance()
    training.keep()
    metrics = told.of("saved")[-1]["metrics"]
    assert metrics["held_out"] == 1.0 and metrics["starts"] == 100.0, "not those of the final figure"
    assert "success" in metrics and "reward" not in metrics
    assert metrics["training_episodes"] <= 100 and {"training_reward", "training_success"} <= set(metrics)
    training.save("mine")  # by the same measure
    assert told.of("saved")[-1]["metrics"] == metrics
    before = training.algorithm.checkpoint().to_bytes()
    training.evaluate(20)
    assert told.of("evaluated")[-1]["metrics"]["starts"] == 20.0
    assert training.algorithm.checkpoint().to_bytes() == before
    training.close()


def test_a_paused_training_waits_for_orders_only(folder):
    training = trainer(folder)
    assert training.wait() == 0.0
    training.is_paused = True
    assert training.wait() is None
    training.close()


def test_a_run_that_is_being_trained_already_is_not_trained_by_a_second_process_too(folder):
    first = trainer(folder)
    first.advance(at_most=500)
    with pytest.raises(RollbackError, match="being trained by another process"):
        trainer(folder)
    first.close()
    trainer(folder, checkpoint=folder.newest().name).close()


def test_a_run_that_could_not_go_on_from_a_checkpoint_can_be_trained_at_once_again(folder):
    with pytest.raises(RollbackError, match="there is no checkpoint"):
        trainer(folder, checkpoint="nowhere")
    trainer(folder).close()


def test_episodes_that_a_full_disk_did_not_take_are_in_the_log_once_it_has_room_again(folder, monkeypatch):
    def full(log, lines):
        raise CheckpointError("there is no space left")

    told = Told()
    training = trainer(folder, told, episodes=30)
    with monkeypatch.context() as patch, pytest.raises(CheckpointError, match="no space"):
        patch.setattr(PointLog, "add", full)
        for _ in range(10_000):  # until an episode has ended, and is to be written down
            training.step()
    finish(training)
    assert [row[0] for row in told.rows] == list(range(1, 31))
    assert read_rows(folder, BEGINNING, 10**7)[0] == told.rows


def test_slow_motion_does_not_make_up_for_the_time_of_a_pause(folder, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    training = trainer(folder, speed=5.0)
    training.advance()
    assert training.algorithm.steps == 1
    training.is_paused = True
    now[0] += 3.0
    training.resume()
    training.advance()
    assert training.algorithm.steps == 2
    training.close()


def test_a_run_that_goes_on_and_stops_at_once_writes_no_checkpoint_like_its_newest(folder):
    training = trainer(folder)
    training.advance(at_most=500)
    training.close()
    newest = folder.newest()
    for _ in range(5):
        trainer(folder, checkpoint=newest.name).close()
    assert folder.newest().path == newest.path and folder.newest().checkpoint == newest.checkpoint
    training = trainer(folder, checkpoint=newest.name)
    training.save("mine")
    training.reset()
    training.close()
    trainer(folder, checkpoint="mine").close()  # the newest one is another: it is written
    assert folder.newest().checkpoint.step == newest.checkpoint.step > 0
    assert folder.newest().checkpoint.parent == folder.load("mine").hash


def test_what_a_reset_replaces_is_kept_with_its_curve_and_so_is_that_of_the_reset_before(folder):
    told = Told()
    training = trainer(folder, told)
    done = []
    for steps in (900, 600, 300, 100):
        training.advance(at_most=steps)
        done.append((training.algorithm.steps, training.algorithm.episodes))
        training.reset()
        assert told.of("reset")[-1]["aside"] == "before-reset"
    training.reset()
    assert told.of("reset")[-1]["aside"] == "", "a fresh agent is not worth a file"
    names = ["before-reset", "before-reset-2", "before-reset-3"]
    assert [(folder.load(name).step, folder.load(name).episode) for name in names] == list(reversed(done[1:]))
    training.load("before-reset-2")
    assert (training.algorithm.steps, training.algorithm.episodes) == done[2]
    assert [row[0] for row in read_rows(folder, BEGINNING, 10**6)[0]] == list(range(1, done[2][1] + 1))
    training.close()


def test_slow_motion_keeps_its_older_checkpoints_and_loses_no_more_than_before(folder, monkeypatch):
    training = trainer(folder)
    while training.algorithm.episodes < 30:
        training.advance(at_most=300)
    training.keep()
    fast = training.algorithm.steps
    now = [module.time.monotonic() + 100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    training.set_speed(3.0)
    for second in range(20):
        now[0] += 1.0
        training.advance()
        newest, *older = [saved.checkpoint.step for saved in folder.saved() if saved.kind == "last"]
        assert fast in (newest, *older) and len(older) <= 2, second
        assert training.algorithm.steps - newest <= 3 * 6, "five seconds and a slice"
    assert newest > fast and fast == older[0]
    training.close()
