"""What holds for every game of an environment, whichever saver it has: snapshots that travel, or a digest in their place."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from rollback.envs import EnvironmentGame, from_gymnasium, from_parallel_env
from rollback.game import codecs_of, idle_inputs
from rollback.state import checksum, diff, why_not_tree
from rollback.testing.check import check_game
from rollback.wire import pack_tree, unpack_tree
from tests.envs.rough_matches import drawn, play_roughly, straight
from tests.envs.toy_environments import Cliffs, Walk

MAKERS: dict[str, Any] = {
    "race": lambda **more: from_gymnasium(Walk, share="race", idle=0, **more),
    "turns": lambda **more: from_gymnasium(Walk, share="turns", idle=0, **more),
    "parallel": lambda **more: from_parallel_env(Cliffs, **more),
}
SAVERS = ["generated", "deepcopy", "simulated again"]


@pytest.mark.parametrize("saver", SAVERS)
@pytest.mark.parametrize("kind", MAKERS)
def test_every_saver_carries_every_kind_over_a_bad_network(kind: str, saver: str) -> None:
    game = play_roughly(lambda: MAKERS[kind](saver=saver), 100)
    assert game.saver.name == saver and game.episode > 0 and any(game.scores())


@pytest.mark.parametrize("saver", SAVERS)
@pytest.mark.parametrize("kind", MAKERS)
def test_snapshots_that_cannot_travel_have_a_digest_that_can(kind: str, saver: str) -> None:
    game = MAKERS[kind](saver=saver)
    states = straight(game, 25)
    opaque = why_not_tree(states[-1]) is not None
    assert opaque == (saver == "deepcopy") == hasattr(game, "digest") == bool(game.saver.is_opaque)
    if opaque:
        before = checksum(game.digest())
        game.step(drawn(game, random.Random(1)))
        assert checksum(game.digest()) != before
        game.load(states[-1])
        assert checksum(game.digest()) == before
    else:
        other = MAKERS[kind](saver=saver)
        other.load(unpack_tree(pack_tree(states[-1])))
        assert diff(other.save(), states[-1]) == []


@pytest.mark.parametrize("kind", MAKERS)
def test_the_check_of_games_finds_nothing(kind: str) -> None:
    report = check_game(MAKERS[kind], 60, other_process=False)
    assert report.passed, report.verdict


@pytest.mark.parametrize("kind", MAKERS)
def test_it_is_a_game_before_any_reset(kind: str) -> None:
    game = MAKERS[kind]()
    assert isinstance(game, EnvironmentGame)
    codecs = codecs_of(game)
    assert idle_inputs(game, codecs) == tuple(codec.encode(game.idle(player)) for player, codec in enumerate(codecs))
    assert why_not_tree(game.save()) is None
    game.step([game.idle(player) for player in range(game.players)])
    assert game.step_in_episode == 1
    for player in range(game.players):
        assert game.spaces(player)[0].contains(np.asarray(game.observe(player)))
        assert game.spaces(player)[1].contains(game.sample(player, random.Random(player)))


@pytest.mark.parametrize("kind", MAKERS)
def test_the_seed_decides_every_episode(kind: str) -> None:
    def views(seed: int) -> list[Any]:
        game = MAKERS[kind]()
        game.reset(seed)
        seen = []
        while game.episode < 4:
            game.step([game.idle(player) for player in range(game.players)])
            if game.step_in_episode <= 1:
                seen.append(np.asarray(game.observe(0)).tolist())
        return seen

    assert views(3) == views(3) != views(4)


def test_what_only_reading_does_leaves_no_trace() -> None:
    game = MAKERS["race"]()
    game.reset(0)
    game.step([np.int64(1), np.int64(0)])
    before = game.save()
    for player in range(2):
        game.observe(player)[:] = 9
        game.infos[player].clear()
        game.keys(player)
        game.action_for(["left"], player)
        game.bot(player).act(None, None)
    game.scores()
    game.render()
    assert game.notes == game.saver.notes
    assert diff(game.save(), before) == []
