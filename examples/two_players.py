"""A whole match of Pong: a lobby, two players who meet in a room of it, and a direct WebRTC connection between them.

Run it:

    python examples/two_players.py

You will see the connection open, the match go by for a few seconds, and that both players end in the same state. Each
delays its datagrams by 60 ms and loses 5 % of them. All stays on this machine.
"""

import asyncio

import rollback
from rollback.games import Pong
from rollback.games.bots import act_with, bot_for
from rollback.netplay import PlayResult
from signaling.serve import running


async def player(server: str, room: str, name: str, seat: int) -> PlayResult:
    async with rollback.join(server, room=room, name=name) as lobby:
        result = await rollback.play(
            Pong(),
            lobby,
            act_with(bot_for(Pong(), seat)),
            controller="bot",
            frames=240,
            latency_ms=60,
            jitter_ms=20,
            loss=0.05,
            ice_addresses=["127.0.0.1"],  # leave this out to be reached from other machines
            on_event=lambda event: print(f"{name}: {event}"),
        )
    stats = result.stats
    print(f"{name}: {result.frames} frames, {stats.rollbacks} rollbacks, {stats.stalls} stalls")
    return result


async def main() -> None:
    async with running() as lobby:  # elsewhere: `rollback serve`
        room = lobby.open_room(players=2, game="pong")
        print(f"the lobby is at {lobby.url}, the room is {room}")
        ann, bob = await asyncio.gather(player(lobby.url, room, "ann", 0), player(lobby.url, room, "bob", 1))
    agree = ann.checksum == bob.checksum
    print("both players end in the same state" if agree else "the players differ: this is a bug")
    raise SystemExit(0 if agree else 1)


if __name__ == "__main__":
    asyncio.run(main())
