"""A policy as a guess: the very one that plays is foreseen, another one is found out, and a bad one harms nobody."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import ConfigError, SessionConfig, UsageError
from rollback.agents.predictors import PolicyPredictor, evaluate_predictor, gate
from rollback.errors import CheckpointError
from rollback.games import Duel, GridWorld, Pong
from rollback.games.bots import act_with, bot_for
from rollback.sim import Link, VirtualMatch
from tests.agents.predictors.traces import chance, of_sums, recorded, written
from tests.agents.tables import shortest_ways
from tests.core.games import Sums


@pytest.mark.parametrize("make", [Pong, Duel])
def test_the_very_policy_that_plays_is_foreseen_with_its_memory(make: Any) -> None:
    replay = recorded(make, 900, seed=4)
    alone = evaluate_predictor(replay, 3, 2, PolicyPredictor(bot_for(make(), 1, 4), 1, delay=0, gated=False))
    assert alone.traces[0].rollbacks == 0 < 60 < alone.traces[0].repeated
    gated = evaluate_predictor(replay, 3, 2, PolicyPredictor(bot_for(make(), 1, 4), 1, delay=0))
    assert gated.traces[0].rollbacks < 0.8 * gated.traces[0].repeated
    assert gated.traces[1].rollbacks == gated.traces[1].repeated, "nobody said who player 0 is: its last input is repeated"


class Watched(Sums):
    """Counts how often it is put into another state."""

    loads = 0

    def observe(self, player: int) -> int:
        return self.value ^ player

    def load(self, state: Any) -> None:
        Watched.loads += 1
        super().load(state)


class Late:
    """What it does hangs on all of the state; with a memory, on all states before as well."""

    def __init__(self, *, remembers: bool) -> None:
        self.remembers, self.asked = remembers, 0

    def act(self, observation: int, memory: Any) -> tuple[int, Any]:
        self.asked += 1
        word = (observation * 2654435761 >> 11) + (memory or 0) * 31
        return word & 7, word & 0xFFFF if self.remembers else None


def lived_by_late(delay: int, *, remembers: bool, frames: int = 500, odd: int = 0) -> Any:
    """Return a recording in which player 1 does what such a policy would, but for every so many frames."""
    game, policy, rows, seen, memory = Watched(), Late(remembers=remembers), [], [], None
    game.reset(6)
    for frame, other in enumerate(chance(frames, 6)):
        seen.append(game.observe(1))
        action = 0
        if frame >= delay:
            action, memory = policy.act(seen[frame - delay], memory)
        rows.append([other, bytes([action ^ 5 if odd and frame % odd == 1 else action])])
        game.step([row[0] for row in rows[-1]])
    return written(Watched(), rows, 6)


@pytest.mark.parametrize("remembers", [False, True])
@pytest.mark.parametrize("delay", [0, 1, 2, 6])
@pytest.mark.parametrize(("late", "jitter"), [(2, 0), (4, 4)])
def test_it_is_shown_the_states_that_the_other_acts_on(delay: int, late: int, jitter: int, remembers: bool) -> None:
    """Also where inputs come several at a time, so that frames are replayed which nobody asks about."""
    guess = PolicyPredictor(Late(remembers=remembers), 1, delay=delay, gated=False)
    found = evaluate_predictor(lived_by_late(delay, remembers=remembers), late, jitter, guess, game=Watched).traces[0]
    assert found.rollbacks == 0 and found.repeated > 100
    seldom = lived_by_late(delay, remembers=remembers, odd=20)
    found = evaluate_predictor(seldom, late, jitter, guess, game=Watched).traces[0]
    assert 0 < found.rollbacks <= 500 / 20, "one for each surprise, and after it all is foreseen again"


@pytest.mark.parametrize("remembers", [False, True])
def test_a_policy_is_asked_once_in_a_state_and_the_game_stays_where_it_is(remembers: bool) -> None:
    policy, replay = Late(remembers=remembers), lived_by_late(2, remembers=remembers)
    Watched.loads = 0
    lived = evaluate_predictor(replay, 4, 0, PolicyPredictor(policy, 1, delay=2, gated=False), game=Watched)
    assert lived.traces[0].rollbacks == 0 and 490 <= policy.asked <= 510
    assert Watched.loads <= 2 * lived.traces[1].repeated + lived.traces[0].repeated + 10, "rollbacks, and hardly more"


def test_a_guess_that_was_not_believed_is_not_thought_of_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is rolled back then, so the frames after it are asked about once more in the states of before."""
    monkeypatch.setattr(gate, "HOPELESS", -1000)
    monkeypatch.setattr(gate, "ENOUGH", 1000)
    policy = Late(remembers=True)
    predictor = PolicyPredictor(policy, 1, delay=1)
    held = of_sums(chance(300, 6), [b"\1"] * 300)
    assert evaluate_predictor(held, 4, 0, predictor, game=Watched).traces[0].rollbacks == 1
    assert 290 <= policy.asked <= 310


