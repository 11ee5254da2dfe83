"""The short way through a tick, for two peers in a quiet stretch of a match. Knows registers; decides nothing by itself.

Nearly all ticks are alike: one datagram that is the last one again one frame on, nothing due, one step, one datagram. All that
moves in them are two numbers, and all else keeps its distance to these. So while a session rides, its state stands in the
variables of one closure instead of in a dozen attributes of its parts, and a tick costs less than half (benchmarks/engine.py).

Whatever is not quiet goes the long way: `land` writes the registers back where they belong, `Engine.tick` does what it always
does, and the next tick gets on again. What a tick does, and in which order, is the engine's to say: this is the same, said
shorter, and a test holds both to the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rollback.core.confirmation import Confirmation
from rollback.core.dispatch import Dispatch
from rollback.core.endpoint import Endpoint
from rollback.core.handles import NESTED, SOON, LongWay, Ride, Seen
from rollback.core.intake import Intake
from rollback.core.queues import MASK, LocalInputs
from rollback.core.simulation import NEVER, Simulation
from rollback.core.states import Peer
from rollback.errors import ActionError, UsageError
from rollback.wire.inputs import HEAD
from rollback.wire.runs import ONE_BYTE

__all__ = ["ride_of"]

UNCHANGING: Final = (int, bool)  # an action of these types that is the same object is the same action
RUNNING: Final = Peer.RUNNING
SILENCE: Final = b"\0"  # no datagram, nor the end of one


def ride_of(
    engine: LongWay,
    seat: int,
    encode: Callable[[Any], bytes],
    local: LocalInputs,
    endpoint: Endpoint,
    sim: Simulation,
    confirmation: Confirmation,
    intake: Intake,
    dispatch: Dispatch,
    window: int,
) -> Ride:
    """Return the short way of a session with one local player and one peer, whose steps are plain (`Simulation.pair`)."""
    own, queue, tick, game = local.queue, endpoint.queue, engine._tick, sim.game
    inbox, taken, given, send = endpoint.inbox, endpoint.taken.append, endpoint.given.append, dispatch.outbox.append
    pop, name, has_over, own_first = inbox.popleft, endpoint.name, sim.has_over, sim.queues[0] is own
    own_rows, two_rows, played = own.rows, queue.rows, sim.played
    nothing = object()  # no action

    # Whether a tick may ride; whether the registers are written back; whether somebody came to change what they hold.
    ready, grounded, touched = False, True, False
    frame = captured = known = 0  # `sim.frame` is kept up too: it is what is looked at most
    lead = ack = sure = 0  # what is constant: own.known - captured, endpoint.acked - known, endpoint.confirmed - known
    reach = 0  # frames from the present to the newest row of the peer, 0 while it is guessed
    horizon = 0  # frame before which nothing is due, as long as each tick has one datagram, the one before again
    end = confirm_at = tail_in_until = tail_until = replayed = smask = 0
    heard = watch_at = 0.0
    same: Any = nothing  # the action whose input is `own_last`
    own_last = two_last = tail_in = tail_out = b""
    rows: tuple[bytes, ...] = (b"", b"")
    moves: Any = ()
    states, step, save = sim.snapshots.states, sim.step, sim.save
    load = game.load
    one_by_one = not has_over and sim.batch is None  # whether `rewind` may replay

    def glance() -> Seen | None:
        if ready:
            confirmed = frame - 1 if frame <= known else known
            newest = frame - 1 + lead
            return (
                known if known < newest else newest,
                confirmed,
                confirmed if sure >= 0 else min(confirmed, known + sure),
            )
        if not grounded:
            land()
        return None

    def land() -> None:
        nonlocal ready, grounded, touched
        touched = True
        if grounded:
            return
        if not ready:
            engine._busy = True  # by the game, in the middle of its step: what follows goes the long way
        ready, grounded = False, True
        own.known = captured + lead
        local.captured = captured
        queue.known, endpoint.acked, endpoint.confirmed, endpoint.heard = known, known + ack, known + sure, heard
        sim.present = frame

    def board() -> bool:
        """Get on, if the registers can say all there is to say."""
        nonlocal ready, grounded, frame, captured, known, lead, ack, sure, end, confirm_at, tail_in_until, tail_until
        nonlocal replayed, smask, heard, watch_at, same, own_last, two_last, tail_in, tail_out, states, step, save, horizon
        if not grounded:
            raise UsageError(NESTED)
        if engine._busy or not engine._plain or endpoint.state is not RUNNING or not local.steady or not sim.every:
            return False
        if sim.wrong < NEVER or sim.held or sim.failure is not None or local.captured != sim.frame - 1:
            return False
        if sim.held_until > min(queue.known, own.known):
            return False
        frame, captured, known = sim.frame, sim.frame - 1, queue.known
        lead, ack, sure = own.known - captured, endpoint.acked - known, endpoint.confirmed - known
        end, confirm_at, watch_at, heard = sim.end, confirmation.confirm_at, engine._watch_at, endpoint.heard
        tail_in, tail_in_until, tail_out, tail_until = (
            endpoint.tail_in,
            endpoint.tail_in_until,
            endpoint.tail_out,
            endpoint.tail_until,
        )
        own_last, two_last, same, replayed, horizon = own.last, queue.last, nothing, tick.resimulated, 0
        states, smask, step, save = sim.snapshots.states, sim.snapshots.mask, sim.step, sim.save
        ready, grounded = True, False
        return True

    def ride(actions: Mapping[int, Any], now: float) -> bool:
        nonlocal ready, frame, captured, known, heard, same, replayed, tail_out, tail_until
        if not ready and not board():
            return False
        # 1. Check and encode.
        row = own_last
        try:
            action = actions[seat]
            if action is not same:
                row = encode(action)
                if type(action) in UNCHANGING:
                    same = action
        except (ActionError, LookupError, TypeError):
            land()
            return False  # the long way says what is wrong, in the player's terms
        try:
            data = pop() if inbox and frame < horizon and now < watch_at else SILENCE
            ready = False
            # 2. Drain.
            if data[1:] == tail_in and data[0] == known + 1 & 255 and not inbox:
                known += 1
                heard = now
                taken(data)
                if replayed:
                    tick.resimulated = replayed = 0
            else:
                if data is not SILENCE:
                    inbox.appendleft(data)
                done = news(row, now)
                if done is not None:
                    return done
            # 5. Decide. That all else is well is what the horizon says.
            if has_over and game.over:
                return proceed(row, now)
            # 6. Queue the local action, take the snapshot, step.
            captured = frame
            newest = frame + lead
            two_rows[frame + reach & MASK] = two_last
            if row == own_last:
                own_rows[newest & MASK] = own_last
            else:
                change(row)
            states[frame & smask] = save()
            played[frame & MASK] = rows
            try:
                step(moves)
            except Exception:
                return stop(now)
            if grounded:
                return finish(now)
            sim.frame = frame = frame + 1
            # 7. Send.
            if newest < tail_until:
                data = ONE_BYTE[newest & 255] + tail_out
                given(data)
                send((name, data))
            else:
                dispatch.compose(endpoint, frame, newest, known + ack, known, captured if captured < known else known, now)
                tail_out, tail_until = endpoint.tail_out, endpoint.tail_until
            ready = True
            return True
        except BaseException:
            land()
            engine._busy = False
            raise

    def change(row: bytes) -> None:
        """Take another row of our own than the one before."""
        nonlocal own_last, tail_until, horizon
        newest = captured + lead
        own.known = newest - 1
        own.append(row)
        own_last = row
        endpoint.tail_until = tail_until = 0
        if lead == 0:
            turn()
        elif newest < horizon:
            horizon = newest

    def turn() -> None:
        """Find the rows and actions of the present frame."""
        nonlocal rows, moves
        slot = frame & MASK
        ours, theirs = own_rows[slot] if lead else own_last, two_rows[slot] if frame <= known else two_last
        one, two = (ours, theirs) if own_first else (theirs, ours)
        if one is not rows[0] or two is not rows[1]:
            rows = (one, two)
            moves = sim.moves(rows)

    def rewind() -> int:
        """Do what `Simulation.rollback` does where the peer's row is the same in all frames: its change came late and holds."""
        nonlocal rows, moves
        first, sim.wrong = sim.wrong, NEVER
        load(states[first & smask])
        at, ours = first, nothing
        try:
            for at in range(first, frame):
                sim.frame = at
                if at > first:
                    states[at & smask] = save()
                slot = at & MASK
                if own_rows[slot] is not ours:
                    ours = own_rows[slot]
                    rows = (ours, two_last) if own_first else (two_last, ours)
                    moves = sim.moves(rows)
                two_rows[slot] = two_last
                played[slot] = rows
                step(moves)
            sim.frame = frame
        except Exception:
            land()
            sim.stopped_by_error(at)
        sim.count(frame - first, sim.frame - first)
        return sim.frame - first

    def news(row: bytes, now: float) -> bool | None:
        """Do steps 2 to 5 where something is new; None: go on with step 6."""
        nonlocal known, ack, sure, reach, horizon, end, confirm_at, tail_in_until, tail_until, watch_at
        nonlocal replayed, heard, two_last, tail_in, touched, grounded
        if watch_at == SOON:
            land()
            engine._busy = False
            return False
        engine._busy = True
        fresh, own_known, calm = 0, frame - 1 + lead, True
        # 2. Drain.
        while inbox:
            data = pop()
            rest, following = data[1:], known + 1
            again = data[0:1] == ONE_BYTE[following & 255] and following + ack <= own_known
            if again and rest == tail_in and following < tail_in_until:
                taken(data)
            elif (
                again
                and tail_in_until
                and following & 255
                and rest[:5] == tail_in[:5]
                and len(data) >= HEAD
                and (until := intake.newest_row(queue, data, HEAD, following))
            ):
                # All as before but for the row: nothing else in it needs to be read.
                taken(data)
                endpoint.tail_in, endpoint.tail_in_until = tail_in, tail_in_until = rest, until
            else:
                queue.known, own.known, endpoint.acked, endpoint.confirmed = known, own_known, known + ack, known + sure
                endpoint.heard = heard
                entering = intake.take(endpoint, data, rest, now)
                known = following if entering else queue.known
                ack, sure, end, heard = endpoint.acked - known, endpoint.confirmed - known, sim.end, endpoint.heard
                tail_in, tail_in_until, tail_until = endpoint.tail_in, endpoint.tail_in_until, endpoint.tail_until
                two_last = queue.last
                calm = engine._plain and engine._watch_at == watch_at and endpoint.state is RUNNING
                if not entering:
                    fresh = 2
                    if calm:
                        continue
                    break
            fresh += 1
            two_last, slot = queue.last, following & MASK
            if two_rows[slot] is not two_last:
                if following < frame and following < sim.wrong and two_rows[slot] != two_last:
                    sim.wrong = following
                two_rows[slot] = two_last
            known, heard = following, now
        if fresh != 1:
            endpoint.tail_until = tail_until = 0  # the next datagram cannot be the one before again
        if not calm:
            land()
            endpoint.tail_until = 0
            engine._busy = False
            return False
        if now >= watch_at:
            land()
            touched = False
            engine._watch(now)
            if touched or not engine._plain or endpoint.state is not RUNNING or not local.steady:
                return proceed(row, now)
            grounded = False
            watch_at, heard, tail_until = engine._watch_at, endpoint.heard, endpoint.tail_until
        # 3. Roll back.
        if sim.wrong < NEVER:
            if one_by_one and queue.changed <= sim.wrong:
                tick.resimulated = replayed = rewind()
                if grounded:
                    return proceed(row, now)
            else:
                land()
                touched = False
                tick.resimulated = replayed = sim.rollback()
                if sim.held or touched:
                    return proceed(row, now)
                grounded = False
        elif replayed:
            tick.resimulated = replayed = 0
        # 4. Confirm.
        if known >= confirm_at:
            land()
            touched = False
            confirmation.confirm()
            confirm_at, tail_until, watch_at = confirmation.confirm_at, endpoint.tail_until, engine._watch_at
            if touched or not engine._plain:
                return proceed(row, now)
            grounded = False
        # 5. Decide.
        if frame - known > window or frame >= end:
            return proceed(row, now)
        tick.advanced, tick.reason = True, "running"
        turn()
        reach = known - frame if known > frame else 0
        # How long this will do: what comes in, the next look at what is confirmed, the end, and changes that are known of.
        horizon = frame - known + (tail_in_until if tail_in_until < confirm_at else confirm_at)
        if end < horizon:
            horizon = end
        if own.changed > frame:
            for at in range(frame + 1, own.changed + 1):
                if own_rows[at & MASK] is not own_rows[at - 1 & MASK]:
                    horizon = min(horizon, at)
                    break
        if queue.changed > frame or known + ack > own_known:
            horizon = 0
        engine._busy = False
        return None

    def proceed(row: bytes, now: float) -> bool:
        """Land, and go on the long way."""
        engine._busy = True
        land()
        endpoint.fresh = 1  # or `tail_until` says otherwise
        engine._proceed(row, known, now, replayed)
        engine._busy = False
        return True

    def stop(now: float) -> bool:
        """Take a step that raised back; to be called while the exception is handled."""
        land()
        sim.stopped_by_error(frame)
        tick.advanced, tick.reason = False, "stalled"
        return part(now)

    def finish(now: float) -> bool:
        """End a tick the long way whose step landed us."""
        sim.frame = sim.present = captured + 1
        return part(now)

    def part(now: float) -> bool:
        endpoint.fresh = 1
        engine._send(now, smooth=True)
        engine._busy = False
        return True

    return Ride(ride, land, glance)
