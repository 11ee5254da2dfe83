"""Three ways to play Pong, three hundred matches, and who is the strongest: a table, and a picture in league.svg.

Run it with python examples/simulate_league.py. You will see each policy's rating, the points it took from each other one, and
how sure all that is. The same against the scripted bot: rollback simulate --agents examples/simulate_league.py:Chaser best.
"""

from pathlib import Path

from rollback.sim.league import League, plot

UP, DOWN, STAY = (True, False), (False, True), (False, False)


def towards(own, wanted):
    return STAY if abs(wanted - own) < 300 else DOWN if wanted > own else UP


class Chaser:  # stays at the height of the ball
    def act(self, observation, memory):
        own, _, _, ball = observation[:4]
        return towards(own, ball), memory


class Sleeper:  # the same, but wakes up only when the ball is in its own half
    def act(self, observation, memory):
        own, _, distance, ball = observation[:4]
        return (towards(own, ball) if distance < 0 else STAY), memory


class Gambler:  # hits with the edge of its paddle, for steep returns, and so misses now and then
    def act(self, observation, memory):
        own, other, distance, ball = observation[:4]
        aim = ball + (1400 if other > own else -1400)
        return (towards(own, aim) if distance < 4000 else STAY), memory


def main():
    agents = [f"{__file__}:{policy.__name__}" for policy in (Chaser, Sleeper, Gambler)]
    league = League("pong", agents, matches=300, frames=3000, seed=7)
    table = league.play(backend="process", workers=2)
    for row, cells in zip(table.standings, table.cross, strict=True):
        rating, share = f"{row.elo:+5.0f} ± {row.error:3.0f}", f"{row.share:4.0%}"
        low, high = row.interval.low, row.interval.high
        taken = " ".join("   ." if cell is None else f"{cell.share:4.0%}" for cell in cells)
        print(f"{row.rank} {row.agent:8} {rating}   won {share} ({low:.0%} to {high:.0%})   {taken}")
    Path("league.svg").write_text(plot(table), encoding="utf-8")
    print(f"{table.matches} matches, {len(table.failures)} failed; league.svg shows the same as a picture")


if __name__ == "__main__":  # the processes that play import this file too
    main()
