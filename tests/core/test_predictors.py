"""Predictors: what they are told, that peers need not agree on them, and what a good one saves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rollback import ConfigError, Default, GameError, RepeatLast, SessionConfig, UInt
from tests.core.games import Sums
from tests.core.network import Link, Match, Peer


class Resting(Sums):
    codecs = (UInt(8), UInt(8))

    def idle(self, player: int) -> int:
        return 200 + player


class Noting:
    """Guesses that the newest input goes on, and keeps all that it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int, bytes, list[bytes | None], Any]] = []

    def predict(self, player: int, frame: int, last_input: bytes, history: Callable[[int], bytes | None], game: Any) -> bytes:
        past = [history(frame - back) for back in range(8)]
        self.told.append((player, frame, last_input, past, game.steps))
        return last_input


def played(*predictors: Any, make: Any = Sums, act: Any = None, link: Link = Link(3), end: int = 150) -> Match:  # noqa: B008
    configs = [SessionConfig(input_delay=0, predictor=each, desync_interval=1) for each in predictors]
    seats = [(number,) for number in range(len(predictors))]
    return Match(make, seats, configs, link, end=end, act=act, hold=0.6).finish().check(end)


def test_a_predictor_is_told_the_truth() -> None:
    noting = Noting()
    match = played(noting, RepeatLast())
    assert len(noting.told) > 100
    rows = [done.inputs[1] for done in match.peers[0].frames]
    for player, frame, last, past, steps in noting.told:
        assert player == 1, "one's own inputs are never guessed"
        assert steps == frame, "the game stands before the frame"
        known = [data for data in past if data is not None]
        assert past[0] is None, "the input that is asked for is not known"
        if known:
            newest = past.index(known[0])
            assert last == known[0]
            for back, data in enumerate(past):
                at = frame - back
                if at < 0:
                    assert data is None
                elif back >= newest:
                    assert data == rows[at], f"history({at}) is not what was played"


def test_peers_need_not_agree_on_their_predictors() -> None:
    match = played(Default(), RepeatLast())
    assert match.rollbacks > 20
    match = played(Noting(), Default(), RepeatLast(), make=lambda: Sums(3), link=Link(3, 2, 0.1))
    assert match.rollbacks > 20


def test_default_guesses_the_idle_action() -> None:
    def rests(peer: Peer, player: int) -> int:
        return 200 + player

    assert played(Default(), Default(), make=Resting, act=rests).rollbacks == 0
    assert played(RepeatLast(), RepeatLast(), make=Resting, act=rests).rollbacks == 0

    def pulses(peer: Peer, player: int) -> int:
        return 200 + player if (peer.captured + 1) % 10 else 5

    default = played(Default(), Default(), make=Resting, act=pulses).rollbacks
    repeat = played(RepeatLast(), RepeatLast(), make=Resting, act=pulses).rollbacks
    assert 0 < default < repeat, "single events are what Default is for"


def test_default_guesses_zeros_where_a_game_has_no_idle_action() -> None:
    assert Default().predict(0, 5, b"\x07\x08", lambda frame: None, object()) == b"\0\0"


def test_a_predictor_that_is_always_right_causes_no_rollback() -> None:
    class Prophet:
        def predict(self, player: int, frame: int, *_: Any) -> bytes:
            return bytes([frame * 7 + player & 255])

    def act(peer: Peer, player: int) -> int:
        return (peer.captured + 1) * 7 + player & 255

    assert played(Prophet(), Prophet(), act=act).rollbacks == 0
    assert played(RepeatLast(), Prophet(), act=act).peers[0].session.stats().rollbacks > 50


@pytest.mark.parametrize("rubbish", [b"", b"ab", None, 3, "x", bytearray(1)])
def test_a_guess_that_is_no_input_is_named(rubbish: Any) -> None:
    class Rubbish:
        def predict(self, *_: Any) -> Any:
            return rubbish

    configs = [SessionConfig(predictor=Rubbish()), SessionConfig()]
    match = Match(Sums, config=configs, link=Link(3))
    with pytest.raises(GameError) as caught:
        match.rounds(200)
    assert str(caught.value) == f"Rubbish.predict returned {rubbish!r} for player 1: 1 bytes are needed"


def test_what_cannot_predict_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match=r"predictor has no method predict\(\): 'repeat'"):
        SessionConfig(predictor="repeat")  # type: ignore[arg-type]


def test_doing_nothing_is_guessed_for_a_game_without_codecs_too() -> None:
    class Idler:
        players = 2

        def idle(self, player: int) -> int:
            return 3 + player

    assert Default().predict(1, 5, b"\0", None, Idler()) == b"\4"
