from __future__ import annotations

import asyncio
import gc
import itertools

import pytest

from rollback.config import SessionConfig
from rollback.core import timesync
from rollback.core.spectator import SpectatorSession
from rollback.errors import ActionError, NetworkError
from rollback.net.memory import MemoryNetwork
from rollback.net.transport import PathChanged
from rollback.netplay import driver
from rollback.netplay.lookout import LINGER, LONGEST
from rollback.replays import Replay
from rollback.state import checksum
from rollback.types import Ended, Mismatch, Paused, PeerInterrupted, PeerLeft, PeerLost, Resumed, Synchronized
from tests.cases import more_at_night
from tests.netplay.peers import Mix, Peer, peers, play_all, press, until
from tests.netplay.quick_time import now, run


@pytest.mark.parametrize("seed", more_at_night(range(10), 4))
def test_a_match_over_a_bad_network_ends_in_one_state_everywhere(seed):
    async def main():
        both = peers(frames=300, seed=seed, latency_ms=45, jitter_ms=30, loss=0.1)
        await play_all(both)
        return both

    ann, bob = run(main())
    for peer in (ann, bob):
        stats = peer.session.stats()
        assert stats.rollbacks > 0 and peer.transport.lost > 0  # the premise
        assert peer.ended == Ended("end_at", 300)
        assert peer.session.frame == 300 and len(peer.settled) == 300
        assert len(set(peer.settled)) > 20
    assert ann.checksum == bob.checksum
    assert ann.settled == bob.settled


@pytest.mark.parametrize("count", [3, 4])
def test_more_than_two_play(count):
    async def main():
        everybody = peers(count, frames=200, seed=count, latency_ms=30, jitter_ms=20, loss=0.05)
        await play_all(everybody)
        return everybody

    everybody = run(main())
    assert {peer.ended for peer in everybody} == {Ended("end_at", 200)}
    assert len({peer.checksum for peer in everybody}) == 1
    assert all(peer.settled == everybody[0].settled for peer in everybody)
    assert sum(peer.session.stats().rollbacks for peer in everybody) > 0


@pytest.mark.parametrize("seed", range(8))
def test_everybody_comes_to_the_end_though_a_third_of_the_last_words_is_lost(seed):
    async def main():
        both = peers(frames=40, seed=seed, latency_ms=20, loss=0.33)
        await play_all(both)
        return both

    ann, bob = run(main())
    assert ann.ended == bob.ended == Ended("end_at", 40)
    assert ann.checksum == bob.checksum


def test_a_game_that_says_over_ends_the_match():
    async def main():
        both = peers(make=lambda players: Mix(players, over_at=77), latency_ms=40)
        await play_all(both)
        return both

    ann, bob = run(main())
    assert ann.ended == bob.ended == Ended("over", 77)
    assert ann.checksum == bob.checksum


def test_the_action_of_frame_0_is_asked_once_of_a_game_that_was_reset():
    async def main():
        seen = []

        def act(game, player):
            seen.append((player, game.value, game.steps))
            return 40 + player if game.steps == 0 else 1

        both = peers(config=SessionConfig(seed=99, input_delay=0), frames=20, latency_ms=30)
        await play_all(both, act=act)
        return both, seen

    both, seen = run(main())
    assert both[0].settled[0] == (b"\x28", b"\x29")
    first = [(player, value) for player, value, steps in seen if steps == 0]
    assert first[:2] == [(0, 99), (1, 99)]
    assert sum(player == 0 and steps == 0 for player, _, steps in seen) < 4  # not at every tick of the handshake


def test_in_lockstep_an_action_is_asked_once_a_frame():
    async def main():
        asked = []

        def act(game, player):
            asked.append((player, game.steps))
            return len(asked) % 256

        config = SessionConfig(prediction_window=0, input_delay=0)
        both = peers(config=config, frames=30, latency_ms=50)
        await play_all(both, act=act)
        return both, asked

    both, asked = run(main())
    assert len(asked) == len(set(asked))
    assert {(player, frame) for player in (0, 1) for frame in range(30)} <= set(asked)
    assert both[0].session.stats().stalls > 10  # the premise: most ticks had to wait
    assert both[0].session.stats().rollbacks == 0
    assert both[0].settled == both[1].settled


