"""What a replay file may hold at most, and the numbers of its format. Knows no bytes."""

from __future__ import annotations

from typing import Final

FORMAT: Final = 2  # raised with every change that an older reader cannot read; 2: recordings that begin late
EXTENSION: Final = ".rbr"

MAX_FILE: Final = 256 * 1024 * 1024
MAX_CHUNK: Final = 16 * 1024 * 1024 + 64  # the largest packed tree and its head
MAX_FRAMES: Final = 10_000_000  # 46 hours at 60 fps
MAX_CHUNKS: Final = 1_000_000  # reading one takes about 3 us
MAX_BLOCKS: Final = 400_000  # chunks of inputs, and as many of checksums
MAX_BLOCK: Final = 600  # frames in a block of inputs
MAX_KEYFRAMES: Final = 100_000
MAX_KEYFRAME_BYTES: Final = 128 * 1024 * 1024  # all of them, compressed: the rest of the file is for the inputs
MAX_EVENTS: Final = 65_536
MAX_EVENT: Final = 64 * 1024  # bytes of one
MAX_EVENT_BYTES: Final = 4 * 1024 * 1024  # all of them
MAX_HEADER: Final = 256 * 1024
MAX_TEXT: Final = 2000  # characters of a name, version or reason
MAX_ENTRIES: Final = 256  # packages, and extra settings
