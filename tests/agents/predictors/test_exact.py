"""Bots that are foreseen: not one wrong guess with k of window and delay, over jitter and loss; and terms that must agree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback import ConfigError, P2PSession, SessionConfig, UsageError
from rollback.agents.predictors import DelayedBot, ExactPredictor, NGram, evaluate_predictor
from rollback.errors import CheckpointError
from rollback.games import Duel, GridWorld, Pong
from rollback.games.bots import RandomBot, act_with, bot_for
from rollback.sim import Link, VirtualMatch
from rollback.types import Local, Mismatch, Remote
from tests.agents.predictors.traces import chance, written
from tests.agents.tables import shortest_ways
from tests.core.games import Sums

ROUGH = Link(60, 60, loss=0.15, duplicate=0.05, reorder=0.05)


class Mixing:
    """A policy of which every action hangs on all of the state."""

    def act(self, observation: Any, memory: Any) -> tuple[int, None]:
        assert memory is None
        return observation * 2654435761 >> 11 & 7, None


class Shown(Sums):
    def observe(self, player: int) -> int:
        return self.value ^ player


def played(exact: ExactPredictor, make: Any, link: Any = ROUGH, frames: int = 700, seed: int = 4, **more: Any) -> Any:
    """Play the bots of `exact` against players that press by chance; the report's rollbacks are one a peer."""
    settings = {"input_delay": 2, "predictor": exact, "extra": exact.extra, **more}
    config = SessionConfig(**settings)
    players = make().players
    drawn = {player: act_with(RandomBot(make(), player, seed)) for player in range(players)}

    def act(game: Any, player: int) -> Any:
        return exact.act(game, player) if player in exact.bots else drawn[player](None, player)

    return VirtualMatch(make, players, config, link, seed, act).run(frames)


GAMES = {
    "pong": (Pong, lambda: bot_for(Pong(), 1, 3)),
    "duel": (Duel, lambda: bot_for(Duel(), 1, 3)),
    "gridworld": (lambda: GridWorld(layout="race"), lambda: shortest_ways("race")),
    "every state another": (Shown, Mixing),
}


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("link", [ROUGH, Link(30, 90), Link(80, 20, loss=0.3)], ids=["rough", "jitter", "loss"])
def test_no_guess_is_ever_wrong(name: str, link: Link) -> None:
    make, source = GAMES[name]
    report = played(ExactPredictor({1: DelayedBot(source(), k=10)}), make, link)
    assert report.passed and report.inputs_varied
    assert report.rollbacks[0] == 0, "the bot was foreseen"
    assert report.rollbacks[1] > 20, "the other was not, over the same network"


def overheard(
    k: int, delay: int, link: Any, window: int = 12, seed: int = 4, frames: int = 200, **more: Any
) -> tuple[Any, int]:
    """Play a bot of player 1; return the report, and how late the others' inputs were at most when it had to act."""
    exact = ExactPredictor({1: DelayedBot(Mixing(), k)})
    config = SessionConfig(input_delay=delay, prediction_window=window, predictor=exact, extra=exact.extra)
    drawn, late = act_with(RandomBot(Shown(), 0, seed)), [0, 0]

    def act(game: Any, player: int) -> Any:
        session = match.peers[player].session
        late[player] = max(late[player], session.frame - 1 - session.known)
        return exact.act(game, 1) if player else drawn(None, 0)

    match = VirtualMatch(Shown, 2, config, link, seed, act, **more)
    return match.run(frames), late[1], late[0]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    links=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 60), st.floats(0, 0.1)), min_size=2, max_size=2),
    window=st.integers(2, 12),
    delay=st.integers(0, 4),
    more=st.integers(0, 10),
    phase=st.floats(0, 0.99),
)
def test_no_guess_is_wrong_with_k_of_at_least_the_delay(
    seed: int, links: list[tuple[int, int, float]], window: int, delay: int, more: int, phase: float
) -> None:
    """The delay: how late the others' inputs are when the bot acts, and its input delay. The way back may be what it is."""
    both = {(0, 1): Link(*links[0]), (1, 0): Link(*links[1])}
    k = max(1, delay + more)
    report, late, _ = overheard(k, delay, both, window, seed, 120, phases=[0, phase])
    assert report.passed
    assert report.rollbacks[0] == 0 or k < late + delay