def test_frames_come_at_their_rate():
    async def main():
        both = peers(frames=300, latency_ms=20)
        await play_all(both, fps=60)
        return both

    for peer in run(main()):
        times = [at for at, _, reason, _ in peer.ticks if reason == "running"]
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert sum(gaps) / len(gaps) == pytest.approx(1 / 60, rel=0.01)
        assert max(gaps) < 1.04 / 60 and min(gaps) > 0.98 / 60


def fast_clock_match(seconds):
    async def main():
        both = peers(config=SessionConfig(input_delay=0), frames=60 * seconds, latency_ms=10)
        async with asyncio.TaskGroup() as group:
            group.create_task(both[0].play(clock=lambda: now() * 1.02))
            group.create_task(both[1].play())
        return both

    return run(main())


def test_a_peer_whose_clock_is_fast_is_slowed_down_before_it_stalls(monkeypatch):
    fast, slow = fast_clock_match(20)
    assert fast.session.stats().stalls == slow.session.stats().stalls == 0
    assert max(ahead for *_, ahead in fast.ticks) < 4
    monkeypatch.setattr(timesync, "stretch", lambda frames_ahead: 1.0)
    unpaced, _ = fast_clock_match(20)
    assert unpaced.session.stats().stalls > 5  # without pacing it runs into its window


def test_events_and_paths_are_told_in_the_frame_loop():
    async def main():
        both = peers(frames=30)
        await play_all(both)
        return both

    ann, bob = run(main())
    assert [type(event) for event in ann.events[:2]] == [PathChanged, Synchronized]
    assert ann.happened(PathChanged)[0].path == "memory"
    assert [event.peer for event in bob.happened(Synchronized)] == ["ann"]


def test_settled_frames_that_nobody_takes_do_not_pile_up():
    async def main():
        both = peers(frames=50)
        await play_all(both, on_frame=None)
        return both

    for peer in run(main()):
        assert peer.session.settled == 49
        assert list(peer.session.confirmed_frames()) == []


def test_a_slow_game_keeps_its_lines_alive_between_frames():
    async def main():
        both = peers(config=SessionConfig(fps=1), frames=6)
        sent = []
        send = both[0].transport.send
        both[0].transport.send = lambda peer, datagram: sent.append(now()) or send(peer, datagram)
        await play_all(both, fps=1)
        return both[0], sent

    ann, sent = run(main())
    ticks = {round(at, 2) for at, *_ in ann.ticks}
    between = [at for at in sent if round(at, 2) not in ticks]
    assert len(between) > 10


@pytest.mark.parametrize("bad", [{}, {"latency_ms": 80, "jitter_ms": 30, "loss": 0.3}], ids=["good", "bad"])
def test_who_is_cancelled_leaves_and_the_others_know_at_once(tmp_path, bad):
    async def main():
        ann, bob = both = peers(seed=3, **bad)
        for peer in both:
            peer.recorder = driver.Recorder(peer.session, tmp_path / f"{peer.name}.rbr")
        tasks = [asyncio.create_task(peer.play()) for peer in both]
        await until(lambda: bob.session.frame > 150)
        tasks[0].cancel()
        cancelled_at = now()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        return ann, bob, cancelled_at, results

    ann, bob, cancelled_at, results = run(main())
    assert isinstance(results[0], asyncio.CancelledError) and results[1] is None
    assert ann.ended.reason == "left"
    assert bob.happened(PeerLeft)[0].reason == "left" and not bob.happened(PeerLost)
    assert bob.ended.reason == "ann left"
    assert bob.when(PeerLeft) - cancelled_at < (0.4 if bad else 0.05)
    assert ann.returned_at - cancelled_at < 1.2
    for name in ("ann", "bob"):
        replay = Replay.open(tmp_path / f"{name}.rbr")
        assert replay.complete and replay.frames > 100
        assert replay.verify(Mix()).ok


