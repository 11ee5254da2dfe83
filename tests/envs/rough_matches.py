"""A game played over a bad virtual network, and step by step; what all tests of environments ask of it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from rollback import SessionConfig, SyncTestSession
from rollback.games.bots import act_with
from rollback.sim import Link, VirtualMatch
from rollback.state import diff
from rollback.testing.references import deface

ROUGH = Link(latency_ms=60, jitter_ms=20, loss=0.1)


def play_roughly(make: Callable[[], Any], frames: int = 200, *, seed: int = 7, window: int = 8) -> Any:
    """Play a virtual match with losses and rollbacks, hold that all peers agree, and return the first one's game."""
    config = SessionConfig(input_delay=0, fps=60, prediction_window=window, seed=seed)
    hands: dict[int, Any] = {}

    def act(game: Any, player: int) -> Any:
        if player not in hands:
            hands[player] = act_with(game.bot(player, seed))
        return hands[player](game, player)

    match = VirtualMatch(make, config=config, link=ROUGH, seed=seed, act=act)
    report = match.run(frames=frames)
    assert sum(report.rollbacks) > 0 and report.lost > 0  # the premise, or it proves nothing
    assert report.parity, report.first_divergence
    return match.peers[0].session.game


def drawn(game: Any, dice: random.Random) -> list[Any]:
    """Return some legal action of every player."""
    return [game.sample(player, dice) for player in range(game.players)]


def straight(game: Any, frames: int, seed: int = 5) -> list[dict[str, Any]]:
    """Reset, step with drawn actions, and return the snapshot before each frame and after the last."""
    dice = random.Random(seed)
    game.reset(seed)
    states = [game.save()]
    for _ in range(frames):
        game.step(drawn(game, dice))
        states.append(game.save())
    return states


def hold_that_replays_agree(make: Callable[[], Any], frames: int = 90, seed: int = 5) -> None:
    """Go back again and again, in the same game and in another one; every replay must lead to the same snapshots."""
    game, other = make(), make()
    states = straight(game, frames, seed)
    dice = random.Random(seed)
    actions = [drawn(game, dice) for _ in range(frames)]
    other.reset(seed + 1)
    for first in range(0, frames, 7):
        for each in (game, other):
            each.load(states[first])
            for frame in range(first, min(first + 15, frames)):
                assert diff(each.save(), states[frame]) == [], frame
                each.step(actions[frame])


def hold_in_a_sync_test(game: Any, frames: int = 60) -> None:
    """Run a session that rolls back every frame."""
    dice = random.Random(3)
    for fuzz in (False, True):
        session = SyncTestSession(game, fuzz=fuzz)
        for _ in range(frames):
            session.tick(dict(enumerate(drawn(game, dice))))


def hold_that_snapshots_are_its_own(game: Any, frames: int = 25) -> None:
    """Deface what was saved and what was loaded; the game may not notice. Savers may share what did not change."""

    def own(state: dict[str, Any]) -> dict[str, Any]:
        return {name: part for name, part in state.items() if name != "environment"}

    dice = random.Random(4)
    game.reset(4)
    for frame in range(frames):
        state = game.save()
        kept = copy.deepcopy(own(state))
        deface(own(state))
        assert diff(own(game.save()), kept) == [], frame
        given = {**copy.deepcopy(kept), "environment": state["environment"]}
        game.load(given)
        deface(own(given))
        assert diff(own(game.save()), kept) == [], frame
        game.step(drawn(game, dice))
