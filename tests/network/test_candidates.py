"""Addresses told after the description, as browsers tell theirs, and taken by a real connection of aiortc on 127.0.0.1."""

from __future__ import annotations

import asyncio

import pytest

from rollback.net.aiortc_connection import AiortcConnection
from rollback.net.ice import IceOptions
from rollback.net.line import Line

HERE = IceOptions(addresses=("127.0.0.1",))
NOBODY = "candidate:1 1 udp 2122260223 0b4b1ff5-9f4c-4f4c-8f7f-9d2c2a6f2f7e.local 50000 typ host"


def as_a_browser(description):
    """Return a description without its addresses, and these."""
    rows = description.splitlines()
    found = [row.removeprefix("a=") for row in rows if row.startswith("a=candidate:")]
    rest = [row for row in rows if not row.startswith(("a=candidate:", "a=end-of-candidates"))]
    return "\r\n".join(rest) + "\r\n", found


async def until(fact, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("late", ["offer", "answer"])
async def test_a_side_that_tells_its_addresses_after_its_description_is_reached(late):
    page, native = Line(HERE), Line(HERE)
    one, other = (page, native) if late == "offer" else (native, page)
    offer, found = await one.offer(), []
    if late == "offer":
        offer, found = as_a_browser(offer)
    answer = await other.answer(offer)
    if late == "answer":
        answer, found = as_a_browser(answer)
    await one.accept(answer)
    assert found and not native.is_open
    for candidate in found:
        native.add_candidate(candidate, "0")
    await until(lambda: one.is_open and other.is_open)
    known = native._peer.connection.sctp.transport.transport.getRemoteCandidates()
    assert {each.type for each in known} == {"host"}, "it was told, not only seen in what arrived"
    await asyncio.gather(one.close(), other.close())


async def test_a_name_that_nobody_has_and_whatever_else_is_no_address_costs_nothing():
    one, other = Line(HERE), Line(HERE)
    offer, found = as_a_browser(await one.offer())
    await one.accept(await other.answer(offer))
    wrong = [
        NOBODY,
        "candidate:",
        "candidate:1 1 udp x",
        "candidate:1 1 udp 1 ..local 1 typ host",
        "candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype active",
        "candidate:1 9 udp 1 not-an-address 99999999 typ dance",
        "candidate:1 1 udp 1 " + "a" * 300 + ".local 1 typ host",
    ]
    for candidate in wrong:
        other.add_candidate(candidate, "0")
        other.add_candidate(candidate, "another section")
    for candidate in found:
        other.add_candidate(candidate, "0")
    await until(lambda: one.is_open and other.is_open)
    await asyncio.gather(one.close(), other.close())
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()}, 3.0)


@pytest.mark.parametrize("where", ["description", "after it"])
async def test_addresses_that_none_can_have_and_addresses_without_an_end_are_not_tried(where):
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
    page, native = Line(HERE), Line(HERE)
    offer, _ = as_a_browser(await native.offer())  # so that the page sends nothing itself
    answer, _ = as_a_browser(await page.answer(offer))
    wrong = [f"candidate:1 1 udp 1 127.0.0.1 {port} typ host" for port in (65536, 99_999_999, 0, -5)]
    wrong += [f"candidate:1 1 udp {priority} 127.0.0.1 9 typ host" for priority in (0, "9" * 300)]
    wrong += [f"candidate:1 1 udp 1 127.0.0.{number} 9 typ host" for number in range(1, 200)]
    rows = "".join(f"a={candidate}\r\n" for candidate in wrong) if where == "description" else ""
    await native.accept(answer + rows)
    for candidate in wrong if where == "after it" else []:
        native.add_candidate(candidate, "0")
    await asyncio.sleep(0.1)  # what is tried at all is tried every 20 ms
    known = native._peer.connection.sctp.transport.transport.getRemoteCandidates()
    assert len(known) == 64 - 6 and {each.port for each in known} == {9} and {each.priority for each in known} == {1}
    await asyncio.gather(page.close(), native.close())
    assert not told, "no socket was given up"


async def test_a_connection_that_is_closed_while_it_looks_a_name_up_leaves_nothing_behind():
    one, other = AiortcConnection(HERE), AiortcConnection(HERE)
    for connection in (one, other):
        connection.channel("inputs", 0, ordered=True)
    await other.take(as_a_browser(await one.describe("offer"))[0], "offer")
    other.add_candidate(NOBODY, "0")
    await asyncio.sleep(0)
    await asyncio.gather(one.close(), other.close())
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()}, 3.0)