def test_a_stop_leaves_too_and_returns():
    async def main():
        ann, bob = both = peers()
        playing = asyncio.create_task(play_all(both))
        await until(lambda: bob.session.frame > 50)
        ann.stop.set()
        stopped_at = now()
        await playing
        return ann, bob, stopped_at

    ann, bob, stopped_at = run(main())
    assert ann.ended.reason == "left"
    assert bob.happened(PeerLeft)[0].reason == "left"
    assert bob.when(PeerLeft) - stopped_at < 0.05
    assert bob.returned_at - stopped_at < 1.0


def test_a_second_cancellation_still_closes_the_transport():
    async def main():
        ann, bob = both = peers(latency_ms=100)
        tasks = [asyncio.create_task(peer.play()) for peer in both]
        await until(lambda: bob.session.frame > 20)
        tasks[0].cancel()
        await asyncio.sleep(0.05)
        tasks[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        await tasks[1]
        return ann, bob

    ann, bob = run(main())
    assert not ann.transport.send("bob", b"closed")
    assert bob.happened(PeerLeft)


class Broken(Exception):
    pass


def broken_act(game, player):
    if game.steps == 60 and player == 0:
        raise Broken("no such key")
    return 0


def broken_callback(*_):
    raise Broken("the window is gone")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"act": broken_act}, "Broken: no such key"),
        ({"act": lambda game, player: 0 if game.steps < 60 else 999}, "ActionError"),
        ({"on_frame": broken_callback}, "Broken: the window is gone"),
        ({"on_event": broken_callback}, "Broken: the window is gone"),
    ],
    ids=["act", "action", "on_frame", "on_event"],
)
def test_what_the_callers_functions_raise_comes_out_and_the_others_are_told(tmp_path, options, says):
    async def main():
        ann, bob = peers(config=SessionConfig(on_disconnect="end"))
        ann.recorder = driver.Recorder(ann.session, tmp_path / "ann.rbr")
        tasks = [asyncio.create_task(ann.play(**options)), asyncio.create_task(bob.play(start_within=3.0))]
        return ann, bob, await asyncio.gather(*tasks, return_exceptions=True)

    _, bob, (error, _) = run(main())
    assert isinstance(error, Broken | ActionError)
    if "on_frame" not in options and "on_event" not in options:
        assert says in bob.happened(PeerLeft)[0].reason
        assert Replay.open(tmp_path / "ann.rbr").complete
    assert gc.isenabled()


class Cable:
    """A memory transport whose cable can be pulled."""

    def __init__(self, inner):
        self.inner = inner
        self.pulled = False
        self.distrusted = []

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def __setattr__(self, name, value):
        if name.startswith("on_"):
            setattr(self.inner, name, value)
        else:
            super().__setattr__(name, value)

    def send(self, peer, datagram):
        return False if self.pulled else self.inner.send(peer, datagram)

    def send_blob(self, peer, blob):
        if not self.pulled:
            self.inner.send_blob(peer, blob)

    def distrust(self, peer, reason):
        self.distrusted.append((now(), peer, reason))


def test_who_is_silent_is_doubted_then_lost_and_the_replay_is_whole(tmp_path):
    async def main():
        config = SessionConfig(on_disconnect="end", disconnect_after=2.5)
        ann, bob = both = peers(config=config)
        for peer in both:
            peer.transport = Cable(peer.transport)
        ann.recorder = driver.Recorder(ann.session, tmp_path / "ann.rbr")
        playing = asyncio.create_task(play_all(both))
        await until(lambda: ann.session.frame > 100)
        bob.transport.pulled = ann.transport.pulled = True
        pulled_at = now()
        await playing
        return ann, pulled_at

    ann, pulled_at = run(main())
    told = [type(event) for event in ann.events]
    assert [kind for kind in told if kind in (PeerInterrupted, PeerLost, Ended)] == [PeerInterrupted, PeerLost, Ended]
    assert "bob was lost" in ann.ended.reason
    assert ann.when(PeerLost) - pulled_at == pytest.approx(2.6, abs=0.25)
    assert ann.returned_at - pulled_at < 3.5
    ((doubted_at, peer, _),) = ann.transport.distrusted
    assert peer == "bob" and doubted_at - pulled_at == pytest.approx(1.1, abs=0.25)
    replay = Replay.open(tmp_path / "ann.rbr")
    assert replay.complete and replay.verify(Mix()).ok
    assert replay.events[0].kind == "peer lost"


