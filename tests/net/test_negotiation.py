from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import NetworkError, UsageError
from rollback.net.candidates import MOST
from rollback.net.negotiation import CALL_PACE, CALLS, FAREWELL, FIRST_PAUSE, LONGEST_PAUSE, QUEUE, Negotiation
from tests.net.lines import Wires
from tests.net.virtual_time import now, run

TIMEOUT = 10.0


class Side:
    """A negotiation with its signals going to the other side, and a log of what it said."""

    def __init__(self, wires, *, offers):
        self.log = []
        self.said = []
        self.other = None
        self.fault = None
        self.task = None
        self.negotiation = Negotiation(offers=offers, signal=self.signal, make_line=wires.make, timeout=TIMEOUT)
        self.negotiation.on_open = lambda: self.log.append(("open", now()))
        self.negotiation.on_end = lambda reason, left: self.log.append(("left" if left else reason, now()))

    async def signal(self, data):
        if self.fault is not None:
            raise self.fault
        self.said.append(data["webrtc"])
        if self.other is not None and self.other.task is not None:
            asyncio.get_running_loop().call_soon(self.other.negotiation.take, data)

    def start(self):
        self.task = asyncio.create_task(self.negotiation.run())
        return self

    @property
    def is_open(self):
        return self.negotiation.line is not None and self.negotiation.line.is_open

    async def stop(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def two():
    wires = Wires()
    ann, bob = Side(wires, offers=True), Side(wires, offers=False)
    ann.other, bob.other = bob, ann
    return wires, ann, bob


def scene(play):
    """Run `play(wires, offering side, answering side)` in virtual time and stop both sides."""

    async def main():
        wires, ann, bob = two()
        try:
            await play(wires, ann, bob)
        finally:
            for side in (ann, bob):
                if side.task is not None:
                    await side.stop()

    run(main())


@pytest.mark.parametrize("late", ["nobody", "the offering side", "the answering side"])
def test_it_opens_whoever_starts_first(late):
    async def play(wires, ann, bob):
        for side, name in ((ann, "the offering side"), (bob, "the answering side")):
            if name != late:
                side.start()
        await asyncio.sleep(3)
        if late != "nobody":
            assert not ann.is_open and not bob.is_open
            (ann if late == "the offering side" else bob).start()
        await asyncio.sleep(0.1)
        assert ann.is_open and bob.is_open
        assert len(wires.lines) == 2, "one line a side: what came twice was sent again, not begun again"

    scene(play)


@pytest.mark.parametrize("who", ["ann", "bob", "both"])
def test_a_lost_connection_comes_back_after_the_first_pause(who):
    async def play(wires, ann, bob):
        ann.start(), bob.start()
        await asyncio.sleep(1)
        for line in (ann.negotiation.line, bob.negotiation.line):
            if who == "both" or line is {"ann": ann, "bob": bob}[who].negotiation.line:
                line.fail("pulled the plug")
        await asyncio.sleep(FIRST_PAUSE + 0.5)
        assert ann.is_open and bob.is_open
        lost = [(what, when) for side in (ann, bob) for what, when in side.log if what not in ("open",)]
        assert lost and all(when == pytest.approx(1.0, abs=0.01) for _, when in lost)
        assert ("pulled the plug", 1.0) in [(what, round(when, 2)) for what, when in lost]
        assert [what for what, _ in ann.log] == ["open", ann.log[1][0], "open"]

    scene(play)


def test_tries_that_fail_come_ever_more_rarely_and_never_stop():
    async def play(wires, ann, bob):
        wires.silent = True
        ann.start(), bob.start()
        await asyncio.sleep(600)
        for side in (ann, bob):
            reasons = [what for what, _ in side.log]
            assert set(reasons) <= {f"no direct connection within {TIMEOUT:g} s", "the other side started over"}
            assert len(reasons) >= 10
            gaps = [later - earlier for (_, earlier), (_, later) in itertools.pairwise(side.log)]
            assert all(gap <= TIMEOUT + LONGEST_PAUSE + 1 for gap in gaps)
            assert gaps[-1] > 15 > gaps[0]
        wires.silent = False
        await asyncio.sleep(2 * (TIMEOUT + LONGEST_PAUSE))
        assert ann.is_open and bob.is_open

    scene(play)


def test_a_side_without_an_address_tells_the_other_one_at_once():
    async def play(wires, ann, bob):
        real, wires_of_bob = wires.make, Wires()
        wires_of_bob.broken = "this machine has no network address"
        bob.negotiation._make_line = wires_of_bob.make
        ann.start(), bob.start()
        await asyncio.sleep(0.5)
        assert {what for what, _ in bob.log} == {"this machine has no network address"}
        assert [what for what, _ in ann.log] == [
            "the other side refused a direct connection: this machine has no network address"
        ]
        bob.negotiation._make_line = real
        await asyncio.sleep(FIRST_PAUSE)
        assert ann.is_open and bob.is_open

    scene(play)


@pytest.mark.parametrize("fault", [NetworkError("the lobby is gone"), UsageError("the lobby is gone")])
def test_while_the_lobby_is_gone_the_tries_fail_with_its_words_and_then_succeed(fault):
    async def play(wires, ann, bob):
        ann.fault = bob.fault = fault
        ann.start(), bob.start()
        await asyncio.sleep(4)
        assert {what for what, _ in ann.log + bob.log} == {"the lobby is gone"}
        ann.fault = bob.fault = None
        await asyncio.sleep(LONGEST_PAUSE)
        assert ann.is_open and bob.is_open

    scene(play)


def test_a_peer_that_left_on_purpose_is_waited_for_in_silence():
    async def play(wires, ann, bob):
        ann.start(), bob.start()
        await asyncio.sleep(1)
        line = bob.negotiation.line
        await bob.stop()
        await line.close("going home")
        bob.task = None
        await asyncio.sleep(0.1)
        assert ann.log[-1][0] == "left" and ann.negotiation.line is None
        said = list(ann.said)
        await asyncio.sleep(300)
        assert ann.said == said, "nobody calls somebody who left"
        again = Side(wires, offers=False)
        again.other, ann.other, bob.task = ann, again, None
        again.start()
        await asyncio.sleep(0.5)
        assert ann.is_open and again.is_open
        await again.stop()

    scene(play)


def test_after_a_goodbye_the_line_stays_a_second_for_what_was_overtaken():
    async def play(wires, ann, bob):
        ann.start(), bob.start()
        await asyncio.sleep(1)
        line = ann.negotiation.line
        line.on_goodbye("going home")
        await asyncio.sleep(FAREWELL - 0.1)
        assert not line.is_closed and len(ann.log) == 1
        await asyncio.sleep(0.2)
        assert line.is_closed and ann.log[-1][0] == "left"

    scene(play)


def test_a_peer_that_starts_anew_is_connected_again_at_once():
    async def play(wires, ann, bob):
        ann.start(), bob.start()
        await asyncio.sleep(1)
        await bob.stop()  # killed: its line says nothing
        again = Side(wires, offers=False)
        again.other, ann.other = ann, again
        again.start()
        await asyncio.sleep(0.1)
        assert ann.is_open and again.is_open
        assert "the other side started over" in [what for what, _ in ann.log]
        await again.stop()

    scene(play)


def test_an_offering_peer_that_starts_anew_is_connected_again_at_once():
    async def play(wires, ann, bob):
        ann.start(), bob.start()
        await asyncio.sleep(1)
        await ann.stop()
        again = Side(wires, offers=True)
        again.other, bob.other = bob, again
        again.start()
        await asyncio.sleep(0.1)
        assert bob.is_open and again.is_open
        await again.stop()

    scene(play)


def test_a_distrusted_connection_is_given_up_and_opened_anew():
    async def play(wires, ann, bob):
        ann.start()
        ann.negotiation.distrust("nothing is open yet")
        bob.start()
        await asyncio.sleep(1)
        first = ann.negotiation.line
        ann.negotiation.distrust("nothing heard for half a second")
        await asyncio.sleep(0.1)
        assert first.is_closed
        assert [what for what, _ in ann.log] == ["open", "nothing heard for half a second"]
        await asyncio.sleep(FIRST_PAUSE)
        assert ann.is_open and bob.is_open and ann.negotiation.line is not first

    scene(play)


def test_no_line_is_left_open_behind():
    async def play(wires, ann, bob):
        ann.start(), bob.start()
        for _ in range(5):
            await asyncio.sleep(40)
            wires.cut()
        await asyncio.sleep(40)
        assert len(wires.lines) >= 12
        assert sum(not line.is_closed for line in wires.lines.values()) == 2

    scene(play)


def test_a_signal_that_breaks_the_rules_is_dropped_and_counted():
    side = Side(Wires(), offers=True)
    side.negotiation.take({"webrtc": "dance"})
    assert side.negotiation.dropped == {"malformed signal": 1} and side.negotiation._queue.empty()


def test_a_flood_of_signals_does_not_grow():
    side = Side(Wires(), offers=True)
    for _ in range(1000):
        side.negotiation.take({"webrtc": "refused", "attempt": "", "reason": ""})
    assert side.negotiation._queue.qsize() == QUEUE
    assert side.negotiation.dropped["too many signals"] == 1000 - QUEUE


@pytest.mark.parametrize("offers", [True, False], ids=["calls for an offer", "offers"])
def test_calls_without_end_open_a_bounded_number_of_connections(offers):
    async def play(wires, ann, bob):
        ann.start(), bob.start()
        await asyncio.sleep(20)
        side, before = (ann if offers else bob), len(wires.lines)
        for number in range(600):
            side.negotiation.take(
                {"webrtc": "want", "have": f"x{number}"}
                if offers
                else {"webrtc": "offer", "attempt": f"x{number}", "sdp": "line 0"}
            )
            await asyncio.sleep(0.1)
            assert sum(not line.is_closed for line in wires.lines.values()) <= 4, "the present ones, and what is closing"
        made = len(wires.lines) - before
        assert CALLS < made <= 2 * (CALLS + 60 / CALL_PACE), "each makes one here, and may make one over there"
        assert side.negotiation.dropped["too many calls"] > 400
        await asyncio.sleep(3 * (TIMEOUT + LONGEST_PAUSE))
        assert ann.is_open and bob.is_open

    scene(play)


TEXT = st.sampled_from(["", "a", "line 0", "line 1", "line 2"])
SIGNAL = st.one_of(
    st.builds(lambda what, a, s: {"webrtc": what, "attempt": a, "sdp": s}, st.sampled_from(["offer", "answer"]), TEXT, TEXT),
    st.builds(lambda a: {"webrtc": "want", "have": a}, TEXT),
    st.builds(lambda a, r: {"webrtc": "refused", "attempt": a, "reason": r}, TEXT, TEXT),
)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 15), SIGNAL), max_size=12))
@settings(max_examples=60, deadline=None)
def test_whatever_a_peer_signals_an_honest_connection_opens_in_the_end(noise):
    async def play(wires, ann, bob):
        ann.start(), bob.start()
        for to_ann, pause, signal in noise:
            (ann if to_ann else bob).negotiation.take(signal)
            await asyncio.sleep(pause)
        await asyncio.sleep(3 * (TIMEOUT + LONGEST_PAUSE))
        assert not ann.task.done() and not bob.task.done()
        assert ann.is_open and bob.is_open

    scene(play)


