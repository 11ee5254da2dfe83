"""A game of one's own: rules, codec and state tree; checked, and then played by two peers without a network.

Run it with python examples/my_game.py. You will see the verdict of the check, and that two peers who guess each other's
steps end in the same state.
"""

from rollback import ActionError, Local, P2PSession, Remote, SessionConfig
from rollback.testing.check import check_game


class Walk:  # the codec: a step of -1, 0 or 1 in one byte; the zero byte is the idle step
    size, immutable = 1, True

    def encode(self, action: int) -> bytes:
        if action in (-1, 0, 1):
            return bytes([action % 3])
        raise ActionError(f"a step is -1, 0 or 1, not {action!r}")

    def decode(self, data: bytes) -> int:
        return (0, 1, -1)[data[0]] if data[0] < 3 else 0  # a peer may send any byte, and each must be a step

    def describe(self) -> str:
        return "walk"


class Apples:  # two run on a row of 32 fields; whoever is there first gets the apple, and five apples win
    players, codecs = 2, (Walk(), Walk())
    over = property(lambda self: max(self.eaten) >= 5)

    def __init__(self, seed: int = 0) -> None:
        self.fields, self.eaten, self.apple = (0, 31), (0, 0), seed % 32

    reset = __init__

    def step(self, walks: list[int]) -> None:
        self.fields = tuple(min(31, max(0, field + walk)) for field, walk in zip(self.fields, walks, strict=True))
        self.eaten = tuple(n + (field == self.apple) for n, field in zip(self.eaten, self.fields, strict=True))
        if self.apple in self.fields:
            self.apple = (self.apple * 5 + 7) % 32  # as good as drawn, and made of the state alone

    def save(self) -> dict:
        return {"fields": self.fields, "eaten": self.eaten, "apple": self.apple}

    def load(self, state: dict) -> None:
        self.fields, self.eaten, self.apple = state["fields"], state["eaten"], state["apple"]


if __name__ == "__main__":
    print(check_game(Apples).verdict)
    ann = P2PSession(Apples(), [Local(), Remote("other")], SessionConfig(seed=7))
    bob = P2PSession(Apples(), [Remote("other"), Local()], SessionConfig(seed=7))
    to_ann, to_bob = [[]] * 6, [[]] * 6  # what is on its way: the datagrams of six ticks each
    for now in [count / 60 for count in range(1200)]:
        for session, me, inbox, outbox in ((ann, 0, to_ann, to_bob), (bob, 1, to_bob, to_ann)):
            for datagram in inbox.pop(0):
                session.receive("other", datagram)
            session.tick({me: max(-1, min(1, session.game.apple - session.game.fields[me]))}, now=now)
            outbox.append([datagram for _, datagram in session.outgoing(now=now)])
    assert ann.game.save() == bob.game.save(), "the sides differ: this is a bug"
    print(f"{ann.frame} frames, {ann.stats().rollbacks} rollbacks: both sides end in the same state, {ann.game.save()}")
