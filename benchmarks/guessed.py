"""Who plays what `benchmarks/predictors.py` guesses, and the recordings of it: bots, and agents trained here. Times nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

from rollback import SessionConfig
from rollback.agents.playing import act_from
from rollback.agents.training import make_algorithm
from rollback.game import codecs_of
from rollback.games import Duel, GridWorld, Pong, Tetris
from rollback.games.bots import RandomBot, act_with, bot_for
from rollback.replays import Replay, ReplayHeader, ReplayWriter

HELD_OUT: Final = 101  # the first seed; what was chosen was chosen on the seeds 1 and 2
Make = Callable[[], Any]
Act = Callable[[Any, int], Any]


def bots(make: Make, seed: int) -> Act:
    """Return what plays by scripted bots."""
    hands = {player: act_with(bot_for(make(), player, seed)) for player in range(make().players)}
    return lambda game, player: hands[player](game, player)


def trained(algorithm: str, environment: str, steps: int) -> Any:
    """Return a checkpoint of a short training."""
    found = make_algorithm(algorithm, environment, {}, HELD_OUT)
    while found.steps < steps:
        found.advance(steps - found.steps)
    return found.checkpoint()


def noisy(checkpoint: Any, make: Make, seed: int) -> Act:
    """Return what plays by an agent that now and then does something else: two equal agents would play one match for ever."""
    plays, chance = act_from(checkpoint, seed), {}
    for player in range(make().players):
        chance[player] = act_with(RandomBot(make(), player, seed))
    calls = [0]

    def act(game: Any, player: int) -> Any:
        calls[0] += 1
        odd = chance[player](None, player)
        return odd if (calls[0] // 24 * 2654435761 + seed) % 97 < 12 else plays(game, player)

    return act


def grid() -> GridWorld:
    """Return GridWorld with two players who only meet."""
    return GridWorld(players=2)


def race() -> GridWorld:
    """Return GridWorld with two players who race."""
    return GridWorld(layout="race")


def tetris() -> Tetris:
    """Return Tetris with two players."""
    return Tetris(players=2)


def families() -> dict[str, tuple[Make, Callable[[int], Act], Any]]:
    """Return who plays which game, by name: what makes the game, who plays it, and what guesses."""
    found: dict[str, tuple[Make, Callable[[int], Act], Any]] = {}
    for name, make in (("pong", Pong), ("duel", Duel), ("gridworld", grid), ("tetris", tetris)):
        # The guess is the same kind of bot, of another seed.
        found[f"{name}, bots"] = make, lambda seed, make=make: bots(make, seed), bot_for(make(), 0, 999)
    return found


def agents() -> dict[str, tuple[Make, Callable[[int], Act], Any]]:
    """Return the like of agents trained here, who are guessed by themselves."""
    found: dict[str, tuple[Make, Callable[[int], Act], Any]] = {}
    for name, make, algorithm, environment, steps in (
        ("pong, self-play", Pong, "self-play", "pong", 400_000),
        ("gridworld race, q-learning", race, "q-learning", "gridworld?layout=race", 200_000),
        ("tetris, cross-entropy", tetris, "cross-entropy", "tetris", 60_000),
    ):
        agent = trained(algorithm, environment, steps)
        found[name] = make, lambda seed, make=make, agent=agent: noisy(agent, make, seed), agent
    return found


def recorded(make: Make, act: Act, seed: int, frames: int) -> Replay:
    """Play a match, and return the recording of it."""
    game = make()
    game.reset(seed)
    codecs, file = codecs_of(game), io.BytesIO()
    with ReplayWriter(file, ReplayHeader.of(game, SessionConfig(seed=seed))) as writer:
        for _ in range(frames):
            if game.over:
                break
            row = [codec.encode(act(game, player)) for player, codec in enumerate(codecs)]
            writer.add_all(writer.next_frame, [row])
            game.step([codec.decode(data) for codec, data in zip(codecs, row, strict=True)])
    file.seek(0)
    return Replay.open(file)
