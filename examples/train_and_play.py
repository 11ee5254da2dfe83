"""Train an agent to find its way through a GridWorld, save it, and play against it through a lobby.

Run it:

    python examples/train_and_play.py

You will see how often it reaches the goal from where it was never trained, before and after half a second of training, and
then a race of two over a direct WebRTC connection with 60 ms of delay each way: the agent, read from its file as any other
program would read it, against somebody who walks by chance. All stays on this machine. To race it yourself, start `rollback
studio`, train it there, and press "Play against it".
"""

import asyncio
import random
import tempfile
from pathlib import Path

import rollback
from rollback.agents.playing import act_from
from rollback.agents.races import rooms
from rollback.agents.training import make_algorithm
from rollback.netplay import PlayResult
from rollback.netplay.driver import Act
from signaling.serve import running


def train(file: Path) -> None:
    training = make_algorithm("q-learning", "gridworld?layout=rooms", {"learning_rate": 0.5}, seed=1)
    for _ in range(2):
        figures = training.evaluate(200)  # the map is small: it holds back 26 starts
        print(f"after {training.steps:6} steps: {figures['success']:4.0%} of the goals, from starts it was not trained from")
        training.advance(100_000)
    training.checkpoint(metrics=figures).save(file)


async def seat(server: str, room: str, act: Act) -> tuple[PlayResult, tuple[int, ...]]:
    async with rollback.join(server, room=room) as lobby:
        game = rooms()  # the same map for two; whoever is first at the goal three times has won
        line = {"latency_ms": 60, "jitter_ms": 10, "ice_addresses": ["127.0.0.1"]}
        return await rollback.play(game, lobby, act, frames=300, **line), tuple(game.scores())


async def main() -> None:
    file = Path(tempfile.mkdtemp()) / "rooms.npz"
    train(file)
    dice = random.Random(7)
    async with running() as lobby:  # elsewhere: `rollback serve`
        room = lobby.open_room(players=2)
        by_chance = seat(lobby.url, room, lambda game, player: dice.randrange(5))
        (one, score), (other, _) = await asyncio.gather(by_chance, seat(lobby.url, room, act_from(file)))
    print(f"{one.frames} frames, {one.stats.rollbacks} and {other.stats.rollbacks} rollbacks; goals reached: {sorted(score)}")
    print("both ended in the same state" if one.checksum == other.checksum else "the states differ: this is a bug")
    raise SystemExit(0 if one.checksum == other.checksum else 1)


if __name__ == "__main__":
    asyncio.run(main())
