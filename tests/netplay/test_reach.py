"""What is for somebody who cannot be reached is dropped; whoever comes is reached from then on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rollback.net.memory import MemoryNetwork
from rollback.netplay.named import NamedTransport
from rollback.netplay.reach import BROADCAST, Reach
from tests.netplay.hall import Hall, member
from tests.netplay.quick_time import run

IDS = {"m1": "ann", "m2": "bob", "m3": "cid"}


class Ends:
    """Ann's reach, and bob's and cid's transports."""

    def __init__(self) -> None:
        network = MemoryNetwork(["m1", "m2", "m3"])
        own = network.transport("m1")
        own.remove("m3")
        self.lobby: Any = Hall("ann", member(0, "ann"))
        self.others = {name: network.transport(id) for id, name in IDS.items()}
        self.reach = Reach(NamedTransport(own, IDS), self.lobby)
        self.heard: list[tuple[str, bytes]] = []
        self.reach.on_datagram = lambda peer, data: self.heard.append((peer, data))
        self.reach.on_blob = lambda peer, data: self.heard.append((peer, data))


def test_who_comes_before_the_transport_is_open_is_added_then_and_who_went_meanwhile_is_not():
    async def main():
        ends = Ends()
        ends.reach.add("cid", "m3")
        ends.reach.add("dot", "m4")
        ends.reach.add("eli", "m5")
        ends.reach.remove("dot")
        assert ends.reach.peers == ("bob",)
        for name in ("bob", "cid"):
            await ends.others[name].start()
        await ends.reach.start()
        assert set(ends.reach.peers) == {"bob", "cid"}  # nobody is called m5
        ends.reach.add("cid", "m3")  # a new process of the same: its line stays, and gives way by itself
        assert set(ends.reach.peers) == {"bob", "cid"}
        ends.reach.remove("cid", "gone")
        ends.reach.remove("cid", "gone")
        assert ends.reach.peers == ("bob",)
        await ends.reach.close()

    run(main())


def test_what_is_for_nobody_is_dropped_and_all_else_arrives():
    async def main():
        ends = Ends()
        got: list[tuple[str, bytes]] = []
        ends.others["bob"].on_datagram = lambda peer, data: got.append((peer, data))
        ends.others["bob"].on_blob = lambda peer, data: got.append((peer, data))
        await ends.others["bob"].start()
        await ends.reach.start()
        assert ends.reach.send("bob", b"1") and not ends.reach.send("cid", b"2")
        ends.reach.send_blob("bob", b"3")
        ends.reach.send_blob("cid", b"4")
        ends.reach.distrust("cid", "silence")
        ends.reach.distrust("bob", "silence")
        ends.others["bob"].send("m1", b"5")
        await asyncio.sleep(0.01)
        await ends.reach.close("the end")
        assert got == [("m1", b"1"), ("m1", b"3")] and ends.lobby.fed == []
        assert ends.heard == [("bob", b"5")]

    run(main())


@pytest.mark.parametrize("takes", [True, False])
def test_the_feed_goes_to_the_lobby_and_what_it_does_not_take_is_said(takes):
    ends, refused = Ends(), []
    ends.lobby.takes_feed = takes
    ends.reach.on_refused = lambda: refused.append(True)
    ends.reach.send_blob(BROADCAST, b"\0\x18")
    assert ends.lobby.fed == ([b"\0\x18"] if takes else []) and refused == ([] if takes else [True])