def test_observations_and_actions_of_any_kind_may_be_used() -> None:
    class Lists(Sums):
        def observe(self, player: int) -> list[int]:
            return [self.steps]

    class Odd:
        """Returns actions of which nothing can be looked up, and equal ones of several types."""

        def act(self, observation: list[int], memory: Any) -> tuple[Any, None]:
            pressed = observation[0] // 3 % 2
            return (bool(pressed), Whole(pressed), pressed)[observation[0] % 3], None

    class Whole(int):
        __hash__ = None  # type: ignore[assignment]

    columns = [chance(300, 1), [bytes([frame // 3 % 2]) for frame in range(300)]]
    guess = PolicyPredictor(Odd(), 1, delay=0, gated=False)
    trace = evaluate_predictor(of_sums(*columns), 4, 2, guess, game=Lists).traces[0]
    assert trace.rollbacks == 0 < trace.repeated


def test_another_player_than_was_thought_is_found_out() -> None:
    replay = recorded(Pong, 900, seed=4)
    alone = evaluate_predictor(replay, 3, 2, PolicyPredictor(bot_for(Pong(), 0, 99), delay=0, gated=False))
    assert alone.worst > 1.2, "or there is nothing to find out"
    assert evaluate_predictor(replay, 3, 2, PolicyPredictor(bot_for(Pong(), 0, 99), delay=0)).worst <= 1.02


def act_of_race() -> Any:
    bots = [act_with(bot_for(GridWorld(layout="race"), player, 3)) for player in range(2)]
    return lambda game, player: bots[player](game, player)


@pytest.mark.parametrize("gated", [True, False])
def test_a_checkpoint_guesses_in_a_session_and_parity_is_kept(gated: bool) -> None:
    predictor = PolicyPredictor(shortest_ways("race"), delay=1, gated=gated)
    config = SessionConfig(input_delay=1, predictor=predictor)
    make = lambda: GridWorld(layout="race")  # noqa: E731
    report = VirtualMatch(make, 2, config, Link(50, 30, loss=0.05), 5, act_of_race()).run(600)
    assert report.passed and report.lost > 0 and sum(report.rollbacks) > 10


class Mood:
    """Raises, or answers what is no action, from some call on."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.calls = answer, 0

    def act(self, observation: Any, memory: Any) -> Any:
        self.calls += 1
        if self.calls < 40:
            return 1, None
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("answer", [ValueError("no"), None, (300, None), ("left", None), (1,), RecursionError()])
@pytest.mark.parametrize("gated", [True, False])
def test_a_policy_that_fails_harms_nothing(answer: Any, gated: bool) -> None:
    mood = Mood(answer)
    config = SessionConfig(input_delay=0, predictor=PolicyPredictor(mood, delay=0, gated=gated))
    report = VirtualMatch(Sums, 2, config, Link(50, 30, loss=0.05), 5).run(300)
    assert report.passed and mood.calls >= 40 and sum(report.rollbacks) > 20


def test_a_policy_that_guesses_wildly_costs_at_most_one_in_fifty() -> None:
    class Wild:
        def act(self, observation: Any, memory: Any) -> tuple[int, int]:
            return ((memory or 0) * 5 + 3) % 8, (memory or 0) + 1

    columns = chance(1500, 1), chance(1500, 2)
    found = evaluate_predictor(of_sums(*columns), 4, 2, PolicyPredictor(Wild(), delay=0), game=Sums)
    assert found.worst <= 1.02
    alone = evaluate_predictor(of_sums(*columns), 4, 2, PolicyPredictor(Wild(), delay=0, gated=False), game=Sums)
    assert alone.worst > 2


def test_without_a_session_the_game_as_it_stands_is_looked_at() -> None:
    class Sees:
        def act(self, observation: Any, memory: Any) -> tuple[int, None]:
            return observation, None

    class Shows(Sums):
        def observe(self, player: int) -> int:
            return self.steps + player

    game = Shows()
    game.steps = 41
    predictor = PolicyPredictor(Sees(), gated=False)
    assert predictor.predict(1, 0, b"\0", lambda frame: None, game) == b"\x2a"
    assert list(predictor.gates()) == [1]


def test_what_cannot_guess_is_refused_with_a_sentence(tmp_path: Any) -> None:
    with pytest.raises(UsageError, match=r"a policy \(something with act\), a Checkpoint or a file of one is needed, not 3"):
        PolicyPredictor(3)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="delay must be a whole number of frames from 0 to 60, not 61"):
        PolicyPredictor(Mood(None), delay=61)
    with pytest.raises(CheckpointError):
        PolicyPredictor(tmp_path / "none.npz")
    predictor = PolicyPredictor(shortest_ways("race"), 1)
    with pytest.raises(CheckpointError):
        VirtualMatch(Pong, 2, SessionConfig(predictor=predictor))
    assert repr(predictor) == "PolicyPredictor(Checkpoint, delay=2)"