@pytest.mark.parametrize(
    ("latency", "jitter", "delay", "late"), [(48, 32, 0, 5), (48, 32, 2, 5), (96, 32, 2, 7), (100, 0, 1, 7)]
)
def test_the_delay_is_met_to_the_frame(latency: int, jitter: int, delay: int, late: int) -> None:
    for k, is_exact in ((late + delay, True), (late + delay - 1, False)):
        report, latest, _ = overheard(k, delay, Link(latency, jitter), seed=5, frames=300, tick_ms=16)
        assert latest == late
        assert (report.rollbacks[0] == 0) == is_exact
        assert report.passed and report.rollbacks[1] > 20


def test_the_way_from_the_bot_to_the_other_peer_may_be_as_bad_as_it_is() -> None:
    """What the bot will do is computed from states that stand on nothing but our own inputs, and what it will have done."""
    report, late, behind = overheard(4, 1, {(0, 1): Link(20), (1, 0): Link(20, loss=0.7)}, seed=6, frames=400)
    assert late + 1 <= 4 < behind - 4, "or the states that are needed are all certain"
    assert report.passed and report.rollbacks[0] == 0 < report.rollbacks[1]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    latency=st.integers(0, 120),
    jitter=st.integers(0, 120),
    loss=st.floats(0, 0.3),
    window=st.integers(2, 12),
    delay=st.integers(0, 4),
    more=st.integers(0, 20),
    waits=st.booleans(),
)
def test_no_guess_is_wrong_whatever_the_network_does(
    seed: int, latency: int, jitter: int, loss: float, window: int, delay: int, more: int, waits: bool
) -> None:
    """Either `k` is as long as the bot's peer may be ahead, or that peer waits as soon as it is `k` ahead."""
    exact = ExactPredictor({1: DelayedBot(Mixing(), k=max(1, delay + more if waits else window + delay + more))})
    config = SessionConfig(input_delay=delay, prediction_window=window, predictor=exact, extra=exact.extra)
    theirs = exact.waiting(config) if waits else config
    assert exact.is_certain(theirs) and theirs.prediction_window <= window
    drawn = act_with(RandomBot(Shown(), 0, seed))
    act = lambda game, player: exact.act(game, 1) if player else drawn(None, 0)  # noqa: E731
    report = VirtualMatch(Shown, 2, [config, theirs], Link(latency, jitter, loss), seed, act).run(150)
    assert report.passed and report.rollbacks[0] == 0


def test_a_peer_that_waits_for_its_bot_costs_stalls_and_no_wrong_guess() -> None:
    exact = ExactPredictor({1: DelayedBot(Mixing(), k=4)})
    config = SessionConfig(input_delay=2, predictor=exact, extra=exact.extra)
    drawn = act_with(RandomBot(Shown(), 0, 4))
    act = lambda game, player: exact.act(game, 1) if player else drawn(None, 0)  # noqa: E731
    repeats, waits = [VirtualMatch(Shown, 2, [config, theirs], ROUGH, 4, act).run(500)
                      for theirs in (config, exact.waiting(config))]  # fmt: skip
    assert repeats.passed and repeats.rollbacks[0] > 50
    assert waits.passed and waits.rollbacks[0] == 0 and waits.stalls[1] > repeats.stalls[1] + 10


@pytest.mark.parametrize("k", [1, 4, 8])
@pytest.mark.parametrize(("delay", "jitter"), [(3, 2), (6, 2)])
def test_in_a_recording_of_a_bot_nothing_is_guessed_wrong(k: int, delay: int, jitter: int) -> None:
    game, seen, rows, exact = Shown(), [], [], ExactPredictor({1: DelayedBot(Mixing(), k)})
    game.reset(3)
    for frame, other in enumerate(chance(400, 3)):
        seen.append(game.observe(1))
        rows.append([other, bytes([Mixing().act(seen[frame - k], None)[0] if frame >= k else 0])])
        game.step([row[0] for row in rows[-1]])
    found = evaluate_predictor(written(Shown(), rows, 3), delay, jitter, exact, game=Shown, window=delay + jitter + 1)
    ours, theirs = found.traces
    assert (ours.viewer, ours.rollbacks, ours.stalls) == (0, 0, 0) and ours.repeated > 100
    assert theirs.rollbacks == theirs.repeated > 20, "player 0 is no bot: its last input is repeated"


