"""Games that do to their process what no game should, and one that is good: each in its own frame 3."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import Any, ClassVar


class Good:
    """Adds up what is done, from its seed on."""

    players = 2

    def __init__(self) -> None:
        self.total = 0
        self.frame = 0

    def reset(self, seed: int) -> None:
        self.total, self.frame = seed % 1000, 0

    def step(self, actions: Any) -> None:
        self.total = (self.total * 31 + 7 * actions[0] + actions[1]) % 1_000_003
        self.frame += 1
        if self.frame == 3:
            self.misbehave()

    def misbehave(self) -> None:
        """Nothing, in this one."""

    def save(self) -> Any:
        return self.total, self.frame

    def load(self, state: Any) -> None:
        self.total, self.frame = state

    def scores(self) -> list[int]:
        return [self.total, -self.total]


class Poison(Good):
    def misbehave(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Terminated(Good):
    """Dies as those do that an executor ends because another one has died."""

    def misbehave(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


class Exiter(Good):
    def misbehave(self) -> None:
        os._exit(0)


class Hanger(Good):
    def misbehave(self) -> None:
        while True:
            pass


class Holder(Good):
    """Sleeps in C, and lets no other thread of Python run meanwhile."""

    def misbehave(self) -> None:
        ctypes.PyDLL(None).sleep(600)


class Unwatched(Good):
    """Switches the watchdog off, and hangs."""

    def misbehave(self) -> None:
        import faulthandler

        faulthandler.cancel_dump_traceback_later()
        while True:
            time.sleep(60)


class Hog(Good):
    def misbehave(self) -> None:
        kept = []
        while True:
            kept.append(bytes(1 << 22))


class Leaver(Good):
    def misbehave(self) -> None:
        sys.exit("I have had enough")


class Interrupter(Good):
    def misbehave(self) -> None:
        raise KeyboardInterrupt


class TwoWords(Exception):
    """What it says of itself cannot be said again by whoever unpickles it."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


class Raiser(Good):
    def misbehave(self) -> None:
        raise TwoWords("no", "board")


class Closer(Good):
    def misbehave(self) -> None:
        os.closerange(3, 256)


class Printer(Good):
    def misbehave(self) -> None:
        for _ in range(200):
            print("x" * 1000)


class Loud(Good):
    def misbehave(self) -> None:
        print("a word of the game")


class Leak(Good):
    """Keeps more with every match."""

    kept: ClassVar[list[bytes]] = []

    def misbehave(self) -> None:
        self.kept.append(bytes(60 << 20))


class ForksBack(Good):
    """Is two processes from here on."""

    def misbehave(self) -> None:
        os.fork()


class ForgetsModules(Good):
    """Throws away what plays it."""

    def misbehave(self) -> None:
        for name in [name for name in sys.modules if name.startswith("rollback.")]:
            del sys.modules[name]


class Starts(Good):
    """Starts a process that would stay, notes its number beside this file's `STARTED`, and dies if its seed is odd."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.seed = seed

    def misbehave(self) -> None:
        started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(os.environ["STARTED"], "a", encoding="ascii") as file:
            file.write(f"{started.pid}\n")
        if self.seed % 2:
            os._exit(3)
