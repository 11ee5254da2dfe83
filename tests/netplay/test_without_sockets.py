"""A match must be played where nobody can open a socket: in a browser's worker."""

import subprocess
import sys

IMPORTS = """
import sys
for name in ("aiohttp", "socketio", "aiortc", "aioice", "numpy", "multiprocessing"):
    sys.modules[name] = None
import asyncio
from rollback.netplay import config_for, drive, join, next_match, play, watch
from rollback.net import aiortc_connection, page_lobby, page_port
from rollback.errors import MissingPackage
from rollback.net.ice import IceOptions
try:
    aiortc_connection.AiortcConnection(IceOptions())
except MissingPackage as error:
    print(error)

async def enter():
    async with join("http://127.0.0.1:9"):
        raise AssertionError("it cannot be entered")

try:
    asyncio.run(enter())
except MissingPackage as error:
    print(error)
"""


def test_all_that_plays_is_imported_without_what_opens_sockets_and_that_says_what_it_lacks():
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    webrtc, lobby = done.stdout.splitlines()
    assert webrtc == "a direct connection by WebRTC needs the package aiortc: pip install aiortc"
    assert lobby.startswith("a connection to a lobby needs the package python-socketio")
