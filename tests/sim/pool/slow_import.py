"""A game whose import takes longer than a match of it may; how long, the environment says."""

from __future__ import annotations

import os
import threading

from tests.sim.pool.bad_games import Good

threading.Event().wait(float(os.environ.get("SLOW_IMPORT", "0")))


class Late(Good):
    pass
