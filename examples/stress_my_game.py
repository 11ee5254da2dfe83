"""A game of one's own over the worst networks: a table for people, and three tests for pytest.

Run it with python examples/stress_my_game.py, and the tests with pytest examples/stress_my_game.py. You will see how often
and how deep each network makes the game roll back, and that all peers agree on every frame.
"""

from rollback import SessionConfig, UInt
from rollback.sim import VirtualMatch
from rollback.sim.profiles import PROFILES

NOTHING, RUN, THROW = range(3)


class Tag:  # three run round a ring of 60 fields; who stands where another throws, falls back
    players, codecs = 3, (UInt(2),) * 3

    def __init__(self, seed: int = 0) -> None:
        self.fields, self.hits = [seed % 60, 20, 40], [0, 0, 0]

    reset = __init__

    def step(self, actions: list[int]) -> None:
        for player, action in enumerate(actions):
            if action == RUN:
                self.fields[player] = (self.fields[player] + 1) % 60
        for player, action in enumerate(actions):
            for other in range(3):
                if action == THROW and (self.fields[other] - self.fields[player]) % 60 in range(1, 9):
                    self.fields[other] = (self.fields[other] - 3) % 60
                    self.hits[player] += 1

    def save(self) -> dict:
        return {"fields": self.fields[:], "hits": self.hits[:]}

    def load(self, state: dict) -> None:
        self.fields, self.hits = state["fields"][:], state["hits"][:]


def test_the_game_stays_the_same_on_a_phone(virtual_match):
    virtual_match(Tag, link="mobile", seed=1)


def test_a_stopped_process_and_a_changed_delay_harm_nobody():
    match = VirtualMatch(Tag, link=PROFILES["poor"].link, config=SessionConfig(input_delay=0), seed=2)
    match.at(60).pause(1, seconds=1.5).set_delay(0, 4)
    assert match.run(300, twice=True).passed


def test_two_peers_hold_one_state(lossy_pair):
    assert lossy_pair(Tag, seed=3).run(200).differences == []


if __name__ == "__main__":
    for name, profile in PROFILES.items():
        report = VirtualMatch(Tag, link=profile.link, config=SessionConfig(input_delay=0), seed=7).run(400)
        assert report.passed, f"{name}: {report.failures[0]}"
        deepest = max(max(depths, default=0) for depths in report.depths)
        counts = f"{sum(report.rollbacks):4} rollbacks, up to {deepest} frames deep"
        print(f"{name:9} {counts}, {report.lost:4} datagrams lost")
    print("all peers agree on every frame")
