"""Two players race each other in any Gymnasium environment over the network, and each keeps a data set of the match.

Run it:

    python examples/gym_netplay.py
    python examples/gym_netplay.py LunarLander-v3

You will see how a match of two peers went, over a direct WebRTC connection with 80 ms of delay each way, and what is in
the files they wrote: what really happened, once, the same at both. Actions are drawn by chance; your agent, or what reads
a person's hands, goes where `bot_for` is. All stays on this machine.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import numpy as np

import rollback
from rollback.envs import from_gymnasium
from rollback.games.bots import act_with, bot_for
from rollback.netplay import PlayResult
from rollback.netplay.seats import why_in_step
from signaling.serve import running

ENVIRONMENT = sys.argv[1] if len(sys.argv) > 1 else "CartPole-v1"
MINE = {"seconds", "predicted", "rollback_depth", "rtt_ms", "captured_frame", "input_delay"}  # what only one peer knows


async def player(server: str, room: str, seat: int, file: Path) -> PlayResult:
    game = from_gymnasium(ENVIRONMENT, players=2, share="race")  # one copy each, of the same seed
    async with rollback.join(server, room=room, name=game.agents[seat]) as lobby:
        act = act_with(bot_for(game, seat, seed=seat))  # any function: act(game, player) -> action
        line = {"latency_ms": 80, "jitter_ms": 20, "ice_addresses": ["127.0.0.1"]}
        return await rollback.play(game, lobby, act, controller="bot", frames=150, transitions=file, **line)


async def main() -> None:
    print(why_in_step(from_gymnasium(ENVIRONMENT, share="race")) or "actions that are late are guessed")
    folder = Path(tempfile.mkdtemp())
    files = [folder / "player_0.npz", folder / "player_1.npz"]
    async with running() as lobby:  # elsewhere: `rollback serve`
        room = lobby.open_room(players=2)
        results = await asyncio.gather(*(player(lobby.url, room, seat, file) for seat, file in enumerate(files)))
    mine, other = (dict(np.load(file)) for file in files)
    for result in results:
        print(f"{result.frames} frames, {result.stats.rollbacks} rollbacks, {result.stats.stalls} stalls: {result.transitions}")
    for name, column in mine.items():
        print(f"{name:20} {column.dtype!s:8} {column.shape}")
    ends, rewards = mine["is_reset"].sum(), mine["reward"].sum(axis=0).round(1).tolist()
    print(f"{ENVIRONMENT}: {ends} episodes came to their end; the rewards of both players, added up: {rewards}")
    same = all(mine[name].tobytes() == other[name].tobytes() for name in mine if name not in MINE)
    print("both files say the same of what happened" if same else "the files differ: this is a bug")
    raise SystemExit(0 if same else 1)


if __name__ == "__main__":
    asyncio.run(main())