def test_two_bots_foresee_each_other() -> None:
    exact = ExactPredictor({0: DelayedBot(bot_for(Duel(), 0, 1), 10), 1: DelayedBot(bot_for(Duel(), 1, 2), 12)})
    report = played(exact, Duel)
    assert report.passed and report.inputs_varied and report.lost > 50
    assert report.rollbacks == [0, 0]


def test_a_bot_among_others_is_foreseen_by_all_of_them() -> None:
    """Rollbacks there are, for the others' sake; so it is counted which guesses were wrong."""
    wrong: list[int] = []
    asked: list[int] = []

    class Counting(ExactPredictor):
        def begin(self, past: Any) -> Any:
            made = super().begin(past)
            inner = made.predict
            guessed: dict[int, bytes] = {}

            def predict(player: int, frame: int, last: bytes, history: Any, game: Any) -> bytes:
                for at in [at for at in guessed if history(at) is not None] if player == 2 else []:
                    asked.append(at)
                    if history(at) != guessed.pop(at):
                        wrong.append(at)
                guess = inner(player, frame, last, history, game)
                if player == 2:
                    guessed[frame] = guess
                return guess

            made.predict = predict  # type: ignore[method-assign]
            return made

    exact = Counting({2: DelayedBot(Mixing(), 10)}, NGram())
    report = played(exact, lambda: Shown(3), Link(40, 50, loss=0.1), 400)
    assert report.passed and report.rollbacks[0] > 20 and len(asked) > 300
    assert wrong == []


def test_a_bot_that_is_too_quick_is_guessed_wrong_and_harms_nothing() -> None:
    exact = ExactPredictor({1: DelayedBot(Mixing(), k=3)})
    assert not exact.is_certain(SessionConfig(input_delay=2))
    report = played(exact, Shown)
    assert report.passed and report.rollbacks[0] > 100


def test_a_bot_acts_on_certain_states_only_and_else_on_the_newest_of_them() -> None:
    exact = ExactPredictor({1: DelayedBot(Mixing(), k=4)})
    config = SessionConfig(input_delay=1, predictor=exact, extra=exact.extra)
    drawn = act_with(RandomBot(Shown(), 0, 2))
    act = lambda game, player: exact.act(game, 1) if player else drawn(None, 0)  # noqa: E731
    match = VirtualMatch(Shown, 2, config, ROUGH, 3, act)
    settled = match.peers[0].session.subscribe()
    assert match.run(500).passed
    plain, shown, before, answered, repeated = Shown(), [], 0, 0, 0  # before: in which frame it saw what it did last
    plain.reset(config.seed)
    for done in settled.take():
        shown.append(plain.observe(1))
        could = [at for at in range(done.frame - 4, before - 1, -1) if Mixing().act(shown[at], None)[0] == done.actions[1]]
        if done.frame >= 4:
            assert could, f"frame {done.frame}: it acted on a state that never was"
            answered += could[0] == done.frame - 4
            repeated += could[0] < done.frame - 4
            before = could[-1]
        plain.step(done.actions)
    assert answered > 20 and repeated > 20, "or only one of the two is shown"


@pytest.mark.parametrize(("delay", "link"), [(4, Link(20)), (3, Link(20)), (1, Link(150, 10))], ids=["k", "near", "slow"])
def test_a_bot_whose_states_are_never_certain_in_time_plays_on_all_the_same(delay: int, link: Link) -> None:
    """What it sees is then older than k frames: it reacts later than it is thought to, and is guessed wrong."""
    exact, acts = ExactPredictor({1: DelayedBot(Mixing(), k=4)}), []
    config = SessionConfig(input_delay=1, predictor=exact, extra=exact.extra)
    drawn = act_with(RandomBot(Shown(), 0, 4))

    def act(game: Any, player: int) -> Any:
        if player == 0:
            return drawn(None, 0)
        acts.append(exact.act(game, 1))
        return acts[-1]

    match = VirtualMatch(Shown, 2, config, link, 4, act)
    if delay != 1:
        match.plan([{"frame": 60, "kind": "set_delay", "player": 1, "frames": delay}])
    assert match.run(300).passed and match.peers[1].session.input_delays == {1: delay}
    assert len(set(acts[100:])) > 4