ADDRESS = "candidate:1 1 udp 2122260223 10.0.0.1 50000 typ host"


@pytest.mark.parametrize("who", ["the offering side", "the answering side"])
def test_an_address_that_is_found_late_reaches_the_other_side_after_the_description(who):
    async def play(wires, ann, bob):
        wires.silent = True
        ann.start(), bob.start()
        await asyncio.sleep(1)
        finder, taker = (ann, bob) if who == "the offering side" else (bob, ann)
        finder.negotiation.line.on_candidate(ADDRESS, "0")
        finder.negotiation.line.on_candidate(ADDRESS, "0")
        await asyncio.sleep(1)
        assert taker.negotiation.line.candidates == [(ADDRESS, "0")]
        assert finder.negotiation.line.candidates == []
        assert finder.said[-1] == "candidate" and finder.said.count("candidate") == 1

    scene(play)


def test_an_address_that_is_found_before_the_description_is_ready_is_said_after_it():
    async def play(wires, ann, bob):
        class Eager(type(wires.make())):
            async def offer(self):
                self.on_candidate(ADDRESS, "0")
                await asyncio.sleep(0.5)
                return await super().offer()

        def make(*_):
            line = Eager(wires, f"eager {len(wires.lines)}")
            wires.lines[line.name] = line
            return line

        wires.silent, ann.negotiation._make_line = True, make
        bob.start()
        ann.start()
        await asyncio.sleep(2)
        assert [word for word in ann.said if word == "candidate" or word == "offer"][:2] == ["offer", "candidate"]
        assert bob.negotiation.line.candidates == [(ADDRESS, "0")]

    scene(play)


