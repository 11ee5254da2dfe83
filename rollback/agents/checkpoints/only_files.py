"""The opener of files that others may have made: nothing but a file is opened. Knows no format.

A pipe would be waited for until somebody writes to it, a device may never end, and neither has an end that can be cut.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

__all__ = ["only_files", "only_files_here"]

_WHY: Final = "it is no file"
_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0)  # Windows has neither: a name leads to no pipe there
_HERE: Final = getattr(os, "O_NOFOLLOW", 0)


def only_files(path: str | os.PathLike[str], flags: int) -> int:
    """Open a file without waiting, as the `opener` of `open`.

    Raises:
        OSError: It cannot be opened, or is a folder, a pipe, a device or a socket.
    """
    try:
        opened = os.open(path, flags | _AT_ONCE, 0o666)
    except OSError as error:
        if error.errno != errno.ENXIO:  # a socket, or a pipe that nobody reads
            raise
        raise OSError(errno.EINVAL, _WHY, os.fspath(path)) from None
    try:
        if stat.S_ISREG(os.fstat(opened).st_mode):
            return opened
        raise OSError(errno.EINVAL, _WHY, os.fspath(path))
    except BaseException:
        os.close(opened)
        raise


def only_files_here(path: str | os.PathLike[str], flags: int) -> int:
    """Open a file as `only_files` does, and follow no link: for a name at which a file may be made.

    Raises:
        OSError: As of `only_files`, or it is a link.
    """
    return only_files(path, flags | _HERE)
