"""A run that trains for long keeps a small log, and goes on as exactly as a short one."""

from rollback.agents.checkpoints import Runs
from rollback.studio import thinning
from rollback.studio.history import BEGINNING, read_rows
from tests.studio.test_trainer import finish, learned, log, trainer


def test_a_long_run_keeps_a_small_log_and_goes_on_exactly_also_where_it_was_killed(tmp_path, monkeypatch):
    for name, value in (("GROUPS", 8), ("NEWEST", 16), ("TURN", 32)):
        monkeypatch.setattr(thinning, name, value)
    whole, killed = (Runs(tmp_path).create({}, name) for name in ("whole", "killed"))
    finish(trainer(whole, episodes=400))
    assert len(log(whole).splitlines()) < 80
    training = trainer(killed, episodes=400)
    for episodes in (100, 250):
        while training.algorithm.episodes < episodes:
            training.advance(at_most=100)
        training.keep()
        training.advance(at_most=300)
        training.show()  # writes the log, and thins nothing that no checkpoint holds
        training._log.close()  # as the end of a process does
        training._writing.close()
        training = trainer(killed, episodes=400, checkpoint=killed.newest().name)
    finish(training)
    assert learned(killed) == learned(whole)
    assert log(killed) == log(whole)
    rows = read_rows(killed, BEGINNING, 10**7)[0]
    assert sum(row[5].get("of", 1) if len(row) > 5 else 1 for row in rows) == 400