def test_a_short_silence_ends_by_itself():
    async def main():
        ann, bob = both = peers(frames=200)
        for peer in both:
            peer.transport = Cable(peer.transport)
        playing = asyncio.create_task(play_all(both))
        await until(lambda: ann.session.frame > 60)
        bob.transport.pulled = ann.transport.pulled = True
        await asyncio.sleep(0.9)
        bob.transport.pulled = ann.transport.pulled = False
        await playing
        return both

    ann, bob = run(main())
    assert ann.happened(PeerInterrupted) and not ann.happened(PeerLost)
    assert ann.transport.distrusted == []
    assert ann.ended == bob.ended == Ended("end_at", 200)
    assert ann.checksum == bob.checksum


def test_who_does_not_begin_is_named():
    async def main():
        ann, bob = peers()
        await bob.transport.start()
        before = now()
        with pytest.raises(NetworkError) as caught:
            await ann.play(start_within=2.0)
        assert 2.0 < now() - before < 3.0
        assert not ann.transport.send("bob", b"closed")
        return str(caught.value)

    assert run(main()) == ("bob can be reached but did not begin the match within 2 s: is the game running there?")


class Unreachable:
    """A transport that never opens, or fails to."""

    peers = ("bob",)

    def __init__(self, error=None):
        self.error = error
        self.closed = []

    async def start(self):
        if self.error:
            raise self.error
        await asyncio.Event().wait()

    def send(self, peer, datagram):
        raise AssertionError("nothing can be sent before the start")

    send_blob = send

    async def close(self, reason=""):
        self.closed.append(reason)


def test_a_transport_that_cannot_start_says_so_at_once():
    async def main():
        ann, _ = peers()
        ann.transport = Unreachable(NetworkError("no way to bob"))
        before = now()
        with pytest.raises(NetworkError, match="no way to bob"):
            await ann.play()
        assert now() - before < 0.01
        return ann

    assert run(main()).transport.closed


@pytest.mark.parametrize("way", ["stop", "cancel"])
def test_waiting_for_the_transport_can_be_given_up(way):
    async def main():
        ann, _ = peers()
        ann.transport = Unreachable()
        playing = asyncio.create_task(ann.play())
        await asyncio.sleep(1.0)
        if way == "stop":
            ann.stop.set()
        else:
            playing.cancel()
        results = await asyncio.gather(playing, return_exceptions=True)
        return ann, results[0]

    ann, result = run(main())
    assert (result is None) == (way == "stop")
    assert ann.ended == Ended("left", 0) and ann.transport.closed == ["left"]


def test_a_mismatch_ends_both_sides_by_name():
    async def main():
        network = MemoryNetwork(["ann", "bob"])
        both = [
            Peer(["ann", "bob"], me, SessionConfig(game_version=version), Mix(), nonce=me + 1)
            for me, version in enumerate(["1.0", "1.1"])
        ]
        for peer in both:
            peer.transport = network.transport(peer.name)
        await play_all(both, start_within=5.0)
        return both

    ann, bob = run(main())
    (ours,) = ann.happened(Mismatch)
    (theirs,) = bob.happened(Mismatch)
    assert (ours.field, ours.ours, ours.theirs) == ("game_version", "1.0", "1.1")
    assert (theirs.ours, theirs.theirs) == ("1.1", "1.0")
    assert "game_version" in ann.ended.reason and "game_version" in bob.ended.reason


