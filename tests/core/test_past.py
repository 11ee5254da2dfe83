"""What a session shows its predictor: asked once a session, true states, and nothing that may still change called certain."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import ConfigError, P2PSession, SessionConfig
from rollback.core.past import MAX_REACH, Past
from rollback.types import Local, Remote
from tests.core.games import Sums
from tests.core.network import Link, Match


class Looking:
    """Repeats the last input, and looks at all it may."""

    def __init__(self, reach: int = 20, past: Past | None = None) -> None:
        self.reach, self.past = reach, past
        self.made: list[Looking] = []
        self.certain: dict[int, Any] = {}
        self.held: list[int] = []
        self.asked = 0

    def begin(self, past: Past) -> Looking:
        self.made.append(Looking(self.reach, past))
        return self.made[-1]

    def predict(self, player: int, frame: int, last_input: bytes, history: Any, game: Any) -> bytes:
        past = self.past
        assert past is not None, "whoever was begun is asked, and not who began"
        assert past.game is game and past.frame == frame == game.steps
        assert past.before() == past.state(frame) == game.save()
        assert past.certain <= frame and past.state(frame + 1) is None
        self.asked += 1
        self.held.append(sum(past.state(frame - back) is not None for back in range(1, 200)))
        for at in range(max(0, past.certain - 5), past.certain + 1):
            state = past.state(at)
            if state is not None:
                assert self.certain.setdefault(at, state) == state, "what is certain never changes"
        return last_input


@pytest.mark.parametrize("link", [Link(3), Link(3, 3, 0.15)], ids=["quiet", "rough"])
@pytest.mark.parametrize("players", [2, 3])
def test_a_predictor_is_shown_true_states_however_often_is_rolled_back(link: Link, players: int) -> None:
    looking = Looking()
    config = SessionConfig(input_delay=1, predictor=looking, desync_interval=1)
    match = (
        Match(lambda: Sums(players), [(seat,) for seat in range(players)], config, link, end=200, hold=0.6).finish().check(200)
    )
    assert match.rollbacks > 20
    assert len(looking.made) == players and looking.asked == 0, "each session has one of its own"
    plain = Sums(players)
    plain.reset(config.seed)
    truth = [plain.save()]
    for done in match.peers[0].frames:
        plain.step(done.actions)
        truth.append(plain.save())
    for each in looking.made:
        assert each.asked > 100 and len(each.certain) > 100
        assert all(truth[frame] == state for frame, state in each.certain.items())


def test_the_states_of_its_reach_are_held() -> None:
    looking = Looking(reach=40)
    match = Match(Sums, config=SessionConfig(input_delay=0, predictor=looking), link=Link(4, 3), end=250, hold=0.5).finish()
    assert match.rollbacks > 20
    assert min(looking.made[0].held[-100:]) >= 40


def test_without_a_wish_no_more_states_are_held_than_the_window_needs() -> None:
    looking = Looking(reach=0)
    Match(Sums, config=SessionConfig(input_delay=0, predictor=looking), link=Link(4), end=150, hold=0.5).finish()
    assert max(looking.made[0].held) <= 16


def test_a_reach_keeps_every_state_also_where_states_are_large() -> None:
    class Large(Sums):
        def save(self) -> Any:
            return (super().save(), bytes(70_000))

        def load(self, state: Any) -> None:
            super().load(state[0])

    looking = Looking(reach=12)
    config = SessionConfig(input_delay=0, predictor=looking, save="auto")
    Match(Large, config=config, link=Link(3), end=100, hold=0.5).finish()
    assert min(looking.made[0].held[-20:]) >= 12


def test_where_few_states_are_kept_a_reach_is_refused() -> None:
    config = SessionConfig(predictor=Looking(reach=3), save="sparse")
    with pytest.raises(ConfigError, match='save="sparse" keeps few of them: set save="every"'):
        P2PSession(Sums(), [Local(), Remote("b")], config)
    P2PSession(Sums(), [Local(), Remote("b")], SessionConfig(predictor=Looking(reach=0), save="sparse"))


@pytest.mark.parametrize("reach", [-1, MAX_REACH + 1, "far", 1.5, True, None])
def test_a_reach_is_a_number_of_frames(reach: Any) -> None:
    with pytest.raises(ConfigError, match=f"from 0 to {MAX_REACH}, not {reach!r}"):
        P2PSession(Sums(), [Local(), Remote("b")], SessionConfig(predictor=Looking(reach=reach)))


def test_the_delays_follow_what_is_set() -> None:
    looking = Looking()
    session = P2PSession(Sums(), [Local(), Remote("b")], SessionConfig(predictor=looking, input_delay=3))
    past = looking.made[0].past
    assert past is not None and dict(past.delays) == {0: 3}
    session.set_input_delay(0, 7)
    assert dict(past.delays) == {0: 7}