def test_no_input_delay_is_set_that_a_bot_cannot_keep_to() -> None:
    exact = ExactPredictor({1: DelayedBot(Mixing(), k=4)})
    config = SessionConfig(input_delay=1, predictor=exact, extra=exact.extra)
    theirs, other = P2PSession(Shown(), [Remote("a"), Local()], config), P2PSession(Shown(), [Local(), Remote("b")], config)
    with pytest.raises(UsageError, match="k is 4, and the input delay 5: a bot cannot react to a state that is still to come"):
        theirs.set_input_delay(1, 5)
    assert theirs.input_delays == {1: 1}
    with pytest.raises(UsageError, match="must be a whole number of frames from 0 to 60, not '5'"):
        theirs.set_input_delay(1, "5")  # type: ignore[arg-type]
    theirs.set_input_delay(1, 4)
    other.set_input_delay(0, 30)  # who is no bot of ours may have any
    with pytest.raises(UsageError, match=r"player 1 is not local"):
        other.set_input_delay(1, 30)
    assert (theirs.input_delays, other.input_delays) == ({1: 4}, {0: 30})


def test_a_delay_that_changes_by_itself_is_refused_where_it_may_become_more_than_k() -> None:
    for k, is_refused in ((7, True), (8, False)):
        exact = ExactPredictor({1: DelayedBot(Mixing(), k)})
        config = SessionConfig(input_delay="auto", predictor=exact, extra=exact.extra)
        P2PSession(Shown(), [Local(), Remote("b")], config)  # the bot is elsewhere, and so is its delay
        if is_refused:
            with pytest.raises(
                ConfigError, match=r'k is 7, and the input delay "auto" may become 8: .* a k from 8 on, or its peer'
            ):
                P2PSession(Shown(), [Remote("a"), Local()], config)
        else:
            P2PSession(Shown(), [Remote("a"), Local()], config)


def test_another_bot_than_was_thought_is_only_guessed_wrong() -> None:
    thought = ExactPredictor({1: DelayedBot(bot_for(Pong(), 1, 77), 10, name="it")})
    real = ExactPredictor({1: DelayedBot(bot_for(Pong(), 1, 3), 10, name="it")})
    assert thought.extra == real.extra, "who lies about a policy without a checkpoint is believed"
    configs = [SessionConfig(predictor=each, extra=each.extra) for each in (thought, real)]
    drawn = act_with(RandomBot(Pong(), 0, 1))
    act = lambda game, player: real.act(game, 1) if player else drawn(None, 0)  # noqa: E731
    report = VirtualMatch(Pong, 2, configs, ROUGH, 4, act).run(600)
    assert report.passed and report.rollbacks[0] > 20


def test_peers_with_different_checkpoints_do_not_play() -> None:
    one, two = (DelayedBot(shortest_ways("race", step=step), 10) for step in (1, 2))
    assert one.terms != two.terms and "checkpoint " in one.terms and len(one.terms.split()[1].strip(",")) == 64
    sessions = []
    for number, bot in enumerate((one, two)):
        exact = ExactPredictor({1: bot})
        stands = [Local(), Remote("b")] if number == 0 else [Remote("a"), Local()]
        sessions.append(P2PSession(GridWorld(layout="race"), stands, SessionConfig(predictor=exact, extra=exact.extra)))
    events: list[Any] = []
    for tick in range(60):
        for number, session in enumerate(sessions):
            session.tick({0: 0, 1: 0}, now=tick / 60)
            events += session.events()
            for _, datagram in session.outgoing(now=tick / 60):
                sessions[1 - number].receive("ba"[1 - number], datagram)
    found = [event for event in events if isinstance(event, Mismatch)]
    assert found and all("extra" in event.field for event in found)
    assert all(session.reason == "ended" for session in sessions)


