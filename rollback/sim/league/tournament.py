"""A tournament of policies: plays what its schedule asks for, and makes a table of it. Knows no backend and no terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, get_args

from rollback.errors import UsageError
from rollback.sim.league.deals import Deals
from rollback.sim.league.entrants import check_entrants, labels_of, names_of
from rollback.sim.league.ratings import rate
from rollback.sim.league.schedule import Lineup, lineup_at, whole_cycle
from rollback.sim.league.scoresheet import Scoresheet
from rollback.sim.league.standings import encounters, standings, standings_alone
from rollback.sim.league.swiss import next_round, rounds_for, seated
from rollback.sim.league.table import Failed, Table
from rollback.sim.link import Link
from rollback.sim.pool.result import MatchResult
from rollback.sim.pool.seeds import seed_of
from rollback.sim.pool.simulating import isimulate
from rollback.sim.pool.spec import MatchSpec

__all__ = ["League", "Schedule"]

Schedule = Literal["round-robin", "league"]

MOST_MATCHES: Final = 10_000_000
COUNTING: Final = ("ok", "truncated")


class League:
    """A tournament.

    Args:
        game: The game's name.
        agents: One name or more, as in `MatchSpec`, and `scripted` for `best`; two of a name are a mirror.
        matches: How many are played in all.
        schedule: `round-robin`: everybody meets everybody, in every seat equally often. `league`: in rounds, neighbours in the
            standings meet, as in a Swiss tournament; for many agents. In a game for one player each agent plays the same seeds.
        players: Seats of the game; None takes its own.
        frames: Where a match ends at the latest.
        link: The network of every match; None plays without one.
        seed: Decides every match.

    Attributes:
        labels: What the agents are called, in the order of their names.
        players: Seats of a match.
        matches: How many are played in all.
        done: How many have been played.

    Raises:
        UsageError: An argument is wrong, or a name leads nowhere.
        GameError: The game cannot be had.
    """

    def __init__(
        self,
        game: str,
        agents: Sequence[str],
        *,
        matches: int = 300,
        schedule: Schedule = "round-robin",
        players: int | None = None,
        frames: int = 3600,
        link: Link | None = None,
        seed: int = 0,
    ) -> None:
        from rollback.sim.plan import factory_for

        if schedule not in get_args(Schedule):
            raise UsageError(f"schedule must be one of {', '.join(get_args(Schedule))}, not {schedule!r:.80}")
        if not isinstance(matches, int) or isinstance(matches, bool) or not 1 <= matches <= MOST_MATCHES:
            raise UsageError(f"matches must be a whole number from 1 to {MOST_MATCHES}, not {matches!r:.80}")
        self._spec = MatchSpec(game=game, frames=frames, link=link, seed=seed)  # checks these four
        self._agents = names_of(agents)
        made: Any = factory_for(game, players)()
        if not callable(getattr(made, "scores", None)):
            raise UsageError(f"{game} has no scores() -> one number a player, so nobody can win it: give it one")
        check_entrants(made, self._agents)
        self.game, self.seed, self.matches, self.schedule = game, seed, matches, schedule
        self.players: int = made.players
        self.labels = labels_of(agents)
        self.done = 0
        self._rounds = [matches]
        self._specs: dict[Lineup, MatchSpec] = {}
        self._deals = Deals(len(self._agents))
        self._sheet = self._deals.sheet if self.players == 1 else Scoresheet(len(self._agents))
        self._failures: list[Failed] = []
        self._truncated = 0
        if schedule == "league":
            self._rounds = rounds_for(len(self._agents), self.players, matches)
        else:
            self.lineup(0)

    def lineup(self, index: int) -> Lineup:
        """Return who sits where in a match of a round robin, as places in the list of agents."""
        return lineup_at(index, len(self._agents), self.players)

    def spec(self, index: int) -> MatchSpec:
        """Return a match of a round robin, with its seed.

        Raises:
            UsageError: It has no such match, or is a league, in which who meets whom shows only when the matches before are
                played.
        """
        if self.schedule == "league":
            raise UsageError(
                "who plays in a match of a league depends on those before it, so none can be played alone:"
                " take the command that a failure is told with, or the schedule round-robin"
            )
        if not 0 <= index < self.matches:
            raise UsageError(
                f"there is no match {index} among {self.matches}: they are numbered from 0 to {self.matches - 1};"
                " name one of these, or ask for more matches"
            )
        lineup = self.lineup(index)
        deal = index // len(self._agents) if self.players == 1 else index  # alone, everybody plays the same seeds
        return replace(self._of(lineup), seed=seed_of(self.seed, deal))

    @property
    def cycle(self) -> int | None:
        """After how many matches of a round robin everybody has held every seat equally often; None for a league."""
        return None if self.schedule == "league" else whole_cycle(len(self._agents), self.players)

    def play(
        self,
        *,
        on_result: Callable[[MatchResult], None] | None = None,
        on_progress: Callable[[int, int | None], None] | None = None,
        journal: str | PathLike[str] | None = None,
        **how: Any,
    ) -> Table:
        """Play all of it, once; the same seed leads to the same table, however it is played.

        Args:
            on_result: Told of each result as it comes, in any order.
            on_progress: `on_progress(done, total)` after each match.
            journal: A file from which an interrupted tournament goes on. The later rounds of a league have one each beside it.
            how: `backend`, `workers`, `batch`, `retries`, `timeout`, `memory_mb` and `verify` of `rollback.sim.simulate`.

        Raises:
            UsageError: It was played already, or one of `how` is wrong.
            NotReproducible: A verified match came out otherwise.
            MissingPackage: The backend's package is not installed.
        """
        if self.done:
            raise UsageError("this tournament was played already: make a new one")
        start = 0
        for number, matches in enumerate(self._rounds):
            lineups, specs = self._round(number, start, matches)
            waiting: dict[int, MatchResult] = {}
            counted = 0
            place = journal if journal is None or not number else _beside(Path(journal), number)
            with closing(isimulate(specs, seed=self.seed, journal=place, **how)) as results:
                for told in results:
                    result = replace(told, index=start + told.index)
                    waiting[told.index] = result
                    while counted in waiting:  # in the order of their numbers, so that sums do not depend on who was quicker
                        self._count(lineups[counted], waiting.pop(counted))
                        counted += 1
                    self.done += 1
                    if on_result is not None:
                        on_result(result)
                    if on_progress is not None:
                        on_progress(self.done, self.matches)
            start += matches
        return self.table()

    def table(self) -> Table:
        """Return what it has come to so far."""
        if self.players == 1:
            rows = standings_alone(self.labels, self._deals)
        else:
            rows = standings(self.labels, self._sheet)
        order = [self.labels.index(row.agent) for row in rows]
        return Table(
            game=self.game,
            players=self.players,
            schedule=self.schedule,
            seed=self.seed,
            matches=self.done,
            frames=self._spec.frames,
            truncated=self._truncated,
            standings=rows,
            cross=encounters(self._sheet, order),
            failures=tuple(self._failures),
        )

    def _round(self, number: int, start: int, matches: int) -> tuple[Sequence[Lineup], Sequence[MatchSpec]]:
        """Return who plays in the matches of a round, and these."""
        if self.schedule == "round-robin":
            lineups: Sequence[Lineup] = _Lazy(matches, self.lineup)
            # The seeds of a game for several are those that `isimulate` gives: equal specs then travel once.
            return lineups, _Lazy(matches, self.spec if self.players == 1 else lambda index: self._of(self.lineup(index)))
        ratings = rate(self._sheet.points)
        order = sorted(range(len(self._agents)), key=lambda agent: (-ratings[agent].elo, agent))
        played = [tally.matches + tally.failures for tally in self._sheet.tallies]
        lineups = list(seated(next_round(order, self.players, self._sheet.met, played), matches, number))
        return lineups, _Lazy(matches, lambda index: replace(self._of(lineups[index]), seed=seed_of(self.seed, start + index)))

    def _of(self, lineup: Lineup) -> MatchSpec:
        found = self._specs.get(lineup)
        if found is None:
            names = tuple([self._agents[agent] for agent in lineup])
            tags = {f"player {seat}": self.labels[agent] for seat, agent in enumerate(lineup)}
            found = self._specs[lineup] = replace(self._spec, players=names, tags=tags, seed=None)
        return found

    def _count(self, lineup: Lineup, result: MatchResult) -> None:
        scores, is_truncated = result.scores, result.status == "truncated"
        failed = result.status not in COUNTING
        if not failed and (len(scores) != len(lineup) or not all(map(math.isfinite, scores))):
            failed = True
            result = replace(result, status="error", error=f"scores must be {len(lineup)} finite numbers, not {scores!r:.80}")
        if failed:
            self._fail(lineup, result)
            return
        self._truncated += is_truncated
        if self.players == 1:
            self._deals.add(result.index // len(self._agents), lineup[0], scores[0], is_truncated=is_truncated)
        else:
            self._sheet.add(lineup, scores, is_truncated=is_truncated)

    def _fail(self, lineup: Lineup, result: MatchResult) -> None:
        if self.players == 1:
            self._deals.fail(result.index // len(self._agents), lineup[0])
        else:
            self._sheet.fail(lineup)
        self._failures.append(
            Failed(
                index=result.index,
                status=result.status,
                agents=tuple([self.labels[agent] for agent in lineup]),
                seed=result.seed,
                why=next((line for line in reversed(result.error.splitlines()) if line.strip()), result.status),
                error=result.error,
                command=result.command,
            )
        )


class _Lazy(Sequence[Any]):
    """A list whose items are made when they are asked for."""

    def __init__(self, count: int, item: Callable[[int], Any]) -> None:
        self._count, self._item = count, item

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        return self._item(index)

    def __iter__(self) -> Iterator[Any]:
        return map(self._item, range(self._count))


def _beside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}-round{number + 1}{path.suffix}")