def test_who_is_left_alone_short_of_the_end_does_not_wait_for_ever():
    async def main():
        ann, bob = peers()
        ann.session.end_at(500)
        bob.session.end_at(50)  # and ann means to go on: no input of bob will come any more
        async with asyncio.TaskGroup() as group:
            group.create_task(ann.play())
            group.create_task(bob.play())
        return ann

    ann = run(main())
    assert ann.ended.reason == "bob left"
    assert 49 <= ann.session.frame < 70
    assert ann.returned_at - ann.when(PeerLeft) < 2.5


class Fragile(Mix):
    """Fails for good at a frame, on this peer only."""

    fails_at = -1

    def step(self, actions):
        if self.steps == self.fails_at:
            raise Broken("the ball is gone")
        super().step(actions)


def test_when_a_game_fails_the_others_learn_why():
    async def main():
        ann, bob = both = peers(make=Fragile, latency_ms=40, loss=0.2)
        ann.game.fails_at = 60
        await play_all(both)
        return ann, bob

    ann, bob = run(main())
    assert "step raised at frame 60" in ann.ended.reason and "the ball is gone" in ann.ended.reason
    assert "Broken: the ball is gone" in bob.ended.reason and not bob.happened(PeerLost)


def test_an_ended_session_keeps_answering_until_it_is_finished_or_all_is_silent(monkeypatch):
    async def main():
        ann, bob = both = peers(frames=60)
        await play_all(both)
        return ann, bob

    for peer in run(main()):
        assert peer.returned_at - peer.when(Ended) < 0.5
    monkeypatch.setattr(driver.P2PSession, "finished", property(lambda session: session.frame < 0))
    for peer in run(main()):
        assert LINGER < peer.returned_at - peer.when(Ended) < LONGEST + 0.5
        assert sum(reason == "ended" for *_, reason, _ in peer.ticks) > 50


def test_matches_in_one_process_do_not_disturb_each_other():
    async def main():
        matches = [peers(frames=120, seed=seed, latency_ms=30, loss=0.05) for seed in range(3)]
        async with asyncio.TaskGroup() as group:
            for number, match in enumerate(matches):
                group.create_task(play_all(match, fps=(60, 50, 30)[number]))
        return matches

    assert gc.isenabled()
    frozen = gc.get_freeze_count()
    for ann, bob in run(main()):
        assert ann.ended == bob.ended == Ended("end_at", 120)
        assert ann.checksum == bob.checksum
    assert gc.isenabled() and gc.get_freeze_count() == frozen


def test_the_game_may_not_look_at_a_state_that_nobody_reset():
    async def main():
        values = []

        def act(game, player):
            values.append(game.value)
            return press(game, player)

        await play_all(peers(config=SessionConfig(seed=7), frames=10), act=act)
        return values

    values = run(main())
    assert values[0] == 7 and -1 not in values


def frames_at_pace(peer, since):
    """Return the gaps between the frames simulated after an instant."""
    times = [at for at, _, reason, _ in peer.ticks if reason == "running" and at >= since]
    return [after - before for before, after in itertools.pairwise(times)]


class Pausing:
    """Pauses the session when it comes by at a frame, and resumes it some seconds later; called from anywhere."""

    def __init__(self, peer, at, seconds):
        self.peer, self.at, self.seconds = peer, at, seconds
        self.paused_at = self.resumed_at = None

    def __call__(self, *_):
        session = self.peer.session
        if self.paused_at is None and session.frame >= self.at:
            self.paused_at = now()
            session.pause("a call", now=now())
        elif self.resumed_at is None and self.paused_at is not None and now() - self.paused_at >= self.seconds:
            self.resumed_at = now()
            session.resume(now=now())


