"""A game whose import ends the process, if that is a worker."""

from __future__ import annotations

import multiprocessing
import os

from tests.sim.pool.bad_games import Good

if multiprocessing.parent_process() is not None:
    os._exit(7)


class Never(Good):
    pass