def test_whoever_comes_late_is_told_the_addresses_again_with_the_offer():
    async def play(wires, ann, bob):
        wires.silent = True
        ann.start()
        await asyncio.sleep(1)
        ann.negotiation.line.on_candidate(ADDRESS, "0")
        await asyncio.sleep(1)
        assert ann.said == ["offer", "candidate"], "the premise: nobody was there to hear it"
        bob.start()
        await asyncio.sleep(1)
        assert bob.negotiation.line.candidates == [(ADDRESS, "0")]

    scene(play)


def test_addresses_of_another_try_too_early_or_too_many_are_not_taken():
    async def play(wires, ann, bob):
        wires.silent = True
        ann.start()
        await asyncio.sleep(1)
        attempt = ann.negotiation._attempt
        ann.negotiation.take({"webrtc": "candidate", "attempt": attempt, "candidate": ADDRESS, "mid": "0"})
        await asyncio.sleep(0.1)
        assert ann.negotiation.line.candidates == [], "before the answer"
        bob.start()
        await asyncio.sleep(1)
        ann.negotiation.take({"webrtc": "candidate", "attempt": "another", "candidate": ADDRESS, "mid": "0"})
        for number in range(MOST + 5):
            said = {"webrtc": "candidate", "attempt": attempt, "candidate": f"candidate:{number}", "mid": "0"}
            ann.negotiation.take(said)
        await asyncio.sleep(1)
        assert ann.negotiation.line.candidates == [(f"candidate:{number}", "0") for number in range(MOST)]
        assert ann.negotiation.dropped == {}

    scene(play)


def test_a_new_try_has_addresses_of_its_own():
    async def play(wires, ann, bob):
        wires.silent = True
        ann.start(), bob.start()
        await asyncio.sleep(1)
        first = bob.negotiation.line
        ann.negotiation.line.on_candidate(ADDRESS, "0")
        await asyncio.sleep(TIMEOUT + FIRST_PAUSE + 2)
        assert bob.negotiation.line is not first and first.candidates == [(ADDRESS, "0")]
        assert bob.negotiation.line.candidates == []
        ann.negotiation.line.on_candidate(ADDRESS, "0")
        await asyncio.sleep(1)
        assert bob.negotiation.line.candidates == [(ADDRESS, "0")]

    scene(play)