def test_the_terms_tell_bots_apart() -> None:
    path = shortest_ways("race")
    bots = [DelayedBot(path, 10), DelayedBot(path, 11), DelayedBot(path, 10, seed=1), DelayedBot(Mixing(), 10),
            DelayedBot(Mixing(), 10, name="mixing 2"), DelayedBot(RandomBot(Pong(), 0, 1), 10)]  # fmt: skip
    assert len({bot.terms for bot in bots}) == len(bots)
    assert DelayedBot(path.to_bytes(), 10).terms == bots[0].terms
    assert repr(bots[1]) == f"DelayedBot({bots[1].terms})"


def test_which_settings_make_it_certain() -> None:
    exact = ExactPredictor({0: DelayedBot(Mixing(), 12), 1: DelayedBot(Mixing(), 10)})
    assert exact.is_certain(SessionConfig(input_delay=2, prediction_window=8))
    assert not exact.is_certain(SessionConfig(input_delay=3, prediction_window=8))
    assert not exact.is_certain(SessionConfig(input_delay=2, prediction_window=9))
    assert not exact.is_certain(SessionConfig(input_delay="auto"))


def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    for k in (0, 121, 2.5, True, None):
        with pytest.raises(ConfigError, match=f"k must be a whole number of frames from 1 to 120, not {k!r}"):
            DelayedBot(Mixing(), k)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="a Checkpoint or a file of one is needed"):
        DelayedBot(object(), 10)  # type: ignore[arg-type]
    for bots in ({}, {1: Mixing()}, {"1": DelayedBot(Mixing(), 10)}):
        with pytest.raises(UsageError, match="a DelayedBot for at least one player"):
            ExactPredictor(bots)  # type: ignore[arg-type]
    exact = ExactPredictor({1: DelayedBot(Mixing(), 10)})
    stands = [Local(), Remote("b")]

    def refused(error: type[Exception], sentence: str, bots: ExactPredictor = exact, game: Any = None, **config: Any) -> None:
        with pytest.raises(error, match=sentence):
            P2PSession(game or Shown(), stands, SessionConfig(predictor=bots, **config))

    refused(ConfigError, "the settings must say 'bot of player 1'")
    refused(ConfigError, "the settings must say 'bot of player 1'", extra={"bot of player 1": "somebody"})
    with pytest.raises(
        ConfigError, match="k is 10, and the input delay 11: a bot cannot react to a state that is still to come"
    ):
        P2PSession(Shown(), stands[::-1], SessionConfig(predictor=exact, extra=exact.extra, input_delay=11))
    for delay in (11, "auto"):
        with pytest.raises(ConfigError, match=f"a number of frames up to the smallest k, 10, not {delay!r}"):
            exact.waiting(SessionConfig(input_delay=delay))  # type: ignore[arg-type]
    refused(ConfigError, 'set save="every"', extra=exact.extra, save="sparse")
    far = ExactPredictor({5: DelayedBot(Mixing(), 10)})
    refused(ConfigError, "a bot for player 5, and the game has the players 0 to 1", far, extra=far.extra)
    table = ExactPredictor({1: DelayedBot(shortest_ways("race"), 10)})
    refused(CheckpointError, "GridWorld|Pong", table, Pong(), extra=table.extra)


def test_only_its_own_peer_plays_a_bot() -> None:
    exact = ExactPredictor({1: DelayedBot(Mixing(), 10)}, NGram())
    game = Shown()
    with pytest.raises(UsageError, match="no session plays this game with this predictor"):
        exact.act(game, 1)
    P2PSession(game, [Local(), Remote("b")], SessionConfig(predictor=exact, extra=exact.extra))
    for player in (0, 1, 7):
        with pytest.raises(UsageError, match=f"player {player} is no bot of this peer"):
            exact.act(game, player)
    assert exact.predict(1, 3, b"\4", lambda frame: None, game) == b"\4", "without a session nothing is foreseen"
    assert exact.predict(0, 3, b"\4", lambda frame: None, game) == b"\4"
    assert repr(exact).startswith("ExactPredictor({1: DelayedBot(policy ")
