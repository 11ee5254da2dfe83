"""Chromium over its own protocol, for what Playwright hides: a tab behind another one really is hidden. Knows no game.

Messages go through a pair of pipes, each ended by a zero byte, so the browser may be in any network.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import threading
from pathlib import Path
from typing import Any, Final

from tests.browser.stage import ARGUMENTS, PATIENCE

_FROM_US, _TO_US = 3, 4  # the numbers that Chromium expects its pipes at
_SHELL: Final = f'exec "$@" {_FROM_US}<&0 {_TO_US}>&1 0</dev/null 1>/dev/null'


class Devtools:
    """A browser with nothing between it and the test.

    Args:
        program: What is run.
        folder: Where the browser keeps its files.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        words = [str(program), *ARGUMENTS, "--headless", "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"]
        self._process = subprocess.Popen(
            ["sh", "-c", _SHELL, "sh", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._numbers = itertools.count(1)
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def call(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """Call a method of the protocol, and return its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        self._process.stdin.flush()
        while (answer := self._answers.get(timeout=PATIENCE))["id"] != number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, url: str) -> str:
        """Open a tab in front of the others, and return the session to speak with it."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = str(self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        self.call("Page.navigate", session, url=url)  # which answers when the document is there
        return session

    def evaluate(self, session: str, expression: str) -> Any:
        """Return what an expression of JavaScript gives in a tab, awaited."""
        told = self.call("Runtime.evaluate", session, expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def close(self) -> None:
        """End the browser."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()  # which it takes as the order to end
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._reading.join(PATIENCE)
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        rest = b""
        while piece := os.read(self._process.stdout.fileno(), 65536):
            *whole, rest = (rest + piece).split(b"\0")
            for message in map(json.loads, whole):
                if "id" in message:  # what nobody asked for is an event
                    self._answers.put(message)
