"""The network of the tests: what is in it reaches each other and nothing else, and all of it goes at the end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.arena import Arena
from tests.browser.namespace import ADDRESS, Network
from tests.browser.stage import PATIENCE
from tests.network.program import Program, all_gone

PEER = """async (offer) => {
    window.connection = new RTCPeerConnection({ iceServers: [] });
    window.channel = connection.createDataChannel("inputs", { negotiated: true, id: 0 });
    const told = new Promise((done) => { connection.onicecandidate = ({ candidate }) => candidate || done(); });
    if (offer) await connection.setRemoteDescription(offer);
    await connection.setLocalDescription();
    await told;
    return connection.localDescription.toJSON();
}"""
NATIVE_PEER = """
import asyncio, json, sys
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
async def main():
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    channel = connection.createDataChannel("inputs", negotiated=True, id=0)
    came = asyncio.Event()
    channel.on("message", lambda data: came.set())
    await connection.setRemoteDescription(RTCSessionDescription(**json.loads(sys.argv[1])))
    await connection.setLocalDescription(await connection.createAnswer())
    print(json.dumps({"type": "answer", "sdp": connection.localDescription.sdp}), flush=True)
    await came.wait()
    await connection.close()
asyncio.run(main())
"""


@pytest.fixture
def network():
    network = Network()
    yield network
    network.close()


def shown(network: Network, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(network.command(*words), capture_output=True, text=True, timeout=PATIENCE)


def test_what_is_in_it_has_an_address_and_a_way_out_that_leads_nowhere(network: Network) -> None:
    assert ADDRESS in shown(network, "ip", "-brief", "address").stdout
    assert shown(network, "ip", "route", "show", "default").stdout.startswith("default via")
    outside = "import socket; s = socket.create_connection(('192.0.2.1', 80), 0.3)"
    assert shown(network, sys.executable, "-c", outside).returncode == 1


def test_our_own_loopback_is_not_reached_from_it(network: Network) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        knock = f"import socket; socket.create_connection(('127.0.0.1', {listening.getsockname()[1]}), 2)"
        assert "Connection refused" in shown(network, sys.executable, "-c", knock).stderr


def test_all_of_it_goes_when_the_process_that_made_it_is_killed() -> None:
    made = r"""
import subprocess, time
from tests.browser.namespace import Network
network = Network()
waiting = subprocess.Popen(network.command("sleep", "100"))
while open(f"/proc/{waiting.pid}/comm").read() != "sleep\n":
    time.sleep(0.01)
assert network.members == [waiting.pid]
print(waiting.pid, network._holder.pid, flush=True)
time.sleep(100)
"""
    running = subprocess.Popen(
        [sys.executable, "-c", made], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."}
    )
    assert running.stdout is not None
    pids = [int(pid) for pid in running.stdout.readline().split()]
    running.send_signal(signal.SIGKILL)
    running.wait(PATIENCE)
    running.stdout.close()
    assert len(pids) == 2 and all_gone(pids)


def test_where_no_network_is_allowed_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refusing = tmp_path / "unshare"
    refusing.write_text("#!/bin/sh\necho 'Operation not permitted' >&2; exit 1\n")
    refusing.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(AssertionError, match=r"need a network of their own.* allows none \(unshare .*Operation not"):
        Network()


def test_two_pages_in_it_open_a_channel_to_each_other(arena: Arena) -> None:
    ann, bob = arena.open("/assets/manifest.json"), arena.open("/assets/manifest.json")
    answer = bob.evaluate(PEER, ann.evaluate(PEER, None))
    ann.evaluate("(answer) => connection.setRemoteDescription(answer)", answer)
    for tab in (ann, bob):
        assert tab.until("() => channel.readyState === 'open'")


def test_a_page_and_a_native_peer_open_a_channel_to_each_other(arena: Arena) -> None:
    tab = arena.open("/assets/manifest.json")
    offer = tab.evaluate(PEER, None)
    peer = Program(words=arena.network.command(sys.executable, "-c", NATIVE_PEER, json.dumps(offer)))
    try:
        answer = json.loads(peer.wait_for(r"\{.*\}\n", where="out")[0])
        tab.evaluate("(answer) => connection.setRemoteDescription(answer)", answer)
        tab.until("() => channel.readyState === 'open'")
        tab.evaluate("() => channel.send('hello')")
        assert peer.code() == 0
    finally:
        peer.close()


def test_the_server_can_be_killed_and_started_again_in_its_place(arena: Arena) -> None:
    first = arena.serve(fresh=False)
    tab = arena.open("/assets/manifest.json")
    arena.stop()
    assert tab.evaluate("() => fetch('/healthz').then(() => 'there', () => 'gone')") == "gone"
    assert arena.serve() != first
    assert tab.evaluate("() => fetch('/healthz').then(() => 'there', () => 'gone')") == "there"


def test_nothing_runs_in_it_once_an_arena_is_closed(tmp_path: Path) -> None:
    arena = Arena(tmp_path)
    arena.browser.new_tab()
    arena._start(sys.executable, "-c", "import time; time.sleep(600)")
    pids = [*arena.network.members, arena.network._holder.pid]
    assert len(pids) > 3
    arena.close()
    assert all_gone(pids)


def test_a_slow_server_takes_the_time_it_is_told_for_a_large_file_and_pings_as_it_is_told(arena: Arena) -> None:
    arena.serve("--ping", "1", "--slow", "0.7", lobby=True)
    tab = arena.open("/assets/manifest.json")
    took = tab.evaluate(
        """async () => {
            const { pyodide } = await (await fetch("/assets/manifest.json")).json();
            const began = performance.now();
            const answer = await fetch(`${pyodide}pyodide.asm.wasm`);
            const size = (await answer.arrayBuffer()).byteLength;
            return { size, seconds: (performance.now() - began) / 1000 };
        }"""
    )
    assert took["size"] > 5_000_000 and took["seconds"] > 0.6
