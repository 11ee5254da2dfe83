"""Saved agents: one `.npz` file each, without pickle, read and written with the standard library alone."""

from rollback.agents.checkpoints.arrays import Array
from rollback.agents.checkpoints.checkpoint import Checkpoint, versions_here
from rollback.agents.checkpoints.generators import generator_from, state_of
from rollback.agents.checkpoints.limits import EXTENSION, FORMAT
from rollback.agents.checkpoints.log import LogWriter
from rollback.agents.checkpoints.names import check_id, is_id
from rollback.agents.checkpoints.run_folder import RunFolder, Saved
from rollback.agents.checkpoints.runs import ListedRun, Runs, Stamp

__all__ = [
    "EXTENSION",
    "FORMAT",
    "Array",
    "Checkpoint",
    "ListedRun",
    "LogWriter",
    "RunFolder",
    "Runs",
    "Saved",
    "Stamp",
    "check_id",
    "generator_from",
    "is_id",
    "state_of",
    "versions_here",
]
