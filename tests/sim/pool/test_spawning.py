"""How workers are started: without the script, with Ctrl-C put off, and so that nobody else notices."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from multiprocessing import process, spawn
from types import ModuleType

import pytest

from rollback.envs.importing import run_file
from rollback.errors import GameError, UsageError
from rollback.sim.pool import spawning
from rollback.sim.pool.spawning import Context, Worker, check_not_opening, open_script, opening, script_of_caller


@pytest.fixture
def script(monkeypatch, tmp_path):
    """Let a file be the script that runs, and return its path."""
    path = tmp_path / "script.py"
    path.write_text("")
    main = ModuleType("__main__")
    main.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(spawning, "_opened", [])
    return path


def test_a_worker_is_not_told_of_the_script_and_the_process_of_another_thread_is(script):
    before = spawn.get_preparation_data
    told = {}
    with spawning._without_script():
        told["worker"] = spawn.get_preparation_data("a")
        other = threading.Thread(target=lambda: told.update(other=spawn.get_preparation_data("b")))
        other.start()
        other.join()
    assert spawn.get_preparation_data is before
    assert "init_main_from_path" not in told["worker"] and told["worker"]["sys_path"]
    assert told["other"]["init_main_from_path"] == str(script)


def test_ctrl_c_comes_after_the_start_and_is_not_lost():
    before = signal.getsignal(signal.SIGINT)
    started = []
    with pytest.raises(KeyboardInterrupt), spawning._undisturbed():
        signal.raise_signal(signal.SIGINT)
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        started.append(1)
    assert started and signal.getsignal(signal.SIGINT) is before
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_ctrl_c_is_put_off_as_it_would_have_come_whoever_handles_it():
    told = []
    before = signal.signal(signal.SIGINT, lambda number, frame: told.append(number))
    try:
        with spawning.uninterrupted():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            assert told == []
        assert told == [signal.SIGINT]
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with spawning.uninterrupted():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN and told == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_where_ctrl_c_was_put_off_an_error_is_told_before_it():
    with pytest.raises(LookupError), spawning.uninterrupted():
        raise LookupError
    with pytest.raises(KeyboardInterrupt), spawning.uninterrupted():
        signal.raise_signal(signal.SIGINT)


def test_a_start_that_fails_leaves_ctrl_c_as_it_was(monkeypatch):
    def start(self):
        raise OSError("no more processes")

    monkeypatch.setattr(process.BaseProcess, "start", start)
    before = signal.getsignal(signal.SIGINT), spawn.get_preparation_data
    with pytest.raises(OSError, match="no more processes"):
        Worker().start()
    assert (signal.getsignal(signal.SIGINT), spawn.get_preparation_data) == before


def test_a_thread_that_may_not_handle_signals_starts_workers_too():
    seen = []

    def start():
        with spawning._undisturbed():
            seen.append(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert seen == [True]


def test_a_context_knows_the_workers_that_were_made_with_it():
    context = Context()
    made = context.Process(target=print)
    assert context.workers == [made] and isinstance(made, Worker) and made.exitcode is None
    assert context.get_start_method() == "spawn"
    assert Context().workers == []


def test_the_script_is_known_by_its_path_and_a_console_has_none(script, monkeypatch):
    assert script_of_caller() == (("init_main_from_path", str(script)),)
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    assert script_of_caller() == ()


def test_a_process_that_is_just_importing_the_script_starts_nothing(script, monkeypatch):
    monkeypatch.setattr(process.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(UsageError, match=r"script\.py starts a simulation whenever it is imported"):
        script_of_caller()


@pytest.fixture
def spawned(monkeypatch):
    """Let this look like a worker that knows no script yet; what becomes of `__main__` is put back."""
    main = ModuleType("__main__")
    main.spawn_main = spawn.spawn_main
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.delitem(sys.modules, "__mp_main__", raising=False)
    monkeypatch.setattr(spawning, "_opened", [])
    return main


def test_a_worker_imports_the_script_once(spawned, tmp_path):
    path = tmp_path / "counted.py"
    path.write_text(
        f"import pathlib\nwith pathlib.Path({str(tmp_path / 'log')!r}).open('a') as log: log.write(__name__ + ' ')\n"
    )
    for _ in range(2):
        open_script((("init_main_from_path", str(path)),))
    assert (tmp_path / "log").read_text() == "__mp_main__ "
    assert sys.modules["__main__"] is sys.modules.pop("__mp_main__")
    check_not_opening()


def test_a_forked_process_has_the_script_and_imports_it_no_more(script):
    before = sys.modules["__main__"]
    script.write_text("raise AssertionError('imported')")
    open_script((("init_main_from_path", str(script)),))
    open_script(())  # that of a console, too
    assert sys.modules["__main__"] is before


def test_a_worker_with_a_main_program_of_its_own_imports_the_script_too(spawned, tmp_path):
    del spawned.spawn_main
    path = tmp_path / "mine.py"
    path.write_text("class Mine: pass\n")
    open_script((("init_main_from_path", str(path)),))
    assert sys.modules["__main__"].Mine and sys.modules.pop("__mp_main__")


@pytest.mark.parametrize("script", [(), (("init_main_from_path", "/nowhere/<stdin>"),)])
def test_what_no_file_holds_is_told(spawned, script):
    with pytest.raises(UsageError, match=r"in a notebook, in a console or on standard input cannot be played.*write it into"):
        open_script(script)


def test_a_script_that_simulates_when_it_is_imported_is_told_what_it_lacks(spawned, tmp_path):
    path = tmp_path / "unguarded.py"
    path.write_text("from rollback.sim.pool.spawning import check_not_opening\ncheck_not_opening()\n")
    with pytest.raises(UsageError, match=r"unguarded\.py starts a simulation .*if __name__ == '__main__':"):
        open_script((("init_main_from_path", str(path)),))
    check_not_opening()


def test_a_script_that_is_also_the_file_of_its_game_starts_no_workers_from_workers_without_end(tmp_path):
    path = tmp_path / "game_and_run.py"
    path.write_text("from rollback.sim.pool.spawning import check_not_opening\ncheck_not_opening()\nclass Game: players = 1\n")
    with pytest.raises(GameError, match=r"cannot be run: .*game_and_run\.py starts a simulation whenever it is imported"):
        run_file(str(path), "")
    check_not_opening()


def test_what_another_thread_imports_keeps_nobody_from_simulating(tmp_path):
    path = tmp_path / "slow_game.py"
    path.write_text("import threading\nother = threading.Thread(target=threading.check)\nother.start()\nother.join()\n")
    refused = []

    def check():
        try:
            check_not_opening()
        except UsageError as error:
            refused.append(error)
        else:
            refused.append(None)

    threading.check = check
    try:
        run_file(str(path), "")
    finally:
        del threading.check
    assert refused == [None]


def test_a_module_of_specs_that_simulates_when_a_worker_unpickles_them_is_told_what_it_lacks():
    with opening("a module of these matches"), pytest.raises(UsageError, match=r"of these matches starts a simulation"):
        check_not_opening()
    check_not_opening()


FIRST = """
import sys
from rollback.sim.pool.spawning import Context
from tests.sim.pool.tasks import blocked

if __name__ == "__main__":
    context = Context()
    reads, writes = context.Pipe(duplex=False)
    worker = context.Process(target=blocked, args=(writes,))
    worker.start()
    print(reads.recv())
    worker.join()
"""


def test_the_first_worker_of_a_process_too_is_begun_with_ctrl_c_put_off():
    # The tracker of multiprocessing, which is started with the first one, lets the signal in again.
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, timeout=60)
    assert done.stdout == "True\n", done.stderr
