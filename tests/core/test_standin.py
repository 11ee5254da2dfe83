"""A policy plays for who was lost: its inputs are ordinary ones, the same everywhere, and somebody always makes them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from rollback import Cut, TakeOver, TookOver
from rollback.types import Ended
from tests.core.losses import Group, group, longest_stand, reason, reasons
from tests.core.network import Link


class Counter:
    """Counts its own calls in its memory: it tells apart whether it was asked once a frame, and remembered."""

    def act(self, observation: Any, memory: Any) -> tuple[int, int]:
        memory = (memory or 0) + 1
        return memory % 250, memory


def plain(game: Any, player: int) -> int:
    return (game.steps * 7 + player) % 200


def test_the_lowest_who_remains_plays_for_who_is_gone() -> None:
    match = group(3, Link(3, 2, 0.05), 3, end=300, input_delay=2, on_disconnect=TakeOver(Counter()))
    match.kill(0)
    match.to_the_end().agree(policy=True)
    assert reasons(match)[1:] == ["end_at", "end_at"]
    second, third = match.living
    assert second.happened(Cut) == third.happened(Cut)
    assert second.happened(TookOver) == [TookOver(0, "")] and third.happened(TookOver) == [TookOver(0, "p1")]
    (cut,) = second.happened(Cut)
    played = [done.inputs[0][0] for done in second.frames[cut.frame + 1 :]]
    idle = second.idle[0][0]
    begins = next(place for place, value in enumerate(played) if value != idle)
    assert 0 <= begins <= 8 + 2 + 1, "idle fills the gap up to the present, and no further"
    assert played[begins:] == [count % 250 for count in range(1, len(played) - begins + 1)], "asked once for each frame"


@pytest.mark.parametrize("seed", range(4))
def test_when_the_player_of_a_slot_is_lost_too_the_next_lowest_takes_over(seed: int) -> None:
    match = group(4, Link(3, 2, 0.1), seed, end=420, input_delay=1, on_disconnect=TakeOver(Counter()))
    match.kill(3)
    match.until(lambda: match.peers[0].session._stand_in.slots.keys() == {3}, 200)
    match.rounds(15 + seed)
    match.kill(0)
    match.to_the_end().agree(policy=True)
    assert match.living[0].happened(Cut) == match.living[1].happened(Cut)
    assert [reason(peer) for peer in match.living] == ["end_at", "end_at"]
    for peer, by in zip(match.living, ("", "p1"), strict=True):
        took = [(event.player, event.by) for event in peer.happened(TookOver)]
        assert took == [(3, "p0"), (0, by), (3, by)]
    again = [done.inputs[3][0] for done in match.peers[1].frames][-100:]
    assert all(b == a % 249 + 1 or (a, b) == (249, 0) for a, b in pairwise(again)), "it goes on counting"


def test_a_policy_that_is_a_function_of_game_and_player_will_do() -> None:
    match = group(3, Link(2), end=260, on_disconnect=TakeOver(plain))
    match.kill(1)
    match.to_the_end().agree(policy=True)
    frames = match.peers[0].frames
    assert len({done.inputs[1] for done in frames[-60:]}) > 20, "it plays"


def test_a_policy_that_observes_is_given_what_its_player_sees() -> None:
    seen: list[Any] = []

    class Watcher:
        def act(self, observation: Any, memory: Any) -> tuple[int, None]:
            seen.append(observation)
            return 3, None

    match = group(3, Link(1), end=200, on_disconnect=TakeOver(Watcher()))
    for peer in match.peers:
        peer.game.observe = lambda player, game=peer.game: (player, game.steps)
    match.kill(2)
    match.to_the_end().agree(policy=True)
    assert {player for player, _ in seen} == {2}
    steps = [step for _, step in seen]
    assert steps == list(range(steps[0], steps[0] + len(steps))), "at each frame once, in order"


@pytest.mark.parametrize("settings", [{"prediction_window": 0}, {"save": "sparse"}, {"input_delay": 5}], ids=str)
def test_a_policy_plays_under_any_settings(settings: dict[str, Any]) -> None:
    match = group(3, Link(2, 2, 0.05), 2, end=240, **{"on_disconnect": TakeOver(Counter()), **settings})
    match.kill(0)
    match.to_the_end().agree(policy=True)
    assert reasons(match)[1:] == ["end_at", "end_at"]
    assert max(map(longest_stand, match.living)) < 2.0


def test_several_slots_are_played_and_couch_players_each_get_actions() -> None:
    match = group(4, Link(2, 1, 0.05), 1, seats=[(0,), (1, 4), (2,), (3,)], end=260, on_disconnect=TakeOver(plain))
    match.kill(1)
    match.to_the_end().agree(policy=True)
    rows = [done.inputs for done in match.peers[0].frames[-40:]]
    assert len({row[1] for row in rows}) > 10 and len({row[4] for row in rows}) > 10
    assert [event.player for event in match.peers[0].happened(TookOver)] == [1, 4]


def test_the_last_of_three_plays_for_both_when_they_left() -> None:
    match: Group = group(3, Link(1), end=240, on_disconnect=TakeOver(plain))
    for number in (0, 2):
        match.peers[number].session.leave(now=match.peers[number].now)
        match.rounds(20)
    match.until(lambda: bool(match.peers[1].happened(Ended)), 400)
    assert reason(match.peers[1]) == "end_at"
    assert [event.player for event in match.peers[1].happened(TookOver)] == [0, 2]


def test_who_plays_for_another_waits_for_nobody_it_does_not_hear() -> None:
    """It kept what the policy played until all had committed the cut; over a dead line it never heard that one had."""
    match = group(4, Link(1), end=300, on_disconnect=TakeOver(Counter()))
    match.kill(1)
    match.blocked = {(0, 3), (3, 0)}
    match.to_the_end(600).agree(policy=True)
    assert [reason(peer) for peer in match.living] == ["end_at"] * 3
    assert max(map(longest_stand, match.living)) < 2.5