@pytest.mark.parametrize("place", ["on_frame", "on_event", "act"])
def test_a_match_is_paused_from_any_callback_and_goes_on_at_pace(tmp_path, place):
    async def main():
        ann, bob = peers(frames=300, latency_ms=30, jitter_ms=10, loss=0.05)
        ann.recorder = driver.Recorder(ann.session, tmp_path / "ann.rbr")
        pausing = Pausing(ann, 0 if place == "on_event" else 120, 4.0)

        def on_frame(session, tick):
            ann._on_frame(session, tick)
            if place == "on_frame" or pausing.paused_at is not None:
                pausing()

        def on_event(event):
            ann._on_event(event)
            if place == "on_event":
                pausing()

        def act(game, player):
            if place == "act":
                pausing()
            return press(game, player)

        async with asyncio.TaskGroup() as group:
            group.create_task(ann.play(on_frame=on_frame, on_event=on_event, act=act))
            group.create_task(bob.play())
        return ann, bob, pausing

    ann, bob, pausing = run(main())
    assert ann.ended == bob.ended == Ended("end_at", 300) and ann.checksum == bob.checksum
    assert ann.happened(Paused) == [Paused("", "a call")] and ann.happened(Resumed) == [Resumed("")]
    assert bob.happened(Paused) == [Paused("ann", "a call")] and bob.happened(Resumed) == [Resumed("ann")]
    assert bob.when(Resumed) - pausing.resumed_at < 0.4
    for peer in (ann, bob):
        paused = [at for at, _, reason, _ in peer.ticks if reason == "paused"]
        assert paused[-1] - paused[0] > 3.0
        assert not peer.happened(PeerInterrupted) and not peer.happened(PeerLost)
        gaps = frames_at_pace(peer, paused[-1])
        assert len(gaps) > 100 and min(gaps) > 0.98 / 60, "no burst after a pause"
    assert Replay.open(tmp_path / "ann.rbr").verify(Mix()).ok


def stand_still(seconds):
    """Stop the whole event loop as a debugger does: no turn of it, no timer and no datagram for so long."""
    asyncio.get_running_loop().selector.now += seconds


@pytest.mark.parametrize("seconds", [1.0, 3.0, 10.0])
def test_an_event_loop_that_stood_still_goes_on_and_makes_up_for_nothing(seconds):
    async def main():
        both = peers(frames=300, latency_ms=20, loss=0.02)
        stood = []

        def on_frame(session, tick):
            both[0]._on_frame(session, tick)
            if tick.frame == 100 and not stood:
                stand_still(seconds)
                stood.append(now())

        async with asyncio.TaskGroup() as group:
            group.create_task(both[0].play(on_frame=on_frame))
            group.create_task(both[1].play())
        return both, stood[0]

    both, woke_at = run(main())
    ann, bob = both
    assert ann.ended == bob.ended == Ended("end_at", 300) and ann.checksum == bob.checksum
    for peer in both:
        assert not peer.happened(PeerLost) and not peer.happened(PeerInterrupted)  # all stood still: nobody is to blame
        gaps = frames_at_pace(peer, woke_at)
        assert sum(gaps) / len(gaps) > 0.97 / 60 and sum(gap < 0.5 / 60 for gap in gaps) <= 3


def test_what_strangers_send_is_dropped_and_who_watches_is_sent_the_rest_before_the_end():
    async def main():
        ann, bob = peers(frames=120, config=SessionConfig(seed=5, desync_interval=15))
        network = MemoryNetwork(["ann", "bob", "eve", "dan"])
        ann.transport, bob.transport = network.transport("ann"), network.transport("bob")
        eve, dan = network.transport("eve"), network.transport("dan")
        session = SpectatorSession(Mix(), "ann")
        eve.on_blob = session.receive_reliable
        for end in (eve, dan):
            await end.start()
        playing = asyncio.ensure_future(play_all([ann, bob]))

        async def disturb():
            while not playing.done():
                dan.send("ann", b"\x07 who is that?")
                dan.send_blob("ann", b"\x00\x18 nobody knows")
                await asyncio.sleep(0.05)

        async def look():
            await until(lambda: ann.session.frame > 60)
            ann.session.admit("eve")
            while not session.finished:
                session.tick(now=now())
                for host, blob in session.outgoing_reliable():
                    eve.send_blob(host, blob)
                await asyncio.sleep(1 / 60)

        async with asyncio.timeout(60):
            await asyncio.gather(playing, disturb(), look())
        assert ann.ended == bob.ended == Ended("end_at", 120) and session.frame == 120
        assert checksum(session.game.save()) == ann.checksum == bob.checksum
        for end in (eve, dan):
            await end.close()

    run(main())
