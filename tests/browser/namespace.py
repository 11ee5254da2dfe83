"""A network of its own for a test: processes in it reach each other, and nothing else. Knows no server and no browser.

Chromium finds no address to offer on loopback alone, so there is a pair of joined cards with an address and a default
route as well; both ends are in here, and what goes out of one ends at the other. The network lives in a process that
does nothing but wait for its standard input to end, so it goes with the tests, also when they are killed.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Final

ADDRESS: Final = "10.213.77.1"  # in each of these networks, and in no other; no two of them see each other
_CARDS: Final = f"""
ip link set lo up &&
ip link add inner type veth peer name outer &&
ip link set inner addrgenmode none && ip link set outer addrgenmode none &&
ip link set inner up && ip link set outer up &&
ip address add {ADDRESS}/24 dev inner &&
ip route add default via 10.213.77.2 dev inner &&
echo ready && read -r _
"""
_WITHIN: Final = 10.0  # seconds for the process that holds the network to end


class Network:
    """A network that exists from here until `close`.

    Raises:
        AssertionError: This machine allows none, and says why.
    """

    def __init__(self) -> None:
        troubles = []
        # Who is no administrator may have a network in a user namespace; a container may forbid one and allow the other.
        for option in ("-n", "-rn") if os.geteuid() == 0 else ("-rn",):
            self._options = ["--net"] if option == "-n" else ["--user", "--net", "--preserve-credentials"]
            self._holder = subprocess.Popen(
                ["unshare", option, "sh", "-c", _CARDS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C is for the tests, which end it then
            )
            assert self._holder.stdout is not None and self._holder.stderr is not None
            if self._holder.stdout.readline() == "ready\n":
                return
            troubles.append(f"unshare {option}: {self._holder.stderr.read().strip() or 'it does not say why'}")
            self.close()
        raise AssertionError(
            f"the browser tests need a network of their own, and this machine allows none ({'; '.join(troubles)}): allow"
            " user namespaces (sysctl kernel.unprivileged_userns_clone=1), or give the container CAP_SYS_ADMIN"
        )

    def command(self, *words: str) -> list[str]:
        """Return the command that runs `words` in this network, and that is killed when who started it ends."""
        return [*self._enter(), "setpriv", "--pdeathsig", "KILL", "--", *words]

    def program(self, name: str, path: Path, *options: str) -> Path:
        """Write a program that runs another one in this network, for who takes nothing but a path."""
        path.write_text(f'#!/bin/sh\nexec {shlex.join([*self._enter(), name, *options])} "$@"\n')
        path.chmod(0o700)
        return path

    def close(self) -> None:
        """End the network; whoever started processes in it has ended them before."""
        assert self._holder.stdin is not None
        self._holder.stdin.close()
        try:
            self._holder.wait(_WITHIN)
        except subprocess.TimeoutExpired:
            self._holder.kill()
            self._holder.wait()
        for pipe in (self._holder.stdout, self._holder.stderr):
            assert pipe is not None
            pipe.close()

    @property
    def members(self) -> list[int]:
        """The processes that are in this network now."""
        ours = os.readlink(f"/proc/{self._holder.pid}/ns/net")
        return [pid for pid in _processes() if pid != self._holder.pid and _network_of(pid) == ours]

    def _enter(self) -> list[str]:
        return ["nsenter", "--target", str(self._holder.pid), *self._options, "--"]


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _network_of(pid: int) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:  # it has just ended
        return None
