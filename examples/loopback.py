"""Two peers in one process, without any network: the engine as a library.

Run it:

    python examples/loopback.py

You will see how often each side guessed wrong and went back, and that both sides end in the same state. The datagrams
take six frames to arrive, so nearly every change of a button comes as a correction.
"""

from collections import deque

from rollback import Local, P2PSession, Remote, SessionConfig
from rollback.games import Pong
from rollback.games.bots import act_with, bot_for
from rollback.state import checksum

FRAMES = 600
LATE = 6  # frames a datagram takes
CONFIG = SessionConfig(input_delay=1, seed=42)


def main() -> None:
    ann = P2PSession(Pong(), [Local("bot"), Remote("bob")], CONFIG)
    bob = P2PSession(Pong(), [Remote("ann"), Local("bot")], CONFIG)
    sides = {"ann": (ann, 0, act_with(bot_for(Pong(), 0))), "bob": (bob, 1, act_with(bot_for(Pong(), 1)))}
    flying: deque[tuple[int, str, str, bytes]] = deque()
    for session in (ann, bob):
        session.end_at(FRAMES)

    count = 0
    while not (ann.finished and bob.finished):
        count += 1
        now = count / 60  # the caller owns the clock: here it runs as fast as the machine
        while flying and flying[0][0] <= count:
            _, sender, receiver, datagram = flying.popleft()
            sides[receiver][0].receive(sender, datagram)
        for name, (session, player, act) in sides.items():
            session.tick({player: act(session.game, player)}, now=now)
            for receiver, datagram in session.outgoing(now=now):
                flying.append((count + LATE, name, receiver, datagram))

    for name, (session, _, _) in sides.items():
        stats = session.stats()
        print(f"{name}: {stats.frames} frames, {stats.rollbacks} rollbacks, {stats.resimulated} frames played again")
    agree = checksum(ann.game.save()) == checksum(bob.game.save())
    print(ann.game.render())
    print("both sides end in the same state" if agree else "the sides differ: this is a bug")
    raise SystemExit(0 if agree else 1)


if __name__ == "__main__":
    main()
