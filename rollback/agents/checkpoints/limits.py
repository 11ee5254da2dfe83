"""What a checkpoint may hold at most, and the numbers of its format. Knows no bytes."""

from __future__ import annotations

from typing import Final

FORMAT: Final = 1  # raised with every change that an older reader cannot read
EXTENSION: Final = ".npz"

MAX_ARRAY_BYTES: Final = 64 * 1024 * 1024  # all arrays of a checkpoint together
MAX_ARRAYS: Final = 64
MAX_DIMENSIONS: Final = 4
MAX_LENGTH: Final = 2**31 - 1  # of one dimension
MAX_META: Final = 1024 * 1024  # bytes of JSON; the random state is some 7 KB of it
MAX_DEPTH: Final = 16  # of what is nested in the JSON
MAX_FILE: Final = MAX_ARRAY_BYTES + MAX_META + 64 * 1024  # what is left are the headers
MAX_COUNT: Final = 2**63 - 1  # steps and episodes
MAX_ENTRIES: Final = 256  # parameters, metrics, versions
MAX_KEY: Final = 200  # characters
MAX_TEXT: Final = 1000  # characters of an environment's name, and of a version
