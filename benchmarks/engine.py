"""What the engine costs in a frame, on every workload of `rollback bench`, with the machine it was measured on.

    python benchmarks/engine.py [--frames 6000] [--rounds 7] [--json]

The same as the command, for those who work on the engine from a clone: it measures the tree that it stands in.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rollback.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["bench", *sys.argv[1:]]))
