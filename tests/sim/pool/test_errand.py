"""What a worker process is asked to do: by letter, and answered by letter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rollback.sim.pool import errand, worker
from rollback.sim.pool.job import Batch
from rollback.sim.pool.letters import LONGEST, opened, posted
from rollback.sim.pool.worker import Orders, pack, unpack
from tests.sim.pool.tasks import Task, numbered

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import os, signal, sys
from rollback.sim.pool.errand import begin
from rollback.sim.pool.worker import Orders
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
begin(Orders(caller=0, folder=sys.argv[1]), sys.argv[1])
os.kill(os.getpid(), signal.SIGINT)
print("still here", signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()), flush=True)
os.system("echo from a program of its own")
"""


def test_ctrl_c_is_ignored_and_what_is_printed_goes_to_standard_error(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""
    assert done.stderr == "still here False\nfrom a program of its own\n"


ALONE = """
import os, sys, threading
from rollback.sim.pool import errand
from rollback.sim.pool.worker import Orders

read, write = os.pipe()
os.close(write)  # nobody will write any more: the parent has gone
folder = os.path.join(sys.argv[1], "rollback-pool-of-it")

def prepare(orders):
    threading.Thread(target=errand._end_with, args=(read, folder)).start()
    for number in range(2000):
        os.makedirs(folder, exist_ok=True)
        open(os.path.join(folder, str(number)), "w").close()

errand.prepare = prepare
errand.begin(Orders(caller=0, folder=folder), folder)
threading.Event().wait()
"""


def test_a_process_whose_parent_goes_while_it_prepares_leaves_no_folder(tmp_path):
    done = subprocess.run([sys.executable, "-c", ALONE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) in ((1, ""), (-9, "")) and list(tmp_path.iterdir()) == []


def test_long_answers_come_by_a_file_and_parcels_lie_in_the_folder_of_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "_here", worker._Process())
    monkeypatch.setattr(errand, "_orders", [Orders(os.getpid(), str(tmp_path))])
    monkeypatch.setattr(errand, "_parcels", [tmp_path])
    (tmp_path / "sha").write_bytes(b"weights")
    jobs = numbered([Task("parcel", given={"a": b""}), Task("long", LONGEST)])
    batch = Batch(tuple(job.spec for job in jobs), ((0, 0, 0), (1, 7, 1)), (("a", "sha"),))
    letter = errand.run(posted(pack(batch), tmp_path), 1)
    assert isinstance(letter, str) and Path(letter).parent == tmp_path
    assert unpack(batch, opened(letter)).results[0].stats == {"a": "weights"}
    assert errand._parcel("gone") is None


def test_without_a_parent_the_process_ends_and_the_folder_goes(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "file").write_text("")
    reader, writer = os.pipe()
    act = "import sys; from rollback.sim.pool.errand import _end_with as end; end(int(sys.argv[1]), sys.argv[2])"
    program = subprocess.Popen([sys.executable, "-c", act, str(reader), str(folder)], cwd=ROOT, pass_fds=[reader])
    os.close(reader)
    assert program.poll() is None and folder.exists()
    os.close(writer)
    assert program.wait(timeout=60) == 1
    assert not folder.exists()
