"""What is pledged for a newcomer, the inputs of a seat in between, and what a hostile proposal can do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback import Cut, PeerJoined, SessionConfig
from rollback.core.agreement import Agreement
from rollback.core.queues import InputQueue, LocalInputs
from rollback.core.vacancy import bridge, bridged
from rollback.wire import encode_message
from rollback.wire.limits import RING
from rollback.wire.messages import Claim, Join
from tests.core.games import Sums
from tests.core.network import Link, message_in
from tests.core.returning import Returning

NEWCOMER, FRAME = 3, 100
HELD = dict.fromkeys(range(4), 50)


def three() -> list[Agreement]:
    """Return what three peers think whose fourth seat is vacant."""
    return [Agreement(me, 7, 15) for me in range(3)]


def tell(sides: list[Agreement], *pairs: tuple[int, int]) -> None:
    """Let peers hear each other: (who speaks, who hears)."""
    for speaks, hears in pairs:
        sides[hears].hear(speaks, sides[speaks].claim(0, 0, HELD))


def ready(epoch: int) -> Claim:
    """Return what a newcomer says that stands by the proposal."""
    return Claim(epoch, 0, 7, 7, 0, 0, {}, {NEWCOMER: FRAME})


def test_a_newcomer_is_in_when_all_and_itself_stand_by_it() -> None:
    sides = three()
    number = sides[0].propose(NEWCOMER, FRAME)
    for side in sides[1:]:
        assert side.accept(NEWCOMER, FRAME, number)
        assert side.due(HELD) is None
    tell(sides, (1, 0), (2, 0))
    assert sides[0].due(HELD) is None, "the newcomer itself has not said so"
    sides[0].hear(NEWCOMER, ready(number))
    change = sides[0].due(HELD)
    assert change is not None and change.roster == 15 and change.joins == {NEWCOMER: FRAME}
    sides[0].commit(change)
    tell(sides, (0, 1))
    ahead = sides[1].due(HELD)
    assert ahead is not None and ahead.joins == {NEWCOMER: FRAME}, "who stood by it follows who committed it"


def test_what_is_withdrawn_is_void_only_when_nobody_can_have_committed_it() -> None:
    sides = three()
    number = sides[0].propose(NEWCOMER, FRAME)
    sides[1].accept(NEWCOMER, FRAME, number)
    tell(sides, (1, 0), (0, 1))
    sides[0].lose(NEWCOMER)
    assert not sides[0].joining and not sides[0].release(), "the others may have committed it"
    tell(sides, (0, 1), (0, 2))
    assert not sides[1].joining, "who hears of it stands by it no more"
    assert not sides[2].accept(NEWCOMER, FRAME, number), "and who comes to hear of the proposal only now, never will"
    tell(sides, (1, 0))
    assert not sides[0].release()
    tell(sides, (2, 0), (2, 1))
    assert sides[0].release() and sides[1].release()
    assert not sides[0].release(), "once"
    assert sides[0].propose(NEWCOMER, FRAME + 50) > number + 1


def test_what_was_withdrawn_here_but_committed_there_is_followed() -> None:
    sides = three()
    number = sides[0].propose(NEWCOMER, FRAME)
    for side in sides[1:]:
        side.accept(NEWCOMER, FRAME, number)
    tell(sides, (0, 1), (2, 1))
    sides[1].hear(NEWCOMER, ready(number))
    sides[0].lose(NEWCOMER)
    change = sides[1].due(HELD)
    assert change is not None
    sides[1].commit(change)
    tell(sides, (1, 0), (2, 0))
    assert not sides[0].release()
    followed = sides[0].due(HELD)
    assert followed is not None and followed.joins == {NEWCOMER: FRAME}


def test_a_loss_meanwhile_voids_a_proposal_that_nobody_committed() -> None:
    sides = three()
    number = sides[0].propose(NEWCOMER, FRAME)
    sides[1].accept(NEWCOMER, FRAME, number)
    sides[1].lose(2)
    assert not sides[1].joining and sides[1].pledged
    tell(sides, (1, 0))
    assert not sides[0].joining
    tell(sides, (0, 1), (1, 0))
    for side in sides[:2]:
        change = side.due(HELD)
        assert change is not None and not change.joins and change.roster == 3
        side.commit(change)
        assert not side.pledged


@given(st.permutations([(a, b) for a in range(3) for b in range(3) if a != b] * 3), st.data())
def test_nobody_releases_what_another_commits(order: list[tuple[int, int]], data: st.DataObject) -> None:
    """Whoever hears whom, in whatever order, while the sponsor withdraws at any moment."""
    sides, committed, released = three(), set(), set()
    number = sides[0].propose(NEWCOMER, FRAME)
    withdraw = data.draw(st.integers(0, len(order)))
    accepts = {side: data.draw(st.integers(0, len(order))) for side in (1, 2)}
    for at, (speaks, hears) in enumerate(order):
        if at == withdraw:
            sides[0].lose(NEWCOMER)
        for side, when in accepts.items():
            if at >= when:
                sides[side].accept(NEWCOMER, FRAME, number)
        tell(sides, (speaks, hears))
        side = sides[hears]
        if NEWCOMER in side.joining:
            side.hear(NEWCOMER, ready(number))
        change = side.due(HELD)
        if change is not None and hears not in committed:
            side.commit(change)
            committed.add(hears)
        if side.release():
            released.add(hears)
        assert not (committed and released), f"{committed} committed what {released} gave up"


def queue_of(rows: list[int]) -> InputQueue:
    queue = InputQueue((0,), [bytes((0,))])
    for row in rows:
        queue.append(bytes((row,)))
    return queue


@given(st.lists(st.integers(0, 3), min_size=1, max_size=3 * RING), st.integers(-1, 3 * RING))
def test_the_changes_after_a_frame_can_be_had_again_as_far_as_the_ring_reaches(rows: list[int], frame: int) -> None:
    queue, all_of_them = queue_of(rows), queue_of(rows)
    queue.forget(queue.known)
    assert queue.recall(frame) == (frame <= queue.known and queue.known - frame < RING)
    if queue.known >= frame and queue.known - frame < RING:
        assert [*queue.changes] == [change for change in all_of_them.changes if change[0] > frame]


@given(st.lists(st.integers(0, 255), max_size=60), st.integers(0, 40), st.integers(1, 100))
def test_the_inputs_in_between_arrive_as_they_were(rows: list[int], base: int, count: int) -> None:
    queue = queue_of(rows)
    frame = base + 1 + count
    made = bridge(queue, base, frame)
    assert made is not None
    before = queue.rows[base] if base <= queue.known else queue.idle
    join = Join(3, 1, 1, base, frame, made[1])
    assert bridged(join, before, queue.lengths) == made[0]
    assert len(made[0]) == count
    assert made[0] == [bytes((rows[at] if at < len(rows) else 0,)) for at in range(base + 1, frame)]


@pytest.mark.parametrize("delay", [0, 1, 5, 60])
def test_a_newcomer_idles_for_its_delay_and_then_plays(delay: int) -> None:
    queue = InputQueue((0,), [bytes((7,))])
    local = LocalInputs(queue, delay)
    queue.stand(99, bytes((3,)))
    local.begin_at(100)
    assert queue.known == 99 + delay
    for frame in range(100, 110):
        local.capture(frame, bytes((frame,)))
    assert queue.known == 109 + delay
    played = [queue.rows[at % RING][0] for at in range(100, 110 + delay)]
    assert played == [7] * delay + [*range(100, 110)]


def match_of_three() -> Returning:
    config = SessionConfig(on_disconnect="idle", interrupt_after=0.3, disconnect_after=1.0)
    match = Returning(lambda: Sums(3), [(0,), (1,), (2,)], config, Link(2)).started()
    match.rounds(60)
    match.kill(2)
    match.until(lambda: all(peer.happened(Cut) for peer in match.living))
    return match


@pytest.mark.parametrize("change", ["seat", "nonce", "early", "late", "before", "tokens", "other inputs"])
def test_a_proposal_that_cannot_be_meant_changes_nothing(change: str) -> None:
    match = match_of_three()
    seen: list[Join] = []

    def spoil(sender: int, to: int, datagram: bytes) -> bytes | None:
        join = message_in(datagram)
        if not isinstance(join, Join):
            return datagram
        if to != 1:
            return None
        seen.append(join)
        values: dict[str, dict[str, Any]] = {
            "seat": {"seat": 1},
            "nonce": {"nonce": 5},
            "early": {"frame": join.base + 1},
            "late": {"frame": join.base + 5000},
            "before": {"base": join.frame + 3},
            "tokens": {"tokens": b"\xff\xff\xff"},
            "other inputs": {"tokens": bytes((16 | (join.base + 1) % 15, 9))},
        }
        changed = {name: getattr(join, name) for name in join.__dataclass_fields__} | values[change]
        return encode_message(Join(**changed))

    match.tap = spoil
    match.start(2)
    match.admit(2)
    match.watch_stops()
    match.rounds(200)
    assert seen, "nothing was proposed"
    assert not match.peers[1].happened(PeerJoined) and not match.peers[0].happened(PeerJoined)
    assert max(match.stops[0], match.stops[1]) < 130, "the proposal is withdrawn"
    match.tap = None
    match.until(lambda: match.is_in(2))
    end = match.peers[0].session.frame + 60
    for peer in match.peers:
        peer.session.end_at(end)
    match.finish()
    match.check_states()


@given(st.binary(max_size=60), st.integers(0, 40))
def test_no_bytes_of_a_newcomer_do_harm(data: bytes, tail: int) -> None:
    match = Returning(lambda: Sums(2), [(0,), (1,)], SessionConfig(on_disconnect="idle"), Link(1), absent=(1,))
    match.until(lambda: match.peers[0].session.frame > 0)
    session = match.peers[0].session
    session.admit("p1", 1)
    for at in range(3):
        session.receive("p1", data)
        session.receive("p1", bytes((0, at + 1)) + data[:tail])
        session.receive_reliable("p1", bytes((0, 24 + at)) + data)
        match.rounds(2)
    assert session.reason == "running" and not match.peers[0].happened(PeerJoined)
